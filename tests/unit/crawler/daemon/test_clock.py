"""The clock and its ledger, with time put forward: no planned time without a row, no two crawls at once.

The crawl is a stand-in that holds the real lock and writes the real ledger as a crawl does; all else is
real. `test_up` and `test_kills` run the programs themselves.
"""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from archive.cli.console import Exit
from archive.core.errors import BusyError
from archive.core.locks import hold, lock_of
from archive.core.records import Site
from archive.storage.archive import Archive
from archive.storage.run_ledger import KEPT
from crawler.config import config
from crawler.config.config import Source
from crawler.daemon.dispatcher import MAX_COUNTED_TIMES, Clock, passed_times
from crawler.schedule.cron import parse_schedule
from crawler.schedule.learned import Auto
from crawler.schedule.timetable import Interval, Timetable, parse_quiet, parse_span

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Crawl:
    """Stands for the process of a crawl, from its start until a test ends it."""

    def __init__(self, world: World, run_id: int | None = None) -> None:
        self.world = world
        self.returncode: int | None = None
        self._over = threading.Event()
        self._lock = ExitStack()
        try:
            self._lock.enter_context(hold(world.path, lock_of("sample")))
        except BusyError:
            self.end(Exit.BUSY)
            return
        with Archive.open(world.path) as archive:
            self.run_id = archive.runs.begin("sample", "hand", world.now, run_id)

    def end(self, code: int = 0, outcome: str | None = None) -> None:
        if outcome:
            with Archive.open(self.world.path) as archive:
                run = archive.runs.get(self.run_id)
                archive.runs.end(
                    replace(run, ended_at=self.world.now, outcome=outcome, sentence="So it went.")
                )
        self._lock.close()
        self.returncode = code
        self._over.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        assert self._over.wait(60)
        assert self.returncode is not None
        return self.returncode


