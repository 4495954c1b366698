"""Files of articles, as the site sent them, in a file of their own beside the archive: `media.db`.

It is never served as a whole. A file is kept once, by its SHA-256 digest, however many URLs have it; each URL
has its states, so that a file that was replaced at the same URL is an event of it.
Invariant: a file is evidence; its digest is checked whenever it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.core.database import Closing, open_ours, transaction
from archive.core.records import Page, PageKind
from archive.core.timestamps import instant, to_text
from archive.files import raw_pages
from archive.files.raw_pages import Altered

migrations = Migrations("backissue-media")

FIRST_LOOK = timedelta(days=7)  # until a kept file is asked for again; each look without a change doubles it
LAST_LOOK = timedelta(days=180)
NEXT_TRY = timedelta(days=1)  # after a failure, doubled each time
LAST_TRY = timedelta(days=64)
KEPT, REFUSED, TOO_LARGE, NO_FILE, FAILED = "kept", "refused", "too large", "no file", "failed"
"""States of an address: its last good answer is kept in each of them."""


@migrations()
def m001_first(db: Database) -> None:
    """Create bodies by digest, addresses with their state, and the states each has had."""
    db.execute(
        "CREATE TABLE bodies (digest TEXT PRIMARY KEY NOT NULL, length INTEGER NOT NULL, body BLOB NOT NULL)"
    )
    db.execute("""
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    digest TEXT REFERENCES bodies(digest),
    etag TEXT,
    last_modified TEXT,
    looked_at TEXT NOT NULL,
    changed_at TEXT,
    due_at TEXT NOT NULL,
    looks INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, url)
)""")
    db.execute("""
