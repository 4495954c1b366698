"""New comments of a thread since a day or instant that the reader names. Pure.

New is what was posted since; and what this archive first saw since, in a thread that it already had, such as
a comment that the site withheld for a while. No cookie and no script: the moment is in the URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.queries.threads import PAGE, Node

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")

Place = tuple[int, int]
"""Where a comment is found: its id, and the page of its thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Query for new comments: `since` when ("" without one), and since when the thread is recorded here."""

    since: str
    known: str

    def __contains__(self, comment: Mapping[str, Any]) -> bool:
        if not self.since:
            return False
        posted = comment["published"] or comment["first_seen"]
        seen = comment["first_seen"]
        if self._after(posted):
            return True
        return self.known < self.since and self._after(seen)

    def _after(self, moment: str) -> bool:
        """True if a moment is at or after the beginning of a day, or after an instant."""
        is_day = len(self.since) == len("2009-07-09")
        if is_day:
            return bool(moment >= self.since)
        return bool(moment > self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """Result: how many are new, where the first is, and which one follows each, if any."""

    since: str = ""
    first: Place | None = None
    following: dict[int, Place | None] = field(default_factory=dict)


def since_of(text: str | None) -> str:
    """Return a day or an instant as written in a URL; "" for other text."""
    if text and _MOMENT.fullmatch(text):
        return text
    return ""


def marked(nodes: Sequence[Node], fresh: Fresh | None) -> Marked:
    """Find what is new in a thread, in the order in which it is read."""
    if fresh is None or not fresh.since:
        return Marked()
    pages = [(node.row, index // PAGE + 1) for index, node in enumerate(nodes)]
    places = [(row["id"], page) for row, page in pages if row in fresh]
    ids = [number for number, _ in places]
    following: dict[int, Place | None] = {}
    first = None
    if places:
        following = dict(zip(ids, [*places[1:], None], strict=True))
        first = places[0]
    return Marked(since=fresh.since, first=first, following=following)
