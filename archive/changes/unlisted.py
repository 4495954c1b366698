"""Articles that the site's own list lacks: doubted, so that their pages are requested soon.

A list that lacks much is evidence about itself, not about the articles. An article whose page is shown
nevertheless is doubted again later and later. It writes `unlisted` and the doubt in `articles`, inside a
transaction of its caller.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Saved
from archive.core.timestamps import instant, to_text
from archive.tables import rows
from archive.tables.captured import SEEN_BY_US
from archive.tables.merge import Value
from archive.tables.observations import Listing

_AGAIN = timedelta(days=1)  # until an article whose page was shown is doubted again, at least
MOST_OF_REST = 0.5  # of the stored articles that a listing of REST may lack
MOST_OF_SITEMAP = 0.1  # the same of sitemaps, which leave out more
_FEW = 3  # articles that a sitemap may lack, however few are stored

_HELD = (
    "SELECT id, source, url, post_id, type, missed_at FROM articles"
    f" WHERE source = ? AND gone_at IS NULL AND text IS NOT NULL AND {SEEN_BY_US}"
)
_ADDRESSES = "SELECT article_id, url FROM addresses WHERE article_id IN (SELECT value FROM json_each(?))"


def note_listing(db: Database, listing: Listing) -> Saved:
    """Doubt stored articles missing from a complete list."""
    stored = db.query(_HELD, [listing.source])
    held = [row for row in stored if _is_of(row, listing)]
    lacking = _lacking(db, held, listing)
    part = MOST_OF_SITEMAP
    few = _FEW
    if listing.posts:
        part = MOST_OF_REST
        few = 0
    if len(lacking) > max(part * len(held), few):
        return Saved()
    numbers = {row["id"] for row in lacking}
    known = {
        row["article_id"]: row
        for row in db.query("SELECT * FROM unlisted WHERE source = ?", [listing.source])
    }
    for number in known.keys() - numbers:
        db.execute("DELETE FROM unlisted WHERE article_id = ?", [number])
    missed = sum(_note(db, row, known.get(row["id"]), listing.looked_at) for row in lacking)
    return Saved(missed=missed)


def _is_of(row: dict[str, Value], listing: Listing) -> bool:
    """True if an article is of a kind that the list names."""
    if listing.posts and not row["post_id"]:
        return False
    return not listing.types or row["type"] in listing.types


def _lacking(db: Database, held: list[dict[str, Value]], listing: Listing) -> list[dict[str, Value]]:
    """Return the articles that the list lacks, by all their URLs."""
    if listing.posts:
        return [row for row in held if row["post_id"] not in listing.posts]
    named = {urls.key(url) for url in listing.urls}
    suspects = [row for row in held if urls.key(str(row["url"])) not in named]
    numbers = json.dumps([row["id"] for row in suspects])
    found = {number for number, url in db.execute(_ADDRESSES, [numbers]) if urls.key(url) in named}
    return [row for row in suspects if row["id"] not in found]


def _note(db: Database, row: dict[str, Value], known: dict[str, Value] | None, now: datetime) -> bool:
    """Record an unlisted article; True if it is doubted now. `known` is what was noted of it before."""
    at = to_text(now)
    if known is None:
        db.execute("INSERT INTO unlisted VALUES (?, ?, ?, NULL)", [row["id"], row["source"], at])
    elif known["shown_at"] is not None:
        shown = instant(str(known["shown_at"]))
        span = shown - instant(str(known["since"]))
        if now - shown < max(_AGAIN, span):
            return False
        db.execute("UPDATE unlisted SET shown_at = NULL WHERE article_id = ?", [row["id"]])
    if row["missed_at"] is None:
        rows.update(db, "articles", row["id"], {"missed_at": at})
    return True
