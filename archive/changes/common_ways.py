"""The ways in which most visited articles of a source changed alike, and since when.

Does not: read or change events and versions.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from archive.core.connection import Database
from archive.core.timestamps import instant

LEAST = 5  # articles
FEW_ALIKE = 3  # articles or dates of a small site that changed alike, where none that was visited did not
AT_ONCE = timedelta(days=1)  # within which the few articles of a small site change where it was redesigned
_MOST = 0.6  # of the articles that were visited since it began
BEGINNINGS = 40  # moments at which it may have begun that are tried
SUMMER = 60  # minutes
DAY = "shift day "
RETITLED = "look title as "
"""Way of a title that has other words; what follows is a digest of them."""
_OF_KIND = (
    "SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id"
    " JOIN articles ON articles.id = article_id WHERE articles.source = ? AND tags.kind {}"
)


@dataclass(slots=True, kw_only=True)
class Change:
    """Version stored as an edit or as unsettled, and how it differs."""

    kind: str
    row: dict[str, Any]
    article: int
    until: str
    ways: set[str]


class Having:
    """Articles that have a field at all."""

    _SQL: ClassVar[Mapping[str, str]] = {
        "byline": "SELECT id FROM articles WHERE source = ? AND byline IS NOT NULL",
        "description": "SELECT id FROM articles WHERE source = ? AND description IS NOT NULL",
        "image": "SELECT id FROM articles WHERE source = ? AND image IS NOT NULL",
        "tags": _OF_KIND.format("= 'tag'"),
        "categories": _OF_KIND.format("= 'category'"),
        "terms": _OF_KIND.format("NOT IN ('tag', 'category')"),
        "comment": "SELECT DISTINCT article_id FROM comments WHERE source = ?",
    }

    def __init__(self, db: Database, source: str) -> None:
        self.db = db
        self.source = source
        self._known: dict[str, frozenset[int] | None] = {}
        sql = "SELECT count(*) FROM articles WHERE source = ?"
        self._held = int(db.execute(sql, [source]).fetchone()[0])

    def count(self, concerned: frozenset[int] | None) -> int:
        """Return how many articles a way can concern."""
        if concerned is None:
            return self._held
        return len(concerned)

    def of(self, way: str) -> frozenset[int] | None:
        """Return the articles that a way can concern.

        None for all.
        """
        name = way.split()[1]
        if name not in self._known:
            sql = self._SQL.get(name)
            found = None
            if sql:
                found = self.db.execute(sql, [self.source]).fetchall()
            numbers = None
            if found is not None:
                numbers = frozenset(number for (number,) in found)
            self._known[name] = numbers
        return self._known[name]


def common_ways(
    changes: list[Change], visits: Mapping[int, str], prefix: str, least: int, having: Having
) -> dict[str, str]:
    """Return the common ways of change, with their beginnings.

    No editor moves several dates by what two time zones differ: a few articles and comments are enough.
    """
    first: dict[str, dict[int, str]] = defaultdict(dict)
    items = Counter[str]()
    for change in changes:
        for way in change.ways:
            if way.startswith(prefix):
                for near in family(way):
                    known = first[near].setdefault(change.article, change.until)
                    first[near][change.article] = min(known, change.until)
                    items[near] += 1
    found = {}
    met = {way for change in changes for way in change.ways if way.startswith(prefix)}
    for way, begun in first.items():
        if way not in met:
            continue
        if way.startswith("shift ") and _is_shift(items[way], begun, visits):
            found[way] = min(begun.values())
            continue
        concerned = having.of(way)
        is_small = having.count(concerned) < LEAST
        beginning = _beginning(begun, visits, concerned, least)
        if not beginning and is_small:
            beginning = _small_beginning(begun, visits, concerned)
        if beginning:
            found[way] = beginning
    return found


def _beginning(
    begun: Mapping[int, str], visits: Mapping[int, str], concerned: frozenset[int] | None, least: int
) -> str | None:
    """Return the moment since which nearly all visited articles changed.

    Only articles that are `concerned` count, if those are known.
    """
    moments = sorted(set(begun.values()))[-BEGINNINGS:]
    for moment in moments:
        changed = sum(at >= moment for at in begun.values())
        visited = {article for article, at in visits.items() if at >= moment}
        if concerned is not None:
            visited &= concerned | begun.keys()
        if changed >= least and changed >= _MOST * len(visited):
            return moment
    return None


def _small_beginning(
    begun: Mapping[int, str], visits: Mapping[int, str], concerned: frozenset[int] | None
) -> str | None:
    """Return the moment since which all articles of a small site changed within a day, if there is one."""
    last = max(map(instant, begun.values()))
    for moment in sorted(set(begun.values())):
        changed = {article for article, at in begun.items() if at >= moment}
        visited = {article for article, at in visits.items() if at >= moment}
        if concerned is not None:
            visited &= concerned | begun.keys()
        is_at_once = last - instant(moment) <= AT_ONCE
        if is_at_once and len(changed) >= FEW_ALIKE and visited <= changed:
            return moment
    return None


def _is_shift(number: int, begun: Mapping[int, str], visits: Mapping[int, str]) -> bool:
    """True if so many dates that moved alike are a shift of all.

    On a small site a few are enough, if no visited article kept its date.
    """
    since = min(begun.values())
    later = [article for article, at in visits.items() if at >= since]
    is_everywhere = all(article in begun for article in later)
    return number >= LEAST or (number >= FEW_ALIKE and is_everywhere)


def family(way: str) -> tuple[str, ...]:
    """Return a way with those that are the same.

    A zone may have had summer time where the other did not; a date without a time moves by a day or stays.
    """
    if not way.startswith("shift ") or way.startswith(DAY):
        return (way,)
    minutes = int(way.split()[1])
    days = -1
    if minutes > 0:
        days = 1
    day = f"{DAY}{days}"
    return way, f"shift {minutes - SUMMER}", f"shift {minutes + SUMMER}", day
