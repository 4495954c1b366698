"""Who may run SQL, and when: a few processes for pages with a short queue, and a few for downloads.

Does not: depend on Datasette's classes or any table. Invariant: every statement's process is ended soon after
its time, and the next in the queue gets another one; a full queue is an error at once.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from archive.public.sql.jobs import OUT_OF_MEMORY, Failure, Job, Rows
from archive.public.sql.workers import TEMPLATE, Template, Worker, WorkerLostError

QUERIES = 2
"""Statements of pages that run at a time; more would only share the same cores."""

QUEUE = 12
"""Statements that may wait. A page of Datasette's runs about five, one after the other."""

QUEUE_SECONDS = 15.0
"""A statement that has waited longer than this is not begun."""

DOWNLOADS = 4
"""Downloads at a time, of each kind: those of readers' SQL, and those of searches."""

KILL_GRACE_SECONDS = 1.0
"""Beyond its time limit, after which a statement's process is ended."""

STALLED_SECONDS = 60.0
"""A download whose reader has taken nothing for so long is ended."""

RETRY_AFTER_SECONDS = 5

T = TypeVar("T")


class CrowdedError(Exception):
    """No room for another statement now."""


class LateError(Exception):
    """A statement that was late; its process was ended."""


class LostError(Exception):
    """A statement whose process ended under it, for want of memory most likely."""


