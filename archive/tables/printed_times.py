"""Printed times of comments and exact ones of feeds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from archive.core.records import Problem, Surface
from archive.core.timestamps import instant
from archive.tables.merge import REST_OF_THEM, Value

PRINTED = frozenset({"page:printed", "page:title", "page:permalink", "page:date-class", "page:words"})
"""The rules by which a time is read out of words, in the zone of the configuration."""
_STEP = timedelta(minutes=15)  # every offset of a zone is a multiple of this
_FARTHEST = timedelta(hours=26)


def prefer_exact(
    old: Mapping[str, Value],
    held: Mapping[str, str],
    new: Mapping[str, Value],
    origins: Mapping[str, str],
    surface: Surface,
) -> tuple[dict[str, str], dict[str, Value], timedelta]:
    """Prefer a feed's time, with its zone, to a printed one.

    Themes and wpDiscuz print the site's local time without a zone. Returns the origins of the stored values,
    the new values, and how far the printed time is ahead of the feed's; zero where there is no other of both.
    """
    before = held.get("published", held.get(REST_OF_THEM, ""))
    now = origins.get("published", surface.value)
    before_surface = before.partition(":")[0]
    now_surface = now.partition(":")[0]
    if before in PRINTED and now_surface == Surface.FEED.value:
        offset = _ahead(old["published"], new.get("published"))
        return {**held, "published": ""}, dict(new), offset
    if now in PRINTED and old["published"] and before_surface == Surface.FEED.value:
        offset = _ahead(new.get("published"), old["published"])
        return dict(held), {**new, "published": None}, offset
    return dict(held), dict(new), timedelta()


def offset_problems(found: Counter[timedelta]) -> tuple[Problem, ...]:
    """Return the problem of printed times in another time zone."""
    if not found:
        return ()
    [(ahead, _)] = found.most_common(1)
    sign = "-"
    if ahead > timedelta():
        sign = "+"
    total_minutes = abs(ahead) // timedelta(minutes=1)
    (hours, rest) = divmod(total_minutes, 60)
    detail = (
        f"The times of comments that pages print are {sign}{hours}:{rest:02} from those of the feed, so pages"
        " are in another time zone than the configured one. Set `timezone` of the source to the site's, and"
        " let `backissue replay --apply` read the kept pages again."
    )
    return (Problem(code="times-in-another-zone", detail=detail, field="comments"),)


def _ahead(printed: Value, exact: Value) -> timedelta:
    """Return how far a printed time is ahead, or zero."""
    if printed is None or exact is None:
        return timedelta()
    if len(str(printed)) != len(str(exact)):
        return timedelta()
    shown = instant(str(printed))
    moment = instant(str(exact))
    distance = shown - moment
    ahead = round(distance / _STEP) * _STEP
    if abs(distance - ahead) < timedelta(minutes=1) and abs(ahead) <= _FARTHEST:
        return ahead
    return timedelta()
