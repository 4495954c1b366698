"""When an article's page is due again. Pure: facts and a moment in, a decision out.

Threads grow for weeks and then sleep; so the pause between two looks grows with the time that
has passed since anything happened, between an hour and a month.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from archive.records import Moment, Seen

SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=30)
SHARE = 0.1  # of the time since something last happened
FAILURES_COUNTED = 10  # a pause that has doubled so often is longer than LONGEST anyway


def is_due(seen: Seen | None, now: datetime, *, lastmod: str | None = None) -> bool:
    """Whether a page is to be fetched now.

    `lastmod` is the listing's mark of change, verbatim; a mark other than the one kept with the
    last good visit means that the page has changed. `now` is an aware datetime.
    """
    if seen is None:
        return True
    if seen.failures == 0 and lastmod is not None and not is_same_mark(lastmod, seen.lastmod):
        return True
    return now >= due_at(seen) or seen.fetched_at > now + SHORTEST  # by a clock that was wrong


def is_same_mark(one: str, other: str | None) -> bool:
    """Whether two marks of change mean the same moment, however REST and the sitemaps write it.

    A time without a zone is UTC, as REST's modified_gmt is; where only one of them is a mere day, the
    other may be any moment that is that day somewhere.
    """
    if one == other or other is None:
        return one == other
    here, there = _moment(one), _moment(other)
    if here is None or there is None:
        return False
    mere = sum(len(mark) == len("2026-03-01") for mark in (one, other)) == 1
    return abs(here - there) <= (timedelta(hours=38) if mere else timedelta(0))


def _moment(mark: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(mark)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def due_at(seen: Seen) -> datetime:
    """From when on a page is due again, if no listing speaks of it before."""
    return seen.fetched_at + pause(seen)


def pause(seen: Seen) -> timedelta:
    """How long to leave a page alone after the last look at it."""
    if seen.failures:
        return min(LONGEST, SHORTEST * float(2 ** min(seen.failures - 1, FAILURES_COUNTED)))
    last = max(moment for moment in (_instant(seen.published), seen.changed_at, _OLD) if moment)
    return min(LONGEST, max(SHORTEST, (seen.fetched_at - last) * SHARE))


def _instant(moment: Moment | None) -> datetime | None:
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), UTC)


_OLD = datetime(1970, 1, 1, tzinfo=UTC)
