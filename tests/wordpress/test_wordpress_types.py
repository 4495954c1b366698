"""Three types of content and dozens of files of a real WordPress: all that it shows is archived."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from archive.files.media_files import MediaFiles, media_beside
from archive.operations.backup_checks import altered_files
from tests.builders.crawling import Crawls
from tests.wordpress import WordPress, require

pytestmark = pytest.mark.wordpress

PLUGIN = """<?php
add_action('init', function () {
    register_taxonomy('region', 'map', ['public' => true, 'show_in_rest' => true, 'label' => 'Regions']);
    register_post_type('map', [
        'public' => true, 'show_in_rest' => true, 'rest_base' => 'maps', 'label' => 'Maps',
        'supports' => ['title', 'editor', 'author'], 'taxonomies' => ['region'],
    ]);
    register_post_type('ledger', ['public' => false, 'show_in_rest' => false, 'label' => 'Ledgers']);
});
"""
SEED = """
flush_rewrite_rules();
kses_remove_filters();  // as for an administrator, who may embed
$uploads = wp_upload_dir();
for ($i = 1; $i <= $maps; $i++) {
    $body = '<p>Strikes of year ' . $i . ' as far as the harbour board has counted them.</p>';
    for ($n = 1; $n <= 3; $n++) {
        $png = sheet_of($i, $n);
        file_put_contents("{$uploads['path']}/map-$i-$n.png", $png);
        $body .= "<p><img src='{$uploads['url']}/map-$i-$n.png' alt='Map $i, sheet $n'></p>";
    }
    file_put_contents("{$uploads['path']}/table-$i.pdf", "%PDF-1.4 table $i");
    file_put_contents("{$uploads['path']}/table-$i.csv", "year,strikes\\n$i,7\\n");
    $body .= "<p><a href='{$uploads['url']}/table-$i.pdf'>Table</a> ";
    $body .= "<a href='{$uploads['url']}/table-$i.csv'>Data</a></p>";
    $body .= "<iframe src='https://umap.example/strikes/$i'></iframe>";
    $id = wp_insert_post(['post_type' => 'map', 'post_status' => 'publish', 'post_title' => "Map $i",
        'post_content' => $body, 'post_author' => 1, 'post_date' => sprintf('2007-%02d-01 12:00:00', $i)]);
    wp_set_object_terms($id, [$i % 2 ? 'North quay' : 'South quay'], 'region');
}
function sheet_of($i, $n) {
    return "\\x89PNG\\r\\n\\x1a\\n map $i sheet $n";
}
"""
SHOWN = """
$found = [];
foreach (get_posts(['post_type' => ['post', 'page', 'map'], 'post_status' => 'publish', 'numberposts' => -1,
        'has_password' => false]) as $post) {
    $found[$post->ID] = $post->post_type;
}
echo json_encode($found);
"""
MAPS = 8


@pytest.fixture(scope="module", params=[(), ("rest",)], ids=["REST open", "REST closed"])
def archived(request, tmp_path_factory):
    require()
    folder = tmp_path_factory.mktemp("types")
    with WordPress(workdir=folder / "wordpress", theme="classic", closed=request.param) as site:
        plugins = site.htdocs / "wp-content" / "mu-plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "types.php").write_text(PLUGIN)
        site.run(SEED, maps=MAPS)
        crawls = Crawls(folder, site.url, {"media": ["pictures", "documents"]})
        crawls.crawl()
        crawls.crawl()
        verified = crawls.program("verify", "--json")
        yield crawls, site, json.loads(site.run(SHOWN)), json.loads(verified.stdout), request.param


def test_every_item_of_every_type_is_archived(archived):
    crawls, _, shown, _, _ = archived
    held = {
        str(row["post_id"]): row["type"]
        for row in crawls.rows(
            "SELECT post_id, type FROM articles WHERE text IS NOT NULL AND gone_at IS NULL"
        )
    }
    assert set(shown.values()) == {"post", "page", "map"}
    assert held == shown


def test_verification_counts_every_type(archived):
    crawls, _, shown, report, closed = archived
    if closed:
        return
    assert report["run"]["outcome"] == "complete", report["run"]["sentence"]
    stated = {
        row["type"]: row["n"]
        for row in crawls.rows("SELECT type, sum(stated) AS n FROM coverage_types GROUP BY 1")
    }
    kinds = list(shown.values())
    assert stated["map"] == MAPS
    assert stated["page"] >= kinds.count("page")
    assert stated["post"] >= kinds.count("post")


def test_terms_of_the_types_own_taxonomy_are_found(archived):
    crawls, _, _, _, closed = archived
    if closed:
        return
    rows = crawls.rows("SELECT taxonomy, name, count(*) AS n FROM article_terms GROUP BY 1, 2 ORDER BY 2")
    assert rows == [
        {"taxonomy": "region", "name": "North quay", "n": MAPS / 2},
        {"taxonomy": "region", "name": "South quay", "n": MAPS / 2},
    ]
    found = json.loads(
        crawls.program("search", "strikes", "--type", "map", "--tag", "North quay", "--json").stdout
    )
    assert len(found["hits"]) == MAPS / 2


def test_every_file_is_kept_byte_for_byte(archived):
    crawls, site, _, _, _ = archived
    uploads = {
        path.name: path.read_bytes() for path in (site.htdocs / "wp-content" / "uploads").rglob("*-[0-9]*.*")
    }
    wanted = {name: body for name, body in uploads.items() if name.startswith(("map-", "table-"))}
    assert len(wanted) == MAPS * 5
    with MediaFiles.open(media_beside(crawls.path), create=False) as media:
        rows = media.db.query("SELECT url, digest FROM files WHERE state = 'kept'")
        kept = {urlsplit(row["url"]).path.rpartition("/")[2]: media.body(row["digest"]) for row in rows}
    assert {name: kept.get(name) for name in wanted} == wanted
    assert altered_files(media_beside(crawls.path)) == ()


def test_every_embed_has_its_line(archived):
    crawls, *_ = archived
    rows = crawls.rows(
        "SELECT embeds.url, text FROM embeds JOIN articles ON articles.id = article_id WHERE type = 'map'"
    )
    assert len(rows) == MAPS
    assert all(f"[Embedded map: {row['url']}]" in str(row["text"]) for row in rows)
