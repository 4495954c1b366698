"""Substack's public list of posts, `/api/v1/archive`: facts of all posts, without their texts.

Defines the form of its entries. Posts for paying readers are in it as well; they are named, and not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from archive.core.answers.json_text import parse_answer
from archive.core.records import Extract, Page, Problem, Site
from pipeline.platforms.adapter import ApiEntry
from pipeline.platforms.api_answers import Said, names_in, parse_entries, paywalled, said_text

_ROUTE = "/api/v1/archive"
_SIZE = 50
_READERS = {"only_paid": "paying readers", "founding": "founding members"}


class SubstackArchive:
    """The list of posts, newest first."""

    def first(self, page: Page) -> str | None:
        """Return the URL of the first answer."""
        return _url(page, 0)

    def entries(self, page: Page) -> tuple[ApiEntry, ...] | None:
        """Return the posts of a response, if it is a list of posts."""
        posts = _posts(page)
        if posts is None:
            return None
        told = (said_text(post.get("canonical_url")) for post in posts)
        return tuple(ApiEntry(url=url) for url in told if url)

    def following(self, page: Page) -> str | None:
        """Return the URL of the posts after those of a response, unless it is empty."""
        offset = parse_qs(urlsplit(page.url).query).get("offset", ["0"])[0]
        came = len(_posts(page) or ())
        return _url(page, int(offset) + came) if came and offset.isdecimal() else None

    def parse(self, page: Page, site: Site) -> Extract:
        """Return the facts of an answer's posts, and which of them are for payers."""
        posts = _posts(page) or []
        extract = parse_entries(posts, page, site, lambda post: _facts(post, site))
        paid = tuple(_paid(post) for post in posts)
        return replace(extract, problems=(*extract.problems, *filter(None, paid)))


def _url(page: Page, offset: int) -> str:
    return urljoin(page.final_url, f"{_ROUTE}?sort=new&offset={offset}&limit={_SIZE}")


def _posts(page: Page) -> list[Said] | None:
    if not urlsplit(page.final_url).path.endswith(_ROUTE):
        return None
    said = parse_answer(page)
    if not isinstance(said, list):
        return None
    return [post for post in said if isinstance(post, dict) and "canonical_url" in post]


def _facts(post: Said, site: Site) -> tuple[str | None, Mapping[str, Any], str | None]:
    from pipeline.dates import parse as dates  # noqa: PLC0415  (all systems are loaded, few have an API)

    facts = {
        "title": said_text(post.get("title")),
        "authors": names_in(post.get("publishedBylines")),
        "published": dates.iso(said_text(post.get("post_date")), site.timezone),
        "description": said_text(post.get("description")) or said_text(post.get("subtitle")),
        "tags": names_in(post.get("postTags")),
        "image": said_text(post.get("cover_image")),
    }
    return said_text(post.get("canonical_url")), facts, None


def _paid(post: Said) -> Problem | None:
    readers = _READERS.get(str(post.get("audience")))
    url = said_text(post.get("canonical_url"))
    return paywalled(url, readers) if readers and url else None
