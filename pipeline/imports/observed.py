"""What a container gives: pages with the witness who received them, and faults of what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.core.records import Extract, Page

LARGEST_BYTES = 64 * 2**20
"""Size of one page's body; a larger one is a fault, and no news article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Page as `witness` received it. `said` is its content, if it is not a page to be read."""

    page: Page
    witness: str
    said: Extract | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Record or file that cannot be read: its place, its URL if recorded, and the reason in a sentence."""

    place: str
    why: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """A record that is no page: a picture, a request, an answer without a page."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A page without its body, which is that of another page as received before.

    `of` are the URL and time (aware) of that page where they are stated, `digest` that of its payload, as
    "sha1:…"; `place` is the file.
    """

    page: Page
    witness: str
    place: str
    digest: str
    of: tuple[str, datetime | None]


Item = Observed | Fault | PassedOver | Repeated
"""What a record of a container is."""
Found = Iterator[Item]
