"""The run ledger: every planned time has a row, each belongs to one, and what vanished is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.core.records import Quality, Run, Saved, Site
from archive.storage.archive import Archive
from archive.storage.run_ledger import KEPT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-01-01T00:00:00Z")
        yield archive


def rows(archive: Archive) -> list[dict[str, object]]:
    return list(archive.db.query("SELECT * FROM runs ORDER BY id"))


def test_a_planned_time_belongs_to_the_scheduler_that_writes_it_first(archive: Archive) -> None:
    assert archive.runs.claim("gazette", "schedule", NOON, NOON) is not None
    assert archive.runs.claim("gazette", "schedule", NOON, NOON) is None
    archive.runs.note("gazette", [NOON], "overlapped", "too late.", NOON)
    assert [row["outcome"] for row in rows(archive)] == [None]


def test_a_claimed_run_goes_on_in_its_row_and_keeps_what_was_planned(archive: Archive) -> None:
    run_id = archive.runs.claim("gazette", "schedule", NOON, NOON) or 0
    assert archive.runs.begin("gazette", "hand", NOON + HOUR, run_id) == run_id
    run = Run(
        id=run_id,
        source="gazette",
        trigger="schedule",
        started_at=NOON + HOUR,
        ended_at=NOON + 2 * HOUR,
        outcome="ok",
        requests=7,
        bytes=900,
        saved=Saved(articles_new=2),
        sentence="2 new articles.",
        planned_at=NOON,
        ticks=1,
        quality=Quality(pages_read=2, texts_missing=1),
    )
    archive.runs.end(run)
    assert archive.runs.get(run_id) == archive.runs.newest("gazette") == run
    assert list(archive.runs.qualities("gazette")) == [run.quality]


def test_the_newest_crawl_is_not_a_planned_time_at_which_none_was_made(archive: Archive) -> None:
    crawl = archive.runs.begin("gazette", "hand", NOON)
    archive.runs.note("gazette", [NOON + HOUR], "overlapped", "another crawl was under way.", NOON + HOUR)
    newest = archive.runs.newest("gazette")
    assert newest is not None
    assert newest.id == crawl
    assert archive.runs.last_tick("gazette", NOON + 2 * HOUR) == NOON + HOUR


def test_many_planned_times_share_a_row_that_says_how_many(archive: Archive) -> None:
    few = [NOON + n * HOUR for n in range(KEPT)]
    archive.runs.note("gazette", few, "coalesced", "nothing ran then.", NOON)
    many = [NOON + (100 + n) * HOUR for n in range(KEPT + 1)]
    archive.runs.note("gazette", many, "missed", "nothing ran then.", NOON)
    held = rows(archive)
    assert [row["ticks"] for row in held] == [1] * KEPT + [KEPT + 1]
    assert held[0]["sentence"] == "Nothing ran then."
    assert held[-1]["sentence"] == (
        "25 planned times, 2026-03-05T16:00:00Z to 2026-03-06T16:00:00Z: nothing ran then."
    )
    assert archive.runs.last_tick("gazette", NOON + 999 * HOUR) == many[-1]


def test_what_a_wrong_clock_planned_does_not_hide_what_is_planned_now(archive: Archive) -> None:
    archive.runs.note("gazette", [datetime(2099, 1, 1, tzinfo=UTC)], "missed", "x", NOON)
    assert archive.runs.last_tick("gazette", NOON) is None


def test_a_run_whose_process_said_how_it_ended_is_not_told_otherwise(archive: Archive) -> None:
    silent = archive.runs.begin("gazette", "hand", NOON)
    archive.runs.settle(silent, "failed", "Ended by SIGKILL.", NOON + HOUR)
    archive.runs.settle(silent, "ok", "All is well.", NOON + HOUR)
    assert [(row["outcome"], row["sentence"]) for row in rows(archive)] == [("failed", "Ended by SIGKILL.")]


def test_a_run_that_could_not_begin_is_an_overlapped_time_or_nothing(archive: Archive) -> None:
    planned = archive.runs.claim("gazette", "schedule", NOON, NOON) or 0
    unplanned = archive.runs.claim("gazette", "catch-up", NOON, None) or 0
    for run_id in (planned, unplanned):
        archive.runs.withdraw(run_id, "Another crawl was under way.", NOON)
    assert [(row["id"], row["outcome"]) for row in rows(archive)] == [(planned, "overlapped")]
