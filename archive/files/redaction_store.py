"""Redacted texts in a third file next to the archive: `hidden.db`, readable by its owner alone.

It is never served and never exported. Invariant: a text is written here, safely on the disk, before it leaves
the archive, and is removed here after it is back there, so that no failure in between loses anything. What is
kept counts only while the archive has the redaction it belongs to. The archive keeps a seal of it, which
reveals no text: a file that does not fit its seals is damaged or another one, and is never taken for an empty
one.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from archive.core import urls
from archive.core.connection import Database
from archive.core.database import Closing, connect, migrate, transaction
from archive.core.errors import ArchiveError
from archive.core.migrating import Migrations
from archive.files import raw_pages, redaction_seals
from archive.files.redaction_seals import Seal, sealed

HIDDEN = "[hidden]"
"""What stands in the archive in place of a title, a name or a text."""

migrations = Migrations("backissue-hidden")


@migrations()
def m001_first(db: Database) -> None:
    """Create the rows taken out of the archive, in order."""
    db.execute("""
CREATE TABLE kept (
    id INTEGER PRIMARY KEY,
    redaction INTEGER NOT NULL,
    place TEXT NOT NULL,
    row TEXT NOT NULL
)""")
    db.execute("CREATE INDEX kept_redaction ON kept(redaction, place)")


@migrations()
def m002_seals(db: Database) -> None:
    """Add a seal to each row, chained to those before.

    By a key that never leaves the file.
    """
    db.execute("ALTER TABLE kept ADD COLUMN seal TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX kept_seal ON kept(redaction, id, seal)")
    db.execute("CREATE TABLE secret (key TEXT NOT NULL)")
    db.execute("INSERT INTO secret VALUES (lower(hex(randomblob(32))))")
    key = _key(db)
    last = dict[int, str]()
    rows = db.execute("SELECT id, redaction, place, row FROM kept ORDER BY id").fetchall()
    for number, redaction, place, row in rows:
        last[redaction] = sealed(key, last.get(redaction, ""), place, row)
        db.execute("UPDATE kept SET seal = ? WHERE id = ?", [last[redaction], number])


def redaction_store_path(archive: Path) -> Path:
    """Return its path: `news-hidden.db` for `news.db`, otherwise `hidden.db`."""
    raw = raw_pages.raw_pages_path(archive)
    return raw.with_name(raw.name.removesuffix("pages.db") + "hidden.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Rows taken out of one table, or a commenter's "names"."""

    place: str
    row: dict[str, Any]


class Hidden(Closing):
    """The file, open for writing; created with its first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: Database | None = None

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open the file. Raises ArchiveError if damaged, or missing without `create`."""
        hidden = cls(path)
        if path.exists() and (path.stat().st_size or not create):
            hidden._db = _connected(path)
        elif not create:
            raise ArchiveError(f"Something is hidden in this archive, and {path} {_GONE}.", hint=_PUT_BACK)
        return hidden

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()

    def keep(self, redaction: int, things: Iterable[Kept]) -> Seal:
        """Store rows that leave the archive; return their last seal."""
        if self._db is None:
            self._db = _made(self.path)
        db = self._db
        key = _key(self._db)
        with transaction(db):
            seal = self._last_seal(db, redaction)
            for each in things:
                text = json.dumps(each.row, ensure_ascii=False)
                seal = sealed(key, seal, each.place, text)
                values = [redaction, each.place, text, seal]
                db.execute("INSERT INTO kept (redaction, place, row, seal) VALUES (?, ?, ?, ?)", values)
        return Seal(things=self._count(db, redaction), value=seal)

    def kept(self, redaction: int) -> list[Kept]:
        """Return the rows of a redaction, in order of storage."""
        rows = self._rows(redaction)
        return [Kept(place=place, row=json.loads(row)) for place, row, _ in rows]

    def places(self, names: Iterable[str]) -> list[tuple[int, Kept]]:
        """Return the rows of some tables, with their redactions."""
        if self._db is None:
            return []
        wanted = list(names)
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT redaction, place, row FROM kept WHERE place IN ({marks}) ORDER BY id"
        found = self._db.execute(sql, wanted).fetchall()
        return [(redaction, Kept(place=place, row=json.loads(row))) for redaction, place, row in found]

    def seal(self, redaction: int) -> Seal | None:
        """Return a redaction's last seal, if any."""
        if self._db is None or not (things := self._count(self._db, redaction)):
            return None
        return Seal(things=things, value=self._last_seal(self._db, redaction))

    def forget(self, redaction: int) -> None:
        """Remove what belongs to a redaction, down to the bytes."""
        if self._db is None:
            return
        with transaction(self._db):
            gone = self._db.execute("DELETE FROM kept WHERE redaction = ?", [redaction]).rowcount
        if gone:
            self.scrub()

    def scrub(self) -> None:
        """Take what was removed out of the bytes of the file too."""
        if self._db is not None:
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def lacking(self, archive: sqlite3.Connection, *, thorough: bool = False) -> list[int]:
        """Return the redactions of an archive that are incomplete here.

        `thorough` checks all text, and not only that every row exists.
        """
        seals = redaction_seals.read_seals(archive)
        return [
            number for number, seal in seals.items() if not self._is_whole(number, seal, thorough=thorough)
        ]

    def check(self, archive: sqlite3.Connection, *, thorough: bool = False) -> None:
        """Raise ArchiveError unless everything is here that the archive has hidden."""
        try:
            lacking = self.lacking(archive, thorough=thorough)
        except sqlite3.DatabaseError as error:
            raise ArchiveError(f"{self.path} is damaged: {error}.", hint=_PUT_BACK) from error
        if lacking and self._db is None:
            raise ArchiveError(
                f"Something is hidden in this archive, and {self.path} {_GONE}.", hint=_PUT_BACK
            )
        if lacking:
            numbers = ", ".join(map(str, lacking))
            sentence = f"{self.path} lacks what these redactions took out: {numbers}"
            raise ArchiveError(f"{sentence}. It is damaged, or it is another file.", hint=_PUT_BACK)

    def _is_whole(self, redaction: int, seal: Seal | None, *, thorough: bool) -> bool:
        if not self._fits(redaction, seal):
            return False
        return not thorough or self._is_genuine(redaction, seal)

    def _fits(self, redaction: int, seal: Seal | None) -> bool:
        """True if the sealed row and its predecessors are here."""
        if self._db is None:
            return False
        if seal is None:  # of an archive that an older program wrote
            return self._count(self._db, redaction) > 0
        sql = "SELECT id FROM kept WHERE redaction = ? AND seal = ?"
        values = [redaction, seal.value]
        found = self._db.execute(sql, values).fetchone()
        if found is None:
            return False
        [last] = found
        return self._count(self._db, redaction, last) == seal.things

    def _is_genuine(self, redaction: int, seal: Seal | None) -> bool:
        """True if the sealed items are as they were kept."""
        if self._db is None:
            return False
        key = _key(self._db)
        last = ""
        rows = self._rows(redaction)
        if seal:
            rows = rows[: seal.things]
        for place, row, kept in rows:
            last = sealed(key, last, place, row)
            if last != kept:
                return False
        return seal is None or last == seal.value

    def _rows(self, redaction: int) -> list[tuple[str, str, str]]:
        if self._db is None:
            return []
        sql = "SELECT place, row, seal FROM kept WHERE redaction = ? ORDER BY id"
        return list(self._db.execute(sql, [redaction]).fetchall())

    @staticmethod
    def _count(db: Database, redaction: int, last: int = 2**63 - 1) -> int:
        sql = "SELECT count(*) FROM kept WHERE redaction = ? AND id <= ?"
        cursor = db.execute(sql, [redaction, last])
        return int(cursor.fetchone()[0])

    @staticmethod
    def _last_seal(db: Database, redaction: int) -> str:
        sql = "SELECT seal FROM kept WHERE redaction = ? ORDER BY id DESC LIMIT 1"
        found = db.execute(sql, [redaction]).fetchone()
        if not found:
            return ""
        return str(found[0])


