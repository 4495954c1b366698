"""What a site no longer shows: doubted at the first look, gone at the second, back when it is seen again.

The text stays, marked. Two looks must lie apart in time, and each must come from a site that is well,
else an outage would look like a great deletion. It writes only the marks in `articles` and `comments`,
and the counts they change, inside a transaction of its caller.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlite_utils import Database

from archive.merge import Value
from archive.records import Missing, Page, Saved
from archive.times import instant, to_text

APART = timedelta(hours=1)  # between the first look that missed something and the one that calls it gone
NOT_THERE = {404, 410}
SEEN_AGAIN: dict[str, Value] = {"missed_at": None, "gone_at": None, "gone_how": None}
"""What is written when something shows itself again."""


def is_doubted(row: dict[str, Value]) -> bool:
    """Whether a look has missed what this row holds."""
    return row["missed_at"] is not None or row["gone_at"] is not None


def note_missing(db: Database, missing: Missing) -> Saved:
    """Note that comments were not shown though they were asked for by their ids."""
    missed = gone = 0
    for key in missing.ids:
        row = db.execute(
            "SELECT comments.id, comments.missed_at, article_id, articles.gone_at FROM comments"
            " JOIN articles ON articles.id = article_id"
            " WHERE comments.source = ? AND key = ? AND comments.gone_at IS NULL",
            [missing.source, key],
        ).fetchone()
        if row is None:
            continue
        comment_id, missed_at, article_id, article_gone = row
        if not _is_second_look(missed_at, missing.looked_at):
            _doubt(db, "comments", comment_id, missed_at, missing.looked_at)
            missed += 1
            continue
        how = "removed" if article_gone is None else "article gone"
        _mark_gone(db, "comments", comment_id, missing.looked_at, how)
        count(db, article_id)
        gone += 1
    return Saved(missed=missed, gone=gone)


def note_absent_page(db: Database, page: Page) -> Saved:
    """Note that the page of an article that was read before is not there, as its status says."""
    row = db.execute(
        "SELECT id, missed_at, gone_at FROM articles WHERE source = ? AND url = ? AND text IS NOT NULL",
        [page.source, page.url],
    ).fetchone()
    if page.status not in NOT_THERE or row is None:
        return Saved()
    article_id, missed_at, gone_at = row
    if gone_at is not None:
        return Saved(missed=1)
    if not _is_second_look(missed_at, page.fetched_at) or not _is_well(db, page.source, missed_at):
        _doubt(db, "articles", article_id, missed_at, page.fetched_at)
        return Saved(missed=1)
    _mark_gone(db, "articles", article_id, page.fetched_at, f"status {page.status}")
    return Saved(gone=1)


def count(db: Database, article_id: int) -> None:
    """Bring an article's count of comments, and the time of the last one, up to date."""
    db.execute(
        "UPDATE articles SET (comment_count, last_comment) = (SELECT count(*), max(published)"
        " FROM comments WHERE article_id = articles.id AND gone_at IS NULL) WHERE id = ?",
        [article_id],
    )


def _is_second_look(missed_at: str | None, now: datetime) -> bool:
    return missed_at is not None and now - instant(missed_at) >= APART


def _is_well(db: Database, source: str, since: str | None) -> bool:
    """Whether the site has shown any article since the first look that missed this one."""
    found = db.execute(
        "SELECT 1 FROM visits WHERE source = ? AND kind = 'article' AND good_at > ? LIMIT 1", [source, since]
    )
    return found.fetchone() is not None


def _doubt(db: Database, table: str, row_id: int, missed_at: str | None, now: datetime) -> None:
    if missed_at is None:
        db.execute(f"UPDATE {table} SET missed_at = ? WHERE id = ?", [to_text(now), row_id])


def _mark_gone(db: Database, table: str, row_id: int, now: datetime, how: str) -> None:
    db.execute(f"UPDATE {table} SET gone_at = ?, gone_how = ? WHERE id = ?", [to_text(now), how, row_id])
