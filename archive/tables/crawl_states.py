"""Rows of the table `crawl_state`: what each source's crawls leave for the next ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from archive.core import crawl_state
from archive.core.connection import Database
from archive.core.crawl_state import CrawlState

_KEEP = "INSERT INTO crawl_state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_DROP = "DELETE FROM crawl_state WHERE source = ? AND name = ?"


def load(db: Database, source: str, names: Collection[str] = ()) -> CrawlState:
    """Return the state of a source, or only the fields of some names; unknown fields have their defaults.

    The copies of robots.txt make a whole state large.
    """
    sql = "SELECT name, value FROM crawl_state WHERE source = ?"
    if names:
        sql += f" AND name IN ({', '.join('?' * len(names))})"
    found = db.execute(sql, [source, *names]).fetchall()
    return crawl_state.state_from_rows(dict(found))


def value(db: Database, source: str, name: str) -> Any:
    """Return one field of the state of a source."""
    return getattr(load(db, source, [name]), name)


def save_state(db: Database, source: str, before: CrawlState, after: CrawlState) -> None:
    """Write the fields in which two states of a source differ, in a transaction of the caller."""
    old = crawl_state.rows_from_state(before)
    new = crawl_state.rows_from_state(after)
    for name in old.keys() - new.keys():
        db.execute(_DROP, [source, name])
    for name, text in new.items():
        if old.get(name) != text:
            db.execute(_KEEP, [source, name, text])


def update_state(db: Database, source: str, **known: Any) -> None:
    """Write some fields of the state of a source, in a transaction of the caller."""
    before = load(db, source, known)
    save_state(db, source, before, replace(before, **known))
