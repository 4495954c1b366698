"""Crontab texts beside cronsim, another reader of them: where both agree, and the nights where they do not.

On nights when the clocks move, cronsim imitates Debian's cron: it leaves out or repeats some runs whose
minutes or hours begin with a star, and it makes several runs one. docs/development.md says why ours stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from crawler.schedule.cron import parse_schedule

ZONES = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
MINUTES = ["*", "*/15", "7", "10,40", "5-20/5"]
HOURS = ["*", "*/2", "*/5", "0", "2", "1,2,3", "1-4"]
DAYS = ["* * *", "13 * *", "13 * fri", "* * 1-5", "*/2 * *", "29 2 *", "1 jan,jul sun"]


def ours(text: str, zone: str, start: datetime) -> Iterator[datetime]:
    schedule = parse_schedule(f"{text} {zone}")
    while True:
        start = schedule.next_after(start)
        yield start


def theirs(text: str, zone: str, start: datetime) -> Iterator[datetime]:
    for run in CronSim(text, start.astimezone(ZoneInfo(zone))):
        yield run.astimezone(UTC)


def within(runs: Iterator[datetime], end: datetime) -> list[datetime]:
    return list(takewhile(lambda run: run < end, runs))


def is_steady(zone: str, start: datetime, end: datetime) -> bool:
    """True if the clocks of a zone do not move from two days before a span on."""
    days = range((end - start).days + 4)
    offsets = {(start + timedelta(days=day - 2)).astimezone(ZoneInfo(zone)).utcoffset() for day in days}
    return len(offsets) == 1


@given(
    st.builds("{} {} {}".format, *map(st.sampled_from, (MINUTES, HOURS, DAYS))),
    st.sampled_from(ZONES),
    st.integers(0, 35 * 365),
)
def test_both_agree_while_the_clocks_do_not_move(text: str, zone: str, day: int) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=day)
    end = start + timedelta(days=3)
    if is_steady(zone, start, end):
        assert within(ours(text, zone, start), end) == within(theirs(text, zone, start), end)


SPRING = datetime(2026, 3, 28, 12, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "noon", "our_runs", "their_runs", "why"),
    [
        ("10,40 2 * * *", SPRING, ["03:10", "03:40"], ["03:00"], "two runs become one"),
        ("0 */2 * * *", SPRING, ["00:00", "03:00", "04:00"], ["00:00", "04:00"], "a run is left out"),
        ("30 */6 * * *", SPRING, ["00:30", "06:30"], ["00:30", "06:30"], "neither is in the hour"),
        ("*/30 2 * * *", AUTUMN, ["02:00", "02:30"], ["02:00", "02:30"] * 2, "runs are repeated"),
        ("30 2 * * *", AUTUMN, ["02:30"], ["02:30"], "both run once"),
    ],
)
def test_nights_of_change_differ_as_documented(
    text: str, noon: datetime, our_runs: list[str], their_runs: list[str], why: str
) -> None:
    zone = "Europe/Berlin"
    end = noon + timedelta(hours=18)

    def hours(runs: Iterator[datetime]) -> list[str]:
        night = [run.astimezone(ZoneInfo(zone)) for run in within(runs, end)]
        return [f"{run:%H:%M}" for run in night if run.hour < 7 and run > noon]

    shown = hours(ours(text, zone, noon))
    assert shown[: len(our_runs)] == our_runs, why
    others = hours(theirs(text, zone, noon))
    assert others[: len(their_runs)] == their_runs, why
