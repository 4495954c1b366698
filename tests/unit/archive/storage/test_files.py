"""Files of articles: kept once, versioned when replaced, and never a web page; served and exported."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.core.database import transaction
from archive.core.records import Article, Extract, PageKind, Site, Surface
from archive.exports import as_warc
from archive.exports.selection import Selection, Snapshot
from archive.files.media import Media, beside
from archive.files.raw_pages import Pages
from archive.files.raw_pages import raw_pages_path as pages_beside
from archive.sources import addresses
from archive.storage import files
from archive.storage.archive import Archive
from archive.tables.rows import held_list
from tests.builders.pages import made_page
from tests.builders.room_server import Room

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOME = "https://gazette.example"
PICTURE, TABLE = f"{HOME}/ice.png", f"{HOME}/strikes.csv"


def answer(url, body=b"\x89PNG bytes", *, kind=PageKind.FILE, status=200, content_type="image/png", day=0):
    headers = (("content-type", content_type), ("etag", '"1"'))
    at = AT + timedelta(days=day)
    return made_page(url, body, kind=kind, status=status, headers=headers, fetched_at=at)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "news.db") as opened:
        opened.add_source(Site(name="gazette", url=HOME), "2026-03-01T00:00:00Z")
        page = answer(f"{HOME}/ice/", b"<html>", kind=PageKind.ARTICLE)
        entries = (f"image:{PICTURE}", f"data:{TABLE}")
        article = Article(
            url=page.url, title="Ice", text="Ice on the quay.", type="map", image=PICTURE, files=entries,
            embeds=("map:https://maps.example/1",), terms=("region:Coast",), origins=(("files", "page:x"),),
        )  # fmt: skip
        opened.save(page, Extract(surface=Surface.PAGE, articles=(article,)))
        with Pages.open(pages_beside(opened.path)) as pages:
            pages.keep(page)
        yield opened


def saved(archive, page):
    with Media.open(beside(archive.path)) as media:
        files.save_file(archive.db, media, page)
    return next(iter(archive.db.query("SELECT * FROM files WHERE url = ?", [page.url])))


def test_a_replaced_file_keeps_the_one_before(archive):
    first = saved(archive, answer(PICTURE))
    again = saved(archive, answer(PICTURE, day=7))
    assert (again["digest"], again["version_count"], again["changed_at"]) == (
        first["digest"], 1, first["changed_at"],
    )  # fmt: skip
    replaced = saved(archive, answer(PICTURE, b"\x89PNG others", day=14))
    [version] = archive.db.query("SELECT * FROM file_versions")
    assert (version["digest"], replaced["version_count"]) == (first["digest"], 2)
    with Media.open(beside(archive.path)) as media:
        assert media.get(first["digest"]) == b"\x89PNG bytes"
        assert list(media.altered()) == []
        media.db.execute("UPDATE bodies SET body = x'00' WHERE digest = ?", [first["digest"]])
        assert list(media.altered()) == [first["digest"]]


def test_replaced_files_are_on_the_page_of_versions(archive):
    bodies = [b"year,strikes\n1926,3\n", b"year,strikes\n1926,4\n", b"year,strikes\n1926,5\n"]
    assert "Files replaced" not in Room(archive.path).text("/article/1/versions")
    digests = [
        saved(archive, answer(TABLE, body, content_type="text/csv", day=7 * week))["digest"]
        for week, body in enumerate(bodies)
    ]
    page = Room(archive.path).text("/article/1/versions")
    steps = re.findall(r'/file/(\w{64})">before</a>, <a href="/file/(\w{64})">after', page)
    assert steps == [(digests[1], digests[2]), (digests[0], digests[1])]
    assert "strikes.csv" in page
    assert "Its words have not changed since" in page


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": 404}, "answered 404"),
        ({"body": b"<!doctype html><p>Not found"}, "web page"),
        ({"body": b""}, "empty"),
    ],
)
def test_what_is_no_file_changes_nothing_and_is_a_problem(archive, changes, reason):
    first = saved(archive, answer(TABLE, b"year,strikes", content_type="text/csv"))
    failed = saved(
        archive, replace(answer(TABLE, b"year,strikes", content_type="text/csv", day=7), **changes)
    )
    assert failed["digest"] == first["digest"]
    assert reason in failed["reason"]
    assert [row["code"] for row in archive.db.query("SELECT code FROM problems WHERE ended_at IS NULL")] == [
        "file-not-kept"
    ]
    saved(archive, answer(TABLE, b"year,strikes", content_type="text/csv", day=8))
    assert not list(archive.db.query("SELECT 1 FROM problems WHERE ended_at IS NULL"))


@pytest.mark.parametrize(
    ("url", "content_type", "body", "is_kept"),
    [
        (PICTURE, "application/json", b'{"error":"hotlinking"}', False),
        (PICTURE, "text/plain; charset=utf-8", b"Forbidden", False),
        (PICTURE, "text/xml", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', True),
        (PICTURE, "application/octet-stream", b"\x89PNG bytes", True),
        (TABLE, "text/plain", b"year,strikes", True),
        (TABLE, "application/json", b"[1]", True),
    ],
)
def test_text_in_place_of_a_picture_is_none(archive, url, content_type, body, is_kept):
    row = saved(archive, answer(url, body, content_type=content_type))
    assert (row["digest"] is not None) == is_kept
    assert (row["reason"] is None) == is_kept


def test_an_articles_type_terms_and_embedded_things_are_stored(archive):
    [row] = archive.db.query("SELECT id, type FROM articles")
    assert row["type"] == "map"
    assert held_list(archive.db, "terms", row["id"]) == ("region:Coast",)
    assert held_list(archive.db, "embeds", row["id"]) == ("map:https://maps.example/1",)
    assert len(held_list(archive.db, "files", row["id"])) == 2
    lead = "SELECT 1 FROM article_files WHERE position = -1"
    assert list(archive.db.query(lead))


def test_the_reading_room_shows_pictures_and_offers_other_files_as_downloads(archive):
    picture = saved(archive, answer(PICTURE))
    page = saved(archive, answer(TABLE, b"<script>", content_type="text/csv"))
    room = Room(archive.path)
    html = room.text("/article/1")
    assert f'<img src="/file/{picture["digest"]}"' in html
    assert "not archived" not in html
    shown = room.get(f"/file/{picture['digest']}")
    assert (shown.content, shown.headers["content-type"]) == (b"\x89PNG bytes", "image/png")
    assert "sandbox" in shown.headers["content-security-policy"]
    offered = room.get(f"/file/{page['digest']}")
    assert offered.headers["content-type"] == "application/octet-stream"
    assert offered.headers["content-disposition"].startswith("attachment")
    assert offered.headers["x-content-type-options"] == "nosniff"
    assert room.get(f"/file/{'0' * 64}").status_code == 404
    assert 'value="map"' in room.text("/search?type=map&kind=articles") or "map ·" in room.text(
        "/search?type=map"
    )


def test_files_are_in_a_warc(archive, tmp_path):
    saved(archive, answer(PICTURE))
    out = BytesIO()
    with Snapshot.open(archive.path, Selection()) as snapshot:
        as_warc.write_warc(snapshot, out)
    out.seek(0)
    found = {
        r.rec_headers.get_header("WARC-Target-URI"): r.content_stream().read() for r in ArchiveIterator(out)
    }
    assert found[PICTURE] == b"\x89PNG bytes"


def test_files_move_with_their_site(archive):
    """A file has its new URL and keeps its bytes; a WARC says where they were received."""
    there = PICTURE.replace("gazette", "courier")
    saved(archive, answer(PICTURE))
    with transaction(archive.db):
        addresses.move(archive.db, archive.path, "gazette", "https://courier.example", "2026-03-02T00:00:00Z")
    [row] = archive.db.query("SELECT * FROM files WHERE kind = 'image'")
    assert (row["url"], row["received_from"], row["etag"]) == (there, PICTURE, None)
    assert row["digest"] is not None
    [article] = archive.db.query("SELECT image FROM articles")
    assert article["image"] == there
    with Snapshot.open(archive.path, Selection()) as snapshot:
        [page] = as_warc._files(snapshot)
    assert page.url == PICTURE
    again = saved(archive, answer(there, b"\x89PNG others", day=2))
    [version] = archive.db.query("SELECT * FROM file_versions")
    assert (again["received_from"], again["version_count"], version["received_from"]) == (None, 2, PICTURE)
