"""How the room behaves beside Datasette: described data, limits, headers, and doing no harm."""

# ruff: noqa: E501  (invented text and addresses read better in one line)

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from archive.public.served_archives import metadata_for
from archive.public.web import read
from tests.builders import fixtures_archive as made
from tests.builders.patience import PATIENCE
from tests.builders.room_server import ROOT, Room

OURS = (
    "/",
    "/search?q=ferry",
    "/article/1",
    "/article/99999",
    "/changes",
    "/coverage",
    "/article/110/versions",
    "/author/1",
    "/tag/1",
    "/commenter?name=noor",
    "/words?q=ferry,library",
    "/sites",
    "/sites?host=ledger.example",
)
STOCK = (
    "/news",
    "/news/articles",
    "/news/articles/1",
    "/news?sql=select+1",
    "/news/most_discussed",
    "/-/data",
    "/-/plugins",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("manners") / "news.db", count=20)


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


def test_every_table_and_column_of_the_schema_is_described(path: Path) -> None:
    described = metadata_for(["news"])["databases"]["news"]["tables"]
    connection = sqlite3.connect(path)
    shadow = ("_fts", "_fts_data", "_fts_idx", "_fts_docsize", "_fts_config", "_fts_content")
    tables = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ]
    for table in tables:
        if table.endswith(shadow) or table.startswith("sqlite_") or "_substrings" in table:
            continue
        assert described[table]["title"], table
        assert described[table]["description"], table
        if not table.startswith("_"):
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            assert set(described[table]["columns"]) == columns, table
    connection.close()


def test_descriptions_hold_whatever_the_file_is_called(room: Room) -> None:
    page = room.text("/news/articles")
    assert "One row for each article, in its newest state." in page
    assert "sorted by published descending" in page
    assert "What the columns mean" in page


def test_every_canned_query_runs(room: Room) -> None:
    for name in metadata_for(["news"])["databases"]["news"]["queries"]:
        answer = room.get(f"/news/{name}.json?_shape=array&name=noor")
        assert answer.status_code == 200, name
        assert isinstance(answer.json(), list), name


def test_an_operator_may_rename_what_we_describe(path: Path) -> None:
    own = {"title": "Harbour papers", "databases": {"news": {"tables": {"articles": {"title": "Pieces"}}}}}
    room = Room(path, metadata=own)
    assert "<h1>Harbour papers</h1>" in room.text("/")
    assert "Pieces" in room.text("/news/articles")
    assert "Pieces" not in Room(path).text("/news/articles")


def test_bookkeeping_and_index_tables_are_hidden(room: Room) -> None:
    tables = room.get("/news.json").json()["tables"]
    shown = {table["name"] for table in tables if not table["hidden"]}
    assert {"articles", "comments", "runs", "problems"} <= shown
    assert not shown & {
        "articles_fts",
        "comments_fts_data",
        "crawl_state",
        "_sqlite_migrations",
        "article_tags",
    }


def test_a_whole_table_can_be_taken_away(room: Room) -> None:
    assert len(room.text("/news/comments.csv?_stream=on&_size=max").splitlines()) > 5000


@pytest.mark.parametrize(
    "address", [*OURS, *STOCK, "/news/articles.json", "/search.csv?q=ferry", "/robots.txt"]
)
def test_every_answer_has_the_headers(room: Room, address: str) -> None:
    headers = room.get(address).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe" in policy) == (address not in OURS), "only Datasette's own pages may style inline"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"


def test_an_operator_gives_plugins_a_policy_of_their_own(path: Path) -> None:
    """Ours stays as it is: readers' words are on our pages."""
    own = "default-src 'self' 'unsafe-eval'"
    room = Room(path, metadata={"plugins": {"backissue": {"stock_csp": own}}})
    assert room.get("/news/articles").headers["content-security-policy"] == own
    assert room.get("/").headers["content-security-policy"].startswith("default-src 'none';")


def test_rows_of_a_query_lead_to_articles_and_comments(room: Room) -> None:
    page = room.text("/news/most_discussed")
    assert re.search(r'<a href="/article/(\d+)">\1</a>', page)
    assert re.search(r'<a href="/article/\d+">[^<\d][^<]*</a>', page), "the title is a link too"
    sql = quote_plus("select id as comment_id, article_id, text as title from comments limit 3")
    assert '<a href="/comment/1">1</a>' in room.text(f"/news?sql={sql}")
    assert "/article/javascript" not in room.text("/news?sql=select+'javascript:x'+as+article_id")


