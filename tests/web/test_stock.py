"""What Datasette 0.65 and sqlite-utils have that we replace, use or serve: each part by name, and their own tools.

Where a new version of Datasette lacks a part, the first tests here say which one; all of it is in
archive/public/sql/stock.py and csv_files.py.
"""

# ruff: noqa: E501  (a statement reads better in one line)

from __future__ import annotations

import asyncio
import csv
import inspect
import io
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import datasette.app
import datasette.database
import datasette.utils.internal_db
import pytest
from sqlite_utils import Database

from archive.public.served_archives import metadata_for
from archive.public.sql import paging, pool, stock, view_paging
from archive.public.sql.jobs import Failure
from archive.public.sql.view_paging import VIEW_KEYS
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room

TOOLS = ("articles", "comments", "article_versions", "comment_versions")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("stock") / "news.db", count=40)


@pytest.fixture(scope="module")
def room(path: Path) -> Room:
    return Room(path)


# -- the private parts of Datasette -----------------------------------------------------------------


def test_execute_has_the_signature_that_is_replaced(room: Room) -> None:
    assert inspect.signature(stock._originals["execute"]) == inspect.signature(stock.execute).replace(
        parameters=[
            each.replace(annotation=inspect.Parameter.empty)
            for each in inspect.signature(stock.execute).parameters.values()
        ],
        return_annotation=inspect.Signature.empty,
    )


@pytest.mark.parametrize("name", stock.INTROSPECTION)
def test_introspection_method_exists(name: str) -> None:
    assert inspect.iscoroutinefunction(getattr(datasette.database.Database, name))


def test_fixed_statements_are_those_of_datasette() -> None:
    sources = inspect.getsource(datasette.app) + inspect.getsource(datasette.utils.internal_db)
    text = "".join(sources.split()).replace('""', "")
    for sql in stock.FIXED:
        assert "".join(sql.split()) in text, sql


def test_a_datasette_has_the_arguments_that_are_handed_on(room: Room) -> None:
    arguments = stock.arguments_of(room.datasette)
    assert set(arguments) <= set(inspect.signature(datasette.app.Datasette.__init__).parameters)
    assert set(arguments) == {
        "files",
        "immutables",
        "metadata",
        "settings",
        "plugins_dir",
        "sqlite_extensions",
        "crossdb",
        "nolock",
    }


