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
from pipeline.dates import parse as dates
from pipeline.platforms.adapter import ApiEntry
from pipeline.platforms.api_answers import Said, names_in, parse_entries, paywalled, said_text

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
        stated = _ROOT.search(page.body)
        root = urljoin(page.final_url, unescape(stated[1].decode("utf-8", "replace")) if stated else "/")
        if not urlsplit(root).path.endswith("/content/"):
            root = urljoin(root, "/ghost/api/content/")
        asked = {"key": key[1].decode(), "include": "authors,tags", "limit": str(_SIZE), "page": "1"}
        return urljoin(root, "posts/") + f"?{urlencode(asked, safe=',')}"

    def entries(self, page: Page) -> tuple[ApiEntry, ...] | None:
        """Return the posts of a response, if it is one of this API."""
        posts = _posts(page)
        if posts is None:
            return None
        told = ((said_text(post.get("url")), said_text(post.get("updated_at"))) for post in posts)
        return tuple(ApiEntry(url=url, changed=changed) for url, changed in told if url)

    def following(self, page: Page) -> str | None:
        """Return the URL of the next answer, by the number that this one states."""
        said = parse_answer(page)
        meta = said.get("meta") if isinstance(said, dict) else None
        pagination = meta.get("pagination") if isinstance(meta, dict) else None
        number = pagination.get("next") if isinstance(pagination, dict) else None
        if not isinstance(number, int):
            return None
        parts = urlsplit(page.url)
        asked = dict(parse_qsl(parts.query)) | {"page": str(number)}
        return urlunsplit(parts._replace(query=urlencode(asked, safe=",")))

    def parse(self, page: Page, site: Site) -> Extract:
        """Return the posts of an answer with their texts, and which of them are for members."""
        posts = _posts(page) or []
        extract = parse_entries(posts, page, site, lambda post: _facts(post, site))
        kept_back = (_kept_back(post) for post in posts)
        return replace(extract, problems=(*extract.problems, *filter(None, kept_back)))


def _posts(page: Page) -> list[Said] | None:
    if not _ROUTE.search(urlsplit(page.final_url).path):
        return None
    said = parse_answer(page)
    posts = said.get("posts") if isinstance(said, dict) else None
    return [post for post in posts if isinstance(post, dict)] if isinstance(posts, list) else None


def _facts(post: Said, site: Site) -> tuple[str | None, Mapping[str, Any], str | None]:
    stated = post.get("tags")
    tags = [tag for tag in stated if _is_public(tag)] if isinstance(stated, list) else []
    facts = {
        "title": said_text(post.get("title")),
        "authors": names_in(post.get("authors")),
        "published": dates.iso(said_text(post.get("published_at")), site.timezone),
        "modified": dates.iso(said_text(post.get("updated_at")), site.timezone),
        "description": said_text(post.get("custom_excerpt")) or said_text(post.get("excerpt")),
        "tags": names_in(tags),
        "image": said_text(post.get("feature_image")),
    }
    markup = post.get("html")
    return said_text(post.get("url")), facts, None if _is_closed(post) else str(markup or "") or None


def _is_public(tag: object) -> bool:
    return isinstance(tag, dict) and tag.get("visibility", "public") == "public"


def _is_closed(post: Said) -> bool:
    return post.get("visibility") in _READERS and post.get("access") is not True


def _kept_back(post: Said) -> Problem | None:
    url = said_text(post.get("url"))
    return paywalled(url, _READERS[post["visibility"]]) if url and _is_closed(post) else None
