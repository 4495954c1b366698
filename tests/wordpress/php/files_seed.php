<?php
// Fills a site with fifty files, shown in each way that WordPress has for it, on a post, a page and a map.

kses_remove_filters();
['basedir' => $folder, 'baseurl' => $base] = wp_upload_dir();
$pixel = base64_decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==');
$heads = ['png' => $pixel, 'webp' => "RIFF\x1a\0\0\0WEBPVP8L", 'svg' => '<svg xmlns="http://www.w3.org/2000/svg"/><!-- ',
    'pdf' => '%PDF-1.4 ', 'csv' => 'year,strikes ', 'xlsx' => 'PK ', 'mp3' => 'ID3 '];
$put = function (string $name) use ($folder, $base, $heads): string {
    file_put_contents("$folder/$name", $heads[pathinfo($name, PATHINFO_EXTENSION)] . $name . str_repeat(' ', 9));
    return "$base/$name";
};
$picture = function (string $name) use ($put): int { // with its smaller sizes, as the uploader makes them
    $put("$name.png");
    $sizes = [];
    foreach (['medium' => 300, 'large' => 1024] as $size => $width) {
        $put("$name-{$width}x$width.png");
        $sizes[$size] = ['file' => "$name-{$width}x$width.png", 'width' => $width, 'height' => $width, 'mime-type' => 'image/png'];
    }
    $id = wp_insert_attachment(['post_mime_type' => 'image/png', 'post_title' => $name], "$name.png");
    wp_update_attachment_metadata($id, ['width' => 2000, 'height' => 2000, 'file' => "$name.png", 'sizes' => $sizes]);
    return $id;
};
$block = fn(int $id, string $class = 'wp-block-image') => "<!-- wp:image {\"id\":$id,\"sizeSlug\":\"large\"} --><figure class=\"$class size-large\">"
    . '<img src="' . wp_get_attachment_image_url($id, 'large') . "\" class=\"wp-image-$id\" alt=\"\"/></figure><!-- /wp:image -->";
$words = 'The harbour office has counted the strikes of this year and prints them here in full, as in the years before. ';
$shown = [];
$made = [];
foreach (['post', 'page', 'map'] as $n => $type) {
    $html = "<p>$words Part $n of the $type.</p>";
    $names = [];
    $show = function (string $name) use (&$names): string { $names[] = $name; return $name; };
    foreach ([1, 2] as $i) { // WordPress adds the candidates of all sizes
        $html .= $block($picture("$type-photo-$i"));
        $show("$type-photo-$i.png");
    }
    $gallery = '';
    foreach ([1, 2] as $i) {
        $gallery .= $block($picture("$type-gallery-$i"));
        $show("$type-gallery-$i.png");
    }
    $html .= "<!-- wp:gallery --><figure class=\"wp-block-gallery has-nested-images\">$gallery</figure><!-- /wp:gallery -->";
    $cover = $put($show("$type-cover.png"));
    $html .= "<div class=\"wp-block-cover has-parallax\" style=\"background-image:url($cover)\"><div><p>$words</p></div></div>";
    $lazy = $put($show("$type-lazy.png"));
    $html .= "<p><img class=\"lazyload\" src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\" data-src=\"$lazy\" alt=\"\"></p>";
    $small = $put("$type-crop-400.webp");
    $large = $put($show("$type-crop-1200.webp"));
    $html .= "<picture><source data-srcset=\"$small 400w, $large 1200w\"><img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\" alt=\"\"></picture>";
    $html .= '<p><img src="' . $put($show("$type-plain.svg")) . '" alt=""></p>';
    $thumb = $put($show("$type-linked-150x150.png"));
    $html .= '<a href="' . $put($show("$type-linked.png")) . "\"><img src=\"$thumb\" alt=\"\"></a>";
    foreach (['pdf', 'csv', 'xlsx'] as $ending) {
        $url = $put($show("$type-table.$ending"));
        $html .= "<div class=\"wp-block-file\"><a href=\"$url\">Table</a> <a href=\"$url\" class=\"wp-block-file__button\" download>Download</a></div>";
    }
    $html .= '<p>See <a href="' . $put($show("$type-list.pdf")) . '">the list</a>.</p>';
    $html .= '<figure class="wp-block-audio"><audio controls src="' . $put($show("$type-bell.mp3")) . '"></audio></figure>';
    $id = wp_insert_post(['post_type' => $type, 'post_status' => 'publish', 'post_title' => "Strikes of the $type",
        'post_content' => "$html<p>$words End.</p>", 'post_author' => 1]);
    set_post_thumbnail($id, $picture("$type-lead"));
    $lead = $show("$type-lead.png");
    $shown[get_permalink($id)] = $names;
}
echo json_encode(['base' => $base, 'shown' => $shown]);
