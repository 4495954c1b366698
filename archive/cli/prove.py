"""The command that hands out evidence of one article or comment: prove."""

from __future__ import annotations

from pathlib import Path

import click

from archive.cli.console import Context, opened
from archive.core.formatting import plain
from archive.core.nearest_name import nearest
from archive.proof.bundle import write_evidence
from archive.queries import pointing

_KINDS = ("article", "comment")


@click.command()
@click.argument("item", nargs=-1, required=True, metavar="article|comment ID | URL")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The folder to create; by default proof-KIND-ID."
)
@click.option("--page", is_flag=True, help="Add the raw page of the article, as it was received.")
@click.pass_obj
def prove(context: Context, item: tuple[str, ...], out: Path | None, page: bool) -> None:
    """Write evidence of one article or comment to a folder.

    It proves what is archived of the item, and since when. Anyone can check it with `python3 verify.py` in
    that folder, and with openssl if the seal is signed and time-stamped. ID is the number that `search`
    prints.

    \b
    backissue prove comment 88
    backissue prove https://www.example.org/2009/07/name/ --out evidence --page
    """
    match item:
        case (url,) if "://" in url:
            kind, reference = "", url
        case (kind, reference) if kind in _KINDS:
            pass
        case _:
            near = nearest(item[0], _KINDS)
            given = plain(" ".join(item))
            raise click.UsageError(f"“{given}” is not an item: give article ID, comment ID or a URL{near}.")
    with opened(context) as archive:
        found = pointing.at(archive.db, kind, reference)
        folder = out or Path(f"proof-{found.kind}-{found.id}")
        names = write_evidence(archive.db, archive.path, found.kind, found.id, folder, body=page)
    click.echo(f"{folder}: {', '.join(names)}")
    click.echo("To check it, run python3 verify.py in that folder. README.txt explains the files.", err=True)
