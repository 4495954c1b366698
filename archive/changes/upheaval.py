"""Events of a source as a whole: its dates were shifted, or its pages were redesigned.

When most articles that were visited change in the same way, that is one event of the source and no edit of
any of them. It is decided at the end of a crawl, from what the crawls of the last days have found: the
versions get a cause of their own, and their events are deleted. What was unsettled and is no part of it
becomes an edit, once enough other articles were read. It writes `source_events`, `events` and the cause of
versions, in a transaction of its caller.

Does not: change the text of articles and comments.
Invariant: a changed paragraph, or an article that the site reports as modified, stay an edit.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from archive.changes import unsettled
from archive.changes.differences import ways
from archive.core.connection import Database
from archive.core.timestamps import instant, to_text
from archive.tables import rows, versions
from archive.tables.events import Event

BACK = timedelta(days=14)  # crawls that count together: a large site's pages are visited over days
FOLLOWING = timedelta(days=120)  # how long pages that were not visited since may still show what happened
_MOST = 0.6  # of the articles that were visited since it began
LEAST = 5  # articles
FEW_ALIKE = 3  # dates of a small site that moved alike, where no visited article kept its date
ENOUGH = 20  # articles that are enough on a large site
PART = 0.2  # of the source's articles, where that is fewer
EDITS = frozenset({"words", "look text added", "look text framed", "look text removed"})
"""Ways that stay edits in the midst of a redesign, unless most articles changed so."""
SUMMER = 60  # minutes
_DAY = "shift day "
_DAY_MINUTES = 24 * 60
_OF_KIND = (
    "SELECT article_id FROM article_tags JOIN tags ON tags.id = tag_id"
    " JOIN articles ON articles.id = article_id WHERE articles.source = ? AND tags.kind {}"
)
BEGINNINGS = 40  # moments at which it may have begun that are tried


class Upheaval(StrEnum):
    """Event of a source, and the cause of its versions."""

    DATES_SHIFTED = "dates-shifted"
    REDESIGN = "redesign"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpheavalResult:
    """Counts of edits explained by an event, and its sentence."""

    articles: int = 0
    comments: int = 0
    sentence: str | None = None


@dataclass(slots=True, kw_only=True)
class _Change:
    """Version stored as an edit or as unsettled, and how it differs."""

    kind: str
    row: dict[str, Any]
    article: int
    until: str
    ways: set[str]


def settle(db: Database, source: str, now: datetime) -> UpheavalResult:
    """Detect events of a source, and withdraw their edits.

    `now` is aware.
    """
    since = rows.must(to_text(now - BACK))
    changes = [*_changes(db, source, "article", since), *_changes(db, source, "comment", since)]
    if not changes:
        return UpheavalResult()
    visits = _visits(db, source, since)
    held = int(db.execute("SELECT count(*) FROM articles WHERE source = ?", [source]).fetchone()[0])
    least = max(LEAST, min(ENOUGH, round(PART * held)))
    articles = comments = 0
    sentences: list[str] = []
    having = _Having(db, source)
    for what, prefix in ((Upheaval.DATES_SHIFTED, "shift "), (Upheaval.REDESIGN, "look ")):
        common = _common(changes, visits, prefix, least, having)
        known = _known(db, source, what, now)
        followed = {near: at for at, before in known for way in before for near in _family(way)}
        event: int | None
        new = set(common) - set(followed)
        if new:
            event, begun = _note(db, source, what, min(common[way] for way in new), sorted(new))
            followed |= {near: begun for way in new for near in _family(way)}
        else:
            event = _newest(db, source, what)
        if not followed or event is None:
            continue
        taken = _take(db, what, changes, followed, widely=set(common))
        counts = Counter(change.kind for change in taken)
        articles, comments = articles + counts["article"], comments + counts["comment"]
        _count(db, event, counts)
        if new:
            row = rows.one(db, "SELECT * FROM source_events WHERE id = ?", event) or {}
            detail = json.loads(str(row["detail"]))
            sentences.append(event_sentence(what, detail, counts["article"], counts["comment"]))
    for change in changes:
        if (
            change.ways
            and change.row["cause"] == versions.UNSETTLED
            and _is_settled(change, visits, least, now)
        ):
            unsettled.tell(db, change.kind, change.row)
    return UpheavalResult(articles=articles, comments=comments, sentence=" ".join(sentences) or None)


def _changes(db: Database, source: str, kind: str, since: str) -> Iterable[_Change]:
    """Yield edits since a moment and unsettled versions, with ways."""
    article = "id" if kind == "article" else "article_id"
    of_kind = f"events.comment_id IS {'NOT ' if kind == 'comment' else ''}NULL"
    edits = (
        f"SELECT v.*, item.{article} AS of_article, events.at AS seen_at FROM events"
        f" JOIN {kind}s AS item ON item.id = events.{kind}_id"
        f" JOIN {kind}_versions AS v ON v.{kind}_id = item.id AND v.version = events.version"
        f" WHERE events.kind = '{Event.EDITED}' AND events.at >= ? AND events.witness IS NULL"
        f" AND {of_kind} AND v.cause = ? AND item.source = ?"
    )
    waiting = (
        f"SELECT v.*, item.{article} AS of_article, v.until AS seen_at FROM {kind}_versions AS v"
        f" JOIN {kind}s AS item ON item.id = v.{kind}_id WHERE v.cause = ? AND item.source = ?"
    )
    found = [*db.query(edits, [since, versions.EDITED, source])]
    found += db.query(waiting, [versions.UNSETTLED, source])
    for row in found:
        after = _after(db, kind, row)
        if after is None:
            continue
        seen = set(ways(kind, row, after, json.loads(row["changed"])))
        yield _Change(kind=kind, row=row, article=row["of_article"], until=row["seen_at"], ways=seen)


def _after(db: Database, kind: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return our own state that replaced a version."""
    item, number = row[f"{kind}_id"], row["version"]
    later = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND version > ? AND witness IS NULL"
    found = rows.one(db, f"{later} ORDER BY version LIMIT 1", item, number)
    return found or rows.one(db, f"SELECT * FROM {kind}s WHERE id = ?", item)


