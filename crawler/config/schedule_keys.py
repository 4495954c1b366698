"""Keys of a source's schedule, and of the duration of a crawl.

`schedule` or `every` sets the times; `quiet`, `jitter` and `limit` bound them. With `schedule = "auto"` they
are learned, between `shortest` and `longest`, to be as prompt as `every`. `cron` and `timetable` parse
the texts; an error here adds the place in the file and the reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crawler.config.toml_reader import TomlTable, describe_value
from crawler.schedule.cron import DEFAULT_SCHEDULE, EXPECTED_SCHEDULE, Schedule, parse_schedule
from crawler.schedule.learned import DEFAULT_PROMPTNESS, LONGEST, SHORTEST, Auto
from crawler.schedule.timetable import (
    Interval,
    Quiet,
    Rule,
    Timetable,
    format_span,
    parse_quiet,
    parse_span,
)

SCHEDULE_KEYS = ("schedule", "every", "shortest", "longest", "quiet", "jitter", "limit")
AUTO = "auto"
DEFAULT_CRAWL_LIMIT = timedelta(
    hours=12
)  # about 40,000 pages at one a second: a first crawl of all but the largest sites
_SCHEDULE = f'{EXPECTED_SCHEDULE}, or "{AUTO}"'
_SPAN = "a span of time, such as 10m, 1h30m or 2d"
_QUIET = 'hours of the day, such as "22:00-06:00", or several with commas between'
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=366)


def read_timetable(table: TomlTable, timezone: str, whose: str) -> Timetable:
    """Return the timetable of a source.

    `timezone` is that of the site; `whose` is the seed of its jitter. Raises ConfigError.
    """
    rule = _read_rule(table, timezone)
    quiet = _read_quiet(table, _zone_of(rule) or timezone)
    jitter = _read_span(table, "jitter", timedelta(0)) or timedelta(0)
    timetable = Timetable(rule=rule, quiet=quiet, jitter=jitter, whose=whose)
    for key, check in (("quiet", timetable.check_quiet), ("jitter", timetable.check_jitter)):
        try:
            check()
        except ValueError as error:
            found = f"{describe_value(table.values[key])}: {error}"
            table.refuse(key, "a value that leaves some of the schedule's times", found)
    return timetable


def read_limit(table: TomlTable) -> timedelta:
    """Return the maximum duration of a crawl. Raises ConfigError."""
    return _read_span(table, "limit", timedelta(seconds=1)) or DEFAULT_CRAWL_LIMIT


def overlaid(known: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return a profile's values with the user's own over them.

    `schedule` and `every` replace each other.
    """
    times = {"schedule", "every"}
    replaced = times if times & values.keys() else set[str]()
    kept = {key: value for key, value in known.items() if key not in replaced}
    return {**kept, **values}


def _read_rule(table: TomlTable, timezone: str) -> Rule:
    every = _read_span(table, "every", _SHORTEST)
    text = table.text("schedule", _SCHEDULE)
    if text == AUTO:
        return _read_auto(table, every or DEFAULT_PROMPTNESS, timezone)
    for key in ("shortest", "longest"):
        if key in table.values:
            table.refuse(key, 'schedule = "auto" with it, whose times it bounds', "another schedule")
    if every is not None:
        if text is not None:
            table.refuse("every", "either schedule or every", "both")
        return Interval.of(every)
    try:
        return parse_schedule(text or DEFAULT_SCHEDULE)
    except ValueError as error:
        table.refuse("schedule", _SCHEDULE, f"{describe_value(text)}: {error}")


def _read_auto(table: TomlTable, every: timedelta, timezone: str) -> Auto:
    shortest = _read_span(table, "shortest", SHORTEST) or min(SHORTEST, every)
    longest = _read_span(table, "longest", SHORTEST) or max(LONGEST, every)
    if not shortest <= every <= longest:
        bounds = f"a span of time from shortest ({format_span(shortest)}) to longest ({format_span(longest)})"
        table.refuse("every", bounds, f"“{format_span(every)}”")
    if "jitter" in table.values:
        table.refuse("jitter", 'another schedule than "auto", whose times vary by themselves', "both")
    return Auto(promptness=every, shortest=shortest, longest=longest, timezone=timezone)


def _read_span(table: TomlTable, key: str, least: timedelta) -> timedelta | None:
    text = table.text(key, _SPAN)
    if text is None:
        return None
    try:
        span = parse_span(text)
    except ValueError as error:
        table.refuse(key, _SPAN, f"{describe_value(text)}: {error}")
    if not least <= span <= _LONGEST:
        bounds = f"a span of time from {format_span(least)} to {format_span(_LONGEST)}"
        table.refuse(key, bounds, describe_value(text))
    return span


def _read_quiet(table: TomlTable, timezone: str) -> Quiet | None:
    text = table.text("quiet", _QUIET)
    if text is None:
        return None
    try:
        return parse_quiet(text, timezone)
    except ValueError as error:
        table.refuse("quiet", _QUIET, f"{describe_value(text)}: {error}")


def _zone_of(rule: Rule) -> str | None:
    """Return the time zone in the schedule itself, or None."""
    named = isinstance(rule, Schedule) and rule.text.split()[-1] == rule.timezone
    if named and isinstance(rule, Schedule):
        return rule.timezone
    return None
