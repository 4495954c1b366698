<?php
// What WordPress itself says of its posts, pages and comments, as JSON: the published ones in full,
// and of the rest only what identifies them. It knows nothing of how an archive will look.

function plain(?string $html): string
{
    return html_entity_decode(wp_strip_all_tags((string) $html), ENT_QUOTES | ENT_HTML5, 'UTF-8');
}

function names_of(int $post, string $taxonomy): array
{
    return array_map('plain', wp_get_post_terms($post, $taxonomy, ['fields' => 'names']));
}

function told_post(WP_Post $p): array
{
    setup_postdata($GLOBALS['post'] = $p);
    return ['id' => $p->ID, 'kind' => $p->post_type, 'url' => get_permalink($p), 'slug' => $p->post_name, 'title' => $p->post_title,
        'title_shown' => plain(get_the_title($p)), 'published' => $p->post_date_gmt, 'modified' => $p->post_modified_gmt,
        'author' => get_the_author_meta('display_name', $p->post_author), 'tags' => names_of($p->ID, 'post_tag'),
        'categories' => names_of($p->ID, 'category'), 'html' => apply_filters('the_content', $p->post_content),
        'comments_open' => comments_open($p), 'comment_count' => (int) $p->comment_count, 'sticky' => is_sticky($p->ID)];
}

function told_comment(WP_Comment $c): array
{
    return ['id' => (int) $c->comment_ID, 'post' => (int) $c->comment_post_ID, 'parent' => (int) $c->comment_parent,
        'kind' => $c->comment_type ?: 'comment', 'author' => plain($c->comment_author), 'author_url' => plain($c->comment_author_url),
        'posted' => $c->comment_date_gmt, 'html' => apply_filters('comment_text', $c->comment_content, $c, [])];
}

function marker(string ...$texts): ?string
{
    return preg_match('/\bHIDDEN[A-Z]+/', implode(' ', $texts), $found) ? $found[0] : null;
}

$everything = ['post_type' => ['post', 'page'], 'post_status' => array_keys(get_post_stati()), 'numberposts' => -1, 'orderby' => 'ID', 'order' => 'ASC'];
$public = fn(WP_Post $p) => $p->post_status === 'publish' && $p->post_password === '';
$told = ['posts' => [], 'comments' => [], 'hidden' => []];
$open = [];
foreach (get_posts($everything) as $p) {
    if ($public($p)) {
        $open[$p->ID] = true;
        $told['posts'][] = told_post($p);
    } else {
        $told['hidden'][] = ['what' => $p->post_type, 'id' => $p->ID,
            'why' => $p->post_status === 'publish' ? 'protected' : $p->post_status, 'marker' => marker($p->post_content, $p->post_title)];
    }
}
foreach ($GLOBALS['wpdb']->get_results("SELECT * FROM {$GLOBALS['wpdb']->comments} ORDER BY comment_ID") as $row) {
    $c = new WP_Comment($row);
    if ($c->comment_approved === '1' && isset($open[$c->comment_post_ID])) {
        $told['comments'][] = told_comment($c);
    } else {
        $why = ['0' => 'held', '1' => 'post hidden'][$c->comment_approved] ?? $c->comment_approved;
        $told['hidden'][] = ['what' => 'comment', 'id' => (int) $c->comment_ID, 'why' => $why,
            'marker' => marker($c->comment_content, $c->comment_author)];
    }
}
echo json_encode($told, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE);
