"""Readers' collections, in a file of their own beside the archive: `desk.db`, readable by its owner alone.

It is never served as a database, published or exported. Its law: an item is a reference, never a copy. It
has the id of an article or comment, or the query of a search, with the reader's own note and tags; titles and
texts are read from the archive when they are shown, so that a redaction reaches every collection. A reader's
key is kept as its SHA-256 digest alone.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from archive.core import file_kinds
from archive.core.connection import Database
from archive.core.database import BUSY, Closing, open_ours, read_only, transaction
from archive.core.errors import ArchiveError
from archive.core.migrating import Migrations
from archive.core.nearest_name import nearest
from archive.core.timestamps import to_text
from archive.files import raw_pages
from archive.files.desk_records import (
    LONGEST_NAME,
    MOST_ITEMS,
    MOST_SHARES,
    DeskReader,
    EditedElsewhereError,
    FullError,
    Item,
    Share,
    item_of_row,
    item_within_bounds,
    key_digest_of,
    new_key,
    reader_of_row,
)

migrations = Migrations(file_kinds.DESK)


@migrations()
def m001_first(db: Database) -> None:
    """Create readers, their items and shared selections, and the secret of forms."""
    db.execute("""
CREATE TABLE readers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    key_digest TEXT NOT NULL UNIQUE,
    made_at TEXT NOT NULL
)""")
    db.execute("""
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER NOT NULL REFERENCES readers(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    note TEXT NOT NULL,
    tags TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (reader_id, kind, reference)
)""")
    db.execute("""
CREATE TABLE shares (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER NOT NULL REFERENCES readers(id) ON DELETE CASCADE,
    key TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    tag TEXT NOT NULL,
    made_at TEXT NOT NULL
)""")
    db.execute("CREATE INDEX shares_reader ON shares(reader_id)")
    db.execute("CREATE TABLE secret (value TEXT NOT NULL)")
    db.execute("INSERT INTO secret VALUES (lower(hex(randomblob(32))))")


@migrations()
def m002_served(db: Database) -> None:
    """Create the URL at which the pages were last served."""
    db.execute("CREATE TABLE served (url TEXT NOT NULL)")


def desk_path(archive: Path) -> Path:
    """Return its path: `news-desk.db` for `news.db`, else `desk.db`."""
    raw = raw_pages.raw_pages_path(archive)
    return raw.with_name(raw.name.removesuffix("pages.db") + "desk.db")


def orphaned_desks(folder: Path) -> list[Path]:
    """Return the files of readers' collections in a folder whose archive is not there."""
    owned = {desk_path(path) for path in folder.glob("*.db")}
    found = set(folder.resolve().glob("*desk.db"))
    return sorted(filter(_is_desk, found - owned))


def _is_desk(path: Path) -> bool:
    try:
        with closing(read_only(path)) as connection:
            return file_kinds.DESK in file_kinds.migration_sets(connection)
    except (ArchiveError, sqlite3.Error):
        return False


