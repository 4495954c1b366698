"""Reader of REST listings of posts and comments.

Parses WordPress' JSON.
Invariant: only published and approved items are returned; an entry that cannot be read becomes a problem and
does not affect the others.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
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
from pipeline.platforms.entries import ReadEntry, as_extract, has_value, unique
from pipeline.platforms.json_values import list_in, object_in, string_in

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
_APPROVED = (None, "approved", "approve", "1")
_COMMENTS_OPEN = {"open": True, "closed": False}
_TERMS = frozenset({"tags", "categories", "terms"})
_COMMENT_ORIGINS = tuple((field, "rest:comments") for field in ("parent", "author", "published", "text"))

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


def _listing(page: Page, read: Callable[[Entry], ReadEntry]) -> Extract:
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
            return _refused(data)
        data = [data]
    if not isinstance(data, list):
        return _failed("not-json", "The answer is no list.")
    problems = charset_problems(answer.decoded)
    found = [_guarded(read, entry) for entry in data]
    if not answer.is_clean:
        found.append(_NOISE)
    return as_extract(Surface.REST, found, problems)


def _guarded(read: Callable[[Entry], ReadEntry], entry: object) -> ReadEntry:
    if isinstance(entry, dict) and _id(entry.get("id")) is not None:
        return read(entry)
    return Problem(code="unreadable-entry", detail="An entry of the listing has no id.")


def _refused(error: Entry) -> Extract:
    """Return the error that WordPress states in place of a listing."""
    code = line(str(error["code"]))
    message = line(str(error.get("message", "")))
    return _failed("rest-error", f"The site answers {code}: {message}")


def _failed(code: str, detail: str) -> Extract:
    problem = Problem(code=code, detail=detail)
    return Extract(surface=Surface.REST, problems=(problem,))


def _post(entry: Entry, page: Page, site: Site) -> Article | Problem | None:
    link = string_in(entry.get("link"))
    url = urls.absolute(link, page.final_url)
    names_listing = link is not None and link.strip().startswith("?")
    if url is None or names_listing:
        return Problem(code="unreadable-entry", detail=f"Post {entry['id']} has no link.", field="url")
    content = object_in(entry.get("content"))
    if content.get("protected") is True:
        return Problem(code="password-protected", detail=f"{url} asks for a password.", url=url)
    is_published = _text(entry.get("status")) in (None, "publish")
    if not is_published or not _is_wanted(url, _text(entry.get("type")), site):
        return None
    facts = _facts(entry, page, site)
    markup = string_in(content.get("rendered"))
    written = None
    if markup is not None:
        own_page = replace(page, final_url=url)
        written, embeds = publisher.read_written(markup, own_page, site, facts)
        if _NEXT_PAGE in markup:
            facts["embeds"] = embeds
    served = urls.as_served(urls.clean(url), page.final_url)
    return Article(url=served, written=written, origins=_origins(entry, facts), **facts)


def _facts(entry: Entry, page: Page, site: Site) -> dict[str, Any]:
    """Return the facts that a post's entry states."""
    title = _rendered(entry.get("title"))
    excerpt = _rendered(entry.get("excerpt"))
    comment_status = _text(entry.get("comment_status"))
    return {
        "post_id": _id(entry["id"]),
        "type": _text(entry.get("type")),
        "title": markup_to_line(title),
        "authors": _authors(entry),
        "published": _moment(entry, "date", site),
        "modified": _moment(entry, "modified", site),
        "tags": _terms(entry, "post_tag"),
        "categories": _terms(entry, "category"),
        "terms": _own_terms(entry),
        "description": render(excerpt).text,
        "image": images.unwrap_image(_image(entry), page.final_url),
        "comments_open": _COMMENTS_OPEN.get(comment_status or ""),
    }


