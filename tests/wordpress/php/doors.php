<?php
// A must-use plugin that closes what many real sites close. Which doors are closed stands in the
// option `closed_doors` (rest, comments-feed, feeds, sitemap), so a test may shut one on a running site.
// The option `recent_comments` puts a block of recent comments on each page, for themes that have none.
// The option `led_elsewhere` has addresses that lead to others, as plugins for redirects keep them.

function is_door_closed(string $door): bool
{
    return in_array($door, (array) get_option('closed_doors', []), true);
}

add_filter('rest_authentication_errors', fn($result) => is_door_closed('rest')
    ? new WP_Error('rest_disabled', 'The REST API is switched off.', ['status' => 401]) : $result);

add_filter('wp_sitemaps_enabled', fn($enabled) => $enabled && !is_door_closed('sitemap'));

add_action('template_redirect', function () {
    if (is_feed() && is_door_closed(is_comment_feed() ? 'comments-feed' : 'feeds')) {
        wp_die('No feed here.', '', ['response' => 404]);
    }
});

add_action('template_redirect', function () {
    $elsewhere = get_option('led_elsewhere', [])[home_url(add_query_arg([]))] ?? null;
    if ($elsewhere !== null) {
        wp_redirect($elsewhere, 301);
        exit;
    }
}, 1);

add_action('wp_body_open', function () {
    if (get_option('recent_comments')) {
        echo '<aside>', do_blocks('<!-- wp:latest-comments {"commentsToShow":8} /-->'), '</aside>';
    }
});
