<?php
// Puts the newspaper into WordPress by WordPress' own functions, the same on every run: writers,
// articles, letters, and a crowd of small talk so that comments fill several pages.

mt_srand(42);
$articles = require __DIR__ . '/articles.php';
$letters = require __DIR__ . '/letters.php';

function local_times(string $gmt, string $prefix): array
{
    return ["{$prefix}_date_gmt" => $gmt, "{$prefix}_date" => get_date_from_gmt($gmt)];
}

function seed_writers(): array
{
    $writers = [];
    foreach (['wren' => 'Wren Tallow', 'otto' => 'Otto Brindle', 'ines' => 'Ines Fallow'] as $login => $name) {
        $writers[$login] = wp_insert_user(['user_login' => $login, 'user_pass' => 'password', 'display_name' => $name,
            'role' => 'author', 'user_email' => "$login@gazette.test"]);
    }
    return $writers;
}

function seed_article(array $a, array $writers, array $ids): int
{
    $modified = fn($data) => isset($a['modified']) ? ['post_modified_gmt' => $a['modified'],
        'post_modified' => get_date_from_gmt($a['modified'])] + $data : $data;
    add_filter('wp_insert_post_data', $modified);
    $id = wp_insert_post(wp_slash([
        'post_title' => $a['title'], 'post_content' => str_replace('HOME', home_url(), $a['text']), 'post_name' => $a['slug'] ?? '',
        'post_status' => $a['status'] ?? 'publish', 'post_type' => $a['type'] ?? 'post', 'post_author' => $writers[$a['by']],
        'post_password' => $a['password'] ?? '', 'post_excerpt' => $a['excerpt'] ?? '', 'comment_status' => $a['comments'] ?? 'open',
        'post_parent' => isset($a['under']) ? $ids[$a['under']] : 0, 'tags_input' => $a['tags'] ?? [],
        'post_category' => array_map('wp_create_category', $a['in'] ?? ['News']),
    ] + local_times($a['at'], 'post')), true);
    remove_filter('wp_insert_post_data', $modified);
    if (is_wp_error($id)) {
        throw new RuntimeException("{$a['title']}: {$id->get_error_message()}");
    }
    if ($a['sticky'] ?? false) {
        stick_post($id);
    }
    return $id;
}

function seed_letter(array $l, int $post, int $parent, string $gmt, array $writers): int
{
    $user = isset($l['user']) ? $writers[$l['user']] : 0;
    $comment = wp_filter_comment(wp_slash([
        'comment_post_ID' => $post, 'comment_parent' => $parent, 'comment_author' => $l['who'],
        'comment_author_email' => $l['who'] === '' ? '' : md5($l['who']) . '@readers.test', 'comment_author_url' => $l['url'] ?? '',
        'comment_content' => $l['text'], 'comment_type' => $l['type'] ?? 'comment', 'user_id' => $user,
        'comment_author_IP' => '192.0.2.1', 'comment_agent' => 'A pen',
    ] + local_times($gmt, 'comment')));
    return wp_insert_comment(['comment_approved' => $l['status'] ?? '1'] + $comment);
}

function seed_letters(array $list, WP_Post $post, array $writers): void
{
    $ids = [];
    foreach ($list as $n => $l) {
        $at = $l['at'] ?? 7 * ($n + 1);
        $gmt = is_int($at) ? gmdate('Y-m-d H:i:s', strtotime("{$post->post_date_gmt} UTC") + 60 * $at) : $at;
        $id = seed_letter($l, $post->ID, $ids[$l['under'] ?? ''] ?? 0, $gmt, $writers);
        $ids[$l['id'] ?? "letter $n"] = $id;
    }
}

function small_talk(int $n): string
{
    $pick = fn(string $words) => ($w = explode('|', $words))[mt_rand(0, count($w) - 1)];
    $sentence = fn() => ucfirst($pick('the mud|the tide|my neighbour|the harbour master|a gull|the north field|this paper'))
        . $pick(' has always| will never| did not| ought to have| may well have')
        . $pick(' moved| spoken of it| paid for that| come back by now| been measured twice| smelled like this')
        . $pick(', if you ask me.|, and I was there.|.|!|; so my aunt writes.|?');
    return "$n: " . implode(mt_rand(0, 2) ? ' ' : "\n\n", array_map($sentence, range(1, mt_rand(1, 4))));
}

/** A crowd of letters; about every third answers one of the last five. */
function crowd(int $size): array
{
    $crowd = [];
    for ($n = 1; $n <= $size; $n++) {
        $crowd[] = ['id' => "c$n", 'under' => $n > 5 && mt_rand(0, 2) === 0 ? 'c' . mt_rand($n - 5, $n - 1) : null,
            'who' => 'Reader ' . mt_rand(1, 40), 'url' => mt_rand(0, 4) ? '' : "http://reader$n.test/", 'text' => small_talk($n)];
    }
    return $crowd;
}

kses_remove_filters();
$writers = seed_writers();
wp_defer_term_counting(true);
$ids = [];
foreach ($articles as $name => $article) {
    $ids[$name] = seed_article($article, $writers, $ids);
}
wp_defer_term_counting(false);
kses_init_filters();

$letters['dredging'] = crowd(75);
foreach (['sticky' => 9, 'photo' => 12, 'prices' => 6, 'blocks' => 8, 'corrected' => 21, 'first-of-two' => 5] as $name => $size) {
    $letters[$name] = crowd($size);
}
wp_defer_comment_counting(true);
foreach ($letters as $name => $list) {
    seed_letters($list, get_post($ids[$name]), $writers);
}
wp_defer_comment_counting(false);

wp_trash_post($ids['trashed']);
foreach (['tower', 'goat', 'press'] as $picture) {
    wp_upload_dir();
    file_put_contents(WP_CONTENT_DIR . "/uploads/$picture.png", base64_decode(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    ));
}
echo json_encode($ids);
