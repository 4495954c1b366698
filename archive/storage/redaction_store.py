"""What an operator has hidden, in a third file beside the archive: `hidden.db`, readable by its owner alone.

It is never served and never exported. Its law: a text is written here before it leaves the archive, and
is removed here after it is back there, so that whatever goes wrong in between, nothing is lost. What is
kept counts only while the archive has the redaction it belongs to.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.core import urls
from archive.core.database import Closing, connect, migrate, transaction
from archive.core.errors import ArchiveError
from archive.storage import raw_pages

HIDDEN = "[hidden]"
"""What stands in the archive in place of a title, a name or a text."""

migrations = Migrations("backissue-hidden")


@migrations()
def m001_first(db: Database) -> None:
    """Rows and values that were taken out of the archive, by redaction, in the order in which they went."""
    db.execute("""
CREATE TABLE kept (
    id INTEGER PRIMARY KEY,
    redaction INTEGER NOT NULL,
    place TEXT NOT NULL,
    row TEXT NOT NULL
)""")
    db.execute("CREATE INDEX kept_redaction ON kept(redaction, place)")


def beside(archive: Path) -> Path:
    """Where it lies: `news.db` has `news-hidden.db`, `archive.db` has `hidden.db`."""
    raw = raw_pages.beside(archive)
    return raw.with_name(raw.name.removesuffix("pages.db") + "hidden.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was taken out of one place of the archive: a table, or "names" for the name of a commenter."""

    place: str
    row: dict[str, Any]


class Hidden(Closing):
    """The file, open for reading and writing."""

    def __init__(self, db: Database) -> None:
        self.db = db

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open the file. Raises ArchiveError where it is not there and `create` is False."""
        if not create and not path.exists():
            raise ArchiveError(
                f"Something is hidden in this archive, and {path} with what that is has gone.",
                hint="Put it back in its place, from a backup for instance. Until then nothing is saved, "
                "since what is hidden would come back.",
            )
        if not path.exists():
            path.touch(mode=0o600)
        db = connect(path)
        migrate(db, migrations, path)
        return cls(db)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def keep(self, redaction: int, things: Iterable[Kept]) -> None:
        """Keep what is about to leave the archive."""
        with transaction(self.db):
            self.db.conn.executemany(
                "INSERT INTO kept (redaction, place, row) VALUES (?, ?, ?)",
                [(redaction, each.place, json.dumps(each.row, ensure_ascii=False)) for each in things],
            )

    def kept(self, redaction: int) -> list[Kept]:
        """What belongs to a redaction, in the order in which it was kept."""
        sql = "SELECT place, row FROM kept WHERE redaction = ? ORDER BY id"
        found = self.db.execute(sql, [redaction]).fetchall()
        return [Kept(place=place, row=json.loads(row)) for place, row in found]

    def forget(self, redaction: int) -> None:
        """Remove what belongs to a redaction, down to the bytes."""
        with transaction(self.db):
            gone = self.db.execute("DELETE FROM kept WHERE redaction = ?", [redaction]).rowcount
        if gone:
            self.db.execute("VACUUM")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is hidden now, for those who save and those who fetch.

    `names` are those of commenters, with their redactions; `addresses`, each a source and the key of a URL,
    lead to the archive's ids of their articles; `articles` has the first URL of each.
    """

    archive: Path
    names: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[tuple[str, str], int] = field(default_factory=dict)
    articles: Mapping[int, str] = field(default_factory=dict)

    def at(self, source: str, url: str) -> int | None:
        """Return the archive's id of the hidden article at a URL, None where there is none."""
        return self.addresses.get((source, urls.page_key(url))) if self.addresses else None

    def keep(self, redaction: int, things: Iterable[Kept]) -> None:
        """Keep more of what a redaction covers, which a crawl has just found."""
        with Hidden.open(beside(self.archive)) as hidden:
            hidden.keep(redaction, things)


def known(db: sqlite3.Connection, archive: Path) -> Known:
    """What is hidden in an archive, of which `db` is a connection.

    Raises ArchiveError where something is hidden and `hidden.db` has gone.
    """
    ids = {row[0] for row in db.execute("SELECT id FROM redactions")}
    if not ids:
        return Known(archive=archive)
    names: dict[str, int] = {}
    addresses: dict[tuple[str, str], int] = {}
    articles: dict[int, str] = {}
    with Hidden.open(beside(archive)) as hidden:
        places = "('names', 'addresses', 'visits')"
        sql = f"SELECT redaction, place, row FROM kept WHERE place IN {places} ORDER BY id"
        for redaction, place, text in hidden.db.execute(sql).fetchall():
            row = json.loads(text)
            if redaction not in ids:
                continue
            if place == "names":
                names[row["name"]] = redaction
            elif row["article_id"] is not None:
                addresses[row["source"], urls.page_key(row["url"])] = row["article_id"]
                articles.setdefault(row["article_id"], row["url"])
    return Known(archive=archive, names=names, addresses=addresses, articles=articles)
