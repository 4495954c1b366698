"""The published archives of one server, and their current generation.

A new generation is opened and warmed while the current one is in use, then replaces it; each request keeps
the one it began with until its end. Connections are few and reused: a reader is for one question at a time.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from archive.core.errors import ArchiveError
from archive.shards import generation
from archive.shards.questions import LANES, lane_of
from archive.shards.shard_index import ShardIndex

READERS = 2
"""Questions over all archives that are answered at once; more wait."""
OPEN_ARCHIVES = 300  # by one reader; the least used are closed, since a process may have few files open
LOOK_SECONDS = 1.0  # between two checks for a new generation
_CACHE_KIB = 256  # of SQLite's own cache, for each connection; the system's cache serves all of them
_MAPPED_BYTES = 1 << 28

T = TypeVar("T")
_log = logging.getLogger("backissue.pages")
_libraries: WeakKeyDictionary[Any, Library] = WeakKeyDictionary()


def library_of(datasette: Any) -> Library | None:
    """Return the library of a Datasette, if it has one.

    Raises ArchiveError where nothing is published in its folder.
    """
    if datasette is None:
        return None
    folder = (datasette.plugin_config("backissue") or {}).get("published")
    if not folder:
        return None
    if datasette not in _libraries:
        _libraries[datasette] = Library(Path(folder))
    return _libraries[datasette]


class ShardReader:
    """Index and archives of a generation, for one query each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lanes = [OrderedDict[str, sqlite3.Connection]() for _ in range(LANES)]
        self.index = ShardIndex(folder / generation.INDEX)

    def archive(self, name: str) -> sqlite3.Connection:
        """Return a read-only connection, for the thread of its lane."""
        lane = self._lanes[lane_of(self.index.shards[name])]
        connection = lane.get(name)
        if connection is None:
            uri = generation.shard_path(self._folder, name).resolve().as_uri()
            connection = sqlite3.connect(
                f"{uri}?mode=ro&immutable=1", uri=True, check_same_thread=False, isolation_level=None
            )
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
            lane[name] = connection
            if len(lane) > OPEN_ARCHIVES // LANES:
                lane.popitem(last=False)[1].close()
        lane.move_to_end(name)
        return connection

    def warm(self) -> None:
        """Open the archives and read their schemas in advance.

        Raises ArchiveError where one is missing or damaged.
        """
        for name in list(self.index.shards)[:OPEN_ARCHIVES]:
            try:
                self.archive(name).execute("SELECT 1 FROM articles LIMIT 1").fetchone()
            except sqlite3.Error as error:
                path = generation.shard_path(self._folder, name)
                raise ArchiveError(
                    f"{path} is missing or damaged: {error}.",
                    hint="`backissue publish SRC --to DIR` makes another one.",
                ) from error

    def close(self) -> None:
        """Close all files."""
        self.index.close()
        for lane in self._lanes:
            for connection in lane.values():
                connection.close()


class OpenGeneration:
    """One generation, locked while it is current or read.

    Raises ArchiveError where it is missing or damaged.

    `rooms` are what others keep with it, and close with it.
    """

    def __init__(self, folder: Path) -> None:
        self._lease = generation.GenerationLease(folder)
        self.number = self._lease.number
        self.folder = self._lease.folder
        self.rooms: dict[str, Any] = {}
        self.uses = 0
        self._readers: queue.Queue[ShardReader] = queue.Queue()
        try:
            readers = [ShardReader(self.folder) for _ in range(READERS)]
            for reader in readers:
                reader.warm()
        except BaseException:
            self._lease.close()
            raise
        self.shards = readers[0].index.shards
        self.made_at = readers[0].index.made_at
        for reader in readers:
            self._readers.put(reader)

    def ask(self, work: Callable[[ShardReader], T]) -> T:
        """Run `work` with a reader, when one is free."""
        reader = self._readers.get()
        try:
            return work(reader)
        finally:
            self._readers.put(reader)

    def close(self) -> None:
        """Close it. Nobody may use it any more."""
        for room in self.rooms.values():
            room.close()
        for _ in range(READERS):
            self._readers.get().close()
        self._lease.close()


class Library:
    """The newest generation of a folder, exchanged under running requests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._now: OpenGeneration | None = OpenGeneration(folder)
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._is_opening = False
        self._executor = ThreadPoolExecutor(READERS, thread_name_prefix="library")

    @contextmanager
    def reading(self) -> Iterator[OpenGeneration]:
        """Keep the current generation open for one request."""
        self._look()
        with self._lock:
            held = self._now
            if held is None:
                raise ArchiveError("The server is about to end.")
            held.uses += 1
        try:
            yield held
        finally:
            self._let_go(held)

    async def ask(self, held: OpenGeneration, work: Callable[[ShardReader], T]) -> T:
        """Run `work` in a thread, with a reader."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, held.ask, work)

    def end_stalled_downloads(self) -> None:
        """End stalled downloads in the rooms of all archives."""
        with self._lock:
            rooms = list(self._now.rooms.values()) if self._now is not None else []
        for room in rooms:
            room.end_stalled_downloads()

    def close(self) -> None:
        """Close the generation at the end of the server."""
        with self._lock:
            held = self._now
            self._now = None
            is_free = held is not None and not held.uses
        if held is not None and is_free:
            held.close()

    def _look(self) -> None:
        """Begin to open a newer generation, if there is one."""
        now = time.monotonic()
        if self._is_opening or self._now is None or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        with suppress(ArchiveError):
            if generation.current_number(self.folder) != self._now.number:
                self._is_opening = True
                threading.Thread(target=self._open_newest, name="next-generation", daemon=True).start()

    def _open_newest(self) -> None:
        try:
            self._exchange(OpenGeneration(self.folder))
        except (ArchiveError, OSError, sqlite3.Error) as error:
            _log.warning(
                "The new generation in %s cannot be read, so the old one stays: %s", self.folder, error
            )
        finally:
            self._is_opening = False

    def _exchange(self, newest: OpenGeneration) -> None:
        with self._lock:
            old = self._now
            self._now = newest
            is_free = old is not None and not old.uses
        if old is not None and is_free:
            old.close()
        _log.info("Generation %d of %s is shown.", newest.number, self.folder)

    def _let_go(self, held: OpenGeneration) -> None:
        with self._lock:
            held.uses -= 1
            is_over = not held.uses and held is not self._now
        if is_over:
            held.close()
