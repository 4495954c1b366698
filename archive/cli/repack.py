"""The command that packs raw pages again, in as little room as they need."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import click

from archive.cli.console import Context, emit, say
from archive.core.database import transaction
from archive.core.errors import ArchiveError
from archive.core.formatting import count, size
from archive.files.raw_pages import PAGE_BYTES, Pages, raw_pages_path

_SAID = 1000  # pages after which the progress is printed


@click.command()
@click.option("--anew", is_flag=True, help="Also train new dictionaries, from the present pages.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: packed, before, after (bytes).")
@click.pass_obj
def repack(context: Context, anew: bool, as_json: bool) -> None:
    """Compress raw pages of an older version of Backissue.

    Crawls already keep new pages this way. No page changes. A crawl may run meanwhile; it waits only at the
    end, while the file is written again. If it is interrupted, the next `repack` continues.

    Use --anew after deleting pages from the file: dictionaries contain words of the pages they were
    trained from.
    """
    path = raw_pages_path(context.archive())
    if not path.is_file():
        raise ArchiveError(f"There are no raw pages at {path}.", hint="`backissue crawl` fetches them.")
    before = _size(path)
    packed = 0
    with Pages.open(path) as pages:
        if anew:
            pages.bodies.forget_dictionaries()
        for packed, wanted in pages.bodies.repack():
            if packed % _SAID == 0 or packed == wanted:
                say(f"{packed:,} of {count(wanted, 'page')} packed.")
        _shrink(pages, path)
    after = _size(path)
    if as_json:
        emit({"packed": packed, "before": before, "after": after})
    else:
        click.echo(f"{path.name} was {size(before)}, and is now {size(after)}.")


def _shrink(pages: Pages, path: Path) -> None:
    """Give back to the disk what the file no longer needs. Raises ArchiveError where that cannot be."""
    with transaction(pages.db):
        [[held]] = pages.db.execute(
            "SELECT (page_count - freelist_count) * page_size FROM"
            " pragma_page_count, pragma_freelist_count, pragma_page_size"
        ).fetchall()
    if shutil.disk_usage(path.parent).free < 2 * held:
        raise ArchiveError(
            f"{path} is compressed, but the disk has no room to write it again.",
            hint=f"Later crawls use the free space in it. Or free {size(2 * held)} of the disk, and"
            " run it again.",
        )
    try:
        pages.db.execute("PRAGMA journal_mode = DELETE").fetchall()  # otherwise the size of its pages stays
        pages.db.execute(f"PRAGMA page_size = {PAGE_BYTES:d}")
        pages.db.execute("VACUUM")
        pages.db.execute("PRAGMA journal_mode = WAL").fetchall()
    except sqlite3.OperationalError as error:
        raise ArchiveError(
            f"{path} is compressed, but was not written again: {error}.",
            hint="End other programs that use it, and run it again.",
        ) from error


def _size(path: Path) -> int:
    """Return the bytes of a file and its write-ahead log."""
    log = path.with_name(f"{path.name}-wal")
    total = path.stat().st_size
    if log.exists():
        total += log.stat().st_size
    return total
