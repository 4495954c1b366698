"""HTML pages of the demo newspaper, as of a classic WordPress theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from crawler.demo.paper import NAME, TAGLINE, Paper, PaperArticle, PaperComment, PaperTerm
from crawler.demo.response import Response

_PER_PAGE = 10
_DEEPEST = 5  # replies below this depth stand side by side, as WordPress prints them
_HERE = Path(__file__).parent


@dataclass(slots=True)
class _Node:
    """A comment with its replies; `depth` counts from 1."""

    comment: PaperComment
    depth: int
    replies: list[_Node] = field(default_factory=list)


def render_listing(paper: Paper, term: PaperTerm | None, number: int) -> Response:
    """Return a page (from 1) of the front page or a term.

    The 404 page past the end.
    """
    found = paper.newest(term)
    last = max(1, -(-len(found) // _PER_PAGE))
    if not 1 <= number <= last:
        return not_found(paper)
    articles = found[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    values = {"term": term, "current": term, "articles": articles, "number": number, "last": last}
    return Response.text(_render("list.html", paper, path=term.path if term else "", **values))


def render_article(paper: Paper, article: PaperArticle) -> Response:
    """Return the page of an article with its whole thread."""
    comments = paper.thread(article)
    others = [each for each in paper.newest(article.category) if each != article][:4]
    thread = {"comments": comments, "tree": tree(comments)}
    values = {"article": article, "current": article.category, "others": others, **thread}
    return Response.text(_render("article.html", paper, **values))


def not_found(paper: Paper) -> Response:
    """Return the 404 page."""
    return Response.text(_render("list.html", paper, articles=[], number=1, last=1), status=404)


def style() -> str:
    """Return the style sheet."""
    return (_HERE / "static" / "style.css").read_text(encoding="utf-8")


def tree(comments: list[PaperComment]) -> list[_Node]:
    """Return comments as trees, in the order of their arrival."""
    nodes: dict[int, _Node] = {}
    roots: list[_Node] = []
    for comment in sorted(comments, key=lambda each: each.id):
        above = nodes.get(comment.parent)
        node = nodes[comment.id] = _Node(comment, 1 if above is None else min(above.depth + 1, _DEEPEST))
        (roots if above is None else above.replies).append(node)
    return roots


def fill_template(template: str, **values: Any) -> str:
    """Return a template filled with values.

    Values are escaped unless they are markup.
    """
    return _templates().get_template(template).render(name=NAME, tagline=TAGLINE, **values)


def _render(template: str, paper: Paper, **values: Any) -> str:
    replies: dict[int, int] = {}
    for comment in paper.comments.values():
        replies[comment.article] = replies.get(comment.article, 0) + 1
    categories = [term for term in paper.terms.values() if term.kind == "category"]
    frame = {"paper": paper, "base": paper.base, "replies": replies, "categories": categories}
    recent = paper.conversation()[:-6:-1]
    return fill_template(template, **frame, recent=recent, newest=paper.newest()[:5], **values)


def avatar(name: str) -> str:
    """Return the path of the picture next to a name."""
    initial = next((letter for letter in name if letter.isascii() and letter.isalnum()), "A").upper()
    return f"/avatars/{initial}-{sum(map(ord, name)) % 12}.svg"


def _long(moment: datetime) -> str:
    return f"{moment:%B} {moment.day}, {moment.year}"


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(_HERE / "templates")
    templates = jinja2.Environment(loader=loader, autoescape=True, auto_reload=False)
    templates.filters |= {"avatar": avatar, "long": _long, "markup": Markup}
    return templates
