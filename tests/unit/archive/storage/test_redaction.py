"""What an operator hides is hidden everywhere, in the bytes of the served file too, and can come back."""

from __future__ import annotations

import io
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet
from sqlite_utils import Database as Tables
from warcio.archiveiterator import ArchiveIterator

from archive.core.records import Article, Comment, Extract, Page, PageKind, Problem, Site, Surface
from archive.files import raw_pages, redaction_store
from archive.queries import articles as reading
from archive.queries.json_schema import HISTORY_FIELDS
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.crawling import Crawls
from tests.builders.pages import made_page
from tests.builders.room_server import Room
from tests.fakesite import SampleSite

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/2026/03/the-quince-verdict/"
OTHER = "https://gazette.example/2026/03/a-calm-day/"
TITLE, EARLIER = "The quince verdict of Odalys Perrin", "The quince hearing of Odalys Perrin"
STORY = Article(
    url=URL,
    post_id=7,
    title=EARLIER,
    authors=("Verity Lomax",),
    published=NOON,
    text="Perrin was seen at the tollhouse.\n\nThe magistrate spoke of marmalade.",
    markdown="Perrin was seen at the *tollhouse*.\n\nThe magistrate spoke of marmalade.",
    description="Marmalade before the magistrate.",
    tags=("quinces",),
    links=("https://tollhouse.example/ledger",),
    image="https://gazette.example/perrin.jpg",
)
CALM = Article(
    url=OTHER, post_id=8, title="A calm day", authors=("Ida Quill",), published=NOON, text="Nothing."
)
FIRST = Comment(
    id="11",
    author="Barnaby Thrupp",
    author_url="https://thrupp.example/",
    text="I saw the kumquat cart with my own eyes.",
    html="<p>I saw the kumquat cart with my own eyes.</p>",
    published=NOON,
    permalink=f"{URL}#comment-11",
)
REPLY = Comment(
    id="12", parent="11", author="E", text="Who did?", published=NOON, permalink=f"{URL}#comment-12"
)
CALM_TALK = Comment(
    id="13", author="Barnaby Thrupp", text="Calm indeed.", published=NOON, permalink=f"{OTHER}#comment-13"
)
OF_ARTICLE = ("quince", "Perrin", "Lomax", "tollhouse", "marmalade", "the-quince-verdict")
OF_COMMENT = ("kumquat", "thrupp.example")
OF_NAME = ("Thrupp",)
SERVED = (
    *("/", "/search?q=", "/search.json?q=", "/search.csv?q=", "/search.atom?q=", "/changes", "/changes.atom"),
    *("/article/1", "/article/1/versions", "/article/1?version=1", "/article/1/as-of?at=2026-03-02"),
    *("/article/1/as-of?at=2030-01-01", "/comment/1", "/comment/1/versions", "/comment/1/versions?version=1"),
    *("/coverage", "/author/1", "/author/2", "/tag/1", "/commenter?name=E", "/commenter?name=%5Bhidden%5D"),
    *("/archive", "/-/data", "/-/health", "/-/metrics"),
)
WORDS = "quince OR perrin OR tollhouse OR marmalade OR lomax OR kumquat OR thrupp"


def page(day: int = 0, kind: PageKind = PageKind.ARTICLE, url: str = URL, body: bytes = b"") -> Page:
    at = NOON + timedelta(days=day)
    return made_page(url, body, kind=kind, fetched_at=at)


def extract(*articles: Article, comments: tuple[Comment, ...] = (), **more: Any) -> Extract:
    return Extract(surface=more.pop("surface", Surface.PAGE), articles=articles, comments=comments, **more)


