"""REST API and feeds that a site's own pages declare.

Pure. Parses `<link>` elements and the Link header; a URL is believed only on the same site.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from lxml import etree, html

from archive.core import urls
from archive.core.crawl_state import Declared
from archive.core.records import Page, PageKind

_API = "https://api.w.org/"
_HEADER_LINK = re.compile(r'<([^<>]*)>\s*;[^,<]*?\brel="?https://api\.w\.org/"?')
_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/rdf+xml"}
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
    feeds = _feeds(page)
    ours = [(url, title) for url, title in feeds if urls.same_host(url, home)]
    comments = [url for url, title in ours if is_comments_feed(url, title)]
    posts = [url for url, title in ours if not is_comments_feed(url, title)]
    root = _rest_root(page)
    is_ours = root is not None and urls.same_host(root, home)
    return Declared(
        rest=root if is_ours else None,
        posts_feed=next(iter(posts), None),
        comments_feed=next(iter(comments), None),
    )


def foreign_rest(page: Page, home: str) -> str | None:
    """Return the REST root that a page declares elsewhere, or None.

    A root on another site is never used.
    """
    root = _rest_root(page)
    if root and not urls.same_host(root, home):
        return root
    return None


def is_comments_feed(url: str, title: str) -> bool:
    """True if a declared feed has comments, by its URL or title."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    return bool(_COMMENTS_URL.search(target) or _COMMENTS_TITLE.search(title))


def guessed_feed_urls(kind: PageKind, home: str) -> tuple[str, ...]:
    """Return usual feed URLs, for sites that declare none."""
    return tuple(urljoin(home + "/", name) for name in _GUESSES[kind])


def feed_of(declared: Declared, kind: PageKind) -> str | None:
    """Return the URL of a declared feed of a kind, or None."""
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
    found = []
    for link in _links(page):
        media_type = (link.get("type") or "").strip().lower()
        relations = (link.get("rel") or "").lower().split()
        if media_type in _FEED_TYPES and "alternate" in relations:
            url = urls.absolute(link.get("href"), page.final_url)
            found += [(url, link.get("title") or "")] if url else []
    return found


def _links(page: Page) -> list[html.HtmlElement]:
    if page.status != 200 or not page.body.strip():
        return []
    try:
        tree = html.fromstring(page.body)
    except (etree.LxmlError, ValueError):
        return []
    return list(tree.iter("link"))
