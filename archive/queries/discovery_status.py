"""Which surfaces of a site the archive is read from, and which of them refuse us, in sentences.

It only reads: the newest answer of each kind of listing, and what was wrong with it.
"""

from __future__ import annotations

from sqlite_utils import Database

from archive.storage import rows

TLS = "tls"  # the bookmark of whether the certificate of a source is verified
UNVERIFIED = "unverified"
_RUNGS = {
    "rest": "Articles are listed by REST",
    "sitemap": "Articles are listed by the sitemap",
    "feed": "Articles are listed by the feed, as far as it goes back",
    "listing": "Articles are found by listing pages",
}
_TELLERS = {"comments": "REST", "comments-feed": "the comments feed"}
_NEWEST = """
SELECT (SELECT detail FROM problems WHERE problems.source = visits.source
    AND problems.url = visits.url AND ended_at IS NULL LIMIT 1) AS problem
FROM visits WHERE source = ? AND kind = ? AND kind <> 'article' ORDER BY fetched_at DESC LIMIT 1
"""


def sentence(db: Database, source: str) -> str:
    """How a source is read: what lists its articles, what tells of new comments, and what refuses."""
    told = _RUNGS.get(rows.bookmark(db, source, "rung") or "")
    if told is None:
        return "No list of its articles has been read yet."
    newest = {kind: rows.one(db, _NEWEST, source, kind) for kind in ("posts", "comments", "comments-feed")}
    tellers = [name for kind, name in _TELLERS.items() if (row := newest[kind]) and not row["problem"]]
    heard = (
        f"new comments are told by {' and '.join(tellers)}"
        if tellers
        else "new comments by their pages alone"
    )
    refused = [str(row["problem"]) for row in newest.values() if row and row["problem"]]
    if rows.bookmark(db, source, TLS) == UNVERIFIED:
        refused.append("Its TLS certificate is not verified (verify_tls = false).")
    return " ".join([f"{told}; {heard}.", *refused])


def open_gaps(db: Database, source: str) -> int:
    """How many ids of comments were never seen, between others that were, and may still be shown."""
    sum_of = "SELECT sum(last - first + 1) AS ids FROM moderation_gaps"
    sql = f"{sum_of} WHERE source = ? AND ended_at IS NULL"
    row = rows.one(db, sql, source)
    return int(row["ids"] or 0) if row else 0
