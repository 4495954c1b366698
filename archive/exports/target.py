"""Target of an export, and what it is written to: a file, a folder with its checksums, or a stream.

What is there already stays, unless it is to be replaced and is recognised as an earlier export. Files of the
archive stay in any case.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, TextIO, cast
from zipfile import ZIP_DEFLATED, ZipFile

from archive.core.atomic_files import replaced
from archive.core.errors import ArchiveError
from archive.core.timestamps import to_text
from archive.exports import marks
from archive.exports.marks import MANIFEST, SUMS
from archive.exports.selection import Snapshot

PROGRAM = f"backissue {version('backissue')}"
Own = Callable[[Path], None]
"""Raises ArchiveError for a place that belongs to the archive itself."""

_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def placed(target: Path, *, replace: bool, own: Own) -> Iterator[Path]:
    """Yield a path next to `target` for a file or a folder that then becomes `target`.

    Raises ArchiveError where another file is in the way, or the disk refuses it.
    """
    place = Path(os.path.realpath(target))  # a link stays, and what it leads to is replaced
    with (
        written(str(target)),
        replaced(place, lambda: _must_be_free(place, str(target), replace=replace, own=own)) as new,
    ):
        yield new


@contextmanager
def written(name: str) -> Iterator[None]:
    """Raise ArchiveError if the block cannot write."""
    try:
        yield
    except BrokenPipeError:  # a reader that has enough is no error
        raise
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF not in _DISK:
            raise
        reason = str(error)
        if isinstance(error, OSError) and error.strerror:
            reason = error.strerror
        raise ArchiveError(
            f"{name} cannot be written: {reason}.",
            hint="Is the disk full, or are you not allowed to write there?",
        ) from error


def _must_be_free(target: Path, name: str, *, replace: bool, own: Own) -> None:
    own(target)
    if not target.parent.is_dir():
        raise ArchiveError(
            f"The folder {target.parent} does not exist.", hint="Create it, or choose another place."
        )
    is_empty = target.is_dir() and not any(target.iterdir())
    if is_empty or not os.path.lexists(target):
        return
    if not marks.is_export(target):
        raise ArchiveError(
            f"{name} exists and is not just an earlier export, so it was not replaced.",
            hint="Choose another place.",
        )
    if not replace:
        raise ArchiveError(
            f"{name} is an earlier export.", hint="Choose another place, or add --force to replace it."
        )


class Summed(io.BufferedIOBase):
    """Stream that passes on its input, and records its length and SHA-256."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._sum = hashlib.sha256()
        self._size = 0

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was written, in hexadecimal."""
        return self._sum.hexdigest()

    def writable(self) -> bool:
        """Return that the stream is writable."""
        return True

    def write(self, data: Any) -> int:
        """Write all of `data`."""
        self._out.write(data)
        self._sum.update(data)
        length = memoryview(data).nbytes
        self._size += length
        return length

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size


def text_stream(stream: Summed) -> TextIO:
    """Return a text stream of UTF-8 over one of bytes.

    The ends of lines stay as they are written.
    """
    return io.TextIOWrapper(
        cast("IO[bytes]", stream), encoding="utf-8", errors="backslashreplace", newline=""
    )


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of a folder: its length in bytes and its SHA-256 in hexadecimal."""

    size: int
    digest: str


class Bundle:
    """Files that belong together in one folder, with a manifest and their checksums."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.written: dict[str, WrittenFile] = {}
        self._sums = (folder / SUMS).open("w", encoding="utf-8")

    @contextmanager
    def open(self, name: str) -> Iterator[Summed]:
        """Write one file; `name` may have folders, divided by slashes."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            part = Summed(file)
            yield part
        self._note(name, WrittenFile(part.tell(), part.digest))

    @contextmanager
    def text(self, name: str) -> Iterator[TextIO]:
        """Return the same for a text, in UTF-8."""
        with self.open(name) as part, text_stream(part) as text:
            yield text

    def add(self, name: str) -> None:
        """Note a file that was written into the folder by other means."""
        path = self.folder / name
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            self._note(name, WrittenFile(path.stat().st_size, digest))

    def _note(self, name: str, file: WrittenFile) -> None:
        self.written[name] = file
        self._sums.write(f"{file.digest}  {name}\n")

    def close(self, facts: dict[str, Any]) -> None:
        """Write the manifest, and end the list of checksums."""
        with self.text(MANIFEST) as text:
            text.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        self._sums.close()


@contextmanager
def bundled(target: Path, *, replace: bool, own: Own) -> Iterator[Bundle]:
    """Return files in the folder `target`, packed where it ends in .zip.

    Raises ArchiveError.
    """
    with placed(target, replace=replace, own=own) as new:
        if target.suffix.lower() != ".zip":
            yield Bundle(new)
            return
        yield (bundle := Bundle(new.with_name("folder")))
        with ZipFile(new, "w", compression=ZIP_DEFLATED) as packed:
            for path in sorted(path for path in bundle.folder.rglob("*") if path.is_file()):
                packed.write(path, path.relative_to(bundle.folder))


def facts(snapshot: Snapshot, form: str, counts: dict[str, int]) -> dict[str, Any]:
    """Return the manifest's facts: selection, time, archive, filters and counts."""
    return {
        "form": form,
        "program": PROGRAM,
        "exported_at": to_text(datetime.now(UTC)),
        "archive": snapshot.path.name,
        "schema": snapshot.schema,
        "filters": snapshot.selection.filters,
        "counts": counts,
    }
