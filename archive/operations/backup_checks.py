"""Conditions that a copied archive meets before it is a backup, beyond what SQLite itself can check.

It has all that it hides, and it says which raw pages are not as they were received.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from archive.core.errors import ArchiveError, DamagedError
from archive.files.media_files import MediaFiles
from archive.files.raw_pages import Altered, Pages
from archive.files.redaction_store import Hidden


def must_have_hidden(archive: Path, hidden: Path, original: Path) -> None:
    """Raise DamagedError unless a copied hidden.db is complete.

    `original` is the file of which `hidden` is the copy.
    """
    with closing(sqlite3.connect(archive)) as copied:
        if not copied.execute("SELECT 1 FROM sqlite_master WHERE name = 'redactions'").fetchone():
            return
        if not copied.execute("SELECT 1 FROM redactions").fetchone():
            return
        try:
            with Hidden.open(hidden) as kept:
                kept.check(copied, thorough=True)
        except ArchiveError as error:
            raise damaged(original, [str(error).replace(str(hidden), original.name)]) from error
    with closing(sqlite3.connect(hidden)) as kept_copy:
        kept_copy.execute("PRAGMA journal_mode = DELETE")


def altered_pages(path: Path) -> tuple[Altered, ...]:
    """Return a file's altered raw pages; empty if no file."""
    if not path.exists():
        return ()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(Pages(Database(connection)).altered())


def altered_files(path: Path) -> tuple[Altered, ...]:
    """Return the altered files of articles in a media.db; empty if there is none."""
    if not path.exists():
        return ()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(MediaFiles(Database(connection)).altered())


def damaged(path: Path, found: Iterable[str]) -> DamagedError:
    """Return the error for a damaged file, with the findings."""
    return DamagedError(
        f"{path.name} is damaged, so no backup was made of it. {' '.join(found)}",
        hint="Keep the last good backup; docs/operations.md says how to restore it.",
    )
