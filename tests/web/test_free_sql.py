"""Readers' SQL beside the pages: twenty abusive statements, their limits, and the end of the server under them.

The server is a real one. No duration is asserted: the pages must answer while the statements have no answer.
"""

# ruff: noqa: E501  (a statement reads better in one line)

from __future__ import annotations

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from archive.operations import serve
from archive.public.sql import lifespan, pool, process, stock
from archive.public.sql.jobs import Failure, Job, Place, Rows
from archive.queries.health import LONGEST_LOG_BYTES
from tests.builders import fixtures_archive as made
from tests.builders.patience import PATIENCE, free_port, until
from tests.builders.room_server import ROOT, Room

ONE_OPCODE = {
    "instr": "select instr(hex(zeroblob(2400000)), hex(zeroblob(1200000)) || '1')",
    "glob": "select count(*) from comments where hex(zeroblob(2400000)) glob '*' || hex(zeroblob(450)) || '1'",
    "like": "select count(*) from comments where hex(zeroblob(2400000)) like '%' || hex(zeroblob(450)) || '1'",
    "printf": "select sum(length(printf('%.*c', 4900000, 'x'))) from comments a, comments b",
    "replace": "select sum(length(replace(hex(zeroblob(1200000 + a.id)), '0', 'ab'))) from comments a, comments b",
    "group_concat": "select sum(length((select group_concat(hex(zeroblob(500))) from comments))) from comments",
    "randomblob": "select sum(length(randomblob(4000000))) from comments a, comments b",
    "recursion": "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
    "sort": "select a.text from comments a, comments b order by a.text || b.text limit 1",
    "trim": "select sum(length(trim(hex(zeroblob(2000000)), '0'))) from comments a, comments b",
}
DOORS = (
    "/news.json?sql={}",
    "/news?sql={}",
    "/-/results.csv?sql={}",
    "/news.csv?_stream=on&sql={}",
    "/news/comments.json?_where=id+in+({})",
)
OURS = ("/", "/search?q=ferry", "/article/1", "/-/metrics", "/words?q=ferry", "/commenter?name=noor")


class Server:
    """A real server, with statements whose answers are waited for by threads."""

    def __init__(self, archive: Path, log: Path) -> None:
        self.port, self.log = free_port(), log
        self.outcomes: list[tuple[str, int, http.client.HTTPMessage | None]] = []
        command = serve.command(archive, port=self.port, settings={"sql_time_limit_ms": "600000"})
        with log.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )
        until(lambda: self.process.poll() is not None or self.status("/robots.txt") == 200, log.read_text)

    def ask(self, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def status(self, path: str) -> int:
        try:
            return self.ask(path)[0]
        except (OSError, http.client.HTTPException):
            return 0  # no answer, or a broken one

    def abuse(self, path: str) -> threading.Thread:
        def wait_for_it() -> None:
            try:
                status, headers, _ = self.ask(path)
                self.outcomes.append((path, status, headers))
            except (OSError, http.client.HTTPException):
                self.outcomes.append((path, 0, None))

        thread = threading.Thread(target=wait_for_it, daemon=True)
        thread.start()
        return thread

    def processes(self) -> set[int]:
        """The server and all that it has started."""
        found = set()
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] != "Z":
                found.add(int(entry.name))
        return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.build(tmp_path_factory.mktemp("abuse") / "news.db", count=5)


@contextmanager
def running(archive: Path, folder: Path) -> Iterator[Server]:
    server = Server(archive, folder / "server.log")
    try:
        assert server.process.poll() is None, server.log.read_text()
        yield server
    finally:
        server.process.kill()
        server.process.wait(PATIENCE)


@pytest.mark.skipif(not Path("/proc").exists(), reason="counts processes in /proc")
def test_abusive_statements_close_no_page_and_sigterm_ends_them(archive: Path, tmp_path: Path) -> None:
    """Twenty statements of ten kinds through five doors; every page of ours answers while they run or wait."""
    with running(archive, tmp_path) as server:
        threads = []
        for number in range(20):
            sql = list(ONE_OPCODE.values())[number % len(ONE_OPCODE)]
            threads.append(server.abuse(DOORS[number % len(DOORS)].format(quote(sql))))
        until(lambda: any(status == 503 for _, status, _ in server.outcomes), server.log.read_text)
        answered = {path: server.status(path) for path in OURS}
        health = server.status("/-/health")
        waiting = sum(thread.is_alive() for thread in threads)
        seen = [(path[:60], status) for path, status, _ in server.outcomes]
        assert set(answered.values()) == {200}
        assert health in (200, 503)
        assert waiting, seen
        refused = [headers for _, status, headers in server.outcomes if status == 503 and headers]
        assert all(headers["retry-after"] for headers in refused)
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(PATIENCE)
        for thread in threads:
            thread.join(PATIENCE)
        assert len(server.outcomes) == 20
        late = [path for path, status, _ in server.outcomes if status == 200]
        assert not late, (late, seen)
        until(lambda: not server.processes(), "every process of the server ends")


