"""Results of checks that operators' commands store in the archive.

The clock's plan, and the newest result of each check. It judges nothing; `archive.queries.health` does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlite_utils import Database

from archive.core.database import transaction
from archive.core.timestamps import to_text


def plan(db: Database, source: str, schedule: str, next_run: datetime) -> None:
    """Note when the clock means to crawl a known source next (aware), and by which schedule."""
    with transaction(db):
        db.execute(
            "UPDATE sources SET schedule = ?, next_run = ? WHERE name = ?",
            [schedule, to_text(next_run), source],
        )


def plan_only(db: Database, sources: Collection[str]) -> None:
    """Forget the plans of all other sources: the clock that starts now does not keep them."""
    marks = ", ".join("?" * len(sources))
    with transaction(db):
        db.execute(
            "UPDATE sources SET schedule = NULL, next_run = NULL"
            f" WHERE next_run IS NOT NULL AND name NOT IN ({marks})",
            list(sources),
        )


def note_check(db: Database, name: str, at: datetime, *, ok: bool, sentence: str) -> None:
    """Keep what a check of the archive itself found, in place of its last result. `at` is aware."""
    with transaction(db):
        db.execute(
            "INSERT INTO checks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " at = excluded.at, ok = excluded.ok, sentence = excluded.sentence",
            [name, to_text(at), ok, sentence],
        )


def mend_check(db: Database, name: str, at: datetime, *, sentence: str) -> None:
    """Keep that a check is well again, where its last result was not. `at` is aware."""
    with transaction(db):
        db.execute(
            "UPDATE checks SET at = ?, ok = 1, sentence = ? WHERE name = ? AND NOT ok",
            [to_text(at), sentence, name],
        )
