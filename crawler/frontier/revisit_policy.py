"""Revisit policy: when a page is due again, and why.

Pure: facts in, a decision out. The events that a visit can find (comments, edits) are random, at a rate that
the facts of a page let us estimate. While a page waits, `rate * pause` events occur, and each of them waits
for half of it; so of all ways to spend a number of requests, a pause of sqrt(2 * REQUEST_WORTH_COMMENT_DAYS /
rate) leaves the least waiting. That constant is the cost of a request: it is sent when the comments that it
is expected to find have waited for an hour together.

Where a listing of the whole site shows new comments, no page is requested for them, only for edits and pings
and as a proof; so is a page whose comments are closed. tests/revisits simulates this rule on threads that
grow as those of readers do, and has set its numbers.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta

from archive.core.lastmod import lastmod_moment
from archive.core.records import Moment, Seen
from archive.core.urls import is_comment_page
from archive.queries.fetch_history import A_WHILE
from archive.tables.visits import Due
from crawler.frontier.estimate import duration

RULES_VERSION = "3"  # a new number here makes the next run decide every due time again
REQUEST_WORTH_COMMENT_DAYS = 1 / 24  # comment-days that a request should spare
MIN_PAUSE = timedelta(minutes=10)
MAX_PAUSE = timedelta(days=60)
FAILURE_PAUSE = timedelta(hours=1)  # until a failed page is requested again, doubled each time
SETTLED_PAUSE = timedelta(days=1)  # the same for a page without an article, or with a password
MAX_DOUBLINGS = 11  # a pause that has doubled so often is longer than MAX_PAUSE anyway
_DAY = timedelta(days=1)


def is_due(seen: Seen | None, now: datetime, *, lastmod: str | None = None) -> bool:
    """True if a page is to be fetched now.

    `lastmod` is the listing's date of change, verbatim; one that differs from that of the last good visit
    means that the page has changed. `now` is an aware datetime. A page without a visit is due.
    """
    if seen is None:
        return True
    if seen.failures == 0 and lastmod is not None and not is_same_mark(lastmod, seen.lastmod):
        return True
    if seen.leads_to is not None:
        return False
    at = decide(seen).at
    has_wrong_clock = seen.fetched_at > now + A_WHILE
    return (at is not None and now >= at) or has_wrong_clock  # by a clock that was wrong


def decide(seen: Seen, *, worth: float = REQUEST_WORTH_COMMENT_DAYS) -> Due:
    """Return when a page is due by its own facts.

    A listing that has it may make it due sooner. `worth` is in comment-days: the more a request may cost, the
    longer are the pauses. `at` is aware UTC, None where the page is not due on its own.
    """
    if is_comment_page(seen.url):
        return Due(at=None, why="It is a later page of a thread, and is visited together with the first one.")
    if seen.leads_to is not None:
        return Due(
            at=None, why=f"The site has moved the article to {seen.leads_to}, which is visited instead."
        )
    if seen.failures:
        return _after_failure(seen)
    best = math.sqrt(2 * worth / rate(seen)) * _DAY
    pause = min(MAX_PAUSE, max(MIN_PAUSE, best))
    often = f"such a page is visited every {_words(pause)}"
    at = seen.fetched_at + pause
    return Due(at=at, why=f"{_state(seen)}; {often}.")


def rate(seen: Seen) -> float:
    """Return the expected events of a page per day.

    Events are comments, edits and pings, counted from the page's last visit.
    """
    days = _age(seen) / _DAY
    edits = 0.1 * (1 + seen.edits) / (days + 0.1)
    if not _is_polled(seen):
        return edits
    at_its_age = 9.0 / (1 + days / 0.8) ** 3 + 0.0003
    by_month = 0.1 * seen.comments_month / 30
    by_year = 0.2 * seen.comments_year / 365
    by_its_past = 0.3 * seen.comments_day + by_month + by_year
    return edits + at_its_age + by_its_past


def _is_polled(seen: Seen) -> bool:
    """True if only visits of the page find its new comments."""
    return not seen.comments_told and seen.comments_open is not False


def _age(seen: Seen) -> timedelta:
    """Return the article's age at the last visit, never negative.

    Counted from its date, or from the first fetch.
    """
    since = _instant(seen.published) or seen.first_fetched or seen.fetched_at
    return max(timedelta(0), seen.fetched_at - since)


def _after_failure(seen: Seen) -> Due:
    first = SETTLED_PAUSE if seen.settled else FAILURE_PAUSE
    doublings = min(seen.failures - 1, MAX_DOUBLINGS)
    pause = min(MAX_PAUSE, first * 2**doublings)
    at = seen.fetched_at + pause
    reasons = {0: "could not be fetched", 200: "showed no article"}
    what = reasons.get(seen.status, f"answered {seen.status}")
    often = "" if seen.failures == 1 else f" ({seen.failures} times in a row)"
    said = f"Its page {what}{often}"
    if seen.retry_at is not None and seen.retry_at >= at:
        return Due(at=seen.retry_at, why=f"{said}, and the server requested a wait until then.")
    return Due(at=at, why=f"{said}; such a page is requested again after {_words(pause)}.")


# -- as text --------------------------------------------------------------------------------------


def _state(seen: Seen) -> str:
    grown = _instant(seen.last_comment)
    said = f"The article was {_words(_age(seen))} old at the last visit"
    if seen.comments_open is False:
        said = f"Its comments are closed. {said}"
    elif seen.comments_told:
        said = f"A listing or feed of the site shows its new comments. {said}"
    elif grown is not None:
        quiet = _words(seen.fetched_at - grown)
        said = f"Its thread had last grown {quiet} before the last visit{_lately(seen)}"
    else:
        said += f" and had no comments{' with a date' if seen.comments_year else ''}"
    texts = {0: "", 1: ", and it was edited once"}
    edited = texts.get(seen.edits, f", and it was edited {seen.edits} times")
    return said + edited


def _lately(seen: Seen) -> str:
    """Return the shortest span with comments, as text.

    An example is ", by 4 comments in a day"; "" where no comment is dated.
    """
    counts = ((seen.comments_day, "day"), (seen.comments_month, "month"), (seen.comments_year, "year"))
    for number, span in counts:
        if number:
            return f", by {number} comment{'' if number == 1 else 's'} in a {span}"
    return ""


def _words(span: timedelta) -> str:
    return duration(max(0.0, span.total_seconds()))


# -- dates of change ------------------------------------------------------------------------------


def is_same_mark(one: str, other: str | None) -> bool:
    """True if two dates of change mean the same moment.

    REST and the sitemaps write them in different formats. A time without a zone is UTC, as REST's
    modified_gmt is; where only one of them is a mere day, the other may be any moment that is that day in
    some time zone.
    """
    if one == other or other is None:
        return one == other
    here = lastmod_moment(one)
    there = lastmod_moment(other)
    if here is None or there is None:
        return False
    days = [mark for mark in (one, other) if len(mark) == len("2026-03-01")]
    tolerance = timedelta(hours=38) if len(days) == 1 else timedelta(0)
    return abs(here - there) <= tolerance


def _instant(moment: Moment | None) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), UTC)
