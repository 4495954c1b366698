<?php
// What a visitor of the site may read, of every content type.

$posts = get_posts(['post_type' => ['post', 'page', 'map', 'ledger'], 'post_status' => 'publish', 'numberposts' => -1,
    'has_password' => false]);
echo json_encode(array_map(fn($p) => ['id' => $p->ID, 'type' => $p->post_type, 'url' => get_permalink($p)], $posts));
