"""Raw pages, as the site sent them, in a second file next to the archive: `pages.db`.

No SQL of readers reaches it; single pages are shown only where the operator enables it (`mementos`). A page
is kept before anything is read out of it, so that every later fault can be corrected by reading it again.
`bodies` packs the bodies.
Invariant: a page is evidence. Its digest is checked whenever it is read, and one that is not as it was
received is handed out as `Altered`, never as a page.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from archive.core.connection import Database
from archive.core.database import Closing, open_ours, transaction
from archive.core.migrating import Migrations
from archive.core.records import Page, PageKind
from archive.core.timestamps import instant, to_text
from archive.files.bodies import Bodies
from archive.files.sort_key import key_number

migrations = Migrations("backissue-pages")
_NEWEST = """
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, id DESC) AS place
    FROM pages WHERE source = ? AND witness IS NULL AND kind <> 'served' {also}) WHERE place = 1
"""
PAGE_BYTES = 1024
"""Of SQLite's pages: the last of those that a body takes is half empty, and a body takes 2-10 kB."""

_SHOWN = 3  # altered pages that are named where there are many


@migrations()
def m001_first(db: Database) -> None:
    """Create bodies by digest, and a row per received page."""
    db.execute("""
CREATE TABLE bodies (
    digest TEXT PRIMARY KEY NOT NULL,
    coding TEXT NOT NULL,
    length INTEGER NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID""")
    db.execute("""
CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    final_url TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    lastmod TEXT,
    digest TEXT NOT NULL REFERENCES bodies(digest)
)""")
    db.execute("CREATE INDEX pages_url ON pages(source, url, id)")


@migrations()
def m002_rules(db: Database) -> None:
    """Add the rules by which a page was last read."""
    db.execute("ALTER TABLE pages ADD COLUMN rules TEXT")


@migrations()
def m003_pending(db: Database) -> None:
    """Add the remaining attempts until a page is saved.

    What is there was saved.
    """
    db.execute("ALTER TABLE pages ADD COLUMN pending INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX pages_pending ON pages(source, id) WHERE pending > 0")


@migrations()
def m004_witness(db: Database) -> None:
    """Who received a page, where that was not this archive, and what was read out of it, in JSON."""
    db.execute("ALTER TABLE pages ADD COLUMN witness TEXT")
    db.execute("ALTER TABLE pages ADD COLUMN said TEXT")
    db.execute("CREATE INDEX pages_captured ON pages(source, url, fetched_at) WHERE witness IS NOT NULL")


@migrations()
def m005_packing(db: Database) -> None:
    """Add dictionaries, what bodies are patches of, and how well those of each source and kind are packed."""
    db.execute("""
CREATE TABLE dictionaries (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    ratio REAL NOT NULL,
    body BLOB NOT NULL
)""")
    db.execute("""
CREATE TABLE packing (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    dictionary INTEGER REFERENCES dictionaries(id),
    bodies INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, kind)
) WITHOUT ROWID""")
    db.execute("ALTER TABLE bodies ADD COLUMN base TEXT REFERENCES bodies(digest)")
    db.execute("ALTER TABLE bodies ADD COLUMN dictionary INTEGER REFERENCES dictionaries(id)")
    db.execute("""
CREATE TRIGGER bodies_needed BEFORE DELETE ON bodies
WHEN EXISTS (SELECT 1 FROM bodies WHERE base = OLD.digest)
BEGIN
    SELECT RAISE(ABORT, 'Others are patches of this body: delete the later pages of its URL first.');
END""")


@migrations()
def m006_key_numbers(db: Database) -> None:
    """Add the numbers by which a page is found under any spelling of its URL."""
    db.execute("ALTER TABLE pages ADD COLUMN key_number INTEGER")
    db.conn.create_function("key_number", 1, key_number, deterministic=True)
    db.execute("UPDATE pages SET key_number = key_number(final_url)")
    db.execute("CREATE INDEX pages_key_number ON pages(key_number)")


