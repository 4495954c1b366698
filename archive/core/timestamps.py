"""Times as text, written and read in one place.

In the archive a time is ISO 8601 in UTC with a "Z" and whole seconds, or a day alone; both sort as text.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime

from archive.core.records import Moment

_SPAN = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def to_text(moment: Moment | None) -> str | None:
    """Write an aware datetime as "2009-07-09T14:50:00Z" and a date as "2009-07-09".

    Raises ValueError for a naive datetime, since its moment would be ambiguous.
    """
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be kept: {moment!r}")
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def from_text(text: str | None) -> Moment | None:
    """Parse the output of `to_text`. Raises ValueError for any other text."""
    if text is None:
        return None
    if len(text) == len("2009-07-09"):
        return date.fromisoformat(text)
    return datetime.fromisoformat(text)


def is_span(text: str) -> bool:
    """Return whether a text is a day, month or year that exists ("2009-07-15", "2009")."""
    if not _SPAN.fullmatch(text):
        return False
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return False
    return True


def last_day(span: str) -> str:
    """Return the last day of a day, month or year that exists."""
    year, month, day = f"{span}--".split("-")[:3]
    month = month or "12"
    _, days = monthrange(int(year), int(month))
    return f"{year}-{month}-{day or days}"


def instant(text: str) -> datetime:
    """Parse a required instant. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"not an instant: {text!r}")
    return moment


def optional_instant(text: str | None) -> datetime | None:
    """Parse an instant that may be missing. Raises ValueError."""
    if not text:
        return None
    return instant(text)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, if it is valid."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  (slow to import, and few answers need it)

    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
