"""WordPress: detected by its generator, its REST API's link, and paths of its files."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from archive.core.records import Page
from pipeline.platforms.adapter import Platform
from pipeline.platforms.wordpress.site_urls import COMMENTS_FEED, POSTS_FEED

_PLAIN = re.compile(r"(?:^|&)(?:p|page_id)=\d")


def _feed_page(url: str, number: int, shown: int) -> str:  # noqa: ARG001
    """Return the URL of a further page of a feed; they reach back to the first post."""
    parts = urlsplit(url)
    values = [parts.query]
    if number > 1:
        values.append(f"paged={number}")
    query = "&".join(filter(None, values))
    return urlunsplit(parts._replace(query=query))


def _newest_feed(page: Page) -> str:
    """Return the URL of the feed with the newest comments below an article's page."""
    parts = urlsplit(page.final_url)
    if _PLAIN.search(parts.query):
        return urlunsplit(parts._replace(query=f"feed=rss2&{parts.query}", fragment=""))
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/feed/", query="", fragment=""))


WORDPRESS = Platform(
    name="WordPress",
    generator=r"wordpress",
    marks=(rb"""rel=["']https://api\.w\.org/["']""", rb"/wp-(?:content|includes)/(?:themes|plugins|js|css)/"),
    posts_feeds=(POSTS_FEED,),
    comments_feeds=(COMMENTS_FEED,),
    feed_page=_feed_page,
    newest_feed=_newest_feed,
)
