"""Dates of the visit itself, printed as an item's date. Pure.

Does not: decide whether such a date is believed; `flux` waits until it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from archive.core.timestamps import instant
from archive.tables.merge import Value

_NOW = timedelta(hours=1)  # between the visit and a date that is the visit's
_DAY = timedelta(hours=20)  # that a date moves by at least where a page prints today's
_TODAY = timedelta(hours=38)  # between the visit and a date of its day, in any time zone


def is_of_visit(old: Mapping[str, Value], said: Mapping[str, Value], at: str) -> bool:
    """True if an item's date moved forward to a visit."""
    before, after = _moment(old.get("published")), _moment(said.get("published"))
    if before is None or after is None:
        return False
    age, moved = abs(instant(at) - after), after - before
    is_now = moved > timedelta() and age <= _NOW
    is_today = moved >= _DAY and age <= _TODAY
    return is_now or is_today


def _moment(value: Value) -> datetime | None:
    """Return a stored date as a moment: noon of a day without a time."""
    text = str(value or "")
    if not text:
        return None
    return instant(text if "T" in text else f"{text}T12:00:00Z")
