"""What becomes of the pages' server process, as a check in the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from archive.core.connection import Database
from archive.core.errors import BackissueError
from archive.storage import checks
from archive.storage.archive import Archive


class PagesNotes:
    """Record of the state of the pages in the archive.

    A record that cannot be written now is no reason to stop.
    """

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def fell(self, sentence: str) -> None:
        """Record that they ended."""
        self._keep(lambda db, at: checks.note_check(db, "pages", at, ok=False, sentence=sentence))

    def recovered(self, sentence: str) -> None:
        """Record that they run again, after a recorded end."""
        self._keep(lambda db, at: checks.mend_check(db, "pages", at, sentence=sentence))

    def _keep(self, note: Callable[[Database, datetime], None]) -> None:
        with (
            suppress(BackissueError, sqlite3.Error),
            Archive.open(self._archive, create=False) as archive,
        ):
            note(archive.db, datetime.now(UTC))
