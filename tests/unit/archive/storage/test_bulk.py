"""The new comments of a page are written together, and as if they were written one by one."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.core.records import Article, Comment, Extract, Site, Surface
from archive.storage import id_gaps
from archive.storage.archive import Archive
from archive.tables import rows
from tests.builders.pages import made_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/2026/03/harbour/"
THREAD = 120  # more than one statement holds


@pytest.fixture
def archive(tmp_path: Path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        yield archive


def comments() -> tuple[Comment, ...]:
    """A thread in which every third comment has no date, and every other one an address."""
    return tuple(
        Comment(
            id=str(500 - number),
            author=f"Reader {number}",
            author_url="https://reader.example/" if number % 2 else None,
            published=NOON + timedelta(minutes=number) if number % 3 else None,
            text=f"Sledge number {number} is mine.",
            html=f"<p>Sledge number {number} is mine.</p>",
        )
        for number in range(THREAD)
    )


def test_thread_is_one_part_of_the_full_text_index(archive: Archive) -> None:
    """Written row by row, the index is written out and merged once for each comment."""
    article = Article(url=URL, title="The harbour freezes", text="Ice closed the harbour.")
    extract = Extract(surface=Surface.PAGE, articles=(article,), comments=comments()[:40])
    archive.save(made_page(URL, "", fetched_at=NOON), extract)
    parts = "SELECT count(DISTINCT segid) FROM comments_fts_idx"
    assert archive.db.execute(parts).fetchone()[0] == 1


def test_long_thread_is_saved_whole_and_in_its_order(archive: Archive) -> None:
    thread = comments()
    article = Article(url=URL, title="The harbour freezes", text="Ice closed the harbour.")
    saved = archive.save(
        made_page(URL, "", fetched_at=NOON),
        Extract(surface=Surface.PAGE, articles=(article,), comments=thread),
    )
    assert saved.comments_new == THREAD
    held = rows.many(archive.db, "SELECT * FROM comments ORDER BY id")
    expected = [rows.comment_values(comment) for comment in thread]
    assert [{name: row[name] for name in expected[0]} for row in held] == expected
    assert {row["version_count"] for row in held} == {1}
    archive.db.execute("INSERT INTO comments_fts(comments_fts, rank) VALUES ('integrity-check', 1)")
    found = archive.db.execute("SELECT rowid FROM comments_fts WHERE comments_fts MATCH '77'").fetchall()
    assert [tuple(row) for row in found] == [(held[77]["id"],)]


@pytest.mark.parametrize("seed", range(12))
def test_gaps_are_those_of_one_comment_after_another(archive: Archive, seed: int) -> None:
    dice = random.Random(seed)
    for name in ("together", "alone"):
        archive.add_source(Site(name=name, url=f"https://{name}.example"), "2026-03-01T12:00:00Z")
        for number in (40, 60) if seed % 2 else ():
            _comment(archive, name, str(number))
    ids = [str(number) for number in dice.sample(range(1, 90), 25) if number not in {40, 60}] + ["x7"]
    id_gaps.note_new(archive.db, "together", ids, "2026-03-01T12:00:00Z")
    for each in ids:
        id_gaps.note_new(archive.db, "alone", [each], "2026-03-01T12:00:00Z")
        _comment(archive, "alone", each)
    together, alone = (
        rows.many(
            archive.db,
            "SELECT first, last, ended_how FROM moderation_gaps WHERE source = ? ORDER BY first",
            name,
        )
        for name in ("together", "alone")
    )
    assert together == alone != []


def _comment(archive: Archive, source: str, site_id: str) -> None:
    article = archive.db.execute("SELECT id FROM articles WHERE source = ?", [source]).fetchone()
    times = {"first_seen": "2026", "changed_at": "2026"}
    number = (
        article[0]
        if article
        else rows.insert(archive.db, "articles", {"source": source, "url": f"https://{source}/", **times})
    )
    row = {"article_id": number, "source": source, "key": site_id, "site_id": site_id, "kind": "comment"}
    rows.insert(archive.db, "comments", row | times)
