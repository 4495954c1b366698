"""The clock: begins each source's crawls in time, each as a child process, and tells the ledger of all ticks.

At each planned time the ledger is asked what has passed since the last one it knows, so nothing is lost by
lateness, by a restart or by a machine that slept: of several times that passed the last is made up by one
crawl, and the others are rows that say so. No crawl of a source overlaps another, whoever started it; the
source's lock tells. What a crawl does is not known here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from subprocess import Popen

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from archive.cli.console import Exit
from archive.core.database import transaction
from archive.core.errors import BusyError
from archive.core.locks import hold, lock_of
from archive.core.records import Run
from archive.core.timestamps import to_text
from archive.storage import checks
from archive.storage.archive import Archive
from crawler.config.config import Config, Source
from crawler.daemon import processes
from crawler.schedule.timetable import Timetable, format_span

LATE_START = timedelta(minutes=2)  # past the start that was planned, a crawl is told to make up for something
RECHECK_DELAY = timedelta(seconds=30)  # until we look again whether a crawl that we did not begin has ended
MAX_COUNTED_TIMES = 10_000  # planned times that are counted after an absence: a week of minutes
_SPANS = tuple(timedelta(days=days) for days in (1, 40, 400, 4000))

logger = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)


class Tick(BaseTrigger):  # type: ignore[misc]
    """A timetable as APScheduler asks for it. However late it is asked, it owes one run and not many."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The first start after the previous one, or after now where that is long past."""
        return self.timetable.next_start(now if previous is None else max(previous, now))