CREATE TABLE states (
    id INTEGER PRIMARY KEY,
    file_id INTEGER NOT NULL REFERENCES files(id),
    digest TEXT NOT NULL REFERENCES bodies(digest),
    final_url TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    media_type TEXT NOT NULL,
    fetched_at TEXT NOT NULL
)""")
    db.execute("CREATE INDEX states_file ON states(file_id, id)")
    db.execute("CREATE INDEX states_digest ON states(digest)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """State of one address as it was received. `fetched_at` is ISO 8601 text in UTC."""

    source: str
    url: str
    digest: str
    length: int
    media_type: str
    fetched_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSeen:
    """Facts of the earlier visits to one address; `due_at` is aware UTC."""

    etag: str | None
    last_modified: str | None
    looked_at: datetime
    due_at: datetime


def media_beside(archive: Path) -> Path:
    """Return its path: `news-media.db` for `news.db`, `media.db` for `archive.db`."""
    raw = raw_pages.beside(archive)
    return raw.with_name(raw.name.removesuffix("pages.db") + "media.db")


class MediaFiles(Closing):
    """The files of one archive's articles."""

    def __init__(self, db: Database) -> None:
        self.db = db

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open or create the file. Raises ArchiveError when that cannot be."""
        return cls(open_ours(path, migrations, create=create))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def seen(self, source: str, url: str) -> FileSeen | None:
        """Return the facts of the earlier visits to an address, or None."""
        row = next(self.db.query("SELECT * FROM files WHERE source = ? AND url = ?", [source, url]), None)
        if row is None:
            return None
        return FileSeen(
            etag=row["etag"],
            last_modified=row["last_modified"],
            looked_at=instant(row["looked_at"]),
            due_at=instant(row["due_at"]),
        )

    def keep(self, page: Page, media_type: str) -> bool:
        """Keep a file as it was received; True where its address had another one before."""
        digest = hashlib.sha256(page.body).hexdigest()
        at = to_text(page.fetched_at)
        with transaction(self.db):
            if self._fault(digest):
                sql = "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?)"
                self.db.execute(sql, [digest, len(page.body), page.body])
            before = self._note(page, KEPT, None, FIRST_LOOK, LAST_LOOK, again=digest)
            number = self.db.execute(
                "SELECT id FROM files WHERE source = ? AND url = ?", [page.source, page.url]
            ).fetchone()[0]
            self.db.execute(
                "UPDATE files SET digest = ?, etag = ?, last_modified = ?,"
                " changed_at = CASE WHEN digest IS ? THEN changed_at ELSE ? END WHERE id = ?",
                [digest, page.header("etag"), page.header("last-modified"), digest, at, number],
            )
            if before != digest:
                self.db.execute(
                    "INSERT INTO states (file_id, digest, final_url, status, headers, media_type, fetched_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [number, digest, page.final_url, page.status, json.dumps(page.headers), media_type, at],
                )
        return before is not None and before != digest

    def note_unchanged(self, page: Page) -> None:
        """Record that an address still has the file that is kept."""
        with transaction(self.db):
            self._note(page, KEPT, None, FIRST_LOOK, LAST_LOOK)

    def note_refused(self, page: Page, state: str, reason: str) -> None:
        """Record that an address gave no file, and why; what is kept of it stays."""
        with transaction(self.db):
            self._note(page, state, reason, NEXT_TRY, LAST_TRY)

    def newest(self, source: str, url: str) -> KeptFile | None:
        """Return the file that an address had last, or None."""
        found = list(self.history(source, url))
        return found[-1] if found else None

    def history(self, source: str, url: str) -> Iterator[KeptFile]:
        """Yield the files that an address has had, the oldest first."""
        sql = (
            "SELECT source, url, states.digest, length, media_type, fetched_at FROM files"
            " JOIN states ON file_id = files.id JOIN bodies ON bodies.digest = states.digest"
            " WHERE source = ? AND url = ? ORDER BY states.id"
        )
        return (KeptFile(**row) for row in self.db.query(sql, [source, url]))

    def addresses(self, digest: str) -> list[KeptFile]:
        """Return the addresses that have had a file, with its type; empty for an unknown digest."""
        sql = (
            "SELECT source, url, states.digest, length, media_type, fetched_at FROM states"
            " JOIN files ON file_id = files.id JOIN bodies ON bodies.digest = states.digest"
            " WHERE states.digest = ? ORDER BY states.id"
        )
        return [KeptFile(**row) for row in self.db.query(sql, [digest])]

    def body(self, digest: str) -> bytes | None:
        """Return a file's bytes; None where it is not kept, or not as it was received."""
        row = self.db.execute("SELECT body FROM bodies WHERE digest = ?", [digest]).fetchone()
        return bytes(row[0]) if row and hashlib.sha256(row[0]).hexdigest() == digest else None

    def pages(self) -> Iterator[Page | Altered]:
        """Yield every state of every address as it was received, in the order of receipt."""
        sql = "SELECT states.*, source, url FROM states JOIN files ON file_id = files.id ORDER BY states.id"
        for row in self.db.query(sql):
            body = self.body(row["digest"])
            yield (
                self._altered(row)
                if body is None
                else Page(
                    source=row["source"],
                    kind=PageKind.FILE,
                    url=row["url"],
                    final_url=row["final_url"],
                    status=row["status"],
                    headers=tuple((name, value) for name, value in json.loads(row["headers"])),
                    fetched_at=instant(row["fetched_at"]),
                    body=body,
                )
            )

    def altered(self) -> Iterator[Altered]:
        """Check every file; yield the newest state of those that are not as they were received."""
        sql = "SELECT digest FROM bodies UNION SELECT digest FROM states"
        for (digest,) in self.db.execute(sql).fetchall():
            if self._fault(digest):
                found = "SELECT states.*, source, url FROM states JOIN files ON file_id = files.id"
                rows = self.db.query(
                    f"{found} WHERE states.digest = ? ORDER BY states.id DESC LIMIT 1", [digest]
                )
                yield from map(self._altered, rows)

    def _note(
        self,
        page: Page,
        state: str,
        reason: str | None,
        first: timedelta,
        last: timedelta,
        *,
        again: str | None = None,
    ) -> str | None:
        """Record a visit, and return the digest of what was kept before.

        The pause until the next one doubles while the state stays, unless `again` is another digest.
        """
        row = next(
            self.db.query("SELECT * FROM files WHERE source = ? AND url = ?", [page.source, page.url]), None
        )
        before = row["digest"] if row else None
        stays = row is not None and row["state"] == state and (again is None or again == before)
        looks = int(row["looks"]) + 1 if row is not None and stays else 0
        due = page.fetched_at + min(last, first * 2 ** min(looks, 10))
        self.db.execute(
            "INSERT INTO files (source, url, state, reason, looked_at, due_at, looks)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, url) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
            " looked_at = excluded.looked_at, due_at = excluded.due_at, looks = excluded.looks",
            [page.source, page.url, state, reason, to_text(page.fetched_at), to_text(due), looks],
        )
        return before

    def _fault(self, digest: str) -> bool:
        return self.body(digest) is None

    @staticmethod
    def _altered(row: dict[str, object]) -> Altered:
        return Altered(
            id=int(str(row["id"])),
            source=str(row["source"]),
            url=str(row["url"]),
            fetched_at=str(row["fetched_at"]),
            digest=str(row["digest"]),
            why="its bytes have another digest, or have gone",
        )
