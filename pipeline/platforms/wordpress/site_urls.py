"""URLs of WordPress' feeds and sitemaps, before a site has declared any.

Pure. Does not: fetch, or parse a response.
"""

from __future__ import annotations

from urllib.parse import urljoin

POSTS_FEED = "feed"
COMMENTS_FEED = "comments/feed"
SITEMAPS = ("wp-sitemap.xml", "sitemap_index.xml")
"""Files of WordPress' own sitemap, and of that of Yoast and Rank Math."""


def posts_feed_url(site_url: str) -> str:
    """Return WordPress' URL of the feed of posts.

    Its further pages reach back to the first post.
    """
    return urljoin(site_url + "/", POSTS_FEED)


def comments_feed_url(site_url: str) -> str:
    """Return WordPress' URL of the feed of the newest comments.

    It is for the whole site, and has no further pages.
    """
    return urljoin(site_url + "/", COMMENTS_FEED)
