"""Listings that never end: where one is left, by what its pages bring and by what the site has stated.

Pure. Does not: fetch, or know what is listed. Invariant: a listing is followed no further than BARREN pages
that bring nothing new, nor than a number of pages that follows from its first statement, else from what is
plausible for a newspaper.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

ENDLESS = "endless-listing"
MAX_BARREN_PAGES = 3
"""Pages in a row that may bring nothing new, since entries move while a listing is read."""
PLAUSIBLE_PAGES = 2000
"""Pages of a listing that states no length: 200,000 entries of REST, 20,000 of a feed."""
_GROWTH = 10
"""Pages by which a listing may grow while it is read, and for each hundred pages one more."""


THREAD_PAGES = 20
"""Pages of a thread that are read whatever its article states: counts are often stale."""
PLAUSIBLE_THREAD_PAGES = 1000
"""Pages of a thread whose article states no number: 50,000 comments at WordPress' default."""


def thread_cut(pages: int, comments: int, stated: int | None) -> str | None:
    """Return why the walk through a thread ends after so many pages that all brought comments; None to go on.

    `comments` were met so far, `stated` are those that the article's page speaks of, if it does.
    """
    if pages < THREAD_PAGES:
        return None
    if stated is not None and comments > 2 * stated + 200:
        return f"it has brought {comments:,} comments where its article speaks of {stated:,}"
    if pages >= PLAUSIBLE_THREAD_PAGES:
        return f"it goes on after {pages:,} pages"
    return None


class Course:
    """The way through one listing. `cut` is a sentence once it was left before its end, else None."""

    def __init__(self, barren: int = MAX_BARREN_PAGES, pages: int = PLAUSIBLE_PAGES) -> None:
        self.pages = 0
        self.cut: str | None = None
        self._barren = barren
        self._most = pages
        self._stated: int | None = None
        self._in_vain = 0
        self._known: set[Hashable] = set()

    def state(self, pages: int | None) -> None:
        """Take down how many pages the listing says it has; its first statement counts."""
        if self._stated is None and pages is not None:
            self._stated = pages
            self._most = pages + pages // 100 + _GROWTH

    def brings(self, entries: Collection[Hashable]) -> bool:
        """Take down a page's entries; True if the listing is worth another page."""
        self.pages += 1
        fresh = set(entries) - self._known
        self._known |= fresh
        self._in_vain = 0 if fresh else self._in_vain + 1
        if self._in_vain >= self._barren:
            self.cut = f"{self._in_vain} pages in a row brought nothing new"
        elif self.pages >= self._most:
            said = f"where it stated {self._stated:,}" if self._stated is not None else "and states no end"
            self.cut = f"it goes on after {self.pages:,} pages {said}"
        return self.cut is None
