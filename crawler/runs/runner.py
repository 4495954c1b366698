"""One run of one source, by Scrapy, in this process.

A process can do this once.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Thread

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from archive.core.crawl_report import CrawlReport
from archive.core.errors import ClockError
from archive.core.records import Run
from archive.operations.clock_check import refuse_past
from archive.storage.archive import Archive
from crawler.config.config import Source
from crawler.runs.loading import loading

_ALLOCATIONS = 10_000
"""Of objects that can be in a cycle, after which the collector runs: few of a crawl's ever are in one."""


def settings() -> Settings:
    """Return the project's Scrapy settings, from any working directory.

    Scrapy's log uses the handlers of ours.
    """
    values = Settings()
    values.setmodule("crawler.settings")
    values.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
    return values


def run_crawl(
    source: Source,
    archive_path: Path,
    *,
    run_id: int | None = None,
    progress: bool = True,
    trust_clock: bool = False,
    lease: Path | None = None,
) -> Run:
    """Crawl a source and return its run.

    `run_id` is the row where one is claimed. With the file of a `lease` no request is sent after its
    deadline. SIGINT, SIGTERM and the source's time limit end the crawl as interrupted, after the current page
    is saved; a second signal ends it at once, as does a time limit that it has ignored. Raises BusyError
    while another run of the source is active, ArchiveError when the archive cannot be written, ClockError
    when the machine's clock is behind the archive's dates, unless `trust_clock`.

    Pages that were extracted by older rules are extracted again first, since otherwise a change of rules
    would look like an edit.
    """
    from pipeline.replay import catch_up  # noqa: PLC0415  (it loads the extractor)

    if not trust_clock:
        _check_clock(archive_path, run_id)
    catch_up(archive_path, source.site)
    return _run(
        "news",
        source,
        archive_path,
        BACKISSUE_RUN=run_id,
        BACKISSUE_PROGRESS=progress,
        BACKISSUE_LEASE=lease and str(lease),
    )


def run_verify(source: Source, archive_path: Path, *, budget: int = 0, progress: bool = True) -> Run:
    """Verify a source's archive, and return its run-ledger row.

    `budget` is the maximum number of requests, 0 means no maximum. Ends and raises as `run_crawl` does.
    """
    _check_clock(archive_path, None)
    return _run("verify", source, archive_path, BACKISSUE_BUDGET=budget, BACKISSUE_PROGRESS=progress)


def _check_clock(path: Path, run_id: int | None) -> None:
    """Raise ClockError if the clock is behind the archive's dates.

    The row of the run is closed as failed. Raises ArchiveError where a run is claimed in an archive that is
    not there any more: no new one takes its place.
    """
    with Archive.open(path, create=run_id is None) as archive:
        now = datetime.now(UTC)
        try:
            refuse_past(archive.db, now, run=run_id or 0)
        except ClockError as error:
            if run_id is not None:
                archive.runs.settle(run_id, "failed", str(error), now)
            raise


def _load_tls() -> None:
    """Import Scrapy's TLS in a thread of its own.

    It walks the stack three times as it loads, and each frame costs: in a thread there are few.
    """
    thread = Thread(target=import_module, args=["scrapy.core.downloader.contextfactory"])
    thread.start()
    thread.join()


def _run(spider: str, source: Source, archive_path: Path, **options: object) -> Run:
    report = CrawlReport()
    with loading():
        _load_tls()
        process = _process(spider, source, archive_path, options)
        task = process.crawl(process.create_crawler(spider), source=source, report=report)
    gc.set_threshold(_ALLOCATIONS)
    process.start()
    has_ended = task.done() and not task.cancelled()
    error: BaseException | None = report.fault
    if has_ended:
        error = task.exception() or report.fault
    if error is not None:
        raise error
    if report.run_id is None:
        raise RuntimeError("the run was never recorded")
    with Archive.open(archive_path, create=False) as archive:
        return archive.runs.get(report.run_id)


def _process(
    spider: str, source: Source, archive_path: Path, options: Mapping[str, object]
) -> AsyncCrawlerProcess:
    values = settings()
    values.set("BACKISSUE_ARCHIVE", str(archive_path.absolute()), priority="cmdline")
    values.set("SPIDER_MODULES", [f"crawler.spiders.{spider}"], priority="cmdline")  # and no other
    values.set("BACKISSUE_LIMIT", source.limit.total_seconds(), priority="cmdline")
    for name, value in options.items():
        values.set(name, value, priority="cmdline")
    return AsyncCrawlerProcess(values)
