"""How a database file of ours is opened, brought up to date and written.

Every file is in WAL mode, so that readers never wait for the writer. Every write happens between
BEGIN IMMEDIATE and COMMIT: a deferred transaction that first reads and then writes fails at once
when another process writes in between, and no time-out helps it.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.core.errors import ArchiveError
from archive.core.locks import hold

BUSY = 30.0  # seconds a writer waits for another one


class Closing(ABC):
    """Something that is closed at the end of a with block."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(path: Path, *, create: bool = True) -> Database:
    """Open a database file for reading and writing. Raises ArchiveError when that cannot be."""
    if not create and not path.exists():
        raise ArchiveError(
            f"There is no archive at {path}.", hint="Make one with `backissue crawl` or `backissue up`."
        )
    if not path.parent.is_dir():
        raise ArchiveError(
            f"The folder {path.parent} does not exist.", hint="Make it, or name another place."
        )
    try:
        connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"{path} cannot be opened as an SQLite database: {error}.",
            hint="Is it another kind of file, or is its folder not writable?",
        ) from error
    return Database(connection)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """One write transaction: all of the block, or nothing of it. Inside another one it is a part of that."""
    if db.conn.in_transaction:
        yield
        return
    with disk_told(db):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            db.rollback()
            raise


@contextmanager
def disk_told(db: Database) -> Iterator[None]:
    """Turn what SQLite raises when the disk is full or fails into an ArchiveError that says so."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not getattr(error, "sqlite_errorname", "").startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise
        path = db.conn.execute("PRAGMA database_list").fetchone()[2]
        raise ArchiveError(
            f"{path} cannot be written: {error}.",
            hint="Is its disk full, over a quota, or failing? What was saved is kept; make room and go on.",
        ) from error


@contextmanager
def rehearsal(db: Database) -> Iterator[None]:
    """A write transaction that is taken back at its end, whatever happened in it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.rollback()


def migrate(db: Database, migrations: Migrations, path: Path) -> None:
    """Bring a file to the newest schema, one process at a time.

    Raises ArchiveError for a file that a newer program has written.
    """
    if newer := newer_migrations(db, migrations):
        raise ArchiveError(
            f"{path} was written by a newer Backissue (it has {', '.join(newer)}).",
            hint="Upgrade Backissue to open it.",
        )
    if migrations.pending(db):
        with hold(path, "migrate", wait=BUSY), disk_told(db):
            migrations.apply(db)


def newer_migrations(db: Database, migrations: Migrations) -> list[str]:
    """The names of migrations that a file has had and this program does not know."""
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    return sorted({migration.name for migration in migrations.applied(db)} - known)
