"""The schema of archive.db, as named migrations: one file of literal SQL each, applied in order.

A migration, once released, never changes and imports nothing of ours: a new database runs all of
them, an old one the rest, and both end equal. Each is loaded when it is applied. Times are ISO 8601
text in UTC ("2009-07-09T14:50:00Z"), or a day ("2009-07-09") where the site told no more. What each
table and column means is written once, in `public/metadata.json`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from archive.core.connection import Database
from archive.core.migrating import Migrations

migrations = Migrations("backissue")


def _register(name: str) -> None:
    @migrations(name=name)
    def run(db: Database) -> None:
        """Run each statement inside the migration's own transaction (executescript would commit)."""
        for statement in import_module(f"{__name__}.{name}").SQL.split(";;"):
            if statement.strip():
                db.execute(statement)


for found in iter_modules(__path__):  # in the order of their names
    _register(found.name)
