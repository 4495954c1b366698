"""REST API and feeds that a site's own pages declare.

Pure. Parses `<link>` elements and the Link header; a URL is believed only on the same site.
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from archive.core import urls
from archive.core.crawl_state import Declared
from archive.core.records import Page, PageKind
from pipeline.platforms import detection
from pipeline.platforms.adapter import Platform
from pipeline.platforms.wordpress.platform import WORDPRESS

_API = "https://api.w.org/"
_HEADER_LINK = re.compile(r'<([^<>]*)>\s*;[^,<]*?\brel="?https://api\.w\.org/"?')
_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"}
_PLAIN_TYPES = {"application/xml", "text/xml", "application/json"}
"""Types that say nothing of a feed; they are believed where the URL speaks of one."""
_FEED_URL = re.compile(r"(?:feed|rss|atom)[\w-]*(?:\.(?:xml|json))?/?(?:$|\?)", re.IGNORECASE)
_COMMENTS_URL = re.compile(r"/comments?(?:/|$)|feed=comments-", re.IGNORECASE)
_COMMENTS_TITLE = re.compile(r"comment|kommentar|commentaire|comentario|comentário|commenti", re.IGNORECASE)
_GUESSES = {
    PageKind.POSTS_FEED: ("?feed=rss2", "rss/", "atom.xml", "feed.xml", "rss.xml", "index.xml"),
    PageKind.COMMENTS_FEED: ("?feed=comments-rss2",),
}


def read_declared(page: Page, home: str) -> Declared:
    """Return what a page of the site at `home` declares.

    An empty Declared where the response is no page, or declares nothing.
    """
    own_feeds = [feed for feed in _feeds(page) if urls.same_host(feed[0], home)]
    comments = [url for url, title in own_feeds if is_comments_feed(url, title)]
    posts = [url for url, title in own_feeds if not is_comments_feed(url, title)]
    found = Declared(
        rest=_own_root(page, home),
        posts_feed=next(iter(posts), None),
        comments_feed=next(iter(comments), None),
    )
    if page.status != HTTPStatus.OK:
        return found
    detected = detection.detect(page)
    if detected is None:
        return found
    found = replace(found, platform=detected.platform.name)
    if detected.platform.api:
        found = replace(found, api=detected.platform.api.first(page))
    return found


def _own_root(page: Page, home: str) -> str | None:
    """Return the linked root of REST on the site's host."""
    root = _rest_root(page)
    if root is not None and urls.same_host(root, home):
        return root
    return None


def is_comments_feed(url: str, title: str) -> bool:
    """True if a declared feed has comments, by its URL or title."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    return bool(_COMMENTS_URL.search(target) or _COMMENTS_TITLE.search(title))


def guessed_feed_urls(kind: PageKind, home: str, platform: Platform | None) -> tuple[str, ...]:
    """Return usual feed URLs, for sites that declare no feed.

    Those of the system that runs the site, and of several where it is unknown or WordPress.
    """
    names = _GUESSES[kind]
    if platform is not None and platform is not WORDPRESS:
        names = _own(platform, kind)
    return tuple(urljoin(home + "/", name) for name in names)


def _own(platform: Platform, kind: PageKind) -> tuple[str, ...]:
    if kind is PageKind.POSTS_FEED:
        return platform.posts_feeds
    return platform.comments_feeds


def feed_of(declared: Declared, kind: PageKind) -> str | None:
    """Return the URL of a declared feed of a kind, if any."""
    if kind is PageKind.POSTS_FEED:
        return declared.posts_feed
    return declared.comments_feed


def _rest_root(page: Page) -> str | None:
    for name, value in page.headers:
        if name == "link" and (found := _HEADER_LINK.search(value)):
            return urls.absolute(found[1], page.final_url)
    for link in _links(page):
        if _API in (link.get("rel") or "").split():
            return urls.absolute(link.get("href"), page.final_url)
    return None


def _feeds(page: Page) -> list[tuple[str, str]]:
    """Return the URL and title of each declared feed, those in XML first."""
    in_xml: list[tuple[str, str]] = []
    in_json: list[tuple[str, str]] = []
    for link in _links(page):
        media_type = link.get("type", "").strip().lower()
        relations = link.get("rel", "").lower().split()
        href = link.get("href", "")
        if "alternate" not in relations or not _is_feed(media_type, href):
            continue
        url = urls.absolute(href, page.final_url)
        if url is None:
            continue
        group = in_xml
        if "json" in media_type:
            group = in_json
        group.append((url, link.get("title", "")))
    return in_xml + in_json


def _is_feed(media_type: str, href: str) -> bool:
    """True if a link is a feed by its type or URL."""
    if media_type in _FEED_TYPES:
        return True
    return media_type in _PLAIN_TYPES and _FEED_URL.search(href) is not None


def _links(page: Page) -> list[html.HtmlElement]:
    if page.status != 200 or not page.body.strip():
        return []
    try:
        tree = html.fromstring(page.body)
    except (etree.LxmlError, ValueError):
        return []
    return list(tree.iter("link"))
