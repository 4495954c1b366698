"""The write-ahead log: folded in while a crawl writes and readers come and go, and said where it is large."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.core import database
from archive.core.database import LogFolder
from archive.public.render.metrics import Measures
from archive.queries import health
from archive.storage.archive import Archive
from tests.builders import fixtures_archive as made


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(database, "FOLD_BYTES", 200_000)
    monkeypatch.setattr(database, "FOLD_MILLISECONDS", 50)
    return Archive.open(made.build(tmp_path / "news.db", count=1))


def grow(archive: Archive) -> int:
    """Write some pages, and return the size of the log."""
    archive.db.execute("PRAGMA wal_autocheckpoint = 0")
    archive.db.execute("UPDATE comments SET published_raw = hex(randomblob(60))")
    return archive.path.with_name("news.db-wal").stat().st_size


def test_a_long_log_is_folded_in(archive: Archive) -> None:
    folder = LogFolder(archive.path)
    assert not folder.step(archive.db)
    assert grow(archive) > 200_000
    assert folder.step(archive.db)
    assert archive.path.with_name("news.db-wal").stat().st_size == 0
    assert archive.db.execute("PRAGMA busy_timeout").fetchone()[0] == database.BUSY * 1000


def test_a_log_that_a_reader_holds_is_tried_again_when_it_has_grown(archive: Archive) -> None:
    """Each save does not wait for a reader that stays."""
    folder = LogFolder(archive.path)
    reader = sqlite3.connect(archive.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM comments").fetchone()
    assert grow(archive) > 200_000
    assert folder.step(archive.db)
    assert not folder.step(archive.db)
    reader.close()
    grow(archive)
    assert folder.step(archive.db)
    assert archive.path.with_name("news.db-wal").stat().st_size == 0


def test_a_large_log_is_said_by_status_and_metrics(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    assert not any("write-ahead" in trouble for trouble in health.archive_health(archive, now).troubles)
    monkeypatch.setattr(health, "LONGEST_LOG_BYTES", 1000)
    length = grow(archive)
    told = health.archive_health(archive, now)
    assert any("write-ahead log" in trouble for trouble in told.troubles)
    assert not told.ok
    samples = [
        sample
        for metric in Measures(archive.db, told).collect()
        for sample in metric.samples
        if sample.labels.get("file") == "log"
    ]
    assert [sample.value for sample in samples] == [length]
