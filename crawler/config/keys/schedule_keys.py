"""Keys of a source's schedule, and of the duration of a crawl.

`schedule` or `every` sets the times; `quiet`, `jitter` and `limit` bound them. With `schedule = "auto"` they
are learned, between `shortest` and `longest`, to be as prompt as `every`. `cron` and `timetable` parse
the texts; an error here adds the place in the file and the reason.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from crawler.config.keys.source_keys import AUTO, EXPECTED_QUIET, EXPECTED_TIMES, SourceTable
from crawler.config.spans import read_span
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.schedule.cron import DEFAULT_SCHEDULE, Schedule, parse_schedule
from crawler.schedule.learned import DEFAULT_PROMPTNESS, LONGEST, SHORTEST, Auto
from crawler.schedule.timetable import (
    Interval,
    Quiet,
    Rule,
    Timetable,
    format_span,
    parse_quiet,
)

DEFAULT_CRAWL_LIMIT = timedelta(
    hours=12
)  # about 40,000 pages at one a second: a first crawl of all but the largest sites
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=366)


def read_timetable(table: TomlTable, keys: SourceTable, whose: str) -> Timetable:
    """Return the timetable of a source.

    `whose` is the seed of its jitter. Raises ConfigError.
    """
    rule = _read_rule(table, keys)
    quiet = _read_quiet(table, keys.quiet, _zone_of(rule) or keys.timezone)
    jitter = read_span(table, "jitter", keys.jitter, timedelta(0), _LONGEST) or timedelta(0)
    timetable = Timetable(rule=rule, quiet=quiet, jitter=jitter, whose=whose)
    for key, check in (("quiet", timetable.check_quiet), ("jitter", timetable.check_jitter)):
        try:
            check()
        except ValueError as error:
            found = f"{describe_value(table.values[key])}: {error}"
            table.refuse(key, "a value that leaves some of the schedule's times", found)
    return timetable


def read_limit(table: TomlTable, keys: SourceTable) -> timedelta:
    """Return the maximum duration of a crawl. Raises ConfigError."""
    return read_span(table, "limit", keys.limit, timedelta(seconds=1), _LONGEST) or DEFAULT_CRAWL_LIMIT


def overlaid(known: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return a profile's values with the user's own over them.

    `schedule` and `every` replace each other.
    """
    times = {"schedule", "every"}
    replaced = times if times & values.keys() else set[str]()
    kept = {key: value for key, value in known.items() if key not in replaced}
    return {**kept, **values}


def _read_rule(table: TomlTable, keys: SourceTable) -> Rule:
    every = read_span(table, "every", keys.every, _SHORTEST, _LONGEST)
    if keys.schedule == AUTO:
        return _read_auto(table, keys, every or DEFAULT_PROMPTNESS)
    for key in ("shortest", "longest"):
        if key in table.values:
            table.refuse(key, 'schedule = "auto" with it, whose times it bounds', "another schedule")
    if every is None:
        return _read_cron(table, keys.schedule)
    if keys.schedule is not None:
        table.refuse("every", "either schedule or every", "both")
    return Interval.of(every)


def _read_cron(table: TomlTable, text: str | None) -> Schedule:
    try:
        return parse_schedule(text or DEFAULT_SCHEDULE)
    except ValueError as error:
        table.refuse("schedule", EXPECTED_TIMES, f"{describe_value(text)}: {error}")


def _read_auto(table: TomlTable, keys: SourceTable, every: timedelta) -> Auto:
    shortest = read_span(table, "shortest", keys.shortest, SHORTEST, _LONGEST) or min(SHORTEST, every)
    longest = read_span(table, "longest", keys.longest, SHORTEST, _LONGEST) or max(LONGEST, every)
    if not shortest <= every <= longest:
        bounds = f"a span of time from shortest ({format_span(shortest)}) to longest ({format_span(longest)})"
        table.refuse("every", bounds, f"“{format_span(every)}”")
    if "jitter" in table.values:
        table.refuse("jitter", 'another schedule than "auto", whose times vary by themselves', "both")
    return Auto(promptness=every, shortest=shortest, longest=longest, timezone=keys.timezone)


def _read_quiet(table: TomlTable, text: str | None, timezone: str) -> Quiet | None:
    if text is None:
        return None
    try:
        return parse_quiet(text, timezone)
    except ValueError as error:
        table.refuse("quiet", EXPECTED_QUIET, f"{describe_value(text)}: {error}")


def _zone_of(rule: Rule) -> str | None:
    """Return the time zone in the schedule itself, if any."""
    named = isinstance(rule, Schedule) and rule.text.split()[-1] == rule.timezone
    if named and isinstance(rule, Schedule):
        return rule.timezone
    return None
