"""Changes of items that wait to be seen again, and places that are noise.

It writes `pending_changes` and `noise_places`, inside a transaction of its caller.
Does not: decide which changes have to wait; `flux` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from archive.core.connection import Database
from archive.core.timestamps import instant
from archive.tables import rows
from archive.tables.merge import Value

SUSPECT_LOOKS = 3
"""Visits in a row that must show a suspect change: of three random states, one does in 1 of 9 cases."""
SUSPECT_AGE = timedelta(hours=1)
FLIP_LOOKS = 3
FLIP_AGE = timedelta(hours=24)
"""How long a state that was there before must last: page caches and CDNs rarely keep a copy for longer."""
_SHARED = 3  # other items in which a box waits, too, that is the site's
LEARNED = 3  # articles in which a position is noise, before it is noise in all articles of the source


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Pending change of a field at a place ("flip" or "suspect")."""

    field: str
    place: str
    bucket: str
    why: str


class Patience:
    """Pending changes of one "article" or "comment".

    `at` is when it was read (ISO 8601 UTC).
    """

    def __init__(self, db: Database, source: str, kind: str, item: Value, at: str) -> None:
        self.db = db
        self.source = source
        self.kind = kind
        self.item = item
        self.at = at
        self.shared: set[str] = set()  # boxes that were found to be the site's

    def all(self) -> Iterator[Waiting]:
        """Yield the changes of the item that wait."""
        sql = "SELECT field, place, bucket, why FROM pending_changes WHERE kind = ? AND item_id = ?"
        for row in list(self.db.query(sql, [self.kind, self.item])):
            yield Waiting(field=row["field"], place=row["place"], bucket=row["bucket"], why=row["why"])

    def confirmed(self, name: str, place: str, bucket: str, state: str, why: str, box: str = "") -> bool:
        """True if a change is confirmed; else store it pending.

        Another state at the same place of a text makes the place noise, and so does the same `box` (a digest
        of the change) in other items. So a suspect change waits until other articles were visited.
        """
        sql = "SELECT * FROM pending_changes WHERE kind = ? AND item_id = ? AND field = ? AND place = ?"
        row = rows.one(self.db, sql, self.kind, self.item, name, place)
        if row is not None and row["state"] != state and why == row["why"] == "suspect":
            self.note_noise(place, bucket)
            self.drop(name, place)
            return False
        if row is None or row["state"] != state or row["why"] != why:
            self.drop(name, place)
            self._note_waiting(name, place, bucket, state, why, box)
            self._note_shared(box)
            return False
        if why == "suspect" and self._note_shared(box):
            return False
        if why == "suspect" and self._is_everywhere(bucket, row["first_at"]):
            self.note_noise(place, bucket)
            self.drop(name, place)
            return False
        looks = int(str(row["looks"])) + 1
        looks_needed = FLIP_LOOKS
        age = FLIP_AGE
        if why == "suspect":
            looks_needed = SUSPECT_LOOKS
            age = SUSPECT_AGE
        elapsed = instant(self.at) - instant(str(row["first_at"]))
        is_lasting = looks >= looks_needed and elapsed >= age
        if is_lasting and (why == "flip" or self._others_visited(row["first_at"])):
            self.drop(name, place)
            return True
        self.db.execute(
            "UPDATE pending_changes SET looks = ?, last_at = ?"
            " WHERE kind = ? AND item_id = ? AND field = ? AND place = ?",
            [looks, self.at, self.kind, self.item, name, place],
        )
        return False

    def lasts(self, name: str, state: str) -> bool:
        """True if several visits have shown a field's new state; one that changes again is noise."""
        return not self.is_noise(name, name) and self.confirmed(name, name, name, state, "suspect")

    def _note_shared(self, box: str) -> bool:
        """Record a box pending in several items as noise."""
        sql = "SELECT item_id, place, bucket FROM pending_changes WHERE source = ? AND kind = ? AND box = ?"
        if not box:
            return False
        found = list(self.db.query(sql, [self.source, self.kind, box]))
        if len({row["item_id"] for row in found}) <= _SHARED:
            return False
        for row in found:
            other = Patience(self.db, self.source, self.kind, row["item_id"], self.at)
            other.note_noise(row["place"], row["bucket"])
            other.drop("text", row["place"])
        self.shared.add(box)
        return True

    def _is_everywhere(self, bucket: str, since: Value) -> bool:
        """True if most other articles that were visited since a moment change at such a position too.

        A widget that shows one of a few texts shows the same one several times in some article.
        """
        if self.kind == "comment":
            return False
        visited = (
            "SELECT DISTINCT article_id FROM visits WHERE source = ? AND kind = 'article'"
            " AND article_id IS NOT NULL AND article_id != ? AND good_at > ?"
        )
        changing = (
            "SELECT item_id FROM pending_changes"
            " WHERE source = ? AND kind = ? AND bucket = ? AND why = 'suspect'"
            " UNION SELECT item_id FROM noise_places WHERE source = ? AND kind = ? AND bucket = ?"
        )
        sql = (
            f"SELECT count(*) AS n, coalesce(sum(article_id IN ({changing})), 0) AS changing FROM ({visited})"
        )
        of_bucket = (self.source, self.kind, bucket)
        found = rows.one(self.db, sql, *of_bucket, *of_bucket, self.source, self.item, since)
        if found is None:
            return False
        visits = int(str(found["n"]))
        changes = int(str(found["changing"]))
        return changes >= LEARNED and 2 * changes >= visits

    def _others_visited(self, since: Value) -> bool:
        """True if enough other articles were visited since a moment."""
        if self.kind == "comment":
            return True
        sql = "SELECT count(*) AS n FROM (SELECT DISTINCT article_id FROM visits WHERE source = ?"
        sql += " AND kind = 'article' AND article_id IS NOT NULL AND article_id != ? AND {} LIMIT ?)"
        every_visit = sql.format("good_at IS NOT NULL")
        known = rows.one(self.db, every_visit, self.source, self.item, _SHARED)
        later_visits = sql.format("good_at > ?")
        seen = rows.one(self.db, later_visits, self.source, self.item, since, _SHARED)
        return seen == known

    def _note_waiting(self, name: str, place: str, bucket: str, state: str, why: str, box: str) -> None:
        item: dict[str, Any] = {"kind": self.kind, "item_id": self.item, "source": self.source}
        change = {"field": name, "place": place, "bucket": bucket, "state": state, "why": why, "box": box}
        times = {"first_at": self.at, "last_at": self.at}
        rows.insert(self.db, "pending_changes", item | change | times)

    def drop(self, name: str, place: str) -> None:
        """Forget a change that waits."""
        self.db.execute(
            "DELETE FROM pending_changes WHERE kind = ? AND item_id = ? AND field = ? AND place = ?",
            [self.kind, self.item, name, place],
        )

    def note_noise(self, place: str, bucket: str) -> None:
        """Note that a place of the item's text is noise."""
        self.db.execute(
            "INSERT OR IGNORE INTO noise_places VALUES (?, ?, ?, ?, ?, ?)",
            [self.kind, self.item, place, self.source, bucket, self.at],
        )

    def is_noise(self, place: str, bucket: str) -> bool:
        """True if a place is noise here or in several items."""
        own = "SELECT 1 FROM noise_places WHERE kind = ? AND item_id = ? AND place = ?"
        if rows.one(self.db, own, self.kind, self.item, place):
            return True
        some = (
            "SELECT count(*) AS n FROM (SELECT DISTINCT item_id FROM noise_places"
            " WHERE source = ? AND kind = ? AND bucket = ? LIMIT ?)"
        )
        found = rows.one(self.db, some, self.source, self.kind, bucket, LEARNED)
        return found is not None and int(str(found["n"])) >= LEARNED
