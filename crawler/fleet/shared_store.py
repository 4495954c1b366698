"""Shared store of a fleet: an object store or a folder, with one condition.

`create` writes an object only if it does not exist, which object stores (If-None-Match) and file systems (a
hard link) both do in one step. All that has to be decided between two machines is decided by it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from archive.core.errors import BackissueError, ConfigError
from archive.files.object_store import failure_reason, open_object_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

ANSWER_SECONDS = 20  # for one request to an object store
RETRIES = 2
T = TypeVar("T")


class StoreError(BackissueError):
    """Shared store that cannot be read or written now."""

    retry = True


class SharedStore:
    """Objects by key, in an object store or a folder.

    Every method raises StoreError where the store does not answer.
    """

    def __init__(self, store: ObjectStore, url: str) -> None:
        self._store = store
        self.url = url

    def create(self, key: str, content: bytes) -> bool:
        """Write an object if it does not exist; True if this wrote it.

        A first attempt may have succeeded although its answer was lost, so equal content counts as ours.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415

        try:
            self._ask(lambda: self._store.put(key, content, mode="create"))
        except (AlreadyExistsError, PreconditionError):
            return self.read(key) == content
        return True

    def replace(self, key: str, content: bytes) -> None:
        """Write an object, replacing any earlier one."""
        self._ask(lambda: self._store.put(key, content, use_multipart=False))

    def read(self, key: str) -> bytes | None:
        """Return an object's content, if it exists."""
        try:
            return self._ask(lambda: bytes(self._store.get(key).bytes()))
        except FileNotFoundError:
            return None

    def exists(self, key: str) -> bool:
        """True if there is such an object."""
        try:
            self._ask(lambda: self._store.head(key))
        except FileNotFoundError:
            return False
        return True

    def names(self, folder: str) -> list[str]:
        """Return the sorted names of a folder's own objects."""
        return sorted(str(entry["path"]).rpartition("/")[2] for entry in self._listed(folder))

    def delete(self, key: str) -> None:
        """Remove an object; a missing one is no error."""
        with suppress(FileNotFoundError):
            self._ask(lambda: self._store.delete(key))

    def _listed(self, folder: str) -> list[Any]:
        found = self._ask(lambda: self._store.list_with_delimiter(folder))
        return list(found["objects"])

    def _ask(self, question: Callable[[], T]) -> T:
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError  # noqa: PLC0415

        try:
            return question()
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            raise
        except (BaseError, OSError, ValueError) as error:
            raise StoreError(
                f"The fleet's store {self.url} cannot be used: {failure_reason(error)}.",
                hint="Is it reachable, and may this machine write there? Object stores take their keys from"
                " the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and the like).",
            ) from error


class Outages:
    """Log of a task that the store may refuse: one line when it begins to, one when it answers again."""

    def __init__(self, what: str, logger: logging.Logger) -> None:
        self._what, self._logger, self._is_out = what, logger, False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Log a StoreError of the block, and continue."""
        try:
            yield
        except StoreError as error:
            if not self._is_out:
                self._logger.warning("%s cannot be written: %s", self._what, error)
            self._is_out = True
        else:
            if self._is_out:
                self._logger.warning("%s can be written again.", self._what)
            self._is_out = False


def open_store(url: str) -> SharedStore:
    """Open the store of a URL, such as s3://bucket/folder, or of a path.

    Raises ConfigError where obstore is not installed or does not support the URL.
    """
    try:
        from obstore.store import LocalStore  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise missing_extra("obstore") from error
    try:
        if "://" not in url or url.startswith("file://"):
            place = Path(url.removeprefix("file://")).expanduser().absolute()
            return SharedStore(LocalStore(place, mkdir=True), str(place))
        store = open_object_store(url, seconds=ANSWER_SECONDS, retries=RETRIES)
    except Exception as error:
        raise ConfigError(f"fleet.store: {url} cannot be opened: {failure_reason(error)}.") from error
    return SharedStore(store, url)


def missing_extra(library: str) -> ConfigError:
    """Return the error of a library that is not installed."""
    return ConfigError(
        f"A fleet needs {library}, which is not installed.",
        hint="Install it: pip install 'backissue[fleet]'.",
    )
