"""How a result takes its place: whole under its name, or not at all.

Everything is written beside the place it is meant for, under a name that begins with a dot, and
renamed at the end. What is there already stays, unless it is to be replaced and was an export too.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, TextIO, cast
from zipfile import ZIP_DEFLATED, ZipFile

from archive.core.errors import ArchiveError
from archive.core.timestamps import to_text
from archive.exports.selection import Snapshot

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
PROGRAM = f"backissue {version('backissue')}"
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def placed(target: Path, *, replace: bool) -> Iterator[Path]:
    """A path beside `target` to write a file or a folder at; afterwards it is `target`.

    Raises ArchiveError where something is in the way, or the disk does not take it.
    """
    _must_be_free(target, replace=replace)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with written(str(target)):
            yield new
            _take_place(new, target)
    finally:
        _remove(new)


@contextmanager
def written(name: str) -> Iterator[None]:
    """Say of what cannot be written that it cannot. Raises ArchiveError."""
    try:
        yield
    except BrokenPipeError:  # a reader that has enough is no error
        raise
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF not in _DISK:
            raise
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise ArchiveError(
            f"{name} cannot be written: {reason}.", hint="Is there room on the disk, and may you write there?"
        ) from error


def _must_be_free(target: Path, *, replace: bool) -> None:
    if target.is_dir():
        ours = (target / MANIFEST).is_file()
        free, what = not any(target.iterdir()), "a folder that is not empty"
    else:
        ours = target.is_file()
        free, what = not target.exists(), "there already"
    if not free and not (replace and ours):
        hint = "Name another place, or add --force to replace it." if ours else "Name another place."
        raise ArchiveError(f"{target} is {what}.", hint=hint)


def _take_place(new: Path, target: Path) -> None:
    if target.is_dir():
        old = new.with_suffix(".old")
        target.rename(old)
        new.rename(target)
        _remove(old)
    else:
        new.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Summed(io.BufferedIOBase):
    """A stream that hands on what is written to it, and knows its length and SHA-256."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._sum = hashlib.sha256()
        self._size = 0

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal."""
        return self._sum.hexdigest()

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        self._out.write(data)
        self._sum.update(data)
        length = memoryview(data).nbytes
        self._size += length
        return length

    def tell(self) -> int:
        """How many bytes were written."""
        return self._size


def text_of(stream: Summed) -> TextIO:
    """A text stream of UTF-8 over one of bytes; the ends of lines stay as they are written."""
    return io.TextIOWrapper(
        cast("IO[bytes]", stream), encoding="utf-8", errors="backslashreplace", newline=""
    )


class Bundle:
    """Files that belong together in one folder, with a manifest and their checksums."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self._sums = (folder / SUMS).open("w", encoding="utf-8")

    @contextmanager
    def open(self, name: str) -> Iterator[Summed]:
        """Write one file; `name` may have folders, divided by slashes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            part = Summed(file)
            yield part
        self._sums.write(f"{part.digest}  {name}\n")

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """The same for a text, in UTF-8."""
        with self.open(name) as part, text_of(part) as text:
            yield text

    def add(self, name: str) -> None:
        """Note a file that was written into the folder by other means."""
        with (self.folder / name).open("rb") as file:
            self._sums.write(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")

    def close(self, facts: dict[str, Any]) -> None:
        """Write the manifest, and end the list of checksums."""
        with self.text(MANIFEST) as text:
            text.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        self._sums.close()


@contextmanager
def bundled(target: Path, *, replace: bool) -> Iterator[Bundle]:
    """Files in the folder `target`, or packed into it where its name ends in .zip. Raises ArchiveError."""
    with placed(target, replace=replace) as new:
        if target.suffix.lower() != ".zip":
            yield Bundle(new)
            return
        folder = new.with_suffix(".folder")
        try:
            yield (bundle := Bundle(folder))
            with ZipFile(new, "w", compression=ZIP_DEFLATED) as packed:
                for path in sorted(path for path in bundle.folder.rglob("*") if path.is_file()):
                    packed.write(path, path.relative_to(bundle.folder))
        finally:
            _remove(folder)


def facts(snapshot: Snapshot, form: str, counts: dict[str, int]) -> dict[str, Any]:
    """What a manifest says: what was taken, when, from which archive, how limited, and how much of it."""
    return {
        "form": form,
        "program": PROGRAM,
        "exported_at": to_text(datetime.now(UTC)),
        "archive": snapshot.path.name,
        "schema": snapshot.schema,
        "filters": snapshot.selection.filters,
        "counts": counts,
    }
