"""Crontab schedules with a time zone, interpreted as cron does.

Weekdays count from Sunday (0 or 7), and a day of the month with a weekday means "either". A time of day that
the clocks leave out in spring runs once, as much later as they jump; one that they show twice in autumn runs
once, the first time. Schedules for every hour use real time and notice neither. Does not: read a clock; the
moment is an argument, and the next one is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from archive.core.nearest_name import nearest

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

NICKNAMES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0"}
DEFAULT_SCHEDULE = "17 * * * *"
EXPECTED_SCHEDULE = 'five crontab fields and perhaps a time zone, such as "15 6 * * 1-5 Europe/Berlin"'

_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_AT_MOST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBER = re.compile("[0-9]{1,4}")
_LONGEST_JUMP = timedelta(hours=3)  # no time zone has moved its clocks further in recent decades


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """Highest number for which "*" stands."""
        if self.words is _WEEKDAYS:
            return 6
        return self.high


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Schedule as configured (`text`), and in APScheduler's fields.

    These are lists of numbers, and weekdays by name.
    """

    text: str
    minute: str
    hour: str
    day: str
    month: str
    weekday: str
    either_day: bool
    timezone: str

    def next_after(self, moment: datetime) -> datetime:
        """Return the first due time after `moment` (both aware)."""
        zone = ZoneInfo(self.timezone)
        if self.hour == "*":
            following = moment + timedelta(microseconds=1)
            return _next(self, following, self.timezone).astimezone(UTC)
        wall = moment.astimezone(zone)
        before = (moment - _LONGEST_JUMP).astimezone(zone)
        if before.utcoffset() != wall.utcoffset():
            wall = before  # the clocks have just moved: a time that they left out may still be due
        wall = wall.replace(tzinfo=UTC, fold=0)
        while True:
            wall = _next(self, wall + timedelta(microseconds=1), "UTC")
            due = wall.replace(tzinfo=zone).astimezone(UTC)
            if due > moment:
                return due


def parse_schedule(text: str) -> Schedule:
    """Parse a schedule.

    Raises ValueError with a sentence about the wrong field.
    """
    words = text.split()
    if words and words[0].startswith("@"):
        if words[0] not in NICKNAMES:
            names = ", ".join(NICKNAMES)
            similar = nearest(words[0], NICKNAMES)
            raise ValueError(f"“{words[0]}” is not one of {names}{similar}")
        words[:1] = NICKNAMES[words[0]].split()
    if len(words) not in {5, 6}:
        raise ValueError(f"it has {len(words)} fields")
    timezone = "UTC"
    if len(words) == 6:
        timezone = words.pop()
    check_timezone(timezone)
    values = [_parse_field(field, word.lower()) for field, word in zip(_FIELDS, words, strict=True)]
    either = not words[2].startswith("*") and not words[4].startswith("*")
    longest = max(_DAYS_AT_MOST[month - 1] for month in values[3])
    if not either and min(values[2]) > longest:
        days = ", ".join(map(str, values[2]))
        raise ValueError(f"none of its months has a day {days}")
    minute, hour, day, month = map(_field_text, _FIELDS[:4], values[:4])
    weekday = "*"
    if words[4] != "*":
        weekdays = [_WEEKDAYS[number % 7] for number in values[4]]
        weekday = ",".join(dict.fromkeys(weekdays))
    return Schedule(
        text=text,
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        weekday=weekday,
        either_day=either,
        timezone=timezone,
    )


def _field_text(field: _Field, numbers: tuple[int, ...]) -> str:
    """Return a field's numbers, "*" for all."""
    if len(numbers) > field.high - field.low:
        return "*"
    return ",".join(map(str, numbers))


def check_timezone(name: str) -> None:
    """Raise ValueError, with the nearest name, for an unknown IANA time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        similar = nearest(name, available_timezones())
        raise ValueError(f"“{name}” is no IANA time zone{similar}") from error


def is_timezone(name: str | None) -> bool:
    """True if a text is an IANA time zone."""
    try:
        check_timezone(name or "")
    except ValueError:
        return False
    return True


def _parse_field(field: _Field, text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for part in text.split(","):
        body, slash, step = part.partition("/")
        is_step = _NUMBER.fullmatch(step) is not None and int(step) > 0
        if slash and not is_step:
            raise ValueError(f"the step in the {field.name} “{text}” is no number above 0")
        low, high = _parse_range(field, body, text)
        if slash and low == high and body != "*":
            example = f"{low}-{field.high}/{step}"
            raise ValueError(f"the step in the {field.name} “{text}” needs a range, such as {example}")
        every = int(step or 1)
        numbers.update(range(low, high + 1, every))
    return tuple(sorted(numbers))


def _parse_range(field: _Field, body: str, text: str) -> tuple[int, int]:
    if body == "*":
        return field.low, field.last
    first, dash, last = body.partition("-")
    low = high = _parse_number(field, first, text)
    if dash:
        high = _parse_number(field, last, text)
    if dash and last == "sun" and low > 0:
        high = 7
    if low > high:
        raise ValueError(f"the range in the {field.name} “{text}” goes from high to low")
    return low, high


def _parse_number(field: _Field, word: str, text: str) -> int:
    if word in field.words:
        return field.words.index(word) + field.low
    is_number = _NUMBER.fullmatch(word) is not None
    if not (is_number and field.low <= int(word) <= field.high):
        raise ValueError(f"the {field.name} “{text}” is not made of numbers from {field.low} to {field.high}")
    return int(word)


@lru_cache(maxsize=256)
def _triggers(schedule: Schedule, timezone: str) -> tuple[CronTrigger, ...]:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  (slow to import)

    days = [{"day": schedule.day, "day_of_week": schedule.weekday}]
    if schedule.either_day:
        days = [{"day": schedule.day}, {"day_of_week": schedule.weekday}]
    times = {"minute": schedule.minute, "hour": schedule.hour, "month": schedule.month, "second": "0"}
    return tuple(CronTrigger(**times, **day, timezone=timezone) for day in days)


def _next(schedule: Schedule, moment: datetime, timezone: str) -> datetime:
    """Return the first matching time of the zone from `moment` on."""
    triggers = _triggers(schedule, timezone)
    found: list[datetime | None] = [trigger.get_next_fire_time(None, moment) for trigger in triggers]
    return min(time for time in found if time is not None)
