"""One slice of one source: acquire it, bring its files, crawl, publish, give it back.

The crawl is a child process with the lease's deadline in a file. A thread moves the deadline on as long as
the store takes our beat and the child lives; where either fails, the child ends at the deadline, and what it
has saved is published unless another worker owns the source by then. Invariant: nothing is written under the
source's names but through the fence.
"""

from __future__ import annotations

import logging
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import Popen

from archive.cli.console import Exit
from archive.core.errors import BackissueError
from archive.storage.archive import Archive
from crawler.config.config import Config, Source
from crawler.daemon import processes
from crawler.fetch.lease import LEASE_EXPIRED, CrawlLease, boot_seconds
from crawler.fleet.fence import HELD_PART, Fence, FencedState, LateWriterError
from crawler.fleet.shared_store import Outages, SharedStore, StoreError
from crawler.fleet.travelling_files import bring_files, send_files, settle_databases

ARCHIVE_NAME = "archive.db"
STEP_SECONDS = 0.2
PATIENT_LEASES = 4  # how long a store that does not respond is tried again when a crawl has ended
CRAWL_START_SECONDS = 60.0
"""How long a crawl may take to give its first beat: a busy machine needs many leases for the imports."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceEnd:
    """End of a slice: the crawl's outcome, and whether more of it is due now."""

    outcome: str
    sentence: str
    has_more: bool


class CrawlEndedError(BackissueError):
    """Crawl process that was killed or crashed; what it saved is published."""

    retry = True


class LeaseKeeper(threading.Thread):
    """Thread that renews the lease of a source until it is ended."""

    def __init__(self, fence: Fence, state: FencedState, file: CrawlLease) -> None:
        super().__init__(name=f"lease of {fence.source}", daemon=True)
        self.fence, self.state, self.file = fence, state, file
        self._crawl: Popen[bytes] | None = None
        self._start_deadline = 0.0
        self._was_hung = False
        self._has_ended_crawl = False
        self._ended = threading.Event()
        self._outages = Outages(f"The lease of {fence.source}", logger)
        self._deadline = fence.asserted_at + state.lease * HELD_PART
        file.extend(self._deadline)

    def run(self) -> None:
        """Renew the lease six times in its span, until it is lost."""
        count = 0
        while not self._ended.wait(self.state.lease / 6) and boot_seconds() < self._deadline:
            count += 1
            if self._is_hung():
                continue
            try:
                with self._outages.watched():
                    self.fence.renew(self.state, count)
                    if boot_seconds() < self._deadline:  # otherwise another worker may own it since
                        self._deadline = self.fence.asserted_at + self.state.lease * HELD_PART
                        self.file.extend(self._deadline)
            except LateWriterError as error:
                logger.warning("%s", error)
                return

    def end(self) -> None:
        """Stop renewing."""
        self._ended.set()
        self.join()

    def watch(self, crawl: Popen[bytes]) -> None:
        """Renew the lease only while a crawl beats."""
        self._start_deadline = boot_seconds() + CRAWL_START_SECONDS
        self._crawl = crawl

    def end_crawl(self) -> None:
        """End the crawl where the lease is over, also one that is stopped and cannot end itself."""
        if self._crawl is not None and not self.file.is_valid:
            self._has_ended_crawl = True
            processes.kill([self._crawl])

    def ending(self, code: int) -> str:
        """Return a sentence for a crawl that ended without a reason."""
        if not self._has_ended_crawl and code != LEASE_EXPIRED:
            return processes.ending(code)
        if self._was_hung:
            seconds = self.state.lease * HELD_PART
            return (
                f"The crawl process gave no sign of life for {seconds:g} seconds, so its worker ended it."
                f" {processes.PROGRESS_KEPT} If the machine is only slow, set a longer `lease`."
            )
        return (
            "The fleet's store did not confirm the lease in time, so the crawl was ended."
            f" {processes.PROGRESS_KEPT}"
        )

    def _is_hung(self) -> bool:
        if self._crawl is None or self._crawl.poll() is not None:
            return False
        silence = self.file.silence()
        is_starting = silence == float("inf") and boot_seconds() < self._start_deadline
        self._was_hung = not is_starting and silence > self.state.lease * HELD_PART
        return self._was_hung


