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
from crawler.fetch.lease import CrawlLease, boot_seconds
from crawler.fleet.fence import HELD_PART, Fence, FencedState, LateWriterError
from crawler.fleet.shared_store import Outages, SharedStore, StoreError
from crawler.fleet.travelling_files import bring_files, send_files, settle_databases

ARCHIVE_NAME = "archive.db"
STEP_SECONDS = 0.2
PATIENT_LEASES = 4  # how long a store that does not respond is tried again when a crawl has ended

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
        self.crawl: Popen[bytes] | None = None
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

    def _is_hung(self) -> bool:
        crawl = self.crawl
        return (
            crawl is not None and crawl.poll() is None and self.file.silence() > self.state.lease * HELD_PART
        )


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
        keeper.crawl = _start(config, source, files / ARCHIVE_NAME, keeper.file)
        code = _wait(keeper, stop)
        end = _ending(files / ARCHIVE_NAME, source.name, code, stopped=stop.is_set())
        publish_files(fence, state, files, f"{end.outcome}: {end.sentence}")
    finally:
        keeper.end()
    if end.outcome == "failed" and not end.has_more and code not in set(Exit):
        raise CrawlEndedError(f"{source.name}: {end.sentence}")
    return end


def _start(config: Config, source: Source, archive: Path, lease: CrawlLease) -> Popen[bytes]:
    seconds = min(source.limit, config.fleet.slice) / timedelta(seconds=1)
    lease.beat()
    arguments = ["--config", str(config.path), "fleet", "slice", source.name, "--archive", str(archive)]
    return processes.start([*arguments, "--lease", str(lease.path), "--seconds", str(seconds)])


def _wait(keeper: LeaseKeeper, stop: threading.Event) -> int:
    """Wait for the crawl's end, by force after the lease; return its exit code."""
    child = keeper.crawl
    assert child is not None  # noqa: S101
    asked = 0.0
    while child.poll() is None:
        time.sleep(STEP_SECONDS)
        if stop.is_set() and not asked:
            asked = time.monotonic()
            child.terminate()
        is_late = asked and time.monotonic() - asked > processes.STOP_GRACE_SECONDS
        if is_late or not keeper.file.is_valid:
            processes.kill([child])  # also where it is stopped, and cannot end itself
    return child.wait()


def _ending(path: Path, source: str, code: int, *, stopped: bool) -> SliceEnd:
    run = None
    if path.exists():
        with Archive.open(path) as archive:
            run = archive.runs.newest(source)
    if run is None or run.outcome is None:
        return SliceEnd(outcome="failed", sentence=processes.ending(code), has_more=stopped)
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
