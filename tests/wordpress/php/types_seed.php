<?php
// Fills a site with maps, a ledger, a note and pages of files, and says which files they are.

kses_remove_filters();
$folder = wp_upload_dir()['basedir'];
$made = [];
foreach (range(1, $pictures) as $i) {
    file_put_contents("$folder/chart-$i.png", base64_decode(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==') . $i);
    $made[] = "chart-$i.png";
}
foreach (range(1, $papers) as $i) {
    foreach (['pdf' => '%PDF-1.4 paper ', 'csv' => 'year,strikes ', 'xlsx' => 'PK sheet '] as $ending => $begin) {
        file_put_contents("$folder/paper-$i.$ending", $begin . $i);
        $made[] = "paper-$i.$ending";
    }
}
$base = wp_upload_dir()['baseurl'];
$words = 'The harbour office has counted the strikes of this year and prints them here in full, as in the years before. ';
foreach (range(1, $maps) as $i) {
    $html = "<p>$words Map $i of the coast.</p><iframe src=\"https://www.google.com/maps/d/embed?mid=$i\"></iframe>"
        . "<p>$words The end of map $i.</p>";
    $id = wp_insert_post(['post_type' => 'map', 'post_status' => 'publish', 'post_title' => "Strikes $i",
        'post_content' => $html, 'post_author' => 1]);
    wp_set_object_terms($id, ["Region $i", 'Coast'], 'region');
}
wp_insert_post(['post_type' => 'ledger', 'post_status' => 'publish', 'post_title' => 'Ledger of dues', 'post_author' => 1,
    'post_content' => "<p>$words Ledger.</p>"]);
wp_insert_post(['post_type' => 'note', 'post_status' => 'publish', 'post_title' => 'HIDDENNOTE', 'post_content' => 'HIDDENNOTE']);
foreach (array_chunk($made, 6) as $i => $names) {
    $html = "<p>$words Tables, part $i.</p>";
    foreach ($names as $name) {
        $html .= str_ends_with($name, 'png') ? "<figure><img src=\"$base/$name\" alt=\"\"></figure>"
            : "<p>Download <a href=\"$base/$name\">$name</a> of the office.</p>";
    }
    wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_title' => "Strike tables $i",
        'post_content' => "$html<p>$words End.</p>", 'post_author' => 1]);
}
echo json_encode(['base' => $base, 'files' => $made]);
