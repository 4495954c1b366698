"""The messages between the server and the processes that run readers' SQL: jobs, replies, and their frames.

Does not: run anything. Invariant: the server unpickles nothing; a reply contains plain values alone
(marshal), since a process that ran a reader's statement is not trusted as the server is.
"""

from __future__ import annotations

import marshal
import pickle
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_REPLY_BYTES = 64 * 2**20
"""A longer reply is refused: the process behind it is out of order (an answer has at most 20 MB of text)."""

MORE = b"more"
"""What the server sends for each further portion of a download."""

START, END = b"S", b"K"
"""What the server asks of the template: a worker on the socket sent along, or the end of a worker."""

PID = struct.Struct("!q")
OUT_OF_MEMORY = "SQLITE_NOMEM"

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Database of a job, as named in Datasette."""

    name: str
    path: str | None
    is_mutable: bool
    is_memory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One statement. `rest` follows where the first brings fewer than `page_rows`; it ends with `limit`.

    Without `most_rows` all rows are read; `portion_rows` above 0 makes it a download, sent in portions of at
    most that many rows, and `further` are statements whose rows follow. `labels` has, by index of a column,
    the statement that gives a value's label. With `as_csv` a portion without blobs is sent as lines of CSV.
    """

    place: Place
    sql: str
    params: Mapping[str, Any] | Sequence[Any]
    limit_ms: float
    most_rows: int | None = None
    rest: str | None = None
    page_rows: int = 0
    portion_rows: int = 0
    further: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    labels: Mapping[int, str] | None = None
    as_csv: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Reply with names of columns, and rows as tuples or as `lines` of CSV.

    `more` is True if rows were left.
    """

    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool
    lines: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Reply with the message of an error, and SQLite's own name for it, if any."""

    sentence: str
    code: str = ""


def pack_job(job: Job) -> bytes:
    """Return a job as bytes, for a process of ours."""
    return pickle.dumps(job)


def unpack_job(data: bytes) -> Job:
    """Return the job.

    Call it in a worker alone, on what the server sent.
    """
    job: Job = pickle.loads(data)  # noqa: S301  (from our own server, over a private socket)
    return job


def pack_reply(reply: Rows | Failure) -> bytes:
    """Return a reply as bytes."""
    if isinstance(reply, Failure):
        return marshal.dumps(("failure", reply.sentence, reply.code))
    return marshal.dumps(("rows", reply.names, reply.rows, reply.more, reply.lines))


def unpack_reply(data: bytes) -> Rows | Failure:
    """Return the reply. Raises ValueError for any other data."""
    kind, *values = marshal.loads(data)  # noqa: S302  (plain values alone; nothing is built or called)
    if kind == "failure":
        return Failure(sentence=str(values[0]), code=str(values[1]))
    names, rows, more, lines = values
    return Rows(names=tuple(names), rows=rows, more=bool(more), lines=str(lines))


def send(connection: socket.socket, data: bytes) -> None:
    """Send one frame."""
    connection.sendall(_LENGTH.pack(len(data)) + data)


def receive(connection: socket.socket, seconds: float | None = None) -> bytes:
    """Return the next frame.

    Raises EOFError where the other end is closed, TimeoutError after `seconds`.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    head = _exactly(connection, _LENGTH.size, deadline)
    (length,) = _LENGTH.unpack(head)
    if length > MOST_REPLY_BYTES:
        raise EOFError("the frame is longer than any")
    return _exactly(connection, length, deadline)


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
        wanted = min(length - len(parts), 2**20)
        part = connection.recv(wanted)
        if not part:
            raise EOFError("the other end is gone")
        parts += part
    return bytes(parts)
