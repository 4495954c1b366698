"""CSV (RFC 4180, UTF-8): one file for each table, or one file with a row for each comment.

An unknown value is an empty cell. Text that a spreadsheet would run is disarmed, unless the bare values are
requested.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from archive.core.formatting import csv_line, disarmed
from archive.exports.dataset_cards import add_cards
from archive.exports.selection import TAKEN, Snapshot
from archive.exports.target import Bundle, facts

_AGAIN = {"markdown", "html", "origins"}


def write_tables(snapshot: Snapshot, bundle: Bundle, *, raw: bool) -> None:
    """Write one file for each table."""
    for table in TAKEN:
        with bundle.text(f"{table}.csv") as out:
            names = [column.name for column in snapshot.columns(table)]
            _write(out, names, snapshot.rows(table), raw=raw)
    files = {table: f"{table}.csv" for table in TAKEN}
    add_cards(bundle, snapshot, files)
    bundle.close(facts(snapshot, "csv", snapshot.counts()) | {"raw": raw})


def write_joined(snapshot: Snapshot, out: TextIO, *, raw: bool) -> None:
    """Write one row for each comment, with its article's columns.

    An article without comments has one too.
    """
    of_article = _once(snapshot, "articles")
    of_comment = _once(snapshot, "comments")
    names = [f"article_{name}" for name in of_article]
    names += [f"comment_{name}" for name in of_comment]
    _write(out, names, _joined(snapshot, of_article, of_comment), raw=raw)


def _once(snapshot: Snapshot, table: str) -> list[str]:
    """Return the columns of a table without those that repeat another in a different form."""
    return [column.name for column in snapshot.columns(table) if column.name not in _AGAIN]


def _joined(snapshot: Snapshot, of_article: list[str], of_comment: list[str]) -> Iterator[tuple[Any, ...]]:
    sql = f"SELECT {', '.join(of_comment)} FROM comments WHERE article_id = ? ORDER BY published, id"
    for article in snapshot.rows("articles", *of_article):
        alone = True
        for comment in snapshot.db.execute(sql, [article[0]]):
            alone = False
            yield article + comment
        if alone:
            yield article + (None,) * len(of_comment)


def _write(out: TextIO, names: list[str], rows: Iterable[tuple[Any, ...]], *, raw: bool) -> None:
    out.write(csv_line(names))
    for row in rows:
        cells = row if raw else map(disarmed, row)
        out.write(csv_line(cells))