# -- what most of them share ----------------------------------------------------------------------


def _visits(db: Database, source: str, since: str) -> dict[int, str]:
    """Return each article's last good visit since a moment."""
    sql = (
        "SELECT article_id AS n, max(good_at) AS at FROM visits WHERE source = ? AND kind = 'article'"
        " AND good_at >= ? AND article_id IS NOT NULL GROUP BY article_id"
    )
    return {row["n"]: row["at"] for row in db.query(sql, [source, since])}


def _is_settled(change: _Change, visits: Mapping[int, str], least: int, now: datetime) -> bool:
    """True if an unsettled change can be decided."""
    others = sum(at >= change.until for article, at in visits.items() if article != change.article)
    return others >= least or now - instant(change.until) >= unsettled.LONGEST_UNSETTLED


class _Having:
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
        self.db, self.source = db, source
        self._known: dict[str, frozenset[int] | None] = {}

    def of(self, way: str) -> frozenset[int] | None:
        """Return the articles that a way can concern; no result for all."""
        name = way.split()[1]
        if name not in self._known:
            sql = self._SQL.get(name)
            found = self.db.execute(sql, [self.source]).fetchall() if sql else None
            self._known[name] = None if found is None else frozenset(number for (number,) in found)
        return self._known[name]


def _common(
    changes: list[_Change], visits: Mapping[int, str], prefix: str, least: int, having: _Having
) -> dict[str, str]:
    """Return the common ways of change, with their beginnings.

    No editor moves several dates by what two time zones differ: a few articles and comments are enough.
    """
    first: dict[str, dict[int, str]] = defaultdict(dict)
    items = Counter[str]()
    for change in changes:
        for way in change.ways:
            if way.startswith(prefix):
                for near in _family(way):
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
        moments = sorted(set(begun.values()))[-BEGINNINGS:]
        concerned = having.of(way)
        for moment in moments:
            changed = sum(at >= moment for at in begun.values())
            visited = sum(
                at >= moment
                for article, at in visits.items()
                if concerned is None or article in concerned or article in begun
            )
            if changed >= least and changed >= _MOST * visited:
                found[way] = moment
                break
    return found


def _is_shift(number: int, begun: Mapping[int, str], visits: Mapping[int, str]) -> bool:
    """True if so many dates that moved alike are a shift of all.

    On a small site a few are enough, if no visited article kept its date.
    """
    since = min(begun.values())
    is_everywhere = all(article in begun for article, at in visits.items() if at >= since)
    return number >= LEAST or (number >= FEW_ALIKE and is_everywhere)


def _family(way: str) -> tuple[str, ...]:
    """Return a way with those that are the same.

    A zone may have had summer time where the other did not; a date without a time moves by a day or stays.
    """
    if not way.startswith("shift ") or way.startswith(_DAY):
        return (way,)
    minutes = int(way.split()[1])
    day = f"{_DAY}{1 if minutes > 0 else -1}"
    return way, f"shift {minutes - SUMMER}", f"shift {minutes + SUMMER}", day


def _known(db: Database, source: str, what: Upheaval, now: datetime) -> list[tuple[str, list[str]]]:
    """Return a source's recent events: beginning and ways."""
    sql = "SELECT at, detail FROM source_events WHERE source = ? AND kind = ? AND at >= ?"
    since = to_text(now - FOLLOWING)
    return [
        (row["at"], json.loads(row["detail"])["ways"]) for row in db.query(sql, [source, what.value, since])
    ]


# -- what is written ------------------------------------------------------------------------------


