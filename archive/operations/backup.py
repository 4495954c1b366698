"""A copy of the archive that can be trusted, made while a crawl writes.

A backup is a folder: archive.db, pages.db, media.db, hidden.db, desk.db, the configuration, and SHA256SUMS.
Each is copied from one state of its file, and these states are chosen before the first is copied: the
archive's first, while nothing is hidden or shown again. A crawl keeps a page, and a hidden word, before it
saves what it read, so the copies have all that the copied archive was read from and all that it hides. A
folder takes its name when it is whole and was found sound, and never before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from archive.core import atomic_files
from archive.core.database import BUSY, connect, is_locked, is_writable, locked, read_only
from archive.core.errors import ArchiveError
from archive.core.locks import hold
from archive.files import desk_store, media, own_files, redaction_store
from archive.files.own_files import CONFIG
from archive.files.raw_pages import Altered, raw_pages_path, told_altered
from archive.operations import integrity
from archive.operations.backup_checks import (
    altered_pages,
    damaged,
    must_be_archive,
    must_have_hidden,
    must_have_room,
)
from archive.storage import redaction_work

ARCHIVE, PAGES, MEDIA, HIDDEN = "archive.db", "pages.db", "media.db", "hidden.db"
DESK = "desk.db"
SUMS = "SHA256SUMS"
STEP = 2000  # database pages, about 8 MB, between two checks for an interruption


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """One file of a backup; `bytes` is its size."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Files of a backup, and its altered raw pages."""

    files: tuple[Copied, ...]
    altered: tuple[Altered, ...]


def companions(archive: Path) -> dict[str, Path]:
    """Return the files beside an archive by their backup names."""
    return {
        PAGES: raw_pages_path(archive),
        MEDIA: media.beside(archive),
        HIDDEN: redaction_store.redaction_store_path(archive),
        DESK: desk_store.desk_path(archive),
    }


def make(archive: Path, config: Path | None, folder: Path, *, replace: bool) -> Made:
    """Make a backup; return its files and altered pages.

    `replace` allows it to replace an older backup.

    Raw pages that are altered are copied as they are and named; they take no older backup's place.

    Raises ArchiveError when there is no archive, when the folder is in the way and when the disk has no
    room, DamagedError when the copy is not sound, BusyError while another backup is made.
    """
    folder = folder.resolve()  # a link stays, and what it leads to is replaced
    wanted = {ARCHIVE: archive, **companions(archive)}
    if not archive.exists():
        raise ArchiveError(f"There is no archive at {archive}.", hint="There is nothing to back up yet.")
    must_be_archive(archive)
    atomic_files.tidy(folder)

    def may_replace() -> None:
        own_files.refuse(folder, archive, config)
        _must_be_free(folder, replace=replace)
        _must_lose_nothing(folder, wanted)

    may_replace()
    must_have_room(folder.parent, [path for path in wanted.values() if path.exists()])
    with _alone(archive, "backup"), _folder_made(folder, may_replace) as new:
        _finish_redactions(archive)
        with ExitStack() as opened:
            for name, state in _states(archive, wanted, opened).items():
                _copy(state, wanted[name], new / name)
        must_have_hidden(new / ARCHIVE, new / HIDDEN, wanted[HIDDEN])
        altered = altered_pages(new / PAGES)
        if altered and (folder / SUMS).exists():
            raise damaged(wanted[PAGES], told_altered(altered))
        if config is not None:
            shutil.copy2(config, new / CONFIG)
        copied = tuple(flushed(path) for path in sorted(new.iterdir()))
        sums = "".join(f"{file.sha256}  {file.name}\n" for file in copied)
        (new / SUMS).write_text(sums, encoding="utf-8")
        flushed(new / SUMS)
    return Made(files=copied, altered=altered)


def copy_published(archive: Path, target: Path) -> None:
    """Copy an archive and its media.db, as readers may see.

    Raises ArchiveError where there is no archive or no room, DamagedError when the copy is not sound.
    """
    if not archive.exists():
        raise ArchiveError(f"There is no archive at {archive}.", hint="There is nothing to publish yet.")
    must_be_archive(archive)
    wanted = {target.name: archive, media.beside(target).name: media.beside(archive)}
    must_have_room(target.parent, [path for path in wanted.values() if path.exists()])
    _finish_redactions(archive)
    with ExitStack() as opened:
        for name, state in _states(archive, wanted, opened).items():
            _copy(state, wanted[name], target.with_name(name))