class Desk(Closing):
    """The file, open for reading or writing."""

    def __init__(self, path: Path, db: Database) -> None:
        self.path = path
        self.db = db

    @classmethod
    def open(cls, path: Path, *, create: bool = False, patience: float = BUSY) -> Self:
        """Open the file for writing. Raises ArchiveError when that cannot be.

        A new one is readable by its owner alone. `patience` is how many seconds it waits for another writer.
        """
        if not path.exists() and not create:
            raise no_desk(path)
        before = None
        if create:
            before = os.umask(0o077)
        try:
            desk = cls(path, open_ours(path, migrations, create=create))
        finally:
            if before is not None:
                os.umask(before)
        desk.db.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
        for pragma in ("synchronous = FULL", "secure_delete = ON"):  # what was written outlives a power cut
            desk.db.execute(f"PRAGMA {pragma}")
        return desk

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """Open the file for reading.

        Raises ArchiveError where there is no such file, sqlite3.Error where it cannot be read.
        """
        if not path.exists():
            raise no_desk(path)
        connection = read_only(path)
        connection.execute("PRAGMA query_only = ON")
        return cls(path, Database(connection))

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def secret(self) -> str:
        """Return the secret with which forms are signed."""
        return str(self.db.execute("SELECT value FROM secret").fetchone()[0])

    def note_served(self, url: str) -> None:
        """Note the URL at which the pages are served, for links of readers."""
        with transaction(self.db):
            self.db.execute("DELETE FROM served")
            self.db.execute("INSERT INTO served VALUES (?)", [url])

    def served_url(self) -> str | None:
        """Return the URL at which the pages were last served, None where that is unknown."""
        row = self.db.execute("SELECT url FROM served").fetchone()
        return None if row is None else str(row[0])

    # -- readers ------------------------------------------------------------------------------------

    def add_reader(self, name: str, now: datetime) -> str:
        """Add a reader and return their key, which is kept nowhere.

        Raises ArchiveError for a name that is taken or cannot be.
        """
        is_plain = name.isprintable() and name == " ".join(name.split())
        if not name or len(name) > LONGEST_NAME or not is_plain:
            raise ArchiveError(
                "A reader's name is a printable text of 60 characters at most, with single spaces.",
                hint="Choose a name that others may see on lists that this reader shares.",
            )
        key = new_key()
        with transaction(self.db):
            if self.db.execute("SELECT 1 FROM readers WHERE name = ?", [name]).fetchone():
                raise ArchiveError(
                    f"There is a reader “{name}” already.",
                    hint="Give this one another name, or make a new key: `backissue desk renew NAME`.",
                )
            self.db.execute(
                "INSERT INTO readers (name, key_digest, made_at) VALUES (?, ?, ?)",
                [name, key_digest_of(key), to_text(now)],
            )
        return key

    def renew_key(self, name: str, *, unshare: bool = False) -> str:
        """Give a reader a new key and return it; the old one opens nothing more. Raises ArchiveError.

        Shared lists have keys of their own: they stay, unless `unshare` ends them.
        """
        key = new_key()
        with transaction(self.db):
            reader = self.reader_named(name)
            self.db.execute("UPDATE readers SET key_digest = ? WHERE id = ?", [key_digest_of(key), reader.id])
            if unshare:
                self.db.execute("DELETE FROM shares WHERE reader_id = ?", [reader.id])
        return key

    def remove_reader(self, name: str) -> DeskReader:
        """Remove a reader with all items and shares, down to the bytes.

        Returns the reader as it was. Raises ArchiveError for an unknown one.
        """
        with transaction(self.db):
            reader = self.reader_named(name)
            self.db.execute("DELETE FROM readers WHERE id = ?", [reader.id])
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return reader

    def readers(self) -> list[DeskReader]:
        """Return all readers by name, with how much each keeps."""
        found = self.db.execute(f"{_READERS} ORDER BY name")
        return [reader_of_row(row) for row in found.fetchall()]

    def reader_named(self, name: str) -> DeskReader:
        """Return a reader. Raises ArchiveError with the nearest name for an unknown one."""
        found = self.db.execute(f"{_READERS} WHERE name = ?", [name])
        row = found.fetchone()
        if row is None:
            names = [reader.name for reader in self.readers()]
            hint = "`backissue desk add NAME` adds one."
            if names:
                hint = f"Readers: {', '.join(names)}."
            raise ArchiveError(f"There is no reader “{name}”{nearest(name, names)}.", hint=hint)
        return reader_of_row(row)

    def reader_of_key(self, key: str) -> DeskReader | None:
        """Return the reader whose key it is, or None."""
        found = self.db.execute(f"{_READERS} WHERE key_digest = ?", [key_digest_of(key)])
        row = found.fetchone()
        if row is None:
            return None
        return reader_of_row(row)

    # -- items --------------------------------------------------------------------------------------

    def items(self, reader_id: int, *, kind: str = "", tag: str = "") -> list[Item]:
        """Return a reader's items, the newest first; of a kind and with a tag, each "" for any."""
        sql = (
            f"SELECT {_ITEM} FROM items WHERE reader_id = ? AND ? IN ('', kind)"
            " ORDER BY saved_at DESC, id DESC"
        )
        rows = self.db.execute(sql, [reader_id, kind])
        found = [item_of_row(row) for row in rows.fetchall()]
        return [item for item in found if not tag or tag in item.tags]

    def item(self, reader_id: int, number: int) -> Item | None:
        """Return one item of this reader, or None."""
        sql = f"SELECT {_ITEM} FROM items WHERE reader_id = ? AND id = ?"
        row = self.db.execute(sql, [reader_id, number]).fetchone()
        if row is None:
            return None
        return item_of_row(row)

    def kept_names(self, reader_id: int) -> frozenset[str]:
        """Return the names of a reader's items, as "comment:12"."""
        sql = "SELECT kind || ':' || reference FROM items WHERE reader_id = ?"
        rows = self.db.execute(sql, [reader_id])
        return frozenset(row[0] for row in rows.fetchall())

    def keep(self, reader_id: int, wanted: Iterable[Item]) -> int:
        """Keep items that the reader has not yet; return how many are new.

        All of them or nothing. Raises FullError where they would be too many.
        """
        added = 0
        with transaction(self.db):
            self._must_be_reader(reader_id)
            for item in map(item_within_bounds, wanted):
                values = [reader_id, item.kind, item.reference, item.first_seen, item.note]
                cursor = self.db.execute(
                    "INSERT INTO items (reader_id, kind, reference, first_seen, note, tags, saved_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    [*values, "\n".join(item.tags), item.saved_at],
                )
                added += cursor.rowcount
            self._must_fit("items", reader_id, MOST_ITEMS)
        return added

    def change(self, reader_id: int, number: int, *, note: str, tags: tuple[str, ...], revision: int) -> bool:
        """Change the note and tags of an item; False where there is none.

        Raises EditedElsewhereError where `revision` is not that of the item any more.
        """
        with transaction(self.db):
            found = self.item(reader_id, number)
            if found is None:
                return False
            is_edited = found.revision != revision
            if is_edited and (found.note, found.tags) != (note, tags):
                raise EditedElsewhereError(
                    "This item was changed in another window meanwhile.",
                    hint="Your text is below, beside what is kept now. Save again to replace it.",
                )
            item = item_within_bounds(replace(found, note=note, tags=tags))
            self.db.execute(
                "UPDATE items SET note = ?, tags = ?, revision = revision + 1 WHERE id = ?",
                [item.note, "\n".join(item.tags), number],
            )
        return True

    def remove(self, reader_id: int, name: str) -> bool:
        """Remove an item by its name, as "comment:12"; False where there is none."""
        kind, _, reference = name.partition(":")
        with transaction(self.db):
            sql = "DELETE FROM items WHERE reader_id = ? AND kind = ? AND reference = ?"
            cursor = self.db.execute(sql, [reader_id, kind, reference])
            return cursor.rowcount > 0

    # -- shares -------------------------------------------------------------------------------------

    def share(self, reader_id: int, *, title: str, kind: str, tag: str, now: datetime) -> Share:
        """Share a selection and return it with its key. Raises FullError."""
        with transaction(self.db):
            self._must_be_reader(reader_id)
            key = secrets.token_urlsafe(24)
            values = [reader_id, key, title[:200], kind, tag, to_text(now)]
            cursor = self.db.execute(
                "INSERT INTO shares (reader_id, key, title, kind, tag, made_at) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            self._must_fit("shares", reader_id, MOST_SHARES)
            number = cursor.lastrowid
        found = self.db.execute(f"{_SHARES} WHERE shares.id = ?", [number])
        row = found.fetchone()
        return Share(**dict(zip(_SHARE_NAMES, row, strict=True)))

    def shares(self, reader_id: int) -> list[Share]:
        """Return a reader's shared selections, the newest first."""
        found = self.db.execute(f"{_SHARES} WHERE reader_id = ? ORDER BY shares.id DESC", [reader_id])
        return [Share(**dict(zip(_SHARE_NAMES, row, strict=True))) for row in found.fetchall()]

    def shared(self, key: str) -> Share | None:
        """Return the shared selection of a key, or None."""
        found = self.db.execute(f"{_SHARES} WHERE key = ?", [key])
        row = found.fetchone()
        if row is None:
            return None
        return Share(**dict(zip(_SHARE_NAMES, row, strict=True)))

    def end_share(self, reader_id: int, number: int) -> bool:
        """End a share; False where this reader has none of that number."""
        with transaction(self.db):
            sql = "DELETE FROM shares WHERE reader_id = ? AND id = ?"
            cursor = self.db.execute(sql, [reader_id, number])
            return cursor.rowcount > 0

    def _must_be_reader(self, reader_id: int) -> None:
        if not self.db.execute("SELECT 1 FROM readers WHERE id = ?", [reader_id]).fetchone():
            raise ArchiveError("This reader was removed meanwhile.", hint="Ask the operator for a new link.")

    def _must_fit(self, table: str, reader_id: int, most: int) -> None:
        sql = f"SELECT count(*) FROM {table} WHERE reader_id = ?"
        if self.db.execute(sql, [reader_id]).fetchone()[0] > most:
            raise FullError(
                f"A desk has room for {most:,} {table}, and this would be more. Nothing was added.",
                hint="Remove some first; an export keeps a copy.",
            )


_READERS = (
    "SELECT id, name, made_at, (SELECT count(*) FROM items WHERE reader_id = readers.id),"
    " (SELECT count(*) FROM shares WHERE reader_id = readers.id) FROM readers"
)
_ITEM = "kind, reference, first_seen, saved_at, note, tags, id, revision"
_SHARE_NAMES = ("id", "key", "title", "kind", "tag", "made_at", "reader", "reader_id")
_SHARES = (
    "SELECT shares.id, key, title, kind, tag, shares.made_at, readers.name, reader_id"
    " FROM shares JOIN readers ON readers.id = reader_id"
)


def no_desk(path: Path) -> ArchiveError:
    """Return the error for a file that is not there; it names those of renamed archives."""
    hint = "`backissue desk add NAME` adds one."
    if left := ", ".join(each.name for each in orphaned_desks(path.parent)):
        hint = f"{left} is of an archive that has been renamed or moved."
        hint += f" If it was this one, rename the file to {path.name}."
    return ArchiveError(f"There is no {path.name}: no reader has a desk yet.", hint=hint)
