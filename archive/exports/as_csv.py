"""CSV (RFC 4180, UTF-8): one file for each table, or one file with a row for each comment.

A value that is not known is an empty cell. Text that a spreadsheet would run is disarmed, unless the
bare values are asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from archive.cells import disarmed
from archive.exports.selection import TAKEN, Snapshot
from archive.exports.target import Bundle, facts


def write_tables(snapshot: Snapshot, bundle: Bundle, *, raw: bool) -> None:
    """Write one file for each table."""
    for table in TAKEN:
        with bundle.text(f"{table}.csv") as out:
            _write(out, [column.name for column in snapshot.columns(table)], snapshot.rows(table), raw=raw)
    bundle.close(facts(snapshot, "csv", snapshot.counts()) | {"raw": raw})


def write_joined(snapshot: Snapshot, out: TextIO, *, raw: bool) -> None:
    """Write one row for each comment, with its article's columns; an article without comments has one too."""
    names = [f"article_{column.name}" for column in snapshot.columns("articles")]
    below = [f"comment_{column.name}" for column in snapshot.columns("comments")]
    _write(out, names + below, _joined(snapshot, len(below)), raw=raw)


def _joined(snapshot: Snapshot, width: int) -> Iterator[tuple[Any, ...]]:
    sql = "SELECT * FROM comments WHERE article_id = ? ORDER BY published, id"
    for article in snapshot.rows("articles"):
        alone = True
        for comment in snapshot.db.execute(sql, [article[0]]):
            alone = False
            yield article + comment
        if alone:
            yield article + (None,) * width


def _write(out: TextIO, names: list[str], rows: Iterable[tuple[Any, ...]], *, raw: bool) -> None:
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows(rows if raw else (map(disarmed, row) for row in rows))
