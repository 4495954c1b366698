"""Observations of known comments that were requested again: one frozen type for each way.

What is concluded from a look is said in `looking`. Like the records, these know no SQL and no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

APART = timedelta(hours=1)  # between the first look that missed something and the one that calls it gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Comments the archive holds that a healthy site did not show when asked for by their own `ids`.

    `apart` is how long before it an earlier look must have missed them as well, for them to be gone.
    """

    source: str
    ids: tuple[str, ...]
    looked_at: datetime
    apart: timedelta = APART


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of a source's comments as REST listed it whole: those `shown` from id `first` to `last`.

    `total` is how many comments the site says it has in all, None where it does not say.
    """

    source: str
    first: int
    last: int
    shown: frozenset[str]
    looked_at: datetime
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLook:
    """The ids that all pages of one article's thread, from its address `url` on, showed together.

    `pings_only` where REST tells the other comments: a page leaves out what hangs below a hidden one.
    """

    source: str
    url: str
    shown: frozenset[str]
    looked_at: datetime
    pings_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A whole list of a source's articles: the ids (REST) or else the URLs (sitemaps) that it names."""

    source: str
    looked_at: datetime
    posts: frozenset[int] = frozenset()
    urls: frozenset[str] = frozenset()


Look = Missing | Window | ThreadLook | Listing
"""What the crawler has seen of known comments by asking for them again."""
