"""Command `seal`: logs, seals, signs and time-stamps the content of the archive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli.console import Context, emit
from archive.core.formatting import count
from archive.proof import log, signing
from archive.storage.archive import Archive
from crawler.config.config import load_config
from crawler.settings import USER_AGENT


@click.command()
@click.option(
    "--make-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Make a key for signatures in this file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: added, seals, newest.")
@click.pass_obj
def seal(context: Context, make_key: Path | None, as_json: bool) -> None:
    """Seal what is archived now, so that it can be proved.

    Each crawl logs a digest of what it saved, and the first one of a day seals the log. This does both at
    once, and signs and time-stamps the seal if `[proof]` in the configuration is set. docs/evidence.md
    explains what this proves.

    \b
    backissue seal
    backissue seal --make-key proof.key
    """
    from crawler.runs.sealing import seal_now  # noqa: PLC0415  (only this way of it needs it)

    if make_key:
        click.echo(signing.make_key(make_key), nl=False)
        click.echo(
            f'Add to backissue.toml: [proof] key = "{make_key}". Keep the file secret and safe.',
            err=True,
        )
        return
    config = load_config(context.config, fetching=False)
    with Archive.open(config.archive, create=False) as archive:
        added, made = seal_now(archive, config.proof, datetime.now(UTC), agent=USER_AGENT)
        last = log.newest_seal(archive.db)
    if as_json:
        newest = {"number": last.number, "at": last.at, "head": last.head.hex()} if last else None
        emit({"added": added, "seals": [each.number for each in made], "newest": newest})
    elif last is None:
        click.echo("The archive is empty: there is nothing to seal.")
    else:
        what = f"{count(added, 'state')} logged. "
        witnessed = (
            ("signed", last.signature),
            ("time-stamped", last.stamp),
            ("promised by OpenTimestamps calendars", last.ots and last.ots_pending),
            ("in a Bitcoin block", last.ots and not last.ots_pending),
        )
        marks = [name for name, value in witnessed if value]
        is_how = f", {' and '.join(marks)}" if marks else ""
        click.echo(f"{what}Seal {last.number} of {last.at}{is_how}: {last.head.hex()}")
