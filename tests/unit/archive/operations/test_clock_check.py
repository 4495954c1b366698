"""A clock that is behind what the archive holds is refused, since it would write history backwards."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.core.errors import ClockError
from archive.operations.clock_check import refuse_past
from archive.operations.doctor import clock
from archive.storage.archive import Archive
from tests.builders.stories import NOON, SITE, Story, visit

BOOT = datetime(1970, 1, 1, 0, 2, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def ran(archive, at, requests=5):
    number = archive.runs.begin("gull", "hand", at)
    archive.db.execute("UPDATE runs SET ended_at = started_at, requests = ? WHERE id = ?", [requests, number])
    return number


def test_clock_behind_the_last_run_is_refused(archive):
    ran(archive, NOON)
    with pytest.raises(ClockError, match=r"1970-01-01 00:02 UTC.*2026-03-01 12:00"):
        refuse_past(archive.db, BOOT, run=0)
    ran(archive, BOOT, requests=0)  # the row of the run that was refused
    with pytest.raises(ClockError):
        refuse_past(archive.db, BOOT, run=0)
    refuse_past(archive.db, NOON + timedelta(hours=1), run=0)


def test_clock_that_was_ahead_stops_nothing_after_one_run(archive):
    ran(archive, NOON + timedelta(days=9000))
    with pytest.raises(ClockError):
        refuse_past(archive.db, NOON, run=0)
    ran(archive, NOON)
    refuse_past(archive.db, NOON + timedelta(hours=1), run=0)


def test_new_archive_is_never_refused(archive):
    refuse_past(archive.db, BOOT, run=0)


def test_answer_from_before_changes_nothing(archive):
    """A clock that is behind dates an answer before one that is kept."""
    visit(archive, Story(number=1), NOON)
    before = list(archive.db.query("SELECT * FROM articles"))
    visit(archive, Story(number=1, changed=(("eleven", "twelve"),)), BOOT)
    assert list(archive.db.query("SELECT * FROM articles")) == before
    assert not list(archive.db.query("SELECT * FROM article_versions"))


def test_doctor_names_a_clock_that_is_behind(archive):
    visit(archive, Story(number=1), NOON)
    assert clock(archive.db, BOOT).verdict == "bad"
    assert clock(archive.db, NOON + timedelta(hours=1)).verdict == "ok"
