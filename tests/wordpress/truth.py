"""What WordPress itself says is published, and what it hides: the measure of an archive.

Built from the JSON of php/truth.php. Its law: nothing is guessed, and what is absent is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import html as markup

BLOCKS = ("p", "h1", "h2", "h3", "h4", "li", "blockquote", "th", "td", "figcaption", "cite")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A published post or page without a password. `title` is as typed, `title_shown` as displayed."""

    id: int
    kind: str
    url: str
    slug: str
    title: str
    title_shown: str
    published: datetime
    modified: datetime
    author: str
    tags: tuple[str, ...]
    categories: tuple[str, ...]
    html: str
    comments_open: bool
    comment_count: int
    sticky: bool

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The words of every paragraph, heading, list item, table cell and caption, in order."""
        return paragraphs(self.html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """An approved comment, pingback or trackback below a published post.

    `shown` is False where HTML leaves it out because it answers a comment that is not approved;
    REST and the feeds tell of it all the same.
    """

    id: int
    post: int
    parent: int | None
    kind: str
    author: str | None
    author_url: str | None
    posted: datetime
    html: str
    shown: bool

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The comment's words, paragraph by paragraph."""
        return paragraphs(self.html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something no archive may hold: `why` it is hidden, and the word that would betray it (if seeded)."""

    what: str
    id: int
    why: str
    marker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The whole site at one moment. `posts` are posts and pages both; `kind` tells them apart."""

    posts: tuple[Post, ...]
    comments: tuple[Comment, ...]
    hidden: tuple[Hidden, ...]

    def post(self, key: int | str) -> Post:
        """The post with this id or slug."""
        return next(post for post in self.posts if key in {post.id, post.slug})

    def below(self, post: int) -> tuple[Comment, ...]:
        """The comments below one post."""
        return tuple(comment for comment in self.comments if comment.post == post)


def read(told: Mapping[str, Any]) -> Truth:
    """The truth from what php/truth.php printed."""
    parents = {row["id"]: row["parent"] for row in told["comments"]}
    return Truth(
        posts=tuple(_post(row) for row in told["posts"]),
        comments=tuple(_comment(row, parents) for row in told["comments"]),
        hidden=tuple(Hidden(**row) for row in told["hidden"]),
    )


def paragraphs(html: str) -> tuple[str, ...]:
    """The text of each innermost block of a piece of HTML, its white space made single."""
    if not html.strip():
        return ()
    tree = markup.fragment_fromstring(html, create_parent="div")
    innermost = (block for block in tree.iter(*BLOCKS) if next(block.iterdescendants(*BLOCKS), None) is None)
    words = (" ".join(str(block.text_content()).split()) for block in innermost)
    return tuple(text for text in words if text)


def _post(row: Mapping[str, Any]) -> Post:
    moments = {name: _utc(row[name]) for name in ("published", "modified")}
    lists = {name: tuple(row[name]) for name in ("tags", "categories")}
    return Post(**{**row, **moments, **lists})


def _comment(row: Mapping[str, Any], parents: Mapping[int, int]) -> Comment:
    return Comment(
        **{
            **row,
            "parent": row["parent"] or None,
            "author": row["author"] or None,
            "author_url": row["author_url"] or None,
            "posted": _utc(row["posted"]),
            "shown": _is_shown(row["id"], parents),
        }
    )


def _is_shown(comment: int, parents: Mapping[int, int]) -> bool:
    while comment:
        if comment not in parents:
            return False
        comment = parents[comment]
    return True


def _utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
