"""Places of files of pages: a path, or the URL of an object store (s3://, gs://, az://), read by ranges.

Keys of an object store come from the environment. Invariant: a store that does not answer is a PlaceError,
never a damaged file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archive.core.errors import BackissueError
from archive.files.object_store import failure_reason, open_object_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

Place = str | Path
_BUFFER_BYTES = 1 << 20
_ANSWER_SECONDS = 30  # for one request to an object store
_RETRIES = 4


class PlaceError(BackissueError):
    """Object store that cannot be read."""


def is_remote(place: Place) -> bool:
    """True for the URL of an object store."""
    return "://" in str(place)


def open_place(place: str) -> IO[bytes]:
    """Open a file for reading. Raises OSError, and PlaceError for an object store."""
    if is_remote(place):
        return BufferedReader(_RemoteFile(place), _BUFFER_BYTES)
    return Path(place).open("rb")


def size_of(place: str) -> int:
    """Return the size of a file in bytes. Raises OSError, and PlaceError for an object store."""
    return _head(place) if is_remote(place) else Path(place).stat().st_size


def remote_files(url: str) -> list[str]:
    """Return the URLs of the objects at or below a URL.

    Empty where there is none.
    """
    import obstore  # noqa: PLC0415  (an extra)

    store, key = _split(url)
    sizes: dict[str, int] = {}
    with _named(url):
        for batch in obstore.list(store, prefix=key or None):
            sizes |= {str(entry["path"]): int(entry["size"]) for entry in batch}
        folders = {path[:end] for path in sizes for end in range(len(path)) if path[end] == "/"}
        found = [path for path, size in sizes.items() if size or path not in folders]
        if not found and key:
            try:
                found = [str(obstore.head(store, key)["path"])]
            except FileNotFoundError:
                return []
    return [f"{_base(url)}/{path}" for path in sorted(found)]


class _RemoteFile(RawIOBase):
    """One object, read by ranges."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url, self._at, self._size = url, 0, _head(url)
        self._store, self._key = _split(url)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        import obstore  # noqa: PLC0415  (an extra)

        end = min(self._at + len(buffer), self._size)
        if end <= self._at:
            return 0
        with _named(self._url):
            content = bytes(obstore.get_range(self._store, self._key, start=self._at, end=end))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def _head(url: str) -> int:
    import obstore  # noqa: PLC0415  (an extra)

    store, key = _split(url)
    with _named(url):
        return int(obstore.head(store, key)["size"])


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _split(url: str) -> tuple[ObjectStore, str]:
    base = _base(url)
    return _store(base), url.removeprefix(base).strip("/")  # whole: a key may have a "?" or "#"


@lru_cache
def _store(base: str) -> ObjectStore:
    """Open the bucket of a URL. Raises PlaceError where that cannot be."""
    try:
        with _named(base):
            return open_object_store(base, seconds=_ANSWER_SECONDS, retries=_RETRIES)
    except ImportError as error:
        raise PlaceError(
            f"{base} is read by obstore, which is not installed.",
            hint="Install Backissue with it, as backissue[scale].",
        ) from error


@contextmanager
def _named(url: str) -> Iterator[None]:
    """Raise PlaceError, with the URL, where the store fails in the block."""
    from obstore.exceptions import BaseError  # noqa: PLC0415  (an extra)

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and "bucket" not in str(error).lower():
            raise
        raise PlaceError(
            f"{url} cannot be read: {failure_reason(error)}.",
            hint="Check the URL and the keys in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,"
            " AWS_REGION, AWS_ENDPOINT_URL and the like).",
        ) from error
