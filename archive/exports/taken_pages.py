"""The raw pages that an export takes, and what a record of one says that HTTP does not.

What may not leave the archive is held back here, for all forms at once; what is altered is named.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive.core.errors import ArchiveError
from archive.core.records import Page, PageKind
from archive.core.timestamps import to_text
from archive.exports.selection import Snapshot
from archive.files import raw_pages
from archive.files.held_back import HeldBack
from archive.files.raw_pages import Altered, Pages

FACTS_HEADER = "X-Backissue-Page"
"""Header of a WARC record with what `page_facts` gives, as JSON in ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPage:
    """A page, its id in pages.db, and whether it is the newest of its URL."""

    page: Page
    number: int
    is_newest: bool

    @property
    def digest(self) -> str:
        """The SHA-256 of the body, in hexadecimal."""
        return body_digest(self.page.body)

    @property
    def columns(self) -> dict[str, Any]:
        """What every table of pages has of it; `fetched_at` is ISO 8601 in UTC."""
        page = self.page
        return {
            "number": self.number,
            "source": page.source,
            "kind": page.kind.value,
            "url": page.url,
            "final_url": page.final_url,
            "status": page.status,
            "fetched_at": to_text(page.fetched_at),
            "lastmod": page.lastmod,
            "digest": self.digest,
        }


def body_digest(body: bytes) -> str:
    """Return the SHA-256 of a body, in hexadecimal."""
    return hashlib.sha256(body).hexdigest()


def taken_pages(
    snapshot: Snapshot, name_altered: Callable[[Altered], None] = lambda _: None
) -> Iterator[TakenPage]:
    """Return the raw pages of the chosen articles, in the order of receipt.

    Altered ones are noted in `snapshot.left_out`, and handed to `name_altered` unless their URL is hidden.
    Raises ArchiveError without raw pages.
    """
    path = raw_pages.raw_pages_path(snapshot.path)
    if not path.is_file():
        raise ArchiveError(
            f"There are no raw pages at {path}.", hint="They are kept beside the archive when it is crawled."
        )
    return _taken(snapshot, path, name_altered)


def _taken(snapshot: Snapshot, path: Path, name_altered: Callable[[Altered], None]) -> Iterator[TakenPage]:
    with Pages.open(path) as kept:
        wanted = snapshot.rows("addresses", "source", "url")
        chosen = None
        if snapshot.selection.narrow:
            chosen = wanted
        total = kept.choose(snapshot.selection.source, chosen)
        held_back = HeldBack(snapshot.db, snapshot.path)
        numbers = kept.chosen_numbers()
        for number, is_newest in snapshot.watch(numbers, total=total, description="pages"):
            page = kept.get(number)
            if isinstance(page, Altered):
                snapshot.left_out.append(str(page))
                if not held_back.hides(page.url):
                    name_altered(page)
            elif page not in held_back:
                yield TakenPage(page=page, number=number, is_newest=is_newest)


def page_facts(taken: TakenPage) -> str:
    """Return what a record needs besides HTTP for the page to be read again, as JSON in ASCII."""
    page = taken.page
    told = {
        "source": page.source,
        "kind": page.kind.value,
        "url": page.url,
        "lastmod": page.lastmod,
        "number": taken.number,
        "newest": taken.is_newest,
    }
    return json.dumps(told, ensure_ascii=True)


def kind_in_facts(facts: str) -> PageKind | None:
    """Return the kind of a page by its facts.

    None if they are none.
    """
    try:
        return PageKind(json.loads(facts)["kind"])
    except (ValueError, TypeError, KeyError):
        return None


def page_from_facts(
    facts: str, *, final_url: str, status: int, headers: Any, fetched_at: datetime, body: bytes
) -> TakenPage:
    """Return the page of a record with such facts. Raises ValueError, KeyError or TypeError for others."""
    told = json.loads(facts)
    pairs = tuple((str(name), str(value)) for name, value in headers)
    page = Page(
        source=str(told["source"]),
        kind=PageKind(told["kind"]),
        url=str(told["url"]),
        final_url=final_url,
        status=status,
        headers=pairs,
        fetched_at=fetched_at,
        body=body,
        lastmod=told["lastmod"],
    )
    return TakenPage(page=page, number=int(told["number"]), is_newest=bool(told["newest"]))
