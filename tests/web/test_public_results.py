"""Results taken away in the browser: all rows of a query, and a download that ends when its reader leaves."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from archive.public.sql.downloads import PORTION_ROWS
from tests.builders import fixtures_archive as made
from tests.builders.room_server import Room


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(made.build(tmp_path_factory.mktemp("results") / "news.db", count=2))


def results(room: Room, form: str, sql: str, **values: str) -> Any:
    more = "".join(f"&{name}={quote_plus(value)}" for name, value in values.items())
    return room.get(f"/-/results.{form}?sql={quote_plus(sql)}{more}")


def test_all_rows_of_a_query_come_as_csv_and_as_json(room: Room) -> None:
    sql = "select id, author, text from comments where kind = :kind"
    answer = results(room, "csv", sql, kind="comment")
    names, *lines = csv.reader(io.StringIO(answer.text, newline=""))
    objects = results(room, "json", sql, kind="comment").json()
    assert names == ["id", "author", "text"]
    assert len(lines) == len(objects) > 5000
    assert [line[0] for line in lines] == [str(each["id"]) for each in objects]
    name = r'attachment; filename="results-[a-z0-9-]+-\d{4}-\d\d-\d\d\.csv"'
    assert re.fullmatch(name, answer.headers["content-disposition"])


@pytest.mark.parametrize("count", [0, 1, PORTION_ROWS, PORTION_ROWS + 1])
def test_any_number_of_rows_is_well_formed(room: Room, count: int) -> None:
    sql = f"select id from comments limit {count}"
    assert len(results(room, "json", sql).json()) == count
    assert results(room, "csv", sql).text.count("\r\n") == count + 1


def test_a_spreadsheet_finds_no_formula_in_results_unless_raw_is_asked_for(room: Room) -> None:
    sql = "select '=1+1' as sum, x'00ff' as bytes"
    assert results(room, "csv", sql).text.splitlines()[1].startswith("'=1+1,")
    assert results(room, "csv", sql, raw="1").text.splitlines()[1].startswith("=1+1,")
    assert results(room, "json", sql).json() == [{"sum": "=1+1", "bytes": "00ff"}]


@pytest.mark.parametrize(
    "sql", ["", "delete from comments", "select nonsense", "select 1; select 2", "pragma table_list"]
)
def test_a_query_that_cannot_be_is_told(room: Room, sql: str) -> None:
    answer = results(room, "csv", sql)
    assert (answer.status_code, answer.text[:30]) == (400, "This query cannot be answered:")


def test_a_query_without_end_is_stopped(tmp_path: Path) -> None:
    room = Room(made.build(tmp_path / "news.db", count=1), settings={"sql_time_limit_ms": 200})
    sql = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    answer = results(room, "json", sql)
    assert (answer.status_code, "It took too long" in answer.text) == (400, True)


def test_who_may_run_no_sql_gets_no_results(tmp_path: Path) -> None:
    closed = Room(made.build(tmp_path / "news.db", count=1), settings={"default_allow_sql": False})
    assert results(closed, "csv", "select 1").status_code == 403


def test_the_page_of_a_query_leads_to_all_its_rows(room: Room) -> None:
    page = room.text("/news/answers_to?name=noor")
    assert "/-/results.csv?sql=select%20answer.author" in page
    assert "&amp;name=noor" in page


def test_a_download_ends_when_its_reader_leaves(room: Room) -> None:
    lines = asyncio.run(read_until(room, "/news/comments.csv", b"_stream=on", parts=3))
    assert 0 < lines < 2000, "of more than 5,000 rows"
    assert asyncio.run(read_until(room, "/news/comments.csv", b"_stream=on", parts=10**9)) > 5000


async def read_until(room: Room, path: str, query: bytes, *, parts: int) -> int:
    """How many lines of an answer the application sends to a reader that leaves after some parts."""
    left, sent, lines = asyncio.Event(), 0, 0

    async def receive() -> dict[str, Any]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        nonlocal sent, lines
        sent += 1
        lines += message.get("body", b"").count(b"\r\n")
        if sent >= parts:
            left.set()

    await room.datasette.invoke_startup()
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query}
    scope |= {"headers": [], "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1)}
    await room.datasette.app()(scope, receive, send)
    return lines
