"""Conditions that a copied archive meets before it is a backup, beyond what SQLite itself can check.

It has all that it hides, and it lists the raw pages that differ from the received ones.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

from archive.core import file_kinds
from archive.core.connection import Database
from archive.core.database import read_only
from archive.core.errors import ArchiveError, DamagedError
from archive.core.formatting import size
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
            fault = str(error).replace(str(hidden), original.name)
            raise damaged(original, [fault]) from error
    with closing(sqlite3.connect(hidden)) as kept_copy:
        kept_copy.execute("PRAGMA journal_mode = DELETE")


def altered_pages(path: Path) -> tuple[Altered, ...]:
    """Return a file's altered raw pages; empty if no file."""
    if not path.exists():
        return ()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return tuple(Pages(Database(connection)).altered())


def damaged(path: Path, found: Iterable[str]) -> DamagedError:
    """Return the error for a damaged file, with the findings."""
    return DamagedError(
        f"{path.name} is damaged, so no backup was made of it. {' '.join(found)}",
        hint="Keep the last good backup; docs/operations.md says how to restore it.",
    )


def must_be_archive(path: Path) -> None:
    """Raise ArchiveError unless a file is an archive.

    Damage is found when it is copied.
    """
    with suppress(sqlite3.DatabaseError), closing(read_only(path)) as connection:
        file_kinds.must_be(connection, path, file_kinds.ARCHIVE, blank=False)


def must_have_room(place: Path, files: Iterable[Path]) -> None:
    """Raise ArchiveError unless a folder has room for copies of files."""
    if not place.is_dir():
        raise ArchiveError(f"The folder {place} does not exist.", hint="Create it, or choose another place.")
    logs = [path.with_name(f"{path.name}-wal") for path in files]
    stored = [path for path in (*files, *logs) if path.exists()]
    needed = sum(path.stat().st_size for path in stored)
    free = shutil.disk_usage(place).free
    if free < needed:
        raise ArchiveError(
            f"This needs {size(needed)}, but the disk of {place} has only {size(free)}.",
            hint="Free some space, or use another disk. Nothing was written.",
        )
