"""Checks of a database file of ours: its pages, its foreign keys, its full-text index.

Each check returns sentences about faults, or an empty list. It repairs nothing.
"""

from __future__ import annotations

import sqlite3
import time

_MOST = 5  # faults that are listed one by one


def faults(connection: sqlite3.Connection) -> list[str]:
    """Return all faults of a file that nobody writes."""
    return [*page_faults(connection), *foreign_keys(connection), *full_text(connection)]


def page_faults(connection: sqlite3.Connection) -> list[str]:
    """Return the faults that SQLite's integrity check reports."""
    try:
        rows = connection.execute(f"PRAGMA integrity_check({_MOST})").fetchall()
    except sqlite3.DatabaseError as error:
        return [f"It cannot be read completely: {error}."]
    return [f"SQLite finds: {row[0]}." for row in rows if row[0] != "ok"]


def foreign_keys(connection: sqlite3.Connection) -> list[str]:
    """Return foreign-key violations."""
    try:
        rows = connection.execute("PRAGMA foreign_key_check").fetchmany(_MOST)
    except sqlite3.DatabaseError as error:
        return [f"Its foreign keys cannot be checked: {error}."]
    return [f"Row {row[1]} of {row[0]} refers to a missing row of {row[2]}." for row in rows]


def full_text(connection: sqlite3.Connection, seconds: float = 3600.0) -> list[str]:
    """Return full-text indexes that disagree with their tables.

    SQLite does this as a write, though it changes nothing: other writers wait meanwhile. Raises
    TimeoutError when it is not done after so many seconds, sqlite3.OperationalError when it may not begin.
    """
    found = []
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
    try:
        for table in _indexes(connection):
            if time.monotonic() > deadline:
                raise TimeoutError
            try:
                connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname == "SQLITE_INTERRUPT":
                    raise TimeoutError from error
                raise
            except sqlite3.DatabaseError:
                found.append(f"The full-text index {table} does not agree with its table.")
    finally:
        connection.set_progress_handler(None, 0)
    return found


def _indexes(connection: sqlite3.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%' ORDER BY name"
    return [row[0] for row in connection.execute(sql)]