class World:
    """An archive, a time that a test sets, and clocks in it."""

    def __init__(self, path: Path, timetable: Timetable) -> None:
        self.path = path
        self.now = NOON
        self.crawls: list[Crawl] = []
        site = Site(name="sample", url="http://127.0.0.1:8002")
        self.source = config.Source(site=site, schedule=timetable, limit=timedelta(hours=2), delay=0.0)
        self.config = config.Config(
            path=path.with_name("backissue.toml"), archive=path, sources=(self.source,)
        )
        with Archive.open(path) as archive:
            archive.add_source(self.source.site, "2026-01-01T00:00:00Z")
        self.clock = self.another_clock()

    def another_clock(self) -> Clock:
        return Clock(self.config, self.launch, lambda: self.now)

    def launch(self, source: Source, run_id: int) -> Any:
        self.crawls.append(Crawl(self, run_id))
        return self.crawls[-1]

    def tick(self, at: datetime, clock: Clock | None = None) -> None:
        self.now = at
        (clock or self.clock).tick(self.source)

    def end(self, code: int = 0, outcome: str | None = None) -> None:
        """End the newest crawl, and let its clock tell the ledger what it has to."""
        self.crawls[-1].end(code, outcome)
        self.clock.finish(0)

    def by_hand(self, begun: datetime, ended: datetime) -> None:
        self.now = begun
        crawl = Crawl(self)
        self.now = ended
        crawl.end(0, "ok")

    def rows(self) -> list[dict[str, Any]]:
        with Archive.open(self.path) as archive:
            return list(archive.db.query("SELECT * FROM runs ORDER BY id"))

    def told(self) -> list[tuple[str, str, str | None]]:
        """Of each row: the planned time, what started it, the outcome."""
        return [(str(row["planned_at"])[5:16], row["trigger"], row["outcome"]) for row in self.rows()]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A source that is due at six every morning."""
    world = World(tmp_path / "archive.db", Timetable(rule=parse_schedule("0 6 * * *")))
    yield world
    for crawl in world.crawls:
        crawl.end()


# -- what is owed -------------------------------------------------------------------------------------


def test_a_source_that_was_never_crawled_is_crawled_at_once(world: World) -> None:
    world.tick(NOON)
    world.end(0, "ok")
    world.tick(NOON + HOUR)
    assert world.told() == [("", "catch-up", "ok")]


def test_a_planned_time_is_a_run_that_says_so(world: World) -> None:
    world.by_hand(NOON, NOON + HOUR)
    world.tick(NOON + 18 * HOUR)
    world.end(0, "ok")
    assert world.told()[1:] == [("06-03T06:00", "schedule", "ok")]
    assert world.rows()[1]["ticks"] == 1


def test_of_what_was_missed_the_last_is_made_up_and_the_others_are_told(world: World) -> None:
    world.by_hand(NOON, NOON + HOUR)
    world.tick(NOON + 3 * DAY)
    world.end(0, "ok")
    assert world.told()[1:] == [
        ("06-03T06:00", "schedule", "coalesced"),
        ("06-04T06:00", "schedule", "coalesced"),
        ("06-05T06:00", "catch-up", "ok"),
    ]
    assert world.rows()[1]["sentence"] == (
        "No crawl started in time; the one of 2026-06-05 12:00:00 UTC makes up for it."
    )


def test_a_long_absence_is_one_row_that_says_how_long_it_was(world: World) -> None:
    world.by_hand(NOON, NOON + HOUR)
    world.tick(NOON + (KEPT + 2) * DAY)
    world.end(0, "ok")
    _, absence, made_up = world.rows()
    assert (absence["outcome"], absence["ticks"]) == ("coalesced", KEPT + 1)
    assert absence["sentence"].startswith(
        "25 planned times, 2026-06-03T06:00:00Z to 2026-06-27T06:00:00Z: no"
    )
    assert (made_up["planned_at"], made_up["ticks"]) == ("2026-06-28T06:00:00Z", 1)


def test_years_of_absence_are_counted_up_to_a_bound_and_the_last_time_is_exact() -> None:
    minutely = Timetable(rule=parse_schedule("* * * * *"))
    found = passed_times(minutely, NOON - 700 * DAY, NOON)
    assert len(found) == MAX_COUNTED_TIMES + 1
    assert (found[0], found[-1]) == (NOON - 700 * DAY + timedelta(minutes=1), NOON)
    yearly = Timetable(rule=parse_schedule("0 6 1 1 *"))
    assert passed_times(yearly, NOON - 700 * DAY, NOON) == [
        datetime(year, 1, 1, 6, tzinfo=UTC) for year in (2025, 2026)
    ]


def test_what_a_crawl_by_hand_has_read_since_is_not_made_up_for(world: World) -> None:
    world.by_hand(NOON - 3 * DAY, NOON - 3 * DAY + HOUR)
    world.by_hand(NOON, NOON + HOUR)
    with Archive.open(world.path) as archive:
        archive.runs.note("sample", [NOON - 2 * DAY], "coalesced", "as the ledger knew it.", NOON)
    world.tick(NOON + 2 * HOUR)
    assert world.crawls == []
    assert world.told()[3:] == [(f"06-0{day}T06:00", "schedule", "missed") for day in (1, 2)]
    assert "the one of 2026-06-02 12:00:00 UTC was later" in world.rows()[-1]["sentence"]


@pytest.mark.parametrize(("outcome", "crawls"), [("interrupted", 2), ("ok", 1), ("failed", 1)])
def test_only_a_crawl_that_was_cut_short_is_gone_on_with_at_the_next_start(
    world: World, outcome: str, crawls: int
) -> None:
    world.tick(NOON)
    world.end(0, outcome)
    world.tick(NOON + HOUR, world.another_clock())
    assert len(world.crawls) == crawls


def test_what_a_wrong_clock_wrote_does_not_stop_the_runs_after_it(world: World) -> None:
    world.by_hand(NOON + 900 * DAY, NOON + 900 * DAY)
    world.tick(NOON)
    world.end(0, "ok")
    world.tick(NOON + 18 * HOUR)
    assert [row["started_at"] for row in world.rows()[1:]] == ["2026-06-02T12:00:00Z", "2026-06-03T06:00:00Z"]


def test_in_quiet_hours_nothing_is_begun_and_nothing_forgotten(tmp_path: Path) -> None:
    quiet = parse_quiet("11:00-14:00", "UTC")
    world = World(tmp_path / "archive.db", Timetable(rule=parse_schedule("0 6 * * *"), quiet=quiet))
    world.by_hand(NOON - 3 * DAY, NOON - 3 * DAY)
    world.tick(NOON)
    assert len(world.rows()) == 1
    world.tick(world.source.schedule.earliest(NOON))
    world.end(0, "ok")
    assert [row["started_at"] for row in world.rows()][-1] == "2026-06-02T14:00:00Z"
    assert [outcome for _, _, outcome in world.told()] == ["ok", "coalesced", "coalesced", "ok"]


# -- crawls never overlap -----------------------------------------------------------------------------


def test_a_time_that_comes_while_a_crawl_runs_is_a_row_and_no_crawl(world: World) -> None:
    world.tick(NOON)
    world.tick(NOON + 18 * HOUR)
    assert len(world.crawls) == 1
    assert world.told()[1:] == [("06-03T06:00", "schedule", "overlapped")]
    world.end(0, "ok")
    assert world.told()[0][2] == "ok"


def test_a_crawl_by_hand_is_not_overlapped_either(world: World) -> None:
    world.tick(NOON - 2 * DAY)
    world.end(0, "ok")
    world.tick(NOON - DAY)
    world.end(0, "ok")
    world.now = NOON + DAY
    by_hand = Crawl(world)
    world.tick(NOON + 42 * HOUR)
    by_hand.end(0, "ok")
    assert len(world.crawls) == 2
    assert world.told()[2:] == [
        ("", "hand", "ok"),
        ("06-02T06:00", "schedule", "missed"),
        ("06-03T06:00", "schedule", "missed"),
        ("06-04T06:00", "schedule", "overlapped"),
    ]


def test_two_schedulers_make_one_crawl_and_one_row_of_each_planned_time(world: World) -> None:
    world.by_hand(NOON, NOON + HOUR)
    other = world.another_clock()
    for day in range(1, 4):
        at = NOON + day * DAY - 6 * HOUR
        clocks = [world.clock, other] if day % 2 else [other, world.clock]
        world.tick(at, clocks[0])
        world.tick(at, clocks[1])
        world.crawls[-1].end(0, "ok")
        world.tick(at + timedelta(seconds=1), clocks[1])
        other.finish(0)
    assert len(world.crawls) == 3
    assert world.told()[1:] == [(f"06-0{day}T06:00", "schedule", "ok") for day in (3, 4, 5)]


def test_a_crawl_that_finds_another_one_has_been_faster_is_an_overlapped_time_or_no_row(world: World) -> None:
    """Both had looked before either held the lock: the crawl's own process is the one to find out."""
    for planned in (None, NOON):
        with Archive.open(world.path) as archive:
            run_id = archive.runs.claim("sample", "schedule", NOON, planned) or 0
        with hold(world.path, lock_of("sample")):
            world.launch(world.source, run_id)
        world.clock._keep(world.source, world.crawls[-1], run_id, NOON)  # type: ignore[arg-type]
    assert world.told() == [("06-02T12:00", "schedule", "overlapped")]


