"""Responses of WordPress' REST API: ids, posts and content types in them.

Pure. The content is parsed by the pipeline. A site may respond with any JSON, so a response that is no
listing is None, and an entry of another type is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from archive.core import urls
from archive.core.answers import json_text
from archive.core.answers.reader_guard import reader
from archive.core.records import POST, Page
from crawler.frontier.addresses import Listed
from pipeline.platforms.json_values import object_in, objects_in, string_in
from pipeline.platforms.wordpress import rest_urls

_LONGEST_ID = 20  # characters
MOST_PARTS = 50  # of one article that are requested


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentType:
    """A content type of a site: WordPress' name, and its REST route."""

    name: str
    route: str


PAGE_TYPE = ContentType(name="page", route="pages")


@reader(None)
def read_types(page: Page) -> tuple[ContentType, ...] | None:
    """Return the content types that REST lists below wp/v2, posts first.

    No result if the response is no list of types.
    """
    types = json_text.parse_answer(page)
    if not isinstance(types, dict) or not types or "code" in types:
        return None
    kinds = map(_content_type, objects_in(list(types.values())))
    found = filter(None, kinds)
    return tuple(sorted(found, key=lambda kind: kind.name != POST))


def _content_type(kind: dict[str, Any]) -> ContentType | None:
    name = string_in(kind.get("slug"))
    route = string_in(kind.get("rest_base"))
    if name is None or route is None or not re.fullmatch(r"[\w-]+", route):
        return None
    if kind.get("rest_namespace", "wp/v2") != "wp/v2":
        return None
    return ContentType(name=name, route=route)


def read_ids(page: Page) -> set[str] | None:
    """Return the ids in a listing as text, if the response is one."""
    items = read_array(page)
    if items is None:
        return None
    return {str(item.get("id"))[:_LONGEST_ID] for item in items}


def read_numbers(page: Page) -> list[int] | None:
    """Return the ids of a listing in its order.

    No result if it is no listing, or has an id that is no number.
    """
    items = read_array(page) or ()
    ids = [read_id(item.get("id")) for item in items]
    numbers = [number for number in ids if number is not None]
    if numbers and len(numbers) == len(ids):
        return numbers
    return None


def not_shown(page: Page, asked: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the requested ids that a listing proves hidden.

    In their order. Empty, unless the response has an id that is shown according to `known`, and no id that
    was not requested. Where it has fewer entries than it counts, it proves nothing of ids after its last
    entry: some sites return fewer entries than requested.
    """
    wanted = list(asked)
    shown = read_ids(page) or set()
    numbers = read_numbers(page) or []
    if not shown.intersection(known) or not shown.issubset(wanted):
        return []
    absent = [key for key in wanted if key not in shown]
    if total(page) == len(shown):
        return absent
    in_order = numbers == sorted(numbers)
    if not in_order:
        return []
    return [key for key in absent if key.isdecimal() and int(key) < numbers[-1]]


def read_commented(page: Page) -> set[int]:
    """Return the ids of the posts of a listing's comments."""
    items = read_array(page) or ()
    posts = (read_id(item.get("post")) for item in items)
    return {post for post in posts if post}


def read_id(value: object) -> int | None:
    """Return WordPress' id, if it is a number that SQLite can store."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    if 0 <= value < 1 << 63:
        return int(value)
    return None


@reader(None)
def read_array(page: Page) -> list[dict[str, Any]] | None:
    """Return the objects of a REST listing, if the response is one."""
    value = json_text.parse_answer(page)
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return None


def is_refusal(page: Page) -> bool:
    """True if a response is REST's own error, so REST exists."""
    try:
        value = json_text.parse_json(page.body).value
    except ValueError:
        return False
    code = object_in(value).get("code", "")
    return str(code).startswith("rest_")


def read_posts(page: Page) -> tuple[Listed, ...] | None:
    """Return the posts in a REST listing, without password-protected ones.

    No result if it is no listing.
    """
    items = read_array(page)
    if items is None:
        return None
    posts = []
    for item in items:
        url = urls.absolute(raw_link(item), page.final_url)
        if url and read_id(item.get("id")) is not None and not _protected(item):
            posts.append(_listed(url, item))
    return tuple(posts)


def _listed(url: str, item: dict[str, Any]) -> Listed:
    lastmod = stated_text(item.get("modified_gmt"))
    kind = stated_text(item.get("type"))
    return Listed(url=url, lastmod=lastmod, post_id=read_id(item.get("id")), is_post=True, type=kind)


def read_divided(page: Page) -> dict[str, tuple[str, ...]]:
    """Return a listing's divided posts, as URL: URLs of further parts.

    A block theme links them nowhere.
    """
    divided = {}
    for item in read_array(page) or ():
        url = urls.absolute(raw_link(item), page.final_url)
        numbers = range(2, _breaks(item) + 2)
        if url and numbers:
            divided[url] = tuple(urls.part_url(url, number) for number in numbers)
    return divided


def _breaks(item: dict[str, Any]) -> int:
    """Return the number of a post's page breaks.

    At most MOST_PARTS - 1; 0 without its text.
    """
    content = object_in(item.get("content"))
    text = str(content.get("rendered") or "")
    return min(text.count("<!--nextpage-->"), MOST_PARTS - 1)


def _protected(item: dict[str, Any]) -> bool:
    content = item.get("content")
    return isinstance(content, dict) and bool(content.get("protected"))


def raw_link(item: dict[str, Any]) -> str | None:
    """Return the link of an item verbatim.

    So that a broken one is not taken for another URL.
    """
    return string_in(item.get("link"))


def stated_text(value: object) -> str | None:
    """Return a text without invalid characters; no result for an empty one."""
    if isinstance(value, str) and value:
        return value.encode("utf-8", "replace").decode()
    return None


def total(page: Page, name: str = "x-wp-total") -> int | None:
    """Return the total in a REST listing's header, if stated."""
    value = page.header(name) or ""
    if value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return None


def page_count(page: Page, number: int, before: bytes) -> int:
    """Return the number of pages of a REST listing.

    Without a header, one more after a full page `number`. `before` is the body of the previous page: a cache
    that returns one page for every request is not followed for ever.
    """
    stated = total(page, "x-wp-totalpages")
    if stated is not None:
        return stated
    is_full = len(read_array(page) or ()) >= rest_urls.PER_PAGE
    return number + (is_full and page.body != before)


def is_past_the_end(page: Page, number: int) -> bool:
    """True if a listing has no page `number`, by WordPress' 400.

    That is its response after a full last page.
    """
    return number > 1 and page.status == 400 and b"invalid_page_number" in page.body
