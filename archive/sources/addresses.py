"""Addresses of a source: today's, and those it had before it moved.

A site that moved is one source with several addresses: its articles keep their identity, and a page is
recorded under each of its URLs. All of it inside one transaction of the caller. Does not: fetch, or read a
configuration.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from archive.core import urls
from archive.core.connection import Database
from archive.core.crawl_state import CrawlState
from archive.core.errors import ArchiveError, NotFoundError
from archive.core.nearest_name import nearest
from archive.files.redaction_store import Kept, known
from archive.tables import crawl_states, rows
from archive.tables.url_keys import respell

_OF_OLD_SITE = (
    "rest_root", "posts_feed_url", "comments_feed_url", "posts_feed_digest", "comments_feed_digest",
    "declared", "declared_at", "robots", "posts_listed_at", "feeds_read_at", "posts_feed_missing_at",
    "comments_feed_missing_at", "wait_until", "pause_until", "refusals", "closure",
)  # fmt: skip
"""Fields of a crawl's state that are about the address: they are learned anew."""


def must_exist(db: Database, source: str) -> str:
    """Return a source's URL. Raises NotFoundError."""
    row = rows.one(db, "SELECT url FROM sources WHERE name = ?", source)
    if row is None:
        names = [row["name"] for row in db.query("SELECT name FROM sources ORDER BY name")]
        raise NotFoundError(
            f"The archive has no source “{source}”{nearest(source, names)}.",
            hint=f"Its sources are: {', '.join(names) or 'none'}.",
        )
    return str(row["url"])


def owner_of(db: Database, url: str) -> str | None:
    """Return the source at a URL, today or earlier, if any."""
    sql = "SELECT name, url FROM sources UNION ALL SELECT source, url FROM source_addresses"
    wanted = urls.page_key(url)
    return next((name for name, has in db.execute(sql) if urls.page_key(has) == wanted), None)


def refuse_foreign_address(db: Database, source: str, url: str) -> None:
    """Raise ArchiveError where another source has it."""
    if (owner := owner_of(db, url)) not in {None, source}:
        raise ArchiveError(f"{url} is the address of source “{owner}”, so “{source}” cannot move there.")


def has_articles(db: Database, source: str) -> bool:
    """True if an article of a source is archived."""
    return rows.one(db, "SELECT 1 FROM articles WHERE source = ? LIMIT 1", source) is not None


def earlier(db: Database, source: str) -> list[str]:
    """Return a source's earlier URLs, the oldest first."""
    sql = "SELECT url FROM source_addresses WHERE source = ? ORDER BY until, url"
    return [url for (url,) in db.execute(sql, [source])]


def moved_url(url: str, old: str, new: str) -> str | None:
    """Return a page's URL after its site moved.

    No result for a URL that is not below `old`.
    """
    if not urls.is_below(url, old):
        return None
    parts = urlsplit(url)
    here = urlsplit(old)
    there = urlsplit(new)
    path = there.path.rstrip("/") + (parts.path.removeprefix(here.path.rstrip("/")) or "/")
    return urlunsplit((there.scheme, there.netloc, path, parts.query, parts.fragment))


def move(db: Database, archive: Path, source: str, new: str, at: str) -> None:
    """Give a source another address.

    Each article gets its URL on the new address in addition to those it has; a hidden one stays hidden there.
    `archive` is the file behind `db`, `at` is ISO 8601 UTC. Raises NotFoundError for an unknown source,
    ArchiveError where another source has that address.
    """
    old = must_exist(db, source)
    refuse_foreign_address(db, source, new)
    if urls.page_key(old) != urls.page_key(new):
        _note_earlier(db, source, old, new, at)
        _move_articles(db, source, old, new, at)
        _move_hidden(db, archive, source, old, new, at)
        _move_visits(db, source, old, new)
        _move_files(db, source, old, new)
        _forget_state(db, source)
    db.execute("UPDATE sources SET url = ? WHERE name = ?", [new, source])


