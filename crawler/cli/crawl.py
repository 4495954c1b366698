"""Command `crawl`, and helpers of the commands that fetch.

Does not: crawl a site itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime

import click

from archive.cli.console import Context, Exit, Planned, emit
from archive.core.formatting import plain
from archive.core.records import Run
from crawler.config.config import Config, Source, load_config
from crawler.daemon import processes
from crawler.runs.loading import loading
from crawler.schedule.learned import Auto
from crawler.schedule.learning import Learning
from crawler.schedule.timetable import Timetable, format_span

logger = logging.getLogger(__name__)
_CODES = {"ok": Exit.FINE, "interrupted": Exit.INTERRUPTED}
_UNWELL = {"failed", "blocked"}  # outcomes on standard error, so that cron sends them by mail


@click.command()
@click.argument("source", required=False)
@click.option("--run", "run_id", type=int, hidden=True, help="The scheduler's row of the run ledger.")
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one line of JSON for each source.")
@click.option("--trust-clock", is_flag=True, help="Crawl even if this clock is behind the archive.")
@click.pass_obj
def crawl(
    context: Context,
    source: str | None,
    run_id: int | None,
    progress: bool,
    as_json: bool,
    trust_clock: bool,
) -> int:
    """Crawl one source or all of them, once and now.

    For manual use, for cron and for systemd timers; `up` and `schedule` crawl by themselves. Archived pages
    are requested again only if they may have changed.

    Exits with 0 when all went well, 3 when something is missing (everything fetched is kept), 4 when another
    run of the source is active, 130 when it was interrupted.
    """
    config = load_config(context.config, fetching=False)
    chosen = [config.source(source)] if source else list(config.sources)
    replace(config, sources=tuple(chosen)).check_contact()
    if len(chosen) == 1:
        return _crawl_one(
            config, chosen[0], run_id, progress=progress, as_json=as_json, trust_clock=trust_clock
        )
    shown = {"--no-progress": not progress, "--json": as_json, "--trust-clock": trust_clock}
    options = [option for option, given in shown.items() if given]
    return _crawl_each(config, chosen, options)


def planned(config: Config) -> tuple[Planned, ...]:
    """Return the configured sources for the commands of other rooms."""
    now = datetime.now(UTC)
    learns = any(isinstance(each.schedule.rule, Auto) for each in config.sources)
    if not learns or not config.archive.is_file():
        return tuple(_planned(source, source.schedule, now, now) for source in config.sources)
    from archive.storage.archive import Archive  # noqa: PLC0415  (only a schedule that learns needs it)

    learning = Learning()
    with Archive.open(config.archive, finish=False) as archive:
        found = []
        for source in config.sources:
            timetable, since = learning.since_last_run(archive, source.name, source.schedule, now)
            found.append(_planned(source, timetable, since, now))
        return tuple(found)


def _planned(source: Source, timetable: Timetable, since: datetime, now: datetime) -> Planned:
    starts = list[datetime]()
    while len(starts) < 3:
        since = timetable.next_start(since)
        starts += [since] if since > now else []
    return Planned(
        name=source.name,
        url=source.site.url,
        title=source.site.title,
        schedule=timetable.text,
        delay=source.delay,
        next_run=starts[0],
        next_runs=tuple(starts),
        limit=format_span(source.limit),
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Silence Scrapy's log of errors, where a sentence reports them."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


# -- crawl ----------------------------------------------------------------------------------------


def _crawl_one(
    config: Config, source: Source, run_id: int | None, *, progress: bool, as_json: bool, trust_clock: bool
) -> int:
    with loading():
        from crawler.runs.runner import run_crawl  # noqa: PLC0415  (Scrapy is slow to import)

    run = run_crawl(source, config.archive, run_id=run_id, progress=progress, trust_clock=trust_clock)
    if run_id is not None:
        level = logging.INFO if run.outcome == "ok" else logging.WARNING
        logger.log(level, "%s", _run_line(run))
    elif as_json:
        emit(asdict(run), indent=None)
    else:
        click.echo(_run_line(run), err=run.outcome in _UNWELL)
    return _CODES.get(run.outcome or "", Exit.INCOMPLETE)


def _crawl_each(config: Config, sources: Sequence[Source], options: Sequence[str]) -> int:
    """Crawl each source in a process of its own, which Scrapy requires.

    Returns the highest exit code; an interruption ends the rest.
    """
    codes = []
    for source in sources:
        arguments = processes.crawl_arguments(config.path, source.name)
        codes.append(processes.run_child([*arguments, *options]))
        if codes[-1] == Exit.INTERRUPTED:
            break
    return max(codes)


def _run_line(run: Run) -> str:
    outcome = run.outcome or "ended"
    sentence = run.sentence or ""
    return plain(f"{run.source}: {outcome}. {sentence}".strip())
