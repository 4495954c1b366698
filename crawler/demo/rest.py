"""WordPress' REST routes for posts and comments, read-only.

Only the parameters that an archive uses.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from crawler.demo.feeds import absolute_markup
from crawler.demo.paper import NAME, TAGLINE, Paper, PaperArticle, PaperComment, PaperTerm
from crawler.demo.response import Response

_MOST = 100
_ORDERS: dict[str, Callable[[Any], Any]] = {
    "id": lambda each: each.id,
    "date": lambda each: (each.published, each.id),
    "modified": lambda each: (each.modified, each.id),
}


def rest_answer(paper: Paper, route: str, query: dict[str, str]) -> Response:
    """Return a list of posts or comments, or the post types.

    404 at another route.
    """
    if route == "types":
        return Response.json({"post": {"slug": "post", "name": "Posts", "rest_base": "posts"}})
    if route == "posts":
        posts = (each for each in paper.articles.values() if _is_wanted(each, query))
        return _page(posts, query, lambda each: _post(paper, each, embed="_embed" in query))
    if route == "comments":
        comments = (each for each in [*paper.comments.values(), *paper.strays] if _is_wanted(each, query))
        return _page(comments, query, lambda each: _comment(paper, each))
    return Response.json({"code": "rest_no_route", "message": "No route was found."}, 404)


def index(paper: Paper) -> Response:
    """Return the index, in which the site describes itself."""
    return Response.json({"name": NAME, "description": TAGLINE, "url": paper.base, "namespaces": ["wp/v2"]})


def _is_wanted(each: PaperArticle | PaperComment, query: dict[str, str]) -> bool:
    """True if a post or comment passes the filters of a query."""
    modified = each.modified if isinstance(each, PaperArticle) else each.published
    return (
        ("include" not in query or str(each.id) in query["include"].split(","))
        and (
            "post" not in query
            or (isinstance(each, PaperComment) and str(each.article) in query["post"].split(","))
        )
        and ("after" not in query or each.published > _moment(query["after"]))
        and ("before" not in query or each.published < _moment(query["before"]))
        and ("modified_after" not in query or modified > _moment(query["modified_after"]))
    )


def _page(found: Any, query: dict[str, str], item: Callable[[Any], dict[str, Any]]) -> Response:
    """Return one page of a list, with WordPress' headers for the totals."""
    order = _ORDERS.get(query.get("orderby", "date"), _ORDERS["date"])
    rows = sorted(found, key=order, reverse=query.get("order", "desc") == "desc")
    size, page = min(_number(query, "per_page", 10), _MOST), _number(query, "page", 1)
    begin = _number(query, "offset", (page - 1) * size)
    pages = -(-len(rows) // size)
    if page > max(pages, 1):
        return Response.json(
            {"code": "rest_post_invalid_page_number", "message": "There is no such page."}, 400
        )
    items = [_only(item(each), query.get("_fields", "")) for each in rows[begin : begin + size]]
    return Response.json(items, X_WP_Total=str(len(rows)), X_WP_TotalPages=str(pages))


def _only(item: dict[str, Any], fields: str) -> dict[str, Any]:
    """Return the requested fields of an item, or all.

    "content.rendered" is a part of a field.
    """
    names = fields.split(",") if fields else list(item)
    kept = {name: value for name, value in item.items() if name in names or name == "_embedded"}
    for name, _, part in (each.partition(".") for each in names):
        if part and part in item.get(name, {}):
            kept.setdefault(name, {})[part] = item[name][part]
    return kept


def _post(paper: Paper, article: PaperArticle, *, embed: bool) -> dict[str, Any]:
    embedded = {
        "author": [_term(paper, article.author)],
        "wp:term": [[_term(paper, article.category)], [_term(paper, tag) for tag in article.tags]],
    }
    return {
        "id": article.id,
        "date": _stamp(article.published),
        "date_gmt": _stamp(article.published),
        "modified": _stamp(article.modified),
        "modified_gmt": _stamp(article.modified),
        "type": "post",
        "link": paper.base + article.path,
        "title": {"rendered": escape(article.title, quote=False)},
        "content": {"rendered": absolute_markup(article.html, paper.base), "protected": False},
        "excerpt": {"rendered": f"<p>{escape(article.excerpt, quote=False)}</p>", "protected": False},
        "author": article.author.id,
        "categories": [article.category.id],
        "tags": [tag.id for tag in article.tags],
        "featured_media": 0,
        "comment_status": "open",
        **({"_embedded": embedded} if embed else {}),
    }


def _term(paper: Paper, term: PaperTerm) -> dict[str, Any]:
    taxonomy = {"category": "category", "tag": "post_tag"}.get(term.kind)
    named = {"taxonomy": taxonomy} if taxonomy else {}
    return {
        "id": term.id,
        "name": escape(term.name, quote=False),
        "slug": term.slug,
        "link": paper.base + term.path,
        **named,
    }


def _comment(paper: Paper, comment: PaperComment) -> dict[str, Any]:
    article = paper.articles.get(comment.article)
    return {
        "id": comment.id,
        "post": comment.article,
        "parent": comment.parent,
        "author_name": escape(comment.author, quote=False),
        "author_url": comment.url,
        "date": _stamp(comment.published),
        "date_gmt": _stamp(comment.published),
        "content": {"rendered": absolute_markup(comment.html, paper.base)},
        "link": f"{paper.base}{article.path if article else '/about'}#comment-{comment.id}",
        "status": "approved",
        "type": comment.kind,
    }


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _number(query: dict[str, str], name: str, default: int) -> int:
    return int(query[name]) if query.get(name, "").isdigit() else default
