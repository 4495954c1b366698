"""Raw pages of one URL over time: mementos, as RFC 7089 calls them.

A URL is the same page as another one where an index of web archives gives both one key (`sort_key`). What
must not leave the archive (`held_back`) is no memento.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from archive.core.connection import Database
from archive.core.database import read_only
from archive.core.records import Page
from archive.core.rendered import HOW
from archive.core.timestamps import instant, to_text
from archive.core.urls import key
from archive.files.held_back import HeldBack
from archive.files.raw_pages import Altered, Pages, raw_pages_path
from archive.files.sort_key import sort_key

REPLAY_VARIABLE = "BACKISSUE_REPLAY"
"""Variable of the environment that is 1 where raw pages are published without a setting in the metadata."""
_FOUND = """
SELECT DISTINCT pages.id, source, url, final_url, status, headers, fetched_at, digest, witness
FROM (SELECT value AS held FROM json_each(:sources)) JOIN (SELECT value AS wanted FROM json_each(:urls))
    JOIN pages ON source = held AND url = wanted
WHERE kind = 'article' ORDER BY fetched_at, pages.id
"""
_KNOWN = "SELECT url FROM {table} WHERE source = ? AND url_key = ?"
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """One raw page of a URL.

    `id` is its number in pages.db, `at` when it was received, aware; `digest` is SHA-256 in hex; `witness` is
    who received it, None for this archive. `rendered` is the browser that made the page of what the server
    sent, with what that took; None where the page is what was sent.
    """

    id: int
    url: str
    at: datetime
    status: int
    mime: str
    digest: str
    witness: str | None
    rendered: str | None = None

    @property
    def stamp(self) -> str:
        """Return the time as 14 digits, in UTC."""
        return self.at.astimezone(UTC).strftime("%Y%m%d%H%M%S")

    @property
    def text(self) -> str | None:
        """Return the time as ISO 8601 in UTC."""
        return to_text(self.at)


def mementos(archive: Path, url: str) -> list[Memento]:
    """Return the mementos of a URL, the earliest first; empty without raw pages.

    Raises ArchiveError if there are redactions and `hidden.db` cannot be read.
    """
    path = raw_pages_path(archive)
    if not path.is_file():
        return []
    wanted = sort_key(url)
    with closing(Database(read_only(archive))) as db, closing(Database(read_only(path))) as raw:
        sources = [row[0] for row in db.execute("SELECT name FROM sources")]
        candidates = {*_spellings(url), *_known(db, sources, url)}
        urls = json.dumps(sorted(candidates))
        values = {"sources": json.dumps(sources), "urls": urls}
        stored = raw.query(_FOUND, values)
        found = [_memento(row) for row in stored if sort_key(row["final_url"]) == wanted]
        return list(_shown(HeldBack(db, archive), Pages(raw), found))


def memento_page(archive: Path, memento: Memento) -> Page | None:
    """Return the raw page of a memento, if it is sound."""
    with closing(Database(read_only(raw_pages_path(archive)))) as raw:
        page = Pages(raw).get(memento.id)
    if isinstance(page, Altered):
        return None
    return page


def closest_memento(found: Sequence[Memento], at: datetime) -> Memento | None:
    """Return the memento that is closest to a time; of two as close, the earlier one."""
    return min(found, key=lambda memento: (abs(memento.at - at), memento.at), default=None)


def _spellings(url: str) -> Iterable[str]:
    """Yield a URL with either scheme, with and without "www." and a slash at its end."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    bare = parts.netloc.removeprefix("www.")
    path = parts.path.rstrip("/")
    for scheme in ("http", "https"):
        for host in (bare, f"www.{bare}"):
            for ending in ("", "/"):
                parts_of_url = (scheme, host, path + ending, parts.query, "")
                yield urlunsplit(parts_of_url)


def _known(db: Database, sources: Iterable[str], url: str) -> Iterable[str]:
    """Yield the URLs under which the archive has a page."""
    try:
        wanted = key(url)
    except ValueError:
        return
    for source in sources:
        for table in ("addresses", "visits"):
            sql = _KNOWN.format(table=table)
            yield from (row[0] for row in db.execute(sql, [source, wanted]))


def _memento(row: dict[str, object]) -> Memento:
    pairs = json.loads(str(row["headers"]))
    headers = {name.lower(): value for name, value in pairs}
    mime = headers.get("content-type", "").partition(";")[0]
    return Memento(
        id=int(str(row["id"])),
        url=str(row["final_url"]),
        at=instant(str(row["fetched_at"])),
        status=int(str(row["status"])),
        mime=mime.strip().lower(),
        digest=str(row["digest"]),
        witness=str(row["witness"]) if row["witness"] else None,
        rendered=headers.get(HOW),
    )


def _shown(held_back: HeldBack, pages: Pages, found: Iterable[Memento]) -> Iterable[Memento]:
    """Yield the pages in HTML without hidden text; each body is read once."""
    shown: dict[tuple[str, str], bool] = {}
    for memento in found:
        if memento.mime not in _HTML:
            continue
        which = (memento.url, memento.digest)
        if held_back.is_needed and which not in shown:
            page = pages.get(memento.id)
            shown[which] = not isinstance(page, Altered) and page not in held_back
        if shown.get(which, True):
            yield memento
