"""A fleet over some days as discrete events, with the program's own timetable, backoff and revisit policy.

What a site does (articles, comments, edits, outages) is random, from a seed; when a crawl starts, what it
asks for, and how long it leaves a host alone is decided by the code that decides it in a real crawl. Nothing
is fetched. Times are seconds since the start.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from archive.core.crawl_state import CrawlState
from archive.core.records import Seen
from crawler.fetch import backoff
from crawler.frontier import revisit_policy
from crawler.schedule.timetable import Interval, Timetable
from tests.revisits.arrivals import Habits, Thread, threads

START = datetime(2026, 6, 1, tzinfo=UTC)
DAY = 86_400.0
QUIET_REQUESTS = 2  # that a crawl asks a site that has nothing new
HABITS = Habits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is assumed of sites and machines.

    `articles` is the middling number a day, `spread` that of its logarithm, `most` the largest number; `old`
    are held already. `told` is the share of sites that list all new comments. Each site is out of order every
    `outage_days`, for an hour in the middle; a share `throttled` refuses one crawl in ten. `shared` is the
    share that lies on the host of another. A request takes `answer` seconds beside the `delay` between two.
    """

    every: timedelta = timedelta(hours=1)
    jitter: timedelta = timedelta(minutes=55)
    articles: float = 2.0
    spread: float = 1.0
    most: float = 60.0
    old: int = 2000
    told: float = 0.8
    outage_days: float = 14.0
    throttled: float = 0.02
    shared: float = 0.05
    delay: float = 1.0
    answer: float = 0.5
    start: float = 1.5


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it. `waits` are seconds in the queue, `fresh` seconds from publication to the archive."""

    days: float
    sources: int
    slots: int
    crawls: int = 0
    skipped: int = 0
    failed: int = 0
    requests: int = 0
    pages: int = 0
    comments: int = 0
    busy: float = 0.0
    together: int = 0
    most_of_a_host: int = 0
    waits: list[float] = field(default_factory=list)
    articles_fresh: list[float] = field(default_factory=list)
    comments_fresh: list[float] = field(default_factory=list)
    polled_fresh: list[float] = field(default_factory=list)


class _Source:
    """One site, and what its archive knows of it."""

    def __init__(self, number: int, host: int, given: Assumptions, days: float) -> None:
        dice = Random(number)
        self.number = number
        self.host = host
        self.dice = dice
        self.state = CrawlState()
        self.timetable = Timetable(
            rule=Interval(text="every", every=given.every), jitter=given.jitter, whose=f"source{number}"
        )
        self.told = dice.random() < given.told
        self.refuses = dice.random() < given.throttled
        daily = min(given.most, given.articles * dice.lognormvariate(0.0, given.spread))
        self.articles = deque(threads(number, old=0, daily=daily, days=days, habits=HABITS))
        self.outages = list(_outages(dice, given, days * DAY))
        self.due: list[tuple[float, int]] = []
        self.known: list[tuple[Thread, float]] = []
        self.crawled_at = 0.0

    def is_out(self, at: float) -> bool:
        return any(start <= at < end for start, end in self.outages)


def _outages(dice: Random, given: Assumptions, end: float) -> Iterator[tuple[float, float]]:
    at = dice.expovariate(1 / (given.outage_days * DAY))
    while at < end:
        yield at, at + 3600 * dice.lognormvariate(0.0, 1.0)
        at += dice.expovariate(1 / (given.outage_days * DAY))


def simulate(sources: int, slots: int, days: float, given: Assumptions) -> Outcome:
    """Crawl so many sources with so many crawls at once, for some days."""
    play = _Play(sources, slots, days, given)
    play.run()
    return play.told


class _Play:
    def __init__(self, sources: int, slots: int, days: float, given: Assumptions) -> None:
        dice = Random(sources)
        self.given, self.end = given, days * DAY
        self.told = Outcome(days=days, sources=sources, slots=slots)
        self.free = slots
        hosts = [
            number - 1 if number and dice.random() < given.shared else number for number in range(sources)
        ]
        self.sources = [_Source(number, host, given, days) for number, host in enumerate(hosts)]
        self.waiting: deque[tuple[float, _Source]] = deque()
        self.busy_hosts: set[int] = set()
        self.of_host, self.left_host = [0] * sources, [0.0] * sources
        self.events: list[tuple[float, int, bool]] = []
        self.old_pause = self._pause_of_an_old_page()
        for number, source in enumerate(self.sources):
            self._plan(number, source, 0.0)

    def run(self) -> None:
        """Play all events in the order of their times."""
        while self.events:
            at, number, is_end = heapq.heappop(self.events)
            source = self.sources[number]
            if is_end:
                self.busy_hosts.discard(source.host)
                self.free += 1
                self._plan(number, source, at)
            else:
                self.waiting.append((at, source))
            self._hand_out(at)
        self.told.most_of_a_host = max(self.of_host)

    def _plan(self, number: int, source: _Source, at: float) -> None:
        """Put the next crawl of a source among the events."""
        start = (source.timetable.next_start(START + timedelta(seconds=at)) - START).total_seconds()
        if start < self.end:
            heapq.heappush(self.events, (start, number, False))

    def _hand_out(self, at: float) -> None:
        """Start crawls while there are slots, none on a host that is being crawled."""
        held: list[tuple[float, _Source]] = []
        while self.free and self.waiting:
            since, source = self.waiting.popleft()
            if source.host in self.busy_hosts:
                held.append((since, source))
                continue
            self.told.waits.append(at - since)
            self.free -= 1
            self.busy_hosts.add(source.host)
            took = self._crawl(source, at)
            self.told.together += at < self.left_host[source.host]
            self.left_host[source.host] = at + took
            self.told.busy += took
            heapq.heappush(self.events, (at + took, source.number, True))
        self.waiting.extendleft(reversed(held))

    def _crawl(self, source: _Source, at: float) -> float:
        """Play one crawl; return how many seconds it takes."""
        told, given, now = self.told, self.given, START + timedelta(seconds=at)
        told.crawls += 1
        if backoff.seconds_left(source.state, now, by_hand=False) > 0:
            told.skipped += 1
            return given.start
        is_refused = source.is_out(at) or (source.refuses and source.dice.random() < 0.1)
        if is_refused or source.state.refusals:  # else nothing of it changes
            source.state = backoff.after(source.state, now, refused=is_refused)
        if is_refused:
            told.failed += 1
            return self._spend(source, 3)
        requests = QUIET_REQUESTS
        while source.articles and source.articles[0].published * DAY <= at:
            thread = source.articles.popleft()
            requests += 1
            moment = at + given.start + requests * (given.delay + given.answer)
            told.articles_fresh.append(moment - thread.published * DAY)
            source.known.append((thread, 0.0))
            self._visit(source, len(source.known) - 1, moment)
        while source.due and source.due[0][0] <= at:
            _, page = heapq.heappop(source.due)
            requests += 1
            self._visit(source, page, at + given.start + requests * (given.delay + given.answer))
        requests += self._old_pages(source, at)
        if source.told:
            self._listed(source, at)
        source.crawled_at = at
        return self._spend(source, requests)

    def _spend(self, source: _Source, requests: int) -> float:
        self.told.requests += requests
        self.told.pages += max(0, requests - QUIET_REQUESTS)
        self.of_host[source.host] += requests
        return self.given.start + requests * (self.given.delay + self.given.answer)

    def _visit(self, source: _Source, page: int, moment: float) -> None:
        """Fetch a page, and ask the policy when it is due again."""
        thread, before = source.known[page]
        source.known[page] = (thread, moment)
        days = moment / DAY
        new = [at for at in thread.comments if before / DAY < at <= days]
        if not source.told:
            self.told.comments += len(new)
            self.told.polled_fresh += [moment - at * DAY for at in new]
        held = [at for at in thread.comments if at <= days]
        seen = Seen(
            url="https://a.example/page/",
            status=200,
            fetched_at=START + timedelta(seconds=moment),
            published=_moment(thread.published),
            edits=sum(at <= days for at in thread.changes),
            last_comment=_moment(held[-1]) if held else None,
            comments_day=sum(at > days - 1 for at in held),
            comments_month=len(held),
            comments_year=len(held),
            comments_told=source.told,
        )
        due = revisit_policy.decide(seen).at
        if due is not None:
            heapq.heappush(source.due, ((due - START).total_seconds(), page))

    def _listed(self, source: _Source, at: float) -> None:
        """Note the comments that a listing of the whole site tells since the last crawl."""
        since, until = source.crawled_at / DAY, at / DAY
        for thread, _ in source.known[-300:]:
            if thread.comments and thread.comments[-1] > since:
                new = [one for one in thread.comments if since < one <= until]
                self.told.comments += len(new)
                self.told.comments_fresh += [at - one * DAY for one in new]

    def _old_pages(self, source: _Source, at: float) -> int:
        """Return how many of the pages that were held before are due: they come round evenly."""
        mean = self.given.old * (at - source.crawled_at) / self.old_pause
        whole = int(mean)
        return whole + (source.dice.random() < mean - whole)

    def _pause_of_an_old_page(self) -> float:
        """Return the seconds between two visits of an article of three years ago."""
        published = START - timedelta(days=1100)
        seen = Seen(
            url="https://a.example/old/",
            status=200,
            fetched_at=START,
            published=published,
            comments_told=True,
        )
        due = revisit_policy.decide(seen).at
        return (due - START).total_seconds() if due else DAY * 60


def _moment(days: float) -> datetime:
    return START + timedelta(days=days)
