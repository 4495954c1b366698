"""What every page does: find the archive, ask whether it may be read, read it, and answer.

A page reads in one go, on one connection and from one state of the file, so that it fits together even
while the crawler writes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import NotFound, Response

from archive.public.headers import STRICT
from archive.public.served_archives import room_of

_SPAN = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
PATIENCE = 10
"""How many of Datasette's time limits a page of ours may take: it is bounded, but late on a busy machine."""
T = TypeVar("T")
Row = dict[str, Any]


class TooSlow(Exception):  # noqa: N818  (it is an answer, not a fault)
    """The question would have taken longer than a page may take."""


async def enter(datasette: Any, request: Any) -> str:
    """The name of the archive, once it is known that there is one and that this reader may see it.

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


async def read(datasette: Any, name: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run `work` on a read-only connection, on one state of the file. Raises TooSlow."""
    limit = PATIENCE * datasette.sql_time_limit_ms

    def within_limit(connection: sqlite3.Connection) -> T:
        connection.execute("BEGIN")
        try:
            with sqlite_timelimit(connection, limit):
                return work(connection)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":  # the words may be others
                raise TooSlow from error
            raise
        finally:
            connection.rollback()

    result: T = await datasette.get_database(name).execute_fn(within_limit)
    return result


def own_connection(datasette: Any, name: str) -> sqlite3.Connection:
    """A connection for one download: a long one must not keep a page's reader waiting."""
    database = datasette.get_database(name)
    connection: sqlite3.Connection = database.connect()
    datasette._prepare_connection(connection, name)
    return connection


async def show(datasette: Any, request: Any, template: str, context: Row, *, status: int = 200) -> Any:
    """Render one of our templates."""
    html = await datasette.render_template(f"backissue/{template}", context, request=request)
    return Response.html(html, status=status, headers={"content-security-policy": STRICT})


def absolute(datasette: Any, request: Any, path: str) -> str:
    """A path of ours with scheme and host."""
    return str(datasette.absolute_url(request, path))


def span_of(text: str | None) -> str:
    """A day, month or year as people give it in a query string ("2009-07-15", "2009"), or "" for none."""
    return text if text and _SPAN.fullmatch(text) else ""


def rows(connection: sqlite3.Connection, sql: str, *values: Any) -> list[Row]:
    """All rows of a query."""
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def one(connection: sqlite3.Connection, sql: str, *values: Any) -> Row | None:
    """The first row of a query, or None."""
    return next(iter(rows(connection, sql, *values)), None)


def number_of(text: str | None, *, least: int = 1, most: int = 10**9) -> int:
    """A number from a query string; what is none counts as `least`."""
    digits = text or ""
    return (
        min(max(int(digits), least), most)
        if digits.isascii() and digits.isdigit() and len(digits) < 12
        else least
    )
