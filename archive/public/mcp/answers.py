"""Answers to a language model's questions, from an archive. Read-only.

Texts of publishers and readers are enclosed in delimiters that they cannot close; all other text is ours.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from archive.core.connection import Database
from archive.core.errors import BackissueError
from archive.core.timestamps import is_span
from archive.public.render import completeness
from archive.public.render.history import ChangeFilter, recent
from archive.public.web import Row, first_row, moment_of, rows
from archive.queries import pointing
from archive.search.engine import Ask
from archive.search.suggestions import find_with_help
from archive.storage.coverage import Coverage

MAX_TEXT = 20_000  # characters of one quotation
MAX_HITS = 20
MAX_COMMENTS = 100
_MOST = 10  # threads and commenters that coverage names

_ARTICLE = (
    "SELECT id, source, title, byline, published, url, text, comment_count, version_count, changed_at,"
    " gone_at, redaction_id FROM articles WHERE id = ?"
)
_TAGS = (
    "SELECT name FROM article_tags JOIN tags ON tags.id = tag_id WHERE article_id = ? ORDER BY kind, position"
)
_COMMENT_STATES = (
    "SELECT version, since, until, author, published, text FROM comment_states WHERE comment_id = ?"
    " ORDER BY version"
)
_THREAD = (
    "SELECT id, parent_id, author, published, text, version_count, gone_at FROM comments"
    " WHERE article_id = ? AND kind = 'comment' ORDER BY published, id LIMIT ? OFFSET ?"
)
_THEN = (
    "SELECT version, since, until, title, byline, published, text FROM article_states"
    " WHERE article_id = ? AND since <= ? AND (until > ? OR until IS NULL) ORDER BY version DESC LIMIT 1"
)
_HELD = (
    "SELECT (SELECT count(*) FROM articles WHERE source = :name) AS articles,"
    " (SELECT count(*) FROM comments WHERE source = :name) AS comments,"
    " (SELECT count(*) FROM articles WHERE source = :name AND gone_at IS NOT NULL) AS removed_articles,"
    " (SELECT count(*) FROM comments WHERE source = :name AND gone_at IS NOT NULL) AS removed_comments,"
    " (SELECT min(published) FROM articles WHERE source = :name AND published > '') AS first,"
    " (SELECT max(published) FROM articles WHERE source = :name) AS last"
)
_BUSIEST = f"SELECT id, title, comment_count FROM articles ORDER BY comment_count DESC, id LIMIT {_MOST}"
_COMMENTERS = (
    "SELECT author, count(*) AS comments FROM comments INDEXED BY comments_author WHERE author > ''"
    f" GROUP BY author ORDER BY comments DESC, author LIMIT {_MOST}"
)
_EVENTS = "SELECT kind, count(*) AS n FROM events WHERE how IS NOT 'article gone' GROUP BY kind ORDER BY kind"


@dataclass(frozen=True, slots=True)
class PageLinks:
    """Permanent links; `path` makes an address of a path such as "article/17"."""

    path: Callable[[str], str]

    def to(self, kind: str, number: int, rest: str = "") -> str:
        """Return the page of an article or comment."""
        return self.path(f"{kind}/{number}{rest}")


def quotation(text: Any) -> str:
    """Return a site's text in delimiters that it cannot close; "" for an empty one."""
    if not text:
        return ""
    plain = str(text)[:MAX_TEXT].replace("⟦", "[").replace("⟧", "]")
    ellipsis = ""
    if len(str(text)) > MAX_TEXT:
        ellipsis = "…"
    return f"⟦{plain}{ellipsis}⟧"


def answer_search(connection: sqlite3.Connection, ask: Ask, links: PageLinks) -> Row:
    """Return the hits of a question, their number of each kind, and what was understood of it.

    An "error" where a date is none.
    """
    if error := _span_error(ask.since, ask.until):
        return error
    found, advice = find_with_help(connection, ask)
    hits = [_hit(hit, links) for part in found.sections for hit in part.hits]
    counts = {part.kind: part.count for part in found.sections}
    nearby = [_hit(hit, links) for part in advice.nearby for hit in part.hits]
    return {
        "counts": counts,
        "shown_instead": advice.instead,
        "notes": list(found.notes),
        "hits": hits,
        "with_most_of_the_words": nearby,
    }


