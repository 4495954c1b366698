"""What is done with each page that others have kept: chosen, kept raw, read, and noted in the archive.

A page is done when its rules are noted; one that a killed import left is done again, and nothing twice.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from archive.core import rendered, urls
from archive.core.records import Extract, Problem, Saved, Site
from archive.files import captured_pages
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from archive.tables import captured
from pipeline.extractor_version import extractor_version
from pipeline.imports.observed import Fault, Item, Observed, PassedOver, Repeated
from pipeline.imports.unwrapped import unwrap
from pipeline.reading import Reader

_FAULT = "import-fault"
"""The problem of a record of an imported file that cannot be read, or is not as it was received."""
SAMPLE_PAGES = 20
"""Pages that a rehearsal reads to know how long the others take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFilter:
    """Which pages are wanted: received within a span (aware, `until` exclusive), with a URL that matches."""

    is_article: Callable[[str], bool]
    since: datetime | None = None
    until: datetime | None = None
    match: re.Pattern[str] | None = None

    def why_not(self, url: str, at: datetime) -> str | None:
        """Return why a page is not wanted, if so."""
        if not self.is_article(url):
            return "pages that are no articles of the source"
        is_early = self.since is not None and at < self.since
        is_late = self.until is not None and at >= self.until
        if is_early or is_late or (self.match and not self.match.search(url)):
            return "pages that were not asked for"
        return None


@dataclass(slots=True)
class Tally:
    """Counts of an import. `passed_over` has them by reason; `seconds` is what the pages read took."""

    pages: int = 0
    known: int = 0
    read: int = 0
    bytes: int = 0
    seconds: float = 0.0
    articles: set[str] = field(default_factory=set)
    passed_over: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    saved: Saved = field(default_factory=Saved)


class Taking:
    """Takes pages into one archive; with `rehearse` it only counts them."""

    def __init__(
        self,
        archive: Archive,
        pages: Pages,
        site: Site,
        reader: Reader,
        wanted: PageFilter,
        *,
        rehearse: bool,
    ) -> None:
        self.tally = Tally()
        self._archive = archive
        self._pages = pages
        self._site = site
        self._reader = reader
        self._wanted = wanted
        self._rehearse = rehearse
        self._rules = extractor_version()
        self._waiting: list[Repeated] = []

    def take(self, found: Item, at: datetime) -> None:
        """Take one page, or note why that cannot be; `at` (aware) is when that is."""
        if isinstance(found, PassedOver):
            self.tally.passed_over[found.why] += 1
        elif isinstance(found, Repeated):
            self._take_repeated(found, at)
        elif isinstance(found, Fault):
            self._note(found, at)
        else:
            self._page(found, at)

    def end(self, at: datetime) -> None:
        """Take the pages that repeat others which came after them; `at` (aware) is when that is."""
        for found in self._waiting:
            page = captured_pages.repeated_page(self._pages, found.page, found.of, found.digest)
            if page is not None:
                self._page(Observed(page=page, witness=found.witness), at)
            elif self._rehearse:
                self.tally.passed_over["pages that repeat those of another file"] += 1
            else:
                url, moment = found.of
                capture = url
                if moment:
                    capture += f" of {moment:%Y-%m-%d}"
                why = f"It repeats {capture}, which no file that was imported holds."
                self._note(Fault(place=found.place, url=found.page.url, why=why), at)
        self._waiting.clear()

    def _take_repeated(self, found: Repeated, at: datetime) -> None:
        if why := self._wanted.why_not(found.page.url, found.page.fetched_at):
            self.tally.passed_over[why] += 1
            return
        page = captured_pages.repeated_page(self._pages, found.page, found.of, found.digest)
        if page is None:
            self._waiting.append(found)
        else:
            self._page(Observed(page=page, witness=found.witness), at)

    def is_done(self, found: Observed) -> bool:
        """True if a page was imported before."""
        return captured_pages.is_held(self._pages, found.page, found.witness, self._rules)

    def has(self, url: str, at: datetime, witness: str) -> bool:
        """True if a page that a witness received at a moment was imported before."""
        return captured_pages.is_read(self._pages, self._site.name, (url, at, witness), self._rules)

    @property
    def is_sampled(self) -> bool:
        """True if a rehearsal has read enough pages to estimate the time of the others."""
        return self._rehearse and self.tally.read >= SAMPLE_PAGES

    def wants(self, url: str, at: datetime) -> bool:
        """True if a page is wanted; it is counted as passed over where not."""
        why = self._wanted.why_not(url, at)
        if why is None:
            return True
        self.tally.passed_over[why] += 1
        return False

    def _page(self, found: Observed, at: datetime) -> None:
        page = unwrap(found.page)
        found = replace(found, page=replace(page, body=found.page.body))
        if why := self._wanted.why_not(page.url, page.fetched_at):
            self.tally.passed_over[why] += 1
            return
        self.tally.pages += 1
        self.tally.bytes += len(page.body)
        self.tally.articles.add(urls.key(page.url))
        if self.is_done(found):
            self.tally.known += 1
            return
        if self.is_sampled:
            return
        begun = time.monotonic()
        if not self._rehearse and not captured_pages.keep_page(self._pages, found.page, found.witness):
            why = "Another body of that moment is held by the same witness."
            self._note(Fault(place=found.witness, url=page.url, why=why), at)
            return
        extract = found.said or self._reader.read(page, self._site)
        if not self._rehearse:
            self._save(found, extract, page.url)
        self.tally.read += 1
        self.tally.seconds += time.monotonic() - begun

    def _save(self, found: Observed, extract: Extract, url: str) -> None:
        if why := _refusal(extract, known=self._archive.knows(self._site.name, url)):
            self.tally.passed_over[why] += 1
            captured_pages.note_said(self._pages, found.page, found.witness, None, self._rules)
            return
        article = extract.articles[0]
        if rendered.lacks(found.page):  # it shows the article, and proves nothing by what it does not show
            article = replace(article, further=True)
            extract = replace(extract, articles=(article,))
        said = captured.to_json(article, extract.comments)
        captured_pages.note_said(self._pages, found.page, found.witness, said, "")
        self.tally.saved += self._archive.save_capture(found.page, extract, found.witness)
        captured_pages.note_said(self._pages, found.page, found.witness, said, self._rules)

    def _note(self, fault: Fault, at: datetime) -> None:
        self.tally.faults.append(fault)
        if not self._rehearse:
            detail = f"{fault.place}: {fault.why}"
            problem = Problem(code=_FAULT, detail=detail)
            self._archive.note_problem(self._site.name, fault.url or fault.place, problem, at)


def _refusal(extract: Extract, *, known: bool) -> str | None:
    """Return why a page is not taken for an article, if so.

    `known` is True where we have it.
    """
    if not extract.articles:
        codes = sorted({problem.code for problem in extract.problems}) or [HTTPStatus.NO_CONTENT.phrase]
        return f"pages without an article ({', '.join(codes)})"
    if extract.wall is not None:
        return f"pages without an article ({extract.wall.code})"
    if extract.articles[0].bare and not known:
        return "pages that nothing marks as an article"
    return None
