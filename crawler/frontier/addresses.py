"""URLs of a WordPress site: which are articles, and which further pages an article's page leads to.

Pure. It knows the shapes in which WordPress makes URLs, and reads no page but for the links to pages of the
same thread or article. What makes two URLs one is in `archive/core/urls.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core import urls
from archive.core.records import Page

_WORDPRESS = re.compile(
    r"(?:^|/)page/\d+$"
    r"|(?:^|/)(?:feed|rdf|rss2?|atom)(?:/(?:feed|rdf|rss2?|atom))?$"
    r"|^(?:[^/\d][^/]*/)*(?:tags?|author)/[^/.]+$"
    r"|^(?:[^/\d][^/]*/)*(?:category|search)/[^.]+$"
    r"|^(?:[^/\d][^/]*/)*(?:19|20)\d\d(?:/\d\d?){0,2}$"
    r"|/attachment/[^/]+$"
    r"|(?:^|/)wp-(?:admin|content|includes|json)(?:/|$)"
    r"|(?:^|/)(?:xmlrpc|wp-(?:activate|comments-post|cron|links-opml|login|mail|signup|trackback))\.php$"
    r"|\.(?:xml|xsl|rss|json|jpe?g|png|gif|webp|avif|svg|ico|pdf|zip|gz|mp3|mp4|css|js|txt)$",
    re.IGNORECASE,
)
"""Paths, as WordPress makes them, that show no article: lists, feeds, machinery and files.

