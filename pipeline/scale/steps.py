"""The three steps of the pipeline, as datatrove takes them: pages, what they say, and files of it.

Other steps of datatrove can stand between and after them: a document's `text` is that of the page's article,
`metadata["read"]` is a ReadPage. Invariant: a page never ends a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep

from archive.core.answers.reader_guard import GAVE_UP
from archive.core.records import Extract, Problem, Site, Surface
from archive.exports.taken_pages import TakenPage
from pipeline.extractor_version import extractor_version
from pipeline.reading import BoundedReader
from pipeline.scale.page_files import PageFault, read_unit, units_of
from pipeline.scale.plan import ALTERED, NO_SITE
from pipeline.scale.result_files import ResultWriter
from pipeline.scale.rows import ReadPage, Row


class KeptPages(PipelineStep):  # type: ignore[misc]
    """Reads every `world_size`-th unit of some files.

    Of each URL only the newest page is read, where the files have that, unless `every` is True. `source` is
    that of pages without one.
    """

    name = "kept pages"
    type = "READER"

    def __init__(self, files: Sequence[str], *, source: str = "", every: bool = False) -> None:
        super().__init__()
        self.files, self.source, self.every = list(files), source, every

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Yield a document for each page, with the page as `metadata["kept"]`."""
        yield from data or ()
        for unit in units_of(self.files)[rank::world_size]:
            for kept in read_unit(unit, self.source):
                if isinstance(kept, TakenPage) and not (kept.is_newest or self.every):
                    self.stat_update("older pages, passed over")
                    continue
                self.stat_update("pages")
                yield Document(text="", id=_id_of(kept), metadata={"kept": kept})


class Extraction(PipelineStep):  # type: ignore[misc]
    """Reads out of each page what `process(page, site)` does, in a process with bounds."""

    name = "process(page, site)"
    type = "EXTRACTOR"

    def __init__(self, sites: Sequence[Site]) -> None:
        super().__init__()
        self.sites = {site.name: site for site in sites}

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:  # noqa: ARG002
        """Yield the documents with `metadata["read"]`."""
        reader = BoundedReader()
        try:
            for document in data:
                read = self._read(document.metadata.pop("kept"), reader)
                self._count(read.extract)
                document.metadata["read"] = read
                document.text = next((each.text or "" for each in read.extract.articles), "")
                yield document
        finally:
            reader.close()

    def _read(self, kept: TakenPage | PageFault, reader: BoundedReader) -> ReadPage:
        if isinstance(kept, PageFault):
            problem = Problem(code=ALTERED, detail=kept.why, url=kept.url or None)
            extract = Extract(surface=Surface.PAGE, problems=(problem,))
            return ReadPage(facts=_facts_of_fault(kept), extract=extract, altered=kept.why)
        site = self.sites.get(kept.page.source)
        if site is None:
            detail = f"No site is given for the source “{kept.page.source}”, so it was not read."
            extract = Extract(surface=Surface.PAGE, problems=(Problem(code=NO_SITE, detail=detail),))
            return ReadPage(facts=_facts_of(kept), extract=extract)
        extract = reader.read_apart(kept.page, site)
        if any(problem.code == GAVE_UP for problem in extract.problems):
            extract = reader.read_apart(kept.page, site)  # what ended the reader may have been another page
        return ReadPage(facts=_facts_of(kept), extract=extract)

    def _count(self, extract: Extract) -> None:
        self.stat_update("articles", value=len(extract.articles), unit="page")
        self.stat_update("comments", value=len(extract.comments), unit="page")
        for problem in extract.problems:
            self.stat_update(f"problem {problem.code}")


class ResultFiles(PipelineStep):  # type: ignore[misc]
    """Writes what was read as four Parquet files for each task, and hands the documents on."""

    name = "records, articles, comments, problems"
    type = "WRITER"

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder

    def run(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:  # noqa: ARG002
        """Yield the documents; the files are in their places when all are."""
        writer = ResultWriter(Path(self.folder), rank)
        try:
            for document in data:
                writer.add(document.metadata["read"])
                yield document
            writer.finish()
        finally:
            writer.discard()


def _id_of(kept: TakenPage | PageFault) -> str:
    source = kept.source if isinstance(kept, PageFault) else kept.page.source
    return f"{source}/{kept.number}"


def _facts_of(kept: TakenPage) -> Row:
    return {**kept.columns, "extractor_version": extractor_version()}


def _facts_of_fault(fault: PageFault) -> Row:
    return {
        "number": fault.number,
        "source": fault.source,
        "kind": None,
        "url": fault.url,
        "final_url": None,
        "status": None,
        "fetched_at": fault.fetched_at,
        "lastmod": None,
        "digest": fault.digest,
        "extractor_version": extractor_version(),
    }
