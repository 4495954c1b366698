"""Feeds of the newest articles and comments.

Pure. They are WordPress' only surface with conditional requests. RSS and Atom are parsed alike, and only for
the URLs in them; so is JSON Feed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus

from archive.core import urls
from archive.core.answers.reader_guard import reader
from archive.core.records import Page
from crawler.fetch.validators import has_validators
from crawler.frontier.addresses import Listed
from pipeline.platforms import feed_pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Comment in a feed: its own id and its article's URL."""

    comment_id: str
    article: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAnswer:
    """Response of a feed.

    `is_silent` is True where nothing is new, by a 304 or by a body with the same digest.
    """

    page: Page
    is_silent: bool

    @property
    def is_mute(self) -> bool:
        """True if the response has no validator for a conditional request."""
        return self.page.status == HTTPStatus.OK and not has_validators(self.page)

    @property
    def is_feed(self) -> bool:
        """True if the response is a feed at all."""
        return self.page.status == HTTPStatus.NOT_MODIFIED or is_feed(self.page)


def feed_digest(page: Page) -> str:
    """Return a digest of a feed without its build time.

    It replaces the validators of a site without any.
    """
    content = re.sub(rb"<(lastBuildDate|updated)>[^<]*</\1>", b"", page.body, count=1)
    return hashlib.sha256(content).hexdigest()


@reader(None)
def read_posts_feed(page: Page) -> tuple[Listed, ...] | None:
    """Return the articles in a feed, if the response is one and not empty."""
    entries = feed_pages.read_entries(page)
    if not entries:
        return None
    found = []
    for entry in entries:
        url = entry.link and urls.absolute(entry.link, page.final_url)
        if url:
            found.append(Listed(url=url, post_id=_post_id(entry.guid), is_post=True))
    return tuple(found)


@reader(None)
def read_comments_feed(page: Page) -> tuple[Mention, ...] | None:
    """Return the comments in a comments feed, if the response is one."""
    links = feed_pages.read_comment_links(page)
    if links is None:
        return None
    return tuple(Mention(comment_id=number, article=urls.clean(link)) for number, link in links)


@reader(False)
def is_feed(page: Page) -> bool:
    """True if a response is RSS, Atom or JSON Feed."""
    return feed_pages.read_entries(page) is not None


def _post_id(guid: str) -> int | None:
    found = re.search(r"[?&]p=(\d{1,18})(?!\d)", guid, re.ASCII)
    return int(found[1]) if found else None
