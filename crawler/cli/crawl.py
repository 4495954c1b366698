"""The command `crawl`, and what the commands that fetch share: the sample newspaper, and quiet.

It knows what to ask and how to say the answer; how a site is crawled is known next door.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import click

from archive.cli.console import Context, Exit, Planned, emit, is_free, plain
from archive.core.records import Run
from archive.core.timestamps import instant, to_text
from archive.storage.archive import Archive
from crawler.config.config import Config, Source, load
from crawler.daemon import processes
from crawler.schedule.timetable import tell_span

logger = logging.getLogger(__name__)
_CODES = {"ok": Exit.FINE, "interrupted": Exit.INTERRUPTED}


@click.command()
@click.argument("source", required=False)
@click.option("--run", "run_id", type=int, hidden=True, help="The row of the ledger that the clock made.")
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show nothing while it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one line of JSON for each source.")
@click.pass_obj
def crawl(context: Context, source: str | None, run_id: int | None, progress: bool, as_json: bool) -> int:
    """Crawl one source, or all, once and now.

    Meant for the hand, for cron and for systemd timers; `up` and `schedule` do it by the clock. What is
    already in the archive is asked for again only where it may have changed. Without a configuration
    the bundled sample newspaper is crawled.

    Leaves with 0 when all went well, 3 when something is missing (what came is kept), 4 when another
    run of the source is under way, 130 when it was interrupted.
    """
    config = load(context.config, fetching=False)
    chosen = [config.source(source)] if source else list(config.sources)
    replace(config, sources=tuple(chosen)).check_contact()
    with newspaper(config):
        if len(chosen) == 1:
            return _crawl_one(config, chosen[0], run_id, progress, as_json)
        return _crawl_each(config, chosen, progress, as_json)


def planned(source: Source) -> Planned:
    """A configured source, as other rooms' commands show it."""
    due = datetime.now(UTC)
    starts = [due := source.schedule.next_start(due) for _ in range(3)]
    return Planned(
        name=source.name,
        url=source.site.url,
        title=source.site.title,
        schedule=source.schedule.text,
        delay=source.delay,
        next_run=starts[0],
        next_runs=tuple(starts),
        limit=tell_span(source.limit),
    )


@contextmanager
def newspaper(config: Config) -> Iterator[None]:
    """Keep the bundled sample newspaper running meanwhile, if it is what is configured and does not run yet.

    Its life began when the archive first saw it, so that each start continues the same newspaper.
    """
    if config.path is not None or not is_free("127.0.0.1", sample_port(config)):
        yield
        return
    from crawler.sample import SampleSite  # noqa: PLC0415  (only the sample needs it)

    with SampleSite(port=sample_port(config), epoch=_epoch(config)):
        yield


def sample_port(config: Config) -> int:
    """The port of the sample newspaper."""
    return urlsplit(config.sources[0].site.url).port or 80


@contextmanager
def quietly() -> Iterator[None]:
    """Keep Scrapy's log of what failed off the terminal, where the failure is told as a sentence."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _epoch(config: Config) -> datetime:
    site, now = config.sources[0].site, datetime.now(UTC)
    with Archive.open(config.archive) as archive:
        known = {row["name"]: row["first_seen"] for row in archive.db["sources"].rows}
        if site.name not in known:
            archive.add_source(site, str(to_text(now)))
            return now
    return instant(known[site.name])


# -- crawl ----------------------------------------------------------------------------------------


def _crawl_one(config: Config, source: Source, run_id: int | None, progress: bool, as_json: bool) -> int:
    from crawler.runs.runner import crawl as run_crawl  # noqa: PLC0415  (Scrapy is slow to import)

    run = run_crawl(source, config.archive, run_id=run_id, progress=progress)
    if run_id is not None:
        logger.log(logging.INFO if run.outcome == "ok" else logging.WARNING, "%s", _run_line(run))
    elif as_json:
        emit(asdict(run), indent=None)
    else:
        click.echo(_run_line(run))
    return _CODES.get(run.outcome or "", Exit.INCOMPLETE)


def _crawl_each(config: Config, sources: Sequence[Source], progress: bool, as_json: bool) -> int:
    """A process can run Scrapy once, so each source gets one of its own."""
    codes = []
    for source in sources:
        codes.append(processes.run(_arguments(config, source, progress, as_json)))
        if codes[-1] == Exit.INTERRUPTED:
            break
    return max(codes)


def _arguments(config: Config, source: Source, progress: bool, as_json: bool) -> list[str]:
    shown = [*([] if progress else ["--no-progress"]), *(["--json"] if as_json else [])]
    return [*processes.crawl_arguments(config.path, source.name), *shown]


def _run_line(run: Run) -> str:
    return plain(f"{run.source}: {run.outcome or 'ended'}. {run.sentence or ''}".strip())
