"""Command `verify`: proves that the archive of a site is complete."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby

import click

from archive.cli.console import Context, Exit, WholeNumber, emit, table
from archive.core.formatting import count, plain, when
from archive.core.records import Run
from archive.storage.archive import Archive
from archive.storage.coverage_records import WITHHELD
from archive.tables.merge import Value
from crawler.config.config import Config, Source, load_config
from crawler.daemon import processes

Row = dict[str, Value]
MIN_BUDGET_REQUESTS = 20  # fewer requests prove nothing: some are needed before the first month


@click.command()
@click.argument("source", required=False)
@click.option(
    "--budget",
    type=WholeNumber(MIN_BUDGET_REQUESTS),
    help="Send at most this many requests to each source.",
)
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each source.")
@click.pass_obj
def verify(context: Context, source: str | None, budget: int | None, progress: bool, as_json: bool) -> int:
    """Prove month by month that nothing is missing.

    Requests the site's lists, compares them with the archive, and lists and fetches what is missing. With a
    budget the next run continues where it stopped, with the months whose proof is oldest.

    Exits with 3 when something is missing or unproved, 4 when another run of the source is active, 130 when
    it was interrupted.
    """
    config = load_config(context.config, fetching=False)
    chosen = [config.source(source)] if source else list(config.sources)
    replace(config, sources=tuple(chosen)).check_contact()
    if len(chosen) == 1:
        return _one(config, chosen[0], budget, progress, as_json)
    return _each(config, chosen, budget, progress, as_json)


def _one(config: Config, source: Source, budget: int | None, progress: bool, as_json: bool) -> int:
    from crawler.runs.runner import run_verify  # noqa: PLC0415  (Scrapy is slow to import)

    run = run_verify(source, config.archive, budget=budget or 0, progress=progress)
    with Archive.open(config.archive) as archive:
        told = archive.coverage.summary(run.source)
        gaps = archive.coverage.gaps(run.source, run.started_at)
        months = archive.coverage.months(run.source, run.started_at)
    if as_json:
        emit({"run": asdict(run), "coverage": asdict(told), "months": months, "gaps": gaps}, indent=None)
    else:
        _tell(run, gaps, months)
    if run.outcome == "interrupted":
        return Exit.INTERRUPTED
    if run.outcome == "complete" and not told.missing:
        return Exit.FINE
    return Exit.INCOMPLETE


def _each(config: Config, sources: list[Source], budget: int | None, progress: bool, as_json: bool) -> int:
    """Verify each source in a process of its own, which Scrapy requires.

    Returns the highest exit code; an interruption ends the rest.
    """
    codes = []
    for source in sources:
        words = ["--config", str(config.path), "verify", source.name]
        words += [] if budget is None else ["--budget", str(budget)]
        if not progress:
            words.append("--no-progress")
        if as_json:
            words.append("--json")
        codes.append(processes.run_child(words))
        if codes[-1] == Exit.INTERRUPTED:
            break
    return max(codes)


def _tell(run: Run, gaps: list[Row], months: list[Row]) -> None:
    """Print the outcome, unproved months with reasons, and gaps."""
    sentence = run.sentence or ""
    click.echo(plain(f"{run.source}: {run.outcome}. {sentence}".strip()))
    untold = [row for row in months if row["unproved"]]
    for (kind, why), some in groupby(sorted(untold, key=_untold), key=_untold):
        names = [str(row["month"]) for row in some]
        span = names[0]
        if len(names) > 1:
            span = f"{count(len(names), 'month')}, {span} to {names[-1]}"
        click.echo(plain(f"The {kind}s of {span} cannot be proved: {why}"))
    if gaps:
        click.echo()
        table(("month", "what", "id", "why", "since", "now", "URL"), map(_gap, gaps))


def _untold(row: Row) -> tuple[str, str]:
    return str(row["kind"]), str(row["unproved"])


def _gap(row: Row) -> tuple[str, ...]:
    return (
        str(row["month"]) or "–",
        count(int(row["number"] or 0), str(row["kind"])),
        str(row["key"]) if str(row["key"]).isdigit() else "–",
        str(row["detail"]),
        when(row["first_seen"]),  # type: ignore[arg-type]
        str(row["ended_how"] or ("withheld" if row["reason"] in WITHHELD else "missing")),
        str(row["url"] or "–"),
    )
