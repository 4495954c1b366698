"""What reading a page with its thread costs, beside trafilatura, which reads the body and its metadata."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import trafilatura

from archive.core.records import Page, Site
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from pipeline.process import process
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Figure, Table, compared, cpu_milliseconds
from tests.builders.pages import HTML, made_page
from tests.builders.theme import Theme

_SITE = Site(name="gazette", url="https://gazette.example")
_SPEED_UP = 0.85
"""Part of N times the speed of one process that N are to reach."""
_WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure so many made pages."""
    theme = Theme()
    received = made_pages(theme, pages)
    threads = sum(theme.comments(number) for number in range(pages)) / pages
    corpus = f"{pages} made pages with {threads:.0f} comments each on average"
    return [_one_by_one(received, corpus, rounds), _many(theme, 10 * pages, rounds), _memory(theme, pages)]


def made_pages(theme: Theme, pages: int) -> list[Page]:
    """Return the first pages of a site, as they are received."""
    return [_page(theme, number) for number in range(pages)]


def _page(theme: Theme, number: int) -> Page:
    url = theme.url(number)
    return made_page(
        url,
        theme.page(number),
        headers=HTML,
        fetched_at=_WHEN,
    )


def _one_by_one(received: list[Page], corpus: str, rounds: int) -> Table:
    texts = [page.body.decode() for page in received]
    variants = {
        "trafilatura with metadata, no comments": lambda: [
            trafilatura.bare_extraction(text, with_metadata=True, include_comments=False) for text in texts
        ],
        "Backissue, with all comments": lambda: [process(page, _SITE) for page in received],
    }
    measured = {name: cpu_milliseconds(work, len(received)) for name, work in variants.items()}
    bounds = {"Backissue, with all comments": 1.0}
    return Table(title="CPU to read a page", corpus=corpus, figures=compared(measured, rounds, "ms", bounds))


def _many(theme: Theme, pages: int, rounds: int) -> Table:
    """Time `replay` with one process and with two, on pages that the archive has not read yet.

    They are so many that the start of the workers, about a second, hardly counts.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = _kept(Path(name), (_page(theme, each) for each in range(pages)))
        variants = {
            f"replay --jobs {jobs}": lambda jobs=jobs: (
                cost([*BACKISSUE, "replay", "--jobs", str(jobs)], folder).wall_seconds
            )
            for jobs in (1, 2)
        }
        figures = compared(variants, rounds, "s", {"replay --jobs 2": 1 / (2 * _SPEED_UP)})
    return Table(title="Time to read kept pages again", corpus=f"{pages} made pages", figures=figures)


def _memory(theme: Theme, pages: int) -> Table:
    """Compare the peaks of `replay` on so many kept pages, and on ten times as many."""
    peaks = []
    for number in (pages, 10 * pages):
        with tempfile.TemporaryDirectory() as name:
            folder = _kept(Path(name), (_page(theme, each) for each in range(number)))
            peaks.append(cost([*BACKISSUE, "replay", "--jobs", "1"], folder).peak_megabytes)
    few, many = peaks
    figures = (
        Figure(what=f"{pages} pages", value=few, unit="MB", ratio=1.0),
        Figure(what="ten times as many", value=many, unit="MB", ratio=many / few, bound=1.2),
    )
    return Table(title="Peak memory of replay", corpus="pages that were not read yet", figures=figures)


def _kept(folder: Path, received: Iterable[Page]) -> Path:
    """Make an archive that has pages and has read none, in a folder; return the folder."""
    (folder / "backissue.toml").write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
    with Archive.open(folder / "archive.db") as archive:
        archive.add_source(_SITE, "2026-03-01T12:00:00Z")
    with Pages.open(folder / "pages.db") as kept:
        for page in received:
            kept.keep(page)
    return folder