class Clock:
    """Crawls each source by its timetable, in child processes, until it is stopped.

    `launch` starts the crawl of a source for a row of the ledger, `now` tells the time, and `ended` is called
    after each crawl, when the ledger knows how it ended.
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
        self._keepers: list[threading.Thread] = []
        self._stopped = False
        self._lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(len(config.sources))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )

    def start(self) -> None:
        """Set every source going; one that was never crawled, or missed its time, is crawled at once."""
        now = self.now()
        with Archive.open(self.config.archive) as archive:
            checks.plan_only(archive.db, [source.name for source in self.config.sources])
            for source in self.config.sources:
                archive.add_source(source.site, str(to_text(now)))
                first = source.schedule.earliest(now)
                checks.plan(archive.db, source.name, source.schedule.text, first)
                self._scheduler.add_job(
                    self.tick, Tick(source.schedule), [source], id=source.name, next_run_time=first
                )
        self._scheduler.start()

    def wake(self) -> None:
        """Look at the clock again: a machine that slept, or whose clock was set, would else be late."""
        self._scheduler.wakeup()

    def stop(self) -> None:
        """Start nothing more, and ask the crawls under way to save their page and end."""
        with self._lock:
            self._stopped = True
        self._scheduler.shutdown(wait=False)
        processes.ask_to_stop(self.crawls.values())

    def finish(self, seconds: float) -> None:
        """Wait until the crawls have ended, by force after so many seconds, and the ledger knows how."""
        processes.wait_for(tuple(self.crawls.values()), seconds)
        for keeper in self._keepers:
            keeper.join()

    # -- one tick -------------------------------------------------------------------------------------

    def tick(self, source: Source) -> None:
        """Do what is due for a source now: begin its crawl, or tell the ledger why none is begun."""
        with self._lock:  # a crawl is either seen by stop(), or not started after it
            now = self.now()
            if self._stopped or source.schedule.earliest(now) > now:
                return
            run_id = self._plan(source, now)
            if run_id is None:
                return
            child = self.crawls[source.name] = self.launch(source, run_id)
            keeper = threading.Thread(target=self._keep, args=(source, child, run_id, now), daemon=True)
            keeper.start()
            self._keepers = [other for other in self._keepers if other.is_alive()] + [keeper]

    def _plan(self, source: Source, now: datetime) -> int | None:
        """Write what has passed since the last planned time that is known; the run to begin, if one is."""
        with Archive.open(self.config.archive) as archive:
            next_run = source.schedule.next_start(now)
            checks.plan(archive.db, source.name, source.schedule.text, next_run)
            if source.name in self.crawls and self.crawls[source.name].poll() is None:
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
        """The row of the crawl that is owed, or None; what has passed without a crawl is told."""
        ledger, ticks = archive.runs, self._passed(archive, source, now)
        if (last := ledger.newest(source.name)) and not is_owed(source.schedule, last, now):
            ledger.note(source.name, ticks, "missed", _came_after(last), now)
            return None
        why = f"no crawl was begun in time; the one of {_told(now)} makes up for it."
        ledger.note(source.name, ticks[:-1], "coalesced", why, now)
        planned = ticks[-1] if ticks else None
        in_time = planned is not None and now - source.schedule.start_of(planned) <= LATE_START
        return ledger.claim(source.name, "schedule" if in_time else "catch-up", now, planned)

    def _note_overlap(self, archive: Archive, source: Source, now: datetime) -> int:
        """Tell the ledger of planned times that came during another crawl, and return their number."""
        with transaction(archive.db):
            ticks, last = self._passed(archive, source, now), archive.runs.newest(source.name)
            before = [tick for tick in ticks if last and tick < last.started_at]
            if last:
                archive.runs.note(source.name, before, "missed", _came_after(last), now)
            why = "another run of this source was under way, so none was begun."
            archive.runs.note(source.name, ticks[len(before) :], "overlapped", why, now)
        return len(ticks)

    def _look_again(self, source: Source, now: datetime) -> None:
        """Come back soon for what may be owed: the crawl under way may be one that is just ending."""
        at = now + RECHECK_DELAY
        self._scheduler.add_job(
            self.tick, args=[source], id=f"{source.name} again", next_run_time=at, replace_existing=True
        )

    def _passed(self, archive: Archive, source: Source, now: datetime) -> list[datetime]:
        """The planned times that have no row yet; of very many the first ones, and the last."""
        last = archive.runs.last_tick(source.name, now)
        if last is None:
            crawl = archive.runs.newest(source.name)
            last = crawl.started_at if crawl else now
        return passed_times(source.schedule, last, now)

    def _keep(self, source: Source, child: Popen[bytes], run_id: int, begun: datetime) -> None:
        """Wait for a crawl to end, and tell the ledger how it did if it could not do so itself."""
        code = child.wait()
        with Archive.open(self.config.archive) as archive:
            if code == Exit.BUSY:
                archive.runs.withdraw(
                    run_id, "Another run of this source, or another program, held the archive.", self.now()
                )
                return
            outcome, sentence = self._ending(source, code, self.now() - begun)
            if archive.runs.settle(run_id, outcome, sentence, self.now()):
                logger.warning("%s: %s. %s", source.name, outcome, sentence)
        self.ended()

    def _ending(self, source: Source, code: int, took: timedelta) -> tuple[str, str]:
        """The outcome and the sentence for a crawl's process that ended without telling them itself."""
        if self._stopped:
            return "interrupted", f"Backissue was ended, and the crawl with it. {processes.PROGRESS_KEPT}"
        if took >= source.limit:
            limit = format_span(source.limit)
            return (
                "failed",
                f"The crawl hung: it did not end at its limit of {limit}. {processes.PROGRESS_KEPT}",
            )
        return "failed", processes.ending(code)


def is_owed(timetable: Timetable, last: Run, now: datetime) -> bool:
    """True if a crawl is due, given the last one: a planned time came after it, or it was cut short.

    One that began later than now was told by a wrong clock, and proves nothing.
    """
    begun = last.started_at
    return last.outcome == "interrupted" or begun > now or timetable.next_after(begun) <= now


def _came_after(last: Run) -> str:
    return f"no crawl was begun for it; the one of {_told(last.started_at)} came after it."


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def passed_times(timetable: Timetable, after: datetime, until: datetime) -> list[datetime]:
    """The planned times after one moment, up to and with another; at most COUNTED, and the very last."""
    found = list(islice(timetable.ticks(after, until), MAX_COUNTED_TIMES))
    if len(found) == MAX_COUNTED_TIMES:
        for span in _SPANS:
            if tail := list(timetable.ticks(max(found[-1], until - span), until)):
                return [*found, tail[-1]]
    return found
