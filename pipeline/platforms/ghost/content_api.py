"""Ghost's Content API, by the public key that a theme gives to every reader's browser.

Defines the form of its responses. Most sites close it to crawlers by robots.txt, which is obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from archive.core.answers.json_text import parse_answer
from archive.core.records import Extract, Page, Problem, Site
from pipeline.platforms.adapter import ApiEntry
from pipeline.platforms.api_answers import Said, names_in, parse_entries, paywalled, said_text
from pipeline.platforms.json_values import object_in, objects_in

_SIZE = 50
_KEY = re.compile(rb"""data-key=["']([0-9a-f]{20,40})["']""")
_ROOT = re.compile(rb"""data-api=["']([^"']{1,300})["']""")
_ROUTE = re.compile(r"/ghost/api/(?:v\d+/)?content/posts/$")
_READERS = {"members": "its members", "paid": "paying members", "tiers": "some paying members"}


class GhostContent:
    """The list of posts, newest first."""

    def first(self, page: Page) -> str | None:
        """Return the URL of the first response, if the theme shows a key."""
        key = _KEY.search(page.body)
        if key is None:
            return None
        return _first_url(_root(page), {"key": key[1].decode()})

    def entries(self, page: Page) -> tuple[ApiEntry, ...] | None:
        """Return the posts of a response, if it is one of this API."""
        posts = _posts(page)
        if posts is None:
            return None
        told = ((said_text(post.get("url")), said_text(post.get("updated_at"))) for post in posts)
        return tuple(ApiEntry(url=url, changed=changed) for url, changed in told if url)

    def following(self, page: Page) -> str | None:
        """Return the URL of the next answer, by the number that this one states."""
        meta = object_in(object_in(parse_answer(page)).get("meta"))
        number = object_in(meta.get("pagination")).get("next")
        if not isinstance(number, int):
            return None
        parts = urlsplit(page.url)
        values = dict(parse_qsl(parts.query))
        values["page"] = str(number)
        return urlunsplit(parts._replace(query=urlencode(values, safe=",")))

    def parse(self, page: Page, site: Site) -> Extract:
        """Return the posts of an answer with their texts, and which of them are for members."""
        posts = _posts(page) or []
        extract = parse_entries(posts, page, site, lambda post: _facts(post, site))
        kept_back = (_kept_back(post) for post in posts)
        return replace(extract, problems=(*extract.problems, *filter(None, kept_back)))


def keyless_first(home: str) -> str:
    """Return the URL of the first response of the site at `home`, without a key."""
    return _first_url(f"{home}/ghost/api/content/", {})


def _first_url(root: str, key: Mapping[str, str]) -> str:
    values = {**key, "include": "authors,tags", "limit": str(_SIZE), "page": "1"}
    return urljoin(root, "posts/") + f"?{urlencode(values, safe=',')}"


def _root(page: Page) -> str:
    """Return the stated root of the API, else the usual."""
    root = urljoin(page.final_url, "/")
    if stated := _ROOT.search(page.body):
        address = unescape(stated[1].decode("utf-8", "replace"))
        root = urljoin(page.final_url, address)
    if urlsplit(root).path.endswith("/content/"):
        return root
    return urljoin(root, "/ghost/api/content/")


def _posts(page: Page) -> list[Said] | None:
    if not _ROUTE.search(urlsplit(page.final_url).path):
        return None
    posts = object_in(parse_answer(page)).get("posts")
    if not isinstance(posts, list):
        return None
    return objects_in(posts)


def _facts(post: Said, site: Site) -> tuple[str | None, Mapping[str, Any], str | None]:
    from pipeline.dates import parse as dates  # noqa: PLC0415  (all systems are loaded, few have an API)

    tags = [tag for tag in objects_in(post.get("tags")) if _is_public(tag)]
    facts = {
        "title": said_text(post.get("title")),
        "authors": names_in(post.get("authors")),
        "published": dates.iso(said_text(post.get("published_at")), site.timezone),
        "modified": dates.iso(said_text(post.get("updated_at")), site.timezone),
        "description": said_text(post.get("custom_excerpt")) or said_text(post.get("excerpt")),
        "tags": names_in(tags),
        "image": said_text(post.get("feature_image")),
    }
    markup = None
    if post.get("html") and not _is_closed(post):
        markup = str(post["html"])
    return said_text(post.get("url")), facts, markup


def _is_public(tag: Said) -> bool:
    visibility: object = tag.get("visibility", "public")
    return visibility == "public"


def _is_closed(post: Said) -> bool:
    return post.get("visibility") in _READERS and post.get("access") is not True


def _kept_back(post: Said) -> Problem | None:
    url = said_text(post.get("url"))
    if not url or not _is_closed(post):
        return None
    return paywalled(url, _READERS[post["visibility"]])