# -- how crawls end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "after", "sentence"),
    [
        (
            -signal.SIGKILL,
            HOUR,
            "killed from outside (SIGKILL, perhaps because the machine ran out of memory)",
        ),
        (-signal.SIGSEGV, HOUR, "killed from outside (SIGSEGV)"),
        (1, HOUR, "too early (exit code 1)"),
        (1, 2 * HOUR, "did not end at its limit of 2h"),
    ],
    ids=["killed", "crashed", "fallen", "hung"],
)
def test_a_crawl_that_could_not_say_how_it_ended_has_failed_and_the_ledger_says_how(
    world: World, code: int, after: timedelta, sentence: str
) -> None:
    world.tick(NOON)
    world.now += after
    world.end(code)
    [row] = world.rows()
    assert (row["outcome"], row["ended_at"][11:]) == ("failed", f"{world.now:%H:%M:%SZ}")
    assert sentence in row["sentence"]
    assert row["sentence"].endswith("Everything it saved is kept.")


def test_a_crawl_that_vanished_with_its_scheduler_is_closed_by_the_next_one(world: World) -> None:
    world.tick(NOON)
    world.crawls[-1]._lock.close()  # both were killed: the lock has died, and nobody waits for the crawl
    world.tick(NOON + HOUR, world.another_clock())
    assert [(row["trigger"], row["outcome"]) for row in world.rows()] == [
        ("catch-up", "interrupted"),
        ("catch-up", None),
    ]


