"""Validators of HTTP (ETag, Last-Modified): what asks for an answer only if it has changed. Pure."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from archive.core.records import Page, Seen
from archive.queries.fetch_history import A_WHILE


def has_validators(page: Page) -> bool:
    """True if an answer can be asked for again on the condition that it has changed.

    One that was last modified in the future cannot: below a comment that is dated so, WordPress takes no
    newer one for a change.
    """
    last_modified = page.header("last-modified")
    return bool(page.header("etag") or last_modified) and not _is_to_come(last_modified, page.fetched_at)


def validators(seen: Seen) -> dict[str, str]:
    """Return the headers that ask for an answer only if it has changed since a visit.

    A proxy that packs answers turns an ETag weak, and WordPress then never matches it: so the sign of
    weakness is taken off.
    """
    if _is_to_come(seen.last_modified, seen.fetched_at):
        return {}
    headers = {"If-None-Match": (seen.etag or "").removeprefix("W/"), "If-Modified-Since": seen.last_modified}
    return {name: value for name, value in headers.items() if value}


def _is_to_come(http_date: str | None, now: datetime) -> bool:
    try:
        return parsedate_to_datetime(http_date or "") > now + A_WHILE
    except (ValueError, TypeError, OverflowError):
        return False
