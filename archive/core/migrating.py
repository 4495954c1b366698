"""Named migrations of a kind of file: which are applied, and which are pending.

sqlite-utils applies them and notes them in its table `_sqlite_migrations`. It is loaded only then: what is
applied is one query, which every command asks.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from archive.core.connection import Database

if TYPE_CHECKING:
    from sqlite_utils import Database as Tables

_TABLE = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
_APPLIED = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid"

Step = Callable[[Database], None]
"""What a migration does, within its own transaction."""


class Connected(Protocol):
    """What is connected to a file: our Database, or sqlite-utils'."""

    conn: sqlite3.Connection


@dataclass(frozen=True, slots=True)
class Migration:
    """Migration by its name."""

    name: str


class Migrations:
    """The migrations of one kind of file, in their order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._steps: dict[str, Step] = {}

    def __call__(self, *, name: str = "") -> Callable[[Step], Step]:
        """Register a function as the next migration, by its own name or `name`."""

        def registered(step: Step) -> Step:
            self._steps[name or step.__name__] = step
            return step

        return registered

    def applied(self, db: Connected) -> list[Migration]:
        """Return the migrations that a file has, in the order they were applied."""
        if db.conn.execute(_TABLE).fetchone() is None:
            return []
        found = db.conn.execute(_APPLIED, [self.name])
        return [Migration(row[0]) for row in found]

    def pending(self, db: Connected) -> list[Migration]:
        """Return the migrations that a file lacks."""
        applied = self.applied(db)
        return [each for each in map(Migration, self._steps) if each not in applied]

    def newer(self, db: Connected) -> list[str]:
        """Return the names of a file's migrations that this program lacks, sorted."""
        applied = {each.name for each in self.applied(db)}
        return sorted(applied - set(self._steps))

    def apply(self, db: Connected, *, stop_before: str | Iterable[str] | None = None) -> None:
        """Apply the pending migrations, each in a transaction with its note.

        Those from the first name of `stop_before` on stay pending. Raises sqlite3.Error.
        """
        from sqlite_utils import Database as Tables  # noqa: PLC0415  (slow to import)
        from sqlite_utils import migrations  # noqa: PLC0415

        applying = migrations.Migrations(self.name)
        for name, step in self._steps.items():
            applying(name=name)(_on_tables(step))
        applying.apply(Tables(db.conn), stop_before=stop_before)


def _on_tables(step: Step) -> Callable[[Tables], None]:
    def run(tables: Tables) -> None:
        step(Database(tables.conn))

    return run
