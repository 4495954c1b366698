"""Files that a real WordPress shows: each is kept, served from the archive, and followed at its address."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from archive.storage.archive import Archive
from tests.builders.crawling import Crawls
from tests.builders.room_server import Room
from tests.wordpress import WordPress, require
from tests.wordpress.php import HERE, run_file

pytestmark = pytest.mark.wordpress


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Three articles of three content types with fifty files, after two crawls."""
    require()
    folder = tmp_path_factory.mktemp("files")
    with WordPress(workdir=folder / "wordpress", permalinks="/%postname%/") as running:
        plugins = running.htdocs / "wp-content" / "mu-plugins"
        plugins.mkdir(exist_ok=True)
        (plugins / "types.php").write_text((HERE / "types_plugin.php").read_text())
        made = json.loads(run_file(running.htdocs, "files_seed.php"))
        running.run("flush_rewrite_rules();")
        crawls = Crawls(folder, running.url, {"files": ["image", "document", "data", "audio"]})
        crawls.crawl()
        quiet = crawls.crawl()
        yield crawls, made, running.htdocs / "wp-content" / "uploads", quiet


def held(crawls):
    sql = (
        "SELECT articles.url AS article, files.* FROM files JOIN article_files ON file_id = files.id"
        " JOIN articles ON articles.id = article_id"
    )
    return {(row["article"], row["url"]): row for row in crawls.rows(sql)}


def pass_week(crawls):
    with Archive.open(crawls.path) as archive:
        at = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        archive.db.execute("UPDATE files SET due_at = ?", [at])
        archive.db.execute("UPDATE crawl_state SET value = ? WHERE name = 'posts_listed_at'", [at])
    return crawls.program("crawl")


def test_every_file_that_visitors_see_is_kept_and_no_other_size(site):
    crawls, made, uploads, quiet = site
    rows = held(crawls)
    names = [name for files in made["shown"].values() for name in files]
    assert len(names) >= 48
    for article, files in made["shown"].items():
        for name in files:
            digest = hashlib.sha256((uploads / name).read_bytes()).hexdigest()
            assert rows[article, f"{made['base']}/{name}"]["digest"] == digest, name
    kept = {url.rpartition("/")[2] for article, url in rows if article in made["shown"]}
    assert kept == set(names)
    assert quiet.requests <= 2


def test_reading_room_shows_each_picture_from_the_archive_and_nothing_from_the_site(site):
    crawls, made, uploads, _ = site
    room = Room(crawls.path)
    for article, files in made["shown"].items():
        [row] = crawls.rows("SELECT id FROM articles WHERE url = ?", article)
        page = room.text(f"/article/{row['id']}")
        assert not re.findall(r'(?:src|srcset|poster|data)="(?:https?:)?//', page)
        assert "not archived" not in page
        shown = re.findall(r'<img src="/file/([0-9a-f]{64})"', page)
        pictures = [name for name in files if name.rpartition(".")[2] in {"png", "webp", "svg"}]
        assert len(shown) == len(pictures)
        bodies = {room.get(f"/file/{digest}").content for digest in shown}
        assert bodies == {(uploads / name).read_bytes() for name in pictures}


def test_what_happens_to_a_file_at_its_address_is_known(site):
    """One is replaced, one is gone, one became a web page, and the others are as they were."""
    crawls, _, uploads, _ = site
    before = held(crawls)
    old = (uploads / "page-table.csv").read_bytes()
    (uploads / "page-table.csv").write_bytes(b"year,strikes\n1926,4\n")
    (uploads / "post-photo-1.png").write_bytes((uploads / "post-photo-1.png").read_bytes() + b"retouched")
    (uploads / "page-list.pdf").unlink()
    (uploads / "map-plain.svg").write_bytes(b"<!doctype html><html><body>Log in to see this.</body></html>")
    pass_week(crawls)
    after = held(crawls)
    name_of = {key: key[1].rpartition("/")[2] for key in after}
    changed = {name_of[key] for key in after if after[key]["digest"] != before[key]["digest"]}
    assert changed == {"page-table.csv", "post-photo-1.png"}
    refused = {name_of[key]: row["reason"] for key, row in after.items() if row["reason"]}
    assert refused.keys() == {"page-list.pdf", "map-plain.svg"}
    assert "404" in refused["page-list.pdf"]
    assert "web page" in refused["map-plain.svg"]
    [row] = [row for key, row in after.items() if name_of[key] == "page-table.csv"]
    [version] = crawls.rows("SELECT digest FROM file_versions WHERE file_id = ?", row["id"])
    room = Room(crawls.path)
    assert room.get(f"/file/{version['digest']}").content == old
    assert crawls.rows("SELECT 1 FROM events") == []
