"""Reading kept pages again by today's rules: what would change, and then the change itself.

It goes through the raw pages of a source, the newest of each address, and saves what is read out of
them anew. What differs is kept as a version marked "re-extracted", never as the publisher's edit.
No network; the moment comes in as an argument.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive import versions
from archive.database import rehearsal, transaction
from archive.pages import Pages
from archive.records import Saved, Site
from archive.store import Archive
from pipeline.process import process


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of an article or a comment that today's rules read otherwise."""

    what: str  # "article" or "comment"
    id: int  # the archive's own
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What reading one page again changed, or would change."""

    url: str
    saved: Saved
    differences: tuple[Difference, ...]


def replay(archive: Archive, pages: Pages, site: Site, *, now: datetime, apply: bool) -> Iterator[Replayed]:
    """Read the kept pages of a site again, and tell of each that differs.

    `now` (aware) is since when the changes hold; nothing is written unless `apply`.
    """
    for page in pages.newest_of_each(site.name):
        extract = process(page, site)
        with transaction(archive.db) if apply else rehearsal(archive.db):
            marks = [_newest(archive, table) for table in _TABLES]
            saved = archive.save(page, extract, again_at=now)
            found = [
                d
                for table, mark in zip(_TABLES, marks, strict=True)
                for d in _differences(archive, table, mark)
            ]
        if saved or found:
            yield Replayed(url=page.url, saved=saved, differences=tuple(found))


_TABLES = ("article", "comment")


def _newest(archive: Archive, table: str) -> int:
    return int(archive.db.execute(f"SELECT coalesce(max(id), 0) FROM {table}_versions").fetchone()[0])


def _differences(archive: Archive, table: str, mark: int) -> Iterator[Difference]:
    """The fields of the versions made since `mark`, beside what stands there now."""
    for version in archive.db.query(f"SELECT * FROM {table}_versions WHERE id > ?", [mark]):
        number = version[f"{table}_id"]
        current = next(iter(archive.db.query(f"SELECT * FROM {table}s WHERE id = ?", [number])))
        if table == "article":
            current |= versions.lists(archive.db, number)
        for field in json.loads(version["changed"]):
            yield Difference(what=table, id=number, field=field, before=version[field], after=current[field])