@pytest.mark.parametrize("sort", ["_sort=published", "_sort_desc=published"])
def test_every_sorted_page_is_recognised(room: Room, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new Datasette that writes its pages in other words is found here, and not by readers of large archives."""
    ran: list[str] = []
    run = pool.Pool.run

    async def noted(self: Any, job: Any) -> Any:
        ran.append(job.sql)
        return await run(self, job)

    monkeypatch.setattr(pool.Pool, "run", noted)
    page = room.get(f"/news/comments.json?{sort}&_size=100&_nofacet=1&_nocount=1").json()
    assert any(" >= '' " in sql or " is null " in sql for sql in ran), ran
    ran.clear()
    room.get(f"/news/comments.json?{sort}&_size=100&_nofacet=1&_nocount=1&_next={quote(page['next'])}")
    assert any("<= :p" in sql or ">= :p" in sql or "published is null and" in sql for sql in ran), ran


# -- pages and files of every table -----------------------------------------------------------------


def tables() -> dict[str, Any]:
    return dict(metadata_for(["news"])["databases"]["news"]["tables"])


def every_page(room: Room, table: str, query: str) -> list[tuple[Any, ...]]:
    """All rows that "Next page" leads to, from the first page to the last."""
    found: list[tuple[Any, ...]] = []
    after = ""
    while True:
        address = f"/news/{table}.json?_nofacet=1&_nocount=1&{query}"
        answer = room.get(address + (f"&_next={quote(after)}" if after else ""))
        assert answer.status_code == 200, answer.text[:300]
        data = answer.json()
        found += [tuple(row) for row in data["rows"]]
        after = data["next"] or ""
        if not after:
            return found


@pytest.fixture(scope="module")
def ties(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """An archive in which many rows have an equal sort value, or none."""
    file = made.build(tmp_path_factory.mktemp("ties") / "news.db", count=1)
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM comments WHERE id > 400")
        connection.execute("UPDATE comments SET published = '2009-07-0' || (id % 3 + 1)")
        connection.execute("UPDATE comments SET published = NULL WHERE id % 5 = 0")
    connection.close()
    return Room(file)


@pytest.mark.parametrize(
    "sort", ["_sort=published", "_sort_desc=published", "_sort_desc=id", "_sort=depth", ""]
)
def test_next_pages_bring_each_row_once(ties: Room, sort: str) -> None:
    """Datasette alone leaves rows out where a value is shared by more than a page."""
    rows = every_page(ties, "comments", f"{sort}&_size=13&_col=published")
    assert sorted(row[0] for row in rows) == list(range(1, 401))
    if sort.endswith("published"):
        shown = [row[-1] or "" for row in rows]
        assert shown == sorted(shown, reverse="desc" in sort)


def test_a_condition_holds_on_all_next_pages(ties: Room) -> None:
    rows = every_page(ties, "comments", "_size=7&_col=published&id__gt=100&_where=id+%25+2+%3D+0")
    assert [row[0] for row in sorted(rows)] == list(range(102, 401, 2))


@pytest.mark.parametrize("table", sorted(tables()))
def test_every_table_is_paged_and_streamed_to_its_end(room: Room, path: Path, table: str) -> None:
    with sqlite3.connect(path) as connection:
        count = connection.execute(f"select count(*) from {table}").fetchone()[0]
    answer = room.get(f"/news/{table}.csv?_stream=on&_size=max")
    assert answer.status_code == 200
    assert len(list(csv.reader(io.StringIO(answer.text)))) == count + 1
    assert len(every_page(room, table, "_size=max")) == count


@pytest.mark.parametrize(
    "table", [name for name, about in tables().items() if about.get("sort_desc") or about.get("sort")]
)
def test_the_default_sort_of_a_table_is_served_by_an_index(room: Room, path: Path, table: str) -> None:
    about = tables()[table]
    column, desc = about.get("sort_desc") or about["sort"], " desc" if about.get("sort_desc") else ""
    sql = f"select * from {table} order by {column}{desc} limit 51"

    async def statements() -> tuple[str, ...]:
        await room.datasette.invoke_startup()
        database = room.datasette.get_database("news")
        names = ", ".join(each.name for each in await database.table_column_details(table))
        return await stock.whole_of(database, sql.replace("*", names))

    connection = sqlite3.connect(path)
    first = max(asyncio.run(statements()), key=lambda each: ">=" in each)
    plan = " ".join(row[3] for row in connection.execute(f"explain query plan {first} limit 51"))
    after = f"select * from {table} where {column} <= '2015' and ({column} < '2015' or rowid > 5) order by {column} desc limit 51"
    later = " ".join(row[3] for row in connection.execute(f"explain query plan {after}"))
    connection.close()
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan
    assert "SEARCH" in later, later


def test_labels_and_columns_of_a_stream_are_those_of_a_page(room: Room) -> None:
    query = "_labels=on&_col=article_id&_col=author&id__lt=20"
    page = room.text(f"/news/comments.csv?{query}&_size=100")
    stream = room.text(f"/news/comments.csv?_stream=on&{query}")
    assert stream == page
    assert stream.startswith("id,article_id,article_id_label,author")
    headers = room.get(f"/news/comments.csv?_stream=on&{query}&_dl=on").headers
    assert re.search(r'"comments-[a-z0-9-]*\d{4}-\d\d-\d\d\.csv"$', headers["content-disposition"])


@pytest.mark.parametrize("table", ["comments", "articles", "comments_in_context", "article_states", "tags"])
def test_a_text_is_among_the_first_columns_of_its_page_and_no_column_is_lost(room: Room, table: str) -> None:
    columns = json.loads(room.text(f"/news/{table}.json?_size=1"))["columns"]
    page = room.text(f"/news/{table}?_size=1")
    shown = re.findall(r'<th [^>]*data-column="([^"]+)"', page)
    cells = re.findall(r'<td class="col-(\w+)', page)
    assert sorted(shown) == sorted(columns)
    assert cells == shown
    assert shown.index("text") < 5 if "text" in columns else shown == columns


def test_a_query_and_a_canned_query_stream_all_rows(room: Room) -> None:
    sql = "select id from comments where kind = :kind"
    text = room.text(f"/news.csv?_stream=on&sql={quote(sql)}&kind=comment")
    assert len(text.splitlines()) > 5000
    assert room.text("/news/answers_to.csv?_stream=on&name=noor") == room.text(
        "/news/answers_to.csv?name=noor"
    )


def test_a_blob_among_the_rows_of_a_stream_is_hexadecimal_digits(room: Room) -> None:
    """Its portion comes as rows, those before and after it as lines."""
    sql = "select id, case id when 700 then x'00ff' else 'a, b' end as cell from comments where id <= 1500 order by id"
    rows = list(csv.reader(io.StringIO(room.text(f"/news.csv?_stream=on&sql={quote(sql)}"))))
    expected = [[str(number), "00ff" if number == 700 else "a, b"] for number in range(1, 1501)]
    assert rows == [["id", "cell"], *expected]


@pytest.mark.parametrize(
    "address",
    [
        "/news/comments.csv?_stream=on&_where=nonsense",
        "/news.csv?_stream=on&sql=select+nonsense",
        "/news/comments.csv?_stream=on&_sort=nonsense",
    ],
)
def test_a_stream_that_cannot_begin_is_an_error(room: Room, address: str) -> None:
    assert room.get(address).status_code >= 400


def test_a_stream_that_breaks_is_cut(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """No text of an error follows the rows, and the answer has no proper end."""
    portion, taken = pool.Download.portion, []

    async def breaks(self: Any) -> Any:
        taken.append(1)
        if len(taken) > 3:
            raise pool.LostError("it lost its way")
        return await portion(self)

    monkeypatch.setattr(pool.Download, "portion", breaks)
    sent: list[dict[str, Any]] = []

    async def ask() -> None:
        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await room.datasette.invoke_startup()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/news/comments.csv",
            "raw_path": b"/news/comments.csv",
        }
        scope |= {"query_string": b"_stream=on", "headers": [], "scheme": "http", "http_version": "1.1"}
        await room.datasette.app()({**scope, "client": ("127.0.0.1", 1)}, receive, send)

    asyncio.run(ask())
    body = b"".join(message.get("body", b"") for message in sent)
    assert sent[0]["status"] == 200
    assert b"lost its way" not in body
    assert sent[-1].get("more_body"), "the last part says that more would follow"


def test_temporary_tables_of_our_pages_are_no_attached_database(path: Path) -> None:
    room = Room(path)

    async def ask() -> str:
        await room.datasette.invoke_startup()
        database = room.datasette.get_database("news")
        await database.execute_fn(lambda connection: connection.execute("CREATE TEMP TABLE counted (term)"))
        return str((await room.datasette.client.get("/news")).text)

    page = asyncio.run(ask())
    assert "databases are attached" not in page
    assert 'class="guide"' in page


@pytest.mark.parametrize("view", VIEW_KEYS)
def test_pages_of_a_view_have_each_row_once_at_any_depth(path: Path, room: Room, view: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {view}")]
        ways = VIEW_KEYS[view]
        rows_of_head = connection.execute(f"SELECT count(*) FROM {ways.table}").fetchone()[0]
        rows_of_head -= len(connection.execute(ways.left_out).fetchall()) if ways.left_out else 0
    assert 0 < rows_of_head <= len(rows)
    size = max(7, len(rows) // 9)
    walked: list[dict[str, Any]] = []
    following: str | None = "0"
    while following is not None:
        page = room.get(f"/news/{view}.json?_size={size}&_shape=objects&_next={following}").json()
        assert page["filtered_table_rows_count"] == len(rows)
        walked += page["rows"]
        following = page["next"]
    key = VIEW_KEYS[view].column
    assert [row[key] for row in walked[:rows_of_head]] == sorted(row[key] for row in walked[:rows_of_head])
    assert sorted(map(repr, walked)) == sorted(map(repr, rows))


def test_filtered_and_sorted_pages_of_a_view_stay_as_they_are() -> None:
    assert view_paging.view_of_page("select comment_id from comment_shown  limit 51 offset 100")
    for sql in (
        "select comment_id from comment_shown where article_id = :p0 limit 51 offset 100",
        "select comment_id from comment_shown order by since limit 51",
        "select id from others limit 51 offset 100",
        "select count(*) from comment_shown where article_id = 1",
    ):
        assert view_paging.view_of_page(sql) is None


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/news/comment_shown?_next=abc", "_next=abc is not a page of comment_shown"),
        ("/news/article_states.json?_next=-3", "_next=-3 is not a page of article_states"),
        ("/news/comments?_sort=nosuch", "Cannot sort table by nosuch"),
        ("/news/comments.json?_sort_desc=nosuch", "Cannot sort table by nosuch"),
        ("/news/comments?_sort=id&_sort_desc=id", "Cannot use _sort and _sort_desc at the same time"),
    ],
)
def test_a_parameter_that_no_page_has_is_an_error_of_the_request(
    room: Room, address: str, sentence: str
) -> None:
    answer = room.get(address)
    assert answer.status_code == 400
    assert sentence in answer.text


# -- the statements ---------------------------------------------------------------------------------


def test_other_statements_stay_as_they_are() -> None:
    for sql in (
        "select author, count(*) as n from comments group by author order by n desc limit 10",
        "select id from comments order by published desc, id limit 5",
        "select 1",
        "select id from comments limit 11 offset 20",
    ):
        assert paging.seekable(sql) == paging.Paged(sql)
        assert paging.first_page(sql, "id", "''") == paging.Paged(sql)


def test_failures_are_errors_that_datasette_answers_with_400() -> None:
    assert isinstance(stock.error_of(Failure(sentence="x", code="SQLITE_ERROR")), sqlite3.OperationalError)
    interrupted = stock.error_of(Failure(sentence="interrupted", code="SQLITE_INTERRUPT"))
    assert isinstance(interrupted, datasette.database.QueryInterrupted)


# -- search by the tools themselves -----------------------------------------------------------------


@pytest.mark.parametrize("table", TOOLS)
def test_both_tools_find_the_full_text_index(path: Path, room: Room, table: str) -> None:
    assert Database(path)[table].detect_fts() == f"{table}_fts"
    assert 'name="_search"' in room.text(f"/news/{table}")


def test_stock_search_finds_only_what_matches(room: Room) -> None:
    everything = room.get("/news/comments.json?_size=0").json()["filtered_table_rows_count"]
    found = room.get("/news/comments.json?_search=ferry&_shape=objects&_size=5").json()
    own = room.get("/search.json?q=ferry&kind=comments").json()["counts"]["comments"]["count"]
    assert 0 < found["filtered_table_rows_count"] == own < everything


def utils(*arguments: str) -> str:
    command = [sys.executable, "-m", "sqlite_utils", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_sqlite_utils_searches_and_rebuilds(tmp_path: Path) -> None:
    file = str(made.build(tmp_path / "news.db", count=1))
    found = utils("search", file, "comments", "ferry", "-c", "id", "--csv", "--limit", "5")
    assert len(found.splitlines()) == 6
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO comments_fts(comments_fts) VALUES ('delete-all')")
    connection.close()
    assert utils("search", file, "comments", "ferry", "-c", "id", "--csv").split() == ["id"]
    utils("rebuild-fts", file, "comments")
    assert utils("search", file, "comments", "ferry", "-c", "id", "--csv", "--limit", "5") == found
    connection = sqlite3.connect(file)
    connection.execute("INSERT INTO comments_fts(comments_fts, rank) VALUES ('integrity-check', 1)")
    connection.close()


def test_an_old_archive_gets_the_declaration_and_keeps_its_states(tmp_path: Path) -> None:
    """The index itself is not touched, and the views of states have the same rows as before."""
    from archive.migrations import migrations
    from archive.storage.archive import Archive

    names = [each.name for each in migrations.pending(Database(memory=True))]
    file = tmp_path / "old.db"
    fill = made.Filler(file, schemas=names.index("m016_stock"))
    made.everyday(fill, 30)
    fill.finish()
    before = states(file)
    pages = (
        sqlite3.connect(file).execute("SELECT count(*), sum(length(block)) FROM comments_fts_data").fetchall()
    )
    Archive.open(file).close()
    assert states(file) == before
    assert before["comment_states"]
    connection = sqlite3.connect(file)
    assert (
        connection.execute("SELECT count(*), sum(length(block)) FROM comments_fts_data").fetchall() == pages
    )
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.execute("INSERT INTO comments_fts(comments_fts, rank) VALUES ('integrity-check', 1)")
    connection.close()
    assert Database(file)["comments"].detect_fts() == "comments_fts"


def states(file: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(file)
    try:
        return {
            view: sorted(map(repr, connection.execute(f"SELECT * FROM {view}")))
            for view in ("article_states", "comment_states")
        }
    finally:
        connection.close()