def _origins(entry: Entry, facts: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return where each fact is from."""
    stated: frozenset[str] = frozenset()
    if _embedded(entry, "wp:term"):
        stated = _TERMS
    found = []
    for name, value in facts.items():
        if name in stated and _is_cut(entry, name, value):
            found.append((name, FIRST_TEN))
        elif name in stated or has_value(value):
            found.append((name, "rest:posts"))
    return tuple(found)


def _is_cut(entry: Entry, name: str, given: tuple[str, ...]) -> bool:
    """True if a post has more terms of a kind than came with it."""
    stated = list_in(entry.get(name))
    return len(stated) > len(given) >= EMBEDDED - 1


def _comment(entry: Entry, page: Page, site: Site) -> Comment | Problem | None:
    if _text(entry.get("status")) not in _APPROVED:
        return None
    base = page.final_url
    link = urls.absolute(string_in(entry.get("link")), base)
    body = render(_rendered(entry.get("content")), link or base)
    author_url = html.unescape(string_in(entry.get("author_url")) or "")
    kind = _text(entry.get("type"))
    return Comment(
        id=str(entry["id"]),
        parent=_parent(entry),
        post_id=_id(entry.get("post")) or None,
        kind=_KINDS.get(kind or "", CommentKind.COMMENT),
        author=_commenter(entry),
        author_url=urls.absolute(author_url, base),
        published=_moment(entry, "date", site),
        published_raw=_text(entry.get("date")) or _text(entry.get("date_gmt")),
        text=body.text,
        html=body.html,
        permalink=link,
        origins=_COMMENT_ORIGINS,
    )


def _parent(entry: Entry) -> str | None:
    """Return the id of the comment answered to."""
    number = _id(entry.get("parent"))
    if number:
        return str(number)
    return None


def _commenter(entry: Entry) -> str | None:
    if "author_name" not in entry:
        return None
    name = markup_to_line(_text(entry["author_name"]))
    return name or "Anonymous"


def _moment(entry: Entry, name: str, site: Site) -> Moment | None:
    in_utc = _text(entry.get(f"{name}_gmt"))
    local = _text(entry.get(name))
    return dates.gmt(in_utc) or dates.iso(local, site.timezone)


def _embedded(entry: Entry, relation: str) -> list[Any]:
    """Return the linked items of an entry by relation."""
    embedded = object_in(entry.get("_embedded"))
    return list_in(embedded.get(relation))


def _authors(entry: Entry) -> tuple[str, ...]:
    """Return names from the embedded authors; a co-author plugin lists several."""
    authors = map(object_in, _embedded(entry, "author"))
    return unique(_name(author) for author in authors)


def _name(item: Entry) -> str | None:
    return markup_to_line(_text(item.get("name")))


def _all_terms(entry: Entry) -> list[Entry]:
    """Return the terms of all taxonomies."""
    groups = map(list_in, _embedded(entry, "wp:term"))
    return [object_in(term) for group in groups for term in group]


def _terms(entry: Entry, taxonomy: str) -> tuple[str, ...]:
    terms = _all_terms(entry)
    return unique(_name(term) for term in terms if term.get("taxonomy") == taxonomy)


def _own_terms(entry: Entry) -> tuple[str, ...]:
    """Return the terms of a site's own taxonomies, each as "taxonomy:name"."""
    found = []
    for term in _all_terms(entry):
        taxonomy = _text(term.get("taxonomy")) or ""
        name = _name(term)
        if name and _TAXONOMY.fullmatch(taxonomy) and taxonomy not in _POSTS_TAXONOMIES:
            found.append(f"{taxonomy}:{name}")
    return unique(found)


def _is_wanted(url: str, kind: str | None, site: Site) -> bool:
    """True if an item is archived: a post by its URL, any other item by its type."""
    if kind not in (None, POST):
        return site.wants_type(kind)
    return site.wants_type(POST) and urls.matches(url, site.article_pattern)


def _image(entry: Entry) -> str | None:
    media = _embedded(entry, "wp:featuredmedia")
    if not media:
        return _text(entry.get("jetpack_featured_media_url"))
    return _text(object_in(media[0]).get("source_url"))


def _rendered(value: object) -> str | None:
    """Return the HTML of a field."""
    if isinstance(value, dict):
        value = value.get("rendered")
    return _text(value)


def _text(value: object) -> str | None:
    """Return a string that is not empty, without surrogates."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode("utf-8") or None


def _id(value: object) -> int | None:
    """Return a WordPress id.

    JSON has also true, 1.0 and "12" in store; the last is one.
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if 0 <= value < 1 << 63:
        return value
    return None