def _hit(hit: Row, links: PageLinks) -> Row:
    kind = "comment"
    if str(hit["kind"]).startswith("article"):
        kind = "article"
    return {
        "kind": hit["kind"],
        "link": links.to(kind, int(hit["id"] or 0), _version_query(hit)),
        "id": hit["id"],
        "article_id": hit["article_id"],
        "title": quotation(_plain(hit["title"])),
        "author": quotation(_plain(hit["author"])),
        "published": hit["published"],
        "excerpt": quotation(_plain(hit["excerpt"])),
        "removed": hit["gone_at"],
        "version": hit["version"] or hit["version_count"],
    }


def _version_query(row: Row) -> str:
    """Return the query of a URL that shows a version."""
    if not row["version"]:
        return ""
    return f"/versions?version={row['version']}"


def answer_article(connection: sqlite3.Connection, reference: str, links: PageLinks) -> Row:
    """Return the current version of an article, or an "error" without one."""
    number, error = _item(connection, "article", reference)
    if number is None:
        return error
    found = rows(connection, _ARTICLE, number)[0]
    tags = [quotation(row["name"]) for row in rows(connection, _TAGS, number)]
    return {
        "link": links.to("article", number),
        "id": number,
        "source": found["source"],
        "original": found["url"],
        "title": quotation(found["title"]),
        "byline": quotation(found["byline"]),
        "tags": tags,
        "published": found["published"],
        "version": found["version_count"],
        "version_since": found["changed_at"],
        "removed": found["gone_at"],
        "comments": found["comment_count"],
        "text": quotation(found["text"]),
    }


def answer_comment(connection: sqlite3.Connection, reference: str, links: PageLinks) -> Row:
    """Return a comment with all its versions, or an "error" without one."""
    number, error = _item(connection, "comment", reference)
    if number is None:
        return error
    found = rows(connection, "SELECT * FROM comments WHERE id = ?", number)[0]
    versions = [_comment_version(row) for row in rows(connection, _COMMENT_STATES, number)]
    return {
        "link": links.to("comment", number),
        "id": number,
        "original": found["permalink"],
        "article": links.to("article", found["article_id"]),
        "replies_to": found["parent_id"],
        "author": quotation(found["author"]),
        "published": found["published"],
        "removed": found["gone_at"],
        "version": found["version_count"],
        "text": quotation(found["text"]),
        "versions": versions,
    }


def _comment_version(row: Row) -> Row:
    return {
        "version": row["version"],
        "since": row["since"],
        "until": row["until"],
        "author": quotation(row["author"]),
        "text": quotation(row["text"]),
    }


def answer_thread(connection: sqlite3.Connection, reference: str, page: int, links: PageLinks) -> Row:
    """Return a page of an article's comments, oldest first; an "error" where there is no such article."""
    number, error = _item(connection, "article", reference)
    if number is None:
        return error
    skipped = MAX_COMMENTS * (max(page, 1) - 1)
    found = rows(connection, _THREAD, number, MAX_COMMENTS + 1, skipped)
    comments = [_comment_of_thread(row, links) for row in found[:MAX_COMMENTS]]
    return {"link": links.to("article", number), "comments": comments, "more": len(found) > MAX_COMMENTS}


def answer_as_of(connection: sqlite3.Connection, reference: str, moment: str, links: PageLinks) -> Row:
    """Return an article as it was at a moment; an "error" where the archive had not seen it."""
    number, error = _item(connection, "article", reference)
    if number is None:
        return error
    instant = moment_of(moment)
    if instant is None:
        return {"error": f"“{moment[:40]}” is no moment such as 2025-03-01 or 2025-03-01T12:00:00Z."}
    found = first_row(connection, _THEN, number, instant, instant)
    if found is None:
        return {"error": f"The archive saw no article {number} on the site as of {moment}."}
    link = links.to("article", number, f"/as-of?at={quote(moment, safe=':')}")
    return {
        "link": link,
        "version": found["version"],
        "since": found["since"],
        "until": found["until"],
        "title": quotation(found["title"]),
        "byline": quotation(found["byline"]),
        "published": found["published"],
        "text": quotation(found["text"]),
    }


