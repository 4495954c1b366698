"""The clock: schedules computed over whole years, daylight-saving nights included, and runs that are owed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Run, Saved
from archive.store import Archive
from crawler import config
from crawler.config_schedule import Schedule, parse
from scheduler import Clock, Tick

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
)


def runs(text: str, start: datetime = START, end: datetime = END) -> list[datetime]:
    """Every run of a schedule in a span, as APScheduler asks for them."""
    trigger, found = Tick(parse(text)), [start]
    while found[-1] < end:
        found.append(trigger.get_next_fire_time(found[-1], found[-1]))
    return found[1:-1]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 12])
def test_a_daily_run_happens_once_a_day_all_year(zone: str, hour: int) -> None:
    days = Counter(run.astimezone(ZoneInfo(zone)).date() for run in runs(f"30 {hour} * * * {zone}"))
    assert set(days.values()) == {1}
    assert len(days) in {364, 365, 366}, "the year's edges may cut one"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu"])
def test_an_hourly_run_goes_by_real_time(zone: str) -> None:
    found = runs(f"17 * * * * {zone}")
    assert {later - run for run, later in pairwise(found)} == {timedelta(hours=1)}


def test_a_run_that_spring_leaves_out_comes_later_the_same_night() -> None:
    night = runs(
        "30 2 * * * Europe/Berlin",
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 29, 12, tzinfo=UTC),
    )
    assert night == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)], "03:30 by the clock that has just jumped"


def test_a_run_left_out_in_spring_is_still_owed_just_after_the_jump() -> None:
    jumped = datetime(2026, 3, 29, 1, 10, tzinfo=UTC)  # 03:10; the clock never showed 02:30
    assert parse("30 2 * * * Europe/Berlin").next_after(jumped) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_weekdays_are_numbered_as_cron_numbers_them() -> None:
    assert {run.strftime("%a") for run in runs("0 6 * * 1-5")} == {"Mon", "Tue", "Wed", "Thu", "Fri"}
    assert {run.strftime("%a") for run in runs("0 6 * * 0")} == {"Sun"}
    assert {run.strftime("%a") for run in runs("0 6 * * 7")} == {"Sun"}
    assert {run.strftime("%a") for run in runs("0 6 * * fri-sun")} == {"Fri", "Sat", "Sun"}
    assert {run.strftime("%a") for run in runs("0 6 * * 5-7")} == {"Fri", "Sat", "Sun"}


def test_a_day_of_the_month_beside_a_weekday_means_either() -> None:
    found = runs("0 6 13 * fri")
    assert all(run.day == 13 or run.strftime("%a") == "Fri" for run in found)
    assert len(found) == 52 + 12 - sum(run.day == 13 and run.strftime("%a") == "Fri" for run in found)


def test_steps_lists_and_nicknames() -> None:
    day = {(run.hour, run.minute) for run in runs("5,35 8-18/5 * * *")}
    assert day == {(hour, minute) for hour in (8, 13, 18) for minute in (5, 35)}
    assert len(runs("@hourly")) == 365 * 24 - 1
    assert {(run.hour, run.minute) for run in runs("@daily")} == {(0, 0)}
    assert {run.strftime("%a") for run in runs("@weekly")} == {"Sun"}


FIELD = st.sampled_from(["*", "*/2", "*/7", "3", "1,2", "2-4", "1-5/2"])


@settings(max_examples=25, deadline=None)
@given(st.tuples(FIELD, FIELD), st.sampled_from(ZONES), st.integers(0, 365 * 24))
def test_no_minute_that_matches_is_passed_over(fields: tuple[str, str], zone: str, hours: int) -> None:
    """Against a slow second opinion: the clock on the wall, read minute by minute for a day."""
    text = f"{fields[0]} {fields[1]} * * * {zone}"
    start = START + timedelta(hours=hours)
    wall = [(start + timedelta(minutes=n)).astimezone(ZoneInfo(zone)) for n in range(24 * 60)]
    if len({moment.utcoffset() for moment in wall}) > 1:
        return  # nights of change have their own tests above
    expected = [
        moment
        for moment in wall
        if matches(fields[0], moment.minute, 0) and matches(fields[1], moment.hour, 0)
    ]
    before = start - timedelta(microseconds=1)
    found = []
    while (before := parse(text).next_after(before)) < start + timedelta(days=1):
        found.append(before)
    assert found == expected


def matches(field: str, value: int, low: int) -> bool:
    body, _, step = field.partition("/")
    if "," in body:
        return value in map(int, body.split(","))
    first, last = (low, 59) if body == "*" else (int(body.split("-")[0]), int(body.split("-")[-1]))
    return first <= value <= last and (value - first) % int(step or 1) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it has 0 fields"),
        ("* * * *", "it has 4 fields"),
        ("60 * * * *", "the minute “60”"),
        ("* 24 * * *", "the hour “24”"),
        ("0 0 0 * *", "the day of the month “0”"),
        ("0 0 31 2,4 *", "none of its months has a day 31"),
        ("0 0 * * 8", "the weekday “8”"),
        ("*/0 * * * *", "the step"),
        ("5/15 * * * *", "needs a range, such as 5-59/15"),
        ("20-10 * * * *", "from high to low"),
        ("@dayly", "did you mean “@daily”?"),
        ("0 6 * * * Europe/Berln", "did you mean “Europe/Berlin”?"),
        ("0 6 * * * europe/berlin/..", "no IANA time zone"),
        ("٣ * * * *", "the minute"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse(text)
    assert sentence in str(refused.value)


def test_however_late_one_run_is_owed_and_not_many() -> None:
    slept = datetime(2026, 6, 1, tzinfo=UTC)
    trigger = Tick(parse("* * * * *"))
    assert trigger.get_next_fire_time(slept, slept + timedelta(days=90)) == slept + timedelta(
        days=90, minutes=1
    )


def ledger(path: Path, started: datetime | None) -> Clock:
    sample = config.sample(path)
    source = replace(sample.sources[0], schedule=parse("0 6 * * *"))
    with Archive.open(path) as archive:
        archive.add_source(source.site, "2026-01-01T00:00:00Z")
        if started is not None:
            run = archive.runs.begin(source.name, "schedule", started)
            archive.runs.end(
                Run(
                    id=run,
                    source=source.name,
                    trigger="schedule",
                    started_at=started,
                    ended_at=started,
                    outcome="ok",
                    saved=Saved(),
                )
            )
    return Clock(replace(sample, sources=(source,)))


@pytest.mark.parametrize(
    ("started", "due"),
    [
        (None, True),
        (datetime(2026, 6, 2, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 6, 2, 5, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 1, tzinfo=UTC), True),
    ],
    ids=["never crawled", "crawled on time", "missed this morning", "missed for weeks"],
)
def test_what_was_missed_while_nobody_watched_is_made_up_at_the_start(
    tmp_path: Path, started: datetime | None, due: bool
) -> None:
    clock = ledger(tmp_path / "archive.db", started)
    assert clock.is_due(clock.config.sources[0], datetime(2026, 6, 2, 12, tzinfo=UTC)) is due


def test_a_schedule_is_kept_as_it_was_written() -> None:
    schedule = parse("15 6 * * 1-5 Europe/Berlin")
    assert isinstance(schedule, Schedule)
    assert (schedule.text, schedule.timezone, schedule.weekday) == (
        "15 6 * * 1-5 Europe/Berlin",
        "Europe/Berlin",
        "mon,tue,wed,thu,fri",
    )
