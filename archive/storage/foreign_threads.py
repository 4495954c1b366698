"""Which stored comments a fetched thread of another comment system no longer shows.

Records which comments of an article such a system gave before.
Does not: decide that a comment is gone, which takes a second check (`tombstones`).
Invariant: only a thread that was read to its end, with as many comments as its system states, misses any. It
runs inside a transaction of its caller.
"""

from __future__ import annotations

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Problem
from archive.core.thread_address import SCHEME, thread_of
from archive.core.timestamps import to_text
from archive.tables import rows, visits
from archive.tables.observations import ForeignLook

COMMENTS_MISSING = "comments-missing"
_HELD = (
    "SELECT key, missed_at, article_id FROM comments WHERE source = ? AND key GLOB ? AND gone_at IS NULL"
    " AND article_id = (SELECT article_id FROM addresses WHERE source = ? AND url_key = ?)"
)
_OTHERS = (
    "SELECT 1 FROM visits JOIN comments USING (article_id) WHERE visits.source = ? AND visits.kind = 'thread'"
    " AND visits.url GLOB ? AND good_at > ? AND visits.article_id != ? AND key GLOB ? AND gone_at IS NULL"
    " AND missed_at IS NULL LIMIT 1"
)


def missed_in_foreign(db: Database, look: ForeignLook) -> list[str]:
    """Return the keys of stored comments that a whole thread no longer shows.

    A thread that is not whole is recorded as a problem of its article, and misses nothing.
    """
    thread = thread_of(look.thread)
    if thread is None:
        return []
    article = urls.page_key(thread.article)
    ids = f"{thread.system}:*"
    held = list(db.query(_HELD, [look.source, ids, look.source, article]))
    if look.short is not None:
        _note_short(db, look, article)
        return []
    missed = [str(row["key"]) for row in held if row["key"] not in look.shown]
    before = [str(row["missed_at"]) for row in held if row["missed_at"]]
    if look.shown or not before:
        return missed
    # A second check of a thread of which nothing is left is believed where another one shows newer comments.
    uris = f"{SCHEME}{thread.system}[?]*"
    others = rows.one(db, _OTHERS, look.source, uris, max(before), held[0]["article_id"], ids)
    if not others:
        return []
    return missed


def _note_short(db: Database, look: ForeignLook, article: str) -> None:
    sql = "SELECT article_id AS id FROM addresses WHERE source = ? AND url_key = ?"
    row = rows.one(db, sql, look.source, article)
    problem = Problem(code=COMMENTS_MISSING, detail=look.short or "", field="comments")
    at = rows.must(to_text(look.looked_at))
    article_id = None
    if row:
        article_id = int(str(row["id"]))
    visits.note_problem(db, look.source, look.thread, problem, article_id, at)