def _comment_of_thread(row: Row, links: PageLinks) -> Row:
    return {
        "link": links.to("comment", row["id"]),
        "id": row["id"],
        "replies_to": row["parent_id"],
        "author": quotation(row["author"]),
        "published": row["published"],
        "version": row["version_count"],
        "removed": row["gone_at"],
        "text": quotation(row["text"]),
    }


def answer_changes(connection: sqlite3.Connection, wanted: ChangeFilter, links: PageLinks) -> Row:
    """Return a page of events, newest first, and the number of all of each kind.

    An "error" where a date is none.
    """
    if error := _span_error(wanted.since, wanted.until):
        return error
    found = recent(connection, wanted, size=MAX_HITS)
    events = [_event(row, links) for row in found[:MAX_HITS]]
    counts = {row["kind"]: row["n"] for row in rows(connection, _EVENTS)}
    return {"counts": counts, "changes": events, "more": len(found) > MAX_HITS}


_MARKS = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}


def _event(row: Row, links: PageLinks) -> Row:
    words = (_MARKS[kind].format(text) for kind, text in row["parts"])
    return {
        "what": row["what"],
        "seen_at": row["at"],
        "kind": row["kind"],
        "link": links.to(row["kind"], row["id"], _version_query(row)),
        "title": quotation(row["title"]),
        "author": quotation(row["author"]),
        "words": quotation("".join(words)),
    }


def answer_coverage(connection: sqlite3.Connection, links: PageLinks) -> Row:
    """Return what is archived of each source, how complete that is, the busiest threads and commenters."""
    held = Coverage(Database(connection))
    sources = []
    for row in rows(connection, "SELECT name, url FROM sources ORDER BY first_seen, name"):
        sentence = completeness.completeness_sentence(held.summary(row["name"]))
        found = Database(connection).query(_HELD, {"name": row["name"]})
        numbers = next(iter(found))
        sources.append({**row, "complete": sentence, **numbers})
    busiest = [
        {
            "link": links.to("article", row["id"]),
            "title": quotation(row["title"]),
            "comments": row["comment_count"],
        }
        for row in rows(connection, _BUSIEST)
    ]
    commenters = [
        {"author": quotation(row["author"]), "comments": row["comments"]}
        for row in rows(connection, _COMMENTERS)
    ]
    return {"sources": sources, "most_comments": busiest, "most_active_commenters": commenters}


def not_covered(connection: sqlite3.Connection) -> str:
    """Return a sentence on what the archive does not cover."""
    held = Coverage(Database(connection))
    parts = []
    for row in rows(connection, "SELECT name FROM sources ORDER BY first_seen, name"):
        summary = held.summary(row["name"])
        parts.append(f"{row['name']}: {completeness.completeness_sentence(summary)}")
    return f"Only these sites are archived. {' '.join(parts)}"


def _item(connection: sqlite3.Connection, kind: str, reference: str) -> tuple[int | None, Row]:
    """Return the number of an item that is shown, or an "error" for any other."""
    try:
        found = pointing.at(Database(connection), kind, str(reference).strip())
    except BackissueError as error:
        return None, {"error": str(error)}
    if found.redaction is not None:
        return None, {"error": f"The archive shows no {kind} {found.id}."}
    return found.id, {}


def _span_error(*typed: str) -> Row:
    """Return an "error" that names the first text that is no day, month or year; else nothing."""
    for text in typed:
        if text and not is_span(text):
            return {"error": f"“{text[:40]}” is no date such as 2009, 2009-07 or 2009-07-15."}
    return {}


def _plain(text: Any) -> str:
    return str(text or "").replace("\x02", "").replace("\x03", "")
