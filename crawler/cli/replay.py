"""Command `replay`: raw pages read again by the present rules.

Does not: know how a page is read, or what of it is saved (`pipeline.cli.replay`).
"""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.console import Context, WholeNumber
from crawler.config.config import load_config
from pipeline.cli import replay as pipeline_cli


@click.command("replay")
@click.argument("source", required=False)
@click.option("--apply", is_flag=True, help="Save the changes, as versions labelled re-extracted.")
@click.option("--jobs", type=WholeNumber(1), default=1, help="Read with this many processes; by default one.")
@click.option(
    "--from",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Take results of `reextract` from this folder; read only the others.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each page that differs.")
@click.pass_obj
def replay_pages(
    context: Context, source: str | None, apply: bool, jobs: int, folder: Path | None, as_json: bool
) -> None:
    """Read raw pages again by the present rules.

    Shows the differences from the archive. For use after an upgrade. Nothing is fetched, and nothing is
    written without --apply. Changes are stored as versions labelled "re-extracted", never as edits by the
    publisher.

    \b
    backissue replay               show what would change, with a summary
    backissue replay --apply       change it
    """
    config = load_config(context.config, fetching=False)
    named = config.sources if source is None else (config.source(source),)
    sites = [each.site for each in named]
    pipeline_cli.run(config.archive, sites, apply=apply, as_json=as_json, jobs=jobs, folder=folder)
