"""When a crawl starts workers: once reading takes much of its time, however busy the machine is."""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing
from types import ModuleType

import pytest

from archive.core.records import Extract, Page, PageKind, Site, Surface
from pipeline import crawl_reader
from pipeline.crawl_reader import CrawlReader
from pipeline.reading import BoundedReader
from tests.builders.hostile import page

SITE = Site(name="gazette", url="https://gazette.example")
PAGES = 60
POLITE = 0.4  # seconds of a pause that the crawl makes; a shorter one is the site's


class Machine:
    """A clock, and a reader that takes its time."""

    def __init__(self, *, spent: float, taken: float) -> None:
        self.spent, self.taken = spent, taken
        self.cpu = self.now = 0.0

    def process_time(self) -> float:
        return self.cpu

    def monotonic(self) -> float:
        return self.now

    def read(self, _page: Page, _site: Site) -> Extract:
        self.cpu += self.spent
        self.now += self.taken
        return Extract(surface=Surface.PAGE)


@pytest.mark.parametrize(
    ("spent", "taken", "pause", "starts"),
    [
        pytest.param(0.04, 0.04, 0.02, True, id="fast-site"),
        pytest.param(0.04, 0.6, 0.3, True, id="fast-site-busy-machine"),
        pytest.param(0.04, 0.04, 1.0, False, id="polite"),
        pytest.param(0.04, 0.6, 0.4, False, id="polite-busy-machine"),
    ],
)
def test_workers_start_where_reading_takes_much_of_the_time(
    monkeypatch: pytest.MonkeyPatch, *, spent: float, taken: float, pause: float, starts: bool
) -> None:
    """A busy machine gives a reader little of its CPU, and reading takes no less of the time."""
    machine = Machine(spent=spent, taken=taken)
    monkeypatch.setattr(crawl_reader, "time", machine)
    monkeypatch.setattr(crawl_reader, "CORES", 2)
    monkeypatch.setattr(BoundedReader, "read_at_once", machine.read)
    monkeypatch.setitem(sys.modules, "trafilatura", ModuleType("trafilatura"))  # what loads it is not counted

    async def crawl(reader: CrawlReader) -> bool:
        answer = page(PageKind.ARTICLE, b"<h1>Ice</h1>")
        for _ in range(PAGES):
            if begun := reader.begin(answer, SITE):
                begun.cancel()
                return True
            await reader.read(answer, SITE, None)
            machine.now += pause
        return False

    with closing(CrawlReader(stopping=lambda: False, pauses=pause >= POLITE)) as reader:
        assert asyncio.run(crawl(reader)) is starts
