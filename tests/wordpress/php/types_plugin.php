<?php
// Content types of a newspaper: maps with a taxonomy of their own, ledgers that REST does not list, private notes.

add_action('init', function () {
    register_taxonomy('region', ['map'], ['public' => true, 'show_in_rest' => true, 'label' => 'Regions']);
    register_post_type('map', ['public' => true, 'show_in_rest' => true, 'rest_base' => 'maps', 'label' => 'Maps',
        'has_archive' => true, 'supports' => ['title', 'editor', 'author'], 'taxonomies' => ['region']]);
    register_post_type('ledger', ['public' => true, 'show_in_rest' => false, 'label' => 'Ledgers']);
    register_post_type('note', ['public' => false, 'show_in_rest' => true, 'label' => 'Notes']);
});
