"""One portable SQLite file: the tables alone, and their description in three tables of its own.

`_about` has the facts of the export, `_columns` the meaning of every column, `_checksums` a SHA-256 of
each table: over its rows in the order of the primary key, each a JSON array in UTF-8 on a line.
Without extensions, without a write-ahead log, and without a free page.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.exports.selection import TAKEN, Snapshot
from archive.exports.target import facts

_OWN = """
CREATE TABLE _about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE _columns (
    "table" TEXT NOT NULL, "column" TEXT NOT NULL, type TEXT NOT NULL, description TEXT NOT NULL,
    PRIMARY KEY ("table", "column")
);
CREATE TABLE _checksums ("table" TEXT PRIMARY KEY, rows INTEGER NOT NULL, sha256 TEXT NOT NULL);
"""


def write_db(snapshot: Snapshot, path: Path) -> None:
    """Write the file."""
    with closing(new_file(path)) as out:
        out.executescript(_OWN)
        out.execute("BEGIN")
        for table in TAKEN:
            for statement in snapshot.statements(table, "table"):
                out.execute(statement)
            check = _Checksum()
            rows = (check.passed(row) for row in snapshot.rows(table))
            insert_rows(out, table, rows, snapshot)
            out.execute("INSERT INTO _checksums VALUES (?, ?, ?)", [table, check.rows, check.digest])
            columns = snapshot.columns(table)
            told = [(table, column.name, column.type, column.description) for column in columns]
            out.executemany("INSERT INTO _columns VALUES (?, ?, ?, ?)", told)
        for table in TAKEN:
            for statement in snapshot.statements(table, "index"):
                out.execute(statement)
        about = facts(snapshot, "db", {})
        metadata = {name: _text(value) for name, value in about.items() if name != "counts"}
        out.executemany("INSERT INTO _about VALUES (?, ?)", metadata.items())
        out.execute("COMMIT")


def new_file(path: Path) -> sqlite3.Connection:
    """Return a connection to a new file without other readers, so that it needs no journal."""
    out = sqlite3.connect(path, isolation_level=None)
    out.execute("PRAGMA journal_mode = OFF")
    out.execute("PRAGMA synchronous = OFF")
    return out


def _text(value: object) -> str:
    """Return a fact about the export as text."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def insert_rows(
    out: sqlite3.Connection, table: str, rows: Iterator[tuple[Any, ...]], snapshot: Snapshot
) -> None:
    """Put rows into a table with the same columns as the archive's, in any order."""
    names = [column.name for column in snapshot.columns(table)]
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"
    out.executemany(sql, rows)


class _Checksum:
    """Sums up rows on their way."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = hashlib.sha256()

    def passed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Count a row in and hand it on."""
        self.rows += 1
        line = json.dumps(row, ensure_ascii=False)
        self._sum.update(line.encode() + b"\n")
        return row

    @property
    def digest(self) -> str:
        """The sum so far, in hexadecimal."""
        return self._sum.hexdigest()
