"""Scheduler of crawls, which are child processes.

Starts each crawl in time and records all ticks. At each planned time the run ledger has the last recorded
one, so nothing is lost by lateness, by a restart or by a machine that slept: of several times that passed the
last is made up by one crawl, and the others are rows with that reason. Invariant: no crawl of a source
overlaps another, whoever started it, by the source's lock. Does not: implement a crawl.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from subprocess import Popen

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from archive.cli.console import Exit
from archive.core.database import transaction
from archive.core.errors import ArchiveError, BusyError
from archive.core.locks import hold, lock_of
from archive.core.records import Run
from archive.core.timestamps import to_text
from archive.storage import checks
from archive.storage.archive import Archive
from crawler.config.config import Config, Source
from crawler.daemon import processes
from crawler.schedule.learning import Learning
from crawler.schedule.timetable import Timetable, format_span

LATE_START = timedelta(minutes=2)  # a crawl that starts later is recorded as a catch-up
RECHECK_DELAY = timedelta(seconds=30)  # the next check of a crawl that another process started
MAX_COUNTED_TIMES = 10_000  # planned times that are counted after an absence: a week of minutes
_SPANS = tuple(timedelta(days=days) for days in (1, 40, 400, 4000))

logger = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)


class Tick(BaseTrigger):  # type: ignore[misc]
    """Timetable as a trigger of APScheduler.

    After any delay it has one run due, and not many. `timetable` returns the one in force.
    """

    def __init__(self, timetable: Callable[[], Timetable]) -> None:
        self.timetable = timetable

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the first start after the previous or now.

        The later of both.
        """
        if previous is not None:
            now = max(previous, now)
        return self.timetable().next_start(now)


