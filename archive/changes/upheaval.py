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
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from archive.changes.common_ways import DAY, LEAST, RETITLED, Change, Having, common_ways, family
from archive.core.connection import Database
from archive.core.formatting import count
from archive.core.timestamps import instant, to_text
from archive.tables import rows, versions
from archive.tables.events import Event

BACK = timedelta(days=14)  # crawls that count together: a large site's pages are visited over days
FOLLOWING = timedelta(days=120)  # how long pages that were not visited since may still show what happened
ENOUGH = 20  # articles that are enough on a large site
PART = 0.2  # of the source's articles, where that is fewer
EDITS = ("words", "look text added", "look text framed", "look text removed", "look text replaced", RETITLED)
"""Ways that stay edits in the midst of a redesign, unless most articles changed so."""
OF_TEXT = frozenset({"text", "markdown", "links"})
_DAY_MINUTES = 24 * 60


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


def settle(db: Database, source: str, now: datetime) -> UpheavalResult:
    """Detect events of a source, and withdraw their edits.

    `now` is aware.
    """
    since = rows.must(to_text(now - BACK))
    changes = [*_changes(db, source, "article", since)]
    changes += _changes(db, source, "comment", since)
    if not changes:
        return UpheavalResult()
    visits = _visits(db, source, since)
    having = Having(db, source)
    share = round(PART * having.count(None))
    least = max(LEAST, min(ENOUGH, share))
    articles = comments = 0
    sentences: list[str] = []
    for what, prefix in ((Upheaval.DATES_SHIFTED, "shift "), (Upheaval.REDESIGN, "look ")):
        common = common_ways(changes, visits, prefix, least, having)
        known = _known(db, source, what, now)
        followed: dict[str, str] = {}
        for at, before in known:
            for way in before:
                followed |= dict.fromkeys(family(way), at)
        event: int | None
        new = set(common) - set(followed)
        if new:
            first = min(common[way] for way in new)
            event, begun = _note(db, source, what, first, sorted(new))
            followed |= {near: begun for way in new for near in family(way)}
        else:
            event = _newest(db, source, what)
        if not followed or event is None:
            continue
        taken = _take(db, what, changes, followed, widely=set(common))
        counts = Counter(change.kind for change in taken)
        articles += counts["article"]
        comments += counts["comment"]
        _count(db, event, counts)
        if new:
            row = rows.one(db, "SELECT * FROM source_events WHERE id = ?", event) or {}
            detail = json.loads(str(row["detail"]))
            sentences.append(event_sentence(what, detail, counts["article"], counts["comment"]))
    from archive.changes import unsettled  # noqa: PLC0415  (as below)

    for change in changes:
        is_unsettled = change.row["cause"] == versions.UNSETTLED
        if change.ways and is_unsettled and _is_settled(change, visits, least, now):
            unsettled.tell(db, change.kind, change.row)
    return UpheavalResult(articles=articles, comments=comments, sentence=" ".join(sentences) or None)


def withdraw(db: Database, source: str, box: str, at: str) -> None:
    """Withdraw the recent edits that put a box into articles, once it is known to be the site's.

    `box` is that of a `Hunk`. The first articles with it were told before the others were read.
    """
    since = rows.must(to_text(instant(at) - BACK))
    taken = [each for each in _changes(db, source, "article", since) if _is_box(db, each, box)]
    if not taken:
        return
    event, _ = _note(db, source, Upheaval.REDESIGN, at, [f"look box {box}"])
    for change in taken:
        _end_edit(db, change, Upheaval.REDESIGN)
    _count(db, event, {"article": len(taken)})


def _is_box(db: Database, change: Change, box: str) -> bool:
    """True if a box is all that changed, and the site does not report the article as modified."""
    after = _after(db, change.kind, change.row)
    if after is None or "words" in change.ways or set(json.loads(change.row["changed"])) - OF_TEXT:
        return False
    from archive.changes import sentences, text_blocks  # noqa: PLC0415  (few changes are of a box)

    compared = text_blocks.compare(text_blocks.blocks(change.row["text"]), text_blocks.blocks(after["text"]))
    return bool(compared.hunks) and all(sentences.is_of_box(hunk, box) for hunk in compared.hunks)


def _changes(db: Database, source: str, kind: str, since: str) -> Iterable[Change]:
    """Yield edits since a moment and unsettled versions, with ways."""
    article = "article_id"
    of_kind = "events.comment_id IS NOT NULL"
    if kind == "article":
        article = "id"
        of_kind = "events.comment_id IS NULL"
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
    if not found:
        return
    from archive.changes.differences import ways  # noqa: PLC0415  (slow to import, and most crawls find nothing)

    for row in found:
        after = _after(db, kind, row)
        if after is None:
            continue
        names = json.loads(row["changed"])
        seen = set(ways(kind, row, after, names))
        yield Change(kind=kind, row=row, article=row["of_article"], until=row["seen_at"], ways=seen)


