"""Published generations of archives: one folder each.

    current.json                 {"generation": 17}, exchanged in one step
    generation-000017/shards.db  the index of its shards
    generation-000017/in-use     locked by readers while they read
    generation-000017/NAME.db    one archive (a shard), never changed again; NAME-media.db its files

A reader takes a shared lock before it reads, and a publisher removes what it can lock for itself alone: so
nobody loses a file under a request, and the lock of a killed reader is free at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from pathlib import Path
from typing import Self

from archive.core import atomic_files
from archive.core.errors import ArchiveError

INDEX = "shards.db"
_CURRENT, _IN_USE = "current.json", "in-use"
_FOLDER = re.compile(r"generation-(\d{6,})")
_TRIES = 10
"""How often a reader begins anew, where what it was about to read was replaced meanwhile."""


def has_generation(folder: Path) -> bool:
    """True if a folder contains published archives."""
    return (folder / _CURRENT).is_file()


def current_number(folder: Path) -> int:
    """Return the number of the current generation, or 0.

    Raises ArchiveError where the file that names it is not ours.
    """
    path = folder / _CURRENT
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["generation"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{path} does not name a generation: {error}.", hint="`backissue publish` writes it anew."
        ) from error


def folder_of(folder: Path, number: int) -> Path:
    """Return the folder of a generation."""
    return folder / f"generation-{number:06d}"


def numbers(folder: Path) -> list[int]:
    """Return the numbers of all generations, oldest first."""
    matches = (_FOLDER.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in matches if match)


def shard_path(generation: Path, name: str) -> Path:
    """Return the archive of a shard."""
    return generation / f"{name}.db"


def make_current(folder: Path, number: int) -> None:
    """Name another generation as the current one, in one step."""
    content = f"{json.dumps({'generation': number})}\n"
    with atomic_files.replaced(folder / _CURRENT, lambda: None) as new:
        new.write_text(content, encoding="utf-8")


def remove_unread(folder: Path, keep: int) -> list[int]:
    """Remove generations but number `keep`; return those still read."""
    read = []
    for number in numbers(folder):
        if number == keep:
            continue
        place = folder_of(folder, number)
        prepare_lock(place)  # a killed publisher may have removed it, and left the rest
        with _open_lock(place) as lock:
            if not lock.take(fcntl.LOCK_EX):
                read.append(number)
                continue
            atomic_files.remove(place)
    return read


class GenerationLease:
    """Shared lock of the current generation, until closed."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises ArchiveError where nothing is published there."""
        for _ in range(_TRIES):
            self.number = current_number(folder)
            self.folder = folder_of(folder, self.number)
            try:
                self._lock = _open_lock(self.folder)
            except FileNotFoundError:
                continue
            if self._lock.take(fcntl.LOCK_SH) and (self.folder / _IN_USE).exists():
                return
            self._lock.close()
        place = self.folder.name if has_generation(folder) else None
        sentence = f"No archives are published in {folder}."
        if place:
            sentence = f"{folder / _CURRENT} names {place}, which is not there."
        raise ArchiveError(sentence, hint="`backissue publish SRC --to DIR` publishes some.")

    def close(self) -> None:
        """Close the generation."""
        self._lock.close()


class _Lock:
    """Lock of the readers on the file of a generation."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def take(self, how: int) -> bool:
        """Take the lock without waiting; False where it is taken."""
        try:
            fcntl.flock(self._handle, how | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def prepare_lock(generation: Path) -> None:
    """Make the file that readers of a new generation lock."""
    (generation / _IN_USE).touch()


def _open_lock(generation: Path) -> _Lock:
    return _Lock(os.open(generation / _IN_USE, os.O_RDONLY))
