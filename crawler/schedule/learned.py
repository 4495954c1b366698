"""Schedule that follows a site's own rhythm: `schedule = "auto"`.

A crawl is worth most when many items are expected since the last one. The rate of articles and comments is
estimated from their times of the last weeks, by hour of the day and weekday, and from those of the last
hours; for a given number of crawls the mean delay is least where they follow the square root of that rate.
The number is set so that, played through on the last weeks, new items are captured as soon as with a fixed
interval. Does not: read a clock or the archive.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from crawler.schedule.timetable import Interval

DEFAULT_PROMPTNESS = timedelta(hours=1)
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=6)
STUDIED = timedelta(days=56)  # eight weeks: each weekday eight times
PLAYED = timedelta(days=28)
RECENT = timedelta(days=2)
_FEWEST = 20  # times in STUDIED below which nothing is learned
_TAUS = (
    0.06,
    0.5,
)  # days after which what came recently counts 1/e: within a burst of replies, within a thread
_SHARES = (0.2, 0.4, 0.4)  # of the expected rate: the usual one, and that of each of _TAUS
_ROUNDS = 12  # of the search for the number of crawls: within 1 % of the delay
_HOUR, _DAY = 3600.0, 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Rhythm of a site, as learned on one day.

    `daily` is the number of articles and comments a day, `shape` the rate of each hour of the week (local,
    from Monday 0:00) relative to the mean. `worth` is the sum of root rates, in days, after which a crawl is
    due.
    """

    daily: float
    shape: tuple[float, ...]
    worth: float


@dataclass(frozen=True, kw_only=True)
class Auto:
    """Rule of a schedule that learns; until something is learned, a fixed interval.

    `promptness` is the fixed interval whose mean delay it matches. Its times are multiples of `shortest`
    since 1970, at most `longest` apart. `recent` are the times of what came lately, in seconds since 1970.
    """

    promptness: timedelta = DEFAULT_PROMPTNESS
    shortest: timedelta = SHORTEST
    longest: timedelta = LONGEST
    timezone: str = "UTC"
    rhythm: Rhythm | None = None
    recent: tuple[float, ...] = field(default=(), repr=False)

    @cached_property
    def text(self) -> str:
        """Return the rule as text for people."""
        return f"auto, as prompt as {self._interval.text}"

    @cached_property
    def _interval(self) -> Interval:
        return Interval.of(self.promptness)

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after `moment` (both aware).

        It depends on the multiple of `shortest` before `moment`, so a crawl that starts a little late is the
        crawl of its planned time.
        """
        if self.rhythm is None:
            return self._interval.next_after(moment)
        step = self.shortest.total_seconds()
        begin = moment.timestamp() // step * step
        return datetime.fromtimestamp(self._next(self.rhythm, begin, self._heat(begin)), UTC)

    def study(self, came: Sequence[float], until: float) -> Rhythm | None:
        """Return the rhythm of the times in `came`, sorted, of the STUDIED days before `until`.

        All in seconds since 1970. No result where they are too few to learn from.
        """
        if len(came) < _FEWEST:
            return None
        daily = len(came) / STUDIED.days
        shape = _shape(came, self.timezone)
        begin = until - PLAYED.total_seconds()
        last = came[bisect_right(came, begin) :]
        low, high = 1e-4, 1e2
        for _ in range(_ROUNDS):
            worth = math.sqrt(low * high)
            rhythm = Rhythm(daily=daily, shape=shape, worth=worth)
            _, delay = self.played(rhythm, last, begin, until)
            is_prompt = delay < self.promptness.total_seconds() / 2
            low, high = (worth, high) if is_prompt else (low, worth)
        return Rhythm(daily=daily, shape=shape, worth=low)

    def played(self, rhythm: Rhythm, came: Sequence[float], begin: float, until: float) -> tuple[int, float]:
        """Return the number of crawls of a span and the mean delay of its items, in seconds.

        Each crawl captures all earlier items. `came` is sorted; all times are in seconds since 1970.
        """
        step = self.shortest.total_seconds()
        at = begin // step * step
        heat = [0.0 for _ in _TAUS]
        crawls, known, delays = 0, 0, 0.0
        while at < until:
            at = self._next(rhythm, at, heat)  # cools `heat`
            seen = bisect_right(came, at, known)
            for time in came[known:seen]:
                delays += at - time
                _warm(heat, at - time)
            crawls, known = crawls + 1, seen
        return crawls, delays / max(known, 1)

    def _heat(self, at: float) -> list[float]:
        """Return the rate of what came before a moment, a day, for each of _TAUS."""
        heat = [0.0 for _ in _TAUS]
        for time in self.recent:
            if time <= at:
                _warm(heat, at - time)
        return heat

    def _next(self, rhythm: Rhythm, begin: float, heat: list[float]) -> float:
        """Return the time of the crawl after the one at `begin`; `heat` is then that of the returned time."""
        step = self.shortest.total_seconds()
        end = begin + max(step, self.longest.total_seconds() // step * step)
        cooling = [math.exp(-step / _DAY / tau) for tau in _TAUS]
        owed, at = 0.0, begin
        while owed < rhythm.worth and at < end:
            rate = _SHARES[0] * rhythm.daily + sum(map(float.__mul__, _SHARES[1:], heat))
            rate *= rhythm.shape[_hour_of_week(int(at // _HOUR), self.timezone)]
            owed += math.sqrt(rate) * step / _DAY
            heat[:] = map(float.__mul__, heat, cooling)
            at += step
        return at


def _warm(heat: list[float], age: float) -> None:
    """Add to `heat` what came `age` seconds ago."""
    for place, tau in enumerate(_TAUS):
        heat[place] += math.exp(-age / _DAY / tau) / tau


@lru_cache(maxsize=1 << 14)
def _hour_of_week(hour: int, timezone: str) -> int:
    """Return the hour of the local week for an hour since 1970."""
    local = datetime.fromtimestamp(hour * _HOUR, ZoneInfo(timezone))
    return local.weekday() * 24 + local.hour


def _shape(came: Sequence[float], timezone: str) -> tuple[float, ...]:
    """Return each hour's rate in the week relative to the mean: its hour's times its weekday's.

    Smoothed over the adjacent hours, so that an hour without anything in eight weeks is not left out.
    """
    hours, days = [0.5] * 24, [1.0] * 7
    for time in came:
        day, hour = divmod(_hour_of_week(int(time // _HOUR), timezone), 24)
        hours[hour] += 1
        days[day] += 1
    smooth = [(hours[hour - 1] + 2 * hours[hour] + hours[(hour + 1) % 24]) / 4 for hour in range(24)]
    by_hour = [rate * 24 / sum(smooth) for rate in smooth]
    by_day = [rate * 7 / sum(days) for rate in days]
    return tuple(day * hour for day in by_day for hour in by_hour)
