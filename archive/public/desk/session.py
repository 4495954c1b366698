"""Who reads: the reader behind a cookie, and how often and from where a reader may write.

There are no accounts. The operator makes a key for each reader; the reader's browser sends it in a cookie
that no script can read. With it comes an actor for Datasette, so that `"allow": {"reader": "*"}` in the
metadata opens an archive, a table or a query to readers alone. It knows nothing of what a desk has on it.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from datasette.utils.asgi import Forbidden, NotFound

from archive.core.errors import ArchiveError
from archive.files.desk_records import DeskReader
from archive.files.desk_store import Desk, desk_path
from archive.public.served_archives import room_of

COOKIE = "backissue_desk"
COOKIE_SECONDS = 365 * 24 * 3600
WRITES_A_MINUTE = 120
WRITER_PATIENCE_SECONDS = 5.0
_LONGEST_KEY = 200
_NOBODY = "backissue_reader"
_TROUBLE = "backissue_desk_trouble"

T = TypeVar("T")
P = ParamSpec("P")
_log = logging.getLogger(__name__)
_meters: WeakKeyDictionary[Any, dict[int, deque[float]]] = WeakKeyDictionary()


class TooManyError(ArchiveError):
    """A reader has written more often than a desk takes."""


def is_open(datasette: Any) -> bool:
    """True if the operator has opened the desks of the archive that is served."""
    return room_of(datasette).desks_open


def desk_file(datasette: Any) -> Path:
    """Return the path of desk.db. Raises NotFound where the desks are not open."""
    name = room_of(datasette).main
    path = None if name is None else datasette.get_database(name).path
    if path is None or not is_open(datasette):
        raise NotFound("There are no desks of readers in this archive.")
    return desk_path(Path(path))


async def read_desk(
    datasette: Any, work: Callable[Concatenate[Desk, P], T], /, *args: P.args, **options: P.kwargs
) -> T:
    """Run `work` on a desk that is open for reading. Raises ArchiveError, sqlite3.Error, NotFound."""
    path = desk_file(datasette)

    def reading() -> T:
        with Desk.open_to_read(path) as desk:
            return work(desk, *args, **options)

    return await asyncio.to_thread(reading)


async def write_desk(
    datasette: Any,
    reader: DeskReader,
    work: Callable[Concatenate[Desk, P], T],
    /,
    *args: P.args,
    **options: P.kwargs,
) -> T:
    """Run `work` on a desk that is open for writing. Raises ArchiveError where it cannot be written."""
    path = desk_file(datasette)
    _meter(datasette, reader.id, time.monotonic())

    def writing() -> T:
        with Desk.open(path, patience=WRITER_PATIENCE_SECONDS) as desk:
            return work(desk, *args, **options)

    return await asyncio.to_thread(writing)


async def reader_of(datasette: Any, request: Any) -> DeskReader | None:
    """Return the reader who asks, or None."""
    if _NOBODY not in request.scope:
        request.scope[_NOBODY] = await _reader_of_cookie(datasette, request)
    found: DeskReader | None = request.scope[_NOBODY]
    return found


def trouble_of(request: Any) -> str:
    """Return why the desks could not be opened for a reader, "" for no trouble."""
    return str(request.scope.get(_TROUBLE, ""))


async def actor_of(datasette: Any, request: Any) -> dict[str, Any] | None:
    """Return the reader as an actor of Datasette, or None; never one that Datasette takes for its root."""
    reader = await reader_of(datasette, request)
    if reader is None:
        return None
    return {"id": f"reader:{reader.name}", "name": reader.name, "reader": reader.name}


async def reader_of_key(datasette: Any, key: str) -> DeskReader | None:
    """Return the reader of a key, or None. Raises ArchiveError, sqlite3.Error."""
    if not key or len(key) > _LONGEST_KEY:
        return None
    return await read_desk(datasette, Desk.reader_of_key, key)


def cookie_header(datasette: Any, request: Any, key: str) -> dict[str, str]:
    """Return the headers that set the cookie; with "" they remove it."""
    base = str(datasette.setting("base_url"))
    parts = [f"{COOKIE}={key}", f"Path={base}", f"Max-Age={COOKIE_SECONDS if key else 0}"]
    parts += ["HttpOnly", "SameSite=Lax"]
    if _is_secure(datasette, request):
        parts.append("Secure")
    return {"set-cookie": "; ".join(parts)}


def must_be_from_here(request: Any) -> None:
    """Raise Forbidden unless a form was sent by a page of ours.

    Datasette compares the token of a form with its cookie, but only where there is a cookie at all.
    """
    site = request.headers.get("sec-fetch-site", "")
    origin = urlsplit(request.headers.get("origin", "")).netloc
    if site != "same-origin" and (site or not origin or origin != request.host):
        raise Forbidden("This form was not sent by a page of this archive, so nothing was changed.")


async def _reader_of_cookie(datasette: Any, request: Any) -> DeskReader | None:
    key = request.cookies.get(COOKIE, "")
    if not key or not is_open(datasette):
        return None
    try:
        return await reader_of_key(datasette, key)
    except (ArchiveError, sqlite3.Error) as error:
        _log.warning("A reader's key could not be compared: %s", error)
        request.scope[_TROUBLE] = f"The desks cannot be opened now: {error}. What is on them is not changed."
        return None


def _is_secure(datasette: Any, request: Any) -> bool:
    is_forwarded = request.headers.get("x-forwarded-proto", "") == "https"
    return bool(request.scheme == "https" or is_forwarded or datasette.setting("force_https_urls"))


def _meter(datasette: Any, reader_id: int, now: float) -> None:
    """Count a write. Raises TooManyError."""
    times = _meters.setdefault(datasette, defaultdict(deque))[reader_id]
    while times and times[0] < now - 60:
        times.popleft()
    if len(times) >= WRITES_A_MINUTE:
        raise TooManyError(
            "This desk was changed very often within a minute, so this change was not kept.",
            hint="Wait a minute, and save again.",
        )
    times.append(now)
