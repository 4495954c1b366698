"""Context of one crawl: the values that its collaborators share.

Each collaborator (discovery, sync of feeds and comments, audit …) receives the Crawl and has one task.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from archive.core.crawl_report import CrawlReport
from archive.core.crawl_state import CrawlState
from archive.core.records import Site
from archive.queries.fetch_history import FetchHistory
from crawler.fetch.session import Session
from pipeline.platforms.adapter import Platform
from pipeline.platforms.registry import platform_named

RELIST = timedelta(days=1)  # interval of complete listings; between them only modified posts are listed


@dataclass(slots=True)
class RestAccess:
    """Access to REST in this crawl.

    `root` is the URL of the REST root, None while no open root was found. `lists_comments` is False where
    REST lists no comments. `refused` is True where REST itself answered with an error for visitors.
    """

    root: str | None = None
    lists_comments: bool = True
    refused: bool = False

    @property
    def tells_comments(self) -> bool:
        """True if REST lists the comments."""
        return self.root is not None and self.lists_comments


@dataclass(slots=True, kw_only=True)
class Crawl:
    """One crawl of one site.

    `started_at` is aware UTC. `before` is the state that earlier crawls left, `after` the state that this
    crawl leaves. `page_sizes` maps a REST route to the largest number of entries in one response. `settled`
    waits until every item yielded so far is saved, so that `facts` include it.
    """

    site: Site
    session: Session
    facts: FetchHistory
    report: CrawlReport
    started_at: datetime
    settled: Callable[[], Awaitable[None]]
    before: CrawlState = field(init=False)
    after: CrawlState = field(init=False)
    page_sizes: dict[str, int] = field(init=False)
    rest: RestAccess = field(default_factory=RestAccess)

    def __post_init__(self) -> None:
        self.before = self.after = self.facts.state
        self.page_sizes = dict(self.before.page_sizes)
        self.session.robots_copies.update(self.before.robots)

    @property
    def home(self) -> str:
        """Return the URL of the site, without a slash at its end."""
        return self.session.home

    @property
    def source(self) -> str:
        """Return the name of the source."""
        return self.site.name

    @property
    def is_first(self) -> bool:
        """True if the archive has no complete crawl of the site yet."""
        return self.before.crawled_at is None

    @property
    def wants_comments(self) -> bool:
        """True if this source's comments are archived at all."""
        return self.site.comments != "none"

    @property
    def platform(self) -> Platform | None:
        """Return the system that runs the site, if identified by a name."""
        said = self.after.declared or self.before.declared
        return platform_named(said.platform) if said else None

    def note(self, **known: Any) -> None:
        """Replace fields of the state that this crawl leaves."""
        self.after = replace(self.after, **known)

    def is_within(self, span: timedelta, moment: datetime | None) -> bool:
        """True if a moment is within `span` before the start.

        False without a moment and for one in the future, which only a wrong clock writes.
        """
        return moment is not None and timedelta(0) <= self.started_at - moment < span
