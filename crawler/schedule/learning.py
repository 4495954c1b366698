"""Timetables of sources with `schedule = "auto"`, as learned from the archive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.core.records import Run
from archive.queries.arrivals import published_times
from crawler.schedule.learned import RECENT, STUDIED, Auto, Rhythm
from crawler.schedule.timetable import Timetable

if TYPE_CHECKING:
    from archive.storage.open_archive import OpenArchive


class Learning:
    """Learner of timetables, which studies each source once a day."""

    def __init__(self) -> None:
        self._studied: dict[str, tuple[datetime, Rhythm | None]] = {}

    def timetable(self, archive: OpenArchive, source: str, timetable: Timetable) -> Timetable:
        """Return a source's timetable by what its last run has left in the archive.

        It is the same until the next run, after a restart too. A timetable that learns nothing is returned as
        it is.
        """
        rule = timetable.rule
        last = archive.runs.newest(source) if isinstance(rule, Auto) else None
        if last is None or not isinstance(rule, Auto):
            return timetable
        until = _end_of(last)
        rhythm = self._rhythm(archive, source, rule, until)
        recent = published_times(archive.db, source, until - RECENT, until)
        return replace(timetable, rule=replace(rule, rhythm=rhythm, recent=recent))

    def since_last_run(
        self, archive: OpenArchive, source: str, timetable: Timetable, now: datetime
    ) -> tuple[Timetable, datetime]:
        """Return a source's timetable, and the moment from which its next times count.

        That is the start of the last run for one that learns, otherwise now.
        """
        learned = self.timetable(archive, source, timetable)
        last = archive.runs.newest(source) if learned is not timetable else None
        return learned, last.started_at if last else now

    def _rhythm(self, archive: OpenArchive, source: str, rule: Auto, until: datetime) -> Rhythm | None:
        midnight = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        day, rhythm = self._studied.get(source, (None, None))
        if day != midnight:
            came = published_times(archive.db, source, midnight - STUDIED, midnight)
            rhythm = rule.study(came, midnight.timestamp())
            self._studied[source] = midnight, rhythm
        return rhythm


def _end_of(run: Run) -> datetime:
    return run.ended_at or run.started_at