@pytest.mark.parametrize("address", [*OURS, *STOCK[:5]])
def test_no_page_has_an_inline_script(room: Room, address: str) -> None:
    page = room.get(address).text
    assert "<script>" not in page
    data = page.count('<script type="application/ld+json">')
    loaded = page.count("<script src=") + page.count('<script type="module" src=')
    assert page.count("<script") == loaded + data


def test_search_engines_are_asked_to_stay_away(room: Room) -> None:
    answer = room.get("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /\n"
    assert room.get("/").headers["x-robots-tag"] == "noindex"


def test_a_base_path_is_in_every_link(path: Path) -> None:
    room = Room(path, settings={"base_url": "/papers/"})
    for address in (
        "/",
        "/search?q=ferry&kind=comments",
        f"/article/{made.CROWDED}?page=2",
        f"/article/{made.DEEP}",
        *OURS[4:],
        "/news",
        "/news/articles",
    ):
        page = room.text(address)
        for attribute in ('href="/', 'src="/', 'action="/'):
            for rest in page.split(attribute)[1:]:
                assert rest.startswith("papers/"), (address, rest[:60])
                assert not rest.startswith("papers/papers/"), (address, rest[:60])
    assert room.get("/comment/4000").headers["location"].startswith("/papers/article/")


@pytest.mark.parametrize(
    "sql", ["select length(hex(zeroblob(400000000)))", "select length(randomblob(300000000))"]
)
def test_one_huge_value_is_refused_at_once(room: Room, sql: str) -> None:
    answer = room.get(f"/news.json?sql={sql}")
    assert answer.status_code == 400
    assert "too big" in answer.text, "and not too slow"


def test_a_runaway_query_is_stopped_and_nothing_can_be_written(path: Path) -> None:
    room = Room(path, settings={"sql_time_limit_ms": 200})
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    assert "took too long" in room.get(f"/news.json?sql={quote_plus(endless)}").text
    for sql in (
        "delete from articles",
        "attach 'x.db' as x",
        "pragma user_version = 3",
        "select load_extension('x')",
        "select 1; select 2",
    ):
        assert room.get(f"/news.json?sql={quote_plus(sql)}").status_code == 400, sql


def test_the_internal_database_of_datasette_is_left_alone(room: Room) -> None:
    assert room.get("/-/databases.json").status_code == 200
    assert room.get("/-/permissions").status_code in (200, 403)


def test_an_archive_without_rows_says_so(tmp_path: Path) -> None:
    room = Room(made.empty(tmp_path / "archive.db"))
    assert "Nothing archived yet" in room.text("/")
    assert room.get("/search?q=ferry").status_code == 200
    assert room.get("/article/1").status_code == 404
    assert room.get("/search.csv").text.startswith("kind,id,")


def test_a_file_without_tables_says_so_and_opens_when_the_crawler_has_begun(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    sqlite3.connect(path).close()
    path.touch()
    room = Room(path)
    assert "Nothing archived yet" in room.text("/")
    assert room.get("/search?q=x").status_code == 404
    fill = made.Filler(path)
    fill.article(1, made.START, title="The first piece")
    fill.finish()
    time.sleep(1.1)
    assert "The first piece" in room.text("/")
    assert "What the columns mean" in room.text("/archive/articles")


def test_without_an_archive_datasette_is_as_ever(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT)")
    connection.execute("INSERT INTO articles VALUES (1, 'mine')")
    connection.commit()
    connection.close()
    room = Room(other)
    front = room.get("/")
    assert "<title>Datasette: other</title>" in front.text
    assert "content-security-policy" not in front.headers
    assert "DATASETTE_ALLOW_FACET = true" in room.text("/other/articles")
    assert "window.onload" in room.text("/other")
    for address in ("/search", "/article/1", "/robots.txt"):
        assert room.get(address).status_code == 404, address


def test_another_database_beside_the_archive_is_not_touched(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "aside.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE comments (id INTEGER PRIMARY KEY, text TEXT, published TEXT)")
    connection.execute("INSERT INTO comments VALUES (1, 'mine', '2020')")
    connection.commit()
    connection.close()
    room = Room(other, path)
    assert "Five thousand opinions" in room.text("/")
    assert 'href="/-/data">Data</a>' in room.text("/")
    assert "aside" in room.text("/-/data")
    page = room.text("/aside/comments")
    assert "boxed" not in page
    assert "What the columns mean" not in page


def test_pages_read_one_state_while_the_crawler_writes(tmp_path: Path) -> None:
    path = made.build(tmp_path / "live.db", count=5)
    room, stop = Room(path), threading.Event()

    def crawl() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
        number = 0
        while not stop.is_set():
            number += 1
            connection.execute("BEGIN IMMEDIATE")
            for part in range(20):
                connection.execute(
                    "INSERT INTO comments (article_id, source, key, kind, author, text, published, first_seen, changed_at)"
                    " VALUES (1, 'quayside', ?, 'comment', 'gull', 'a live ferry', '2027-01-01T00:00:00Z', ?, ?)",
                    [f"live:{number}:{part}", made.SEEN, made.SEEN],
                )
            connection.execute("COMMIT")
        connection.close()

    writer = threading.Thread(target=crawl)
    writer.start()
    try:
        counts: list[int] = []
        while len(counts) < 15 or counts[-1] == counts[0]:
            counts.append(room.get("/search.json?q=live&kind=comments").json()["counts"]["comments"]["count"])
            assert room.get("/").status_code == room.get("/article/1").status_code == 200
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(counts)
    assert not any(count % 20 for count in counts if count < 10_000)


@pytest.mark.parametrize("address", OURS)
def test_a_page_for_which_the_machine_is_too_busy_says_so(
    address: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.public.web.QUERY_WAIT_SECONDS", 0)
    answer = room.get(address)
    if answer.status_code == 503:
        assert "Please reload it in a moment" in answer.text
    else:
        assert answer.status_code == 200
        assert re.search("archive is busy|took too long and was stopped", answer.text)


@pytest.mark.parametrize("address", ["/article/99999", "/commenter?name=nobody", "/sites?host=no.example"])
def test_what_the_archive_does_not_have_is_looked_for_by_number_or_name(address: str, room: Room) -> None:
    answer = room.get(address)
    assert answer.status_code == 404
    assert "This archive has none under that number or name." in answer.text


def test_a_reader_without_permission_sees_nothing(path: Path) -> None:
    room = Room(path, metadata={"allow": {"id": "editor"}})
    for address in (*OURS[:3], "/search.json?q=ferry", "/search.csv?q=ferry", "/comment/1"):
        assert room.get(address).status_code == 403, address
    closed = Room(path, metadata={"databases": {"news": {"tables": {"comments": {"allow": False}}}}})
    assert closed.get("/search.json?q=ferry").status_code == 403


def test_the_settings_of_the_served_archive_are_those_that_are_started(path: Path) -> None:
    from archive.operations import serve

    command = serve.command(path, port=9, base_url="/papers/", settings={"max_csv_mb": "5"})
    assert command[-2:] == ["max_csv_mb", "5"] or command[command.index("max_csv_mb") :][:2] == [
        "max_csv_mb",
        "5",
    ]
    assert "-i" not in command
    assert serve.local_url(port=9, base_url="/papers/") == "http://127.0.0.1:9/papers"
    assert json.dumps(dict(serve.SETTINGS))


def test_one_page_is_read_from_one_state_of_the_file(tmp_path: Path) -> None:
    path = made.build(tmp_path / "one.db", count=2)
    room = Room(path)

    def twice(connection: sqlite3.Connection) -> list[int]:
        counts = [connection.execute("SELECT count(*) FROM articles").fetchone()[0]]
        with sqlite3.connect(path) as writer:
            writer.execute(
                "INSERT INTO articles (source, url, first_seen, changed_at) VALUES ('quayside', 'x', '', '')"
            )
        writer.close()
        return [*counts, connection.execute("SELECT count(*) FROM articles").fetchone()[0]]

    before, after = asyncio.run(read(room.datasette, "one", twice))
    assert before == after


def test_a_plain_datasette_serve_finds_our_pages_by_the_entry_point(path: Path, tmp_path: Path) -> None:
    """Stands in for an installed Backissue by its metadata alone; both are found once where it is installed."""
    info = tmp_path / "backissue-0.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: backissue\nVersion: 0.0.0\n")
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["datasette"]
    lines = [f"{name} = {module}" for name, module in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[datasette]", *lines]))
    asked = subprocess.run(
        [sys.executable, "-m", "datasette", "serve", str(path), "--get", "/search?q=ferry"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "The Quayside Courier" in asked.stdout
    assert re.search(r"/-/static-plugins/backissue/room\.css", asked.stdout)
