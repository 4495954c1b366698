"""Timetables, computed over whole years with their daylight-saving nights: nothing twice or left out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.daemon.dispatcher import Tick
from crawler.schedule.cron import Schedule, parse_schedule
from crawler.schedule.timetable import Interval, Quiet, Timetable, format_span, parse_quiet, parse_span

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "America/Santiago",
    "Asia/Kathmandu",
)
YEARS = (
    *((zone, 2026) for zone in ZONES),
    ("America/Sao_Paulo", 2018),  # its clocks went forward at midnight
    ("Pacific/Apia", 2011),  # it left out the 30th of December
)


def runs(text: str, start: datetime = START, end: datetime = END) -> list[datetime]:
    """Every run of a schedule in a span, as APScheduler asks for them."""
    return starts(Timetable(rule=parse_schedule(text)), start, end)


def starts(timetable: Timetable, start: datetime = START, end: datetime = END) -> list[datetime]:
    """Every start of a timetable in a span, as APScheduler asks for them."""
    trigger, found = Tick(lambda: timetable), [start]
    while found[-1] < end:
        found.append(trigger.get_next_fire_time(found[-1], found[-1]))
    return found[1:-1]


@pytest.mark.parametrize(("zone", "year"), YEARS)
@pytest.mark.parametrize("hour", [0, 1, 2, 3, 12])
def test_a_daily_run_happens_once_a_day_all_year(zone: str, year: int, hour: int) -> None:
    first, last = (
        datetime(number, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for number in (year, year + 1)
    )
    found = runs(f"30 {hour} * * * {zone}", first - timedelta(seconds=1), last)
    days = Counter(run.astimezone(ZoneInfo(zone)).date() for run in found)
    assert set(days.values()) == {1}
    assert len(days) == (364 if zone == "Pacific/Apia" else 365)


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
    assert parse_schedule("30 2 * * * Europe/Berlin").next_after(jumped) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )


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
    while (before := parse_schedule(text).next_after(before)) < start + timedelta(days=1):
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
        parse_schedule(text)
    assert sentence in str(refused.value)


def test_however_late_one_run_is_owed_and_not_many() -> None:
    slept = datetime(2026, 6, 1, tzinfo=UTC)
    trigger = Tick(lambda: Timetable(rule=parse_schedule("* * * * *")))
    assert trigger.get_next_fire_time(slept, slept + timedelta(days=90)) == slept + timedelta(
        days=90, minutes=1
    )


# -- intervals, quiet hours and jitter ----------------------------------------------------------------


def every(text: str) -> Interval:
    return Interval(text=f"every {text}", every=parse_span(text))


def test_an_interval_goes_by_real_time_and_is_the_same_after_a_restart() -> None:
    found = starts(Timetable(rule=every("1h30m")))
    assert {later - run for run, later in pairwise(found)} == {timedelta(minutes=90)}
    assert found[0] == datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
    assert starts(Timetable(rule=every("2d")))[:2] == [datetime(2026, 1, day, tzinfo=UTC) for day in (3, 5)]


@pytest.mark.parametrize(("zone", "year"), YEARS)
def test_all_year_no_run_begins_in_quiet_hours_and_every_other_one_does(zone: str, year: int) -> None:
    quiet = parse_quiet("22:15-06:00,12:00-13:00", zone)
    first, last = (datetime(number, 1, 1, tzinfo=UTC) for number in (year, year + 1))
    found = starts(Timetable(rule=every("1h45m"), quiet=quiet), first, last)
    expected = [run for run in starts(Timetable(rule=every("1h45m")), first, last) if not is_quiet(run, zone)]
    assert found == expected


def is_quiet(moment: datetime, zone: str) -> bool:
    wall = moment.astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    return minute >= 22 * 60 + 15 or minute < 6 * 60 or 12 * 60 <= minute < 13 * 60


def test_what_is_owed_in_quiet_hours_begins_with_their_last_minute() -> None:
    timetable = Timetable(rule=every("1h"), quiet=parse_quiet("22:00-24:00, 00:00-06:30", "Europe/Berlin"))
    night = datetime(2026, 3, 28, 23, 12, 30, tzinfo=UTC)  # the night in which an hour is left out
    assert timetable.earliest(night) == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)
    noon = datetime(2026, 3, 29, 12, 0, 1, tzinfo=UTC)
    assert timetable.earliest(noon) == noon


def test_each_planned_time_has_its_own_delay_wherever_it_is_computed() -> None:
    timetable = Timetable(rule=every("10m"), jitter=timedelta(minutes=5), whose="you@example.org")
    day = START + timedelta(days=1)
    found = starts(timetable, START, day)
    planned = list(timetable.ticks(START - timedelta(seconds=1), day))
    assert found == [start for start in map(timetable.start_of, planned) if start < day]
    delays = [start - tick for tick, start in zip(planned, found, strict=False)]
    assert timedelta(0) <= min(delays) < timedelta(minutes=1)
    assert timedelta(minutes=4) < max(delays) <= timedelta(minutes=5)
    other = Timetable(rule=every("10m"), jitter=timedelta(minutes=5), whose="me@example.org")
    assert starts(other, START, day) != found


def test_quiet_hours_that_left_a_planned_time_in_the_past_alone_are_refused() -> None:
    """The zones had other rules in 1970. A search for the next time would not end today."""
    quiet = parse_quiet("00:00-12:00", "America/New_York")
    timetable = Timetable(rule=parse_schedule("3 2 * * * Australia/Lord_Howe"), quiet=quiet)
    with pytest.raises(ValueError, match="every time of"):
        timetable.check_quiet()


def test_no_delay_leads_into_quiet_hours() -> None:
    quiet = parse_quiet("22:00-06:00", "UTC")
    timetable = Timetable(rule=parse_schedule("55 21 * * *"), quiet=quiet, jitter=timedelta(minutes=30))
    found = starts(timetable)
    assert len(found) == 365
    assert not any(map(quiet.holds, found))


RULES = st.one_of(
    st.tuples(st.sampled_from(["*", "*/7", "3", "10-50/20"]), st.sampled_from(["*", "*/5", "2", "1-3"]))
    .flatmap(lambda fields: st.sampled_from(ZONES).map(lambda zone: f"{fields[0]} {fields[1]} * * * {zone}"))
    .map(parse_schedule),
    st.integers(1, 3000).map(lambda minutes: Interval(text="", every=timedelta(minutes=minutes))),
)
QUIETS = st.none() | st.tuples(
    st.sampled_from(["22:00-06:00", "01:30-02:30", "00:00-12:00", "23:00-23:30,04:00-05:00"]),
    st.sampled_from(ZONES),
).map(lambda both: parse_quiet(*both))


@settings(max_examples=150, deadline=None)
@given(RULES, QUIETS, st.integers(0, 366 * 24 * 3600), st.integers(1, 200_000))
def test_no_planned_time_is_doubled_or_skipped_wherever_one_begins_to_look(
    rule: Schedule | Interval, quiet: Quiet | None, second: int, later: int
) -> None:
    timetable = Timetable(rule=rule, quiet=quiet)
    try:
        timetable.check_quiet()
    except ValueError:
        return  # refused by the configuration
    start = START + timedelta(seconds=second)
    middle = start + timedelta(seconds=later)
    ticks = [timetable.next_after(start)]
    while ticks[-1] <= middle:
        ticks.append(timetable.next_after(ticks[-1]))
    assert all(earlier < tick for earlier, tick in pairwise([start, *ticks]))
    assert timetable.next_after(middle) == ticks[-1], "whoever begins in the middle finds the same one"


def test_spans_are_told_as_they_are_read() -> None:
    for text in ("10m", "1h30m", "2d", "1d2h3m4s", "90s"):
        assert parse_span(format_span(parse_span(text))) == parse_span(text)
    assert format_span(timedelta(seconds=90)) == "1m30s"


@pytest.mark.parametrize("text", ["", "10", "m", "1.5h", "-5m", "10 m", "5m1h", "٣m", "10w"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1h30m"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("22-6", "such as 22:00-06:00"),
        ("22:00-06:60", "impossible time of day"),
        ("24:00-06:00", "impossible time of day"),
        ("06:00-06:00", "begins where it ends"),
        ("", "such as 22:00-06:00"),
    ],
)
def test_what_are_no_quiet_hours_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_quiet(text, "UTC")
    assert sentence in str(refused.value)


def test_a_schedule_is_kept_as_it_was_written() -> None:
    schedule = parse_schedule("15 6 * * 1-5 Europe/Berlin")
    assert isinstance(schedule, Schedule)
    assert (schedule.text, schedule.timezone, schedule.weekday) == (
        "15 6 * * 1-5 Europe/Berlin",
        "Europe/Berlin",
        "mon,tue,wed,thu,fri",
    )
