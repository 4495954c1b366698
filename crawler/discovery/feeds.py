"""Feeds of the newest articles and comments.

Pure. They are WordPress' only surface with conditional requests. RSS and Atom are parsed alike, and only for
the URLs in them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit, urlunsplit

from lxml import etree

from archive.core import tolerant_xml, urls
from archive.core.reader_guard import reader
from archive.core.records import Page
from crawler.fetch.validators import has_validators
from crawler.frontier.addresses import Listed

_COMMENT = re.compile(r"#comment-(\d{1,18})(?!\d)", re.ASCII)


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


def posts_feed_url(site_url: str) -> str:
    """Return WordPress' URL of the feed of posts.

    Its further pages reach back to the first post.
    """
    return urljoin(site_url + "/", "feed")


def feed_page_url(url: str, page: int) -> str:
    """Return the URL of a further page of the feed of posts.

    `url` is that of the first page; pages count from 1.
    """
    parts = urlsplit(url)
    paged = f"paged={page}" if page > 1 else ""
    query = "&".join(filter(None, [parts.query, paged]))
    return urlunsplit(parts._replace(query=query))


def comments_feed_url(site_url: str) -> str:
    """Return WordPress' URL of the feed of the newest comments.

    It is for the whole site, and has no further pages.
    """
    return urljoin(site_url + "/", "comments/feed")


@reader(None)
def read_posts_feed(page: Page) -> tuple[Listed, ...] | None:
    """Return the articles in a feed.

    None if the response is no feed, or an empty one.
    """
    entries = read_entries(page)
    if not entries:
        return None
    found = ((urls.absolute(entry.link, page.final_url), entry.guid) for entry in entries if entry.link)
    return tuple(Listed(url=url, post_id=_post_id(guid), is_post=True) for url, guid in found if url)


@reader(None)
def read_comments_feed(page: Page) -> tuple[Mention, ...] | None:
    """Return the comments in a comments feed.

    None if the response is no feed.
    """
    entries = read_entries(page)
    if entries is None:
        return None
    mentions = []
    for entry in entries:
        link = urls.absolute(entry.link, page.final_url)
        if link and (found := _COMMENT.search(f"{entry.guid} {link}")):
            article = urls.clean(link)
            mentions.append(Mention(comment_id=found[1], article=article))
    return tuple(mentions)


@reader(False)
def is_feed(page: Page) -> bool:
    """True if a response is RSS or Atom."""
    return read_entries(page) is not None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a feed. A missing value is ""."""

    link: str
    guid: str


def read_entries(page: Page) -> list[_Entry] | None:
    """Return the entries of a feed, or None if it is none."""
    if page.status != 200:
        return None
    root, _ = tolerant_xml.parse_xml(page.body, page.header("content-type"))
    if root is None or tolerant_xml.local_name(root) not in {"rss", "feed", "RDF"}:
        return None
    tags = {"item", "entry"}
    return [_entry(element) for element in root.iter() if tolerant_xml.local_name(element) in tags]


def _entry(element: etree._Element) -> _Entry:
    """Return an entry of a feed.

    RSS has its link as text, Atom in an attribute; a guid may replace the link.
    """
    links: list[str] = []
    guid, permanent = "", True
    for child in element:
        match tolerant_xml.local_name(child):
            case "link" if child.get("rel", "alternate") == "alternate":
                text = "".join(child.itertext()).strip()
                links.append(child.get("href") or text)
            case "guid" | "id":
                guid = guid or "".join(child.itertext()).strip()
                permanent = child.get("isPermaLink") != "false"
    fallback = guid if permanent and guid.startswith("http") else ""
    link = next(filter(None, links), fallback)
    return _Entry(link=link, guid=guid)


def _post_id(guid: str) -> int | None:
    found = re.search(r"[?&]p=(\d{1,18})(?!\d)", guid, re.ASCII)
    return int(found[1]) if found else None
