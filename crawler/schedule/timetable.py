"""Timetable of a source: planned times, quiet hours and jitter.

The planned times are those of a crontab text (`cron`) or of an interval; an interval is counted from the
beginning of 1970 in UTC, so that it is the same after a restart and for every scheduler. Does not: read a
clock or a random source; the moment is an argument, and the delay of a start is computed from its time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOWADAYS = datetime(2030, 1, 1, tzinfo=UTC)  # from then on, time zones follow today's rules
_INSTANT = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_SPAN = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)
_QUIET = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_TRIED = 500  # so many planned times in quiet hours in a row mean that all are


class Rule(Protocol):
    """Rule of the planned times: crontab fields, an interval, or one that learns."""

    @property
    def text(self) -> str:
        """Return the rule as text for people."""

    def next_after(self, moment: datetime) -> datetime:
        """Return the first planned time after `moment` (both aware)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Schedule at a fixed interval of real time.

    An hour of the clock that is left out or shown twice changes nothing.
    """

    text: str
    every: timedelta

    @classmethod
    def of(cls, every: timedelta) -> Interval:
        """Return the schedule of an interval, with its text."""
        return cls(text=f"every {format_span(every)}", every=every)

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after `moment` (both aware)."""
        intervals = (moment - _EPOCH) // self.every + 1
        return _EPOCH + intervals * self.every


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of the day without the start of a crawl.

    By the clock of `timezone`. A span may pass midnight.
    """

    text: str
    spans: tuple[tuple[time, time], ...]
    timezone: str

    def holds(self, moment: datetime) -> bool:
        """True if a moment is in quiet hours.

        The first minute of a span is included, the last is not.
        """
        wall = moment.astimezone(ZoneInfo(self.timezone)).time()
        return any(
            start <= wall < end if start < end else wall >= start or wall < end for start, end in self.spans
        )

    def end_of(self, moment: datetime) -> datetime:
        """Return the first moment, from this one on, that is not quiet.

        That is the moment itself, or a full minute after it.
        """
        while self.holds(moment):
            moment = moment.replace(second=0, microsecond=0) + _MINUTE
        return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Timetable of one source. `whose` is the seed of its delays."""

    rule: Rule
    quiet: Quiet | None = None
    jitter: timedelta = timedelta(0)
    whose: str = ""

    @property
    def text(self) -> str:
        """Return the timetable as text for people."""
        parts = [self.rule.text]
        if self.jitter:
            parts.append(f"up to {format_span(self.jitter)} later")
        if self.quiet:
            parts.append(f"not {self.quiet.text} {self.quiet.timezone}")
        return ", ".join(parts)

    def next_after(self, moment: datetime) -> datetime:
        """Return the first planned time after `moment` (both aware)."""
        due = self.rule.next_after(moment)
        while self.quiet and self.quiet.holds(due):
            due = self.rule.next_after(self.quiet.end_of(due) - _INSTANT)
        return due

    def ticks(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the planned times after `after`, up to and including `until`."""
        while (after := self.next_after(after)) <= until:
            yield after

    def start_of(self, planned: datetime) -> datetime:
        """Return the start of the crawl of a planned time.

        Up to `jitter` later, but not in quiet hours.
        """
        dice = random.Random(f"{self.whose} {planned.isoformat()}")  # noqa: S311  (no secret)
        longest = int(self.jitter.total_seconds())
        start = planned + timedelta(seconds=dice.randint(0, longest))
        if self.quiet and self.quiet.holds(start):
            return planned
        return start

    def next_start(self, moment: datetime) -> datetime:
        """Return the first start of a crawl after `moment`."""
        planned = self.next_after(moment - self.jitter)
        while (start := self.start_of(planned)) <= moment:
            planned = self.next_after(planned)
        return start

    def earliest(self, moment: datetime) -> datetime:
        """Return the first moment, from this one on, outside of quiet hours.

        Then an overdue crawl may start.
        """
        return self.quiet.end_of(moment) if self.quiet else moment

    def check_quiet(self) -> None:
        """Raise ValueError, with a sentence, where quiet hours leave no planned time."""
        if self.quiet is None:
            return
        minutes = (_EPOCH + minute * _MINUTE for minute in range(24 * 60))
        if all(map(self.quiet.holds, minutes)):
            raise ValueError("they leave no minute of the day")
        due = _NOWADAYS
        for _ in range(_TRIED):
            due = self.rule.next_after(self.quiet.end_of(due) - _INSTANT)
            if not self.quiet.holds(due):
                return
        raise ValueError(f"every time of “{self.rule.text}” lies in them")

    def check_jitter(self) -> None:
        """Raise ValueError, with a sentence, where delays could reach the next crawl."""
        if not self.jitter:
            return
        ticks = self.ticks(_EPOCH, datetime.max.replace(tzinfo=UTC))
        first = islice(ticks, 100)
        gap = min(later - due for due, later in pairwise(first))
        if self.jitter >= gap:
            raise ValueError(
                f"it must be shorter than {format_span(gap)}, the time from one crawl to the next"
            )


def parse_span(text: str) -> timedelta:
    """Parse a duration such as "10m", "1h30m" or "2d".

    Raises ValueError with a sentence about the error.
    """
    found = _SPAN.fullmatch(text)
    if not found or not text:
        raise ValueError("it is not made of numbers with d, h, m or s, such as 1h30m")
    days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def format_span(span: timedelta) -> str:
    """Return a duration in the format of `parse_span`."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    shown = (f"{number}{unit}" for number, unit in parts if number)
    return "".join(shown) or "0s"


def parse_quiet(text: str, timezone: str) -> Quiet:
    """Parse "22:00-06:00", or several with commas between.

    Raises ValueError with a sentence about the error.
    """
    spans = []
    for part in text.split(","):
        found = _QUIET.fullmatch(part.strip())
        if not found:
            raise ValueError(f"“{part.strip()}” is not made of two times, such as 22:00-06:00")
        hour, minute, last_hour, last_minute = map(int, found.groups())
        if (last_hour, last_minute) == (24, 0):
            last_hour = 0  # midnight, written as the end of a day
        try:
            start = time(hour, minute)
            end = time(last_hour, last_minute)
        except ValueError as error:
            raise ValueError(f"“{part.strip()}” has an impossible time of day") from error
        if start == end:
            raise ValueError(f"“{part.strip()}” begins where it ends")
        spans.append((start, end))
    return Quiet(text=text, spans=tuple(spans), timezone=timezone)
