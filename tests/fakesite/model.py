"""The parts of a newspaper: people, terms, posts, comments.

It knows shapes and the few facts that can be read off one of them alone. It does not know other posts, the
site's address, HTTP or HTML pages. Its law: every moment is an aware UTC datetime, and nothing here decides
who may see what (paper.py does).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import datetime

_TAG = re.compile(r"<[^>]*>")


def plain(markup: str) -> str:
    """The text a reader sees of a piece of HTML, with runs of white space made one space."""
    return " ".join(html.unescape(_TAG.sub("", markup.replace("</p>", " "))).split())


@dataclass(frozen=True, slots=True)
class User:
    """A member of the newsroom."""

    id: int
    name: str
    slug: str
    bio: str


@dataclass(frozen=True, slots=True)
class Term:
    """A category or a tag; `taxonomy` is `category` or `post_tag`."""

    id: int
    taxonomy: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an article: `kind` is p, h2, quote, list, table, figure or nextpage; `html` its markup.

    Typographic characters stand as themselves and the site's own address as `%BASE%`.
    """

    kind: str
    html: str


@dataclass(slots=True)
class Post:
    """An article (`kind` post) or a static page (`kind` page), in any state."""

    id: int
    title: str
    slug: str
    date: datetime
    modified: datetime
    author: User
    blocks: tuple[Block, ...]
    excerpt: str = ""
    kind: str = "post"
    status: str = "publish"
    password: bool = False
    sticky: bool = False
    comments_open: bool = True
    categories: tuple[Term, ...] = ()
    tags: tuple[Term, ...] = ()
    old_slugs: list[str] = field(default_factory=list)
    topic: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The plain text of each paragraph, in order (not of subheads, quotes, lists, tables, captions)."""
        return tuple(plain(block.html) for block in self.blocks if block.kind == "p")

    @property
    def pages(self) -> list[list[Block]]:
        """The blocks of each `<!--nextpage-->` part."""
        parts: list[list[Block]] = [[]]
        for block in self.blocks:
            if block.kind == "nextpage":
                parts.append([])
            else:
                parts[-1].append(block)
        return parts


@dataclass(slots=True)
class Comment:
    """A comment, pingback or trackback (`kind`), in any `status`: approved, hold, spam, trash, post-trashed.

    `parent` is the id of the comment it answers, or 0. `html` is the stored markup as WordPress shows it.
    `email` exists, as it does on a real site, and must never be seen from outside.
    """

    id: int
    post: int
    parent: int
    author: str
    date: datetime
    html: str
    url: str = ""
    email: str = ""
    user: User | None = None
    kind: str = "comment"
    status: str = "approved"

    @property
    def text(self) -> str:
        """The plain text a reader sees."""
        return plain(self.html)
