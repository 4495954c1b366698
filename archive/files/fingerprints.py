"""Fingerprints of texts in a file next to the archive, `copies.db`.

It is derived from the archive: it can be deleted at any time, and is built again. It has hashes, not text.
Invariant: hidden text is deleted from it, down to its bytes, before the archive commits that it is hidden. A
file that is being built has another name; every redaction deletes it, and it never takes its name.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from struct import iter_unpack
from typing import Self

from archive.core.connection import Database
from archive.core.database import Closing, open_ours, transaction
from archive.core.errors import ArchiveError
from archive.core.migrating import Migrations
from archive.files import raw_pages

migrations = Migrations("backissue-copies")
PRINT_BYTES = 6
MAX_TEXTS = 32
"""Texts that one fingerprint leads to; the first ones. What more texts have is a turn of phrase."""

_LEAST_SHARED = 3
_MOST_CANDIDATES = 24
_CACHE_KIB = 200_000
_SLOTS = 2**24  # of the prints that repeat, in bytes
_SUFFIXES = ("", "-wal", "-shm", "-journal")


@migrations()
def m001_first(db: Database) -> None:
    """Create texts and the inverted index of fingerprints."""
    db.execute("""
CREATE TABLE texts (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    prints BLOB NOT NULL
)""")
    db.execute("CREATE INDEX texts_item ON texts(kind, item_id)")
    db.execute("""
CREATE TABLE prints (
    print INTEGER NOT NULL,
    text INTEGER NOT NULL,
    PRIMARY KEY (print, text)
) WITHOUT ROWID""")
    db.execute("CREATE TABLE forgotten (kind TEXT NOT NULL, item_id INTEGER NOT NULL)")


def fingerprints_path(archive: Path) -> Path:
    """Return its path: `news-copies.db` for `news.db`, otherwise `copies.db`."""
    raw = raw_pages.raw_pages_path(archive)
    return raw.with_name(raw.name.removesuffix("pages.db") + "copies.db")


@dataclass(frozen=True, slots=True)
class TextKey:
    """One version of one item; 0 is the current."""

    kind: str
    item_id: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that shares fingerprints.

    `rare` is the number of those that few texts have.
    """

    key: TextKey
    rare: int


