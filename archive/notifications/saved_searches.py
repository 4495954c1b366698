"""Saved searches: what they find that they had not found before. It only reads.

An article matches when it is first listed or when its text is added, a comment when it is added. So the ids
up to which a search has read are stored, and which articles then waited for their text and were not reported.
Later edits are for the pages of changes, and are not found here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from archive.core.connection import Database
from archive.notifications.conditions import Fact, Notice, Position, quote_text
from archive.notifications.links import Links
from archive.search.engine import expand_query
from archive.search.hits import Row, iterate_hits, without_text
from archive.search.sql import MARK, UNMARK, Ask, Plan

_SHOWN = 10  # matches that a notice names; all are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A search with a name; `query` is what one types into the search box, `source` "" for all."""

    name: str
    query: str
    source: str = ""

    @property
    def ask(self) -> Ask:
        """Return the query of the search."""
        return Ask(words=self.query, source=self.source)

    @property
    def subject(self) -> str:
        """Return the digest that represents it in the published archive, without name or query.

        Another query is another search, and begins again.
        """
        words = json.dumps([self.name, self.query, self.source])
        digest = hashlib.sha256(words.encode()).hexdigest()
        return f"search {digest[:16]}"


def new_matches(db: Database, search: SavedSearch, fact: Fact | None, links: Links) -> Notice:
    """Return new matches since `fact`; without one, matching begins now."""
    now = asdict(Position.of(db))
    before = {"articles": 0, "comments": 0, "waiting": []}
    if fact:
        before = json.loads(fact.value)
    # Before the query of the matches: a text that is added in between is then found now, or the next time.
    span = _span(before, "articles", now["articles"])
    waiting = [row_id for (row_id,) in db.execute(_WAITING, span)]
    found = [_Found.of(db, kind, search.ask, before, now[kind]) for kind in _FRESH]
    told = set(found[0].ids)
    kept = [row_id for row_id in waiting if row_id not in told]
    value = json.dumps({**now, "waiting": kept})
    number = sum(len(each.ids) for each in found)
    if fact is None or not number:
        return Notice(subject=search.subject, value=value)
    noun = "matches"
    if number == 1:
        noun = "match"
    title = f"{search.name}: {number:,} new {noun}"
    body = _body(db, search, found, links)
    return Notice(subject=search.subject, value=value, title=title, body=body)


_FRESH = {
    "articles": "({row} > :after AND {row} <= :now OR {row} IN (SELECT value FROM json_each(:waiting)))",
    "comments": "{row} > :after AND {row} <= :now",
}
_WAITING = f"SELECT id FROM articles WHERE text IS NULL AND {_FRESH['articles'].format(row='id')} ORDER BY id"


@dataclass(frozen=True, slots=True)
class _Found:
    """The new matches of one kind, the newest first."""

    plan: Plan
    ids: list[int]

    @classmethod
    def of(cls, db: Database, kind: str, ask: Ask, before: dict[str, Any], now: int) -> _Found:
        wording, ask, _ = expand_query(db.conn, ask)
        plan = Plan.of(kind, wording, ask)
        fresh = replace(plan, conditions=(*plan.conditions, _FRESH[kind]))
        values = {**plan.values, **_span(before, kind, now)}
        found = db.execute(fresh.few("date"), values)
        dated = ((score or "", row_id) for row_id, score in found)
        newest = sorted(dated, reverse=True)
        return cls(plan, [row_id for _, row_id in newest])


def _span(before: dict[str, Any], kind: str, now: int) -> dict[str, int | str]:
    waiting = json.dumps(before["waiting"])
    return {"after": before[kind], "now": now, "waiting": waiting}


def _body(db: Database, search: SavedSearch, found: list[_Found], links: Links) -> str:
    """Return the newest matches, articles first, and the way to all of them."""
    shown = (hit for each in found for hit in iterate_hits(db.conn, each.plan, each.ids[:_SHOWN]))
    hits = [without_text(hit) for hit in shown][:_SHOWN]
    total = sum(len(each.ids) for each in found)
    further = total - len(hits)
    blocks = ["\n".join(_lines(hit, links)) for hit in hits]
    if further:
        blocks.append(f"And {further:,} more.")
    if url := links.to("search", q=search.query, source=search.source, sort="date"):
        blocks.append(f"All matches: {url}")
    return "\n\n".join(blocks)


def _lines(hit: Row, links: Links) -> Iterator[str]:
    """Yield the lines of a match: its title and author, excerpt and link."""
    is_article = hit["kind"] == "article"
    title = quote_text(_unmarked(hit["title"])) or "(untitled)"
    author = quote_text(_unmarked(hit["author"])) or "nobody named"
    if is_article:
        yield f"- {title}"
    else:
        yield f"- a {hit['kind']} by {author} under {title}"
    if excerpt := quote_text(_unmarked(hit["excerpt"])):
        yield f"  {excerpt}"
    path = f"comment/{hit['id']}"
    if is_article:
        path = f"article/{hit['id']}"
    if url := links.to(path) or hit["url"]:
        yield f"  {url}"


def _unmarked(text: object) -> str:
    return str(text or "").replace(MARK, "").replace(UNMARK, "")
