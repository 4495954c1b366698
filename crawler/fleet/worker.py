"""Worker of a fleet: takes sources from the queue, and crawls each in a slice.

It ends after a signal or when it is drained: its crawls save their page, are published and returned to the
queue. Where the queue cannot be reached, the worker continues with its sources until the queue is back.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.core.errors import BackissueError
from crawler.config.config import Config, Source
from crawler.fleet import crawl_queue
from crawler.fleet.fence import HeldError, LateWriterError
from crawler.fleet.shared_store import Outages, SharedStore, StoreError
from crawler.fleet.source_slice import SliceEnd, run_slice

if TYPE_CHECKING:
    from procrastinate import App, JobContext

WORKERS = "_workers"  # folder of the store; no source has such a name
RECONNECT_SECONDS = 2.0
AVOID_TRIES = 8
SPARE_THREADS = 4  # in addition to one for each slice: for notes, and for reading whether we are drained

logger = logging.getLogger(__name__)


class FleetWorker:
    """Worker with a name, a folder and a number of slots."""

    def __init__(self, config: Config, store: SharedStore, *, name: str, slots: int, folder: Path) -> None:
        self.config = config
        self.store = store
        self.name = name
        self.slots = slots
        self.folder = folder
        self._slices: dict[threading.Event, str] = {}
        self._reports = Outages(f"The notes of {name}", logger)
        self._stopping = asyncio.Event()
        self._since = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    async def run(self) -> None:
        """Work until a signal or until drained.

        Raises ConfigError where the extra is not installed, QueueError or StoreError where the first
        connection fails.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note_lost_job)
        loop.set_default_executor(ThreadPoolExecutor(self.slots + SPARE_THREADS))
        await asyncio.to_thread(self._enter)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        reporter = asyncio.create_task(self._report())
        first = True
        while not self._stopping.is_set():
            try:
                await self._serve()
            except Exception as error:
                if first and isinstance(error, BackissueError):
                    raise
                logger.warning("%s", error)
            first = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), RECONNECT_SECONDS)
        reporter.cancel()
        with suppress(StoreError):
            await asyncio.to_thread(self._leave)

    def stop(self) -> None:
        """End the crawls after their page, publish, and end."""
        self._stopping.set()
        for stop in tuple(self._slices):
            stop.set()

    async def crawl(self, context: JobContext, source: str, avoid: str = "") -> None:
        """Crawl a source for one slice: the job of the queue.

        An abortion of the job ends the slice and leaves the rest to other workers.
        """
        known = next((known for known in self.config.sources if known.name == source), None)
        if known is None:
            logger.warning("%s is not in this worker's configuration; its job was removed.", source)
            return
        is_avoided = avoid == self.name and context.job.attempts < AVOID_TRIES
        if is_avoided or self._stopping.is_set():
            raise crawl_queue.LeftError(f"{source} goes to another worker.")
        stop = threading.Event()
        self._slices[stop] = source
        slice_ = asyncio.create_task(asyncio.to_thread(self._slice, known, stop))
        was_aborted = False
        try:
            while not slice_.done():
                try:
                    await asyncio.shield(slice_)
                except asyncio.CancelledError:
                    was_aborted = True
                    stop.set()
            end = slice_.result()
        except LateWriterError as error:
            logger.warning("%s", error)  # its present holder plans its next crawl
            return
        except HeldError:
            raise
        except BackissueError as error:
            logger.warning("%s It is tried again.", error)
            raise
        except Exception:
            logger.exception("%s could not be crawled. It is tried again.", source)
            raise
        finally:
            del self._slices[stop]
        is_left = was_aborted or self._stopping.is_set()
        await self._plan_next(context.app, known, has_more=end.has_more, is_left=is_left)
        logger.info("%s: %s. %s", source, end.outcome, end.sentence)

    async def _plan_next(self, queue: App, source: Source, *, has_more: bool, is_left: bool) -> None:
        """Plan the next crawl: at once where a source has more, by another worker where this one left it."""
        now = datetime.now(UTC)
        at = source.schedule.next_start(now)
        if has_more:
            at = now
        avoid = ""
        if is_left:
            avoid = self.name
        await crawl_queue.plan_crawl(queue, source, at, avoid=avoid)

    def _slice(self, source: Source, stop: threading.Event) -> SliceEnd:
        return run_slice(self.config, source, self.store, holder=self.name, folder=self.folder, stop=stop)

    async def _serve(self) -> None:
        """Take jobs until stopped or until the queue is lost."""
        url = self.config.fleet.queue_url(os.environ)
        queue = crawl_queue.open_queue(url, connections=self.slots + 6)
        await crawl_queue.require_queue(url)
        crawl_queue.declare_tasks(queue, self.config, self.crawl)
        try:
            async with queue.open_async():
                await crawl_queue.prepare_schema(queue)
                await crawl_queue.tend(queue, self.config)
                await self._take_jobs(queue)
        except BackissueError:
            raise
        except Exception as error:
            raise crawl_queue.unreachable(error) from error

    async def _take_jobs(self, queue: App) -> None:
        seconds = self.config.fleet.lease.total_seconds()
        common: dict[str, Any] = {
            "name": self.name,
            "install_signal_handlers": False,
            "update_heartbeat_interval": seconds / 4,
            "stalled_worker_timeout": seconds,
            "fetch_job_polling_interval": min(5.0, seconds / 2),
            "abort_job_polling_interval": min(5.0, seconds / 2),
        }
        crawls = queue.run_worker_async(
            queues=[crawl_queue.CRAWLS], concurrency=self.slots, delete_jobs="never", **common
        )
        housekeeping = queue.run_worker_async(
            queues=[crawl_queue.HOUSEKEEPING], concurrency=1, delete_jobs="successful", **common
        )
        workers = [asyncio.create_task(crawls), asyncio.create_task(housekeeping)]
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([*workers, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    # -- what others see ------------------------------------------------------------------------------

    async def _report(self) -> None:
        """Write what this worker does into the store, and read whether it is drained."""
        while True:
            with self._reports.watched():
                if await asyncio.to_thread(self._exchange):
                    logger.info("%s is drained.", self.name)
                    self.stop()
            await asyncio.sleep(self.config.fleet.lease.total_seconds() / 4)

    def _exchange(self) -> bool:
        note = {
            "name": self.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "slots": self.slots,
            "since": self._since,
            "at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "sources": sorted(self._slices.values()),
        }
        self.store.replace(f"{WORKERS}/{self.name}.json", json.dumps(note).encode())
        return self.store.exists(f"{WORKERS}/{self.name}.drain")

    def _enter(self) -> None:
        self.store.delete(f"{WORKERS}/{self.name}.drain")  # of an earlier worker that has not heeded it
        self._exchange()

    def _leave(self) -> None:
        self.store.delete(f"{WORKERS}/{self.name}.drain")
        self.store.delete(f"{WORKERS}/{self.name}.json")


def _note_lost_job(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log in one line that the queue refused a report on a job.

    It was put back meanwhile, since we were silent. Other errors are logged in full.
    """
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    error = context.get("exception")
    if isinstance(error, ConnectorException):
        reason, *_ = str(error.__cause__ or error).strip().splitlines() or [""]
        logger.info("The queue has not taken a report: %s", reason)
    else:
        loop.default_exception_handler(context)