def _note(db: Database, source: str, what: Upheaval, at: str, ways: list[str]) -> tuple[int, str]:
    """Record a source's event, or extend a recent one."""
    detail: dict[str, Any] = {"ways": ways}
    if what is Upheaval.DATES_SHIFTED:
        moved = [int(way.split()[1]) for way in ways if not way.startswith(_DAY)]
        detail["minutes"] = moved[0] if moved else int(ways[0].split()[2]) * _DAY_MINUTES
    near = rows.must(to_text(instant(at) - BACK))
    row = rows.one(
        db, "SELECT * FROM source_events WHERE source = ? AND kind = ? AND at >= ?", source, what.value, near
    )
    if row is not None and what is Upheaval.REDESIGN:
        both = sorted({*json.loads(str(row["detail"]))["ways"], *ways})
        first = min(at, str(row["at"]))
        rows.update(db, "source_events", row["id"], {"at": first, "detail": json.dumps({"ways": both})})
        return int(str(row["id"])), first
    event = {"at": at, "source": source, "kind": what.value, "detail": json.dumps(detail)}
    return rows.insert(db, "source_events", event), at


def _newest(db: Database, source: str, what: Upheaval) -> int | None:
    sql = "SELECT id FROM source_events WHERE source = ? AND kind = ? ORDER BY at DESC LIMIT 1"
    row = rows.one(db, sql, source, what.value)
    return None if row is None else int(str(row["id"]))


def _take(
    db: Database, what: Upheaval, changes: list[_Change], followed: Mapping[str, str], widely: set[str]
) -> list[_Change]:
    """Withdraw edits explained by an event; return the withdrawn.

    A page that is first read again later follows: what it then shows is taken as well.
    """
    taken = []
    for change in changes:
        ways = {way for way in change.ways & followed.keys() if change.until >= followed[way]}
        begun = min((followed[way] for way in ways), default="")
        if not ways or (not ways & widely and not _is_first_visit(db, change, begun)):
            continue
        if what is Upheaval.REDESIGN and not change.ways & EDITS:
            ways |= {way for way in change.ways if way.startswith("look ")}
        if ways == change.ways:
            _end_edit(db, change, what)
            taken.append(change)
            change.ways = set()
        else:
            change.ways -= ways
            _keep_rest(db, change, ways)
    return taken


def _is_first_visit(db: Database, change: _Change, begun: str) -> bool:
    """True if a change was seen at the next visit."""
    sql = (
        "SELECT 1 FROM visits WHERE article_id = ? AND kind = 'article' AND good_at >= ?"
        " AND previous_good_at < ? LIMIT 1"
    )
    return rows.one(db, sql, change.article, change.until, begun) is not None


def _end_edit(db: Database, change: _Change, what: Upheaval) -> None:
    """Reassign a version to an event, and delete its edit."""
    rows.update(db, f"{change.kind}_versions", change.row["id"], {"cause": what.value})
    whose = "comment_id = ?" if change.kind == "comment" else "comment_id IS NULL AND article_id = ?"
    db.execute(
        f"DELETE FROM events WHERE kind = 'edited' AND version = ? AND witness IS NULL AND {whose}",
        [change.row["version"], change.row[f"{change.kind}_id"]],
    )


def _keep_rest(db: Database, change: _Change, ways: set[str]) -> None:
    """Reduce an edit to the fields that no event explains."""
    explained = {
        way.split()[-1] for way in ways if way.startswith("look ") and not way.startswith("look text")
    }
    if any(way.startswith("shift ") for way in ways):
        explained.add("published")
    if not any(way == "words" or way.startswith("look text") for way in change.ways):
        explained.add("text")
    names = [name for name in json.loads(change.row["changed"]) if name not in explained]
    if names:
        rows.update(db, f"{change.kind}_versions", change.row["id"], {"changed": json.dumps(names)})


def _count(db: Database, event: int, counts: Mapping[str, int]) -> None:
    db.execute(
        "UPDATE source_events SET articles = articles + ?, comments = comments + ? WHERE id = ?",
        [counts.get("article", 0), counts.get("comment", 0), event],
    )


def event_sentence(kind: str, detail: Mapping[str, Any], articles: int, comments: int) -> str:
    """Return an event as a sentence.

    `detail` is that of a row of `source_events`.
    """
    pages = f"{articles:,} article{'' if articles == 1 else 's'}"
    if kind == Upheaval.DATES_SHIFTED:
        minutes = int(detail["minutes"])
        sign, (hours, rest) = "+" if minutes > 0 else "-", divmod(abs(minutes), 60)
        said = f"{comments:,} comment{'' if comments == 1 else 's'}"
        moved = f"the dates of {pages} and {said} moved by {sign}{hours}:{rest:02}"
        return f"The site's time zone was changed: {moved}. Nothing was edited."
    return f"The site was redesigned: {pages} are shown in another way. Nothing was edited."
