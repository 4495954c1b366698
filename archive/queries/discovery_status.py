"""Which surfaces of a site the archive is read from, and which of them refuse us, in sentences.

It only reads: the newest answer of each kind of listing, and what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from archive.core.connection import Database
from archive.core.crawl_state import CrawlState
from archive.core.formatting import count, when
from archive.queries.elsewhere_status import elsewhere_sentences
from archive.tables import crawl_states, rows
from archive.tables.merge import Value

_LISTED_BY = {
    "rest": "Articles are listed by REST",
    "api": "Articles are listed by the site's API",
    "sitemap": "Articles are listed by the sitemap",
    "feed": "Articles are listed by the feed, as far as it goes back",
    "listing": "Articles are found by listing pages",
}
_FIELDS = (
    "surface",
    *(f"{name}_read_at" for name in _LISTED_BY),
    "rest_lists_comments",
    "lastmod_trust",
    "verifies_tls",
    "renders",
    "closure",
)
_NAMES = {
    "rest": "REST",
    "api": "the site's API",
    "sitemap": "the sitemap",
    "feed": "the feed",
    "listing": "listing pages",
}
_FEED = """
SELECT status, failures, good_at, (SELECT detail FROM problems WHERE problems.source = visits.source
    AND problems.url = visits.url AND ended_at IS NULL LIMIT 1) AS problem
FROM visits WHERE source = ? AND kind = ? ORDER BY fetched_at DESC LIMIT 1
"""
_REFUSED = """
SELECT count(*) AS pages, min(first_seen) AS since, group_concat(DISTINCT visits.status) AS statuses
FROM problems JOIN visits USING (source, url)
WHERE problems.source = ? AND code IN ('login-wall', 'paywall', 'forbidden', 'withheld', 'challenge-page')
    AND ended_at IS NULL AND kind = 'article' AND visits.status IN (401, 402, 403, 451)
    AND julianday(last_seen) - julianday(first_seen) >= 7
"""
"""The pages of articles that have answered with a refusal for a week or longer."""


def surfaces_sentence(db: Database, source: str) -> str:
    """Return a sentence on the surfaces of a source."""
    state = crawl_states.load(db, source, _FIELDS)
    surface = state.surface or ""
    last_read = {name: getattr(state, f"{name}_read_at") for name in _LISTED_BY}
    parts = [_listed(surface, last_read)]
    feeds = ("posts", "comments", "comments-feed")
    newest = {kind: rows.one(db, _FEED, source, kind) for kind in feeds}
    if surface:
        parts[0] += f"; {_heard(state, newest)}."
        parts += _lost(surface, last_read)
    if state.closure is None:  # otherwise it is their reason
        listings = [row for row in newest.values() if row]
        parts += [str(row["problem"]) for row in listings if row["problem"]]
    feed = newest["comments-feed"]
    if feed and feed["failures"] and feed["good_at"]:
        parts.append(f"The comments feed has returned nothing since {_minute(feed['good_at'])}.")
    if state.lastmod_trust.is_lost:
        parts.append("Its dates of modification move without a change, so they no longer make a page due.")
    parts += elsewhere_sentences(db, source)
    parts += _refused(db, source)
    if state.closure is not None:
        closure = state.closure
        since = _minute(closure.since)
        parts.insert(0, f"{closure.state.capitalize()} since {since}: {closure.sentence}")
    if state.verifies_tls is False:
        parts.append("Its TLS certificate is not verified (verify_tls = false).")
    if state.renders:
        parts.append("Its articles are read as a browser shows them (render = true).")
    return " ".join(parts)


def _listed(surface: str, last_read: Mapping[str, datetime | None]) -> str:
    """Return what lists the articles, without a full stop where something does."""
    if surface == "feed" and last_read["listing"]:
        return "Articles are listed by the feed, and older ones by listing pages"
    if surface in _LISTED_BY:
        return _LISTED_BY[surface]
    known = {name: moment for name, moment in last_read.items() if moment}
    if not known:
        return "No list of its articles has been read yet."
    name = max(known, key=lambda each: known[each])
    return f"Nothing lists its articles any more; {_NAMES[name]} last did, on {_minute(known[name])}."


def _lost(surface: str, last_read: Mapping[str, datetime | None]) -> Iterator[str]:
    """Yield since when better surfaces have failed.

    A crawl reads the best surface that answers, so all better ones than the present one have failed since.
    """
    order = list(_LISTED_BY)
    for name in order[: order.index(surface)]:
        moment = last_read[name]
        if moment:
            label = _NAMES[name]
            yield f"{label[0].upper()}{label[1:]} has listed none since {_minute(moment)}."


def _heard(state: CrawlState, newest: Mapping[str, dict[str, Value] | None]) -> str:
    """Return the surfaces that list new comments."""
    rest = newest["comments"]
    feed = newest["comments-feed"]
    by_rest = state.surface == "rest" and state.rest_lists_comments is not False
    tellers = []
    if by_rest and rest and not rest["problem"]:
        tellers.append("REST")
    if feed and not feed["problem"] and not feed["failures"]:
        tellers.append("the comments feed")
    if not tellers:
        return "new comments are only on their pages"
    return f"new comments are listed by {' and '.join(tellers)}"


def _refused(db: Database, source: str) -> Iterator[str]:
    """Yield how many pages have been refused for long, and since when."""
    row = rows.one(db, _REFUSED, source)
    if row is None or not row["pages"]:
        return
    pages = int(row["pages"])
    codes = ", ".join(sorted(str(row["statuses"]).split(",")))
    since = _minute(row["since"])
    began = f"since {since}" if pages == 1 else f"the first since {since}"
    yield (
        f"{count(pages, 'page')} {'has' if pages == 1 else 'have'} been refused for a week or longer"
        f" (HTTP {codes}), {began}; what the archive has of {'it' if pages == 1 else 'them'} stays."
    )


def _minute(moment: Value | datetime) -> str:
    if not isinstance(moment, datetime):
        moment = str(moment)
    return f"{when(moment)} UTC"


def open_gaps(db: Database, source: str) -> int:
    """Return the number of comment ids never seen."""
    sum_of = "SELECT sum(last - first + 1) AS ids FROM moderation_gaps"
    sql = f"{sum_of} WHERE source = ? AND ended_at IS NULL"
    row = rows.one(db, sql, source)
    if not row:
        return 0
    return int(row["ids"] or 0)
