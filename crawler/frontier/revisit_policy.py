"""When an article's page is due again, and why. Pure: facts in, a decision out.

What a look at a page can find comes by chance, at a rate that its facts let us guess. While a page waits,
`rate * pause` things come, and each of them waits for half of it; so of all ways to spend a number of
requests, a pause of sqrt(2 * WORTH / rate) leaves the least waiting. WORTH is what a request may cost: it
is made when the comments that it is expected to find have waited for an hour together.

Where a surface of the whole site tells of new comments, they need no looking for, and a page is looked at
for edits and pings and as a proof alone; so it is where its comments are closed. tests/revisits
plays this rule through on threads that grow as those of readers do, and has set its numbers.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta

from archive.core.lastmod import lastmod_moment
from archive.core.records import Moment, Seen
from archive.queries.fetch_history import A_WHILE
from archive.tables.visits import Due
from crawler.frontier.addresses import is_comment_page
from crawler.frontier.estimate import duration

RULES_VERSION = "3"  # another number here makes every due time be decided anew
REQUEST_WORTH_COMMENT_DAYS = 1 / 24  # comment-days that a request should spare
MIN_PAUSE = timedelta(minutes=10)
MAX_PAUSE = timedelta(days=60)
FAILURE_PAUSE = timedelta(hours=1)  # until a page that was not given is asked for again, doubled each time
SETTLED_PAUSE = timedelta(days=1)  # the same for a page that is no article, or asks for a password
MAX_DOUBLINGS = 11  # a pause that has doubled so often is longer than LONGEST anyway
_DAY = timedelta(days=1)


def is_due(seen: Seen | None, now: datetime, *, lastmod: str | None = None) -> bool:
    """True if a page is to be fetched now.

    `lastmod` is the listing's mark of change, verbatim; a mark other than the one kept with the
    last good visit means that the page has changed. `now` is an aware datetime.
    """
    if seen is None:
        return True
    if seen.failures == 0 and lastmod is not None and not is_same_mark(lastmod, seen.lastmod):
        return True
    if seen.leads_to is not None:
        return False
    at = decide(seen).at
    return (at is not None and now >= at) or seen.fetched_at > now + A_WHILE  # by a clock that was wrong


def decide(seen: Seen, *, worth: float = REQUEST_WORTH_COMMENT_DAYS) -> Due:
    """From when on a page is due again, if no listing speaks of it before.

    `worth` is in comment-days: the more a request may cost, the longer are the pauses.
    """
    if is_comment_page(seen.url):
        return Due(at=None, why="It is a later page of a thread, and read together with the first one.")
    if seen.leads_to is not None:
        return Due(
            at=None, why=f"The site has moved the article to {seen.leads_to}, which is visited instead."
        )
    if seen.failures:
        return _after_failure(seen)
    pause = min(MAX_PAUSE, max(MIN_PAUSE, math.sqrt(2 * worth / rate(seen)) * _DAY))
    often = f"such a page is looked at every {_words(pause)}"
    return Due(at=seen.fetched_at + pause, why=f"{_state(seen)}; {often}.")


def rate(seen: Seen) -> float:
    """How many things worth a look a page is expected to bring, each day from its last visit on."""
    days = _age(seen) / _DAY
    edits = 0.1 * (1 + seen.edits) / (days + 0.1)
    if not _is_polled(seen):
        return edits
    at_its_age = 9.0 / (1 + days / 0.8) ** 3 + 0.0003
    by_its_past = 0.3 * seen.comments_day + 0.1 * seen.comments_month / 30 + 0.2 * seen.comments_year / 365
    return edits + at_its_age + by_its_past


def _is_polled(seen: Seen) -> bool:
    """True if looking at the page is what finds its new comments."""
    return not seen.comments_told and seen.comments_open is not False


def _age(seen: Seen) -> timedelta:
    """How old the article was at the last visit, as far as we know."""
    since = _instant(seen.published) or seen.first_fetched or seen.fetched_at
    return max(timedelta(0), seen.fetched_at - since)


def _after_failure(seen: Seen) -> Due:
    first = SETTLED_PAUSE if seen.settled else FAILURE_PAUSE
    pause = min(MAX_PAUSE, first * 2 ** min(seen.failures - 1, MAX_DOUBLINGS))
    at = seen.fetched_at + pause
    what = {0: "could not be fetched", 200: "showed no article"}.get(seen.status, f"answered {seen.status}")
    often = "" if seen.failures == 1 else f" ({seen.failures} times in a row)"
    said = f"Its page {what}{often}"
    if seen.retry_at is not None and seen.retry_at >= at:
        return Due(at=seen.retry_at, why=f"{said}, and the server asked us to wait until then.")
    return Due(at=at, why=f"{said}; such a page is asked for again after {_words(pause)}.")


# -- in words -------------------------------------------------------------------------------------


def _state(seen: Seen) -> str:
    grown, said = _instant(seen.last_comment), f"The article was {_words(_age(seen))} old at the last look"
    if seen.comments_open is False:
        said = f"Its comments are closed. {said}"
    elif seen.comments_told:
        said = f"A listing or feed of the site tells of new comments. {said}"
    elif grown is not None:
        quiet = _words(seen.fetched_at - grown)
        said = f"Its thread had last grown {quiet} before the last look{_lately(seen)}"
    else:
        said += f" and had no comments{' with a date' if seen.comments_year else ''}"
    edited = {0: "", 1: ", and it was edited once"}.get(seen.edits, f", and it was edited {seen.edits} times")
    return said + edited


def _lately(seen: Seen) -> str:
    """The shortest span that tells something, as in ", by 4 comments in a day"."""
    counts = ((seen.comments_day, "day"), (seen.comments_month, "month"), (seen.comments_year, "year"))
    for number, span in counts:
        if number:
            return f", by {number} comment{'' if number == 1 else 's'} in a {span}"
    return ""


def _words(span: timedelta) -> str:
    return duration(max(0.0, span.total_seconds()))


# -- marks of change ------------------------------------------------------------------------------


def is_same_mark(one: str, other: str | None) -> bool:
    """True if two marks of change mean the same moment, however REST and the sitemaps write it.

    A time without a zone is UTC, as REST's modified_gmt is; where only one of them is a mere day, the
    other may be any moment that is that day somewhere.
    """
    if one == other or other is None:
        return one == other
    here, there = lastmod_moment(one), lastmod_moment(other)
    if here is None or there is None:
        return False
    mere = sum(len(mark) == len("2026-03-01") for mark in (one, other)) == 1
    return abs(here - there) <= (timedelta(hours=38) if mere else timedelta(0))


def _instant(moment: Moment | None) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), UTC)
