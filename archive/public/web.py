"""Shared steps of each page: find the archive, check permission, query, respond.

A page is read at once, on one connection and from one state of the file, so that it fits together even while
the crawler writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlencode

from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import NotFound, Response

from archive.core.errors import ArchiveError
from archive.core.timestamps import from_text, is_span, last_day, to_text
from archive.files.desk_store import Desk
from archive.public.desk.session import is_open, read_desk, reader_of
from archive.public.headers import STRICT
from archive.public.served_archives import room_of
from archive.public.sql.pool import RETRY_AFTER_SECONDS

QUERY_WAIT_SECONDS = 10
"""How many of Datasette's time limits a page of ours may take: it is bounded, but late on a busy machine."""
_CROWDED = "Too many queries are running. Try again in a few seconds."
_SLOW = "This took too long and was stopped. Try again in a moment."
T = TypeVar("T")
P = ParamSpec("P")
Row = dict[str, Any]


class TooSlow(Exception):  # noqa: N818  (it is an answer, not a fault)
    """The question would have taken longer than a page may take."""


async def enter(datasette: Any, request: Any) -> str:
    """Return the name of the archive, after checking that it exists and that this reader may see it.

    Raises NotFound where no archive is served, Forbidden where it may not be read.
    """
    name = room_of(datasette).main
    if name is None:
        raise NotFound("No Backissue archive is served here.")
    tables = [("view-table", (name, table)) for table in ("articles", "comments")]
    for permission in tables:
        await datasette.ensure_permissions(
            request.actor, [permission, ("view-database", name), "view-instance"]
        )
    return name


async def read(
    datasette: Any,
    name: str,
    work: Callable[Concatenate[sqlite3.Connection, P], T],
    /,
    *args: P.args,
    **options: P.kwargs,
) -> T:
    """Run `work` on a read-only connection, on one state of the file.

    It is called with the connection, and with what is given after it. Raises TooSlow.
    """
    limit = QUERY_WAIT_SECONDS * datasette.sql_time_limit_ms

    def within_limit(connection: sqlite3.Connection) -> T:
        connection.execute("BEGIN")
        try:
            with sqlite_timelimit(connection, limit):
                return work(connection, *args, **options)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":  # the message may differ
                raise TooSlow from error
            raise
        finally:
            connection.rollback()

    result: T = await datasette.get_database(name).execute_fn(within_limit)
    return result


async def render_page(
    datasette: Any,
    request: Any,
    template: str,
    context: Row,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Render one of our templates, with what a reader's desk has of it."""
    ours, private = await _for_reader(datasette, request)
    html = await datasette.render_template(f"backissue/{template}", {**ours, **context}, request=request)
    given = {"content-security-policy": STRICT, **private, **(headers or {})}
    return Response.html(html, status=status, headers=given)


async def _for_reader(datasette: Any, request: Any) -> tuple[Row, dict[str, str]]:
    """Return what templates show of a reader's desk, and headers for such pages.

    A form names the page that sent it to this archive, and to no other place.
    """
    if not is_open(datasette):
        return {}, {}
    headers = {"referrer-policy": "same-origin"}
    reader = await reader_of(datasette, request)
    if reader is None:
        return {"desks_open": True}, headers
    kept: frozenset[str] = frozenset()
    with suppress(ArchiveError, sqlite3.Error):  # then buttons say Save, which adds nothing twice
        kept = await read_desk(datasette, Desk.kept_names, reader.id)
    back = datasette.urls.path(request.full_path.lstrip("/"))
    ours = {"desks_open": True, "reader": reader, "kept": kept, "back": str(back)}
    return ours, {**headers, "cache-control": "private, no-cache", "vary": "Cookie"}


async def busy(datasette: Any, request: Any, *, is_crowded: bool) -> Any:
    """Answer 503 with the time of the next try.

    With `is_crowded`, others' queries are the cause.
    """
    headers = {"retry-after": str(RETRY_AFTER_SECONDS), "cache-control": "no-store"}
    if request.path.endswith((".json", ".csv", ".atom")):
        error = _CROWDED if is_crowded else _SLOW
        return Response.json({"ok": False, "error": error, "status": 503}, status=503, headers=headers)
    return await render_page(
        datasette, request, "busy.html", {"is_crowded": is_crowded}, status=503, headers=headers
    )


def within(row: Row, path: str) -> str:
    """Return a path for an item of a row, with its archive's prefix if needed."""
    if row.get("archive"):
        return f"archives/{row['archive']}/{path}"
    return path


def page_link(
    datasette: Any,
    page: str,
    parameters: Mapping[str, Any] | Sequence[tuple[str, str]] = (),
    *,
    form: str = "",
) -> str:
    """Return the path of a page of ours with its parameters; of a file, by its `form` such as csv."""
    name = page
    if form:
        name = f"{page}.{form}"
    path = str(datasette.urls.path(name))
    if parameters:
        return f"{path}?{urlencode(parameters, errors='replace')}"
    return path


def site_url(datasette: Any, request: Any, path: str) -> str:
    """Return a path of ours with scheme and host."""
    return str(datasette.absolute_url(request, path))


def span_of(text: str | None) -> str:
    """Return a day, month or year ("2009-07-15", "2009"), "" for any other text."""
    if text and is_span(text):
        return text
    return ""


def moment_of(text: str | None) -> str | None:
    """Return a day, month or year, meaning its end, or an instant in ISO 8601; None for any other text."""
    if text and is_span(text):
        text = last_day(text)
    try:
        moment = from_text(text)
        if isinstance(moment, datetime):
            return to_text(moment)
    except ValueError:
        return None
    if moment is None:
        return None
    return f"{moment}T23:59:59Z"


def unread_dates(request: Any) -> list[str]:
    """Return what a reader typed as a date and no filter can read."""
    typed = [request.args.get(name) or "" for name in ("since", "until")]
    return [text for text in typed if text and not is_span(text)]


def rows(connection: sqlite3.Connection, sql: str, *values: Any) -> list[Row]:
    """Return all rows of a query."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def first_row(connection: sqlite3.Connection, sql: str, *values: Any) -> Row | None:
    """Return the first row of a query, if any."""
    return next(iter(rows(connection, sql, *values)), None)


def number_of(text: str | None, *, least: int = 1, most: int = 10**9) -> int:
    """Return a number from a query string.

    Text without a number counts as `least`.
    """
    digits = text or ""
    if digits.isascii() and digits.isdigit() and len(digits) < 12:
        return min(max(int(digits), least), most)
    return least
