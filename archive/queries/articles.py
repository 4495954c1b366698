"""Articles with their threads, read back as records.

It only reads, one article at a time, so that the largest archive passes through a small memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Article, Comment, CommentKind
from archive.core.timestamps import from_text, to_text
from archive.queries import threads
from archive.tables.rows import held_list

_SEEN = "(SELECT max(good_at) FROM visits WHERE visits.article_id = articles.id AND kind = 'article')"
_TOMBSTONE = "LEFT JOIN redactions ON redactions.id = redaction_id"
_ARTICLES = (
    f"SELECT articles.*, coalesce({_SEEN}, articles.first_seen) AS seen, at AS hidden_at, reason"
    f" FROM articles {_TOMBSTONE}"
)
_COMMENTS = (
    f"SELECT comments.*, at AS hidden_at, reason FROM comments {_TOMBSTONE}"
    " WHERE comments.article_id = ? ORDER BY published, comments.id"
)
_ANY_SOURCE = "source IN (SELECT name FROM sources)"  # names the index's first column
PORTION = 100  # articles read at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """First and last observation of an item, and its removal.

    ISO 8601, UTC.

    `hidden_at` and `hidden_reason` are when and why the operator has hidden it, None where it is shown.
    """

    first_seen: str
    last_seen: str
    gone_at: str | None
    hidden_at: str | None
    hidden_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldComment:
    """Comment as stored; `id` is the archive's, `comment.id` the site's."""

    id: int
    comment: Comment
    history: History


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldArticle:
    """Article as stored, with its thread in posting order."""

    id: int
    source: str
    article: Article
    history: History
    comments: tuple[HeldComment, ...]


def iterate_articles(db: Database) -> Iterator[HeldArticle]:
    """Yield every stored article by id."""
    sql = f"{_ARTICLES} WHERE articles.id > ? ORDER BY articles.id LIMIT {PORTION}"
    last = 0
    while rows := list(db.query(sql, [last])):
        for row in rows:
            yield _held(db, row)
        last = rows[-1]["id"]


def article_by_id(db: Database, article_id: int) -> HeldArticle | None:
    """Return one article by the archive's id, if it exists."""
    found = db.query(f"{_ARTICLES} WHERE articles.id = ?", [article_id])
    row = next(iter(found), None)
    if not row:
        return None
    return _held(db, row)


def _as_row(number: int, comment: Comment, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Return a comment as a row that `threads.arrange` takes."""
    return {
        "id": number,
        "parent_id": numbers.get(comment.parent or ""),
        "published": to_text(comment.published),
        "position": comment.position,
    }


def conversation(
    comments: Sequence[HeldComment],
) -> Iterator[tuple[HeldComment, int, HeldComment | None]]:
    """Return comments in thread order, with depth and parent."""
    ids = [held.comment.id for held in comments]
    numbers = {id_: number for number, id_ in enumerate(ids) if id_}
    rows = [_as_row(number, held.comment, numbers) for number, held in enumerate(comments)]
    for node in threads.arrange(rows):
        answered = None
        if node.up is not None:
            answered = comments[node.up.row["id"]]
        yield comments[node.row["id"]], node.level, answered


def find_article(db: Database, reference: str) -> int | None:
    """Return the article's id by an id or any URL.

    An address may be pasted with another scheme, a further slash, or what a tracker has added to it.
    """
    if reference.isascii() and reference.isdigit():
        sql = "SELECT id FROM articles WHERE id = ?"
    else:
        sql = f"SELECT article_id FROM addresses WHERE {_ANY_SOURCE} AND url_key = ?"
        reference = urls.page_key(reference)
    row = db.execute(sql, [reference]).fetchone()
    if not row:
        return None
    return int(row[0])


def _held(db: Database, row: dict[str, Any]) -> HeldArticle:
    seen = row["seen"]
    comments = db.query(_COMMENTS, [row["id"]])
    thread = tuple(_held_comment(comment, seen) for comment in comments)
    return HeldArticle(
        id=row["id"],
        source=row["source"],
        article=_article(db, row),
        history=_history(row, seen),
        comments=thread,
    )


def _held_comment(row: dict[str, Any], seen: str) -> HeldComment:
    return HeldComment(id=row["id"], comment=_comment(row), history=_history(row, seen))


def _history(row: dict[str, Any], seen: str) -> History:
    """Return an item's history, last seen with its page."""
    last = max(row["first_seen"], row["changed_at"])
    if row["gone_at"] is None:
        last = max(seen, row["first_seen"])
    return History(
        first_seen=row["first_seen"],
        last_seen=last,
        gone_at=row["gone_at"],
        hidden_at=row["hidden_at"],
        hidden_reason=row["reason"],
    )


def _article(db: Database, row: dict[str, Any]) -> Article:
    comments_open = row["comments_open"]
    if comments_open is not None:
        comments_open = bool(comments_open)
    return Article(
        url=row["url"],
        post_id=row["post_id"],
        type=row["type"],
        title=row["title"],
        authors=_names(
            db, "SELECT name FROM authors JOIN article_authors ON author_id = id WHERE article_id = ?", row
        ),
        published=from_text(row["published"]),
        modified=from_text(row["modified"]),
        text=row["text"],
        markdown=row["markdown"],
        description=row["description"],
        language=row["language"],
        tags=_names(db, f"{_TAGS} AND kind = 'tag'", row),
        categories=_names(db, f"{_TAGS} AND kind = 'category'", row),
        terms=held_list(db, "terms", row["id"]),
        embeds=held_list(db, "embeds", row["id"]),
        files=held_list(db, "files", row["id"]),
        image=row["image"],
        comments_stated=row["comments_stated"],
        comments_open=comments_open,
    )


_TAGS = "SELECT name FROM tags JOIN article_tags ON tag_id = id WHERE article_id = ?"


def _names(db: Database, sql: str, row: dict[str, Any]) -> tuple[str, ...]:
    found = db.execute(f"{sql} ORDER BY position", [row["id"]])
    return tuple(name for (name,) in found)


def _comment(row: dict[str, Any]) -> Comment:
    return Comment(
        id=row["site_id"],
        parent=row["site_parent"],
        kind=CommentKind(row["kind"]),
        author=row["author"],
        author_url=row["author_url"],
        published=from_text(row["published"]),
        published_raw=row["published_raw"],
        text=row["text"],
        html=row["html"],
        permalink=row["permalink"],
        depth=row["depth"],
        position=row["position"],
    )
