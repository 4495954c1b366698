"""Datasette's page statements, made fit for an index: the same rows in a full order, at any depth.

Datasette 0.65 pages a sorted table by "(c < :p or c is null or (c = :p and id > :q)) order by c desc, id",
for which SQLite reads the table from its beginning each time; and it orders the first page by c alone, so
that rows with an equal c can be left out or repeated. Does not: depend on any table. Invariant: a statement
of another shape stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SQL_NAME = r"(?:\w+|\[[^\]]+\]|\"(?:[^\"]|\"\")+\")"
SQL_COLUMNS = rf"{SQL_NAME}(?:, {SQL_NAME})*"
_HEAD = rf"(?P<head>select {SQL_COLUMNS} from (?P<table>{SQL_NAME}) )"
_KEPT = r"where (?P<kept>.+ and )?"
_ORDER = rf"order by (?P=column)(?P<desc> desc)?, (?P<keys>{SQL_COLUMNS}) limit (?P<limit>\d+)"

_AFTER_VALUE = re.compile(
    rf"{_HEAD}{_KEPT}\((?P<column>{SQL_NAME}) (?P<sign>[<>]) :(?P<value>p\d+)(?: or (?P=column) is null)?"
    rf" or \((?P=column) = :(?P=value) and (?P<after>.+)\)\) {_ORDER}",
    re.DOTALL,
)
_AFTER_NULL = re.compile(
    rf"{_HEAD}{_KEPT}\((?P<column>{SQL_NAME}) is not null"
    rf" or \((?P=column) is null and (?P<after>.+)\)\) {_ORDER}",
    re.DOTALL,
)
_FIRST = re.compile(
    rf"{_HEAD}(?P<where>where .+ )?order by (?P<column>{SQL_NAME})(?P<desc> desc)? limit (?P<limit>\d+)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Paged:
    """A page in up to two statements: `rest`, ended by a number, gives what `sql` leaves of `rows`."""

    sql: str
    rest: str | None = None
    rows: int = 0


def seekable(sql: str) -> Paged:
    """Return what gives the rows of a page statement of Datasette, by an index where there is one."""
    if found := _AFTER_VALUE.fullmatch(sql):
        return _after_value(found)
    if found := _AFTER_NULL.fullmatch(sql):
        part = found.groupdict(default="")
        nulls = f"{part['head']}where {part['kept']}{part['column']} is null"
        others = f"{part['head']}where {part['kept']}{part['column']} is not null"
        first = f"{nulls} and {part['after']} order by {part['keys']} limit {part['limit']}"
        rest = f"{others} order by {part['column']}, {part['keys']} limit"
        return Paged(first, rest, int(part["limit"]))
    return Paged(sql)


def _after_value(found: re.Match[str]) -> Paged:
    part = found.groupdict(default="")
    column = part["column"]
    sign = part["sign"]
    value = part["value"]
    start = f"{part['head']}where {part['kept']}{column}"
    bound = f"{start} {sign}= :{value} and ({column} {sign} :{value} or ({part['after']}))"
    sql = f"{bound} order by {column}{part['desc']}, {part['keys']} limit {part['limit']}"
    if not part["desc"]:
        return Paged(sql)  # nulls came first
    rest = f"{start} is null order by {part['keys']} limit"
    return Paged(sql, rest, int(part["limit"]))


def sorted_table(sql: str) -> tuple[str, str] | None:
    """Return table and column, as written, if the statement is a first page sorted by one column."""
    found = _FIRST.fullmatch(sql)
    if not found:
        return None
    return (found["table"], found["column"])


def first_page(sql: str, keys: str, least: str) -> Paged:
    """Return a first page sorted by its column, then by the primary key.

    `keys` are the columns of that key.

    `least` is the smallest value of the column's type, as SQL: bounded by it, SQLite walks the index instead
    of sorting the whole table, which is cheaper for all rows. Rows without a value are first in ascending
    order and last in descending order, as ever.
    """
    found = _FIRST.fullmatch(sql)
    if not found or found["column"] == keys:
        return Paged(sql)
    limit = int(found["limit"])
    one, other = _halves(found, keys, least)
    return Paged(f"{one} limit {limit}", f"{other} limit", limit)


def whole_table(sql: str, keys: str, least: str) -> tuple[str, ...]:
    """Return the statements that together give all rows of which a page statement gives the first."""
    found = _FIRST.fullmatch(sql)
    if not found or found["column"] == keys:
        return (without_limit(sql),)
    return _halves(found, keys, least)


def _halves(found: re.Match[str], keys: str, least: str) -> tuple[str, str]:
    part = found.groupdict(default="")
    column = part["column"]
    conjunction = "where"
    if part["where"]:
        conjunction = "and"
    start = f"{part['head']}{part['where']}{conjunction} {column}"
    filled = f"{start} >= {least} order by {column}{part['desc']}, {keys}"
    empty = f"{start} is null order by {keys}"
    if part["desc"]:
        return (filled, empty)
    return (empty, filled)


def without_limit(sql: str) -> str:
    """Return a page statement without its bound."""
    return re.sub(r" limit \d+(?: offset \d+)?$", "", sql)
