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

from archive.core.connection import Database
from archive.core.database import read_only
from archive.core.records import Page
from archive.core.rendered import HOW
from archive.core.timestamps import instant, to_text
from archive.files.held_back import HeldBack
from archive.files.raw_pages import Altered, Pages, raw_pages_path
from archive.files.sort_key import key_number, sort_key

REPLAY_VARIABLE = "BACKISSUE_REPLAY"
"""Variable of the environment that is 1 where raw pages are published without a setting in the metadata."""
_FOUND = """
SELECT id, source, url, final_url, status, headers, fetched_at, digest, witness FROM pages
WHERE {number} = :number AND kind = 'article' AND source IN (SELECT value FROM json_each(:sources))
ORDER BY fetched_at, id
"""
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
        values = {"sources": json.dumps(sources), "number": key_number(url)}
        stored = raw.query(_FOUND.format(number=_number(raw)), values)
        found = [_memento(row) for row in stored if sort_key(row["final_url"]) == wanted]
        return list(_shown(HeldBack(db, archive), Pages(raw), found))


def memento_page(archive: Path, memento: Memento) -> Page | None:
    """Return a memento's raw page, if it is sound."""
    with closing(Database(read_only(raw_pages_path(archive)))) as raw:
        page = Pages(raw).get(memento.id)
    if isinstance(page, Altered):
        return None
    return page


def closest_memento(found: Sequence[Memento], at: datetime) -> Memento | None:
    """Return the memento that is closest to a time; of two as close, the earlier one."""
    return min(found, key=lambda memento: (abs(memento.at - at), memento.at), default=None)


def _number(raw: Database) -> str:
    """Return the SQL of a page's key number; a file of an older schema has none stored."""
    columns = raw.execute("SELECT 1 FROM pragma_table_info('pages') WHERE name = 'key_number'")
    if columns.fetchone():
        return "key_number"
    raw.conn.create_function("key_number", 1, key_number, deterministic=True)
    return "key_number(final_url)"


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
