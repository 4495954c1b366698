"""Addresses of a WordPress site: which are articles, which are pages of a thread, what stays of one.

Pure. It knows how WordPress makes addresses, and nothing of what stands behind them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from archive.core.records import Page

_LISTING_PATH = re.compile(
    r"/(tags?|category|author|page|feed|comments|wp-[a-z]+|search|amp|print|embed|trackback)(/|$)",
    re.IGNORECASE,
)
_ARCHIVE_PATH = re.compile(
    r"/(tags?|category|author)/[^/]+/?$|/(archives/)?(19|20)\d\d(/\d\d)?/?$", re.IGNORECASE
)
_COMMENT_PAGE = re.compile(r"/comment-page-\d{1,5}(?=/?$)", re.IGNORECASE)
_COMMENT_ID = re.compile(rb"""id=["'](?:\w+-){0,2}comment-(\d{1,18})["']""")
_COMMENT_MARK = re.compile(rb"""(?:id|class)=["'][^"'>]*\b(?:comment-\d+|depth-\d+|pingback|trackback)\b""")
_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|mc_[a-z]+|replytocom|share|amp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One article as a listing names it. `lastmod` is the listing's mark of change, verbatim."""

    url: str
    lastmod: str | None = None
    post_id: int | None = None


def absolute(base: str, link: str) -> str | None:
    """The whole address of a link on a page, or None where it is none: editors write "http://[link]", too."""
    try:
        url = urljoin(base, link.strip())
        url.encode()
        known = urlsplit(url).scheme in {"http", "https"} and urlsplit(url).port != 0
    except ValueError:  # a broken host or port, or a character that is none
        return None
    return url if known and link.strip() else None


def article_address(url: str) -> str:
    """An article's address without fragment, comment page, reply and tracking parameters."""
    parts = urlsplit(url)
    query = [(key, value) for key, values in parse_qs(parts.query).items() for value in values]
    kept = [(key, value) for key, value in query if not _TRACKING.match(key) and key != "cpage"]
    return urlunsplit(
        parts._replace(path=_COMMENT_PAGE.sub("", parts.path), query=urlencode(kept), fragment="")
    )


def is_article(url: str, site_url: str, pattern: str | None) -> bool:
    """Whether an address of a listing is an article's: by the source's own pattern, else by exclusion."""
    path = urlsplit(url).path
    if pattern is not None:
        return re.search(pattern, path) is not None
    return path.strip("/") != urlsplit(site_url).path.strip("/") and not _LISTING_PATH.search(path)


def is_archive(url: str) -> bool:
    """Whether an address is the first page of an archive: by category, tag, author, year or month."""
    return _ARCHIVE_PATH.search(urlsplit(url).path) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPages:
    """The pages of an article's thread: all that are known of, and which one is at hand, if known."""

    urls: tuple[str, ...] = ()
    own: str | None = None


def thread_pages(page: Page) -> ThreadPages:
    """The pages of a thread, as far as one of its pages, or the article's own, names them.

    Without a parse: links that continue the article's own path by /comment-page-N. All pages up to
    the highest named are given in order, since themes name only the neighbours. Which page this is
    shows in the permalinks of its comments, when they agree on one number.
    """
    article = article_address(page.final_url)
    path = urlsplit(article).path.rstrip("/").encode()
    named, permalinks = set(), set()
    for found in re.finditer(re.escape(path) + rb"/comment-page-(\d{1,4})/?(#comment-\d+)?", page.body):
        named.add(int(found[1]))
        if found[2]:
            permalinks.add(int(found[1]))
    slash = "/" if article.endswith("/") else ""
    urls = tuple(
        f"{article.rstrip('/')}/comment-page-{number}{slash}"
        for number in range(1, max(named, default=0) + 1)
    )
    own = permalinks.pop() if len(permalinks) == 1 else 0
    return ThreadPages(urls=urls, own=urls[own - 1] if own else None)


def parts(page: Page) -> tuple[str, ...]:
    """The addresses of the further parts of an article that is divided, as its first part names them."""
    article = article_address(page.final_url)
    path = urlsplit(article).path.rstrip("/").encode()
    if not path or is_comment_page(page.url):
        return ()
    found = re.findall(
        rb"""href=["'](?:https?://[^/"']+)?""" + re.escape(path) + rb"""/(\d{1,2})(/?)["']""", page.body
    )
    numbers = {int(number): slash.decode() for number, slash in found if int(number) > 1}
    return tuple(f"{article.rstrip('/')}/{number}{slash}" for number, slash in sorted(numbers.items()))


def is_comment_page(url: str) -> bool:
    """Whether an address is a further page of an article's thread."""
    return _COMMENT_PAGE.search(urlsplit(url).path) is not None


def shows_comments(page: Page) -> bool:
    """Whether a page has any comment in its markup. A comment page past the end answers 200 without one."""
    return page.status == 200 and _COMMENT_MARK.search(page.body) is not None


def shown_comments(page: Page) -> frozenset[bytes]:
    """The ids of the comments in a page's markup."""
    return frozenset(_COMMENT_ID.findall(page.body))
