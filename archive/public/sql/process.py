"""The processes that run readers' SQL: a template that has done the imports, and workers forked from it.

Does not: decide who may run what. Invariant: no worker outlives the template, no template its server;
each sees the socket of the one before it end.
"""

from __future__ import annotations

import os
import pickle
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from datasette.app import Datasette
from datasette.plugins import pm
from datasette.utils import sqlite_timelimit

import archive.public as plugin
from archive.core.formatting import csv_line
from archive.public.sql import stock
from archive.public.sql.jobs import (
    END,
    OUT_OF_MEMORY,
    PID,
    Failure,
    Job,
    Rows,
    pack_reply,
    receive,
    send,
    unpack_job,
)
from archive.public.sql.limits import MOST_ANSWER_BYTES, bound_connection, bound_cpu, bound_process

PORTION_BYTES = 2**20
GRACE_SECONDS = 2.0  # of CPU beyond a statement's time, before the kernel ends it
_SIZED = (str, bytes)
Row = tuple[Any, ...]
LABELS = 5000  # values whose labels are remembered in a download


class TooMuchError(sqlite3.DatabaseError):
    """An answer larger than any page may be."""


def run_template() -> None:
    """Be the template: fork workers, until the server has ended."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not pm.is_registered(plugin):
        pm.register(plugin, "backissue")
    workers: set[int] = set()
    try:
        _obey(control, workers)
    finally:
        for pid in workers:
            _end(pid)
        os._exit(0)  # at once: there is nothing to put in order


def _obey(control: socket.socket, workers: set[int]) -> None:
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 + PID.size, 1)
        if not message:
            return
        if message[:1] == END:
            (pid,) = PID.unpack(message[1:])
            if pid in workers:
                workers.discard(pid)
                _end(pid)
            control.sendall(PID.pack(pid))
            continue
        pid = os.fork()
        if not pid:
            control.close()
            _work(socket.socket(fileno=descriptors[0]))
        workers.add(pid)
        os.close(descriptors[0])
        control.sendall(PID.pack(pid))


def _end(pid: int) -> None:
    """Kill a worker and take its exit code.

    Until then its number is nobody else's.
    """
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _work(connection: socket.socket) -> None:
    """Be a worker: run jobs, until the server has ended.

    Does not return.
    """
    code = 1
    try:
        datasette = Datasette(**pickle.loads(receive(connection)))  # noqa: S301  (from our own server)
        bound_process()
        _run_all(connection, datasette)
        code = 0
    except (EOFError, OSError):
        code = 0  # the server has ended, or wants no more of this
    except MemoryError:
        code = 2
    finally:
        os._exit(code)


def _run_all(server: socket.socket, datasette: Any) -> None:
    open_ones: dict[Any, sqlite3.Connection] = {}
    while True:
        job = unpack_job(receive(server))
        bound_cpu(job.limit_ms / 1000 + GRACE_SECONDS)
        try:
            if job.place not in open_ones:
                open_ones[job.place] = _connect(datasette, job)
            connection = open_ones[job.place]
            if job.portion_rows:
                _run_download(server, connection, job)
            else:
                send(server, pack_reply(_run(connection, job)))
        except MemoryError:
            sentence = "it needs too much memory"
            failure = Failure(sentence=sentence, code=OUT_OF_MEMORY)
            send(server, pack_reply(failure))
            return
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, TypeError) as error:
            send(server, pack_reply(_failure(error)))


def _connect(datasette: Any, job: Job) -> sqlite3.Connection:
    """Return a connection as Datasette makes them, with its functions and those of plugins, and bounded."""
    connection: sqlite3.Connection = stock.open_for_datasette(datasette, job.place)
    connection.row_factory = None
    bound_connection(connection)
    return connection


def _failure(error: Exception) -> Failure:
    return Failure(sentence=str(error), code=getattr(error, "sqlite_errorname", "") or "")


def _run(connection: sqlite3.Connection, job: Job) -> Rows:
    """Return the whole answer of a page.

    Raises TooMuchError, and what SQLite raises.
    """
    with sqlite_timelimit(connection, job.limit_ms):
        cursor = connection.execute(job.sql, job.params)
        columns = cursor.description or ()
        names = tuple(column[0] for column in columns)
        rows, more, size = _take(cursor, job.most_rows, MOST_ANSWER_BYTES)
        if job.rest is not None and len(rows) < job.page_rows and not more:
            left = job.page_rows - len(rows)
            rest = connection.execute(f"{job.rest} {left:d}", job.params)
            last, more, last_size = _take(rest, left, MOST_ANSWER_BYTES)
            rows = rows + last
            size = size + last_size
        cursor.close()
    if size > MOST_ANSWER_BYTES:
        raise TooMuchError(
            f"the answer is larger than {MOST_ANSWER_BYTES // 10**6} MB; ask for fewer rows or columns"
        )
    return Rows(names=names, rows=rows, more=more)


def _take(rows: Iterator[Row], most: int | None, most_bytes: int) -> tuple[list[Row], bool, int]:
    """Return rows up to a number and a size.

    Also returned: whether more follow, and their size in characters and bytes.
    """
    found: list[Row] = []
    size = 0
    while most is None or len(found) < most:
        row = next(rows, None)
        if row is None:
            return found, False, size
        found.append(row)
        size += _size_of(row)
        if size > most_bytes:
            return found, True, size
    return found, most is not None and next(rows, None) is not None, size


def _size_of(row: Row) -> int:
    return sum(len(value) for value in row if isinstance(value, _SIZED))


def _run_download(server: socket.socket, connection: sqlite3.Connection, job: Job) -> None:
    """Send the rows of all statements in portions, each at the server's request.

    The next one is read meanwhile.
    """
    replies = _replies(connection, job)
    reply = next(replies)
    while reply.more:
        send(server, pack_reply(reply))
        try:
            reply = next(replies)
        finally:
            receive(server)  # the server requests more, or ends this process
    send(server, pack_reply(reply))


def _replies(connection: sqlite3.Connection, job: Job) -> Iterator[Rows]:
    """Yield the portions of all statements."""
    statements = [(job.sql, job.params), *job.further]
    label = _labeller(connection, job)
    portion_of = _lines if job.as_csv else _portion
    for number, (sql, params) in enumerate(statements, start=1):
        with sqlite_timelimit(connection, job.limit_ms):
            cursor = connection.execute(sql, params)
        columns = cursor.description or ()
        names = tuple(column[0] for column in columns)
        rows = map(label, cursor) if job.labels else cursor
        is_left = True
        while is_left:
            bound_cpu(job.limit_ms / 1000 + GRACE_SECONDS)
            with sqlite_timelimit(connection, job.limit_ms):
                found, lines, is_left = portion_of(rows, job.portion_rows)
            yield Rows(names=names, rows=found, lines=lines, more=is_left or number < len(statements))


def _portion(rows: Iterator[Row], most: int) -> tuple[list[Row], str, bool]:
    """Return rows up to a number and a size.

    Without reading ahead: more may be reported before an empty rest.
    """
    found = []
    size = 0
    for row in rows:
        found.append(row)
        size += _size_of(row)
        if len(found) == most or size > PORTION_BYTES:
            return found, "", True
    return found, "", False


def _lines(rows: Iterator[Row], most: int) -> tuple[list[Row], str, bool]:
    """Return the same as lines of CSV, or as rows if there is a blob among them."""
    found = []
    lines = []
    size = 0
    is_left = False
    has_blob = False
    for row in rows:
        found.append(row)
        has_blob = has_blob or bytes in map(type, row)
        if has_blob:  # as text, a blob would be four times as large
            size += _size_of(row)
        else:
            lines.append(csv_line(row))
            size += len(lines[-1])
        is_left = len(found) == most or size > PORTION_BYTES
        if is_left:
            break
    if has_blob:
        return found, "", is_left
    return [], "".join(lines), is_left


def _labeller(connection: sqlite3.Connection, job: Job) -> Any:
    """Return a function that puts the label of a foreign key behind it, as Datasette does in CSV."""
    labels = job.labels or {}

    @lru_cache(LABELS)
    def label_of(index: int, value: Any) -> Any:
        cursor = connection.execute(labels[index], [value])
        found = cursor.fetchone()
        if not found:
            return None
        return found[0]

    def labelled(row: Row) -> Row:
        cells: list[Any] = []
        for index, value in enumerate(row):
            cells.append(value)
            if index in labels:
                cells.append(label_of(index, value) if value is not None else None)
        return tuple(cells)

    return labelled


if __name__ == "__main__":
    run_template()
