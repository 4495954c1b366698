"""Reading kept pages again by today's rules.

What would change, and then the change itself.

It reads the raw pages of a source, the newest of each URL, and saves what is read out of them again. What
differs is kept as a version with the cause "re-extracted", never as the publisher's edit. No network. After
an upgrade `catch_up` does it before the first crawl, since that would take for an edit what only the rules
have changed. It also saves what a crawl that died had kept and not saved yet. A page that is not as it was
received, or cannot be read, is named and passed over; the others are read.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.core.database import rehearsal, transaction
from archive.core.formatting import count
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.records import Page, Saved, Site
from archive.core.timestamps import to_text
from archive.files.raw_pages import Altered, Pages, raw_pages_path
from archive.queries.fetch_history import FetchHistory
from archive.storage.archive import Archive
from archive.tables import versions
from archive.tables.visits import visited_url
from pipeline.extractor_version import extractor_version, is_current
from pipeline.reading import BoundedReader, ManyReader, Reader

logger = logging.getLogger(__name__)


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
    """Changes from extracting one page again."""

    url: str
    saved: Saved
    differences: tuple[Difference, ...]


def replay(
    archive: Archive, pages: Pages, site: Site, *, now: datetime, apply: bool, reader: ManyReader
) -> Iterator[Replayed]:
    """Read the kept pages of a site again, and yield each that differs.

    `now` (aware) is the time of the changes; nothing is written unless `apply`.
    """
    for page, extract in reader.read_each(pages.newest_of_each(site.name), site):
        if isinstance(page, Altered) or extract is None:
            logger.warning("%s It is passed over.", page)
            continue
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
    """Read what a crawl that died did not save, and what other rules than today's have read; return how many.

    It can be ended at any page, and continues there the next time. Raises BusyError during a run of the
    source, ArchiveError when the archive cannot be written.
    """
    with ExitStack() as held:
        held.enter_context(hold(path, lock_of(site.name), wait=PATIENCE))
        archive = held.enter_context(Archive.open(path))
        facts = held.enter_context(FetchHistory(path, site.name))
        pages = held.enter_context(Pages.open(raw_pages_path(path)))
        unsaved = [number for number in pages.unsaved(site.name) if _is_unsaved(pages, facts, number)]
        by_rules = not is_current(facts.state.extractor_version)
        if not unsaved and not by_rules:
            return 0
        archive.add_source(site, to_text(datetime.now(UTC)) or "")
        numbers = pages.read_otherwise(site.name, is_current, but=unsaved) if by_rules else []
        if numbers:
            logger.info("%s: reading %s again, by newer rules.", site.name, count(len(numbers), "kept page"))
        reader = BoundedReader()
        held.callback(reader.close)
        for number in numbers:
            page = pages.get(number)
            _save(archive, page, site, reader, again_at=datetime.now(UTC))
            pages.note_rules(page, extractor_version())
        late = sum(_save_late(archive, pages, number, site, reader) for number in unsaved)
        if late:
            logger.info("%s: %s that a crawl had not saved was read.", site.name, count(late, "kept page"))
        if by_rules:
            archive.note_state(site.name, extractor_version=extractor_version())
        return len(numbers) + late


def _is_unsaved(pages: Pages, facts: FetchHistory, number: int) -> bool:
    """True unless a page that a crawl has kept, or a later one of its URL, was saved; that is noted."""
    page = pages.get(number)
    visit = None if isinstance(page, Altered) else facts.visit(visited_url(page))
    if isinstance(page, Page) and visit:
        shared = visited_url(page) != page.url  # several listings of one second are one visit
        if visit.fetched_at > page.fetched_at or (visit.fetched_at == page.fetched_at and not shared):
            pages.note_saved(number)
            return False
    return True


def _save_late(archive: Archive, pages: Pages, number: int, site: Site, reader: Reader) -> bool:
    """Save a page that a crawl only kept.

    False where it cannot be read.

    It is tried a few times only: reading it may be what ended that crawl.
    """
    pages.note_try(number)
    done = _save(archive, pages.get(number), site, reader)
    pages.note_saved(number)
    return done


def _save(
    archive: Archive, page: Page | Altered, site: Site, reader: Reader, *, again_at: datetime | None = None
) -> bool:
    """Read and save a kept page.

    False, with an entry in the log, where that fails.
    """
    if isinstance(page, Altered):
        logger.warning("%s: %s It is passed over.", site.name, page)
        return False
    try:
        extract = reader.read(page, site)
    except Exception:  # after every failure of a reader, the next crawl must continue
        logger.exception("%s: The kept page of %s cannot be read. It is passed over.", site.name, page.url)
        return False
    archive.save(page, extract, again_at=again_at)
    return True


_TABLES = ("article", "comment")


def _newest(archive: Archive, table: str) -> int:
    return int(archive.db.execute(f"SELECT coalesce(max(id), 0) FROM {table}_versions").fetchone()[0])


def _differences(archive: Archive, table: str, mark: int) -> Iterator[Difference]:
    """Yield the fields of the versions made since `mark`, with their present values."""
    for version in archive.db.query(f"SELECT * FROM {table}_versions WHERE id > ?", [mark]):
        number = version[f"{table}_id"]
        current = next(iter(archive.db.query(f"SELECT * FROM {table}s WHERE id = ?", [number])))
        if table == "article":
            current |= versions.lists(archive.db, number)
        for field in json.loads(version["changed"]):
            yield Difference(what=table, id=number, field=field, before=version[field], after=current[field])
