"""Months of the calendar, and spans of months that are audited together.

Pure. A month is named "2009-07" and lasts from its first second in UTC to that of the next one. Months with
few records are audited together, since one request lists a hundred records from any dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.storage.coverage_records import AuditKind

MAX_SPAN_RECORDS = (
    90  # records of the archive in a span: one request has room for these and for some missing ones
)
EARLIEST = "1970-01"  # earlier months are not audited: such dates are errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Consecutive months of one kind that are audited together."""

    kind: AuditKind
    months: tuple[str, ...]

    @property
    def after(self) -> datetime:
        """Return the last second before the first month (aware UTC).

        REST's bounds are exclusive.
        """
        return month_start(self.months[0]) - timedelta(seconds=1)

    @property
    def before(self) -> datetime:
        """Return the first second after the last month (aware UTC)."""
        return month_start(month_after(self.months[-1]))

    @property
    def halves(self) -> tuple[Span, ...]:
        """Return the first and the second half; empty for a single month."""
        middle = len(self.months) // 2
        first = self.months[:middle]
        second = self.months[middle:]
        parts = (first, second)
        if middle:
            return tuple(Span(kind=self.kind, months=months) for months in parts)
        return ()

    def month_of(self, moment: str | None) -> str:
        """Return the month of REST's time, limited to those of the span.

        REST's bounds may be off by an hour. Without a moment it is the first month.
        """
        month = (moment or self.months[0])[:7]
        first, last = self.months[0], self.months[-1]
        return min(max(month, first), last)


def month_start(month: str) -> datetime:
    """Return the first second of a month (aware UTC)."""
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def month_after(month: str) -> str:
    """Return the month after a month."""
    year, number = map(int, month.split("-"))
    years, months = divmod(number, 12)
    return f"{year + years:04}-{months + 1:02}"


def calendar(first: str, last: str) -> Iterator[str]:
    """Yield every month from `first` to `last`, both included.

    Nothing where the first is later, and no month before EARLIEST.
    """
    month = max(first, EARLIEST)
    while month <= last:
        yield month
        month = month_after(month)


def spans(due: Iterable[tuple[AuditKind, str]], held: Mapping[tuple[AuditKind, str], int]) -> Iterator[Span]:
    """Yield spans of the due months in their order.

    Consecutive months form one span while it has at most MAX_SPAN_RECORDS records. `held` maps kind and month
    to the number of records in the archive.
    """
    kind = AuditKind.ARTICLE
    months = list[str]()
    number = 0
    for next_kind, month in due:
        more = held.get((next_kind, month), 0)
        is_next = bool(months) and next_kind is kind and month == month_after(months[-1])
        fits = is_next and number + more <= MAX_SPAN_RECORDS
        if months and not fits:
            yield Span(kind=kind, months=tuple(months))
            months, number = [], 0
        kind = next_kind
        number = number + more
        months.append(month)
    if months:
        yield Span(kind=kind, months=tuple(months))
