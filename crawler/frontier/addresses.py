"""URLs of a WordPress site: articles, and the further pages of each.

Pure. Knows the patterns of WordPress' URLs, and parses a page only for links to pages of the same thread or
article. Does not: decide which URLs are duplicates; `archive/core/urls.py` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core import urls
from archive.core.records import POST, Page

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
"""Paths of WordPress without an article: lists, feeds, internals and files.

A name alone excludes nothing: a section or a slug may be called "comments", "search" or "author", too.
"""

_ELSEWHERE = re.compile(
    r"^(?:[a-z]{2}/)?(?:about(?:-us)?|contact(?:-us)?|imprint|impressum|datenschutz|kontakt|privacy(?:-policy)?|"
    r"terms(?:-of-(?:use|service))?|cookie-policy|shop|store|cart|basket|checkout|(?:my-)?account|log-?in|"
    r"sign-?(?:in|up)|register|subscribe|sitemap)(?:\.html?|\.php)?$"
    r"|^(?:[a-z]{2}/)?users?/(?:\d+|login|register|password)(?:/|$)"
    r"|^(?:[a-z]{2}/)?(?:products?|collections|product-(?:category|tag))/.",
    re.IGNORECASE,
)
"""Paths that many systems, and shops next to a blog, have for static pages and products."""

_ARCHIVE = re.compile(
    r"(?:^|/)(?:(?:tags?|category|author)/[^/]+|(?:archives/)?(?:19|20)\d\d(?:/\d\d)?)$", re.IGNORECASE
)
_POST = re.compile(r"(?:^|&)p=\d+(?:&|$)")
_COMMENT_PAGE = re.compile(r"/comment-page-\d{1,9}/?$|[?&]cpage=\d", re.IGNORECASE)
_IN_QUERY = rb"""(?:&#0*38;|[^"'#\s>]){0,300}?"""
"""Beginning of a query, as it stands in an attribute."""
_COMMENT_ID = re.compile(rb"""id=["'](?:(?:\w+-){0,2}comment-|c(?=\d{4}))(\d{1,20}|6a[0-9a-f]{10,60})["']""")
_COMMENT_MARK = re.compile(rb"""(?:id|class)=["'][^"'>]*\b(?:comment-\d+|depth-\d+|pingback|trackback)\b""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a listing of articles.

    `lastmod` is the listing's date of change, verbatim. `is_post` is True where the listing has items of
    content types only (REST, a feed, a sitemap of posts or pages), so the URL is an article's. `type` is
    WordPress' name of the type, None where the listing does not state it.
    """

    url: str
    lastmod: str | None = None
    post_id: int | None = None
    is_post: bool = False
    type: str | None = None

    @property
    def is_of_other_type(self) -> bool:
        """True if the listing states another type than post."""
        return self.type is not None and self.type != POST


def is_article(entry: Listed, site_url: str, pattern: str | None, lists: str | None = None) -> bool:
    """True if a listed entry is the site's article.

    The source's own pattern decides on posts, if it has one. Else the URL must be below the site's URL, and
    a listing of posts is believed; from other listings, URLs with the pattern of a list, a feed or a static
    page are left out, and those with `lists`, the pattern of lists of the system that runs the site.
    """
    if pattern is not None and not entry.is_of_other_type:
        return urls.same_host(entry.url, site_url) and urls.matches(entry.url, pattern)
    if not urls.is_below(entry.url, site_url):
        return False
    cleaned = urls.clean(entry.url)
    path = urls.below(cleaned, site_url)
    if path in {"", "index.php"}:
        return entry.post_id is not None or _POST.search(cleaned.partition("?")[2]) is not None
    is_list = _WORDPRESS.search(path) or _ELSEWHERE.search(path)
    if lists and not entry.is_post and re.search(lists, path):
        return False
    return entry.is_post or not (is_list or urls.without_view(cleaned) != cleaned)


def is_archive(url: str) -> bool:
    """True if a URL is an archive's first page.

    An archive is by category, tag, author, year or month.
    """
    return _ARCHIVE.search(urls.path_of(url).rstrip("/")) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPages:
    """Pages of an article's thread.

    `urls` are all pages found so far, `own` is the URL of the parsed page itself, None if that is unclear.
    """

    urls: tuple[str, ...] = ()
    own: str | None = None


def thread_pages(page: Page) -> ThreadPages:
    """Return the pages of a thread that one of its pages links.

    Found by regular expression: links that continue the article's own URL by /comment-page-N or, where
    permalinks are plain, by cpage=N. All pages up to the highest number are returned in order, since themes
    link only the neighbours. The number of this page is in the permalinks of its own comments, when they
    agree on one number; those of other comments, as in a list of recent ones, are ignored.
    """
    article = urls.clean(page.final_url)
    pattern, make = _numbering(article)
    shown = shown_comments(page)
    named, own = set(), set()
    for found in re.finditer(pattern + rb"(?:#comment-(\d{1,18}))?", page.body, re.IGNORECASE):
        named.add(int(found[1]))
        if found[2] in shown:
            own.add(int(found[1]))
    highest = max(named, default=0)
    pages = tuple(make.format(number) for number in range(1, highest + 1))
    here = own.pop() if len(own) == 1 else 0
    own_page = pages[here - 1] if here else None
    return ThreadPages(urls=pages, own=own_page)


def _numbering(article: str) -> tuple[bytes, str]:
    """Return a pattern of links to thread pages, and a URL template."""
    path = urls.path_of(article)
    query = article.partition("?")[2]
    if _POST.search(query):  # the links of a further page name its number first
        asked = b"".join(
            b"(?=%s\\b%s(?!\\w))" % (_IN_QUERY, re.escape(each).encode()) for each in query.split("&")
        )
        return rb"\?" + asked + _IN_QUERY + rb"\bcpage=(\d{1,4})", _braced(article) + "&cpage={}"
    base, _, asked_for = article.partition("?")
    slash = "/" if base.endswith("/") else ""
    rest = f"?{asked_for}" if asked_for else ""
    linked = re.escape(path.rstrip("/")).encode() + rb"/comment-page-(\d{1,4})/?"
    start = _braced(base.rstrip("/"))
    return linked, f"{start}/comment-page-{{}}{slash}{_braced(rest)}"


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def parts(page: Page) -> tuple[str, ...]:
    """Return the URLs of the further parts of a divided article.

    Empty where the first part links none.
    """
    article = urls.clean(page.final_url)
    path = urls.path_of(article).rstrip("/").encode()
    query = article.partition("?")[2]
    if not path and _POST.fullmatch(query) and not is_comment_page(page.url):
        linked = re.escape(query).encode() + rb"(?:&|&amp;|&#0*38;)page=(\d{1,2})[\"']"
        plain = {int(number) for number in re.findall(linked, page.body) if int(number) > 1}
        return tuple(urls.part_url(article, number) for number in sorted(plain))
    if not path or is_comment_page(page.url):
        return ()
    linked = rb"""href=["'](?:https?://[^/"']+)?""" + re.escape(path.lower()) + rb"""/(\d{1,2})(/?)["']"""
    found = re.findall(linked, page.body.lower())  # much faster than to ignore the case
    numbers = {int(number): slash.decode() for number, slash in found if int(number) > 1}
    base = article.partition("?")[0].rstrip("/")
    return tuple(f"{base}/{number}{slash}" for number, slash in sorted(numbers.items()))


def is_comment_page(url: str) -> bool:
    """True if a URL is a further page of an article's thread."""
    return _COMMENT_PAGE.search(url.partition("#")[0]) is not None


def shows_comments(page: Page) -> bool:
    """True if a page has any comment in its markup.

    A comment page past the end has status 200, and none.
    """
    return page.status == 200 and _COMMENT_MARK.search(page.body) is not None


def shown_comments(page: Page) -> frozenset[bytes]:
    """Return the ids of the comments in a page's markup."""
    return frozenset(_COMMENT_ID.findall(page.body))
