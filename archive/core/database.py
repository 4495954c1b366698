"""How a database file of ours is opened, brought up to date and written.

Every file is in WAL mode, so that readers never wait for the writer. Every write happens between
BEGIN IMMEDIATE and COMMIT: a deferred transaction that first reads and then writes fails at once
when another process writes in between, and no time-out helps it.
"""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from weakref import WeakKeyDictionary

from archive.core import file_kinds
from archive.core.connection import Database
from archive.core.errors import ArchiveError, LockedError
from archive.core.locks import hold
from archive.core.migrating import Migrations

BUSY = 30.0  # seconds a writer waits for another one
SQLITE_PAGE_BYTES = 4096  # SQLite's own
FOLD_BYTES = 64 * 2**20  # of write-ahead log, at which a crawl folds it in
FOLD_MILLISECONDS = 500  # for which it waits for readers then

_LAST: WeakKeyDictionary[Database, dict[str, Callable[[], None]]] = WeakKeyDictionary()
"""What is still to be done before the open transaction of a database is committed."""


class Closing(ABC):
    """Something closed at the end of a with block."""

    @abstractmethod
    def close(self) -> None:
        """Close all that is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_ours(
    path: Path, migrations: Migrations, *, create: bool = True, page_bytes: int = SQLITE_PAGE_BYTES
) -> Database:
    """Open a database of ours at the newest schema.

    Where it is not there and `create` is True, it is made, of pages of so many bytes.

    A new file takes its name when its schema is whole. One that may not be written is opened for reading.
    Raises ArchiveError when that cannot be, and for a file of another kind or program.
    """
    place = path.resolve()
    if create and not place.exists():
        _make(place, migrations, page_bytes)
    db = connect(path, create=False, kind=str(migrations.name), blank=create)
    try:
        migrate(db, migrations, path)
    except BaseException:
        db.close()
        raise
    return db


def connect(path: Path, *, create: bool = True, kind: str = "", blank: bool = False) -> Database:
    """Open a database, read-only where it may not be written.

    With `kind` it must be one of ours (`kinds`), or `blank`. Raises ArchiveError when that cannot be.
    """
    if not create and not path.exists():
        raise ArchiveError(
            f"There is no archive at {path}.", hint="Make one with `backissue crawl` or `backissue up`."
        )
    _must_have_folder(path)
    try:
        if path.exists() and not is_writable(path):
            connection = read_only(path)
        else:
            connection = sqlite3.connect(path.resolve(), timeout=BUSY, isolation_level=None)
        if kind:
            file_kinds.must_be(connection, path, kind, blank=blank)
        if is_writable(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError as error:
        if is_locked(error):
            raise locked(path) from error
        raise ArchiveError(
            f"{path} cannot be opened as an SQLite database: {error}.",
            hint="Is it another kind of file, or is its folder not writable?",
        ) from error
    return Database(connection)


def read_only(path: Path, *, timeout: float = BUSY) -> sqlite3.Connection:
    """Return a read-only connection, even in a read-only folder.

    `timeout` is how many seconds it waits for a file that another process has locked. Raises
    sqlite3.OperationalError where that cannot be.
    """
    uri = path.resolve().as_uri()
    still = ""
    if is_still(path):
        still = "&immutable=1"
    return sqlite3.connect(f"{uri}?mode=ro{still}", uri=True, timeout=timeout, isolation_level=None)


def is_writable(path: Path) -> bool:
    """True if a file and its logs are writable."""
    place = path.resolve()
    if not os.access(place.parent, os.W_OK):
        return False
    return not place.exists() or os.access(place, os.W_OK)


def is_still(path: Path) -> bool:
    """True if a file must be opened as immutable.

    SQLite reads a file with a write-ahead log through an index next to it, which it creates if missing. Where
    it may not, and there is nothing in a log, the file alone is the whole.
    """
    place = path.resolve()
    log = place.with_name(f"{place.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    if has_log or os.access(place.parent, os.W_OK):
        return False
    return not place.with_name(f"{place.name}-shm").exists()


def _must_have_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise ArchiveError(
            f"The folder {path.parent} does not exist.", hint="Make it, or name another place."
        )


def _make(path: Path, migrations: Migrations, page_bytes: int) -> None:
    """Create a file with the newest schema, once."""
    _must_have_folder(path)
    new = path.with_name(f".{path.name}.new")
    with hold(path, "migrate", wait=BUSY):
        if path.exists():
            return
        for ending in ("", "-journal"):  # of one who was killed
            new.with_name(new.name + ending).unlink(missing_ok=True)
        db = Database(sqlite3.connect(new, isolation_level=None))
        try:
            db.execute(f"PRAGMA page_size = {page_bytes:d}")
            with transaction(db):
                migrations.apply(db)
            db.close()
            new.rename(path)
        finally:
            db.close()
            new.unlink(missing_ok=True)


@contextmanager
def transaction(db: Database) -> Iterator[None]:
    """Run the block in one write transaction.

    Inside another one it is a part of that.
    """
    if db.conn.in_transaction:
        yield
        return
    with disk_told(db):
        _begin(db)
        try:
            yield
            for action in _LAST.pop(db, {}).values():
                action()
            db.execute("COMMIT")
        except BaseException:
            _LAST.pop(db, None)
            db.rollback()
            raise


def _begin(db: Database) -> None:
    """Begin a write transaction. Raises BusyError while another program writes."""
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise locked(_path(db)) from error
        raise


def _path(db: Database) -> str:
    return str(db.conn.execute("PRAGMA database_list").fetchone()[2])


def before_commit(db: Database, name: str, action: Callable[[], None]) -> None:
    """Run an action once before the open transaction commits.

    An action of the same name is replaced; a transaction that is rolled back runs no action.
    """
    _LAST.setdefault(db, {})[name] = action


@contextmanager
def disk_told(db: Database) -> Iterator[None]:
    """Convert disk and lock errors into ArchiveError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise locked(_path(db)) from error
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith("SQLITE_READONLY"):
            raise ArchiveError(
                f"{_path(db)} may not be written by this user.",
                hint="Reading it works. To change it, become its owner, or copy it to another place.",
            ) from error
        if not name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise
        raise ArchiveError(
            f"{_path(db)} cannot be written: {error}.",
            hint="Is its disk full, over a quota, or failing? What was saved is kept; make room and go on.",
        ) from error


