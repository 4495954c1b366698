"""Which posts, comments and terms a REST request asks for, and in what order.

It knows WordPress' filters. It does not know permissions, paging or JSON. Its law: a filter WordPress
lacks is ignored, as WordPress ignores it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakesite.model import Comment, Post, Term
from tests.fakesite.paper import Paper

from .rest_query import Query


@dataclass(frozen=True, slots=True)
class Filter:
    """The filters of one request."""

    paper: Paper
    query: Query

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters as sent."""
        return self.query.params

    def wanted(self, post: Post) -> bool:
        """True if a post passes the filters of the request."""
        query, terms = self.query, {term.id for term in (*post.categories, *post.tags)}
        return (
            self.chosen(post.id, "include", "exclude")
            and self.chosen(post.author.id, "author", "author_exclude")
            and all(not (ids := query.ids(name)) or terms & set(ids) for name in ("categories", "tags"))
            and ("slug" not in self.params or post.slug in self.params["slug"].split(","))
            and query.between(post.date, "after", "before")
            and query.between(post.modified, "modified_after", "modified_before")
            and self._mentions(post)
        )

    def _mentions(self, post: Post) -> bool:
        """True if the post's title or readable text holds the words searched for."""
        word = self.params.get("search", "").lower()
        return not word or word in " ".join((post.title, *(() if post.password else post.paragraphs))).lower()

    def chosen(self, number: int, include: str, exclude: str) -> bool:
        """True if the id is among those asked for and not among those shut out."""
        wanted, unwanted = self.query.ids(include), self.query.ids(exclude)
        return (wanted is None or number in wanted) and (unwanted is None or number not in unwanted)

    def ordered(self, posts: list[Post], by: str) -> list[Post]:
        """Posts in the order asked for."""
        down = self.query.word("order", ["asc", "desc"], "desc") == "desc"
        include = self.query.ids("include") or []
        keys: dict[str, Callable[[Post], Any]] = {
            "id": lambda post: post.id,
            "modified": lambda post: (post.modified, post.id),
            "slug": lambda post: post.slug,
            "title": lambda post: (post.title, post.id),
            "author": lambda post: (post.author.id, post.id),
            "include": lambda post: -include.index(post.id) if post.id in include else 1,
        }
        return sorted(
            posts, key=keys.get(by, lambda post: (post.date, post.id)), reverse=down or by == "include"
        )

    def wanted_comment(self, comment: Comment) -> bool:
        """True if a comment passes the filters; there is no such thing as `modified_after` for comments."""
        word = self.params.get("search", "").lower()
        return (
            self.chosen(comment.id, "include", "exclude")
            and self.chosen(comment.parent, "parent", "parent_exclude")
            and self.chosen(comment.user.id if comment.user else 0, "author", "author_exclude")
            and ((posts := self.query.ids("post")) is None or comment.post in posts)
            and self.query.between(comment.date, "after", "before")
            and (not word or word in comment.text.lower() or word in comment.author.lower())
        )

    def ordered_comments(self, comments: list[Comment], by: str) -> list[Comment]:
        """Comments in the order asked for; those of one second by id."""
        down = self.query.word("order", ["asc", "desc"], "desc") == "desc"
        keys: dict[str, Callable[[Comment], Any]] = {
            "id": lambda c: c.id,
            "post": lambda c: (c.post, c.id),
            "parent": lambda c: (c.parent, c.id),
        }
        return sorted(comments, key=keys.get(by, lambda c: (c.date, c.id)), reverse=down)

    def wanted_term(self, term: Term) -> bool:
        """True if a term passes the filters of the request."""
        posts = self.query.ids("post")
        owned = posts is None or any(
            term in (*post.categories, *post.tags)
            for number in posts
            if (post := self.paper.posts.get(number)) and post.status == "publish"
        )
        word = self.params.get("search", "").lower()
        named = self.params.get("slug", term.slug) == term.slug and word in term.name.lower()
        return owned and named and self.chosen(term.id, "include", "exclude")
