"""The rule of revisits, played through on a newspaper's threads: what it asks for, and what it is late for.

It calls `crawler.frontier.revisit_policy.decide`, as the crawler does, on facts as the archive would give
them, tick by tick.
Measured are the requests a day for pages and the comments feed, and the delay of each comment from when it
is posted to when it is captured. Finding new articles costs every policy the same and is left out; so are
further pages of long threads. *Missed hours* are all the hours in the measured days that posted comments
were not yet captured, summed over the comments, a day. They are compared at the same number of requests:
what a fixed interval misses divided by what the rule misses is how many times fewer missed hours each of
its requests leaves.

The rule's numbers were set on seed 1; what is told comes from others.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import median, quantiles

from archive.core.records import Seen
from crawler.frontier import revisit_policy
from tests.revisits.arrivals import Thread

TICK = 1 / 144  # days: the clock strikes every ten minutes
WARM = 30.0  # days before the measured time, so that nothing depends on when the first looks were made
WINDOW = 10  # comments in the feed; further ones of the same tick are not told
_BEGIN, _DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)

Policy = Callable[[Seen], float]
"""How many days to leave a page alone, from the facts of its last visit."""


@dataclass(kw_only=True)
class Outcome:
    """What a policy cost and missed in the measured days; all times in hours."""

    days: float
    requests: int = 0
    missed: float = 0.0
    delays: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)

    @property
    def daily(self) -> float:
        return self.requests / self.days

    @property
    def missed_daily(self) -> float:
        return self.missed / self.days

    @property
    def mean(self) -> float:
        return sum(self.delays) / len(self.delays)

    @property
    def median_edit(self) -> float:
        return median(self.edits)

    def percentile(self, percent: int) -> float:
        return quantiles(self.delays, n=100, method="inclusive")[percent - 1]

    def share_within(self, hours: float) -> float:
        return sum(delay <= hours for delay in self.delays) / len(self.delays)

    def see(self, came: float, seen: float) -> None:
        if came < self.days:
            self.missed += max(0.0, min(seen, self.days) - max(came, 0.0)) * 24
        if 0 <= came < self.days:
            self.delays.append((seen - came) * 24)


def rule(worth: float = revisit_policy.REQUEST_WORTH_COMMENT_DAYS) -> Policy:
    def pause(seen: Seen) -> float:
        at = revisit_policy.decide(seen, worth=worth).at
        assert at is not None
        return (at - seen.fetched_at) / _DAY

    return pause


def fixed(days: float) -> Policy:
    return lambda _: days


def by_age(share: float) -> Policy:
    """Age-only decay: a page is left alone for a share of its age, at most as long as by the rule."""
    longest = revisit_policy.MAX_PAUSE / _DAY

    def pause(seen: Seen) -> float:
        assert isinstance(seen.published, datetime)
        return min(longest, share * ((seen.fetched_at - seen.published) / _DAY))

    return pause


def play(threads: Sequence[Thread], days: float, policy: Policy, *, feed: bool = False) -> Outcome:
    """Play a policy through; with `feed`, each tick asks for the comments feed and the pages it names."""
    return _Play(threads, days, policy, feed).outcome()


def without_end(threads: Sequence[Thread], days: float) -> Outcome:
    """Everything is fetched at each tick, which need not be played to be known."""
    told = Outcome(days=days, requests=round(len(threads) * days / TICK))
    for thread in threads:
        for came in thread.comments:
            told.see(came, _tick_after(came))
    return told


def at_the_cost_of(
    ours: Outcome, threads: Sequence[Thread], family: Callable[[float], Policy], first: float
) -> Outcome:
    """Another policy, its one number set so that it asks for about as much as ours."""
    number = first
    for _ in range(3):
        other = play(threads, ours.days, family(number))
        number *= other.requests / ours.requests
    return other


class _Play:
    def __init__(self, threads: Sequence[Thread], days: float, policy: Policy, feed: bool) -> None:
        self.threads, self.days, self.policy, self.feed = threads, days, policy, feed
        self.told = Outcome(days=days)
        self.looked = [-math.inf] * len(threads)
        self.due = [0.0] * len(threads)
        self.heap: list[tuple[float, int]] = []

    def outcome(self) -> Outcome:
        self._begin()
        for at, named in self._feed() if self.feed else ():
            self._look_until(at)
            for number in named:
                self._look(number, at)
        self._look_until(self.days)
        for number, at in enumerate(self.due):  # what comes late is captured when its page is due next
            self._capture(number, at)
        if self.feed:
            self.told.requests += round(self.days / TICK)
        return self.told

    def _begin(self) -> None:
        """Each old page was looked at when the play begins; a share of its pause, always another, is left."""
        for number, thread in enumerate(self.threads):
            if thread.published > -WARM:
                self._plan(number, thread.published)
                continue
            self.looked[number] = -WARM
            self._plan(number, -WARM + self.policy(self._facts(number, -WARM)) * (number * 0.618 % 1))

    def _feed(self) -> list[tuple[float, list[int]]]:
        """Each tick at which the feed has new comments, and the articles they are below."""
        came = sorted(
            (comment, number)
            for number, thread in enumerate(self.threads)
            for comment in thread.comments
            if -WARM < comment < self.days
        )
        ticks = groupby(came, key=lambda one: _tick_after(one[0]))
        return [(at, sorted({number for _, number in [*group][-WINDOW:]})) for at, group in ticks]

    def _look_until(self, end: float) -> None:
        while self.heap[0][0] < end:
            at, number = heapq.heappop(self.heap)
            if self.due[number] == at:
                self._look(number, at)

    def _look(self, number: int, at: float) -> None:
        self.told.requests += 0 <= at < self.days
        self._capture(number, at)
        self.looked[number] = at
        self._plan(number, at + max(TICK, self.policy(self._facts(number, at))))

    def _plan(self, number: int, at: float) -> None:
        self.due[number] = _tick_after(at)
        heapq.heappush(self.heap, (self.due[number], number))

    def _capture(self, number: int, at: float) -> None:
        thread, since = self.threads[number], self.looked[number]
        for came in _between(thread.comments, since, at):
            self.told.see(came, at)
        self.told.edits += [(at - came) * 24 for came in _between(thread.changes, since, at) if came >= 0]

    def _facts(self, number: int, at: float) -> Seen:
        thread = self.threads[number]
        held = thread.comments[: bisect_right(thread.comments, at)]
        day, month, year = (len(held) - bisect_right(held, at - span) for span in (1, 30, 365))
        return Seen(
            url="",
            status=200,
            fetched_at=_moment(at),
            published=_moment(thread.published),
            last_comment=_moment(held[-1]) if held else None,
            comments_day=day,
            comments_month=month,
            comments_year=year,
            comments_told=self.feed,
        )


def _between(moments: list[float], since: float, until: float) -> list[float]:
    return moments[bisect_right(moments, since) : bisect_right(moments, until)]


def _moment(days: float) -> datetime:
    return _BEGIN + timedelta(days=days)


def _tick_after(at: float) -> float:
    return math.ceil(at / TICK - 1e-6) * TICK
