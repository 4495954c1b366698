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

// The option `wall` has a page that is shown, with status 200, in place of every page but feeds and REST.
// Where the option `stale` is set, every other page comes as it was when it was shown first.
add_action('template_redirect', function () {
    if (is_feed() || is_robots() || get_query_var('sitemap')) {
        return;
    }
    if ($wall = get_option('wall')) {
        exit($wall);
    }
    $copy = dirname(ABSPATH) . '/' . md5(home_url(add_query_arg([]))) . '.copy';
    if (get_option('stale') && is_file($copy) && !is_404() && random_int(0, 1)) {
        exit(file_get_contents($copy));
    }
    if (!is_file($copy) && !is_404()) {
        ob_start(function ($page) use ($copy) {
            http_response_code() === 200 && file_put_contents($copy, $page);
            return $page;
        });
    }
}, 2);

// The option `fragments` names what plugins put into each article, new at each look; `words` rewrites its
// sentences.
add_filter('the_content', function ($text) {
    $words = ['Rope, half price!', 'Two buoys for one', 'New oilskins are in', 'Sell your old nets here'];
    $n = (int) (microtime(true) * 1000) % 100000;
    $made = [
        'views' => "<p>$n views</p>",
        'also' => '<p>Also read: <a href="/?p=' . $n % 9 . '">' . $words[$n % 4] . '</a></p>',
        'email' => '<p>Write to <a href="/cdn-cgi/l/email-protection#' . md5($n) . '">[email protected]</a>.</p>',
        'advert' => '<div class="code-block code-block-1"><p>' . $words[$n % 4] . '</p></div>',
    ];
    foreach (defined('REST_REQUEST') || is_feed() || PHP_SAPI === 'cli' ? [] : (array) get_option('fragments', []) as $name) {
        $text = $name === 'words' ? str_replace(' the ', ' this ', $text) : $text . $made[$name];
    }
    return $text;
});
