"""CPU of a first crawl by its parts, each measured alone on the same made pages."""

from __future__ import annotations

import gc
import pickle
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from archive.copies.update import rebuild_copies
from archive.core.records import Extract, Page, Site
from archive.files.raw_pages import Pages, raw_pages_path
from archive.proof.log import log_changes, seal_log
from archive.storage.archive import Archive
from pipeline.html.document import parse
from pipeline.process import process
from tests.bench.reading import made_pages
from tests.bench.rounds import Table, compared, cpu_milliseconds
from tests.builders.theme import Theme

_SITE = Site(name="gazette", url="https://gazette.example")
_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure so many made pages."""
    theme = Theme()
    received = made_pages(theme, pages)
    extracts = [process(page, _SITE) for page in received]
    threads = sum(len(extract.comments) for extract in extracts) / pages
    with tempfile.TemporaryDirectory() as name:
        crawl = _Crawl(Path(name), received, extracts)
        parts: dict[str, Callable[[], object]] = {
            "reading": lambda: [process(page, _SITE) for page in received],
            "of it: parsing": lambda: [parse(page) for page in received],
            "handing over to a worker and back": crawl.hand_over,
            "keeping the raw page": crawl.keep,
            "saving, with full text": crawl.save,
            "copies": crawl.look_for_copies,
            "proof log and seal": crawl.seal,
        }
        found: dict[str, list[float]] = {what: [] for what in parts}
        for _ in range(rounds):  # in this order: each step goes on with what the one before has left
            for what, work in parts.items():
                gc.collect()
                found[what].append(cpu_milliseconds(work, pages)())
        figures = compared({what: iter(values).__next__ for what, values in found.items()}, rounds, "ms")
    corpus = f"{pages} made pages with {threads:.0f} comments each on average; each part alone"
    return [Table(title="CPU of a first crawl by parts, for each page", corpus=corpus, figures=figures)]


class _Crawl:
    """Steps of a first crawl without its site; `keep` begins a new archive."""

    def __init__(self, folder: Path, received: list[Page], extracts: list[Extract]) -> None:
        self._path = folder / "archive.db"
        self._received, self._extracts = received, extracts

    def hand_over(self) -> None:
        """Turn each page, and each extract, into bytes and back."""
        for pair in zip(self._received, self._extracts, strict=True):
            for one in pair:
                pickle.loads(pickle.dumps(one))

    def keep(self) -> None:
        """Keep the raw pages."""
        for file in self._path.parent.iterdir():
            file.unlink()
        with Pages.open(raw_pages_path(self._path)) as pages:
            for page in self._received:
                pages.keep(page)

    def save(self) -> None:
        """Save what was read."""
        with Archive.open(self._path) as archive:
            archive.add_source(_SITE, "2026-03-01T12:00:00Z")
            for page, extract in zip(self._received, self._extracts, strict=True):
                archive.save(page, extract)

    def look_for_copies(self) -> None:
        """Compare all texts."""
        with Archive.open(self._path) as archive:
            rebuild_copies(archive.db, self._path)

    def seal(self) -> None:
        """Log all states, and seal them."""
        with Archive.open(self._path) as archive:
            log_changes(archive.db, self._path)
            seal_log(archive.db, _NOW)
