"""A schedule that learns: its times for any rhythm, what it learns, and how it is configured."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.core.errors import ConfigError
from crawler.config.config import load_config
from crawler.schedule.learned import Auto, Rhythm
from crawler.schedule.timetable import Timetable, parse_quiet
from tests.revisits import rhythm

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
DAY = 86400.0
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
rhythms = st.builds(
    Rhythm,
    daily=st.floats(0, 1e4),
    shape=st.lists(st.floats(0, 10), min_size=168, max_size=168).map(tuple),
    worth=st.floats(1e-4, 1e2),
)
autos = st.builds(
    Auto,
    rhythm=rhythms,
    recent=st.lists(st.floats(1.5e9, 1.9e9), max_size=5).map(sorted).map(tuple),
    shortest=st.integers(5, 60).map(lambda minutes: timedelta(minutes=minutes)),
    longest=st.integers(60, 3000).map(lambda minutes: timedelta(minutes=minutes)),
    timezone=st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
)


@settings(max_examples=60, deadline=None)
@given(autos, moments)
def test_times_are_multiples_of_the_shortest_and_never_further_apart_than_the_longest(
    rule: Auto, moment: datetime
) -> None:
    due = rule.next_after(moment)
    assert moment < due <= moment + rule.longest
    assert due.timestamp() % rule.shortest.total_seconds() == 0
    begin = datetime.fromtimestamp(
        moment.timestamp() // rule.shortest.total_seconds() * rule.shortest.total_seconds(), UTC
    )
    assert rule.next_after(begin) == due, "a crawl that starts a little late is that of its planned time"


def test_hourly_until_something_is_learned() -> None:
    assert Auto().next_after(NOON + timedelta(minutes=20)) == NOON + timedelta(hours=1)
    assert Auto().study([1.0] * 19, 2.0) is None


def office(seed: int, days: int, timezone: str) -> list[float]:
    """Return times between nine and five on weekdays, in a zone, from rhythm.EPOCH."""
    dice = random.Random(seed)
    begin = datetime.fromtimestamp(rhythm.EPOCH, UTC).replace(tzinfo=ZoneInfo(timezone))
    weekdays = [begin + timedelta(days=day) for day in range(days) if day % 7 < 5]
    return sorted((day + timedelta(hours=9 + 8 * dice.random())).timestamp() for day in weekdays * 6)


def test_no_schedule_beats_the_bound_of_its_trace() -> None:
    """Nor is the bound that of the hours alone: it knows where the bursts are."""
    bound = rhythm.bound(3, 1.5)
    crawls, delay = rhythm.played(rhythm.newspaper(3, 1.5), Auto())
    assert bound < crawls * delay * 2 / (rhythm.MEASURED * 1440) < 1
    assert bound < rhythm.bound_of_hours() < 1


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_office_hours_are_learned(zone: str) -> None:
    """As prompt as every hour, with half of the crawls, most of them when people work."""
    times = office(1, 86, zone)
    rule = Auto(timezone=zone)
    crawls, delay = rhythm.played(times, rule)
    assert delay < 33
    assert crawls < 30 * 24 * 0.55
    begin = rhythm.EPOCH + 56 * DAY
    studied = replace(rule, rhythm=rule.study([time for time in times if time < begin], begin))
    at, starts = datetime.fromtimestamp(begin, UTC), list[datetime]()
    while len(starts) < 200:
        at = studied.next_after(at)
        starts.append(at.astimezone(ZoneInfo(zone)))
    working = [start for start in starts if 8 <= start.hour < 18 and start.weekday() < 5]
    assert len(working) > len(starts) * 0.5, "in less than a third of the hours"


def test_crawls_come_sooner_after_something_came() -> None:
    rule = Auto(rhythm=Rhythm(daily=5.0, shape=(1.0,) * 168, worth=0.1))
    burst = tuple(NOON.timestamp() - 60.0 * minutes for minutes in range(20))[::-1]
    assert replace(rule, recent=burst).next_after(NOON) < rule.next_after(NOON)


def test_quiet_hours_hold() -> None:
    rule = Auto(rhythm=Rhythm(daily=500.0, shape=(1.0,) * 168, worth=0.1))
    timetable = Timetable(rule=rule, quiet=parse_quiet("13:00-20:00", "UTC"))
    assert timetable.next_after(NOON + timedelta(minutes=58)) >= NOON + timedelta(hours=8)


CONFIG = 'contact = "desk@example.org"\n[sources.gazette]\nurl = "https://gazette.example"\n'


def test_auto_is_read_from_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "backissue.toml"
    lines = 'schedule = "auto"\nevery = "15m"\nlongest = "2h"\ntimezone = "Europe/Berlin"\n'
    file.write_text(CONFIG + lines)
    [source] = load_config(file).sources
    assert source.schedule.rule == Auto(
        promptness=timedelta(minutes=15), longest=timedelta(hours=2), timezone="Europe/Berlin"
    )
    assert source.schedule.text == "auto, as prompt as every 15m"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            'schedule = "auto"\nevery = "12h"\nlongest = "6h"',
            "every: expected a span of time from shortest (5m)",
        ),
        ('schedule = "auto"\njitter = "5m"', 'jitter: expected another schedule than "auto"'),
        ('every = "1h"\nlongest = "6h"', 'longest: expected schedule = "auto" with it'),
        ('schedule = "auto"\nshortest = "1m"', "shortest: expected a span of time from 5m to 366d"),
        ('schedule = "automatic"', 'or "auto"; found'),
    ],
)
def test_mistaken_auto_is_refused_with_the_reason(tmp_path: Path, lines: str, sentence: str) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(CONFIG + lines + "\n")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert sentence in str(refused.value)
