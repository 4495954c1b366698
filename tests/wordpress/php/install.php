<?php
// Installs WordPress as its own installer does, then clears away the sample post, page and comment.

require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('The Tidewater Gazette', 'editor', 'editor@gazette.test', true, '', 'password');
foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $sample) {
    wp_delete_post($sample->ID, true);
}
update_option('blogdescription', 'News from an invented harbour town');
update_option('sidebars_widgets', ['wp_inactive_widgets' => []]);
foreach (['timezone_string' => $timezone, 'comment_moderation' => 0, 'comment_previously_approved' => 0] as $k => $v) {
    update_option($k, $v);
}
