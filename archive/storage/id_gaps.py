"""Comment ids that were never seen between ids that were: a gap opens, is checked again, and ends.

WordPress numbers all comments of a site in one row, so an id that was left out is a comment that waits for a
moderator, is spam, in the trash, or below what visitors may not see. It writes only `moderation_gaps`, inside
a transaction of its caller. Gaps never overlap, and no gap contains the id of a stored comment.
"""

from __future__ import annotations

from datetime import timedelta

from archive.core.connection import Database
from archive.core.timestamps import instant, to_text
from archive.tables import crawl_states, rows
from archive.tables.merge import Value
from archive.tables.observations import Window

_PATIENCE = timedelta(days=30)  # after that, what no check has shown is taken for never shown
NUMBERED = "site_id NOT GLOB '*[^0-9]*' AND length(site_id) < 19"
"""SQL for comments whose id is a number, as WordPress' are; the index `comments_number` has these alone."""
_NEAREST = "SELECT * FROM moderation_gaps WHERE source = ? AND first <= ? ORDER BY first DESC LIMIT 1"
_AROUND = f"""
SELECT (SELECT max(CAST(site_id AS INTEGER)) FROM comments
        WHERE source = :source AND CAST(site_id AS INTEGER) < :number AND {NUMBERED}) AS below,
    (SELECT min(CAST(site_id AS INTEGER)) FROM comments
        WHERE source = :source AND CAST(site_id AS INTEGER) > :number AND {NUMBERED}) AS above
"""


def note_new(db: Database, source: str, site_id: str | None, at: str) -> None:
    """Update id gaps before a comment is inserted.

    `at` is ISO 8601 UTC. Ids that are no numbers have no place in the row.
    """
    if site_id is None or len(site_id) >= 19:
        return
    if not (site_id.isascii() and site_id.isdigit()):
        return
    number = int(site_id)
    gap = rows.one(db, _NEAREST, source, number)
    if gap is not None and int(gap["last"] or 0) >= number:
        _leave(db, gap, number, at)
        return
    around = db.conn.execute(_AROUND, {"source": source, "number": number})
    below, above = around.fetchone()
    if above is None and below is not None:
        _open(db, {"source": source, "opened_at": at}, below + 1, number - 1)
    elif below is None and above is not None:
        _open(db, {"source": source, "opened_at": at}, number + 1, above - 1)


def note_look(db: Database, window: Window) -> None:
    """Count an attempt for the gaps in a listed range.

    Old gaps end with it.
    """
    at = to_text(window.looked_at)
    within = "source = ? AND ended_at IS NULL AND first BETWEEN ? AND ? AND last <= ?"
    place = [window.source, window.first, window.last, window.last]
    db.execute(f"UPDATE moderation_gaps SET looks = looks + 1, looked_at = ? WHERE {within}", [at, *place])
    before = to_text(window.looked_at - _PATIENCE)
    db.execute(
        "UPDATE moderation_gaps SET ended_at = ?, ended_how = 'never shown'"
        f" WHERE {within} AND opened_at < ?",
        [at, *place, before],
    )


def _leave(db: Database, gap: dict[str, Value], number: int, at: str) -> None:
    """Remove one id from a gap.

    How it ended is kept if the gap outlasted a whole crawl.
    """
    first = int(gap["first"] or 0)
    last = int(gap["last"] or 0)
    db.execute("DELETE FROM moderation_gaps WHERE id = ?", [gap["id"]])
    same = {name: gap[name] for name in gap if name not in {"id", "first", "last"}}
    _open(db, same, first, number - 1)
    _open(db, same, number + 1, last)
    crawled_at = crawl_states.value(db, str(gap["source"]), "crawled_at")
    if crawled_at is not None and instant(str(gap["opened_at"])) < crawled_at:
        _open(db, same | {"ended_at": at, "ended_how": "shown"}, number, number)


def _open(db: Database, values: dict[str, Value], first: int, last: int) -> None:
    if first <= last:
        rows.insert(db, "moderation_gaps", values | {"first": first, "last": last})
