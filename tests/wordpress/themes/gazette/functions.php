<?php
// What the theme asks of WordPress: a title, feeds in the head, HTML5 comments.

add_action('after_setup_theme', function () {
    add_theme_support('automatic-feed-links');
    add_theme_support('title-tag');
    add_theme_support('html5', ['comment-list', 'comment-form', 'caption', 'search-form']);
});
