"""Reading many pages on several cores.

Each core has a thread here and a worker process of its own (`BoundedReader`); pages are sent and extracts
returned in one order, so that saving them is the same as with a single reader. What is read ahead is bounded.
Does not: save.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from archive.core.records import Extract, Page, Site
from archive.files.raw_pages import Altered
from pipeline.reading import BoundedReader

AHEAD = 4  # pages read ahead for each worker: enough that no worker waits while one page is long
_Task = tuple[Page | Altered, Future[Extract] | None]


class ReaderPool:
    """A number of readers, each in a process of its own."""

    def __init__(
        self, jobs: int, stopping: Callable[[], bool] = lambda: False, *, grace_seconds: float = 0.0
    ) -> None:
        self._jobs = jobs
        self._stopping, self._grace_seconds = stopping, grace_seconds
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="reader", initializer=self._begin)
        self._own = threading.local()
        self._readers: list[BoundedReader] = []

    def read_each(
        self, pages: Iterable[Page | Altered], site: Site
    ) -> Iterator[tuple[Page | Altered, Extract | None]]:
        """Yield each page and its extract, in the order of the pages; an altered one has no extract."""
        waiting: deque[_Task] = deque()
        for page in pages:
            read = self.submit(page, site) if isinstance(page, Page) else None
            waiting.append((page, read))
            if len(waiting) >= self._jobs * AHEAD:
                yield _finished(waiting.popleft())
        while waiting:
            yield _finished(waiting.popleft())

    def submit(self, page: Page, site: Site) -> Future[Extract]:
        """Return a future of a page's extract; it fails as `read_apart` does."""
        return self._threads.submit(self._read, page, site)

    def close(self) -> None:
        """End all workers, and drop what was read ahead."""
        for reader in self._readers:
            reader.end()
        self._threads.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.close()

    def _begin(self) -> None:
        self._own.reader = BoundedReader(stopping=self._stopping, grace_seconds=self._grace_seconds)
        self._readers.append(self._own.reader)

    def _read(self, page: Page, site: Site) -> Extract:
        reader: BoundedReader = self._own.reader
        return reader.read_apart(page, site)


def _finished(task: _Task) -> tuple[Page | Altered, Extract | None]:
    page, read = task
    return page, read.result() if read else None
