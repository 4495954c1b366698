"""Pages of our views at any depth: found by keys of their parts, since a view has no key of its own.

Datasette 0.65 asks for a later page of a view by an offset, for which SQLite reads all rows before it. A view
of ours is a UNION ALL of parts. The first one has a row for each row of a table, in the order of its ids. In
the next ones a row is found by its key in an index; only keys are counted for that. The last ones, for what
was shown again after a removal, are small and read by an offset. Does not: touch a page that is filtered or
sorted.
"""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.public.sql.paging import SQL_COLUMNS, SQL_NAME, Paged

_PAGE = re.compile(
    rf"select (?P<columns>{SQL_COLUMNS}) from (?P<view>{SQL_NAME})"
    r"\s+limit (?P<limit>\d+)(?: offset (?P<offset>\d+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewKey:
    """How the parts of a view are ordered.

    The first one has a row for each row of `table`, whose id is in `column`, but those in `left_out`, a
    SELECT of ids in their order. `keys` are the columns by which a row of each next part is found, as far as
    there are such.
    """

    column: str
    table: str
    left_out: str = ""
    keys: tuple[str, ...] = ()


_COUNT = re.compile(rf"select count\(\*\) from (?P<view>{SQL_NAME})\s*")
_GONE_ARTICLES = (
    "SELECT DISTINCT article_id FROM events WHERE comment_id IS NULL AND kind IN ('removed', 'redirected')"
    " ORDER BY article_id"
)
_GONE_COMMENTS = (
    "SELECT DISTINCT comment_id FROM events WHERE comment_id IS NOT NULL AND kind = 'removed'"
    " ORDER BY comment_id"
)
VIEW_KEYS: Mapping[str, ViewKey] = {
    "comments_in_context": ViewKey(column="comment_id", table="comments"),
    "comment_shown": ViewKey(column="comment_id", table="comments"),
    "comment_states": ViewKey(
        column="comment_id",
        table="comments",
        left_out=_GONE_COMMENTS,
        keys=("comment_id", *["comment_id, version"] * 2),
    ),
    "article_shown": ViewKey(column="article_id", table="articles"),
    "article_states": ViewKey(
        column="article_id",
        table="articles",
        left_out=_GONE_ARTICLES,
        keys=("article_id", *["article_id, version"] * 2),
    ),
}


def view_of_page(sql: str) -> str | None:
    """Return the view of ours of which a statement gives a page or the count, as it stands; else None."""
    found = _PAGE.fullmatch(sql) or _COUNT.fullmatch(sql)
    name = found["view"].strip('[]"') if found else ""
    if name not in VIEW_KEYS:
        return None
    return name


def page_of_view(connection: sqlite3.Connection, sql: str, definition: str) -> Paged:
    """Return what gives the rows of a page of a view, or their count.

    `definition` is the view's own SQL.
    """
    found, key = _PAGE.fullmatch(sql), VIEW_KEYS[str(view_of_page(sql))]
    first, *others = _parts(definition)
    left_out = [row[0] for row in connection.execute(key.left_out)] if key.left_out else []
    rows = _number(connection, f"SELECT count(*) FROM {key.table}") - len(left_out)
    tail = [_Part(select, columns) for select, columns in zip(others, key.keys, strict=False)]
    rest = _union(first, others[len(tail) :])
    if found is None:
        counted = rows + sum(part.rows(connection) for part in tail)
        return Paged(f"select {counted} + count(*) from {rest}")
    limit, offset = int(found["limit"]), int(found["offset"] or 0)
    start = f"select {found['columns']} from"
    if offset < rows:
        first_id = _id_at(connection, key.table, offset, rows, left_out)
        head = f"{start} ({first}) where {key.column} >= {first_id} order by {key.column} limit {limit}"
        return Paged(head, _following(start, first, tail, rest, limit), limit)
    offset -= rows
    for number, part in enumerate(tail, start=1):
        rows = part.rows(connection)
        if offset < rows:
            head = f"{start} {part.beginning_at(connection, offset)} limit {limit}"
            return Paged(head, _following(start, first, tail[number:], rest, limit), limit)
        offset -= rows
    return Paged(f"{start} {rest} limit {limit} offset {offset}")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a view after its first one."""

    select: str
    key: str

    def rows(self, connection: sqlite3.Connection) -> int:
        """Count its rows by their keys alone: what no key needs is not read (hence the subquery's bound)."""
        return _number(connection, f"SELECT count(*) FROM (SELECT {self.key} FROM ({self.select}) LIMIT -1)")

    def beginning_at(self, connection: sqlite3.Connection, offset: int) -> str:
        """Return the end of a statement for rows from this on."""
        at = f"SELECT {self.key} FROM ({self.select}) ORDER BY {self.key} LIMIT 1 OFFSET {offset}"
        values = ", ".join(str(int(value)) for value in connection.execute(at).fetchone())
        return f"({self.select}) where ({self.key}) >= ({values}) order by {self.key}"

    def beginning(self, limit: int) -> str:
        """Return its first rows, as a statement."""
        return f"SELECT * FROM (SELECT * FROM ({self.select}) ORDER BY {self.key} LIMIT {limit})"


def _following(start: str, first: str, parts: Sequence[_Part], rest: str, limit: int) -> str:
    """Return the statement, but for its number, of the rows from the beginning of these parts on."""
    union = _union(first, [*(part.beginning(limit) for part in parts), f"SELECT * FROM {rest}"])
    return f"{start} {union} limit"


def _union(first: str, selects: Sequence[str]) -> str:
    """Return SELECTs as one statement."""
    return f"({' UNION ALL '.join([f'SELECT * FROM ({first}) WHERE 0', *selects])})"


def _id_at(
    connection: sqlite3.Connection, table: str, offset: int, rows: int, left_out: Sequence[int]
) -> int:
    """Return the id with which the row at an offset begins, found from the nearer end.

    As many more ids as were left out before are passed over, until none is new.
    """
    every = rows + len(left_out)
    if offset < rows // 2:
        first_id = _number(connection, f"SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET {offset}")
    else:
        before_end = every - 1 - offset
        last = f"SELECT id FROM {table} ORDER BY id DESC LIMIT 1 OFFSET {before_end}"
        first_id = _number(connection, last)
    passed = 0
    while (before := bisect_right(left_out, first_id)) > passed:
        further = f"SELECT id FROM {table} WHERE id > {first_id} ORDER BY id LIMIT {before - passed}"
        *_, (first_id,) = connection.execute(further)
        passed = before
    return first_id


def _number(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])


def _parts(definition: str) -> list[str]:
    """Return the SELECTs of a view."""
    statement = definition.partition(";")[0]
    body = re.split(r"\bAS\b", statement, maxsplit=1)[1]
    return [part.strip() for part in re.split(r"\bUNION ALL\b", body)]
