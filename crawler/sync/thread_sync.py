"""Sync of threads in foreign comment systems, without their articles' pages.

Where a system gives the numbers of many threads in one response, those with a changed number are requested;
so are threads that failed, once their pause is over, and those with comments that were missed, for a second
check. Does not: contain any API, or follow a thread (`crawler/frontier/foreign_threads.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby
from typing import Any

from scrapy.http import Request

from archive.core.answers import json_text, reader_guard
from archive.queries.thread_history import HeldThread
from archive.tables.observations import APART
from crawler.crawl import Crawl
from crawler.fetch.offsite import may_be_server
from crawler.frontier import revisit_policy
from crawler.frontier.foreign_threads import thread_request
from crawler.frontier.frontier import Frontier
from pipeline.threads import readers

COUNTED_THREADS = (
    100  # of the threads visited last, and of all others in turn, whose numbers one crawl requests
)
RETRIED_THREADS = 50  # failed threads that one crawl requests again
DOUBTED_THREADS = 50  # threads with missed comments that one crawl requests again
NAMED_ARTICLES = 50  # articles whose pages were read before their comment system was, and are requested again


class ThreadSync:
    """Sync of one site's threads elsewhere."""

    def __init__(self, crawl: Crawl, frontier: Frontier) -> None:
        self.crawl = crawl
        self.frontier = frontier

    async def run(self) -> AsyncIterator[Any]:
        """Yield requests for threads that are due, and for pages whose system is read only now."""
        crawl = self.crawl
        if not (crawl.wants_comments and crawl.site.foreign_comments):
            return
        async for request in self._newly_read():
            yield request
        if crawl.is_first:
            return
        await crawl.settled()
        for held in self._due():
            for request in self.frontier.threads.request(held.address):
                yield request
        async for request in self._counted():
            yield request

    def _due(self) -> Iterator[HeldThread]:
        """Yield failed threads whose pause is over, and threads with comments to be looked for again."""
        crawl = self.crawl
        failing = crawl.facts.elsewhere.failing(RETRIED_THREADS)
        yield from (held for held in failing if revisit_policy.is_due(held.seen, crawl.started_at))
        before = crawl.started_at - APART
        doubted = crawl.facts.elsewhere.doubted(before=before, limit=DOUBTED_THREADS)
        yield from (held for held in doubted if not held.seen.failures)

    async def _newly_read(self) -> AsyncIterator[Request]:
        """Yield requests for pages that named a system before it was read."""
        crawl = self.crawl
        reading = [
            reader.slug
            for reader in readers.READERS.values()
            if not reader.needs_key or reader.slug in crawl.site.thread_keys
        ]
        names = " ".join(sorted(reading))
        if names != crawl.before.read_systems:
            crawl.note(read_systems=names, read_systems_since=crawl.started_at)
        since = crawl.after.read_systems_since
        if since is None or crawl.is_first:
            return
        systems = [readers.READERS[slug].system for slug in reading]
        for url in crawl.facts.elsewhere.named_elsewhere(systems, before=since, limit=NAMED_ARTICLES):
            for request in self.frontier.request(url):
                yield request

    async def _counted(self) -> AsyncIterator[Any]:
        """Yield requests for the threads whose stated numbers differ from the stored ones."""
        crawl = self.crawl
        facts = crawl.facts
        others = facts.elsewhere.after(crawl.before.counts_after, COUNTED_THREADS)
        crawl.note(counts_after=others[-1].place if len(others) == COUNTED_THREADS else 0)
        wanted = {each.place: each for each in (*facts.elsewhere.newest(COUNTED_THREADS), *others)}
        told: set[str] = set()
        failed: set[str] = set()
        by_server = sorted(wanted.values(), key=_server)
        for (system, server), group in groupby(by_server, key=_server):
            reader = readers.READERS.get(system)
            at_once = reader.counted_at_once if reader else 0
            threads = [held for held in group if not held.seen.failures]
            for start in range(0, len(threads), at_once or len(threads) or 1):
                some = threads[start : start + at_once]
                numbers = await self._numbers(some) if some else None
                (failed if numbers is None else told).add(system)
                for held, number in zip(some, numbers or (), strict=False):
                    if number != held.held and str(number) != held.mark:
                        for request in self.frontier.threads.request(held.address, str(number)):
                            yield request
                if numbers is None or self.frontier.threads.is_left_alone(server):
                    break
        if told - failed:
            crawl.note(counts_read_at=crawl.started_at, counted_systems=" ".join(sorted(told - failed)))

    async def _numbers(self, threads: Sequence[HeldThread]) -> list[int] | None:
        """Return the numbers of comments of threads on one server, if given."""
        addresses = [held.address for held in threads]
        reader = readers.READERS[addresses[0].system]
        ask = reader.ask_counts(addresses)
        if ask is None or not may_be_server(addresses[0].server, self.crawl.home):
            return None
        self.crawl.session.servers.add(addresses[0].server)
        page = await self.crawl.session.ask(thread_request(ask, addresses[0], 1))
        if page.status != 200:
            return None
        try:
            with reader_guard.bounded(reader_guard.CPU_SECONDS):
                return reader.read_counts(addresses, json_text.parse_json(page.body).value)
        except (ValueError, reader_guard.TooLongError):
            return None


def _server(held: HeldThread) -> tuple[str, str]:
    return held.address.system, held.address.server
