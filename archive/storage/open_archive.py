"""An archive.db that is open: its connection, its run ledger and its proofs of coverage.

All that the commands which read need; what saves pages is `Archive` in `archive.py`, which is slower to load.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Self

from archive.core.connection import Database
from archive.core.database import Closing, is_writable, open_ours
from archive.migrations import migrations
from archive.storage import coverage, redaction_work, run_ledger
from archive.tables import url_keys


class OpenArchive(Closing):
    """One archive.db, open at the newest schema, at `path`."""

    def __init__(self, db: Database, path: Path) -> None:
        self.db = db
        self.path = path
        self.runs = run_ledger.Ledger(db)
        self.coverage = coverage.Coverage(db)

    @classmethod
    def open(cls, path: Path, *, create: bool = True, finish: bool = True) -> Self:
        """Open an archive at the newest schema, and finish pending redactions.

        `finish` is False for those who only report. Raises ArchiveError when the file is missing and `create`
        is False, when it is no archive, or when something hidden cannot be taken out of its bytes.
        """
        db = open_ours(path, migrations, create=create)
        try:
            if is_writable(path):
                cls._prepare(db)
            if finish:
                redaction_work.finish(db, path)
        except BaseException:
            db.close()
            raise
        return cls(db, path)

    @classmethod
    def _prepare(cls, db: Database) -> None:
        """Complete a file that may be written, before anybody uses it."""
        url_keys.fill_url_keys(db)

    def close(self) -> None:
        """Checkpoint the write-ahead log as far as readers allow, and close."""
        with suppress(sqlite3.OperationalError):  # on a full disk it stays where it is, and nothing is lost
            self.db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self.db.close()
