"""The commands that take a copy of the archive to a safe place, and bring it back."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from archive.cli.console import Context, Exit, emit, say
from archive.core.database import connect, is_writable
from archive.core.errors import ArchiveError, DamagedError
from archive.core.formatting import count, size
from archive.exports.marks import is_export
from archive.files.own_files import CONFIG
from archive.files.raw_pages import told_altered
from archive.operations import backup as copying
from archive.operations import restore as restoring
from archive.storage import checks
from archive.storage.archive import Archive

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--force", is_flag=True, help="Replace an older backup in DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: folder, at, files, altered.")
@click.pass_obj
def backup(context: Context, folder: Path, force: bool, as_json: bool) -> int:
    """Make a checked copy of the archive in DIR.

    Raw pages and configuration are included. Crawls may run meanwhile. The copy is read and checked; DIR
    appears when it is complete and sound, or not at all. Exits with 3 if raw pages are no longer as they were
    received; they are copied and named.

    \b
    backissue backup /backups/$(date +%F)
    """
    archive = context.archive()
    at = datetime.now(UTC)
    try:
        made = copying.make(archive, context.file(), folder, replace=force)
    except DamagedError as error:
        _note(archive, at, ok=False, sentence=str(error))
        raise
    total = size(sum(file.bytes for file in made.files))
    altered = told_altered(made.altered)
    found = " ".join(altered) or "found sound."
    joint = " and "
    if altered:
        joint = ". "
    _note(archive, at, ok=not altered, sentence=f"{total} were copied{joint}{found}")
    number = count(len(made.files), "file")
    if as_json:
        files = [asdict(file) for file in made.files]
        emit({"folder": folder.absolute(), "at": at, "files": files, "altered": altered})
    elif altered:
        click.echo(f"{number}, {total}, copied to {folder}.")
    else:
        click.echo(f"{number}, {total}, copied to {folder} and found sound.")
    for sentence in altered:
        say(f"{sentence} An earlier backup may have the original.")
    if altered:
        return Exit.INCOMPLETE
    return Exit.FINE


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--force", is_flag=True, help="Move an existing archive aside, and keep it.")
@click.pass_obj
def restore(context: Context, folder: Path, force: bool) -> None:
    """Restore the backup in DIR.

    It goes to the place that the configuration names. If there is no configuration, the one in the backup is
    first copied to the current folder. An existing archive is left alone unless --force moves it aside. An
    archive in use is always left alone.
    """
    if is_export(folder):
        raise ArchiveError(
            f"{folder} is an export, and no backup: it has no raw pages, and perhaps not every article.",
            hint="Restore a folder made by `backissue backup`; `backissue import` reads WARC and WXR files.",
        )
    restoring.check(folder)
    kept = folder / CONFIG
    if context.file() is None and kept.exists():
        shutil.copyfile(kept, CONFIG)
        say(f"{CONFIG} was copied to the current folder.")
    archive = Path.cwd() / copying.ARCHIVE
    if context.file():
        archive = context.archive()
    aside = restoring.restore_backup(folder, archive, replace=force)
    with Archive.open(archive) as opened:  # brings the schema of an older program up to date
        articles = opened.db["articles"].count
    click.echo(f"{archive} is restored, with {count(articles, 'article')}.")
    for path in aside:
        if path.exists():
            say(f"The earlier files are kept as {path}; remove it when all is well.")
    say("Next: `backissue crawl` or `backissue up` fetches what was published since.")


def _note(archive: Path, at: datetime, *, ok: bool, sentence: str) -> None:
    """Leave a note in the archive, unless it is read-only or older than the table for it."""
    if not is_writable(archive):
        return
    db = connect(archive)
    if db["checks"].exists():
        checks.note_check(db, "backup", at, ok=ok, sentence=sentence)
    db.close()