@pytest.mark.skipif(not Path("/proc").exists(), reason="counts processes in /proc")
def test_a_killed_server_leaves_no_process(archive: Path, tmp_path: Path) -> None:
    with running(archive, tmp_path) as server:
        server.abuse(f"/news?sql={quote(ONE_OPCODE['randomblob'])}")
        until(lambda: len(server.processes()) > 2, server.log.read_text)
        server.process.kill()
        until(lambda: not server.processes(), "template and workers see their server end")


# -- the limits, in this process --------------------------------------------------------------------


@pytest.fixture(scope="module")
def room(archive: Path) -> Room:
    return Room(archive)


@pytest.mark.parametrize("door", DOORS[:4])
@pytest.mark.parametrize(
    "sql",
    [
        "select hex(zeroblob(4000000))",
        "select 1 like '{}'".format("%" * 2000),
        "select {}1".format("1+" * 400),
        "select group_concat(hex(zeroblob(100000))) from comments",
        "select sum(length(x)) from (select group_concat(hex(zeroblob(900000 + id)) , '') over () as x from comments)",
    ],
)
def test_what_is_too_large_is_refused_by_every_door(room: Room, door: str, sql: str) -> None:
    answer = room.get(door.format(quote(sql)))
    assert answer.status_code == 400, answer.text[:300]


def test_an_answer_too_large_for_a_page_is_refused(room: Room) -> None:
    sql = quote("select hex(zeroblob(400000)) from comments limit 900")
    answer = room.get(f"/news.json?sql={sql}")
    assert answer.status_code == 400
    assert "larger than 20 MB" in answer.text


def test_a_table_page_with_a_foolish_condition_is_a_400(room: Room) -> None:
    assert room.get("/news/comments?_where=hex(zeroblob(4000000))>1").status_code == 400


def test_a_query_keeps_rows_names_and_values(room: Room) -> None:
    """What comes back from another process is what sqlite3 gives here: types, equal names, no rows."""
    sql = "select 1 as a, 'ä' as a, null as b, 1.5 as c, x'00ff' as d where :n = 'x'"
    rows = room.get(f"/news.json?sql={quote(sql)}&n=x").json()
    assert rows["columns"] == ["a", "a", "b", "c", "d"]
    assert rows["rows"] == [[1, "ä", None, 1.5, {"$base64": True, "encoded": "AP8="}]]
    assert room.get(f"/news.json?sql={quote(sql)}&n=y").json()["rows"] == []
    assert room.get("/news.json?sql=select+:none").json()["rows"] == [[""]]


