"""Pagination of a REST listing, also where pages are smaller than requested.

Pure. Counts the entries of a response and not the requested number: some plugins limit a page without a
statement, and WordPress then counts the pages of comments wrongly. Invariant: a page without a new entry ends
the listing.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping

from archive.core.records import Page
from crawler.discovery import rest
from pipeline.platforms.wordpress import rest_urls


def covered(came: int, total: int | None, place: int, size: int | None) -> int:
    """Return the number of places a response at `place` covers.

    A response is short because the site hides some entries from everybody, or because its pages are smaller
    than requested: the second is assumed where it has as many entries as the largest response ever (`size`),
    or at most half of those expected.
    """
    left = rest_urls.PER_PAGE if total is None else total - place
    expected = min(rest_urls.PER_PAGE, left)
    if came == 0 or came >= expected:
        return rest_urls.PER_PAGE
    if came == size or 2 * came <= expected:
        return came
    return rest_urls.PER_PAGE


class Paging:
    """Progress through one listing. `sizes` maps each route to its largest response."""

    def __init__(self, address: Callable[[int], str], sizes: MutableMapping[str, int]) -> None:
        self.url = address(1)
        self.is_first = True
        self._address = address
        self._sizes = sizes
        self._route = rest_urls.route_of(self.url)
        self._number = 1
        self._place: int | None = None  # offset of the next response, once page numbers are not used any more
        self._largest = 0
        self._seen: set[str] = set()
        self._before = b""

    def ends_with(self, page: Page) -> bool:
        """True if a response states that this page does not exist."""
        return not self.is_first and rest.is_past_the_end(page, 2)

    def advance(self, page: Page) -> bool:
        """Continue after a response; False where it was the last."""
        ids = rest.read_ids(page) or set()
        new = ids - self._seen
        repeated = bool(ids) and not new
        came = len(rest.read_array(page) or ())
        total = rest.total(page)
        self._largest = max(self._largest, came)
        is_capped = self._place is not None and bool(new)
        self._note_size(is_capped=is_capped)
        self._seen |= ids
        self.is_first = False
        if repeated:
            return False
        is_numbered = self._place is None
        if is_numbered and covered(came, total, self._begin, self._size) == rest_urls.PER_PAGE:
            return self._count_on(page)
        return self._step_on(came, total)

    @property
    def _begin(self) -> int:
        return (self._number - 1) * rest_urls.PER_PAGE

    @property
    def _size(self) -> int | None:
        return self._sizes.get(self._route)

    def _note_size(self, *, is_capped: bool) -> None:
        """Record the largest response; a proved limit replaces an older value."""
        before = 0 if is_capped else self._size or 0
        known = max(self._largest, before)
        if known:
            self._sizes[self._route] = known

    def _count_on(self, page: Page) -> bool:
        """Continue at the next page number; False after the last page."""
        pages = rest.page_count(page, self._number, self._before)
        self._number = self._number + 1
        self._before = page.body
        self.url = self._address(self._number)
        return self._number <= pages

    def _step_on(self, came: int, total: int | None) -> bool:
        """Continue at the next offset; False after the last entry."""
        begin = self._begin if self._place is None else self._place
        self._place = begin + self._largest
        self.url = rest_urls.from_offset(self._address(1), self._place)
        if total is not None:
            return self._place < total
        return came >= self._largest > 0
