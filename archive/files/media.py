"""Bytes of the files of articles (pictures, documents, data, audio), once each, next to the archive.

The file is never served as a database. The archive records which bytes belong to which URL.
Invariant: bytes are evidence. Their digest is checked whenever they are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from archive.core.connection import Database
from archive.core.database import Closing, open_ours, transaction
from archive.core.migrating import Migrations

migrations = Migrations("backissue-media")


@migrations()
def m001_first(db: Database) -> None:
    """Create bodies by digest."""
    db.execute("CREATE TABLE bodies (digest TEXT PRIMARY KEY NOT NULL, body BLOB NOT NULL)")


def beside(archive: Path) -> Path:
    """Return the path of an archive's files.

    `news.db` has `news-media.db`.
    """
    archive = archive.resolve()
    return archive.with_name(f"{archive.stem}-media.db")


class Media(Closing):
    """The bytes of one archive's files."""

    def __init__(self, db: Database) -> None:
        self.db = db

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open or create the file. Raises ArchiveError if that fails."""
        return cls(open_ours(path, migrations, create=create))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def keep(self, body: bytes) -> str:
        """Keep bytes once, and return their SHA-256 digest in hex; altered ones are mended."""
        digest = hashlib.sha256(body).hexdigest()
        with transaction(self.db):
            if self.get(digest) is None:
                self.db.execute("INSERT OR REPLACE INTO bodies VALUES (?, ?)", [digest, body])
        return digest

    def get(self, digest: str) -> bytes | None:
        """Return the bytes of a digest, if they are stored and sound."""
        row = self.db.execute("SELECT body FROM bodies WHERE digest = ?", [digest]).fetchone()
        if row is None or hashlib.sha256(row[0]).hexdigest() != digest:
            return None
        return bytes(row[0])

    def altered(self) -> Iterator[str]:
        """Yield the digests of bytes that are not as they were received."""
        for (digest,) in self.db.execute("SELECT digest FROM bodies ORDER BY digest").fetchall():
            if self.get(digest) is None:
                yield digest
