"""The REST surface under `/wp-json/`, as WordPress 6.5 answers a visitor who is not logged in.

It knows routes, filters, permissions and paging quirks. It does not know the shapes of items
(rest_items.py) nor how parameters are written (rest_query.py). Its law: what the paper hides is refused
with the same code and status a real site gives, so that a crawler learns the difference between withdrawn
(401) and gone (404).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from tests.fakesite.model import Comment, Post, Term, User
from tests.fakesite.paper import Paper
from tests.fakesite.wire import Headers, Request, Response, as_json

from . import rest_items as shape
from .rest_filter import Filter
from .rest_query import NOINDEX, Cut, Query, Refused, cut, only_fields, paging_headers

_COMMON: Headers = [
    NOINDEX,
    ("X-Content-Type-Options", "nosniff"),
    ("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
    ),
    ("Allow", "GET"),
]


def answer(paper: Paper, request: Request, route: str) -> Response:
    """The answer to a REST request; `route` is what follows `/wp-json`."""
    head: Headers = [("Link", f'<{paper.base}/wp-json/>; rel="https://api.w.org/"')]
    try:
        value, extra = _Desk(paper, request).answer(route.rstrip("/") or "/")
    except Refused as refused:
        response = refused.response()
        response.headers += head
        return response
    return as_json(value, 200, [*_COMMON, *head, *extra])


class _Desk:
    """One request being answered."""

    def __init__(self, paper: Paper, request: Request) -> None:
        self.paper = paper
        self.request = request
        self.params = {k: v for k, v in request.params.items() if k != "rest_route"}
        self.query = Query(self.params, paper.options.zone)
        self.filter = Filter(paper, self.query)

    def answer(self, route: str) -> tuple[Any, Headers]:
        """The JSON value and the headers that go with it."""
        if self.request.method not in ("GET", "HEAD"):
            raise Refused(401, "rest_cannot_create", "Sorry, you are not allowed to do that.")
        lists: dict[str, Callable[[], tuple[Any, Headers]]] = {
            "/": lambda: (self.index(), []),
            "/wp/v2": lambda: (self.index(), []),
            "/wp/v2/posts": lambda: self.posts("post"),
            "/wp/v2/pages": lambda: self.posts("page"),
            "/wp/v2/comments": self.comments,
            "/wp/v2/users": self.users,
            "/wp/v2/tags": lambda: self.terms("post_tag"),
            "/wp/v2/categories": lambda: self.terms("category"),
            "/wp/v2/types": lambda: (shape.types(self.paper), []),
        }
        if route in lists:
            return lists[route]()
        found = re.fullmatch(r"/wp/v2/(posts|pages|comments|users|tags|categories)/(\d+)", route)
        if not found:
            message = "No route was found matching the URL and request method."
            raise Refused(404, "rest_no_route", message)
        return self.finished(self.single(found.group(1), int(found.group(2)))), []

    def finished(self, item: dict[str, Any]) -> dict[str, Any]:
        """The item with `_fields` and `_embed` applied."""
        kept = only_fields(item, self.params.get("_fields"))
        if "_embed" in self.params and "_links" in kept:
            kept = {**kept, "_embedded": self.embedded(item)}
        return kept

    def listed(self, part: Cut, items: Iterable[dict[str, Any]]) -> tuple[Any, Headers]:
        """A list with its paging headers."""
        address = self.paper.base + self.request.path
        headers = paging_headers(address, self.params, part)
        return [self.finished(item) for item in items], headers

    def index(self) -> dict[str, Any]:
        """Return the index, in which the site describes itself."""
        paper, routes = self.paper, ("posts", "pages", "comments", "users", "tags", "categories", "types")
        offset = paper.local(max(paper.last_post_modified(), paper.last_comment())).utcoffset()
        return {
            "name": paper.options.name,
            "description": paper.options.tagline,
            "url": paper.base,
            "home": paper.base,
            "gmt_offset": str(int(offset.total_seconds() // 3600) if offset else 0),
            "timezone_string": paper.options.zone.key,
            "namespaces": ["oembed/1.0", "wp/v2"],
            "authentication": [],
            "routes": {
                f"/wp/v2/{name}": {"namespace": "wp/v2", "methods": ["GET", "POST"]} for name in routes
            },
        }

    # Lists

    def posts(self, kind: str) -> tuple[Any, Headers]:
        """Posts or pages: by date unless asked otherwise; a page past the end is refused."""
        self.query.word("status", ["publish"], "publish")
        orders = ["author", "date", "id", "include", "modified", "parent", "relevance", "slug", "title"]
        by = self.query.word("orderby", orders, "date")
        found = self.filter.ordered(
            [post for post in self.paper.published(kind) if self.filter.wanted(post)], by
        )
        part = cut(self.query, found)
        if part.page > max(part.pages, 1) and "offset" not in self.params:
            message = "The page number requested is larger than the number of pages available."
            raise Refused(400, "rest_post_invalid_page_number", message)
        if not part.items:
            part = Cut([], 0, 0, part.page)
        return self.listed(part, (shape.post_item(self.paper, post) for post in part.items))

    def comments(self) -> tuple[Any, Headers]:
        """Comments: unreadable ones count in the total and leave their page short; past the end is `[]`."""
        for name, free in (("status", "approve"), ("type", "comment"), ("author_email", None)):
            if name in self.params and self.params[name] != free:
                message = f"Query parameter not permitted: {name}"
                raise Refused(401, "rest_forbidden_param", message)
        for number in self.query.ids("post") or []:
            if not self.paper.readable(self.paper.posts.get(number)) and number in self.paper.posts:
                message = "Sorry, you are not allowed to read the post for this comment."
                raise Refused(401, "rest_cannot_read_post", message)
        by = self.query.word(
            "orderby", ["date", "date_gmt", "id", "include", "post", "parent", "type"], "date_gmt"
        )
        found = [c for c in self.candidates() if c.kind == "comment" and self.filter.wanted_comment(c)]
        part = cut(self.query, self.filter.ordered_comments(found, by))
        readable = [comment for comment in part.items if self.paper.public_comment(comment)]
        return self.listed(part, (shape.comment_item(self.paper, comment) for comment in readable))

    def candidates(self) -> list[Comment]:
        """The approved comments of the posts asked for, or all."""
        ids = self.query.ids("post")
        if ids is None:
            return self.paper.all_approved()
        posts = (self.paper.posts.get(number) for number in ids)
        return [comment for post in posts if post for comment in self.paper.approved(post)]

    def users(self) -> tuple[Any, Headers]:
        """Authors with published posts, by name."""
        found = [user for user in self.paper.writers() if self.filter.chosen(user.id, "include", "exclude")]
        found = [user for user in found if self.params.get("slug", user.slug) == user.slug]
        down = self.query.word("order", ["asc", "desc"], "asc") == "desc"
        part = cut(self.query, sorted(found, key=lambda user: user.name, reverse=down))
        return self.listed(part, (shape.user_item(self.paper, user) for user in part.items))

    def terms(self, taxonomy: str) -> tuple[Any, Headers]:
        """Categories or tags, by name, empty ones only unless hidden."""
        counts = {term.id: count for term, count in self.paper.used_terms(taxonomy)}
        every = [term for term in self.paper.terms.values() if term.taxonomy == taxonomy]
        hide = self.params.get("hide_empty", "") in ("1", "true")
        found = [term for term in every if self.filter.wanted_term(term) and (not hide or term.id in counts)]
        by = self.query.word("orderby", ["count", "id", "include", "name", "slug"], "name")
        down = self.query.word("order", ["asc", "desc"], "asc") == "desc"
        keys: dict[str, Callable[[Term], Any]] = {
            "count": lambda term: counts.get(term.id, 0),
            "id": lambda term: term.id,
        }
        part = cut(self.query, sorted(found, key=keys.get(by, lambda term: term.name.lower()), reverse=down))
        return self.listed(part, (shape.term_item(self.paper, t, counts.get(t.id, 0)) for t in part.items))

    # Single items

    def single(self, kind: str, number: int) -> dict[str, Any]:
        """One item, or the refusal that tells withdrawn from gone."""
        if kind in ("posts", "pages"):
            return shape.post_item(self.paper, self.post(kind[:-1], number))
        if kind == "comments":
            return shape.comment_item(self.paper, self.comment(number))
        if kind == "users":
            return shape.user_item(self.paper, self.user(number))
        taxonomy = "category" if kind == "categories" else "post_tag"
        term = self.paper.terms.get(number)
        if term is None or term.taxonomy != taxonomy:
            raise Refused(404, "rest_term_invalid", "Term does not exist.")
        return shape.term_item(self.paper, term, len(self.paper.filed(term)))

    def post(self, kind: str, number: int) -> Post:
        """A published post."""
        post = self.paper.posts.get(number)
        if post is None or post.kind != kind:
            raise Refused(404, "rest_post_invalid_id", "Invalid post ID.")
        if post.status != "publish":
            raise Refused(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
        return post

    def comment(self, number: int) -> Comment:
        """A readable comment or ping."""
        comment = self.paper.comments.get(number)
        if comment is None:
            raise Refused(404, "rest_comment_invalid_id", "Invalid comment ID.")
        if not self.paper.public_comment(comment):
            raise Refused(401, "rest_cannot_read", "Sorry, you are not allowed to read this comment.")
        return comment

    def user(self, number: int) -> User:
        """A user who has published."""
        if number not in self.paper.users:
            raise Refused(404, "rest_user_invalid_id", "Invalid user ID.")
        if self.paper.users[number] not in self.paper.writers():
            raise Refused(401, "rest_user_cannot_view", "Sorry, you are not allowed to list users.")
        return self.paper.users[number]

    # Embedding

    def embedded(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the additions of `_embed`: authors, terms, ten replies, post above, parent comment."""
        asked = self.params["_embed"]
        names = asked.split(",") if asked not in ("", "1", "true") else None
        return {
            name: value
            for name, links in item["_links"].items()
            if (names is None or name in names)
            and (value := [self.follow(x) for x in links if x.get("embeddable")])
        }

    def follow(self, link: dict[str, Any]) -> Any:
        """The answer behind a link, as REST would give it (a refusal is embedded as its body)."""
        route, _, query = str(link["href"]).partition("/wp-json")[2].partition("?")
        inner = _Desk(self.paper, Request("GET", f"/wp-json{route}", query))
        try:
            value, _ = inner.answer(route)
        except Refused as refused:
            return refused.body
        return value