# -- a year ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "timetable",
    [
        Timetable(rule=parse_schedule("30 2 * * * Europe/Berlin")),
        Timetable(
            rule=Interval(text="", every=parse_span("3d7h")),
            quiet=parse_quiet("00:00-04:00", "Australia/Lord_Howe"),
            jitter=timedelta(hours=1),
        ),
    ],
    ids=["crontab", "interval"],
)
def test_in_a_year_of_restarts_and_long_crawls_each_planned_time_has_one_row(
    tmp_path: Path, timetable: Timetable
) -> None:
    """Against a plain count: what the timetable plans is what the ledger says, whatever happened."""
    dice = random.Random(7)
    world = World(tmp_path / "archive.db", timetable)
    begun = world.now = datetime(2026, 1, 1, tzinfo=UTC)
    world.tick(world.now)
    ends = world.now + HOUR
    while world.now < begun + 365 * DAY:
        at = timetable.next_start(world.now)
        if dice.random() < 0.1:  # nobody is there for a while
            at += timedelta(hours=dice.randint(1, 300))
            world.clock = world.another_clock()
        if world.crawls[-1].poll() is None and ends <= at:
            world.now = ends
            world.crawls[-1].end(*dice.choice([(0, "ok"), (0, "partial"), (0, "interrupted"), (-9, None)]))
        before = len(world.crawls)
        world.tick(at)
        if len(world.crawls) > before:
            ends = at + timedelta(hours=dice.choice([1, 1, 1, 5, 30, 100]))
    rows = world.rows()
    world.crawls[-1].end(0, "ok")
    assert sum(row["ticks"] for row in rows) == len(list(timetable.ticks(begun, world.now)))
    planned = [row["planned_at"] for row in rows if row["planned_at"]]
    assert planned == sorted(set(planned))
    crawled = [row for row in rows if row["outcome"] not in {"overlapped", "coalesced", "missed"}]
    assert len(crawled) > 40
    assert all(one["ended_at"] <= other["started_at"] for one, other in pairwise(crawled))
    assert {"overlapped", "coalesced"} <= {row["outcome"] for row in rows}


def test_a_schedule_that_learns_has_one_row_for_each_time_it_planned(tmp_path: Path) -> None:
    """Also where things come after each crawl, where clocks are restarted, and where one crawl is by hand."""
    dice = random.Random(3)
    world = World(tmp_path / "archive.db", Timetable(rule=Auto()))
    fill(world.path, [NOON - hours * HOUR / 3 for hours in range(1, 600)])
    world.by_hand(NOON, NOON)
    starts = []
    for turn in range(60):
        if turn % 7 == 6:
            world.clock = world.another_clock()
        world.now += timedelta(minutes=1)
        with Archive.open(world.path) as archive:
            world.clock._plan_again(archive, world.source, archive.runs.newest("sample").started_at)  # type: ignore[union-attr]
            [planned] = archive.db.query("SELECT next_run FROM sources")
        starts.append(datetime.fromisoformat(planned["next_run"]))
        world.tick(starts[-1] + timedelta(seconds=dice.randint(0, 60)))
        if dice.random() < 0.5:
            fill(world.path, [world.now - timedelta(minutes=dice.randint(0, 50)) for _ in range(3)])
        world.end(0, "ok")
    assert [row["outcome"] for row in world.rows()] == ["ok"] * 61
    assert [row["trigger"] for row in world.rows()[1:]] == ["schedule"] * 60
    assert [row["planned_at"] for row in world.rows()[1:]] == [
        f"{start:%Y-%m-%dT%H:%M:%SZ}" for start in starts
    ]
    gaps = {later - start for start, later in pairwise(starts)}
    assert len(gaps) > 3
    assert timedelta(minutes=5) <= min(gaps) <= max(gaps) <= 6 * HOUR


def fill(path: Path, times: list[datetime]) -> None:
    """Add articles that were published at these times."""
    with Archive.open(path) as archive, archive.db.conn:
        for time in times:
            archive.db.execute(
                "INSERT INTO articles (source, url, published, first_seen, changed_at)"
                " VALUES ('sample', hex(randomblob(8)), ?, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')",
                [f"{time:%Y-%m-%dT%H:%M:%SZ}"],
            )


def test_archive_that_was_moved_away_gets_no_other_in_its_place(tmp_path: Path, caplog: Any) -> None:
    """Neither at a tick, nor at the end of a crawl; it goes on once the file is back."""
    world = World(tmp_path / "archive.db", Timetable(rule=parse_schedule("0 * * * *")))
    away = world.path.with_name("away.db")
    world.tick(NOON)
    crawl = world.crawls[-1]
    world.path.rename(away)
    crawl.end(1)
    world.clock.finish(0)
    world.tick(NOON + 2 * HOUR)
    assert not world.path.exists()
    assert caplog.text.count("archive.db") >= 2
    away.rename(world.path)
    world.tick(NOON + 3 * HOUR)
    assert len(world.crawls) == 2
