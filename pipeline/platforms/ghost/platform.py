"""Ghost: a sitemap for each kind of page, a feed with pages, and an API that robots.txt usually closes."""

from __future__ import annotations

from pipeline.platforms.adapter import OwnKey, Platform
from pipeline.platforms.ghost.content_api import GhostContent, keyless_first


def _feed_page(url: str, number: int, shown: int) -> str:  # noqa: ARG001
    """Return the URL of a further page of a feed."""
    return f"{url.rstrip('/')}/{number}/"


GHOST = Platform(
    name="Ghost",
    generator=r"ghost\b",
    marks=(rb"data-ghost(?:-search)?=", rb"/ghost/(?:portal|comments-ui|sodo-search)@", rb"ghost-sdk"),
    api=GhostContent(),
    own_key=OwnKey(parameter="key", first=keyless_first),
    posts_feeds=("rss/",),
    feed_page=_feed_page,
    comments="Its comments are filled in by a script; they are read from its API where a page names it.",
    limits=("Posts for members only are shown in part; a page that says so is named.",),
)
