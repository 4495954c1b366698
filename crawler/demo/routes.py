"""Routes of the demo newspaper: pages, feeds, pictures and REST by path."""

from __future__ import annotations

import re
from collections.abc import Callable

from crawler.demo import art, feeds, pages, rest
from crawler.demo.paper import Paper
from crawler.demo.response import Response

_FIXED: dict[str, Callable[[Paper], Response]] = {
    "/feed": feeds.article_feed,
    "/comments/feed": feeds.comment_feed,
    "/robots.txt": feeds.robots_txt,
    "/wp-sitemap.xml": feeds.sitemap_index,
    "/wp-sitemap-posts-post-1.xml": feeds.sitemap,
    "/wp-json": rest.index,
}
_LIST = re.compile(r"(/(?:author|category|tag)/[^/]+)?(?:/|/page/(\d+))?")
_AVATAR = re.compile(r"/avatars/(\w)-(\d+)\.svg")
_PHOTOGRAPH = re.compile(r"/wp-content/uploads/.*/([\w-]+)\.svg")


def respond(paper: Paper, path: str, query: dict[str, str]) -> Response:
    """Return the response to a path, or the 404 page."""
    if fixed := _FIXED.get(path.rstrip("/")):
        return fixed(paper)
    if path.startswith("/wp-json/wp/v2/"):
        return rest.rest_answer(paper, path.removeprefix("/wp-json/wp/v2/"), query)
    if article := next((each for each in paper.articles.values() if each.path == path), None):
        return pages.render_article(paper, article)
    if path in paper.moved:
        return Response.redirect(paper.base + paper.moved[path])
    if path == "/" and query.get("p", "").isdigit():
        return _short_link(paper, int(query["p"]))
    if found := _LIST.fullmatch(path):
        return _list(paper, found.group(1), int(found.group(2) or 1))
    return _file(path) or pages.not_found(paper)


def _short_link(paper: Paper, number: int) -> Response:
    article = paper.articles.get(number)
    return Response.redirect(paper.base + article.path) if article else pages.not_found(paper)


def _list(paper: Paper, path: str | None, number: int) -> Response:
    if path is None:
        return pages.render_listing(paper, None, number)
    term = next((each for each in paper.terms.values() if each.path == path), None)
    return pages.render_listing(paper, term, number) if term else pages.not_found(paper)


def _file(path: str) -> Response | None:
    """Return a picture or the style sheet."""
    if path == "/style.css":
        return Response.text(pages.style(), "text/css")
    if path == "/favicon.ico":
        return Response.text(art.initial("P", 6), art.TYPE)
    if found := _AVATAR.fullmatch(path):
        return Response.text(art.initial(found.group(1), int(found.group(2))), art.TYPE)
    if found := _PHOTOGRAPH.fullmatch(path):
        return Response.text(art.landscape(found.group(1)), art.TYPE)
    return None