def test_our_own_pages_need_no_worker(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(archive)
    monkeypatch.setattr(pool.Pool, "run", _never)
    for path in OURS:
        assert room.get(path).status_code == 200, path
    assert room.get("/-/health").status_code in (200, 503)


async def _never(*_: object) -> None:
    raise AssertionError("a page of ours waits for readers' SQL")


def test_a_full_queue_is_a_page_that_says_when_to_return(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(archive)
    assert room.get("/news?sql=select+1").status_code == 200
    monkeypatch.setattr(pool, "QUERIES", 0)
    monkeypatch.setattr(pool, "QUEUE", 0)
    page = room.get("/news?sql=select+1")
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "Too many queries are running" in page.text
    data = room.get("/news.json?sql=select+1")
    assert (data.status_code, data.json()["ok"]) == (503, False)
    monkeypatch.setattr(pool, "DOWNLOADS", 0)
    assert room.get("/news/comments.csv?_stream=on").status_code == 503
    assert room.get("/search.csv?q=ferry").status_code == 503
    assert room.get("/").status_code == 200


def test_a_late_worker_is_replaced(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One opcode that ends by itself after hours; the next statement gets another process."""
    monkeypatch.setattr(pool, "KILL_GRACE_SECONDS", 0.1)
    room = Room(archive, settings={"sql_time_limit_ms": 100})
    answer = room.get(f"/news.json?sql={quote(ONE_OPCODE['instr'])}")
    assert answer.status_code == 400
    assert "took too long" in answer.text
    unhurried = Room(archive)
    assert unhurried.get("/news.json?sql=select+7").json()["rows"] == [[7]]


def test_a_worker_that_dies_is_an_error_and_replaced(room: Room) -> None:
    assert room.get("/news.json?sql=select+1").status_code == 200
    workers = stock.pool_of(room.datasette)._idle
    assert workers
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    outcomes = [room.get("/news.json?sql=select+1").status_code for _ in range(len(workers) + 3)]
    assert outcomes[-1] == 200
    assert set(outcomes) <= {200, 400}


@pytest.mark.parametrize(
    ("failing", "said"),
    [("abs(-9223372036854775807 - 1)", "integer overflow"), ("zeroblob(6000000)", "too big")],
)
def test_a_statement_that_fails_in_its_second_portion_ends_its_download_alone(
    room: Room, failing: str, said: str
) -> None:
    """The failure is met while the first portion is sent; the process serves the next reader."""
    import asyncio

    counting = "with recursive n(i) as (select 1 union all select i + 1 from n limit 300) select i, {} from n"
    own = stock.pool_of(room.datasette)
    place = stock.place_of(room.datasette.get_database("news"))

    def job(cell: str) -> Job:
        sql = counting.format(cell)
        return Job(place=place, sql=sql, params={}, limit_ms=60_000, portion_rows=100, as_csv=True)

    async def lines_of(job: Job) -> list[str]:
        download = await own.open_download(job, "table")
        found = []
        try:
            while (portion := await download.portion()) is not None:
                found.append(portion.lines)
        finally:
            download.close()
        return found

    async def all_of() -> None:
        before = await own.run(Job(place=place, sql="select 1", params={}, limit_ms=60_000, most_rows=1))
        assert isinstance(before, Rows)
        workers = set(own._idle)
        with pytest.raises(pool.LostError, match=said):
            await lines_of(job(f"case i when 150 then {failing} end"))
        assert set(own._idle) == workers
        assert "".join(await lines_of(job("'x'"))) == "".join(f"{number},x\r\n" for number in range(1, 301))

    asyncio.run(all_of())


def test_a_blob_is_never_written_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be four times as large; from the first blob on, a portion is rows."""
    written: list[object] = []
    monkeypatch.setattr(process, "csv_line", lambda row: str(written.extend(row)))
    rows = [(1, "a"), (2, b"\0" * 9), (3, "b")]
    assert process._lines(iter(rows), 500) == (rows, "", False)
    assert written == [1, "a"]
    assert process._lines(iter([(1, b"\0" * (process.PORTION_BYTES + 1)), (2, b"")]), 500)[2], (
        "large ones end a portion"
    )


def test_a_download_holds_its_reader_to_its_pace(room: Room) -> None:
    """A stalled download is ended, and what follows is an error, never an end that looks whole."""
    import asyncio

    async def stalled() -> str:
        own = stock.pool_of(room.datasette)
        place = stock.place_of(room.datasette.get_database("news"))
        job = Job(place=place, sql="select * from comments", params={}, limit_ms=60_000, portion_rows=100)
        download = await own.open_download(job, "table")
        first = await download.portion()
        assert first is not None
        assert len(first.rows) == 100
        assert own.end_stalled_downloads(older_than_seconds=-1) == 1
        with pytest.raises(pool.LostError):
            await download.portion()
        return "cut"

    assert asyncio.run(stalled()) == "cut"


def test_old_downloads_end_while_the_log_is_large(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[object] = []
    monkeypatch.setattr(
        pool.Pool, "end_stalled_downloads", lambda _, seconds=None: ended.append(seconds) or 0
    )
    monkeypatch.setattr(lifespan, "log_bytes", lambda _: LONGEST_LOG_BYTES)
    lifespan.DownloadWatchdog(room.datasette).step()
    assert ended == [None]
    monkeypatch.setattr(lifespan, "log_bytes", lambda _: LONGEST_LOG_BYTES + 1)
    lifespan.DownloadWatchdog(room.datasette).step()
    assert ended == [None, None, lifespan.OLD_DOWNLOAD_SECONDS]


def test_another_database_beside_the_archive_is_bounded_too(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "aside.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO things VALUES (1, 'oar')")
    connection.close()
    room = Room(archive, other)
    assert json.loads(room.text("/aside/things.json?_shape=array")) == [{"id": 1, "name": "oar"}]
    answer = room.get(f"/aside.json?sql={quote('select length(hex(zeroblob(4000000)))')}")
    assert answer.status_code == 400


def test_replies_survive_the_way(room: Room) -> None:
    """Every kind of value, and a failure with its name."""
    from archive.public.sql.jobs import pack_job, pack_reply, unpack_job, unpack_reply

    rows = Rows(names=("a", "b"), rows=[(1, "ä\ud800"), (None, b"\x00"), (1.5, -(2**63))], more=True)
    assert unpack_reply(pack_reply(rows)) == rows
    failure = Failure(sentence="no such table: x", code="SQLITE_ERROR")
    assert unpack_reply(pack_reply(failure)) == failure
    place = Place(name="news", path=None, is_mutable=True, is_memory=True)
    job = Job(place=place, sql="select 1", params={"a": 1}, limit_ms=5)
    assert unpack_job(pack_job(job)) == job
