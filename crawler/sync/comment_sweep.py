"""Asking for known comments again, so that edits, removals and late approvals are seen.

WordPress moves no date when a comment is edited, removed or approved late; only asking again finds it.
One request an hour reads the next hundred comments by their ids, and so goes round the archive for ever.
The same answer tells how many comments the site has in all: when that is not what is held, the newest
hundreds are read until it is. What was not shown is asked for by its id once more, after a while and
together with others, so that a site that shows nothing at all is not taken for one that removed everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from archive.core.records import Page, PageKind
from archive.storage.reconciliation import HIDDEN
from archive.tables.observations import Missing, Window
from crawler.discovery import rest
from crawler.discovery.paging import covered
from crawler.discovery.strategies import REST_COMMENTS, is_within
from crawler.sync.feed_sync import Listening

SPARED = "spared"  # the bookmark of when a window last took the place of the feed of posts
EVERY = timedelta(hours=1)  # between two requests of the sweep
AGAIN = timedelta(hours=1)  # until what was missed is looked at again
DOUBTED = 50  # of the hundred comments of a request, how many may be such as were missed before
SHARED = 10  # comments that two windows have in common, since the places of all move when one is removed
LAST = (1 << 63) - 1  # no id is larger
SEARCH = 20  # windows read in one crawl to find out where the site's total and ours part


class Sweep(Listening):
    """The part of the news spider that verifies what is held."""

    def sweep_is_due(self) -> bool:
        """True if the time has come for the next window."""
        return not self.first_crawl and not is_within(EVERY, self.facts.cursor("sweep"), self.started_at)

    def may_spare(self) -> bool:
        """True if the next window may take the place of another request: once an hour, where REST is open."""
        is_open = self.facts.mark(REST_COMMENTS) == "open"
        if (
            not is_open
            or not self.sweep_is_due()
            or is_within(EVERY, self.facts.cursor(SPARED), self.started_at)
        ):
            return False
        self.cursors[SPARED] = self.started_at
        return True

    async def sweep(self) -> AsyncIterator[Any]:
        """Verify the comments that an earlier look has missed, and the next ones in turn."""
        if not (self.wants_comments and self.rest_tells_comments):
            return
        if self.first_crawl:
            self.cursors["sweep"] = self.started_at
            return  # everything has just been read
        most = min(DOUBTED, self.page_size("comments") // 2)
        if doubted := self.facts.missed_comments(before=self.started_at - AGAIN, limit=most):
            async for item in self._ask_again(doubted):
                yield item
        if not self.sweep_is_due():
            return
        place = int(self.facts.mark("sweep-place") or 0)
        page = await self.ask(PageKind.COMMENTS, rest.window_url(self.rest_root or "", place))
        if rest.read_array(page) is None:
            return  # a look that was not given is made again
        self.cursors["sweep"] = self.started_at
        if window := self._window(page, place):
            yield page
            yield window
            async for item in self._search(page):
                yield item
        self.marks["sweep-place"] = str(self._following(page, place) or 0)

    async def _ask_again(self, doubted: list[str]) -> AsyncIterator[Any]:
        """Ask for comments by their ids, together with the newest, of which one must be shown."""
        others = self.facts.newest_comments(limit=self.page_size("comments") - len(doubted))
        asked = dict.fromkeys([*doubted, *others])
        page = await self.ask(
            PageKind.COMMENTS, rest.comments_url(self.rest_root or "", 1, include=list(asked))
        )
        if rest.read_array(page):
            yield page
        if missing := rest.not_shown(page, asked, others):
            yield Missing(source=self.source_name, ids=tuple(missing), looked_at=page.fetched_at)

    async def _search(self, page: Page) -> AsyncIterator[Any]:
        """Read the newest hundreds until the site's total is what we hold, and what it shows to nobody.

        When all were read and it is still not, that difference is taken for what nobody is shown.
        """
        total, hidden = rest.total(page), self.facts.mark(HIDDEN)
        if total is None:
            return
        await self.settled()
        place = int(self.facts.mark("search-place") or 0)
        for _ in range(SEARCH):
            if hidden is None or total - int(hidden) == self.facts.count_visible():
                break
            page = await self.ask(
                PageKind.COMMENTS, rest.window_url(self.rest_root or "", place, newest_first=True)
            )
            window = self._window(page, place, newest_first=True)
            if window is None:
                if rest.read_array(page) != []:
                    return
                hidden = None  # past the end: all were read
                break
            yield page
            yield window
            await self.settled()
            place = self._following(page, place) or total  # past the end, whose answer is empty
        else:
            self.marks["search-place"] = str(place)
            return
        self.marks["search-place"] = "0"
        if hidden is None:
            self.marks[HIDDEN] = str(total - self.facts.count_visible())

    def _window(self, page: Page, place: int, *, newest_first: bool = False) -> Window | None:
        """The stretch that a listing by id shows; None where its order is not by id.

        One that begins at an end of the row reaches beyond what it shows there. At its other end it never
        does, since nobody knows why it stops.
        """
        numbers = rest.read_numbers(page)
        if numbers is None or numbers != sorted(numbers, reverse=newest_first):
            return None
        at_end = place == 0
        return Window(
            source=self.source_name,
            first=0 if at_end and not newest_first else min(numbers),
            last=LAST if at_end and newest_first else max(numbers),
            shown=frozenset(map(str, numbers)),
            looked_at=page.fetched_at,
            total=rest.total(page),
        )

    def _following(self, page: Page, place: int) -> int | None:
        """Return the place of the next window; None behind the last one.

        A window of fewer comments than were asked for lacks what nobody is shown, or is all that is given.
        """
        came, total = len(rest.read_array(page) or ()), rest.total(page)
        step = covered(came, total, place, self.page_sizes.get("comments"))
        is_last = came < rest.PER_PAGE and step == rest.PER_PAGE if total is None else place + step >= total
        return None if is_last else place + step - min(SHARED, step // SHARED)
