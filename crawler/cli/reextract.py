"""Command `reextract`: kept pages read again by many processes or machines.

Does not: know how a task is done, or how results come into an archive (`replay --from`).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from archive.cli.console import Context, Exit, WholeNumber, emit, say
from archive.core.formatting import count, plain
from crawler.config.config import load_config
from pipeline.scale.engines import Watch, engine_must_be_installed, run_plan
from pipeline.scale.plan import ExtractionPlan, Result, result_of


@click.command()
@click.argument("pages", metavar="PAGES...", nargs=-1, required=True)
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Processes of this machine, or the Ray cluster at $RAY_ADDRESS.",
)
@click.option(
    "--workers",
    type=WholeNumber(1),
    default=os.cpu_count() or 1,
    help="Tasks at once; by default one for each core of this machine.",
)
@click.option(
    "--tasks",
    type=WholeNumber(1),
    help="Into how many tasks the pages are divided; by default 4 a worker.",
)
@click.option("--source", default="", help="The source of pages in WARC files that name none.")
@click.option("--every", is_flag=True, help="Read all pages of a URL, not only the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the counts.")
@click.pass_obj
def reextract(
    context: Context,
    /,
    pages: tuple[str, ...],
    out: Path,
    engine: str,
    workers: int,
    tasks: int | None,
    source: str,
    every: bool,
    as_json: bool,
) -> int:
    """Read raw pages again on many cores or machines.

    PAGES are folders of `export pages`, or WARC files, or s3:// URLs of either. OUT gets Parquet files of
    records, articles, comments and problems. A run that ends early goes on when the same command is given
    again. Exits with 3 where pages could not be read; each is a row of problems.

    \b
    backissue export pages --output pages
    backissue reextract pages result --workers 8
    backissue replay --from result           what would change in the archive
    backissue replay --from result --apply   change it, as re-extracted
    """
    engine_must_be_installed(engine)
    config = load_config(context.config, fetching=False)
    if source:
        config.source(source)
    sites = [each.site for each in config.sources]
    plan = ExtractionPlan.of(pages, out, sites, tasks=tasks or 0, workers=workers, source=source, every=every)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # whatever ends it, its workers end with it
    with _progress() as watch:
        run_plan(plan, engine, workers, watch)
    result = result_of(out)
    if as_json:
        emit(asdict(result))
    else:
        _tell(result, out)
    return Exit.INCOMPLETE if result.unread_count else Exit.FINE


def _tell(result: Result, out: Path) -> None:
    rows = result.rows
    told = f"{count(rows['articles'], 'article')} and {count(rows['comments'], 'comment')}"
    click.echo(f"{count(rows['records'], 'page')} read into {out}: {told}.")
    for sentence in result.unread:
        say(plain(sentence))
    more = result.unread_count - len(result.unread)
    if more:
        say(f"{more:,} more pages could not be read; {out}/problems has them.")


@contextmanager
def _progress() -> Iterator[Watch]:
    """Show on standard error how many tasks are done, at a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("tasks", total=None)
        yield lambda done, tasks: progress.update(bar, completed=done, total=tasks)
