"""The parameters of a REST request: reading them, refusing them in WordPress' words, cutting the page asked
for.

It knows strings, dates and lists. It does not know posts or comments. Its law: a fault in a parameter
raises `Refused`, which carries the exact answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tests.fakesite.wire import Headers, Response, as_json

T = TypeVar("T")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?")
NOINDEX = ("X-Robots-Tag", "noindex")


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure
    """A request REST turns down."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}
        self.status = status

    def response(self) -> Response:
        """The answer as WordPress words it."""
        return as_json(self.body, self.status, [NOINDEX, ("X-Content-Type-Options", "nosniff")])


def invalid(name: str, message: str, code: str = "rest_invalid_param") -> Refused:
    """The refusal of one parameter."""
    details = {name: {"code": code, "message": message, "data": None}}
    return Refused(
        400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: message}, details=details
    )


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request, with the site's zone for dates that name none."""

    params: Mapping[str, str]
    zone: ZoneInfo
    _read: dict[str, Any] = field(default_factory=dict)

    def word(self, name: str, allowed: Iterable[str], default: str) -> str:
        """One of the allowed words."""
        value = self.params.get(name, default)
        allowed = list(allowed)
        if value not in allowed:
            raise invalid(name, f"{name} is not one of {', '.join(allowed)}.", "rest_not_in_enum")
        return value

    def number(self, name: str, default: int, low: int = 1, high: int | None = None) -> int:
        """A whole number within bounds (100 is the highest WordPress allows for `per_page`)."""
        value = self.params.get(name, str(default))
        if not re.fullmatch(r"-?\d+", value):
            raise invalid(name, f"{name} is not of type integer.", "rest_invalid_type")
        if high is not None and not low <= int(value) <= high:
            words = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
            raise invalid(name, words, "rest_out_of_bounds")
        if int(value) < low:
            words = f"{name} must be greater than or equal to {low}"
            raise invalid(name, words, "rest_out_of_bounds")
        return int(value)

    def ids(self, name: str) -> list[int] | None:
        """A list of ids parted by commas, or None if it was not asked for."""
        value = self.params.get(name, "")
        if not value:
            return None
        if name not in self._read:
            self._read[name] = self._ids(name, value)
        found: list[int] = self._read[name]
        return found

    def _ids(self, name: str, value: str) -> list[int]:
        parts = [part for part in re.split(r"[\s,]+", value) if part]
        if not all(re.fullmatch(r"-?\d+", part) for part in parts):
            raise invalid(name, f"{name}[0] is not of type integer.", "rest_invalid_type")
        return [int(part) for part in parts]

    def moment(self, name: str) -> datetime | None:
        """A moment as site-local time without a zone; one that names a zone is converted to it."""
        value = self.params.get(name)
        if value is None:
            return None
        if name not in self._read:
            self._read[name] = self._moment(name, value)
        found: datetime = self._read[name]
        return found

    def _moment(self, name: str, value: str) -> datetime:
        value = value.replace(" ", "+") if re.search(r" \d\d:?\d\d$", value) and "T" in value else value
        if not _DATE.fullmatch(value):
            raise invalid(name, "Invalid date.", "rest_invalid_date")
        found = datetime.fromisoformat(value.upper())
        return found.astimezone(self.zone).replace(tzinfo=None) if found.tzinfo else found

    def between(self, moment: datetime, after: str, before: str) -> bool:
        """True if the moment lies strictly between two bounds, compared in site-local time."""
        low, high = self.moment(after), self.moment(before)
        if low is None and high is None:
            return True
        local = moment.astimezone(self.zone).replace(tzinfo=None)
        return (low is None or local > low) and (high is None or local < high)


@dataclass(frozen=True, slots=True)
class Cut:
    """One page of a list, with the totals its headers tell."""

    items: list[Any]
    total: int
    pages: int
    page: int


def cut(query: Query, found: list[T]) -> Cut:
    """The page of `found` that was asked for; past the end it is empty."""
    size, number = query.number("per_page", 10, 1, 100), query.number("page", 1)
    start = query.number("offset", 0, 0) if "offset" in query.params else (number - 1) * size
    return Cut(found[start : start + size], len(found), math.ceil(len(found) / size), number)


def paging_headers(address: str, params: Mapping[str, str], part: Cut) -> Headers:
    """X-WP-Total, X-WP-TotalPages and the Link header with prev and next."""
    headers = [("X-WP-Total", str(part.total)), ("X-WP-TotalPages", str(part.pages))]
    links = []
    if part.page > 1:
        before = min(part.page - 1, part.pages) or 1
        links.append(f'<{address}?{urlencode({**params, "page": before})}>; rel="prev"')
    if part.page < part.pages:
        links.append(f'<{address}?{urlencode({**params, "page": part.page + 1})}>; rel="next"')
    return [*headers, ("Link", ", ".join(links))] if links else headers


def only_fields(item: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """The item cut down to `_fields`, where `content.protected` names a part of `content`."""
    if not fields:
        return item
    kept: dict[str, Any] = {}
    for name in re.split(r"[\s,]+", fields.strip(", ")):
        head, _, rest = name.partition(".")
        if head not in item:
            continue
        if rest and isinstance(item[head], dict):
            part = only_fields(item[head], rest)
            kept[head] = {**kept[head], **part} if isinstance(kept.get(head), dict) else part
        else:
            kept[head] = item[head]
    return kept
