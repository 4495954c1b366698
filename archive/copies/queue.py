"""The texts that wait to be compared with all others.

The question alone, without what compares them: most crawls bring no text, and need not load it.
"""

from __future__ import annotations

from pathlib import Path

from archive.core.connection import Database
from archive.core.database import is_writable
from archive.files.fingerprints import fingerprints_path


def has_waiting_texts(db: Database, path: Path) -> bool:
    """True if texts wait, or were never compared, in an archive that may be written."""
    if not is_writable(path):
        return False
    return bool(queued(db)) or (_has_texts(db) and not fingerprints_path(path).exists())


def queued(db: Database) -> int:
    """Return how many articles and comments wait."""
    return int(db.execute("SELECT count(*) FROM copies_queue").fetchone()[0])


def _has_texts(db: Database) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM comments) OR EXISTS (SELECT 1 FROM articles)"
    return bool(db.execute(sql).fetchone()[0])
