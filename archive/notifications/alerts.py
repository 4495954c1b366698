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
        digest = hashlib.sha256(said.encode()).hexdigest()
        return f"alert {digest[:16]}"


def new_events(db: Database, alert: Alert, fact: Fact | None, links: Links) -> Notice:
    """Return what happened since `fact` that matches the alert; without one, it begins now."""
    now = asdict(Position.of(db))
    notice = Notice(subject=alert.subject, value=json.dumps(now))
    article = None
    if alert.article:
        article = find_article(db, alert.article)
    if alert.article and article is None:
        logger.warning("alerts.%s: the archive has no article %s.", alert.name, alert.article)
        return notice
    if fact is None:
        return notice
    until = {f"{table}_now": row_id for table, row_id in now.items()}
    span = {**now, **json.loads(fact.value), **until}
    values = {**span, "source": alert.source, "article": article}
    found = list(_wanted(db, alert, values))
    if not found:
        return notice
    numbers = Counter(_noun(row) for row in found)
    counted = [name for name in ALERT_EVENTS if numbers[name]]
    told = ", ".join(f"{numbers[name]:,} {name}" for name in counted)
    blocks = ["\n".join(_lines(row, links)) for row in found[:_SHOWN]]
    if len(found) > _SHOWN:
        blocks.append(f"And {len(found) - _SHOWN:,} more.")
    return replace(notice, title=f"{alert.name}: {told}", body="\n\n".join(blocks))


def _wanted(db: Database, alert: Alert, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of events that match an alert, the newest of each kind first."""
    news = []
    if "new" in alert.events:
        news = [_NEW[kind] for kind in alert.of]
    found: list[dict[str, Any]] = []
    for sql in (_EVENTS, *news):
        found += db.query(sql, dict(values))
    found = [row for row in found if _is_watched(row, alert)]
    matching = None
    if alert.query:
        matching = _matching(db, alert, {_item(row) for row in found})
    for row in found:
        if matching is not None and _item(row) not in matching:
            continue
        if row["kind"] != "edited":
            yield row
        elif edit := _edit(db, alert, row):
            yield row | edit


def _is_watched(row: Mapping[str, Any], alert: Alert) -> bool:
    """True if an alert is for events of this kind."""
    table, _ = _item(row)
    return _noun(row) in alert.events and table in alert.of


def _noun(row: Mapping[str, Any]) -> str:
    if row["kind"] in _REMOVALS:
        return "removed"
    return str(row["kind"])


def _item(row: Mapping[str, Any]) -> tuple[str, int]:
    """Return the table and the id of the article or comment of an event."""
    if row["comment_id"] is None:
        return ("articles", row["article_id"])
    return ("comments", row["comment_id"])


def _matching(db: Database, alert: Alert, items: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of some items that the alert's query finds in their present form."""
    asked = Ask(words=alert.query)
    wording, ask, _ = expand_query(db.conn, asked)
    found = set()
    for kind in alert.of:
        plan = Plan.of(kind, wording, ask)
        plan = replace(plan, conditions=(*plan.conditions, "{row} IN (SELECT value FROM json_each(:ids))"))
        numbers = [number for table, number in items if table == kind]
        ids = json.dumps(numbers)
        values = {**plan.values, "ids": ids}
        matches = db.execute(plan.few("date"), values)
        found |= {(kind, row_id) for row_id, _ in matches}
    return found


def _edit(db: Database, alert: Alert, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the changed fields and text of an edit with its two states, if it matches."""
    table, item = _item(row)
    kind = table.removesuffix("s")
    past = f"SELECT * FROM {kind}_versions WHERE {kind}_id = ? AND version = ?"
    before = db.query(past, [item, row["version"]])
    old = next(iter(before), None)
    if old is None:
        return None
    after = db.query(past, [item, row["version"] + 1])
    new = next(iter(after), None)
    if new is None:
        new = next(iter(db.query(f"SELECT * FROM {table} WHERE id = ?", [item])))
    changed = json.loads(old["changed"])
    words = 0
    if "text" in changed:
        words = _changed_words(old["text"], new["text"])
    if words < alert.words:
        return None
    if alert.fields and set(alert.fields).isdisjoint(changed):
        return None
    return {"changed": changed, "words": words, "old": old, "new": new}


def _changed_words(old: str | None, new: str | None) -> int:
    """Return how many terms were added and removed; a term that was moved does not count."""
    before = Counter(_WORD.findall(old or ""))
    after = Counter(_WORD.findall(new or ""))
    gone = before - after
    added = after - before
    return (gone).total() + (added).total()


def _lines(row: Mapping[str, Any], links: Links) -> Iterator[str]:
    """Yield the lines of an event: the item, the change, and the link to it."""
    title = quote_text(row["title"]) or "(untitled)"
    author = quote_text(row["author"]) or "nobody named"
    is_article = row["comment_id"] is None
    subject = title
    if not is_article:
        subject = f"a comment by {author} under {title}"
    yield f"- {_noun(row)}: {subject}"
    if row["kind"] == "edited":
        names = ", ".join(name.replace("_", " ") for name in row["changed"])
        extent = ""
        if row["words"]:
            extent = f" ({count(row['words'], 'word')} added or removed)"
        yield f"  {names}{extent}"
        if "title" in row["changed"]:
            yield f"  “{_short(row['old']['title'])}” → “{_short(row['new']['title'])}”"
    elif row["kind"] in {"moved", "redirected"}:
        yield f"  {row['old_url']} → {row['new_url']}"
    path = f"comment/{row['comment_id']}"
    if is_article:
        path = f"article/{row['article_id']}"
    if row["kind"] == "edited":
        path = f"{path}/versions"
    if url := links.to(path):
        yield f"  {url}"


def _short(text: str | None) -> str:
    whole = quote_text(text)
    if len(whole) <= _LONGEST:
        return whole
    return f"{whole[:_LONGEST]}…"