def run_slice(
    config: Config, source: Source, store: SharedStore, *, holder: str, folder: Path, stop: threading.Event
) -> SliceEnd:
    """Crawl a source for one slice, and publish the result.

    `folder` is the worker's own; `stop` ends the crawl early, as an interruption does. Raises HeldError while
    another worker has the source, LateWriterError where it was given away meanwhile, StoreError.
    """
    fence = Fence(store, source.name)
    state = fence.acquire(holder, config.fleet.lease.total_seconds())
    place = folder / source.name / f"{state.number}-{state.token}"
    place.mkdir(parents=True, mode=0o700)
    keeper = LeaseKeeper(fence, state, CrawlLease(place / "lease"))
    keeper.start()
    try:
        files = place / "files"
        older = _older(place)
        bring_files(store, source.name, state, files, older and older / "files")
        for other in _siblings(place):
            shutil.rmtree(other, ignore_errors=True)
        crawl = _start(config, source, files / ARCHIVE_NAME, keeper.file)
        keeper.watch(crawl)
        code = _wait(crawl, keeper, stop)
        end = _ending(files / ARCHIVE_NAME, source.name, keeper.ending(code), stopped=stop.is_set())
        publish_files(fence, state, files, f"{end.outcome}: {end.sentence}")
    finally:
        keeper.end()
    if end.outcome == "failed" and not end.has_more and code not in set(Exit):
        raise CrawlEndedError(f"{source.name}: {end.sentence}")
    return end


def _start(config: Config, source: Source, archive: Path, lease: CrawlLease) -> Popen[bytes]:
    seconds = min(source.limit, config.fleet.slice) / timedelta(seconds=1)
    arguments = ["--config", str(config.path), "fleet", "slice", source.name, "--archive", str(archive)]
    return processes.start([*arguments, "--lease", str(lease.path), "--seconds", str(seconds)])


def _wait(child: Popen[bytes], keeper: LeaseKeeper, stop: threading.Event) -> int:
    """Wait for the crawl's end, by force after the lease; return its exit code."""
    asked = 0.0
    while child.poll() is None:
        time.sleep(STEP_SECONDS)
        if stop.is_set() and not asked:
            asked = time.monotonic()
            child.terminate()
        if asked and time.monotonic() - asked > processes.STOP_GRACE_SECONDS:
            processes.kill([child])
        keeper.end_crawl()
    return child.wait()


def _ending(path: Path, source: str, sentence: str, *, stopped: bool) -> SliceEnd:
    """Return the end that the crawl has recorded, or a failure with a sentence."""
    run = None
    if path.exists():
        with Archive.open(path) as archive:
            run = archive.runs.newest(source)
    if run is None or run.outcome is None:
        return SliceEnd(outcome="failed", sentence=sentence, has_more=stopped)
    has_more = run.outcome == "interrupted" or stopped
    return SliceEnd(outcome=run.outcome, sentence=run.sentence or "", has_more=has_more)


def publish_files(
    fence: Fence, state: FencedState, files: Path, outcome: str, *, keep: int | None = None
) -> None:
    """Write a holder's files and give the source back, then remove old states but `keep`.

    Raises LateWriterError, and StoreError where the store does not answer for long.
    """
    settle_databases(files)
    deadline = time.monotonic() + PATIENT_LEASES * state.lease
    while True:
        try:
            sent, _ = send_files(fence.store, fence.source, state, files)
            fence.release(state, sent, outcome)
            break
        except StoreError:
            if time.monotonic() > deadline:
                raise
            time.sleep(state.lease / 6)
    with suppress(StoreError):  # the next slice does it
        fence.prune(keep)


def _siblings(place: Path) -> list[Path]:
    return [path for path in place.parent.iterdir() if path != place]


def _older(place: Path) -> Path | None:
    """Return the folder of the newest slice before this one."""
    found = [path for path in _siblings(place) if path.name.partition("-")[0].isdecimal()]
    return max(found, key=lambda path: int(path.name.partition("-")[0]), default=None)
