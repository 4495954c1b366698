"""Months of the calendar, and how many of them a verification looks at in one go.

Pure. A month is named "2009-07" and runs from its first second in UTC to that of the next one. Months
that hold little are taken together, since one request lists a hundred things whenever they were published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.storage.coverage_records import Kind

MAX_SPAN_RECORDS = 90  # things held in a span: beside them, one request has room for some that are lacking
EARLIEST = "1970-01"  # no month before is looked at: there are only dates that never were


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Months of one kind that follow one another and are looked at together."""

    kind: Kind
    months: tuple[str, ...]

    @property
    def after(self) -> datetime:
        """The last second before the first month: REST's bounds are exclusive."""
        return month_start(self.months[0]) - timedelta(seconds=1)

    @property
    def before(self) -> datetime:
        """The first second after the last month."""
        return month_start(month_after(self.months[-1]))

    @property
    def halves(self) -> tuple[Span, ...]:
        """Its first and its second half; none where it is a single month."""
        middle = len(self.months) // 2
        parts = (self.months[:middle], self.months[middle:])
        return tuple(Span(kind=self.kind, months=months) for months in parts) if middle else ()

    def month_of(self, moment: str | None) -> str:
        """The month of a time as REST tells it, but one of the span's: bounds may be off by an hour."""
        month = (moment or self.months[0])[:7]
        return min(max(month, self.months[0]), self.months[-1])


def month_start(month: str) -> datetime:
    """The first second of a month."""
    year, number = map(int, month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def month_after(month: str) -> str:
    """The month after a month."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def calendar(first: str, last: str) -> Iterator[str]:
    """Every month from one to another; none where the first is the later one."""
    month = max(first, EARLIEST)
    while month <= last:
        yield month
        month = month_after(month)


def spans(due: Iterable[tuple[Kind, str]], held: Mapping[tuple[Kind, str], int]) -> Iterator[Span]:
    """Months as they are due; those that follow one another are taken together while they hold little."""
    kind, months, number = Kind.ARTICLE, list[str](), 0
    for next_kind, month in due:
        more = held.get((next_kind, month), 0)
        if months and (
            next_kind is not kind or month != month_after(months[-1]) or number + more > MAX_SPAN_RECORDS
        ):
            yield Span(kind=kind, months=tuple(months))
            months, number = [], 0
        kind, number = next_kind, number + more
        months.append(month)
    if months:
        yield Span(kind=kind, months=tuple(months))