def _after(db: Database, kind: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return our own state that replaced a version."""
    item = row[f"{kind}_id"]
    number = row["version"]
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
    found = db.query(sql, [source, since])
    return {row["n"]: row["at"] for row in found}


def _is_settled(change: Change, visits: Mapping[int, str], least: int, now: datetime) -> bool:
    """True if an unsettled change can be decided."""
    from archive.changes import unsettled  # noqa: PLC0415  (as above)

    others = {article: at for article, at in visits.items() if article != change.article}
    later = sum(at >= change.until for at in others.values())
    elapsed = now - instant(change.until)
    return later >= least or elapsed >= unsettled.LONGEST_UNSETTLED


def _known(db: Database, source: str, what: Upheaval, now: datetime) -> list[tuple[str, list[str]]]:
    """Return a source's recent events: beginning and ways."""
    sql = "SELECT at, detail FROM source_events WHERE source = ? AND kind = ? AND at >= ?"
    since = to_text(now - FOLLOWING)
    found = db.query(sql, [source, what.value, since])
    return [(row["at"], json.loads(row["detail"])["ways"]) for row in found]


# -- what is written ------------------------------------------------------------------------------


def _note(db: Database, source: str, what: Upheaval, at: str, ways: list[str]) -> tuple[int, str]:
    """Record a source's event, or extend a recent one."""
    detail: dict[str, Any] = {"ways": ways}
    if what is Upheaval.DATES_SHIFTED:
        shifts = [way for way in ways if not way.startswith(DAY)]
        moved = [int(way.split()[1]) for way in shifts]
        if moved:
            detail["minutes"] = moved[0]
        else:
            detail["minutes"] = int(ways[0].split()[2]) * _DAY_MINUTES
    near = rows.must(to_text(instant(at) - BACK))
    row = rows.one(
        db, "SELECT * FROM source_events WHERE source = ? AND kind = ? AND at >= ?", source, what.value, near
    )
    if row is not None and what is Upheaval.REDESIGN:
        known = json.loads(str(row["detail"]))["ways"]
        both = sorted({*known, *ways})
        first = min(at, str(row["at"]))
        changed_detail = json.dumps({"ways": both})
        rows.update(db, "source_events", row["id"], {"at": first, "detail": changed_detail})
        return int(str(row["id"])), first
    event = {"at": at, "source": source, "kind": what.value, "detail": json.dumps(detail)}
    return rows.insert(db, "source_events", event), at


def _newest(db: Database, source: str, what: Upheaval) -> int | None:
    sql = "SELECT id FROM source_events WHERE source = ? AND kind = ? ORDER BY at DESC LIMIT 1"
    row = rows.one(db, sql, source, what.value)
    if row is None:
        return None
    return int(str(row["id"]))


def _take(
    db: Database, what: Upheaval, changes: list[Change], followed: Mapping[str, str], widely: set[str]
) -> list[Change]:
    """Withdraw edits explained by an event; return the withdrawn.

    A page that is first read again later follows: what it then shows is taken as well.
    """
    taken = []
    for change in changes:
        known_ways = change.ways & followed.keys()
        ways = {way for way in known_ways if change.until >= followed[way]}
        begun = min((followed[way] for way in ways), default="")
        if not ways:
            continue
        if not ways & widely and not _is_first_visit(db, change, begun):
            continue
        if what is Upheaval.REDESIGN and not any(way.startswith(EDITS) for way in change.ways):
            ways |= {way for way in change.ways if way.startswith("look ")}
        if ways == change.ways:
            _end_edit(db, change, what)
            taken.append(change)
            change.ways = set()
        else:
            change.ways -= ways
            _keep_rest(db, change, ways)
    return taken


def _is_first_visit(db: Database, change: Change, begun: str) -> bool:
    """True if a change was seen at the next visit."""
    sql = (
        "SELECT 1 FROM visits WHERE article_id = ? AND kind = 'article' AND good_at >= ?"
        " AND previous_good_at < ? LIMIT 1"
    )
    return rows.one(db, sql, change.article, change.until, begun) is not None


def _end_edit(db: Database, change: Change, what: Upheaval) -> None:
    """Reassign a version to an event, and delete its edit."""
    rows.update(db, f"{change.kind}_versions", change.row["id"], {"cause": what.value})
    whose = "comment_id IS NULL AND article_id = ?"
    if change.kind == "comment":
        whose = "comment_id = ?"
    values = [change.row["version"], change.row[f"{change.kind}_id"]]
    db.execute(
        f"DELETE FROM events WHERE kind = 'edited' AND version = ? AND witness IS NULL AND {whose}",
        values,
    )


def _keep_rest(db: Database, change: Change, ways: set[str]) -> None:
    """Reduce an edit to the fields that no event explains."""
    looks = [way for way in ways if way.startswith("look ")]
    explained = {way.split()[-1] for way in looks if not way.startswith("look text")}
    if any(way.startswith("shift ") for way in ways):
        explained.add("published")
    is_of_text = any(way == "words" or way.startswith("look text") for way in change.ways)
    if not is_of_text:
        explained.add("text")
    changed = json.loads(change.row["changed"])
    names = [name for name in changed if name not in explained]
    if names:
        changed_names = json.dumps(names)
        rows.update(db, f"{change.kind}_versions", change.row["id"], {"changed": changed_names})


def _count(db: Database, event: int, counts: Mapping[str, int]) -> None:
    db.execute(
        "UPDATE source_events SET articles = articles + ?, comments = comments + ? WHERE id = ?",
        [counts.get("article", 0), counts.get("comment", 0), event],
    )


def event_sentence(kind: str, detail: Mapping[str, Any], articles: int, comments: int) -> str:
    """Return an event as a sentence.

    `detail` is that of a row of `source_events`.
    """
    pages = count(articles, "article")
    if kind == Upheaval.DATES_SHIFTED:
        minutes = int(detail["minutes"])
        sign = "-"
        if minutes > 0:
            sign = "+"
        hours, rest = divmod(abs(minutes), 60)
        said = count(comments, "comment")
        moved = f"the dates of {pages} and {said} moved by {sign}{hours}:{rest:02}"
        return f"The site's time zone was changed: {moved}. Nothing was edited."
    return f"The site was redesigned: {pages} are shown in another way. Nothing was edited."
