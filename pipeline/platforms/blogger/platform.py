"""Blogger: feeds of all posts and of all comments, page by page, and one of each article's thread."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

from archive.core.records import Page
from pipeline.platforms.adapter import Platform

_PER_PAGE = 100
"""Entries of a feed in one answer. Blogger gives 25 unasked."""
_THREAD_FEED = re.compile(rb"""href=["'](?:https?://[^/"']+)?(/feeds/\d{1,20}/comments/default)["'?]""")
_NO_COMMENTS = re.compile(
    rb"<h[2-5][^>]*>\s*(?:no|0|keine|aucun|sin|nessun|nenhum)\s+(?:comment|kommentar|coment)", re.IGNORECASE
)


def _feed_page(url: str, number: int, shown: int) -> str:  # noqa: ARG001
    """Return the URL of the entries of a feed after those that were shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=f"start-index={shown + 1}&max-results={_PER_PAGE}"))


def _thread_feed(page: Page) -> str | None:
    """Return the URL of the feed of a post's thread, as declared by its page.

    No result for a page that states that it has no comments.
    """
    found = _THREAD_FEED.search(page.body)
    if found is None or _NO_COMMENTS.search(page.body):
        return None
    return f"{urljoin(page.final_url, found[1].decode())}?max-results={_PER_PAGE}"


BLOGGER = Platform(
    name="Blogger",
    generator=r"blogger",
    marks=(rb"www\.blogger\.com/(?:static|feeds|rearrange|dyn-css)", rb"blogger_template"),
    posts_feeds=("feeds/posts/default",),
    comments_feeds=("feeds/comments/default",),
    feed_page=_feed_page,
    thread_feed=_thread_feed,
    comments="Its feeds have each comment with its number, time and parent; each thread has one of its own.",
)
