"""Reading kept pages again by today's rules: what would change, and then the change itself.

It goes through the raw pages of a source, the newest of each address, and saves what is read out of
them anew. What differs is kept as a version marked "re-extracted", never as the publisher's edit. No
network. After an upgrade `catch_up` does it before the first crawl, since that would take for an edit what
only the rules have changed.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.cli.console import count
from archive.core.database import rehearsal, transaction
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.records import Saved, Site
from archive.core.timestamps import to_text
from archive.queries.fetch_history import Facts
from archive.storage import versions
from archive.storage.archive import Archive
from archive.storage.raw_pages import Pages, beside
from pipeline.reading import BoundedReader, Reader
from pipeline.extractor_version import extractor_version, is_current

logger = logging.getLogger(__name__)
READ_BY = "rules"
"""The note of a source that says which rules have read all its kept pages."""


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


def replay(
    archive: Archive, pages: Pages, site: Site, *, now: datetime, apply: bool, reader: Reader
) -> Iterator[Replayed]:
    """Read the kept pages of a site again, and tell of each that differs.

    `now` (aware) is since when the changes hold; nothing is written unless `apply`.
    """
    for page in pages.newest_of_each(site.name):
        extract = reader.read(page, site)
        with transaction(archive.db) if apply else rehearsal(archive.db):
            marks = [_newest(archive, table) for table in _TABLES]
            saved = archive.save(page, extract, again_at=now)
            found = [
                d
                for table, mark in zip(_TABLES, marks, strict=True)
                for d in _differences(archive, table, mark)
            ]
        if apply:
            pages.note_rules(page, extractor_version())
        if saved or found:
            yield Replayed(url=page.url, saved=saved, differences=tuple(found))


def catch_up(path: Path, site: Site) -> int:
    """Read again what other rules than today's have read of a site, and return how many pages that were.

    It can be ended at any page, and goes on there the next time. Raises BusyError while a run of the source
    lives, ArchiveError when the archive cannot be written.
    """
    with ExitStack() as held:
        held.enter_context(hold(path, lock_of(site.name), wait=PATIENCE))
        archive = held.enter_context(Archive.open(path))
        facts = held.enter_context(Facts(path, site.name))
        if is_current(facts.mark(READ_BY)):
            return 0
        archive.add_source(site, to_text(datetime.now(UTC)) or "")
        pages = held.enter_context(Pages.open(beside(path)))
        numbers = pages.read_otherwise(site.name, is_current)
        if numbers:
            logger.info("%s: %s is read again by newer rules.", site.name, count(len(numbers), "kept page"))
        reader = BoundedReader()
        held.callback(reader.close)
        for number in numbers:
            page = pages.get(number)
            archive.save(page, reader.read(page, site), again_at=datetime.now(UTC))
            pages.note_rules(page, extractor_version())
        archive.set_cursor(site.name, READ_BY, extractor_version())
        return len(numbers)


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
