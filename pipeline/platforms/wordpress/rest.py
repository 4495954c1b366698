"""Reader of REST listings of posts and comments.

Parses WordPress' JSON.
Invariant: only published and approved items are returned; an entry that cannot be read becomes a problem and
does not affect the others.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from archive.core import urls
from archive.core.answers import json_text
from archive.core.records import (
    POST,
    Article,
    Comment,
    CommentKind,
    Extract,
    Moment,
    Page,
    Problem,
    Site,
    Surface,
)
from archive.tables.change_detection import EMBEDDED
from archive.tables.merge import FIRST_TEN
from pipeline.article import publisher
from pipeline.dates import parse as dates
from pipeline.html import images
from pipeline.html.document import charset_problems
from pipeline.html.sanitize import line, markup_to_line, render

Entry = dict[str, Any]
_TAXONOMY = re.compile(r"[\w-]+")
_POSTS_TAXONOMIES = frozenset({"post_tag", "category", "post_format"})
_NEXT_PAGE = "<!--nextpage-->"
_KINDS = {
    "comment": CommentKind.COMMENT,
    "": CommentKind.COMMENT,
    "pingback": CommentKind.PINGBACK,
    "trackback": CommentKind.TRACKBACK,
}


_NOISE = Problem(
    code="json-noise",
    detail="REST's answer has something around its JSON, as a PHP warning or a cache's comment; it was read.",
)


def parse_posts(page: Page, site: Site) -> Extract:
    """Return the articles of a listing of posts.

    Facts, and the publisher's own copy of the text, with all parts of a divided one.
    """
    return _listing(page, lambda entry: _post(entry, page, site))


def parse_comments(page: Page, site: Site) -> Extract:
    """Return the comments of a listing."""
    return _listing(page, lambda entry: _comment(entry, page, site))


def _listing(page: Page, read: Callable[[Entry], Article | Comment | Problem | None]) -> Extract:
    """Read a JSON array entry by entry.

    A single object counts as a list of one.
    """
    if not page.body.strip():
        return Extract(surface=Surface.REST)
    try:
        answer = json_text.parse_json(page.body)
    except ValueError as error:
        return _failed("not-json", f"The answer is no JSON: {error}.")
    data = answer.value
    if isinstance(data, dict):
        if "code" in data and "id" not in data:
            return _failed(
                "rest-error",
                f"The site answers {line(str(data['code']))}: {line(str(data.get('message', '')))}",
            )
        data = [data]
    if not isinstance(data, list):
        return _failed("not-json", "The answer is no list.")
    found: list[Article | Comment | Problem | None] = [_guarded(read, entry) for entry in data]
    if not answer.is_clean:
        found.append(_NOISE)
    return Extract(
        surface=Surface.REST,
        articles=tuple(x for x in found if isinstance(x, Article)),
        comments=tuple(x for x in found if isinstance(x, Comment)),
        problems=(*charset_problems(answer.decoded), *(x for x in found if isinstance(x, Problem))),
    )


def _guarded(
    read: Callable[[Entry], Article | Comment | Problem | None], entry: object
) -> Article | Comment | Problem | None:
    if not isinstance(entry, dict) or _id(entry.get("id")) is None:
        return Problem(code="unreadable-entry", detail="An entry of the listing has no id.")
    return read(entry)


def _failed(code: str, detail: str) -> Extract:
    return Extract(surface=Surface.REST, problems=(Problem(code=code, detail=detail),))


def _post(entry: Entry, page: Page, site: Site) -> Article | Problem | None:
    link = _link(entry.get("link"))
    url = urls.absolute(link, page.final_url)
    if url is None or link is None or link.strip().startswith("?"):  # that would be the listing's own
        return Problem(code="unreadable-entry", detail=f"Post {entry['id']} has no link.", field="url")
    content = _dict(entry.get("content"))
    if content.get("protected") is True:
        return Problem(code="password-protected", detail=f"{url} asks for a password.", url=url)
    published = _text(entry.get("status")) in (None, "publish")
    kind = _text(entry.get("type"))
    if not published or not _is_wanted(url, kind, site):
        return None
    facts: dict[str, Any] = {
        "post_id": _id(entry["id"]),
        "type": kind,
        "title": markup_to_line(_rendered(entry.get("title"))),
        "authors": _authors(entry),
        "published": _moment(entry, "date", site),
        "modified": _moment(entry, "modified", site),
        "tags": _terms(entry, "post_tag"),
        "categories": _terms(entry, "category"),
        "terms": _own_terms(entry),
        "description": render(_rendered(entry.get("excerpt"))).text,
        "image": images.unwrap_image(_image(entry), page.final_url),
        "comments_open": {"open": True, "closed": False}.get(_text(entry.get("comment_status")) or ""),
    }
    markup = content.get("rendered")
    written = None
    if isinstance(markup, str):
        written, embeds = publisher.read_written(markup, replace(page, final_url=url), site, facts)
        facts |= {"embeds": embeds} if _NEXT_PAGE in markup else {}
    told = {"tags", "categories", "terms"} if _dict(entry.get("_embedded")).get("wp:term") else set()
    origins = tuple(
        (name, FIRST_TEN if name in told and _is_cut(entry, name, value) else "rest:posts")
        for name, value in facts.items()
        if value not in (None, ()) or name in told
    )
    served = urls.as_served(urls.clean(url), page.final_url)
    return Article(url=served, written=written, origins=origins, **facts)


def _is_cut(entry: Entry, name: str, given: tuple[str, ...]) -> bool:
    """True if a post has more terms of a kind than came with it."""
    return len(_list(entry.get(name))) > len(given) >= EMBEDDED - 1


def _comment(entry: Entry, page: Page, site: Site) -> Comment | Problem | None:
    if _text(entry.get("status")) not in (None, "approved", "approve", "1"):
        return None
    link = urls.absolute(_link(entry.get("link")), page.final_url)
    parent = _id(entry.get("parent"))
    said = render(_rendered(entry.get("content")), link or page.final_url)
    published = _moment(entry, "date", site)
    return Comment(
        id=str(entry["id"]),
        parent=str(parent) if parent else None,
        post_id=_id(entry.get("post")) or None,
        kind=_KINDS.get(_text(entry.get("type")) or "", CommentKind.COMMENT),
        author=(markup_to_line(_text(entry.get("author_name"))) or "Anonymous")
        if "author_name" in entry
        else None,
        author_url=urls.absolute(html.unescape(_link(entry.get("author_url")) or ""), page.final_url),
        published=published,
        published_raw=_text(entry.get("date")) or _text(entry.get("date_gmt")),
        text=said.text,
        html=said.html,
        permalink=link,
        origins=tuple((f, "rest:comments") for f in ("parent", "author", "published", "text")),
    )


def _moment(entry: Entry, name: str, site: Site) -> Moment | None:
    return dates.gmt(_text(entry.get(f"{name}_gmt"))) or dates.iso(_text(entry.get(name)), site.timezone)


def _authors(entry: Entry) -> tuple[str, ...]:
    """Return names from the embedded authors; a co-author plugin lists several."""
    embedded = _list(_dict(entry.get("_embedded")).get("author"))
    return _unique(markup_to_line(_text(_dict(author).get("name"))) for author in embedded)


def _terms(entry: Entry, taxonomy: str) -> tuple[str, ...]:
    groups = _list(_dict(entry.get("_embedded")).get("wp:term"))
    terms = [_dict(term) for group in groups for term in _list(group)]
    return _unique(
        markup_to_line(_text(term.get("name"))) for term in terms if term.get("taxonomy") == taxonomy
    )


def _own_terms(entry: Entry) -> tuple[str, ...]:
    """Return the terms of a site's own taxonomies, each as "taxonomy:name"."""
    groups = _list(_dict(entry.get("_embedded")).get("wp:term"))
    terms = [_dict(term) for group in groups for term in _list(group)]
    named = [(_text(term.get("taxonomy")), markup_to_line(_text(term.get("name")))) for term in terms]
    own = [(kind, name) for kind, name in named if kind and name and _TAXONOMY.fullmatch(kind)]
    return tuple(dict.fromkeys(f"{kind}:{name}" for kind, name in own if kind not in _POSTS_TAXONOMIES))


def _is_wanted(url: str, kind: str | None, site: Site) -> bool:
    """True if an item is archived: a post by its URL, any other item by its type."""
    if kind is None or kind == POST:
        return site.wants_type(POST) and urls.matches(url, site.article_pattern)
    return site.wants_type(kind)


def _image(entry: Entry) -> str | None:
    media = _list(_dict(entry.get("_embedded")).get("wp:featuredmedia"))
    return (
        _text(_dict(media[0]).get("source_url")) if media else _text(entry.get("jetpack_featured_media_url"))
    )


def _unique(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _rendered(value: object) -> str | None:
    return _text(_dict(value).get("rendered")) if isinstance(value, dict) else _text(value)


def _dict(value: object) -> Entry:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _link(value: object) -> str | None:
    """Return a link as it is written, so that a broken one becomes no other URL, if it is text."""
    return value if isinstance(value, str) else None


def _text(value: object) -> str | None:
    return value.encode("utf-8", "replace").decode("utf-8") or None if isinstance(value, str) else None


def _id(value: object) -> int | None:
    """Return a WordPress id.

    JSON has also true, 1.0 and "12" in store; the last is one.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None
