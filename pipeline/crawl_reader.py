"""How a crawl reads its pages: in its own process, or in additional workers once reading delays it.

A polite crawl waits for its site most of the time and starts no worker. Where pages arrive as fast as they
can be read, each is handed to a worker at once, and its extract is awaited when it is its turn to be saved.
Does not: keep or save; bound the number of pages, which Scrapy does by their bytes.
Invariant: an extract is the same wherever its page was read, and costs at most what `reading` allows.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable

from archive.core.records import Extract, Page, Site
from pipeline.reader_pool import ReaderPool
from pipeline.reading import IN_PROCESS_SECONDS, BoundedReader

WORKERS_AFTER_SECONDS = 1.5
"""CPU time of reading after which workers may start: about what the start of one costs."""
WORKERS_SHARE = 1 / 5
"""The part of the time that reading takes where workers pay. A delay of a second leaves it a twentieth."""
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

logger = logging.getLogger(__name__)

Begun = asyncio.Future[Extract]


class CrawlReader:
    """The reader of one crawl."""

    def __init__(self, stopping: Callable[[], bool], *, pauses: bool) -> None:
        """`pauses` is True for a crawl that waits between two requests: there only CPU time counts.

        Without pauses, whatever else a busy machine does makes reading delay the crawl no less.
        """
        self._stopping = stopping
        self._clock = time.process_time if pauses else time.monotonic
        self._here = BoundedReader(stopping=stopping)
        self._pool: ReaderPool | None = None
        self._spent_seconds = 0.0  # of CPU time
        self._taken_seconds = 0.0
        self._since = time.monotonic()

    def begin(self, page: Page, site: Site) -> Begun | None:
        """Hand a received page to a worker, unless it is read when it is its turn."""
        if self._pool is None:
            return None
        return asyncio.wrap_future(self._pool.submit(page, site))

    async def read(self, page: Page, site: Site, begun: Begun | None) -> Extract:
        """Return a page's extract, while the crawl continues and heeds signals.

        Raises InterruptedReadingError when the crawl is to end meanwhile.
        """
        if begun is not None:
            return await begun
        is_loaded = "trafilatura" in sys.modules  # it takes more time to load than to read many pages
        spent, began = time.process_time(), self._clock()
        extract = self._here.read_at_once(page, site)
        if is_loaded:
            self._note(time.process_time() - spent, self._clock() - began)
        if extract is None:
            logger.info("%s is read in a process of its own.", page.url)
            extract = await asyncio.to_thread(self._here.read_apart, page, site)
        return extract

    def close(self) -> None:
        """End all workers."""
        self._here.close()
        if self._pool is not None:
            self._pool.close()

    def _note(self, spent_seconds: float, taken_seconds: float) -> None:
        """Add up the CPU time of reading here, and the time it took; start workers if it delays the crawl."""
        self._spent_seconds += spent_seconds
        self._taken_seconds += taken_seconds
        if CORES == 1 or self._pool is not None or self._spent_seconds < WORKERS_AFTER_SECONDS:
            return
        elapsed = time.monotonic() - self._since
        if self._taken_seconds >= elapsed * WORKERS_SHARE:
            logger.debug("Pages are read by %d workers from here on.", CORES)
            self._pool = ReaderPool(CORES, self._stopping, grace_seconds=IN_PROCESS_SECONDS)
        self._spent_seconds, self._taken_seconds, self._since = 0.0, 0.0, time.monotonic()
