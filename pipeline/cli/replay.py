"""Command `replay`: stored pages extracted again, and the differences."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from archive.cli.console import emit
from archive.core.formatting import count, plain
from archive.core.records import Saved, Site
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage.archive import Archive
from pipeline.reader_pool import ReaderPool
from pipeline.reading import BoundedReader
from pipeline.replay import Difference, Replayed, replay

_SHOWN = 12  # lines of one field's difference that are shown to people


def run(
    path: Path,
    sites: Sequence[Site],
    *,
    apply: bool,
    as_json: bool,
    jobs: int = 1,
    folder: Path | None = None,
) -> None:
    """Read the kept pages of some sites again, by so many processes, and show what differs.

    What `reextract` has read into `folder` is taken from there. Raises ArchiveError if there is no archive,
    and BackissueError where the folder has no whole result of today's rules.
    """
    fields: Counter[str] = Counter()
    total = Saved()
    with (
        Archive.open(path, create=False) as archive,
        Pages.open(raw_pages_path(path)) as pages,
        closing(ReaderPool(jobs) if jobs > 1 else BoundedReader()) as own,
        _results(folder, own, sites) as results,
    ):
        reader = results or own
        for site in sites:
            for replayed in replay(archive, pages, site, now=datetime.now(UTC), apply=apply, reader=reader):
                total += replayed.saved
                fields.update(f"{difference.what} {difference.field}" for difference in replayed.differences)
                if as_json:
                    emit(asdict(replayed), indent=None)
                else:
                    _show(replayed)
        if results and not as_json:
            taken = count(results.taken, "page")
            click.echo(f"{taken} as {folder} has them, {results.read_here:,} read here.")
    if not as_json:
        _summarise(fields, total, apply=apply)


def _results(folder: Path | None, own: ReaderPool | BoundedReader, sites: Sequence[Site]) -> Any:
    """Return a reader of results until the block ends; None without a folder."""
    if folder is None:
        return nullcontext()
    from pipeline.scale.engines import engine_must_be_installed  # noqa: PLC0415  (an extra)
    from pipeline.scale.results_reader import ResultsReader  # noqa: PLC0415

    engine_must_be_installed("local")
    return closing(ResultsReader(folder, own, sites))


def _show(replayed: Replayed) -> None:
    click.echo(click.style(plain(replayed.url), bold=True))
    for difference in replayed.differences:
        click.echo(f"  {difference.what} {difference.id}, {difference.field}:")
        for line in _lines(difference):
            colour = {"-": "red", "+": "green"}.get(line[0])
            click.echo("    " + click.style(plain(line), fg=colour))
    if replayed.saved.articles_new or replayed.saved.comments_new:
        new = count(replayed.saved.articles_new, "article"), count(replayed.saved.comments_new, "comment")
        click.echo(f"  new: {', '.join(new)}")


def _lines(difference: Difference) -> list[str]:
    before, after = ((text or "").splitlines() for text in (difference.before, difference.after))
    diff = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    lines = [line for line in diff if not line.startswith("@@")]
    more = len(lines) - _SHOWN
    return lines[:_SHOWN] + ([f"  … {count(more, 'more line')}"] if more > 0 else [])


def _summarise(fields: Counter[str], total: Saved, *, apply: bool) -> None:
    if not fields and not total:
        click.echo("The present rules read every raw page exactly as the archive has it.")
        return
    new = (("new article", total.articles_new), ("new comment", total.comments_new))
    told = [count(number, what) for what, number in (*new, *fields.most_common()) if number]
    click.echo(f"{'Changed' if apply else 'Would change'}: {', '.join(told)}.")
    if not apply:
        click.echo("Nothing was written; `backissue replay --apply` saves the changes.")
