"""Atomic results: a result is whole under its name or absent, however the program ends.

A result is made in a folder of its own next to its place, which is locked while its maker runs. What was
there is exchanged with it in one step, where the system can. What a killed maker left is removed by the next
one, and if the old result was already moved out of its place, it is put back.
"""

from __future__ import annotations

import ctypes
import fcntl
import glob
import os
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW = "new"
_OLD = "old"
_ENDING = ".unfinished"
_AT_FDCWD, _EXCHANGE = -100, 2  # of <fcntl.h> and <linux/fs.h>


@contextmanager
def replaced(target: Path, may_replace: Callable[[], None]) -> Iterator[Path]:
    """Yield a path whose content replaces `target` at the end.

    `target` is a path without links. `may_replace` raises where something is there that has to stay; it is
    called at the beginning, and again at the end, since another program may have written there meanwhile.
    """
    tidy(target)
    may_replace()
    with _workshop(target) as folder:
        new = folder / _NEW
        yield new
        may_replace()
        if not os.path.lexists(target) or not _exchanged(new, target):
            _moved(new, target, folder / _OLD)
        flush(target.parent)


def tidy(target: Path) -> None:
    """Remove litter of killed writers, and restore what they moved."""
    for folder in target.parent.glob(f"{glob.escape(_prefix(target))}*{_ENDING}"):
        lock = _locked(folder)
        if lock is None:
            continue
        try:
            if (folder / _OLD).exists() and not os.path.lexists(target):
                (folder / _OLD).rename(target)
            remove(folder)
        finally:
            os.close(lock)


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def flush(folder: Path) -> None:
    """Bring the names in a folder safely onto the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """Create a locked temporary folder, removed at the end."""
    token = secrets.token_hex(4)
    folder = target.with_name(f"{_prefix(target)}{token}{_ENDING}")
    lock = None
    try:
        folder.mkdir(mode=0o700)
        lock = _locked(folder)
        yield folder
    finally:
        remove(folder)
        if lock is not None:
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """Lock a folder, unless another process has it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _exchanged(new: Path, target: Path) -> bool:
    """Exchange two paths atomically; False where unsupported."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    source = os.fsencode(new)
    destination = os.fsencode(target)
    done = rename(_AT_FDCWD, source, _AT_FDCWD, destination, _EXCHANGE)
    return bool(done == 0)


def _moved(new: Path, target: Path, old: Path) -> None:
    """Move a result into place, in two steps for folders."""
    if target.is_dir():
        target.rename(old)
    new.replace(target)


def _prefix(target: Path) -> str:
    """Return the prefix of a target's temporary folders."""
    name = target.name.encode()
    start = name[:120].decode(errors="ignore")
    return f".{start}.{zlib.crc32(name):08x}."
