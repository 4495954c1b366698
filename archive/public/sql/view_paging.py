"""Pages of our views at any depth: found by the ids of a table, since a view has no key of its own.

Datasette 0.65 asks for a later page of a view by an offset, for which SQLite reads all rows before it. Most
rows of our views are one for each row of a table, in the order of its ids; their place is found in an index.
The few others follow. Does not: touch a page that is filtered or sorted.
"""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from archive.public.sql.paging import SQL_COLUMNS, SQL_NAME, Paged

_PAGE = re.compile(
    rf"select (?P<columns>{SQL_COLUMNS}) from (?P<view>{SQL_NAME})"
    r"\s+limit (?P<limit>\d+)(?: offset (?P<offset>\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewKey:
    """How the first part of a view follows from a table.

    It has one row for each row of `table`, whose id is in `column`, but those in `left_out`, a SELECT of ids.
    """

    column: str
    table: str
    left_out: str = ""


_COUNT = re.compile(rf"select count\(\*\) from (?P<view>{SQL_NAME})\s*")
_GONE_ARTICLES = (
    "SELECT article_id FROM events WHERE comment_id IS NULL AND kind IN ('removed', 'redirected')"
)
_GONE_COMMENTS = "SELECT comment_id FROM events WHERE comment_id IS NOT NULL AND kind = 'removed'"
VIEW_KEYS: Mapping[str, ViewKey] = {
    "comments_in_context": ViewKey(column="comment_id", table="comments"),
    "comment_shown": ViewKey(column="comment_id", table="comments"),
    "comment_states": ViewKey(column="comment_id", table="comments", left_out=_GONE_COMMENTS),
    "article_shown": ViewKey(column="article_id", table="articles"),
    "article_states": ViewKey(column="article_id", table="articles", left_out=_GONE_ARTICLES),
}


def view_of_page(sql: str) -> str | None:
    """Return the view of ours of which a statement gives a page or the count, as it stands; else None."""
    found = _PAGE.fullmatch(sql) or _COUNT.fullmatch(sql)
    name = found["view"].strip('[]"') if found else ""
    if name not in VIEW_KEYS:
        return None
    return name


@dataclass(frozen=True, slots=True)
class PagePlace:
    """How many rows the first part of a view has, and the id with which a page begins.

    The id is None where the page begins later.
    """

    rows: int
    first_id: int | None


def place_of_page(connection: sqlite3.Connection, sql: str) -> PagePlace:
    """Return the place of a page of a view of ours.

    Ids are counted in an index; as many more as were left out before are then passed over, until none is new.
    """
    found = _PAGE.fullmatch(sql)
    offset = int(found["offset"] or 0) if found else 0
    key = VIEW_KEYS[str(view_of_page(sql))]
    left_out: list[int] = []
    if key.left_out:
        ids = f"SELECT id FROM {key.table} WHERE id IN ({key.left_out}) ORDER BY id"
        left_out = [row[0] for row in connection.execute(ids)]
    [count] = connection.execute(f"SELECT count(*) FROM {key.table}").fetchone()
    rows = int(count) - len(left_out)
    if offset >= rows:
        return PagePlace(rows, None)
    passed = 0
    while True:
        at = f"SELECT id FROM {key.table} ORDER BY id LIMIT 1 OFFSET {offset + passed}"
        first_id = int(connection.execute(at).fetchone()[0])
        before = bisect_right(left_out, first_id)
        if before == passed:
            return PagePlace(rows, first_id)
        passed = before


def page_of_view(sql: str, definition: str, place: PagePlace) -> Paged:
    """Return what gives the rows of a page of a view, or their count.

    `definition` is the view's own SQL.
    """
    found = _PAGE.fullmatch(sql)
    view = view_of_page(sql)
    first, *others = _parts(definition)
    named = f"SELECT * FROM ({first}) WHERE 0"  # a compound has the column names of its first part
    tail = f"({' UNION ALL '.join([named, *others])})"
    if view is None or found is None:
        return Paged(f"select {place.rows} + count(*) from {tail}")
    column = VIEW_KEYS[view].column
    limit = int(found["limit"])
    offset = int(found["offset"] or 0)
    start = f"select {found['columns']} from"
    if place.first_id is None:
        skipped = offset - place.rows
        return Paged(f"{start} {tail} limit {limit} offset {skipped}")
    head = f"{start} ({first}) where {column} >= {place.first_id} order by {column} limit {limit}"
    return Paged(head, f"{start} {tail} limit", limit)


def _parts(definition: str) -> list[str]:
    """Return the SELECTs of a view."""
    statement = definition.partition(";")[0]
    body = re.split(r"\bAS\b", statement, maxsplit=1)[1]
    return [part.strip() for part in re.split(r"\bUNION ALL\b", body)]