_GONE = "with what that is has gone"
_PUT_BACK = (
    "Put it back in its place, from a backup for instance. Until then nothing is saved, "
    "since what is hidden would come back."
)


def _connected(path: Path) -> Database:
    """Open an existing file. Raises ArchiveError if empty or damaged."""
    if not path.stat().st_size:
        raise ArchiveError(f"{path} is empty.", hint=_PUT_BACK)
    db = _durable(path)
    try:
        migrate(db, migrations, path)
    except sqlite3.DatabaseError as error:
        db.close()
        raise ArchiveError(f"{path} is damaged: {error}.", hint=_PUT_BACK) from error
    return db


def _made(path: Path) -> Database:
    """Make the file, safely on the disk."""
    path.touch(mode=0o600)
    db = _durable(path)
    migrate(db, migrations, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return db


def _durable(path: Path) -> Database:
    db = connect(path)
    db.execute("PRAGMA synchronous = FULL")  # a power cut must not take back what the archive relies on
    db.execute("PRAGMA secure_delete = ON")
    return db


def _key(db: Database) -> bytes:
    return bytes.fromhex(db.execute("SELECT key FROM secret").fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionSet:
    """Redactions in force, for saving and fetching.

    `names` are those of commenters, with their redactions; `addresses`, each a source and the key of a URL,
    lead to the archive's ids of their articles; `articles` has the first URL of each.
    """

    archive: Path
    names: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[tuple[str, str], int] = field(default_factory=dict)
    articles: Mapping[int, str] = field(default_factory=dict)

    def at(self, source: str, url: str) -> int | None:
        """Return the id of the hidden article at a URL, if any."""
        if not self.addresses:
            return None
        return self.addresses.get((source, urls.page_key(url)))

    def keep(self, db: Database, redaction: int, things: Iterable[Kept]) -> None:
        """Store more rows of a redaction, found by a crawl.

        `db` is the archive.
        """
        with Hidden.open(redaction_store_path(self.archive)) as hidden:
            redaction_seals.write_seal(db, redaction, hidden.keep(redaction, things))


def known(db: sqlite3.Connection, archive: Path) -> RedactionSet:
    """Return the redactions in force of the archive behind `db`.

    Raises ArchiveError if there are redactions and `hidden.db` is missing, damaged or another file.
    """
    ids = {row[0] for row in db.execute("SELECT id FROM redactions")}
    if not ids:
        return RedactionSet(archive=archive)
    names: dict[str, int] = {}
    addresses: dict[tuple[str, str], int] = {}
    articles: dict[int, str] = {}
    with Hidden.open(redaction_store_path(archive)) as hidden:
        hidden.check(db)
        for redaction, kept in hidden.places(("names", "addresses", "visits", "captures")):
            if redaction not in ids:
                continue
            if kept.place == "names":
                names[kept.row["name"]] = redaction
            elif (number := kept.row["article_id"]) is not None:
                key = urls.page_key(kept.row["url"])
                addresses[kept.row["source"], key] = number
                articles.setdefault(number, kept.row["url"])
    return RedactionSet(archive=archive, names=names, addresses=addresses, articles=articles)
