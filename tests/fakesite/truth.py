"""The truth a crawler's work is measured against: what a visitor could have seen, all of it.

It knows how to copy the paper's state into frozen records. It changes nothing. Its law: a record is a
snapshot; ask again after an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .model import Comment, Post
from .paper import Paper
from .surfaces.threads import comment_url, true_depth, visible_ids


@dataclass(frozen=True, slots=True)
class ArticleTruth:
    """A listed article. `date` and `modified` are aware UTC; `pages` counts its `<!--nextpage-->` parts.

    `paragraphs` are the plain texts of its paragraphs, with typographic characters; empty if `protected`.
    """

    id: int
    url: str
    title: str
    author: str
    date: datetime
    modified: datetime
    paragraphs: tuple[str, ...]
    category: str
    tags: tuple[str, ...]
    pages: int
    protected: bool


@dataclass(frozen=True, slots=True)
class CommentTruth:
    """A comment (or ping) that a visitor may read. `date` is aware UTC; `depth` is the true one, from 1.

    `parent` is 0 for one that answers the article. `shown` is false where the HTML page leaves it out
    because a comment above it is hidden; REST still tells it. `author` is empty for an anonymous reader.
    """

    id: int
    article_id: int
    url: str
    parent: int
    author: str
    author_url: str
    date: datetime
    text: str
    kind: str
    depth: int
    shown: bool


def articles(paper: Paper) -> list[ArticleTruth]:
    """All listed articles, oldest id first."""
    return [_article(paper, post) for post in sorted(paper.published(), key=lambda post: post.id)]


def readable(paper: Paper) -> list[str]:
    """URLs of all posts and static pages that ask for no password, oldest id first."""
    shown = (post for post in paper.posts.values() if paper.readable(post))
    return [paper.url(post) for post in sorted(shown, key=lambda post: post.id)]


def _article(paper: Paper, post: Post) -> ArticleTruth:
    return ArticleTruth(
        id=post.id,
        url=paper.url(post),
        title=post.title,
        author=post.author.name,
        date=post.date,
        modified=post.modified,
        paragraphs=() if post.password else post.paragraphs,
        category=post.categories[0].name if post.categories else "",
        tags=tuple(tag.name for tag in post.tags),
        pages=len(post.pages),
        protected=post.password,
    )


def comments(paper: Paper, kinds: Iterable[str] = ("comment",)) -> list[CommentTruth]:
    """All readable comments of these kinds, by id."""
    found, wanted = [], set(kinds)
    for post in paper.published():
        if paper.readable(post):
            on_page = visible_ids(paper, post)
            mine = (comment for comment in paper.approved(post) if comment.kind in wanted)
            found += [_comment(paper, comment, comment.id in on_page) for comment in mine]
    return sorted(found, key=lambda comment: comment.id)


def _comment(paper: Paper, comment: Comment, shown: bool) -> CommentTruth:
    return CommentTruth(
        id=comment.id,
        article_id=comment.post,
        url=comment_url(paper, comment),
        parent=comment.parent,
        author=comment.author,
        author_url=comment.url,
        date=comment.date,
        text=comment.text,
        kind=comment.kind,
        depth=true_depth(paper, comment),
        shown=shown,
    )


def hidden_texts(paper: Paper) -> list[str]:
    """Pieces of text no visitor may ever see: hidden articles, hidden comments, all emails."""
    closed = [post for post in paper.posts.values() if not paper.readable(post)]
    unseen = [comment for comment in paper.comments.values() if not paper.public_comment(comment)]
    return [
        *(text for post in closed for text in post.paragraphs),
        *(post.title for post in closed if post.status != "publish"),
        *(comment.text for comment in unseen if len(comment.text) > 20),
        *(comment.email for comment in paper.comments.values() if comment.email),
    ]
