"""Alerts: events of a chosen kind, field and size, anywhere, in a thread or in a search. It only reads.

The position of an alert is stored as ids of rows, so that each event is reported once, independent of the
time of its fetch. Events from imports alone are not reported, nor are comments removed with their article.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from archive.core.connection import Database
from archive.core.formatting import count
from archive.notifications.conditions import Fact, Notice, Position, quote_text
from archive.notifications.links import Links
from archive.queries.articles import find_article
from archive.search.engine import expand_query
from archive.search.sql import Ask, Plan
from archive.tables.change_detection import ARTICLE_WATCHED, COMMENT_WATCHED, LISTS_WATCHED
from archive.tables.events import ARTICLE_GONE

ALERT_EVENTS = ("new", "edited", "removed", "returned", "moved")
ALERT_FIELDS = tuple(sorted({*ARTICLE_WATCHED, *COMMENT_WATCHED, *LISTS_WATCHED} - {"site_parent", "url"}))
ALERT_KINDS = ("articles", "comments")
DEFAULT_EVENTS = ("edited", "removed", "returned")
logger = logging.getLogger(__name__)
_SHOWN = 10  # events that a notice names; all are counted
_LONGEST = 120  # characters of a value that is quoted
_WORD = re.compile(r"\w+")
_REMOVALS = {"removed", "redirected"}

_EVENTS = f"""
SELECT events.id, events.kind, events.article_id, comment_id, version, old_url, new_url, title, author
FROM events JOIN articles ON articles.id = events.article_id LEFT JOIN comments ON comments.id = comment_id
WHERE events.id > :events AND events.id <= :events_now AND events.witness IS NULL
    AND events.how IS NOT '{ARTICLE_GONE}' AND (:source = '' OR events.source = :source)
    AND (:article IS NULL OR events.article_id = :article)
ORDER BY events.id DESC
"""
_NEW = {
    "articles": """
SELECT id, 'new' AS kind, id AS article_id, NULL AS comment_id, title, NULL AS author FROM articles
WHERE id > :articles AND id <= :articles_now AND witness IS NULL AND (:source = '' OR source = :source)
    AND (:article IS NULL OR id = :article) ORDER BY id DESC
""",
    "comments": """
SELECT comments.id, 'new' AS kind, article_id, comments.id AS comment_id, title, author
FROM comments JOIN articles ON articles.id = article_id
WHERE comments.id > :comments AND comments.id <= :comments_now AND comments.witness IS NULL
    AND (:source = '' OR comments.source = :source) AND (:article IS NULL OR article_id = :article)
ORDER BY comments.id DESC
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of the configuration.

    `events` and `of` are some of ALERT_EVENTS and ALERT_KINDS. `fields` and `words` narrow edits to those of
    one of these fields, and to those that add or remove so many words of the text. `article` is a number or a
    URL, `query` is as in the search box; "" does not narrow.
    """

    name: str
    events: tuple[str, ...] = DEFAULT_EVENTS
    of: tuple[str, ...] = ALERT_KINDS
    fields: tuple[str, ...] = ()
    words: int = 0
    article: str = ""
    query: str = ""
    source: str = ""

    @property
    def subject(self) -> str:
        """Return the digest that represents it in the published archive; a changed alert begins again."""
        said = json.dumps(asdict(self), sort_keys=True)
        return f"alert {hashlib.sha256(said.encode()).hexdigest()[:16]}"


def new_events(db: Database, alert: Alert, fact: Fact | None, links: Links) -> Notice:
    """Return what happened since `fact` that matches the alert; without one, it begins now."""
    now = asdict(Position.of(db))
    notice = Notice(subject=alert.subject, value=json.dumps(now))
    article = find_article(db, alert.article) if alert.article else None
    if alert.article and article is None:
        logger.warning("alerts.%s: the archive has no article %s.", alert.name, alert.article)
        return notice
    if fact is None:
        return notice
    span = {**now, **json.loads(fact.value), **{f"{table}_now": row_id for table, row_id in now.items()}}
    found = list(_wanted(db, alert, {**span, "source": alert.source, "article": article}))
    if not found:
        return notice
    numbers = Counter(_noun(row) for row in found)
    told = ", ".join(f"{numbers[name]:,} {name}" for name in ALERT_EVENTS if numbers[name])
    blocks = ["\n".join(_lines(row, links)) for row in found[:_SHOWN]]
    if len(found) > _SHOWN:
        blocks.append(f"And {len(found) - _SHOWN:,} more.")
    return replace(notice, title=f"{alert.name}: {told}", body="\n\n".join(blocks))


def _wanted(db: Database, alert: Alert, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of events that match an alert, the newest of each kind first."""
    news = [_NEW[kind] for kind in alert.of] if "new" in alert.events else []
    found = [row for sql in (_EVENTS, *news) for row in db.query(sql, dict(values))]
    found = [row for row in found if _noun(row) in alert.events and _item(row)[0] in alert.of]
    matching = _matching(db, alert, {_item(row) for row in found}) if alert.query else None
    for row in found:
        if matching is not None and _item(row) not in matching:
            continue
        if row["kind"] != "edited":
            yield row
        elif edit := _edit(db, alert, row):
            yield row | edit


