"""Validators of HTTP (ETag, Last-Modified) for conditional requests. Pure."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from archive.core.records import Page, Seen
from archive.queries.fetch_history import A_WHILE


def has_validators(page: Page) -> bool:
    """True if a response can be requested conditionally the next time.

    False for one that was last modified in the future: below a comment with such a date, WordPress takes no
    newer comment for a change.
    """
    last_modified = page.header("last-modified")
    has_any = bool(page.header("etag") or last_modified)
    return has_any and not _is_to_come(last_modified, page.fetched_at)


def validators(seen: Seen) -> dict[str, str]:
    """Return the headers of a conditional request after a visit.

    A proxy that compresses responses makes an ETag weak, and WordPress then never matches it: so the prefix
    W/ is removed. An empty dict where the visit has no usable validator.
    """
    if _is_to_come(seen.last_modified, seen.fetched_at):
        return {}
    etag = (seen.etag or "").removeprefix("W/")
    headers = {"If-None-Match": etag, "If-Modified-Since": seen.last_modified}
    return {name: value for name, value in headers.items() if value}


def _is_to_come(http_date: str | None, now: datetime) -> bool:
    try:
        return parsedate_to_datetime(http_date or "") > now + A_WHILE
    except (ValueError, TypeError, OverflowError):
        return False
