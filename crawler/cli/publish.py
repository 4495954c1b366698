"""Command `publish`: immutable copies of many archives.

Does not: make a copy or show it itself.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli.console import Context, Exit, emit, say
from archive.core.errors import ArchiveError, BackissueError
from archive.core.formatting import count
from archive.operations.publish import Origin, Published, origin_of, publish
from crawler.config.config import archive_here, load_config

_log = logging.getLogger("backissue.publish")
_OWN = frozenset({"pages.db", "media.db", "hidden.db", "copies.db"})


@click.command("publish")
@click.argument("archives", metavar="[SRC]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for the published archives.",
)
@click.option("--fleet", "is_fleet", is_flag=True, help="Publish the archives of the fleet, from its store.")
@click.option("--watch", is_flag=True, help="Keep running until Ctrl-C, and publish what changes.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="With --watch: seconds between two checks.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each generation.")
@click.pass_obj
def publish_archives(
    context: Context,
    archives: tuple[Path, ...],
    folder: Path,
    is_fleet: bool,
    watch: bool,
    every: float,
    as_json: bool,
) -> int:
    """Publish checked copies of archives as one reading room.

    SRC is an archive or a folder of archives; by default the archive of the configuration. Each is named
    after its file, or after its folder if the file is called archive.db. No copy contains what was redacted.
    `backissue serve DIR` shows them as one, and switches to new copies by itself.

    \b
    backissue publish news.db weekly.db --to public
    backissue publish archives/ --to public --watch
    backissue publish --fleet --to public --watch --every 300
    backissue serve public
    """
    if archives and is_fleet:
        raise click.UsageError("Give archives, or use --fleet for those of the fleet, but not both.")
    if not watch:
        done = publish(_origins(context, archives, folder, is_fleet), folder, datetime.now(UTC))
        _tell(done, folder, as_json)
        return Exit.INCOMPLETE if done.problems else Exit.FINE
    return _go_on(context, archives, folder, is_fleet=is_fleet, every=every, as_json=as_json)


def _go_on(
    context: Context,
    archives: Sequence[Path],
    folder: Path,
    *,
    is_fleet: bool,
    every: float,
    as_json: bool,
) -> int:
    """Publish repeatedly; a round that fails is logged."""
    shown, said = 0, ""
    try:
        while True:
            try:
                done = publish(_origins(context, archives, folder, is_fleet), folder, datetime.now(UTC))
            except BackissueError as error:
                trouble = str(error)
            else:
                trouble = " ".join(done.problems)
                if done.number != shown:
                    _tell(done, folder, as_json)
                shown = done.number
            if trouble and trouble != said:
                _log.warning("%s", trouble)
            said = trouble
            time.sleep(every)
    except KeyboardInterrupt:
        return Exit.FINE


def _origins(context: Context, archives: Sequence[Path], folder: Path, is_fleet: bool) -> list[Origin]:
    if is_fleet:
        from crawler.fleet.published_archives import fleet_origins  # noqa: PLC0415  (an extra)
        from crawler.fleet.shared_store import open_store  # noqa: PLC0415

        config = load_config(context.config, fetching=False)
        names = [source.name for source in config.sources]
        cache = folder.absolute().with_name(f"{folder.absolute().name}-fleet")
        return fleet_origins(open_store(config.fleet.store_url()), names, cache)
    found = [path for given in archives or [archive_here(context.config)] for path in _files(given)]
    return [origin_of(path, _name(path)) for path in found]


def _files(given: Path) -> list[Path]:
    """Return the archives of a path.

    Files next to an archive with its pages, files or hidden text are not archives. A missing file is still
    named, so that its last copy stays.
    """
    if not given.exists() and given.suffix != ".db":
        raise ArchiveError(
            f"There is no archive at {given}.", hint="Give an archive, or a folder of archives."
        )
    if not given.is_dir():
        return [given]
    paths = sorted([*given.glob("*.db"), *given.glob("*/archive.db")])
    names = {path.name for path in paths}
    found = [path for path in paths if not _is_beside(path, names)]
    if not found:
        raise ArchiveError(f"{given} has no archive (*.db, */archive.db).", hint="Give another folder.")
    return found


def _is_beside(path: Path, names: set[str]) -> bool:
    match = re.fullmatch(r"(.+)-(pages|media|hidden|copies)\.db", path.name)
    return path.name in _OWN or (match is not None and f"{match[1]}.db" in names)


def _name(path: Path) -> str:
    name = path.resolve().parent.name if path.name == "archive.db" else path.stem
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")


def _tell(done: Published, folder: Path, as_json: bool) -> None:
    if as_json:
        emit(asdict(done))
        return
    changed = f"{count(len(done.copied), 'archive')} copied, {done.linked} as before"
    click.echo(f"Generation {done.number} in {folder}: {changed}.")
    for problem in done.problems:
        say(problem)
    if done.still_read:
        say(f"Still in use, and removed later: generation {', '.join(map(str, done.still_read))}.")
