"""Comment ids that were never seen between ids that were: a gap opens, is checked again, and ends.

WordPress numbers all comments of a site in one row, so an id that was left out is a comment that waits for a
moderator, is spam, in the trash, or below what visitors may not see. It writes only `moderation_gaps`, inside
a transaction of its caller. Gaps never overlap, and no gap contains the id of a stored comment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from archive.core.connection import Database
from archive.core.timestamps import instant, to_text
from archive.tables import crawl_states, rows
from archive.tables.merge import Value
from archive.tables.observations import Window

_PATIENCE = timedelta(days=30)  # after that, what no check has shown is taken for never shown
NUMBERED = "site_id NOT GLOB '*[^0-9]*' AND length(site_id) < 19"
"""SQL for comments whose id is a number, as WordPress' are; the index `comments_number` has these alone."""
_GAP_OF = """
SELECT * FROM (SELECT * FROM moderation_gaps WHERE source = ? AND first <= ? ORDER BY first DESC LIMIT 1)
WHERE last >= ?
"""
_ENDS = f"""
SELECT (SELECT min(CAST(site_id AS INTEGER)) FROM comments WHERE source = :source AND {NUMBERED}),
    (SELECT max(CAST(site_id AS INTEGER)) FROM comments WHERE source = :source AND {NUMBERED}),
    (SELECT min(first) FROM moderation_gaps WHERE source = :source),
    (SELECT last FROM moderation_gaps WHERE source = :source ORDER BY first DESC LIMIT 1)
"""
"""The ends of the known ids. A comment may have lost its id since, and a gap beside it stays."""


def note_new(db: Database, source: str, site_ids: Iterable[str], at: str) -> None:
    """Update id gaps before comments are inserted.

    `at` is ISO 8601 UTC. Ids that are no numbers have no place in the row.
    """
    numbers = [int(each) for each in site_ids if _is_number(each)]
    if not numbers:
        return
    least, most, first, last = db.execute(_ENDS, {"source": source}).fetchone()
    lowest = min((end for end in (least, first) if end is not None), default=None)
    highest = max((end for end in (most, last) if end is not None), default=None)
    new: dict[str, Value] = {"source": source, "opened_at": at}
    for number in numbers:
        gap = None
        if lowest is not None and highest is not None and lowest <= number <= highest:
            gap = rows.one(db, _GAP_OF, source, number, number)
        if gap is not None:
            _leave(db, gap, number, at)
        elif highest is not None and number > highest:
            _open(db, new, highest + 1, number - 1)
        elif lowest is not None and number < lowest:
            _open(db, new, number + 1, lowest - 1)
        lowest = number if lowest is None else min(lowest, number)
        highest = number if highest is None else max(highest, number)


def _is_number(site_id: str) -> bool:
    return site_id.isascii() and site_id.isdigit() and len(site_id) < 19


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
