"""URLs of a site that are articles.

Pure. Knows the patterns of WordPress' URLs, and of static pages. Does not: decide which URLs are duplicates;
`archive/core/urls.py` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.core import urls
from archive.core.records import POST
from pipeline.platforms.wordpress.thread_urls import PLAIN_POST

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a listing of articles.

    `lastmod` is the listing's date of change, verbatim. `is_post` is True where the listing has items of
    content types only (REST, a feed, a sitemap of posts or pages), so the URL is an article's. `type` is
    WordPress' name of the type, if the listing states it.
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

    The source's own pattern decides on posts, if it has one. Otherwise the URL must be below the site's URL,
    and a listing of posts is believed; from other listings, URLs with the pattern of a list, a feed or a
    static page are left out, and those with `lists`, the pattern of lists of the system that runs the site.
    """
    if pattern is not None and not entry.is_of_other_type:
        return urls.same_host(entry.url, site_url) and urls.matches(entry.url, pattern)
    if not urls.is_below(entry.url, site_url):
        return False
    cleaned = urls.clean(entry.url)
    path = urls.below(cleaned, site_url)
    if path in {"", "index.php"}:
        return entry.post_id is not None or PLAIN_POST.search(cleaned.partition("?")[2]) is not None
    is_list = _WORDPRESS.search(path) or _ELSEWHERE.search(path)
    if lists and not entry.is_post and re.search(lists, path):
        return False
    return entry.is_post or not (is_list or urls.without_view(cleaned) != cleaned)


def is_archive(url: str) -> bool:
    """True if a URL is an archive's first page.

    An archive is by category, tag, author, year or month.
    """
    return _ARCHIVE.search(urls.path_of(url).rstrip("/")) is not None
