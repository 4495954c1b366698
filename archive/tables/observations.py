"""Observations of stored comments that were requested again: one frozen type for each way.

`reconciliation` draws the conclusions. Like the records, these use no SQL and no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

APART = timedelta(hours=1)  # between the first check that missed an item and the confirming one


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Stored comments that the site did not show when requested.

    `apart` is how long before it an earlier check must have missed them as well, for them to be removed.
    """

    source: str
    ids: tuple[str, ...]
    looked_at: datetime
    apart: timedelta = APART


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Range of comment ids that REST listed completely.

    `total` is the stated number of all comments of the site, if any.
    """

    source: str
    first: int
    last: int
    shown: frozenset[str]
    looked_at: datetime
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLook:
    """Ids of comments on all pages of one thread.

    `pings_only` where REST lists the other comments: a page leaves out the replies below a hidden one.
    `empty` where a second surface shows too that the thread has no comment.
    """

    source: str
    url: str
    shown: frozenset[str]
    looked_at: datetime
    pings_only: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLook:
    """Ids of comments that a foreign comment system gave of one thread.

    `thread` is the URI of its ThreadAddress, `stated` the number that the system states, if any. `short` is
    why the thread is not whole, as a sentence; None for a whole one.
    """

    source: str
    thread: str
    shown: frozenset[str]
    looked_at: datetime
    stated: int | None = None
    short: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Complete list of a source's articles, as ids or URLs.

    `types` are the content types that it lists, all where it is empty.
    """

    source: str
    looked_at: datetime
    posts: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()


Look = Missing | Window | ThreadLook | ForeignLook | Listing
"""What the crawler has seen of known comments by asking for them again."""
