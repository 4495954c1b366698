"""Articles that the site's own list lacks: doubted, so that their pages are requested soon.

A list that lacks much is evidence about itself, not about the articles. An article whose page is shown
nevertheless is doubted again later and later. It writes `unlisted` and the doubt in `articles`, inside a
transaction of its caller.
"""

from __future__ import annotations

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

_HELD = f"SELECT * FROM articles WHERE source = ? AND gone_at IS NULL AND text IS NOT NULL AND {SEEN_BY_US}"


def note_listing(db: Database, listing: Listing) -> Saved:
    """Doubt stored articles missing from a complete list."""
    stored = db.query(_HELD, [listing.source])
    held = [row for row in stored if _is_of(row, listing)]
    named = {urls.key(url) for url in listing.urls}
    lacking = [row for row in held if not _is_listed(db, row, listing, named)]
    part = MOST_OF_SITEMAP
    few = _FEW
    if listing.posts:
        part = MOST_OF_REST
        few = 0
    if len(lacking) > max(part * len(held), few):
        return Saved()
    numbers = {row["id"] for row in lacking}
    for row in list(db.query("SELECT article_id FROM unlisted WHERE source = ?", [listing.source])):
        if row["article_id"] not in numbers:
            db.execute("DELETE FROM unlisted WHERE article_id = ?", [row["article_id"]])
    missed = sum(_note(db, row, listing.looked_at) for row in lacking)
    return Saved(missed=missed)


def _is_of(row: dict[str, Value], listing: Listing) -> bool:
    """True if an article is of a kind that the list names."""
    if listing.posts and not row["post_id"]:
        return False
    return not listing.types or row["type"] in listing.types


def _is_listed(db: Database, row: dict[str, Value], listing: Listing, named: set[str]) -> bool:
    if listing.posts:
        return row["post_id"] in listing.posts
    if urls.key(str(row["url"])) in named:
        return True
    own = db.execute("SELECT url FROM addresses WHERE article_id = ?", [row["id"]]).fetchall()
    return any(urls.key(url) in named for (url,) in own)


def _note(db: Database, row: dict[str, Value], now: datetime) -> bool:
    """Record an unlisted article; True if it is doubted now."""
    at = to_text(now)
    known = rows.one(db, "SELECT * FROM unlisted WHERE article_id = ?", row["id"])
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
