"""Which surfaces of a site the archive is read from, and which of them refuse us, in sentences.

It only reads: the newest answer of each kind of listing, and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlite_utils import Database

from archive.changes import lastmod_trust
from archive.tables import rows
from archive.tables.merge import Value

TLS = "tls"  # the bookmark of whether the certificate of a source is verified
UNVERIFIED = "unverified"
_RUNGS = {
    "rest": "Articles are listed by REST",
    "sitemap": "Articles are listed by the sitemap",
    "feed": "Articles are listed by the feed, as far as it goes back",
    "listing": "Articles are found by listing pages",
}
_NAMES = {"rest": "REST", "sitemap": "the sitemap", "feed": "the feed", "listing": "listing pages"}
LAST_READ = "surface-"  # before the name of a surface: the cursor of when it last listed the articles
_FEED = """
SELECT status, failures, good_at, (SELECT detail FROM problems WHERE problems.source = visits.source
    AND problems.url = visits.url AND ended_at IS NULL LIMIT 1) AS problem
FROM visits WHERE source = ? AND kind = ? ORDER BY fetched_at DESC LIMIT 1
"""


def sentence(db: Database, source: str) -> str:
    """Return a sentence on the surfaces of a source."""
    rung = rows.bookmark(db, source, "rung") or ""
    last_read = {name: rows.bookmark(db, source, f"{LAST_READ}{name}") for name in _RUNGS}
    parts = [_listed(rung, last_read)]
    newest = {kind: rows.one(db, _FEED, source, kind) for kind in ("posts", "comments", "comments-feed")}
    if rung:
        parts[0] += f"; {_heard(db, source, rung, newest)}."
        parts += _lost(rung, last_read)
    parts += [str(row["problem"]) for row in newest.values() if row and row["problem"]]
    feed = newest["comments-feed"]
    if feed and feed["failures"] and feed["good_at"]:
        parts.append(f"The comments feed has given nothing since {_minute(feed['good_at'])}.")
    if lastmod_trust.read(rows.bookmark(db, source, lastmod_trust.NOTE)).is_lost:
        parts.append("Its dates of modification move without a change, so they no longer make a page due.")
    if rows.bookmark(db, source, TLS) == UNVERIFIED:
        parts.append("Its TLS certificate is not verified (verify_tls = false).")
    return " ".join(parts)


def _listed(rung: str, last_read: Mapping[str, str | None]) -> str:
    """Return what lists the articles, without a full stop where something does."""
    if rung in _RUNGS:
        return _RUNGS[rung]
    known = {name: moment for name, moment in last_read.items() if moment}
    if not known:
        return "No list of its articles has been read yet."
    name = max(known, key=lambda each: known[each])
    return f"Nothing lists its articles any more; {_NAMES[name]} last did, on {_minute(known[name])}."


def _lost(rung: str, last_read: Mapping[str, str | None]) -> Iterator[str]:
    """Yield since when better surfaces have failed."""
    now, order = last_read.get(rung) or "", list(_RUNGS)
    for name in order[: order.index(rung)]:
        moment = last_read[name]
        if moment and moment < now:
            said = _NAMES[name]
            yield f"{said[0].upper()}{said[1:]} has listed none since {_minute(moment)}."


def _heard(db: Database, source: str, rung: str, newest: Mapping[str, dict[str, Value] | None]) -> str:
    """Return the surfaces that list new comments."""
    rest, feed = newest["comments"], newest["comments-feed"]
    by_rest = rung == "rest" and rows.bookmark(db, source, "rest-comments") != "closed"
    tellers = ["REST"] if by_rest and rest and not rest["problem"] else []
    tellers += ["the comments feed"] if feed and not feed["problem"] and not feed["failures"] else []
    if not tellers:
        return "new comments by their pages alone"
    return f"new comments are told by {' and '.join(tellers)}"


def _minute(moment: Value) -> str:
    return f"{str(moment).replace('T', ' ')[:16]} UTC"


def open_gaps(db: Database, source: str) -> int:
    """Return the number of comment ids never seen."""
    sum_of = "SELECT sum(last - first + 1) AS ids FROM moderation_gaps"
    sql = f"{sum_of} WHERE source = ? AND ended_at IS NULL"
    row = rows.one(db, sql, source)
    return int(row["ids"] or 0) if row else 0