def _note_earlier(db: Database, source: str, old: str, new: str, at: str) -> None:
    """Note the address that ends.

    One to which a site moves back is no earlier one.
    """
    for url in earlier(db, source):
        if urls.page_key(url) == urls.page_key(new):
            db.execute("DELETE FROM source_addresses WHERE source = ? AND url = ?", [source, url])
    sql = "INSERT INTO source_addresses VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET until = excluded.until"
    db.execute(sql, [source, old, at])


def _move_articles(db: Database, source: str, old: str, new: str, at: str) -> None:
    held = "SELECT url, article_id FROM addresses WHERE source = ?"
    for url, article_id in db.execute(held, [source]).fetchall():
        if there := moved_url(url, old, new):
            sql = (
                "INSERT INTO addresses (source, url, url_key, article_id, first_seen) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING"
            )
            db.execute(sql, [source, there, urls.page_key(there), article_id, at])
    for number, url in db.execute("SELECT id, url FROM articles WHERE source = ?", [source]).fetchall():
        if there := moved_url(url, old, new):
            db.execute("UPDATE articles SET url = ? WHERE id = ?", [there, number])


def _move_hidden(db: Database, archive: Path, source: str, old: str, new: str, at: str) -> None:
    """Hide hidden articles at their new URLs as well."""
    hidden = known(db.conn, archive)
    for (owner, key), article_id in hidden.addresses.items():
        there = None
        if owner == source:
            there = moved_url(f"{urlsplit(old).scheme}://{key}", old, new)
        if there:
            row = rows.one(db, "SELECT redaction_id FROM articles WHERE id = ?", article_id)
            place = {"source": source, "article_id": article_id, "first_seen": at, "url": there}
            number = 0
            if row:
                number = int(row["redaction_id"] or 0)
            hidden.keep(db, number, [Kept(place="addresses", row=place)])


def _move_visits(db: Database, source: str, old: str, new: str) -> None:
    """Give visits their new URLs.

    Without validators of the old server.
    """
    for (url,) in db.execute("SELECT url FROM visits WHERE source = ?", [source]).fetchall():
        if not (there := moved_url(url, old, new)):
            continue
        db.execute("DELETE FROM visits WHERE source = ? AND url_key = ?", [source, urls.page_key(there)])
        respell(db, source, url, there)
        db.execute(
            "UPDATE visits SET url_key = ?, etag = NULL, last_modified = NULL, leads_to = NULL"
            " WHERE source = ? AND url = ?",
            [urls.page_key(there), source, there],
        )


def _move_files(db: Database, source: str, old: str, new: str) -> None:
    """Give files below the old address their new URLs, and lead pictures there.

    Where their bytes were received stays known until they are received again.
    """
    held = "SELECT id, url FROM files WHERE source = ?"
    for number, url in db.execute(held, [source]).fetchall():
        there = moved_url(url, old, new)
        if there is None or rows.one(db, "SELECT 1 FROM files WHERE source = ? AND url = ?", source, there):
            continue
        sql = (
            "UPDATE files SET url = ?, etag = NULL, last_modified = NULL,"
            " received_from = iif(digest IS NULL, NULL, coalesce(received_from, url)) WHERE id = ?"
        )
        db.execute(sql, [there, number])
        sql = "UPDATE file_versions SET received_from = coalesce(received_from, ?) WHERE file_id = ?"
        db.execute(sql, [url, number])
    images = "SELECT id, image FROM articles WHERE source = ? AND image IS NOT NULL"
    for number, url in db.execute(images, [source]).fetchall():
        if there := moved_url(url, old, new):
            db.execute("UPDATE articles SET image = ? WHERE id = ?", [there, number])


def _forget_state(db: Database, source: str) -> None:
    before = crawl_states.load(db, source)
    fresh = CrawlState()
    fresh_values = {name: getattr(fresh, name) for name in _OF_OLD_SITE}
    after = replace(before, **fresh_values)
    crawl_states.save_state(db, source, before, after)
