"""Asking for known comments by their ids, so that edited and removed ones are seen.

WordPress moves no date when a comment is edited or removed; only asking again finds it. A hundred
comments cost one request, and one such request an hour goes round the archive for ever. What was not
shown is asked for once more, after a while and together with others, so that a site that shows nothing
at all is not taken for one that removed everything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

from archive.records import Missing, PageKind
from crawler import rest
from crawler.discovery import Discovery, is_within

EVERY = timedelta(hours=1)  # between two requests of the sweep
AGAIN = timedelta(hours=1)  # until what was missed is looked at again
DOUBTED = 50  # of the hundred comments of a request, how many may be such as were missed before


class Sweep(Discovery):
    """The part of the news spider that verifies what is held."""

    async def sweep(self) -> AsyncIterator[Any]:
        """Verify the next comments in turn, and those that an earlier look has missed."""
        if (
            not (self.rest_root and self.wants_comments and self.rest_comments)
            or self.facts.cursor("crawl") is None
        ):
            return
        doubted = self.facts.missed_comments(before=self.started_at - AGAIN, limit=DOUBTED)
        if not doubted and not self._turn_has_come():
            return
        room = rest.PER_PAGE - len(doubted)
        place = int(self.facts.mark("sweep-place") or 0)
        turn = self.facts.comments_after(place, limit=room) or self.facts.comments_after(0, limit=room)
        async for item in self._look_at(doubted, [key for _, key in turn]):
            self.cursors["sweep"] = self.started_at  # a look that was not given is made again
            self.marks["sweep-place"] = str(turn[-1][0] if turn else 0)
            yield item

    def _turn_has_come(self) -> bool:
        last = self.facts.cursor("sweep")
        return last is None or not is_within(EVERY, last, self.started_at)

    async def _look_at(self, doubted: list[str], turn: list[str]) -> AsyncIterator[Any]:
        asked = dict.fromkeys([*doubted, *turn])
        page = await self.ask(
            PageKind.COMMENTS, rest.comments_url(self.rest_root or "", 1, include=list(asked))
        )
        shown = rest.read_ids(page)
        if shown is None:
            return
        yield page
        missing = tuple(key for key in asked if key not in shown)
        if missing and shown.intersection(turn):
            yield Missing(source=self.source_name, ids=missing, looked_at=page.fetched_at)
