"""The command that reports the archive's state, to people and to monitoring programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli.console import Context, Exit, emit, opened, table
from archive.core.formatting import plain, size, when
from archive.queries import health


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as at /-/health.")
@click.pass_obj
def status(context: Context, as_json: bool) -> int:
    """Print the archive's state, and how the last runs ended.

    Exits with 3 if something needs attention: a source whose crawls fail, a clock that has stopped, a disk
    that is nearly full, a check or a backup that found damage.
    """
    with opened(context, finish=False) as archive:
        told = health.archive_health(archive, datetime.now(UTC))
    if as_json:
        emit(asdict(told))
    else:
        _tell(told)
    if told.ok:
        return Exit.FINE
    return Exit.INCOMPLETE


def _tell(told: health.Status) -> None:
    """Print sources, a sentence about each, and the whole."""
    table(
        (
            "source",
            "state",
            "articles",
            "read",
            "comments",
            "newest article",
            "newest comment",
            "problems",
            "last run",
        ),
        [_row(source) for source in told.sources],
    )
    click.echo()
    for source in told.sources:
        click.echo(plain(f"{source.name}: {source.sentence}"))
        click.echo(plain(f"{source.name}: {source.surfaces}"))
        click.echo(plain(f"{source.name}: coverage: {source.coverage.sentence}"))
    click.echo(_files(told.files))
    if told.growth:
        click.echo(told.growth.sentence)
    for check in told.checks:
        click.echo(plain(f"{check.name.capitalize()}, {when(check.at)} UTC: {check.sentence}"))


def _row(source: health.SourceStatus) -> tuple[str, ...]:
    state: str = source.state
    if not source.well:
        state = state.upper()
    last_run = "never"
    if source.last_run:
        last_run = f"{when(source.last_run.started_at)} {source.last_run.outcome or 'running'}"
    return (
        source.name,
        state,
        f"{source.articles:,}",
        f"{source.read:,}",
        f"{source.comments:,}",
        when(source.last_published),
        when(source.last_comment),
        f"{source.problems:,}",
        last_run,
    )


def _files(files: health.Files) -> str:
    held = f"The archive has {size(files.archive + files.log)}, its raw pages {size(files.pages)}"
    shortage = ""
    if files.low:
        shortage = ", too little"
    return f"{held}; {size(files.free)} are free on the disk{shortage}."
