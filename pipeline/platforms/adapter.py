"""Shape of a system that runs sites: how it is detected, and where its lists are.

Pure data and functions; the crawler calls them, and depends on no system's name.
Does not: fetch anything; state what a site has, which only its responses do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from archive.core.records import Extract, Page, Site

THREADS_ON_PAGES = (
    "Its comments are read from the pages, and proved only as far as a page states their number."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEntry:
    """Article in an answer of a system's API: its URL, and its date of change, verbatim."""

    url: str
    changed: str | None = None


class Api(Protocol):
    """Public API that lists all articles, newest first."""

    def first(self, page: Page) -> str | None:
        """Return the URL of its first response, if a page of the site names an API."""

    def entries(self, page: Page) -> tuple[ApiEntry, ...] | None:
        """Return the articles of a response, if it is one of this API."""

    def following(self, page: Page) -> str | None:
        """Return the URL of the next response, if any."""

    def parse(self, page: Page, site: Site) -> Extract:
        """Return what an answer states of its articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """How an API takes the operator's own key, where pages name none.

    `parameter` is that of the key; `first(home)` is the URL of the first response, without a key.
    """

    parameter: str
    first: Callable[[str], str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """System that runs sites.

    It is detected by `generator`, a pattern at the start of the generator that a page names, in any case, and
    by `marks`, patterns in a page's markup. URLs are relative to the home: `posts_feeds` and `comments_feeds`
    are requested where the front page declares no feed. `feed_page(url, number, shown)` is the URL of the
    feed's page `number` (from 2), after `shown` entries; no result where only the newest are in it. `lists`
    is a pattern of paths of lists, which are no articles. `thread_feed(page)` is the URL of the feed of one
    article's thread, if it has one, `newest_feed(page)` that of a feed with only its newest comments: it is
    empty where the thread is. `own_key` is how its API takes a key of the operator's. `is_front` is True
    where WordPress may lie behind it. `comments` is a sentence for people on its comments, "" for WordPress;
    `limits` are others on what cannot be proved.
    """

    name: str
    generator: str
    marks: tuple[bytes, ...] = ()
    posts_feeds: tuple[str, ...] = ()
    comments_feeds: tuple[str, ...] = ()
    feed_page: Callable[[str, int, int], str] | None = None
    lists: str | None = None
    thread_feed: Callable[[Page], str | None] | None = field(default=None, repr=False)
    newest_feed: Callable[[Page], str | None] | None = field(default=None, repr=False)
    api: Api | None = field(default=None, repr=False)
    own_key: OwnKey | None = None
    is_front: bool = False
    comments: str = ""
    limits: tuple[str, ...] = ()
