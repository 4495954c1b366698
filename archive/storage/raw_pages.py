"""Raw pages, as the site sent them, in a second file beside the archive: `pages.db`.

It is never served. A page is kept before anything is read out of it, so that whatever goes wrong
later can be mended by reading it again. Bodies are kept once, by their digest, compressed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import zstandard
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.core.database import Closing, open_ours, transaction
from archive.core.records import Page, PageKind
from archive.core.timestamps import instant, to_text

migrations = Migrations("backissue-pages")
_NEWEST = """
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY url ORDER BY fetched_at DESC, id DESC) AS place
    FROM pages WHERE source = ?) WHERE place = 1
"""
LEVEL = 10  # zstd: half a gzip'd WARC's size at about 2 ms a page, with room for a dictionary


@migrations()
def m001_first(db: Database) -> None:
    """Bodies by digest, and one row for each time a page was received."""
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
    """By which rules a page was last read."""
    db.execute("ALTER TABLE pages ADD COLUMN rules TEXT")


def beside(archive: Path) -> Path:
    """Where the raw pages of an archive lie: `news.db` has `news-pages.db`, `archive.db` has `pages.db`."""
    archive = archive.resolve()  # one archive has one such file, by whatever link it is named
    stem = archive.stem.removesuffix("archive").rstrip("-_.")
    return archive.with_name(f"{stem}-pages.db" if stem else "pages.db")


class Pages(Closing):
    """The raw pages of one archive."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._pack = zstandard.ZstdCompressor(level=LEVEL)
        self._unpack = zstandard.ZstdDecompressor()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file. Raises ArchiveError when that cannot be."""
        return cls(open_ours(path, migrations))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def keep(self, page: Page, rules: str | None = None) -> None:
        """Keep a page as received, and by which rules it is read. A body that is held is not kept again."""
        digest = hashlib.sha256(page.body).hexdigest()
        with transaction(self.db):
            if not self.db.execute("SELECT 1 FROM bodies WHERE digest = ?", [digest]).fetchone():
                body = self._pack.compress(page.body)
                self.db.execute("INSERT INTO bodies VALUES (?, 'zstd', ?, ?)", [digest, len(page.body), body])
            self.db.execute(
                "INSERT INTO pages"
                " (source, kind, url, final_url, status, headers, fetched_at, lastmod, digest, rules)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
                ],
            )

    def newest_of_each(self, source: str) -> Iterator[Page]:
        """The page last received from each address of a source, in the order of receipt."""
        return self._read(f"WHERE pages.id IN ({_NEWEST}) ORDER BY fetched_at, pages.id", [source])

    def read_otherwise(self, source: str, is_current: Callable[[str | None], bool]) -> list[int]:
        """Return the ids of the pages last received from each address that another extractor has read.

        They come in the order of receipt. `is_current` says of a stored extractor version whether it reads
        as today's does.
        """
        sql = f"SELECT id, rules FROM pages WHERE id IN ({_NEWEST}) ORDER BY fetched_at, id"
        return [
            number for number, version in self.db.execute(sql, [source]).fetchall() if not is_current(version)
        ]

    def get(self, number: int) -> Page:
        """The page of an id."""
        return next(self._read("WHERE pages.id = ?", [number]))

    def note_rules(self, page: Page, rules: str) -> None:
        """Note that a page was read anew, by which rules."""
        with transaction(self.db):
            sql = "UPDATE pages SET rules = ? WHERE source = ? AND url = ?"
            self.db.execute(sql, [rules, page.source, page.url])

    def choose(self, source: str = "", addresses: Iterable[tuple[str, str]] | None = None) -> int:
        """Choose all pages, those of one source, or those of some addresses (each a source and a URL).

        Returns how many they are; `chosen` reads them.
        """
        self.db.execute("CREATE TEMP TABLE chosen (id INTEGER PRIMARY KEY)")
        self.db.execute("CREATE TEMP TABLE wanted (source TEXT, url TEXT, PRIMARY KEY (source, url))")
        self.db.conn.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?)", addresses or ())
        known = (
            "SELECT 1 FROM wanted WHERE wanted.source = pages.source AND wanted.url IN (pages.url, final_url)"
        )
        where = [*["source = :source"] * bool(source), *[f"EXISTS ({known})"] * (addresses is not None)]
        sql = f"INSERT INTO chosen SELECT id FROM pages WHERE {' AND '.join(where) or 1}"
        return self.db.execute(sql, {"source": source}).rowcount

    def chosen(self) -> Iterator[Page]:
        """The pages that were chosen, in the order of receipt."""
        return self._read("WHERE pages.id IN chosen ORDER BY pages.id", [])

    def spoiled(self, number: int) -> list[str]:
        """The digests of those bodies, out of a random sample, that do not unpack to what was received."""
        found = []
        for _ in range(number):
            start = secrets.token_hex(32)
            sql = "SELECT digest, body FROM bodies WHERE digest >= ? ORDER BY digest LIMIT 1"
            for digest, body in self.db.execute(sql, [start]).fetchall():
                if not self._is_whole(digest, body):
                    found.append(digest)
        return found

    def _is_whole(self, digest: str, body: bytes) -> bool:
        try:
            return hashlib.sha256(self._unpack.decompress(body)).hexdigest() == digest
        except zstandard.ZstdError:
            return False

    def _read(self, where: str, values: list[object]) -> Iterator[Page]:
        sql = f"SELECT pages.*, coding, body FROM pages JOIN bodies USING (digest) {where}"
        cursor = self.db.conn.cursor()
        cursor.row_factory = sqlite3.Row
        for row in cursor.execute(sql, values):
            yield self._page(row)

    def _page(self, row: sqlite3.Row) -> Page:
        return Page(
            source=row["source"],
            kind=PageKind(row["kind"]),
            url=row["url"],
            final_url=row["final_url"],
            status=row["status"],
            headers=tuple((name, value) for name, value in json.loads(row["headers"])),
            fetched_at=instant(row["fetched_at"]),
            body=self._unpack.decompress(row["body"]),
            lastmod=row["lastmod"],
        )
