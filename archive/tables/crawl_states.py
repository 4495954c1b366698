"""Rows of the table `crawl_state`: what each source's crawls leave for the next ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from archive.core import crawl_state
from archive.core.crawl_state import CrawlState

_KEEP = "INSERT INTO crawl_state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_DROP = "DELETE FROM crawl_state WHERE source = ? AND name = ?"


def load(db: Database, source: str) -> CrawlState:
    """Return the state of a source; an empty one where none is known."""
    found = db.execute("SELECT name, value FROM crawl_state WHERE source = ?", [source]).fetchall()
    return crawl_state.read(dict(found))


def value(db: Database, source: str, name: str) -> Any:
    """Return one field of the state of a source."""
    found = db.execute(
        "SELECT name, value FROM crawl_state WHERE source = ? AND name = ?", [source, name]
    ).fetchall()
    return getattr(crawl_state.read(dict(found)), name)


def save(db: Database, source: str, before: CrawlState, after: CrawlState) -> None:
    """Write the fields in which two states of a source differ, in a transaction of the caller."""
    old, new = crawl_state.write(before), crawl_state.write(after)
    for name in old.keys() - new.keys():
        db.execute(_DROP, [source, name])
    for name, text in new.items():
        if old.get(name) != text:
            db.execute(_KEEP, [source, name, text])


def note(db: Database, source: str, **known: Any) -> None:
    """Write some fields of the state of a source, in a transaction of the caller."""
    before = replace(CrawlState(), **{name: value(db, source, name) for name in known})
    save(db, source, before, replace(before, **known))