The words alone make none: a section or a slug may be called "comments", "search" or "author", too.
"""

_ELSEWHERE = re.compile(
    r"^(?:[a-z]{2}/)?(?:about(?:-us)?|contact(?:-us)?|imprint|impressum|datenschutz|kontakt|privacy(?:-policy)?|"
    r"terms(?:-of-(?:use|service))?|cookie-policy|shop|store|cart|basket|checkout|(?:my-)?account|log-?in|"
    r"sign-?(?:in|up)|register|subscribe|sitemap)(?:\.html?|\.php)?$"
    r"|^(?:[a-z]{2}/)?users?/(?:\d+|login|register|password)(?:/|$)"
    r"|^(?:[a-z]{2}/)?(?:products?|collections|product-(?:category|tag))/.",
    re.IGNORECASE,
)
"""Paths that many systems, and shops beside a blog, have for what is no article."""

_ARCHIVE = re.compile(
    r"(?:^|/)(?:(?:tags?|category|author)/[^/]+|(?:archives/)?(?:19|20)\d\d(?:/\d\d)?)$", re.IGNORECASE
)
_POST = re.compile(r"(?:^|&)p=\d+(?:&|$)")
_COMMENT_PAGE = re.compile(r"/comment-page-\d{1,9}/?$|[?&]cpage=\d", re.IGNORECASE)
_COMMENT_ID = re.compile(rb"""id=["'](?:\w+-){0,2}comment-(\d{1,18})["']""")
_COMMENT_MARK = re.compile(rb"""(?:id|class)=["'][^"'>]*\b(?:comment-\d+|depth-\d+|pingback|trackback)\b""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One article as a listing names it. `lastmod` is the listing's mark of change, verbatim.

    `is_post`: the listing is one of posts alone (REST, a feed, a sitemap of posts), so it is an article's.
    """

    url: str
    lastmod: str | None = None
    post_id: int | None = None
    is_post: bool = False


def is_article(entry: Listed, site_url: str, pattern: str | None) -> bool:
    """True if what a listing names is an article of the site.

    The source's own pattern decides, if it has one. Else it must lie below the site's URL, and a listing of
    posts is believed; of other listings, what has the shape of a list, a feed or a static page is left out.
    """
    if pattern is not None:
        return urls.same_host(entry.url, site_url) and urls.matches(entry.url, pattern)
    if not urls.is_below(entry.url, site_url):
        return False
    cleaned = urls.clean(entry.url)
    path = urls.below(cleaned, site_url)
    if path in {"", "index.php"}:
        return _POST.search(cleaned.partition("?")[2]) is not None
    return entry.is_post or not (
        _WORDPRESS.search(path) or _ELSEWHERE.search(path) or urls.without_view(cleaned) != cleaned
    )


def is_archive(url: str) -> bool:
    """True if a URL is the first page of an archive: by category, tag, author, year or month."""
    return _ARCHIVE.search(urls.path_of(url).rstrip("/")) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPages:
    """The pages of an article's thread: all that are known of, and which one is at hand, if known."""

    urls: tuple[str, ...] = ()
    own: str | None = None


def thread_pages(page: Page) -> ThreadPages:
    """Return the pages of a thread, as far as one of its pages, or the article's own, names them.

    Without a parse: links that continue the article's own URL by /comment-page-N or, where permalinks are
    plain, by cpage=N. All pages up to the highest named are given in order, since themes name only the
    neighbours. Which page this is shows in the permalinks of its own comments, when they agree on one number;
    those of other comments, as a list of recent ones has them, say nothing about it.
    """
    article = urls.clean(page.final_url)
    pattern, make = _numbering(article)
    shown = shown_comments(page)
    named, own = set(), set()
    for found in re.finditer(pattern + rb"(?:#comment-(\d{1,18}))?", page.body, re.IGNORECASE):
        named.add(int(found[1]))
        if found[2] in shown:
            own.add(int(found[1]))
    pages = tuple(make.format(number) for number in range(1, max(named, default=0) + 1))
    here = own.pop() if len(own) == 1 else 0
    return ThreadPages(urls=pages, own=pages[here - 1] if here else None)


def _numbering(article: str) -> tuple[bytes, str]:
    """Return how links to the pages of an article's thread look, and how to make their URLs."""
    path, query = urls.path_of(article), article.partition("?")[2]
    if _POST.search(query):
        asked = re.escape(query).encode().replace(rb"\&", rb"(?:&|&amp;|&\#0*38;)")
        return rb"\?" + asked + rb"(?:&|&amp;|&#0*38;)cpage=(\d{1,4})", _braced(article) + "&cpage={}"
    base, _, asked_for = article.partition("?")
    slash = "/" if base.endswith("/") else ""
    rest = f"?{asked_for}" if asked_for else ""
    linked = re.escape(path.rstrip("/")).encode() + rb"/comment-page-(\d{1,4})/?"
    return linked, _braced(base.rstrip("/")) + "/comment-page-{}" + slash + _braced(rest)


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def parts(page: Page) -> tuple[str, ...]:
    """Return the URLs of the further parts of an article that is divided, as its first part names them."""
    article = urls.clean(page.final_url)
    path = urls.path_of(article).rstrip("/").encode()
    if not path or is_comment_page(page.url):
        return ()
    linked = rb"""href=["'](?:https?://[^/"']+)?""" + re.escape(path) + rb"""/(\d{1,2})(/?)["']"""
    found = re.findall(linked, page.body, re.IGNORECASE)
    numbers = {int(number): slash.decode() for number, slash in found if int(number) > 1}
    base = article.partition("?")[0].rstrip("/")
    return tuple(f"{base}/{number}{slash}" for number, slash in sorted(numbers.items()))


def is_comment_page(url: str) -> bool:
    """True if a URL is that of a further page of an article's thread."""
    return _COMMENT_PAGE.search(url.partition("#")[0]) is not None


def shows_comments(page: Page) -> bool:
    """True if a page has any comment in its markup. A comment page past the end answers 200 without one."""
    return page.status == 200 and _COMMENT_MARK.search(page.body) is not None


def shown_comments(page: Page) -> frozenset[bytes]:
    """Return the ids of the comments in a page's markup."""
    return frozenset(_COMMENT_ID.findall(page.body))