def _noun(row: Mapping[str, Any]) -> str:
    return "removed" if row["kind"] in _REMOVALS else str(row["kind"])


def _item(row: Mapping[str, Any]) -> tuple[str, int]:
    """Return the table and the id of the article or comment of an event."""
    return ("articles", row["article_id"]) if row["comment_id"] is None else ("comments", row["comment_id"])


def _matching(db: Database, alert: Alert, items: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of some items that the alert's query finds in their present form."""
    wording, ask, _ = expand_query(db.conn, Ask(words=alert.query))
    found = set()
    for kind in alert.of:
        plan = Plan.of(kind, wording, ask)
        plan = replace(plan, conditions=(*plan.conditions, "{row} IN (SELECT value FROM json_each(:ids))"))
        ids = json.dumps([number for table, number in items if table == kind])
        found |= {(kind, row_id) for row_id, _ in db.execute(plan.few("date"), {**plan.values, "ids": ids})}
    return found


def _edit(db: Database, alert: Alert, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the changed fields and text of an edit with its two states, if it matches."""
    table, item = _item(row)
    kind = table.removesuffix("s")
    past = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND version = ?"
    old = next(iter(db.query(past, [item, row["version"]])), None)
    if old is None:
        return None
    new = next(iter(db.query(past, [item, row["version"] + 1])), None)
    new = new or next(iter(db.query(f"SELECT * FROM {table} WHERE id = ?", [item])))
    changed = json.loads(old["changed"])
    words = _changed_words(old["text"], new["text"]) if "text" in changed else 0
    if (alert.fields and not set(alert.fields) & set(changed)) or words < alert.words:
        return None
    return {"changed": changed, "words": words, "old": old, "new": new}


def _changed_words(old: str | None, new: str | None) -> int:
    """Return how many terms were added and removed; a term that was moved does not count."""
    before, after = Counter(_WORD.findall(old or "")), Counter(_WORD.findall(new or ""))
    return (before - after).total() + (after - before).total()


def _lines(row: Mapping[str, Any], links: Links) -> Iterator[str]:
    """Yield the lines of an event: the item, the change, and the link to it."""
    title = quote_text(row["title"]) or "(untitled)"
    author = quote_text(row["author"]) or "nobody named"
    is_article = row["comment_id"] is None
    yield f"- {_noun(row)}: {title if is_article else f'a comment by {author} under {title}'}"
    if row["kind"] == "edited":
        names = ", ".join(name.replace("_", " ") for name in row["changed"])
        yield f"  {names}" + (f" ({count(row['words'], 'word')} added or taken away)" if row["words"] else "")
        if "title" in row["changed"]:
            yield f"  “{_short(row['old']['title'])}” → “{_short(row['new']['title'])}”"
    elif row["kind"] in {"moved", "redirected"}:
        yield f"  {row['old_url']} → {row['new_url']}"
    path = f"article/{row['article_id']}" if is_article else f"comment/{row['comment_id']}"
    if url := links.to(f"{path}/versions" if row["kind"] == "edited" else path):
        yield f"  {url}"


def _short(text: str | None) -> str:
    whole = quote_text(text)
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"
