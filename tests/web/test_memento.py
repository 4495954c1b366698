"""Raw pages over time: the protocol of RFC 7089, what is shown of a page, and what is not."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.core.records import Article, Comment, Extract, Page, Site, Surface
from archive.files import captured_pages
from archive.files.mementos import closest_memento, mementos
from archive.files.raw_pages import Pages, raw_pages_path
from archive.files.redaction_store import Hidden, redaction_store_path
from archive.storage.archive import Archive
from archive.storage.redaction import redact_item
from tests.builders.pages import made_page
from tests.builders.room_server import Room

SITE = Site(name="gazette", url="https://gazette.example")
URL = f"{SITE.url}/2026/03/ice/"
OTHER = f"{SITE.url}/2026/03/calm/"
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = "<html><head><title>Ice</title></head><body><p>State {} of the ice, by the pilot.</p>{}</body></html>"
SCRIPT = "<script>document.title = 'ran'</script>"
REMARK = "The harbourmaster owes me eleven crowns and a goat."
ON = {"plugins": {"backissue": {"replay": True}}}
HOURS = (0, 2, 6, 6.5, 40)


def received(url: str, hours: float, body: str, **more: Any) -> Page:
    return made_page(
        url,
        body,
        headers=(
            ("Content-Type", "text/html; charset=utf-8"),
            ("Refresh", "0; url=https://elsewhere.example"),
        ),
        fetched_at=FIRST + timedelta(hours=hours),
        **more,
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "archive.db"
    comment = Comment(id="11", author="Wren", text=REMARK, html=f"<p>{REMARK}</p>", published=FIRST)
    with Archive.open(file) as archive, Pages.open(raw_pages_path(file)) as pages:
        archive.add_source(SITE, "2026-03-01T00:00:00Z")
        for url, number in ((URL, 7), (OTHER, 8)):
            article = Article(url=url, post_id=number, title=url, published=FIRST, text=f"Text {number}.")
            for place, hours in enumerate(HOURS):
                said = f'<p id="comment-11">{REMARK}</p>' if url == URL and place == 1 else SCRIPT
                page = received(url, hours, BODY.format(place, said))
                pages.keep(page)
                shown = (comment,) if url == URL else ()
                archive.save(page, Extract(surface=Surface.PAGE, articles=(article,), comments=shown))
    return file


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template.parent, tmp_path / "here")) / template.name


@pytest.fixture
def room(path: Path) -> Room:
    return Room(path, metadata=ON)


def at(hours: float) -> dict[str, str]:
    return {"accept-datetime": format_datetime(FIRST + timedelta(hours=hours), usegmt=True)}


def stamp(hours: float) -> str:
    return (FIRST + timedelta(hours=hours)).strftime("%Y%m%d%H%M%S")


@pytest.mark.parametrize(
    ("settings", "variable", "status"),
    [({}, "", 404), ({}, "1", 200), ({"replay": False}, "1", 404), ({"replay": True}, "", 200)],
)
def test_raw_pages_are_shown_by_option_or_setting_and_the_setting_wins(
    path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, bool], variable: str, status: int
) -> None:
    monkeypatch.setenv("BACKISSUE_REPLAY", variable)
    room = Room(path, metadata={"plugins": {"backissue": settings}})
    assert room.get("/article/1/kept").status_code == status
    assert ('rel="timegate"' in room.get("/article/1").headers.get("link", "")) == (status == 200)


@pytest.mark.parametrize(
    ("hours", "closest"),
    [(-500, 0), (0, 0), (0.9, 0), (1, 0), (1.1, 2), (6.2, 6), (6.3, 6.5), (23.25, 6.5), (24, 40), (9999, 40)],
)
def test_timegate_leads_to_the_closest_memento(room: Room, hours: float, closest: float) -> None:
    """Of two as close, it is the earlier one, as in pywb."""
    answer = room.get(f"/memento/timegate/{URL}", headers=at(hours))
    assert answer.status_code == 302
    assert answer.headers["location"].endswith(f"/memento/{stamp(closest)}/{URL}")
    assert "accept-datetime" in answer.headers["vary"]
    assert f'<{URL}>; rel="original"' in answer.headers["link"]


def test_timegate_without_a_date_gives_the_newest(room: Room) -> None:
    assert stamp(40) in room.get(f"/memento/timegate/{URL}").headers["location"]
    assert room.get(f"/memento/timegate/{URL}", headers={"accept-datetime": "soon"}).status_code == 400
    assert room.get("/memento/timegate/https://nowhere.example/").status_code == 404


SPELLINGS = {
    "as it is": URL,
    "without a slash": URL.rstrip("/"),
    "another scheme": URL.replace("https", "http"),
    "one slash": "https:/" + URL[8:],
    "no scheme": URL[8:],
    "www": URL.replace("gazette", "www.gazette"),
    "a port": URL.replace(".example", ".example:443"),
    "two slashes": URL.replace("/03/", "//03/"),
    "capitals": URL.replace("ice", "ICE"),
    "an escape": URL.replace("ice", "%69ce"),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_a_url_are_one_page(room: Room, spelling: str) -> None:
    assert (
        room.get(f"/memento/timegate/{spelling}").headers["location"].endswith(f"/memento/{stamp(40)}/{URL}")
    )


@pytest.mark.parametrize("slug", ["Über-uns", "%C3%9Cber-uns", "%c3%9cber-uns"])
def test_letters_of_a_captured_url_may_be_escaped_or_not(path: Path, slug: str) -> None:
    with Pages.open(raw_pages_path(path)) as pages:
        captured = received(f"{SITE.url}/2026/Über-uns/", 3, BODY.format("one", ""))
        assert captured_pages.keep_page(pages, captured, "library")
    answer = Room(path, metadata=ON).get(f"/memento/timegate/{SITE.url}/2026/{slug}/")
    assert answer.headers["location"].endswith(f"/memento/{stamp(3)}/{SITE.url}/2026/%C3%9Cber-uns/")


def test_pages_of_an_older_file_are_found_before_and_after_its_migration(path: Path) -> None:
    other = URL.replace("ice", "ICE")
    with Pages.open(raw_pages_path(path)) as pages:
        pages.db.execute("DROP INDEX pages_key_number")
        pages.db.execute("ALTER TABLE pages DROP COLUMN key_number")
        pages.db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm006_key_numbers'")
    assert len(mementos(path, other)) == len(HOURS)
    with Pages.open(raw_pages_path(path)) as pages:
        assert pages.db.execute("SELECT count(*) FROM pages WHERE key_number IS NULL").fetchone() == (0,)
    assert len(mementos(path, other)) == len(HOURS)


def test_timemap_lists_each_memento_once(room: Room) -> None:
    answer = room.get(f"/memento/timemap/{URL}")
    assert answer.headers["content-type"] == "application/link-format"
    found = re.findall(r'/memento/(\d{14})/\S+>; rel="([a-z ]*)memento"', answer.text)
    assert found == [(stamp(hours), {0: "first ", 40: "last "}.get(hours, "")) for hours in HOURS]
    assert answer.text.count('rel="original"') == answer.text.count('rel="timegate"') == 1


def test_memento_is_sent_as_received_and_sandboxed(room: Room) -> None:
    answer = room.get(f"/memento/{stamp(2)}/{OTHER}")
    assert answer.content == BODY.format(1, SCRIPT).encode()
    assert answer.headers["memento-datetime"] == at(2)["accept-datetime"]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "default-src 'none'" in policy
    assert "allow-" not in policy
    assert "refresh" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    relations = re.findall(r'rel="([a-z ]+)"', answer.headers["link"])
    assert relations == [
        "original",
        "timegate",
        "timemap",
        "first prev memento",
        "memento",
        "next memento",
        "last memento",
    ]


def test_time_between_mementos_redirects_to_the_closest(room: Room) -> None:
    answer = room.get(f"/memento/20260302/{URL}")
    assert answer.status_code == 302
    assert stamp(6.5) in answer.headers["location"]
    assert room.get(f"/memento/99999999999999/{URL}").status_code == 404


def test_cdx_lists_what_is_held_in_a_span(room: Room) -> None:
    lines = room.text(f"/memento/cdx?url={URL}&to=20260301").splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["example,gazette)/2026/03/ice", stamp(hours), URL] for hours in HOURS[:4]
    ]
    rows = json.loads(room.text(f"/memento/cdx?url={URL}&output=json&from={stamp(6.5)}"))
    assert [row[1] for row in rows] == ["timestamp", stamp(6.5), stamp(40)]
    assert room.text("/memento/cdx?url=nonsense") == ""


def test_article_links_to_its_pages(room: Room) -> None:
    answer = room.get("/article/1")
    assert f'/memento/timegate/{URL}>; rel="timegate"' in answer.headers["link"]
    assert "/article/1/kept" in answer.text
    beside = room.get(f"/article/1/kept?at={stamp(6)}")
    assert f'sandbox title="The page as it was received" src="/memento/{stamp(6)}/{URL}"' in beside.text
    assert "frame-src 'self'" in beside.headers["content-security-policy"]


def test_nothing_is_shown_unless_the_operator_says_so(path: Path) -> None:
    room = Room(path)
    for place in (f"timegate/{URL}", f"timemap/{URL}", f"{stamp(2)}/{URL}"):
        assert room.get(f"/memento/{place}").status_code == 404
    assert room.text(f"/memento/cdx?url={URL}") == ""
    article = room.get("/article/1")
    assert "link" not in article.headers
    assert "/kept" not in article.text
    assert room.get("/article/1/kept").status_code == 404


@pytest.mark.parametrize(("kind", "item"), [("comment", 1), ("article", 1), ("commenter", "Wren")])
def test_page_with_hidden_words_is_never_shown(path: Path, kind: str, item: int | str) -> None:
    with (
        Archive.open(path) as archive,
        Hidden.open(redaction_store_path(path), create=True) as hidden,
    ):
        redact_item(archive.db, hidden, kind, item, reason="asked", at=FIRST)
    room = Room(path, metadata=ON)
    left = [each.stamp for each in mementos(path, URL)]
    held = {"comment": HOURS[1:2], "commenter": (), "article": HOURS}[kind]
    assert not {stamp(hours) for hours in held} & set(left)
    for hours in held:
        answer = room.get(f"/memento/{stamp(hours)}/{URL}", follow_redirects=True)
        assert REMARK not in answer.text
    assert len(mementos(path, OTHER)) == len(HOURS)
    redaction_store_path(path).unlink()
    assert (
        room.get(f"/memento/timegate/{OTHER}").status_code == 404
    )  # hidden words cannot be told from others


def test_altered_page_is_not_shown(path: Path) -> None:
    with Pages.open(raw_pages_path(path)) as pages:
        pages.db.execute("UPDATE bodies SET body = zeroblob(9)")
    answer = Room(path, metadata=ON).get(f"/memento/{stamp(2)}/{URL}")
    assert answer.status_code == 410
    assert "State" not in answer.text


def test_closest_of_two_is_the_earlier(path: Path) -> None:
    found = mementos(path, URL)
    assert closest_memento(found, FIRST + timedelta(hours=1)) == found[0]
    assert closest_memento(list(reversed(found)), FIRST + timedelta(hours=1)) == found[0]
    assert closest_memento([], FIRST) is None


def wacz(room: Room, number: int) -> zipfile.ZipFile:
    answer = room.get(f"/article/{number}.wacz")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/wacz"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_the_raw_pages_of_an_article_are_a_wacz(room: Room) -> None:
    page = room.text("/article/1/kept")
    assert 'href="/article/1.wacz"' in page
    with wacz(room, 1) as packed:
        records = ArchiveIterator(io.BytesIO(packed.read("archive/data.warc.gz")))
        urls = {
            each.rec_headers.get_header("WARC-Target-URI")
            for each in records
            if each.rec_type in ("response", "revisit")
        }
    assert urls == {URL}
    assert room.get("/article/99.wacz").status_code == 404


def test_a_wacz_is_only_given_where_raw_pages_are(path: Path) -> None:
    assert Room(path).get("/article/1.wacz").status_code == 404


def test_the_digest_of_a_raw_page_is_shown_and_sent(room: Room) -> None:
    answer = room.get(f"/memento/{stamp(2)}/{OTHER}")
    digest = hashlib.sha256(answer.content)
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    shown = re.search(r"<code>([0-9a-f]{64})</code>", room.text("/article/1/kept"))
    assert shown
    newest = room.get(f"/memento/{stamp(HOURS[-1])}/{URL}")
    assert shown[1] == hashlib.sha256(newest.content).hexdigest()
