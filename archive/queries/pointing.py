"""The item that a person names by a number or a URL: an article, a comment, and the author of its text.

A comment has two numbers: the archive's own, which `search` and `show` print, and the site's, which is in its
URL (`#comment-N`). A URL is never taken for the archive's number, which would be another item's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from archive.core.connection import Database
from archive.core.errors import ArchiveError, NotFoundError
from archive.core.nearest_name import nearest
from archive.queries import articles
from archive.tables import rows

_OPENING = 12  # terms by which a text is shown
_FRAGMENT = re.compile(r"comment-(\d+)")
_OWN_PAGE = re.compile(r"/(article|comment)s?/(\d{1,18})(?:/(?:versions|as-of))?(?:\.json)?/?$")
SEEK = "`backissue search WORDS` prints the kind and the number of each."
_ARTICLE = "SELECT id, title, byline AS author, published, text, url, redaction_id FROM articles WHERE id = ?"
_COMMENT = (
    "SELECT comments.id, articles.title, comments.author, comments.published, comments.text,"
    " comments.permalink AS url, comments.redaction_id"
    " FROM comments JOIN articles ON articles.id = article_id WHERE comments.id = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReference:
    """Article or comment, with the archive's `id` and article title.

    `host` is the presumed host of a published archive, for a URL in the form of our pages with the host of no
    source.
    """

    kind: str
    id: int
    title: str
    author: str
    published: str
    opening: str
    url: str
    redaction: int | None
    host: str | None = None


def at(db: Database, kind: str, reference: str) -> ItemReference:
    """Return the item of an id or URL.

    `kind` is "article", "comment", or "" for any target of the URL. Raises NotFoundError if it does not
    exist, ArchiveError if the URL leads to one of another kind.
    """
    if "://" in reference:
        found, number, host = _at_address(db, reference)
        if kind and found != kind:
            hint = f"Write `{found}` before it, or give the URL of {_one(kind)}"
            if kind == "comment":
                hint += " with its #comment-NUMBER"
            raise ArchiveError(
                f"{reference} is the URL of {_one(found)}, not of {_one(kind)}.", hint=f"{hint}."
            )
        return replace(_item(db, found, number), host=host)
    if not (reference.isascii() and reference.isdigit()):
        raise ArchiveError(f"“{reference}” is neither a number nor the URL of {_one(kind)}.", hint=SEEK)
    return _item(db, kind, int(reference))


def commenter_summary(db: Database, name: str) -> dict[str, Any]:
    """Return the comments of a name: count, first, last, newest.

    As `n`, `first` and `last` (ISO 8601) and `text`.

    Raises NotFoundError, with the nearest name, if there is no comment.
    """
    sql = "SELECT count(*) AS n, min(published) AS first, max(published) AS last FROM {} WHERE author = ?"
    found = rows.one(db, sql.format("comments"), name) or {}
    if found.get("n"):
        newest = "SELECT text FROM comments WHERE author = ? ORDER BY published DESC, id DESC LIMIT 1"
        return {**found, **(rows.one(db, newest, name) or {})}
    if rows.one(db, "SELECT 1 FROM comment_versions WHERE author = ? LIMIT 1", name):
        return {"n": 0, "first": None, "last": None, "text": None}
    names = [row[0] for row in db.execute("SELECT DISTINCT author FROM comments WHERE author IS NOT NULL")]
    raise NotFoundError(
        f"No comment has the name “{name}”{nearest(name, names)}.",
        hint="Give it exactly as the pages show it.",
    )


def opening(text: str | None) -> str:
    """Return the beginning of a text, on one line."""
    words = (text or "").split()
    return " ".join(words[:_OPENING]) + (" …" if len(words) > _OPENING else "")


def _one(kind: str) -> str:
    return {"article": "an article", "comment": "a comment"}.get(kind, "an article or comment")


def _item(db: Database, kind: str, number: int) -> ItemReference:
    sql = _COMMENT
    if kind == "article":
        sql = _ARTICLE
    row = rows.one(db, sql, number)
    if row is None:
        raise NotFoundError(f"The archive has no {kind} {number}.", hint=SEEK)
    return ItemReference(
        kind=kind,
        id=number,
        title=str(row["title"] or "(untitled)"),
        author=str(row["author"] or "nobody named"),
        published=str(row["published"] or ""),
        opening=opening(str(row["text"] or "")),
        url=str(row["url"] or ""),
        redaction=rows.optional_number(row["redaction_id"]),
    )


def _at_address(db: Database, url: str) -> tuple[str, int, str | None]:
    """Return the kind, id and `Item.host` of a URL.

    Raises NotFoundError.
    """
    parts = urlsplit(url)
    fragment = _FRAGMENT.fullmatch(parts.fragment)
    page = url.partition("#")[0]
    article = articles.find_article(db, page)
    if fragment is None and article is not None:
        return "article", article, None
    if fragment is not None and (comment := _comment_at(db, url, article, fragment[1])):
        return "comment", comment, None
    own = _OWN_PAGE.search(parts.path)
    if own and article is None and not _names_at(db, url):
        host = parts.hostname
        if host in ("127.0.0.1", "localhost", "::1"):
            host = None
        if fragment:
            return ("comment", int(fragment[1]), host)
        return (own[1], int(own[2]), host)
    raise NotFoundError(f"The archive has nothing from {url}.", hint=SEEK)


def _comment_at(db: Database, url: str, article: int | None, site_id: str) -> int | None:
    """Return the comment of a site's id at a URL, if stored.

    A page of a long thread has a URL that no article is stored under; its site identifies the comment.
    """
    if article is not None:
        sql = (
            "SELECT id FROM comments WHERE article_id = ? AND (permalink = ? OR site_id = ?)"
            " ORDER BY permalink = ? DESC"
        )
        found = rows.one(db, sql, article, url, site_id, url)
        if not found:
            return None
        return int(found["id"] or 0)
    names = _names_at(db, url)
    sql = "SELECT id FROM comments WHERE source = ? AND key = ?"
    every = []
    for name in names:
        every += [row["id"] for row in db.query(sql, [name, site_id])]
    if len(every) != 1:
        return None
    return int(every[0])


def _names_at(db: Database, url: str) -> list[str]:
    """Return the names of the sources on a URL's host."""
    host = _host(url)
    return [row["name"] for row in db["sources"].rows if _host(row["url"]) == host]


def _host(url: str) -> str:
    return urlsplit(url).netloc.removeprefix("www.")
