"""How fast the files grow, as the run ledger has it, and when the disk is full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from archive.core.records import Run, Site
from archive.queries import health
from archive.queries.growth import growth
from archive.storage.archive import Archive
from scheduler import main

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="town", url="https://town.example"), "2026-01-01T00:00:00Z")
        yield archive


def run(archive: Archive, at: datetime, held: int | None = None) -> None:
    """A run of no length; `held` is how large the files were at its end, else as they are."""
    number = archive.runs.begin("town", "hand", at)
    archive.runs.end(Run(id=number, source="town", trigger="hand", started_at=at, ended_at=at, outcome="ok"))
    if held is not None:
        archive.db.execute("UPDATE runs SET file_bytes = ? WHERE id = ?", [held, number])


def test_pace_is_that_of_the_last_month(archive: Archive) -> None:
    """A first crawl of long ago counts no more."""
    for days, held in ((400, 0), (20, 6_000), (10, 7_000)):
        run(archive, NOW - days * DAY, held)
    found = growth(archive.db, held=10_000, free=50_000, now=NOW)
    assert found is not None
    assert (found.bytes_a_day, found.full_on) == (200, "2026-12-06")
    assert found.sentence == (
        "They have grown by 200 bytes a day since 2026-03-11;"
        " at that pace the disk will be full on 2026-12-06."
    )


def test_first_day_has_no_pace(archive: Archive) -> None:
    run(archive, NOW - DAY / 2, 10)
    assert growth(archive.db, held=10_000, free=50_000, now=NOW) is None


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (12_000, "They have not grown since 2026-03-11."),
        (
            9_960,
            "They have grown by 2 bytes a day since 2026-03-11; at that pace the disk lasts more than a"
            " hundred years.",
        ),
    ],
)
def test_slow_growth_has_no_day(archive: Archive, before: int, sentence: str) -> None:
    """Files that were packed anew are smaller than before; and a century is no forecast."""
    run(archive, NOW - 20 * DAY, before)
    found = growth(archive.db, held=10_000, free=50_000_000, now=NOW)
    assert found is not None
    assert (found.full_on, found.sentence) == (None, sentence)


def test_runs_record_how_large_the_files_are(archive: Archive) -> None:
    """And `status` says how they grow."""
    run(archive, datetime.now(UTC) - 3 * DAY)
    [[held]] = archive.db.execute("SELECT file_bytes FROM runs").fetchall()
    assert held == archive.db.execute("PRAGMA page_count").fetchone()[0] * 4096
    config = archive.path.with_name("backissue.toml")
    config.write_text("[sources.town]\nurl = 'https://town.example'\n")
    told = CliRunner().invoke(main, ["--config", str(config), "status"])
    found = health.archive_health(archive, datetime.now(UTC)).growth
    assert found is not None
    assert found.sentence in told.stdout
