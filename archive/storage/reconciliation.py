"""Conclusions from a second request or listing of stored items: which of them it did not show.

Missing is what a healthy site should have shown and did not; whether it counts as removed is decided by
`tombstones`, after a second check. Invariant: a check that misses most of its items is evidence about the
site, not about the comments. It runs inside a transaction of its caller.
"""

from __future__ import annotations

from datetime import timedelta

from archive.changes import unlisted
from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Problem, Saved
from archive.core.thread_address import NATIVE
from archive.core.timestamps import to_text
from archive.storage import foreign_threads, id_gaps, tombstones
from archive.storage.id_gaps import NUMBERED
from archive.tables import crawl_states, rows, visits
from archive.tables.merge import Value
from archive.tables.observations import APART, ForeignLook, Listing, Look, Missing, ThreadLook, Window

COPY_APART = timedelta(hours=4)  # page caches of WordPress mostly keep a copy for an hour or two
STALE_APART = timedelta(hours=24)
KNOWN_FOR = timedelta(days=30)
_LISTED = (
    "SELECT count(*) AS n FROM comments WHERE source = ? AND kind = 'comment' AND site_id IS NOT NULL"
    f" AND {NATIVE}"
)
VISIBLE = f"{_LISTED} AND gone_at IS NULL AND missed_at IS NULL"
"""How many comments of the kind that REST lists are held and neither gone nor doubted."""
_HELD = f"""
SELECT comments.article_id, comments_stated AS stated, comments.key, site_parent, comments.kind,
  comments.missed_at, (SELECT comments_unseen FROM visits WHERE visits.source = addresses.source
  AND visits.url_key = addresses.url_key) AS unseen,
  (SELECT gone_at FROM comments AS above WHERE above.id = comments.parent_id) IS NOT NULL AS is_below_gone
FROM addresses JOIN articles ON articles.id = addresses.article_id JOIN comments USING (article_id)
WHERE addresses.source = ? AND addresses.url_key = ? AND comments.gone_at IS NULL
  AND {NATIVE} AND (? OR comments_stated IS NOT NULL)
"""
"""The comments of a thread that are not removed, with what its page states."""
_UNREADABLE = "comments-unreadable"
"""The problem of a page that shows none of its comments any more, and states no fewer."""


def record_observation(db: Database, look: Look) -> Saved:
    """Record an observation: what was shown and what was missed."""
    if isinstance(look, Window):
        id_gaps.note_look(db, look)
        found = _missed_in_window(db, look)
    elif isinstance(look, ThreadLook):
        found = _missed_in_thread(db, look)
        if not (found or look.shown or look.pings_only):
            _note_unreadable(db, look)
    elif isinstance(look, ForeignLook):
        found = foreign_threads.missed_in_foreign(db, look)
    elif isinstance(look, Listing):
        return unlisted.note_listing(db, look)
    else:
        return tombstones.note_missing(db, look)
    apart = APART
    if isinstance(look, ThreadLook) and not look.pings_only:
        apart = _apart(db, look, found)
    missed = Missing(source=look.source, ids=tuple(found), looked_at=look.looked_at, apart=apart)
    return tombstones.note_missing(db, missed)


def _apart(db: Database, look: ThreadLook, missed: list[str]) -> timedelta:
    """Return how long comments must be missing from a thread.

    A thread without its newest comments may be an old copy out of a cache, so it takes longer; for a day
    where the source has shown such copies before, since what it did not show was shown again.
    """
    numbers = [int(key) for key in look.shown if key.isdecimal()]
    if not missed or not numbers:
        return APART
    newest = max(numbers)
    if not all(key.isdecimal() and int(key) > newest for key in missed):
        return APART
    seen = crawl_states.value(db, look.source, "stale_copy_at")
    is_known = seen is not None and look.looked_at - seen < KNOWN_FOR
    if is_known:
        return STALE_APART
    return COPY_APART


def _missed_in_window(db: Database, look: Window) -> list[str]:
    held = [
        row["key"]
        for row in db.query(
            "SELECT key FROM comments WHERE source = ? AND kind = 'comment' AND gone_at IS NULL"
            f" AND CAST(site_id AS INTEGER) BETWEEN ? AND ? AND {NUMBERED}",
            [look.source, look.first, look.last],
        )
    ]
    missed = [key for key in held if key not in look.shown]
    is_most = 2 * len(missed) > len(held)
    if is_most and not _total_agrees(db, look, len(missed)):
        return []
    return missed


