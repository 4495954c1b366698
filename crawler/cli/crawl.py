"""The command `crawl`, and what the commands that fetch share.

It knows what to ask and how to say the answer; how a site is crawled is known next door.
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
from crawler.schedule.timetable import format_span

logger = logging.getLogger(__name__)
_CODES = {"ok": Exit.FINE, "interrupted": Exit.INTERRUPTED}
_UNWELL = {"failed", "blocked"}  # outcomes that are said on standard error, so that cron mails them


@click.command()
@click.argument("source", required=False)
@click.option("--run", "run_id", type=int, hidden=True, help="The row of the ledger that the clock made.")
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show nothing while it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one line of JSON for each source.")
@click.option("--trust-clock", is_flag=True, help="Crawl though the archive was written later than now.")
@click.pass_obj
def crawl(
    context: Context,
    source: str | None,
    run_id: int | None,
    progress: bool,
    as_json: bool,
    trust_clock: bool,
) -> int:
    """Crawl one source, or all, once and now.

    Meant for the hand, for cron and for systemd timers; `up` and `schedule` do it by the clock. What is
    already in the archive is asked for again only where it may have changed.

    Leaves with 0 when all went well, 3 when something is missing (what came is kept), 4 when another
    run of the source is under way, 130 when it was interrupted.
    """
    config = load_config(context.config, fetching=False)
    chosen = [config.source(source)] if source else list(config.sources)
    replace(config, sources=tuple(chosen)).check_contact()
    if len(chosen) == 1:
        return _crawl_one(
            config, chosen[0], run_id, progress=progress, as_json=as_json, trust_clock=trust_clock
        )
    shown = {"--no-progress": not progress, "--json": as_json, "--trust-clock": trust_clock}
    return _crawl_each(config, chosen, [option for option, given in shown.items() if given])


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
        limit=format_span(source.limit),
    )


@contextmanager
def quietly() -> Iterator[None]:
    """Keep Scrapy's log of what failed off the terminal, where the failure is told as a sentence."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


# -- crawl ----------------------------------------------------------------------------------------


def _crawl_one(
    config: Config, source: Source, run_id: int | None, *, progress: bool, as_json: bool, trust_clock: bool
) -> int:
    from crawler.runs.runner import run_crawl  # noqa: PLC0415  (Scrapy is slow to import)

    run = run_crawl(source, config.archive, run_id=run_id, progress=progress, trust_clock=trust_clock)
    if run_id is not None:
        logger.log(logging.INFO if run.outcome == "ok" else logging.WARNING, "%s", _run_line(run))
    elif as_json:
        emit(asdict(run), indent=None)
    else:
        click.echo(_run_line(run), err=run.outcome in _UNWELL)
    return _CODES.get(run.outcome or "", Exit.INCOMPLETE)


def _crawl_each(config: Config, sources: Sequence[Source], options: Sequence[str]) -> int:
    """A process can run Scrapy once, so each source gets one of its own."""
    codes = []
    for source in sources:
        codes.append(processes.run_child([*processes.crawl_arguments(config.path, source.name), *options]))
        if codes[-1] == Exit.INTERRUPTED:
            break
    return max(codes)


def _run_line(run: Run) -> str:
    return plain(f"{run.source}: {run.outcome or 'ended'}. {run.sentence or ''}".strip())
