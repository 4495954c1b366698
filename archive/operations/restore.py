"""Restore an archive from a backup; what was in its place is set aside, and never lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

from archive.core import atomic_files
from archive.core.errors import ArchiveError
from archive.core.locks import hold
from archive.files import fingerprints
from archive.files.own_files import SET_ASIDE_SUFFIX
from archive.operations.backup import ARCHIVE, DESK, HIDDEN, SUMS, companions, flushed
from archive.operations.backup_checks import must_have_room

_LOGS = ("-wal", "-shm")


def check(folder: Path) -> None:
    """Raise ArchiveError unless a folder is an unchanged backup."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        pairs = [line.split("  ", 1) for line in lines]
        sums = {name: digest for digest, name in pairs}
        found = {name: flushed(folder / name).sha256 for name in sums}
    except (OSError, ValueError) as error:
        reason = str(error)
        if isinstance(error, FileNotFoundError):
            reason = f"{error.filename} is missing"
        raise ArchiveError(
            f"{folder} is not a backup: {reason}.", hint="A backup is a folder made by `backissue backup`."
        ) from error
    wrong = [name for name in sums if found[name] != sums[name]]
    if wrong or ARCHIVE not in sums:
        raise ArchiveError(
            f"{folder} is not as it was made: {', '.join(wrong) or ARCHIVE} differs.",
            hint="Use another backup. Nothing was restored.",
        )


def restore_backup(folder: Path, archive: Path, *, replace: bool) -> tuple[Path, ...]:
    """Restore a checked backup; return the paths set aside.

    Raises ArchiveError when an archive is there and `replace` is False, when another program has it
    open, and when the disk has no room.
    """
    archive = archive.resolve()
    targets = {**companions(archive), ARCHIVE: archive}  # the archive last: it is what others search for
    present = [path for path in targets.values() if path.exists()]
    if present and not replace:
        raise ArchiveError(
            f"{present[-1]} already exists.",
            hint=f"Restore it with --force; the existing files are kept with the ending {SET_ASIDE_SUFFIX}.",
        )
    must_have_room(archive.parent, [folder / name for name in targets if (folder / name).exists()])
    with hold(archive, "backup"):
        for path in present:
            _must_be_unused(path)
        ending = _free_ending(targets.values())
        asides = {path: path.with_name(path.name + ending) for path in targets.values()}
        try:
            for path, aside in asides.items():
                _set_aside(path, aside)
            fingerprints.discard(fingerprints.fingerprints_path(archive))  # of another state of the archive
            for name, path in targets.items():
                _put(folder / name, path, asides[path])
        except OSError as error:
            raise ArchiveError(f"The backup could not be restored: {error}.") from error
    return tuple(asides[path] for path in present)


def _free_ending(paths: Iterable[Path]) -> str:
    """Return an unused ending for files set aside.

    An earlier one may be the only copy.
    """
    every = tuple(paths)

    def is_used(ending: str) -> bool:
        return any(path.with_name(path.name + ending).exists() for path in every)

    ending = SET_ASIDE_SUFFIX
    numbers = count(2)
    while is_used(ending):
        ending = f"{SET_ASIDE_SUFFIX}-{next(numbers)}"
    return ending


def _must_be_unused(path: Path) -> None:
    """Checkpoint a database; raise ArchiveError while in use.

    A damaged one is left as it is.
    """
    try:
        with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise ArchiveError(
                f"{path} is in use by another program.",
                hint="End `backissue up`, `serve`, `schedule` and every crawl, and try again.",
            ) from error
    except sqlite3.DatabaseError:
        pass


def _set_aside(path: Path, aside: Path) -> None:
    """Link a file and its logs under a second name.

    So all that was there has its names before the first file is replaced, whenever the restore is killed.
    """
    for ending in ("", *_LOGS):
        source = path.with_name(path.name + ending)
        if source.exists():
            with suppress(OSError):  # some file systems have one name for each file: then it is moved there
                os.link(source, aside.with_name(aside.name + ending))
    atomic_files.flush(path.parent)


def _put(source: Path, target: Path, aside: Path) -> None:
    """Replace a file by the backup's, the old one at `aside`.

    Where the backup has no such file, the old one is removed: one of another archive would not fit.
    """
    new = target.with_name(f".{target.name}.new")
    try:
        if source.exists():
            new.unlink(missing_ok=True)
            new.touch(mode=_mode(source, target))
            shutil.copyfile(source, new)
            flushed(new)
        for ending in _LOGS:  # of a damaged file; next to another one they would do harm
            _leave(target.with_name(target.name + ending), aside.with_name(aside.name + ending))
        if source.exists() and aside.exists():
            new.replace(target)
        else:
            _leave(target, aside)
            if source.exists():
                new.replace(target)
        atomic_files.flush(target.parent)
    finally:
        new.unlink(missing_ok=True)


def _mode(source: Path, target: Path) -> int:
    """Return a restored file's permissions; hidden texts and collections are private."""
    if source.name in (HIDDEN, DESK):
        return 0o600
    return target.stat().st_mode & 0o777 if target.exists() else 0o666


def _leave(path: Path, aside: Path) -> None:
    """Remove a path whose file is, or moves to, `aside`."""
    if aside.exists():
        path.unlink(missing_ok=True)
    elif path.exists():
        path.replace(aside)