def _alone(archive: Path, lock: str, *, wait: float = 0.0) -> AbstractContextManager[None]:
    """Take a lock of an archive, unless it is read-only."""
    folder = archive.resolve().parent
    if not os.access(folder, os.W_OK):
        return nullcontext()
    return hold(archive, lock, wait=wait)


def _must_be_free(folder: Path, *, replace: bool) -> None:
    if not os.path.lexists(folder):
        return
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if not _is_backup(folder):
        raise ArchiveError(
            f"{folder} exists and is not just a backup, so it was not replaced.",
            hint="Choose another folder.",
        )
    if not replace:
        raise ArchiveError(
            f"{folder} already has a backup.", hint="Choose another folder, or replace it with --force."
        )


def _must_lose_nothing(folder: Path, wanted: Mapping[str, Path]) -> None:
    """Raise ArchiveError where an older backup may have the only copy of a file."""
    missing = [name for name, path in wanted.items() if not path.exists()]
    lost = [wanted[name] for name in missing if (folder / name).exists()]
    if lost:
        raise ArchiveError(
            f"{folder} has {lost[0].name}, but the archive has lost it, so the backup was not replaced.",
            hint="Find out where it went, or restore it from the backup. Or choose another folder.",
        )


def _is_backup(folder: Path) -> bool:
    """True if a folder has a backup's files and no others."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        found = {path.name for path in folder.iterdir()}
    except (OSError, ValueError):
        return False
    listed = {line.partition("  ")[2] for line in lines}
    if ARCHIVE not in listed:
        return False
    possible = {ARCHIVE, PAGES, MEDIA, HIDDEN, DESK, CONFIG}
    return listed <= possible and found <= listed | {SUMS}


@contextmanager
def _folder_made(folder: Path, may_replace: Callable[[], None]) -> Iterator[Path]:
    """Yield a folder that replaces the target at the end."""
    try:
        with atomic_files.replaced(folder, may_replace) as new:
            new.mkdir(mode=0o700)
            yield new
            atomic_files.flush(new)
    except (OSError, sqlite3.OperationalError) as error:
        raise ArchiveError(
            f"The backup {folder} could not be written: {error}.",
            hint="Is the disk full, or the folder read-only? Nothing was left there.",
        ) from error


def _finish_redactions(archive: Path) -> None:
    """Finish pending redactions.

    The schema of an older program stays as it is.
    """
    with closing(_reader(archive)) as reader:
        try:
            left = redaction_work.unfinished(reader)
        except sqlite3.DatabaseError:
            return  # it is damaged, and the copy shows how
    if left and not is_writable(archive):
        raise ArchiveError(
            f"{redaction_work.pending_sentence(left, archive)} A backup would contain the hidden words.",
            hint="Run `backissue backup` where the archive can be written.",
        )
    if left:
        with closing(connect(archive)) as db:
            redaction_work.finish(db, archive)


def _states(archive: Path, wanted: Mapping[str, Path], opened: ExitStack) -> dict[str, sqlite3.Connection]:
    """Open a snapshot of each existing file."""
    states = {}
    with _alone(archive, redaction_work.LOCK, wait=BUSY):
        for name, path in wanted.items():
            if path.exists():
                state = _reader(path)
                states[name] = opened.enter_context(closing(state))
                state.execute("BEGIN")
                try:
                    state.execute("SELECT 1 FROM sqlite_master").fetchone()  # the state is chosen here
                except sqlite3.OperationalError:
                    raise
                except sqlite3.DatabaseError as error:
                    raise damaged(path, [f"{error}."]) from error
    return states


def _reader(path: Path) -> sqlite3.Connection:
    """Open a file for reading. Raises ArchiveError."""
    try:
        connection = read_only(path)
        connection.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise locked(path) from error
        raise ArchiveError(
            f"{path} cannot be read: {error}.",
            hint="In a read-only folder its write-ahead log (-wal) cannot be read. Copy both"
            " files to a folder of yours, and make the backup there.",
        ) from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, and the copy shows how
    return connection


def _copy(state: sqlite3.Connection, source: Path, target: Path) -> None:
    """Copy a snapshot of a database. Raises DamagedError."""
    with closing(sqlite3.connect(target, isolation_level=None)) as new:
        try:
            state.backup(new, pages=STEP)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log next to it
            found = integrity.faults(new)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            found = [f"{error}."]
    if found:
        raise damaged(source, found)


def flushed(path: Path) -> Copied:
    """Flush a file to disk; return its size and digest."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Copied(name=path.name, bytes=file.tell(), sha256=digest)
