"""Everything that a real WordPress shows to visitors: three content types, their terms, files and embeds."""

import hashlib
import json

import pytest

from tests.builders.crawling import Crawls
from tests.wordpress import WordPress, require
from tests.wordpress.php import HERE, run_file

pytestmark = pytest.mark.wordpress

PICTURES, PAPERS, MAPS = 12, 6, 8


@pytest.fixture(scope="module", params=[(), ("rest",)], ids=["REST open", "REST closed"])
def site(request, tmp_path_factory):
    """A site with three types and some dozens of files, after two crawls and a verification."""
    require()
    folder = tmp_path_factory.mktemp("types")
    with WordPress(workdir=folder / "wordpress", closed=request.param, permalinks="/%postname%/") as running:
        plugins = running.htdocs / "wp-content" / "mu-plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "types.php").write_text((HERE / "types_plugin.php").read_text())
        numbers = {"pictures": PICTURES, "papers": PAPERS, "maps": MAPS}
        made = json.loads(run_file(running.htdocs, "types_seed.php", **numbers))
        running.run("flush_rewrite_rules();")
        options = {"timezone": "America/New_York", "files": ["image", "document", "data"]}
        crawls = Crawls(folder, running.url, options)
        crawls.crawl()
        quiet = crawls.crawl()
        verified = crawls.program("verify")
        yield crawls, json.loads(run_file(running.htdocs, "types_truth.php")), made, running, quiet, verified


def test_every_item_of_every_type_is_held(site):
    crawls, truth, *_ = site
    rows = crawls.rows("SELECT post_id, type, url FROM articles WHERE text IS NOT NULL")
    held = {(row["post_id"], row["type"]) for row in rows}
    assert {(item["id"], item["type"]) for item in truth} <= held
    assert not crawls.rows("SELECT 1 FROM articles WHERE title LIKE '%HIDDENNOTE%'")


def test_publisher_copy_of_every_type_that_rest_lists_is_held(site):
    crawls, truth, _, running, *_ = site
    if "rest" in running.closed:
        pytest.skip("Without REST only feeds have copies, and those of posts alone.")
    rows = crawls.rows("SELECT post_id, type FROM publisher_texts JOIN articles ON articles.id = article_id")
    copies = {(row["post_id"], row["type"]) for row in rows}
    assert {(item["id"], item["type"]) for item in truth if item["type"] != "ledger"} <= copies


def test_verification_counts_by_type_and_is_complete(site):
    crawls, *_, verified = site
    assert verified.returncode == 0, verified.stdout + verified.stderr
    stated = {row["type"]: row["stated"] for row in crawls.rows("SELECT * FROM coverage_types")}
    for kind, number in (("map", MAPS), ("ledger", 1)):
        assert stated[kind] == number
    assert not crawls.rows(
        "SELECT * FROM coverage_gaps WHERE ended_at IS NULL AND reason <> 'protected'"
        " AND reason <> 'not shown'"
    )


def test_every_file_is_kept_once_by_its_digest(site):
    crawls, _, made, running, *_ = site
    kept = {row["url"]: row["digest"] for row in crawls.rows("SELECT url, digest FROM files")}
    for name in made["files"]:
        content = (running.htdocs / "wp-content" / "uploads" / name).read_bytes()
        assert kept[f"{made['base']}/{name}"] == hashlib.sha256(content).hexdigest()


def test_every_embedded_map_leaves_a_line_and_a_row(site):
    crawls = site[0]
    rows = crawls.rows(
        "SELECT text, embeds.url FROM embeds JOIN articles ON articles.id = article_id WHERE kind = 'map'"
    )
    assert len(rows) == MAPS
    assert all(f"[Embedded map: {row['url']}]" in row["text"] for row in rows)


def test_terms_of_a_taxonomy_of_the_site_are_kept_where_rest_is_open(site):
    crawls, *_ = site
    terms = {row["name"] for row in crawls.rows("SELECT name FROM tags WHERE kind = 'region'")}
    is_open = crawls.rows("SELECT 1 FROM coverage_types WHERE surface = 'rest'")
    assert terms == ({"Coast", *(f"Region {i}" for i in range(1, MAPS + 1))} if is_open else set())


def test_a_quiet_crawl_asks_for_two_things(site):
    assert site[4].requests <= 2
