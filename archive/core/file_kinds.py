"""The kind of a file that lies where a database of ours belongs: ours, blank, or of another program, by name.

A file of ours is identified by its table of migrations. Another program's is named and never written to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from archive.core.errors import ArchiveError

ARCHIVE, PAGES, HIDDEN, MEDIA = "backissue", "backissue-pages", "backissue-hidden", "backissue-media"
PRINTS, DESK = "backissue-copies", "backissue-desk"
"""The names of the sets of migrations, one for each kind of file."""

_NAMES: Mapping[str, str] = {
    ARCHIVE: "an archive",
    PAGES: "the raw pages of an archive",
    HIDDEN: "what was hidden in an archive",
    MEDIA: "the pictures and documents of an archive",
    PRINTS: "the index of copies of an archive",
    DESK: "the readers' collections of an archive",
}
_ELSEWHERE = "Is the path right? Give another one: the key `archive` of backissue.toml."


def must_be(connection: sqlite3.Connection, path: Path, wanted: str, *, blank: bool) -> None:
    """Raise ArchiveError unless a file is of a kind.

    `blank` allows one without any table.

    It is read and not written, so that what belongs to another program stays as it is.
    """
    if path.stat().st_size == 0:
        raise ArchiveError(
            f"{path} is empty (0 bytes), so it is no archive.",
            hint="Something has emptied it, or never filled it. Restore a backup with `backissue restore"
            " DIR --force`; if there is nothing to restore, remove the file and crawl again.",
        )
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    foreign = connection.execute("PRAGMA application_id").fetchone()[0] != 0
    found = set()
    if "_sqlite_migrations" in tables:
        found = migration_sets(connection)
    if wanted in found or (blank and not tables and not foreign):
        return
    if not tables and not foreign:
        raise ArchiveError(f"{path} holds nothing yet.", hint="`backissue crawl` or `backissue up` fills it.")
    names = (name for kind, name in _NAMES.items() if kind in found)
    ours = next(names, "")
    if ours:
        raise ArchiveError(f"{path} is {ours}, not {_NAMES[wanted]}.", hint=_ELSEWHERE)
    if {"_about", "_columns", "_checksums"} <= tables:
        raise ArchiveError(
            f"{path} is a portable export of an archive (`backissue export db`), not an archive.",
            hint="Name the archive it was made from, or restore a backup: `backissue restore DIR --force`."
            " Any SQLite tool reads the export itself.",
        )
    raise ArchiveError(f"{path} belongs to another program, so nothing is written into it.", hint=_ELSEWHERE)


def migration_sets(connection: sqlite3.Connection) -> set[str]:
    """Return the migration sets of a file; empty for strangers."""
    try:
        return {row[0] for row in connection.execute("SELECT DISTINCT migration_set FROM _sqlite_migrations")}
    except sqlite3.OperationalError:
        return set()