class Fingerprints(Closing):
    """The file, open for writing."""

    def __init__(self, db: Database, path: Path) -> None:
        self.db = db
        self.path = path
        self._repeated = bytearray()  # by `_SLOTS`, 1 for prints that several texts have; empty if unknown
        self.db.execute("PRAGMA secure_delete = ON")
        self.db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")

    @classmethod
    def open(cls, path: Path, *, create: bool = True) -> Self:
        """Open the file. Raises ArchiveError for another kind of file."""
        return cls(open_ours(path, migrations, create=create), path)

    @classmethod
    def build(cls, path: Path) -> Self:
        """Create a file without a journal, to be renamed later."""
        index = cls.open(path)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "secure_delete = OFF"):
            index.db.conn.execute(f"PRAGMA {pragma}").fetchall()
        return index

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def replace(self, kind: str, item_id: int, texts: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Replace the texts of an item by versions."""
        self.remove(kind, item_id)
        for version, prints in texts:
            number = self.add(TextKey(kind, item_id, version), prints)
            pairs = [(each, number) for each in prints]
            self.db.conn.executemany("INSERT INTO prints VALUES (?, ?)", pairs)

    def add(self, key: TextKey, prints: Sequence[int]) -> int:
        """Insert a text without index entries; return its number."""
        sql = "INSERT INTO texts (kind, item_id, version, prints) VALUES (?, ?, ?, ?)"
        values = (key.kind, key.item_id, key.version, _packed(prints))
        cursor = self.db.conn.execute(sql, values)
        return int(cursor.lastrowid or 0)

    def remove(self, kind: str, item_id: int) -> None:
        """Delete all texts of an item."""
        sql = "SELECT number, prints FROM texts WHERE kind = ? AND item_id = ?"
        for number, data in self.db.conn.execute(sql, (kind, item_id)).fetchall():
            pairs = [(each, number) for each in _unpacked(data)]
            self.db.conn.executemany("DELETE FROM prints WHERE print = ? AND text = ?", pairs)
            self.db.conn.execute("DELETE FROM texts WHERE number = ?", (number,))

    def forgotten(self) -> list[tuple[str, int]]:
        """Return items of redactions, rolled back or not."""
        return list(self.db.conn.execute("SELECT kind, item_id FROM forgotten").fetchall())

    def candidates(self, prints: Sequence[int], *, before: int = 2**62) -> list[Candidate]:
        """Return at most 24 texts that are worth comparing.

        Those that share most are first.

        They share two fingerprints that few texts have, or a third of all. Texts from the number `before` on
        are left out.
        """
        shared = Counter[int]()
        rare = Counter[int]()
        execute = self.db.conn.execute
        sql = f"SELECT text FROM prints WHERE print = ? AND text < ? LIMIT {MAX_TEXTS}"
        for each in prints:
            if self._repeated and not self._repeated[each % _SLOTS]:
                continue
            if numbers := [number for (number,) in execute(sql, (each, before))]:
                shared.update(numbers)
                if len(numbers) < MAX_TEXTS:
                    rare.update(numbers)
        enough = max(_LEAST_SHARED, len(prints) // 3)
        numbers = [number for number, times in shared.items() if rare[number] > 1 or times >= enough]
        numbers.sort(key=lambda number: (-rare[number], -shared[number], number))
        best = numbers[:_MOST_CANDIDATES]
        return [Candidate(key=self._key(number), rare=rare[number]) for number in best]

    def link_all(self) -> None:
        """Fill the inverted index of all texts, sorted once.

        Nothing may be added after it: what no other text had is not looked for from here on.
        """
        self.db.conn.create_function("listed", 1, lambda data: str(_unpacked(data)), deterministic=True)
        self.db.execute(
            "INSERT INTO prints SELECT each.value, number FROM texts, json_each(listed(texts.prints)) AS each"
            " ORDER BY each.value, number"
        )
        self._repeated = bytearray(_SLOTS)
        for (each,) in self.db.execute("SELECT print FROM prints GROUP BY print HAVING count(*) > 1"):
            self._repeated[each % _SLOTS] = 1

    def texts(self) -> Iterator[tuple[int, TextKey, list[int]]]:
        """Yield all texts with their numbers and fingerprints."""
        sql = "SELECT number, kind, item_id, version, prints FROM texts ORDER BY number"
        for number, kind, item_id, version, data in self.db.conn.execute(sql):
            yield number, TextKey(kind, item_id, version), _unpacked(data)

    def _key(self, number: int) -> TextKey:
        sql = "SELECT kind, item_id, version FROM texts WHERE number = ?"
        found = self.db.conn.execute(sql, (number,))
        return TextKey(*found.fetchone())


def building_path(path: Path) -> Path:
    """Return the path of an unfinished file."""
    return path.with_name(f"{path.name}.building")


def forget_items(archive: Path, items: Iterable[tuple[str, int]]) -> None:
    """Delete items, down to the bytes.

    Call it before the transaction that hides them is committed.

    A file that is being built is deleted, and so is one of which they cannot be deleted.
    """
    path = fingerprints_path(archive)
    discard(building_path(path))
    if not path.exists():
        return
    try:
        with Fingerprints.open(path, create=False) as index:
            with transaction(index.db):
                for kind, item_id in items:
                    index.remove(kind, item_id)
                    index.db.execute("INSERT INTO forgotten VALUES (?, ?)", [kind, item_id])
            is_read = index.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except (ArchiveError, sqlite3.DatabaseError):
        is_read = True
    if is_read:
        discard(path)


def discard(path: Path) -> None:
    """Delete a file of this kind and its logs."""
    for suffix in _SUFFIXES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()


def _packed(prints: Sequence[int]) -> bytes:
    return b"".join(each.to_bytes(PRINT_BYTES, "big") for each in prints)


def _unpacked(data: bytes) -> list[int]:
    return [high << 32 | low for high, low in iter_unpack(">HI", data)]
