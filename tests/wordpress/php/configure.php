<?php
// Turns a prepared site into the one a test asks for: its address, theme, permalinks, how comments
// are paged and nested, and which doors are closed (php/doors.php obeys the last).

global $wpdb, $wp_rewrite;
foreach ([['posts', 'guid'], ['posts', 'post_content'], ['comments', 'comment_content'], ['comments', 'comment_author_url']] as [$table, $column]) {
    $wpdb->query($wpdb->prepare(
        "UPDATE {$wpdb->prefix}$table SET $column = REPLACE($column, %s, %s) WHERE $column LIKE %s",
        $prepared_at, home_url(), '%' . $wpdb->esc_like($prepared_at) . '%'
    ));
}
foreach ($options as $name => $value) {
    update_option($name, $value);
}
if ($theme === 'block') {
    $theme = current(array_filter(array_keys(wp_get_themes()), fn($name) => wp_get_theme($name)->is_block_theme()));
}
if (!wp_get_theme($theme)->exists()) {
    throw new InvalidArgumentException("no theme $theme");
}
switch_theme($theme);
update_option('sidebars_widgets', ['wp_inactive_widgets' => []]);
$wp_rewrite->set_permalink_structure($permalinks);
flush_rewrite_rules(false);