@contextmanager
def rehearsal(db: Database) -> Iterator[None]:
    """Run the block in a transaction that is rolled back."""
    _begin(db)
    try:
        yield
    finally:
        _LAST.pop(db, None)
        db.rollback()


def is_locked(error: BaseException) -> bool:
    """True if SQLite has waited for another program in vain."""
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def locked(path: Path | str) -> LockedError:
    """Return the error for a locked file."""
    return LockedError(
        f"Another program holds {path}, and it was waited for in vain.",
        hint="Close what else works on it, as a database browser with unsaved changes, and try again."
        " Nothing was lost.",
    )


class LogFolder:
    """Checkpointer of a long write-ahead log during a crawl.

    SQLite resets the log only at a moment when nobody reads from it, which under steady reading is never;
    waiting for readers makes that moment. It is tried again each time that the log has grown by as much.
    """

    def __init__(self, path: Path) -> None:
        self._log = path.with_name(f"{path.name}-wal")
        self._next_bytes = FOLD_BYTES

    def step(self, db: Database) -> bool:
        """Checkpoint a long log; True if tried.

        Call it between transactions.
        """
        try:
            length = self._log.stat().st_size
        except OSError:
            return False
        if length < self._next_bytes or db.conn.in_transaction:
            return False
        db.execute(f"PRAGMA busy_timeout = {FOLD_MILLISECONDS}")
        try:
            is_held = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            db.execute(f"PRAGMA busy_timeout = {int(BUSY * 1000)}")
        self._next_bytes = FOLD_BYTES
        if is_held:
            self._next_bytes += length
        return True


def migrate(db: Database, migrations: Migrations, path: Path) -> None:
    """Bring a file to the newest schema, one process at a time.

    Raises ArchiveError for a file that a newer program has written.
    """
    if newer := migrations.newer(db):
        raise ArchiveError(
            f"{path} was written by a newer Backissue (it has {', '.join(newer)}).",
            hint="Upgrade Backissue to open it.",
        )
    if migrations.pending(db):
        if not is_writable(path):
            raise ArchiveError(
                f"{path} is of an older Backissue, and may not be written here to bring it up to date.",
                hint="Become its owner, or copy it to another place.",
            )
        with hold(path, "migrate", wait=BUSY), disk_told(db):
            migrations.apply(db)
