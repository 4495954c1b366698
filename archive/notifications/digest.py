"""The digest: what was added, changed and removed since the last one, in a few lines.

It counts by the ids of rows, so that everything is reported once, independent of the time of its fetch.
Comments removed with their article are not counted separately. It only reads.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from archive.changes.upheaval import event_sentence
from archive.core.connection import Database
from archive.core.formatting import count, when
from archive.notifications.conditions import Fact, Notice, Position, quote_text
from archive.notifications.links import Links
from archive.tables.events import ARTICLE_GONE

SUBJECT = "digest"
_SHOWN = 5  # items of a kind that are named; all are counted

_NEW = (
    "SELECT source, count(*) AS n FROM {0} WHERE id > :{0} AND id <= :{0}_now"
    " AND witness IS NULL GROUP BY source"
)
_EVENTS = (
    "FROM events WHERE id > :events AND id <= :events_now AND kind IN ({kinds})"
    f" AND how IS NOT '{ARTICLE_GONE}' AND witness IS NULL"
)
_EDITED = _EVENTS.format(kinds="'edited'")
_REMOVED = _EVENTS.format(kinds="'removed', 'redirected'")
_COUNTED = {
    "new article": _NEW.format("articles"),
    "new comment": _NEW.format("comments"),
    "silent edit": f"SELECT source, count(*) AS n {_EDITED} GROUP BY source",
    "removal": f"SELECT source, count(*) AS n {_REMOVED} GROUP BY source",
}
_DISCUSSED = (
    "SELECT article_id, title, count(*) AS n FROM comments JOIN articles ON articles.id = article_id"
    " WHERE comments.id > :comments AND comments.id <= :comments_now AND comments.witness IS NULL"
    f" GROUP BY article_id ORDER BY n DESC, article_id DESC LIMIT {_SHOWN}"
)
_THINGS = (
    "SELECT DISTINCT some.article_id, comment_id, title, author"
    f" FROM (SELECT * {{which}} ORDER BY id DESC) AS some JOIN articles ON articles.id = some.article_id"
    f" LEFT JOIN comments ON comments.id = comment_id LIMIT {_SHOWN}"
)


def build_digest(db: Database, fact: Fact | None, links: Links, *, if_empty: bool = False) -> Notice:
    """Return the digest of the events since the last.

    The first digest begins now. Without events it is empty, unless `if_empty`.
    """
    now = asdict(Position.of(db))
    notice = Notice(subject=SUBJECT, value=json.dumps(now))
    if fact is None:
        return notice
    until = {f"{table}_now": row_id for table, row_id in now.items()}
    span = {**now, **json.loads(fact.value), **until}
    sources = _count(db, span)
    upheavals = list(_upheavals(db, span))
    total = _told(sum(sources.values(), Counter()))
    if not (total or upheavals or if_empty):
        return notice
    lines = [f"Since {when(fact.at)} UTC."]
    if len(sources) > 1:
        lines.append("")
        lines += [f"{name}: {_told(counts)}" for name, counts in sources.items()]
    if upheavals:
        lines += ["", *upheavals]
    lines += _named(db, span, links)
    if total and (url := links.to("changes")):
        lines += ["", f"All changes: {url}"]
    title = "nothing new"
    if upheavals:
        title = f"{count(len(upheavals), 'change')} of a whole site"
    if total:
        title = total
    return Notice(subject=SUBJECT, value=notice.value, title=f"Digest: {title}", body="\n".join(lines))


def _count(db: Database, span: Mapping[str, int]) -> dict[str, Counter[str]]:
    """Return counts of events by source and noun.

    Sources without events are left out.
    """
    sources: dict[str, Counter[str]] = {}
    for noun, sql in _COUNTED.items():
        for row in db.query(sql, dict(span)):
            sources.setdefault(row["source"], Counter())[noun] = row["n"]
    return dict(sorted(sources.items()))


def _upheavals(db: Database, span: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence for each change of a whole source, such as a redesign."""
    sql = (
        "SELECT coalesce(sources.title, sources.name) AS name, source_events.* FROM source_events"
        " JOIN sources ON sources.name = source"
        " WHERE source_events.id > :source_events AND source_events.id <= :source_events_now"
    )
    for row in db.query(sql, dict(span)):
        detail = json.loads(row["detail"])
        said = event_sentence(row["kind"], detail, row["articles"], row["comments"])
        yield f"{row['name']}: {said}"


def _told(counts: Counter[str]) -> str:
    counted = [noun for noun in _COUNTED if counts[noun]]
    return ", ".join(count(counts[noun], noun) for noun in counted)


def _named(db: Database, span: Mapping[str, int], links: Links) -> Iterator[str]:
    """Yield the threads that grew most, and some of what was edited and removed, with the way to each."""
    discussed = []
    for row in db.query(_DISCUSSED, dict(span)):
        label = f"{_title(row)}: {count(row['n'], 'new comment')}"
        discussed.append((label, f"article/{row['article_id']}"))
    edited = [(name, f"{path}/versions") for name, path in _things(db, _EDITED, span)]
    removed = _things(db, _REMOVED, span)
    for heading, things in (("Most discussed", discussed), ("Edited", edited), ("Removed", removed)):
        if things:
            yield from ("", f"{heading}:")
        for name, path in things:
            link = links.to(path)
            if link:
                yield f"- {name} {link}"
            else:
                yield f"- {name}"


def _things(db: Database, which: str, span: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return articles and comments of the ledger, as people call them, with the paths of their pages."""
    found = []
    for row in db.query(_THINGS.format(which=which), dict(span)):
        if row["comment_id"] is None:
            found.append((_title(row), f"article/{row['article_id']}"))
        else:
            author = quote_text(row["author"]) or "nobody named"
            label = f"a comment by {author} under {_title(row)}"
            found.append((label, f"comment/{row['comment_id']}"))
    return found


def _title(row: Mapping[str, Any]) -> str:
    return quote_text(row["title"]) or "(untitled)"
