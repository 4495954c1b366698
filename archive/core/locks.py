"""Locks that end with their owner, on any file system where SQLite itself works.

A lock is an exclusive SQLite transaction on a small file next to the archive: the operating system releases
it at every end of the process. The file itself stays and has no meaning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from archive.core.errors import ArchiveError, BusyError

PATIENCE = 1.0  # seconds to wait for the lock of a source: the scheduler takes it for a moment to plan


def lock_of(source: str) -> str:
    """Return the name of a source's crawl lock."""
    return f"crawl-{source}"


@contextmanager
def hold(archive: Path, name: str, *, wait: float = 0.0) -> Iterator[None]:
    """Keep an archive's lock `name` while the block runs.

    `wait` is how long to wait for another owner, in seconds. Raises BusyError when it is still locked then,
    ArchiveError when the lock's file cannot be written.
    """
    place = archive.resolve()  # an archive has one lock, independent of links to it
    path = place.with_name(f"{place.name}.{name}.lock")
    try:
        connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise ArchiveError(
            f"The lock {path} cannot be made: {error}.", hint="Is the folder writable?"
        ) from error
    with closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
                raise BusyError(
                    f"Another process holds the lock “{name}” of {archive}.",
                    hint="Let it end, or end it, and try again.",
                ) from error
            raise ArchiveError(f"The lock {path} cannot be held: {error}.") from error
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