class Clock:
    """Scheduler that crawls each source by its timetable.

    Crawls are child processes. `launch` starts the crawl of a source for a row of the run ledger, `now`
    returns the current time (aware), and `ended` is a callback after each crawl, when the run ledger has its
    outcome.
    """

    def __init__(
        self,
        config: Config,
        launch: Callable[[Source, int], Popen[bytes]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        self.launch = launch
        self.now = now
        self.ended = ended
        self.crawls: dict[str, Popen[bytes]] = {}
        self._learning = Learning()
        self._timetables = {source.name: source.schedule for source in config.sources}
        self._keepers: list[threading.Thread] = []
        self._stopped = False
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(config.sources))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Schedule every source; one that is overdue is crawled at once.

        Overdue is a source that was never crawled, or missed its time.
        """
        now = self.now()
        with Archive.open(self.config.archive) as archive:
            names = [source.name for source in self.config.sources]
            checks.plan_only(archive.db, names)
            for source in self.config.sources:
                archive.add_source(source.site, str(to_text(now)))
                timetable = self._learn(archive, source)
                first = timetable.earliest(now)
                checks.plan(archive.db, source.name, timetable.text, first)
                tick = Tick(partial(self._timetables.__getitem__, source.name))
                self._scheduler.add_job(self.tick, tick, [source], id=source.name, next_run_time=first)
        self._scheduler.start()

    def wake(self) -> None:
        """Check the time again, after a sleep or a clock change."""
        self._scheduler.wakeup()

    def stop(self) -> None:
        """Start nothing more, and request the active crawls to end.

        Each saves its page first.
        """
        with self._lock:
            self._stopped = True
        self._scheduler.shutdown(wait=False)
        processes.ask_to_stop(self.crawls.values())

    def finish(self, seconds: float) -> None:
        """Wait until the crawls have ended, by force after `seconds`.

        Then the run ledger has their outcomes.
        """
        processes.wait_for(tuple(self.crawls.values()), seconds)
        for keeper in self._keepers:
            keeper.join()

    # -- one tick -------------------------------------------------------------------------------------

    def tick(self, source: Source) -> None:
        """Start a source's crawl that is due, or record why not."""
        with self._lock:  # stop() either finds a crawl, or no crawl starts after it
            now = self.now()
            if self._stopped or source.schedule.earliest(now) > now:
                return
            try:
                run_id = self._plan(source, now)
            except ArchiveError as error:  # the file was moved away: never a new one in its place
                logger.warning("%s: no crawl started. %s", source.name, error)
                return
            if run_id is None:
                return
            child = self.crawls[source.name] = self.launch(source, run_id)
            arguments = (source, child, run_id, now)
            keeper = threading.Thread(target=self._keep, args=arguments, daemon=True)
            keeper.start()
            alive = [other for other in self._keepers if other.is_alive()]
            self._keepers = [*alive, keeper]

    def _plan(self, source: Source, now: datetime) -> int | None:
        """Record the planned times that passed, and return a run.

        No result if no crawl is to start.
        """
        with Archive.open(self.config.archive, create=False) as archive:
            timetable = self._learn(archive, source)
            checks.plan(archive.db, source.name, timetable.text, timetable.next_start(now))
            crawl = self.crawls.get(source.name)
            if crawl is not None and crawl.poll() is None:
                self._note_overlap(archive, source, now)
                return None
            try:
                with hold(self.config.archive, lock_of(source.name)), transaction(archive.db):
                    archive.runs.close_abandoned(source.name, now)
                    return self._claim(archive, source, now)
            except BusyError:
                if not self._note_overlap(archive, source, now):
                    self._look_again(source, now)
                return None

    def _claim(self, archive: Archive, source: Source, now: datetime) -> int | None:
        """Return the row of the crawl that is due, if any.

        Planned times that passed without a crawl are recorded.
        """
        ledger = archive.runs
        ticks = self._passed(archive, source, now)
        timetable = self._timetables[source.name]
        if (last := ledger.newest(source.name)) and not is_owed(timetable, last, now):
            ledger.note(source.name, ticks, "missed", _came_after(last), now)
            return None
        why = f"no crawl started in time; the one of {_told(now)} makes up for it."
        ledger.note(source.name, ticks[:-1], "coalesced", why, now)
        planned, trigger = None, "catch-up"
        if ticks:
            planned = ticks[-1]
            if now - timetable.start_of(planned) <= LATE_START:
                trigger = "schedule"
        return ledger.claim(source.name, trigger, now, planned)

    def _note_overlap(self, archive: Archive, source: Source, now: datetime) -> int:
        """Record planned times during another crawl; return their number."""
        with transaction(archive.db):
            ticks = self._passed(archive, source, now)
            last = archive.runs.newest(source.name)
            before = [tick for tick in ticks if last and tick < last.started_at]
            if last:
                archive.runs.note(source.name, before, "missed", _came_after(last), now)
            why = "another run of this source was active, so none started."
            during = ticks[len(before) :]
            archive.runs.note(source.name, during, "overlapped", why, now)
        return len(ticks)

    def _look_again(self, source: Source, now: datetime) -> None:
        """Check a source again soon: the active crawl may be just ending."""
        at = now + RECHECK_DELAY
        self._scheduler.add_job(
            self.tick, args=[source], id=f"{source.name} again", next_run_time=at, replace_existing=True
        )

    def _passed(self, archive: Archive, source: Source, now: datetime) -> list[datetime]:
        """Return the planned times without a row.

        Of very many the first ones, and the last.
        """
        last = archive.runs.last_tick(source.name, now)
        if last is None:
            crawl = archive.runs.newest(source.name)
            last = crawl.started_at if crawl else now
        return passed_times(self._timetables[source.name], last, now)

    def _keep(self, source: Source, child: Popen[bytes], run_id: int, begun: datetime) -> None:
        """Wait for a crawl's end, and record a missing outcome."""
        code = child.wait()
        try:
            with Archive.open(self.config.archive, create=False) as archive:
                if not self._note_ending(archive, source, code, run_id, begun):
                    return
        except ArchiveError as error:
            logger.warning("%s: how the crawl ended cannot be noted. %s", source.name, error)
            return
        self.ended()

    def _note_ending(self, archive: Archive, source: Source, code: int, run_id: int, begun: datetime) -> bool:
        """Record a crawl's ending; False where it has not begun."""
        if code == Exit.BUSY:
            why = "Another run of this source, or another program, was using the archive."
            archive.runs.withdraw(run_id, why, self.now())
            return False
        outcome, sentence = self._ending(source, code, self.now() - begun)
        if archive.runs.settle(run_id, outcome, sentence, self.now()):
            logger.warning("%s: %s. %s", source.name, outcome, sentence)
        self._plan_again(archive, source, begun)
        return True

    def _learn(self, archive: Archive, source: Source) -> Timetable:
        """Return the timetable of a source by what its last run has found."""
        timetable = self._learning.timetable(archive, source.name, source.schedule)
        self._timetables[source.name] = timetable
        return timetable

    def _plan_again(self, archive: Archive, source: Source, begun: datetime) -> None:
        """Plan the next crawl by what the last one, begun at a moment, has found."""
        if self._learn(archive, source) is source.schedule:
            return
        start = max(self._timetables[source.name].next_start(begun), self.now())
        checks.plan(archive.db, source.name, source.schedule.text, start)
        with suppress(JobLookupError):  # the scheduler has been stopped
            self._scheduler.modify_job(source.name, next_run_time=start)

    def _ending(self, source: Source, code: int, took: timedelta) -> tuple[str, str]:
        """Return outcome and sentence for a crawl process without its own."""
        if self._stopped:
            return "interrupted", f"Backissue was stopped, and the crawl with it. {processes.PROGRESS_KEPT}"
        if took >= source.limit:
            limit = format_span(source.limit)
            return (
                "failed",
                f"The crawl hung: it did not end at its limit of {limit}. {processes.PROGRESS_KEPT}",
            )
        return "failed", processes.ending(code)


def is_owed(timetable: Timetable, last: Run, now: datetime) -> bool:
    """True if a crawl is due after the last one.

    A planned time passed since its start, or it was interrupted. One that began later than now had a wrong
    clock, and proves nothing.
    """
    begun = last.started_at
    is_unfinished = last.outcome == "interrupted" or begun > now
    return is_unfinished or timetable.next_after(begun) <= now


def _came_after(last: Run) -> str:
    return f"no crawl started for it; the one of {_told(last.started_at)} was later."


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def passed_times(timetable: Timetable, after: datetime, until: datetime) -> list[datetime]:
    """Return the planned times after `after`, up to and including `until`.

    At most MAX_COUNTED_TIMES, and the very last.
    """
    found = list(islice(timetable.ticks(after, until), MAX_COUNTED_TIMES))
    if len(found) == MAX_COUNTED_TIMES:
        for span in _SPANS:
            if tail := list(timetable.ticks(max(found[-1], until - span), until)):
                return [*found, tail[-1]]
    return found