def _total_agrees(db: Database, look: Window, missed: int) -> bool:
    """True if the site's total fell by the number missed."""
    hidden = crawl_states.value(db, look.source, "hidden_comments")
    if hidden is None or look.total is None:
        return False
    [held] = db.query(f"{_LISTED} AND gone_at IS NULL", [look.source])
    public = look.total - int(hidden)
    return public <= int(held["n"]) - missed


def _missed_in_thread(db: Database, look: ThreadLook) -> list[str]:
    """Return comments missing from a thread whose count fell too.

    Replies below a hidden comment are not shown either, but the site still counts them: so those are missed
    whose parent is shown or removed, or only those whose parent is shown, and as many may be counted as were
    when the page showed all that are held. A theme that shows a part of a thread, or hides it, does not
    change the count, and nothing is concluded; one that shows no pings may not count them either. A page
    without a count is believed where a second surface shows no comment, too. An empty thread is believed
    where another one has newer comments: otherwise readers write on another system now, and nobody has
    removed what they wrote here.
    """
    held = list(db.query(_HELD, [look.source, urls.page_key(look.url), look.empty]))
    if not look.shown and not _others_show(db, look.source, held):
        return []
    pings = [row for row in held if row["kind"] != "comment"]
    shows_pings = any(row["key"] in look.shown for row in pings)
    if not shows_pings:
        held = [row for row in held if row["kind"] == "comment"]
    absent = {row["key"] for row in held} - look.shown
    missed = [row for row in held if row["key"] in absent]
    if not look.empty:
        missed = [row for row in missed if row["site_parent"] not in absent]
    if look.pings_only:
        missed = [row for row in missed if row["kind"] != "comment"]
    if look.empty or not held:
        return [row["key"] for row in missed]
    fewer = len(held) - held[0]["stated"]
    if shows_pings or not pings:
        if not absent:
            _note_unseen(db, look, max(0, -fewer))
        fewer += held[0]["unseen"] or 0
    below_shown = [row for row in missed if not row["is_below_gone"]]
    for found in (missed, below_shown):
        if len(found) <= fewer:
            return [row["key"] for row in found]
    return []


def _note_unseen(db: Database, look: ThreadLook, number: int) -> None:
    """Record how many comments a page states beside those that it shows."""
    sql = "UPDATE visits SET comments_unseen = ? WHERE source = ? AND url_key = ?"
    db.execute(sql, [number, look.source, urls.page_key(look.url)])


def _note_unreadable(db: Database, look: ThreadLook) -> None:
    """Record that a thread with stored comments shows no comment.

    As where a site moves its comments to another system, or to another program without them.
    """
    sql = (
        "SELECT article_id, articles.url, count(*) AS n FROM addresses"
        " JOIN articles ON articles.id = article_id JOIN comments USING (article_id)"
        " WHERE addresses.source = ? AND addresses.url_key = ? AND comments.gone_at IS NULL"
        f" AND comments.missed_at IS NULL AND {NATIVE} AND kind = 'comment' GROUP BY article_id"
    )
    key = urls.page_key(look.url)
    held = rows.one(db, sql, look.source, key)
    if held is None or held["article_id"] is None:
        return
    detail = f"Its page shows no comment any more, and does not say why. Held as last seen: {held['n']:,}."
    problem = Problem(code=_UNREADABLE, detail=detail, field="comments")
    at = rows.must(to_text(look.looked_at))
    article_id = int(str(held["article_id"]))
    visits.note_problem(db, look.source, str(held["url"]), problem, article_id, at)


def _others_show(db: Database, source: str, held: list[dict[str, Value]]) -> bool:
    """True if another article's page has stated comments since."""
    missed = [str(row["missed_at"]) for row in held if row["missed_at"]]
    sql = (
        "SELECT 1 FROM visits JOIN articles ON articles.id = article_id WHERE visits.source = ?"
        " AND kind = 'article' AND good_at > ? AND comments_stated > 0 AND articles.id != ? LIMIT 1"
    )
    if not missed:
        return True
    return rows.one(db, sql, source, max(missed), held[0]["article_id"]) is not None
