"""Results of checks that operators' commands store in the archive.

The clock's plan, and the newest result of each check. It judges nothing; `archive.queries.health` does.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.timestamps import to_text


def plan(db: Database, source: str, schedule: str, next_run: datetime) -> None:
    """Store the next planned time (aware) of a recorded source."""
    with transaction(db):
        db.execute(
            "UPDATE sources SET schedule = ?, next_run = ? WHERE name = ?",
            [schedule, to_text(next_run), source],
        )


def plan_only(db: Database, sources: Collection[str]) -> None:
    """Delete the plans of all sources but those given."""
    marks = ", ".join("?" * len(sources))
    with transaction(db):
        db.execute(
            "UPDATE sources SET schedule = NULL, next_run = NULL"
            f" WHERE next_run IS NOT NULL AND name NOT IN ({marks})",
            list(sources),
        )


def note_check(db: Database, name: str, at: datetime, *, ok: bool, sentence: str) -> None:
    """Store the result of a check, replacing the last one.

    `at` is aware.
    """
    with transaction(db):
        db.execute(
            "INSERT INTO checks VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " at = excluded.at, ok = excluded.ok, sentence = excluded.sentence",
            [name, to_text(at), ok, sentence],
        )


def mend_check(db: Database, name: str, at: datetime, *, sentence: str) -> None:
    """Store that a failed check succeeds again. `at` is aware."""
    with transaction(db):
        db.execute(
            "UPDATE checks SET at = ?, ok = 1, sentence = ? WHERE name = ? AND NOT ok",
            [to_text(at), sentence, name],
        )