class Pool:
    """The processes of one Datasette. `settings` are the pickled arguments of the Datasette in each."""

    def __init__(self, settings: Callable[[], bytes], template: Template = TEMPLATE) -> None:
        self._settings = settings
        self._template = template
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._queued = 0
        self._downloads: dict[Download, str] = {}
        self._closed = False
        self._threads = ThreadPoolExecutor(QUERIES, thread_name_prefix="sql")
        self._download_threads = ThreadPoolExecutor(2 * DOWNLOADS, thread_name_prefix="sql-download")
        self._finalizer = weakref.finalize(self, _end_all, self._idle)

    async def run(self, job: Job) -> Rows | Failure:
        """Run a statement of a page. Raises CrowdedError, LateError, LostError."""
        with self._lock:
            if self._closed or self._queued >= QUERIES + QUEUE:
                raise CrowdedError
            self._queued += 1
        asked_at = time.monotonic()
        future = self._threads.submit(self._run_queued, job, asked_at)
        future.add_done_callback(self._leave_queue)
        return await self._answered(asyncio.wrap_future(future))

    async def open_download(self, job: Job, kind: str) -> Download:
        """Begin a download. Raises CrowdedError, LateError, LostError."""
        self.end_stalled_downloads()
        with self._lock:
            if self._closed or sum(each == kind for each in self._downloads.values()) >= DOWNLOADS:
                raise CrowdedError
            download = Download(self, job)
            self._downloads[download] = kind
        try:
            await download.begin()
        except BaseException:
            download.close()
            raise
        return download

    def start(self) -> None:
        """Start a process before the first reader needs one."""
        with suppress(LateError, LostError, CrowdedError):
            self.give_back(self.take_worker())

    def end_stalled_downloads(self, older_than_seconds: float | None = None) -> int:
        """End downloads that nobody takes, or all that began so long ago.

        Returns how many.
        """
        now = time.monotonic()
        with self._lock:
            found = [each for each in self._downloads if each.is_stalled(now, older_than_seconds)]
        for download in found:
            download.close()
        return len(found)

    def close(self) -> None:
        """End all processes, and refuse the requests that wait."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._busy]
            self._idle.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._download_threads.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.end()

    # -- for the threads, and for downloads ---------------------------------------------------------

    def take_worker(self) -> Worker:
        """Return an idle worker, or a new one. Raises LostError, CrowdedError."""
        with self._lock:
            worker = self._idle.pop() if self._idle else None
            if self._closed:
                raise CrowdedError
        try:
            worker = worker or self._template.start_worker(self._settings())
        except WorkerLostError as error:
            raise LostError from error
        with self._lock:
            self._busy.add(worker)
        return worker

    def give_back(self, worker: Worker, *, spent: bool = False) -> None:
        """Keep a worker for the next statement, unless it has ended, is spent, or there are enough."""
        with self._lock:
            self._busy.discard(worker)
            is_usable = not (spent or worker.ended or self._closed)
            keep = is_usable and len(self._idle) <= QUERIES
            if keep:
                self._idle.append(worker)
        if not keep:
            worker.end()

    def exchange(self, worker: Worker, ask: Callable[[], Rows | Failure]) -> Rows | Failure:
        """Let a worker reply.

        Raises CrowdedError, LateError, LostError; the worker is given back then.
        """
        try:
            reply = ask()
        except WorkerLostError as error:
            self.give_back(worker)
            if self._closed:
                raise CrowdedError from error
            raise (LateError if str(error) == "late" else LostError) from error
        if isinstance(reply, Failure):
            self.give_back(worker, spent=reply.code == OUT_OF_MEMORY)
        return reply

    async def in_download_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work of a download.

        Raises CrowdedError once the pool is closed.
        """
        if self._closed:
            raise CrowdedError
        future = self._download_threads.submit(work)
        return await self._answered(asyncio.wrap_future(future))

    def forget(self, download: Download) -> None:
        """Give the place of a download to another one."""
        with self._lock:
            self._downloads.pop(download, None)

    def _run_queued(self, job: Job, asked_at: float) -> Rows | Failure:
        if time.monotonic() - asked_at > QUEUE_SECONDS:
            raise CrowdedError
        worker = self.take_worker()
        seconds = job.limit_ms / 1000 + KILL_GRACE_SECONDS
        reply = self.exchange(worker, lambda: worker.ask(job, seconds))
        if isinstance(reply, Rows):
            self.give_back(worker)
        return reply

    def _leave_queue(self, _: object) -> None:
        with self._lock:
            self._queued -= 1

    async def _answered(self, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except asyncio.CancelledError:
            if self._closed and future.cancelled():
                raise CrowdedError from None
            raise


class Download:
    """All rows of one statement, portion by portion; its process is its own until it is closed."""

    def __init__(self, pool: Pool, job: Job) -> None:
        self.names: tuple[str, ...] = ()
        self.failure: Failure | None = None
        self._pool = pool
        self._job = job
        self._seconds = job.limit_ms / 1000 + KILL_GRACE_SECONDS
        self._worker: Worker | None = None
        self._first: Rows | None = None
        self._more = False
        self._is_cut = False
        self._began_at = self._taken_at = time.monotonic()

    async def begin(self) -> None:
        """Read the first portion; `failure` is why that failed."""
        reply = await self._pool.in_download_thread(self._ask_first)
        if isinstance(reply, Rows):
            self.names = reply.names
            self._first = reply

    async def portion(self) -> Rows | None:
        """Return the next portion, if any is left.

        Raises LateError, LostError when interrupted.
        """
        self._taken_at = time.monotonic()
        if self._first is not None:
            reply: Rows | Failure = self._first
            self._first = None
        elif self._is_cut:
            raise LostError("The download was ended: its reader was slow, or the archive had to be written.")
        elif not self._more:
            return None
        else:
            reply = await self._pool.in_download_thread(self._ask_next)
        if isinstance(reply, Failure):
            raise LostError(reply.sentence)
        self.names = reply.names
        return reply

    def is_stalled(self, now: float, older_than_seconds: float | None) -> bool:
        """True if its reader has stopped taking, or if it began longer ago than given."""
        if older_than_seconds is not None and now - self._began_at > older_than_seconds:
            return True
        return now - self._taken_at > STALLED_SECONDS

    def close(self) -> None:
        """End it; may be called at any time, from any thread, and twice."""
        worker = self._worker
        self._worker = None
        if worker is not None:
            self._is_cut = True
            worker.end()
            self._pool.give_back(worker)
        self._pool.forget(self)

    def _ask_first(self) -> Rows | Failure:
        worker = self._worker = self._pool.take_worker()
        return self._noted(self._pool.exchange(worker, lambda: worker.ask(self._job, self._seconds)))

    def _ask_next(self) -> Rows | Failure:
        worker = self._worker
        if worker is None:
            raise LostError("The download was ended.")
        return self._noted(self._pool.exchange(worker, lambda: worker.ask_for_more(self._seconds)))

    def _noted(self, reply: Rows | Failure) -> Rows | Failure:
        """Record the state after a reply.

        After the last one the process is free for other requests.
        """
        self._more = isinstance(reply, Rows) and reply.more
        if isinstance(reply, Failure):
            self.failure = reply
            self._worker = None
        elif not reply.more and self._worker is not None:
            worker = self._worker
            self._worker = None
            self._pool.give_back(worker)
        if not self._more:
            self._pool.forget(self)
        return reply


def _end_all(workers: list[Worker]) -> None:
    for worker in workers:
        worker.end()