def crawl(path: Path, day: int = 0) -> None:
    """What a crawl reads of this site on some day: pages, listings of REST, and feeds."""
    edited = replace(STORY, title=TITLE) if day else STORY
    said = (
        replace(FIRST, text="I saw the kumquat wagon.", html="<p>I saw the kumquat wagon.</p>")
        if day
        else FIRST
    )
    trouble = Problem(code="no-date", detail="no date", url=URL)
    listing, talk = (f"https://gazette.example/wp-json/wp/v2/{name}" for name in ("posts", "comments"))
    with Archive.open(path) as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        archive.save(page(day), extract(edited, comments=(said, REPLY), problems=(trouble,)))
        archive.save(page(day, url=OTHER), extract(CALM, comments=(CALM_TALK,)))
        archive.save(
            page(day, PageKind.POSTS, listing),
            extract(replace(edited, text=None), CALM, surface=Surface.REST, problems=(trouble,)),
        )
        comments = tuple(replace(each, post_id=7) for each in (said, REPLY))
        archive.save(page(day, PageKind.COMMENTS, talk), extract(comments=comments, surface=Surface.REST))
        archive.save(
            page(day, PageKind.POSTS_FEED, "https://gazette.example/feed/"),
            extract(replace(edited, post_id=None), surface=Surface.FEED),
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive in which an article and a comment were edited, and its raw pages."""
    crawl(tmp_path / "archive.db")
    crawl(tmp_path / "archive.db", day=2)
    (tmp_path / "backissue.toml").write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
    return tmp_path


def program(folder: Path, *words: str) -> Result:
    done = CliRunner().invoke(
        main, ["--config", str(folder / "backissue.toml"), *words], prog_name="backissue"
    )
    assert done.exit_code == 0, done.output
    return done


def hide(folder: Path, *words: str) -> None:
    program(folder, "redact", *words, "--yes", "--reason", "Asked by a person in it")


def everything_served(path: Path) -> Iterator[tuple[str, str]]:
    """Every page of ours, and every table and view as Datasette gives it, row by row and by SQL."""
    room = Room(path)
    with Archive.open(path) as archive:
        names = [*Tables(archive.db.conn).table_names(), *Tables(archive.db.conn).view_names()]
    addresses = [address + (WORDS.replace(" ", "+") if address.endswith("q=") else "") for address in SERVED]
    addresses += [f"/archive/{name}{form}" for name in names for form in ("", ".json?_size=max", ".csv")]
    addresses += [f"/-/results.csv?sql=select+*+from+{name}" for name in names if "_fts_" not in name]
    addresses += ["/archive/articles/1", "/archive/comments/1", "/archive.json?sql=select+text+from+comments"]
    for address in addresses:
        answer = room.get(address, follow_redirects=True)
        assert answer.status_code in (200, 404), (address, answer.status_code)
        yield address, answer.text.replace(WORDS, "").replace(WORDS.replace(" ", "+"), "")


def told(path: Path, words: tuple[str, ...]) -> set[str]:
    """Which of the words can be read on any page."""
    texts = [text.casefold() for _, text in everything_served(path)]
    return {word for word in words if any(word.casefold() in text for text in texts)}


def written(path: Path, words: tuple[str, ...]) -> set[str]:
    """Which of the words stand in the bytes of the file or of its log."""
    files = [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]
    held = b"".join(file.read_bytes().lower() for file in files)
    return {word for word in words if word.lower().encode() in held}


def state(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with Archive.open(path) as archive:
        tables = ("articles", "comments", "article_versions", "comment_versions", "events", "links", "visits")
        more = ("addresses", "authors", "article_authors", "tags", "article_tags", "problems", "redactions")
        return {
            table: sorted(archive.db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in (*tables, *more)
        }


CASES = {
    "article": (("article", "1"), OF_ARTICLE),
    "comment": (("comment", "1"), OF_COMMENT),
    "commenter": (("commenter", "Barnaby Thrupp"), OF_NAME),
}


@pytest.mark.parametrize("kind", CASES)
def test_hidden_words_are_nowhere_and_come_back_as_they_were(folder: Path, kind: str) -> None:
    path, (command, words) = folder / "archive.db", CASES[kind]
    before = state(path)
    assert told(path, words) == written(path, words) == set(words), "each can be found before"
    hide(folder, *command)
    assert written(path, words) == set()
    crawl(path, day=4)
    assert told(path, words) == written(path, words) == set(), "a crawl brings nothing back"
    assert len(state(path)["articles"]) == len(before["articles"])
    program(folder, "unredact", "1")
    crawl(path, day=6)
    assert written(path, words) == set(words)
    assert state(path)["article_versions"] == before["article_versions"]
    assert state(path)["comment_versions"] == before["comment_versions"]


@pytest.mark.parametrize("kind", CASES)
def test_what_is_hidden_and_shown_again_at_once_leaves_no_trace(folder: Path, kind: str) -> None:
    before = state(folder / "archive.db")
    hide(folder, *CASES[kind][0])
    program(folder, "unredact", "1")
    assert state(folder / "archive.db") == before


def test_redactions_that_overlap_are_lifted_in_any_order(folder: Path) -> None:
    path = folder / "archive.db"
    before = state(path)
    every = OF_ARTICLE + OF_COMMENT + OF_NAME
    for order in (("1", "2", "3"), ("3", "1", "2"), ("2", "3", "1")):
        for command, _ in CASES.values():
            hide(folder, *command)
        assert written(path, every) == set()
        for place, number in enumerate(order, 1):
            program(folder, "unredact", number)
            left = [
                words for key, (_, words) in zip("123", CASES.values(), strict=True) if key in order[place:]
            ]
            assert written(path, sum(left, ())) == set(), (order, number)
        assert state(path) == before


def test_the_tombstones_tell_what_happened_and_keep_the_thread(folder: Path) -> None:
    hide(folder, *CASES["article"][0])
    hide(folder, *CASES["comment"][0])
    room = Room(folder / "archive.db")
    shown = room.text("/article/1")
    assert "This article was hidden on" in shown
    assert shown.count("Asked by a person in it") == 2
    assert "Who did?" in shown
    assert 'id="comment-1"' in shown
    assert shown.index('id="comment-1"') < shown.index('id="comment-2"')
    assert room.get("/comment/1").headers["location"] == "/article/1#comment-1"
    assert "Cite this" not in shown
    assert "[hidden]" in program(folder, "show", "1").output
    assert "hidden by the operator: Asked" in program(folder, "show", "1").output
    hide(folder, *CASES["commenter"][0])
    assert "Name hidden by the operator" in room.text("/article/2")


def test_every_export_keeps_it_back(folder: Path, tmp_path: Path) -> None:
    bodies = {
        URL: b"<html><title>A</title> <a id=comment-12>",
        OTHER: f"<p>Calm</p><aside>{TITLE}</aside>".encode(),
        "https://gazette.example/wp-json/posts": json.dumps([{"link": URL}]).replace("/", "\\/").encode(),
        "https://gazette.example/feed/": b"<b>I saw</b> the kumquat cart with my own eyes, twice.",
        "https://gazette.example/comments/": b'<a href="#comment-11">Edited since</a>',
        "https://gazette.example/side/": b"<i>Barnaby</i>&#32;<i>Thrupp</i>",
        "https://gazette.example/plain/": b"<p>Nothing that matters</p>",
    }
    with raw_pages.Pages.open(raw_pages.raw_pages_path(folder / "archive.db")) as kept:
        for url, body in bodies.items():
            kept.keep(page(url=url, body=body))
    for command, _ in CASES.values():
        hide(folder, *command)
    for form in ("jsonl", "csv", "sql", "parquet", "markdown", "folder", "site", "db"):
        program(folder, "export", form, "--output", str(tmp_path / form))
        files = [tmp_path / form, *(tmp_path / form).rglob("*")]
        held = b"".join(file.read_bytes() for file in files if file.is_file()).lower()
        for word in OF_ARTICLE + OF_COMMENT + OF_NAME:
            assert word.lower().encode() not in held, (form, word)
    [line, _] = map(json.loads, (tmp_path / "jsonl").read_text().splitlines())
    assert {*HISTORY_FIELDS} <= {*line}
    assert line["hidden_reason"] == line["comments"][0]["hidden_reason"] == "Asked by a person in it"
    assert line["url"] == "hidden:1"
    program(folder, "export", "pages", "--output", str(tmp_path / "kept-pages"))
    program(folder, "export", "warc", "--output", str(tmp_path / "pages.warc.gz"))
    records = ArchiveIterator(io.BytesIO((tmp_path / "pages.warc.gz").read_bytes()))
    taken = [
        each.rec_headers.get_header("WARC-Target-URI") for each in records if each.rec_type == "response"
    ]
    assert taken == ["https://gazette.example/plain/"]
    rows = (
        parquet.read_table(tmp_path / "kept-pages" / "pages-00000.parquet", columns=["url"])
        .column("url")
        .to_pylist()
    )
    assert rows == ["https://gazette.example/plain/"]


def test_new_comments_and_addresses_of_what_is_hidden_are_hidden_too(folder: Path) -> None:
    path = folder / "archive.db"
    hide(folder, *CASES["article"][0])
    hide(folder, *CASES["commenter"][0])
    moved = replace(STORY, url=URL.replace("verdict", "appeal"))
    late = replace(FIRST, id="14", text="Me again.", html=None, permalink=f"{moved.url}#comment-14")
    with Archive.open(path) as archive:
        archive.save(page(4, url=moved.url), extract(moved, comments=(late,)))
        archive.save(page(5, url=moved.url), extract(replace(moved, post_id=None)))
    assert written(path, ("quince", "Thrupp")) == set()
    program(folder, "unredact", "2")
    with Archive.open(path) as archive:
        [row] = archive.db.query("SELECT author, author_url, permalink FROM comments WHERE key = '14'")
    assert row == {"author": "Barnaby Thrupp", "author_url": "https://thrupp.example/", "permalink": None}


def test_the_hidden_things_lie_in_a_file_of_their_own_and_go_with_backups(folder: Path) -> None:
    hide(folder, *CASES["comment"][0])
    place = redaction_store.redaction_store_path(folder / "archive.db")
    assert place.name == "hidden.db"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    program(folder, "backup", str(folder / "copy"))
    assert b"kumquat" in (folder / "copy" / "hidden.db").read_bytes()
    program(folder, "restore", str(folder / "copy"), "--force")
    program(folder, "unredact", "1")
    assert b"kumquat" not in place.read_bytes()
    with Archive.open(folder / "archive.db") as archive:
        held = reading.article_by_id(archive.db, 1)
    assert held
    assert "kumquat" in str(held.comments)


def test_without_the_file_nothing_is_saved(folder: Path) -> None:
    hide(folder, *CASES["commenter"][0])
    redaction_store.redaction_store_path(folder / "archive.db").unlink()
    with pytest.raises(Exception, match=r"hidden\.db .* has gone"):
        crawl(folder / "archive.db", day=4)
    assert written(folder / "archive.db", OF_NAME) == set()


def test_wrong_questions_are_told_and_nothing_is_hidden_by_half(folder: Path) -> None:
    def refused(*words: str) -> str:
        command = ["--config", str(folder / "backissue.toml"), "redact", "--yes", *words]
        done = CliRunner().invoke(main, command, prog_name="backissue")
        assert done.exit_code in (1, 2)
        return done.output

    before = state(folder / "archive.db")
    assert "--reason" in refused("article", "1")
    assert "no article 99" in refused("article", "1", "99", "--reason", "x")
    assert "is neither a number nor the URL of a comment" in refused("comment", "eleven", "--reason", "x")
    assert "did you mean “Barnaby Thrupp”?" in refused("commenter", "barnaby thrupp", "--reason", "x")
    assert state(folder / "archive.db") == before
    hide(folder, *CASES["commenter"][0])
    assert "already hidden" in refused(*CASES["commenter"][0], "--reason", "x")
    hide(folder, *CASES["article"][0])
    assert "already hidden" in refused("article", "1", "--reason", "x")
    listed = json.loads(program(folder, "redact", "--list", "--json").stdout)
    assert [(each["kind"], each["item"], each["name"]) for each in listed] == [
        ("commenter", None, "Barnaby Thrupp"),
        ("article", 1, None),
    ]
    assert "Barnaby Thrupp" in program(folder, "redact", "--list").output


SITES_NUMBER = f"{URL}#comment-11"


def test_redact_shows_whose_words_and_hides_nothing_unasked(folder: Path) -> None:
    """Without a terminal and without --yes nobody has said that these words are meant."""
    before = state(folder / "archive.db")
    dry = program(folder, "redact", "comment", SITES_NUMBER, "--dry-run")
    for word in ("Barnaby Thrupp", "2026-03-01", "I saw the kumquat wagon", "Comment 1 "):
        assert word in dry.stdout
    command = ["--config", str(folder / "backissue.toml"), "redact", "comment", SITES_NUMBER, "--reason", "x"]
    refused = CliRunner().invoke(main, command, prog_name="backissue")
    assert (refused.exit_code, "--yes" in refused.stderr, "--dry-run" in refused.stderr) == (1, True, True)
    assert "Barnaby Thrupp" in refused.stderr
    assert state(folder / "archive.db") == before


@pytest.mark.parametrize(
    ("kind", "url", "number"),
    [
        ("article", URL, 1),
        ("article", URL.replace("https", "http"), 1),
        ("article", URL.rstrip("/") + "?utm_source=mail", 1),
        ("comment", SITES_NUMBER, 1),
        ("comment", f"{URL}comment-page-2/#comment-12", 2),
        ("comment", "http://127.0.0.1:8001/article/1#comment-2", 2),
        ("comment", "http://localhost:8001/comment/2", 2),
        ("article", "http://127.0.0.1:8001/article/1", 1),
    ],
)
def test_an_address_leads_to_its_item_by_the_sites_number(
    folder: Path, kind: str, url: str, number: int
) -> None:
    done = program(folder, "redact", kind, url, "--yes", "--reason", "x", "--json")
    assert [(each["kind"], each["item"]) for each in json.loads(done.stdout)] == [(kind, number)]


@pytest.mark.parametrize(
    ("kind", "url", "number"),
    [
        ("article", "https://news.example.org/base/article/1", 1),
        ("article", "http://archive.lan:8001/article/1/as-of?at=2030-01-01", 1),
        ("article", "http://archive.lan/archive/articles/1.json", 1),
        ("comment", "http://192.168.0.7:8001/article/1?page=2#comment-2", 2),
        ("comment", "https://news.example.org/comment/2/versions", 2),
    ],
)
def test_own_page_on_another_host_is_shown_and_meant(folder: Path, kind: str, url: str, number: int) -> None:
    """Where the archive is published is not known: without a question nothing is hidden by such a URL."""
    dry = program(folder, "redact", kind, url, "--dry-run")
    assert f"{kind.capitalize()} {number} by " in dry.stdout
    assert program(folder, "show", url).stdout


@pytest.mark.parametrize(
    ("kind", "url", "said"),
    [
        ("article", SITES_NUMBER, "is the URL of a comment"),
        ("comment", URL, "is the URL of an article"),
        ("comment", f"{URL}#comment-99", "has nothing from"),
        ("article", "https://other.example/article/1", "whether other.example publishes this archive"),
        ("article", f"{URL}x/article/1", "has nothing from"),
        ("coment", "1", "did you mean “comment”?"),
    ],
)
def test_an_address_of_another_kind_hides_nothing(folder: Path, kind: str, url: str, said: str) -> None:
    before = state(folder / "archive.db")
    command = ["--config", str(folder / "backissue.toml"), "redact", kind, url, "--yes", "--reason", "x"]
    done = CliRunner().invoke(main, command, prog_name="backissue")
    assert (done.exit_code in (1, 2), said in done.stderr) == (True, True), done.output
    assert state(folder / "archive.db") == before


def test_what_search_and_show_print_is_what_redact_takes(folder: Path) -> None:
    """Once `search` printed the article's number before a comment, and a stranger's words were hidden."""
    found = program(folder, "search", "kumquat", "--in", "comments").stdout
    number = re.match(r"comment (\d+) ", found)[1]
    assert "under" in found
    shown = program(folder, "show", "comment", number).stdout
    assert f"→ comment {number} · Barnaby Thrupp" in shown
    line = json.loads(program(folder, "show", "1", "--json").stdout)
    assert int(number) in [comment["number"] for comment in line["comments"]]
    done = program(folder, "redact", "comment", number, "--dry-run")
    assert "kumquat" in done.stdout


def test_a_real_crawl_leaves_hidden_pages_alone_and_brings_nothing_back(tmp_path: Path) -> None:
    with SampleSite(articles=8, comments=60) as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        sql = "SELECT article_id, id, author, text FROM comments WHERE kind = 'comment' AND length(text) > 40"
        comment, *_ = crawls.rows(f"{sql} AND author IS NOT NULL ORDER BY id")
        [article] = crawls.rows("SELECT * FROM articles WHERE id != ? LIMIT 1", comment["article_id"])
        for kind, item in (
            ("article", article["id"]),
            ("commenter", comment["author"]),
            ("comment", comment["id"]),
        ):
            done = crawls.program("redact", kind, str(item), "--yes", "--reason", "Asked")
            assert done.returncode == 0, done.stderr
        asked = len(site.requests)
        crawls.crawl()
        crawls.program("verify")
        addresses = {request.target for request in site.requests[asked:]}
        assert str(article["url"]).removeprefix(site.url) not in addresses
        held = crawls.path.read_bytes()
        for secret in (article["title"], article["url"], comment["text"]):
            assert str(secret).encode() not in held, secret
        authors = crawls.rows("SELECT 1 FROM comments WHERE author = ?", comment["author"])
        assert authors == []
        lacking = "reason NOT IN ('protected', 'not shown') AND ended_at IS NULL"
        assert crawls.rows(f"SELECT 1 FROM coverage_gaps WHERE {lacking}") == []
        for number in "123":
            assert crawls.program("unredact", number).returncode == 0
        crawls.crawl()
        assert crawls.rows("SELECT title, url FROM articles WHERE id = ?", article["id"]) == [
            {"title": article["title"], "url": article["url"]}
        ]