TRIES = 2
"""How often a kept page that was not saved is read at a start: it may be what ended the crawl."""
REFUSED = -1
"""In place of such tries: the page was read, and is not the article that it was requested as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """Raw page that differs from what was received.

    `fetched_at` is ISO 8601 UTC, `digest` that of the original.
    """

    id: int
    source: str
    url: str
    fetched_at: str
    digest: str
    why: str

    def __str__(self) -> str:
        page = f"{self.url} (source {self.source}, {self.fetched_at}, SHA-256 {self.digest[:12]}…)"
        return f"The raw page of {page} is not as it was received: {self.why}."


def told_altered(pages: Sequence[Altered]) -> list[str]:
    """Return sentences that name altered pages, the first few."""
    more = len(pages) - _SHOWN
    told = [*map(str, pages[:_SHOWN])]
    if more > 0:
        told.append(f"So are {more:,} more.")
    return told


def raw_pages_path(archive: Path) -> Path:
    """Return the path of an archive's raw pages.

    `news.db` has `news-pages.db`, `archive.db` has `pages.db`.
    """
    archive = archive.resolve()  # one archive has one such file, independent of links to it
    stem = archive.stem.removesuffix("archive").rstrip("-_.")
    name = "pages.db"
    if stem:
        name = f"{stem}-pages.db"
    return archive.with_name(name)


def page_from_row(row: Mapping[str, Any] | sqlite3.Row, body: bytes) -> Page:
    """Return the page of a row with the columns of pages.db.

    Raises ValueError or TypeError where a column has another form.
    """
    pairs = json.loads(row["headers"])
    headers = tuple((name, value) for name, value in pairs)
    return Page(
        source=row["source"],
        kind=PageKind(row["kind"]),
        url=row["url"],
        final_url=row["final_url"],
        status=row["status"],
        headers=headers,
        fetched_at=instant(row["fetched_at"]),
        body=body,
        lastmod=row["lastmod"],
    )


class Pages(Closing):
    """The raw pages of one archive."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.bodies = Bodies(db)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file. Raises ArchiveError if that fails."""
        return cls(open_ours(path, migrations, page_bytes=PAGE_BYTES))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def keep(self, page: Page, rules: str | None = None) -> int:
        """Store a page as received; return its id for `note_saved`.

        A body that is held is not kept again, but mended where it is not as it was received. What a server
        sent where a browser made the page of it has nothing to be saved.
        """
        self.bodies.train_when_due(page.source, page.kind.value)
        with transaction(self.db):
            digest = self.bodies.keep(page)
            tries = TRIES
            if page.kind is PageKind.SERVED:
                tries = 0
            kept = self.db.execute(
                "INSERT INTO pages"
                " (source, kind, url, final_url, status, headers, fetched_at, lastmod, digest, rules,"
                " pending, key_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    page.source,
                    page.kind.value,
                    page.url,
                    page.final_url,
                    page.status,
                    json.dumps(page.headers),
                    to_text(page.fetched_at),
                    page.lastmod,
                    digest,
                    rules,
                    tries,
                    key_number(page.final_url),
                ],
            )
        return int(kept.lastrowid or 0)

    def note_saved(self, number: int, *, is_refused: bool = False) -> None:
        """Record that a page's extract is saved, or with `is_refused` that it was no page of its article."""
        with transaction(self.db):
            pending = 0
            if is_refused:
                pending = REFUSED
            self.db.execute("UPDATE pages SET pending = ? WHERE id = ?", [pending, number])

    def note_try(self, number: int) -> None:
        """Record an attempt to read an unsaved page."""
        with transaction(self.db):
            self.db.execute("UPDATE pages SET pending = pending - 1 WHERE id = ?", [number])

    def unsaved(self, source: str) -> list[int]:
        """Return the ids of a source's pages not certainly saved."""
        sql = "SELECT id FROM pages WHERE source = ? AND pending > 0 ORDER BY id"
        found = self.db.execute(sql, [source])
        return [row[0] for row in found.fetchall()]

    def newest_of_each(self, source: str) -> Iterator[Page | Altered]:
        """Return each URL's newest page, in order of receipt."""
        newest = _NEWEST.format(also="")
        return self._read(f"WHERE id IN ({newest})", [source], order="fetched_at, id")

    def read_otherwise(
        self, source: str, is_current: Callable[[str | None], bool], *, but: Iterable[int] = ()
    ) -> list[int]:
        """Return the newest pages that another extractor has read.

        `is_current` is True if a stored extractor version reads as today's does. Those of `but` do not count:
        what was never saved cannot be read again.
        """
        newest = _NEWEST.format(also="AND id NOT IN (SELECT value FROM json_each(?))")
        sql = f"SELECT id, rules FROM pages WHERE id IN ({newest}) ORDER BY fetched_at, id"
        values = [source, json.dumps(list(but))]
        found = self.db.execute(sql, values).fetchall()
        return [number for number, version in found if not is_current(version)]

    def get(self, number: int) -> Page | Altered:
        """Return the page of an id."""
        try:
            return self._page(number)
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            return self._altered(number, f"it cannot be read ({error})")

    def note_rules(self, page: Page | Altered, rules: str) -> None:
        """Record the rules of a page's latest reading."""
        with transaction(self.db):
            sql = "UPDATE pages SET rules = ? WHERE source = ? AND url = ? AND witness IS NULL"
            self.db.execute(sql, [rules, page.source, page.url])

    def choose(self, source: str = "", addresses: Iterable[tuple[str, str]] | None = None) -> int:
        """Choose all pages that we received, those of one source, or those of some addresses.

        An address is a source and a URL. What another witness received is in files of its own. Returns how
        many they are; `chosen` reads them.
        """
        self.db.execute("CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)")
        self.db.execute("CREATE TEMP TABLE wanted (source TEXT, url TEXT, PRIMARY KEY (source, url))")
        self.db.conn.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?)", addresses or ())
        known = (
            "SELECT 1 FROM wanted WHERE wanted.source = pages.source AND wanted.url IN (pages.url, final_url)"
        )
        where = ["witness IS NULL"]
        if source:
            where.append("source = :source")
        if addresses is not None:
            where.append(f"EXISTS ({known})")
        sql = f"INSERT INTO chosen SELECT id FROM pages WHERE {' AND '.join(where)}"
        return self.db.execute(sql, {"source": source}).rowcount

    def remove(self, source: str) -> None:
        """Delete the pages of a source, and their bodies."""
        with transaction(self.db):
            self.db.execute("DELETE FROM pages WHERE source = ?", [source])
            self.db.execute("DELETE FROM packing WHERE source = ?", [source])
            unused = (
                "DELETE FROM bodies WHERE digest NOT IN (SELECT digest FROM pages)"
                " AND digest NOT IN (SELECT base FROM bodies WHERE base IS NOT NULL)"
            )
            while self.db.execute(unused).rowcount:
                pass  # the body of which another one was a patch is free now

    def chosen(self) -> Iterator[Page | Altered]:
        """Yield the chosen pages, in the order of receipt."""
        return self._read("WHERE id IN chosen", [])

    def chosen_numbers(self) -> list[tuple[int, bool]]:
        """Return the ids of the chosen pages in that order, and whether each is the newest of its URL."""
        place = "row_number() OVER (PARTITION BY source, url ORDER BY fetched_at DESC, id DESC)"
        newest = f"SELECT id, {place} = 1 AS newest FROM pages WHERE witness IS NULL"
        sql = f"SELECT id, newest FROM ({newest}) WHERE id IN chosen ORDER BY id"
        found = self.db.execute(sql)
        return [(number, bool(newest)) for number, newest in found.fetchall()]

    def altered(self) -> Iterator[Altered]:
        """Check every body; yield the newest page of altered ones."""
        for (digest,) in self.db.execute(
            "SELECT digest FROM bodies UNION SELECT digest FROM pages"
        ).fetchall():
            if why := self.bodies.fault(digest):
                sql = "SELECT max(id) FROM pages WHERE digest = ?"
                [first] = self.db.execute(sql, [digest]).fetchone()
                yield self._altered(first or 0, why, digest)

    def _read(self, where: str, values: list[object], order: str = "id") -> Iterator[Page | Altered]:
        for (number,) in self.db.execute(f"SELECT id FROM pages {where} ORDER BY {order}", values).fetchall():
            yield self.get(number)

    def _page(self, number: int) -> Page | Altered:
        cursor = self.db.conn.cursor()
        cursor.row_factory = sqlite3.Row
        row = cursor.execute("SELECT * FROM pages WHERE id = ?", [number]).fetchone()
        body, why = self.bodies.read(row["digest"])
        if why:
            return self._altered(number, why)
        return page_from_row(row, body)

    def _altered(self, number: int, why: str, digest: str = "") -> Altered:
        sql = "SELECT source, url, fetched_at, digest FROM pages WHERE id = ?"
        try:
            row = self.db.execute(sql, [number]).fetchone()
        except sqlite3.DatabaseError:
            row = None
        unknown = ("unknown", f"number {number}", "at an unknown time", digest)
        source, url, at, own = map(str, row or unknown)
        return Altered(id=number, source=source, url=url, fetched_at=at, digest=own, why=why)
