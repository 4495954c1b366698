"""One crawl of one source, by Scrapy, in this process. A process can do this once."""

from __future__ import annotations

from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive.errors import BackissueError
from archive.records import Run
from archive.store import Archive
from crawler.config import Source


def settings() -> Settings:
    """The project's Scrapy settings, wherever the program is started; its log goes the way of ours."""
    values = Settings()
    values.setmodule("crawler.settings")
    values.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
    return values


def crawl(source: Source, archive_path: Path, *, trigger: str = "hand", progress: bool = True) -> Run:
    """Crawl a source into an archive and return its row in the run ledger.

    SIGINT and SIGTERM let the page under way be saved and end the crawl as interrupted; a second one
    ends it at once. Raises BusyError while another run of the source lives, ArchiveError when the
    archive cannot be written.
    """
    values = settings()
    values.set("BACKISSUE_ARCHIVE", str(archive_path.absolute()), priority="cmdline")
    values.set("BACKISSUE_TRIGGER", trigger, priority="cmdline")
    values.set("BACKISSUE_PROGRESS", progress, priority="cmdline")
    process = AsyncCrawlerProcess(values)
    task = process.crawl("news", source=source)
    process.start()
    error = task.exception() if task.done() and not task.cancelled() else None
    if error is not None:
        raise error
    with Archive.open(archive_path) as archive:
        run = archive.runs.newest(source.site.name)
    if run is None:
        raise BackissueError(f"The crawl of {source.site.name} left no row in the run ledger.")
    return run
