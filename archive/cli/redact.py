"""The commands that hide something from publication, and show it again: redact, unredact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli.console import Context, count, emit, opened, plain, say, table, when
from archive.core.database import transaction
from archive.core.errors import ArchiveError
from archive.core.locks import hold
from archive.search.engine import Ask, find
from archive.storage import redaction
from archive.storage.archive import Archive
from archive.storage.redaction import KINDS, Redaction
from archive.storage.redaction_store import Hidden, beside

_LOCK = "redact"


@click.command()
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.argument("items", nargs=-1, metavar="ID|NAME…")
@click.option("--reason", help="Why; the pages say it in place of what is hidden.")
@click.option("--list", "listed", is_flag=True, help="List what is hidden.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of redactions.")
@click.pass_obj
def redact(
    context: Context, kind: str | None, items: Sequence[str], reason: str | None, listed: bool, as_json: bool
) -> None:
    """Hide articles, comments or the names of commenters from the pages and all exports.

    What is hidden is taken out of the archive's file into another one, hidden.db, that is never served. A
    tombstone stays, with the reason and the date. Crawls do not bring it back.

    \b
    backissue redact article 17 --reason "At the request of a person named in it"
    backissue redact comment 4021 4022 --reason "Names a minor"
    backissue redact commenter "Old Ferryman" --reason "Asked by the writer"
    backissue redact --list
    """
    if listed:
        _list(context, as_json=as_json)
        return
    if kind is None or not items:
        raise click.UsageError("Say what to hide: article ID, comment ID, or commenter NAME; or --list.")
    if not (reason or "").strip():
        raise click.UsageError("Say why, with --reason: the tombstone tells it.")
    now = datetime.now(UTC)
    with opened(context) as archive, hold(archive.path, _LOCK):
        wanted = [_item(kind, item) for item in items]
        with Hidden.open(beside(archive.path), create=True) as hidden, transaction(archive.db):
            done = [
                redaction.redact(archive.db, hidden, kind, item, reason=str(reason).strip(), at=now)
                for item in wanted
            ]
        _scrub(archive)
        if as_json:
            emit([asdict(each) for each in done])
            return
        for each, item in zip(done, wanted, strict=True):
            click.echo(f"{kind.capitalize()} {plain(str(item))} is hidden, by redaction {each.id}.")
        _tell_what_remains(archive, kind, items)


@click.command()
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="NUMBER…")
@click.pass_obj
def unredact(context: Context, numbers: Sequence[int]) -> None:
    """Show again what was hidden. NUMBER is that of a redaction, as `redact --list` prints it."""
    with (
        opened(context) as archive,
        hold(archive.path, _LOCK),
        Hidden.open(beside(archive.path), create=True) as hidden,
    ):
        for number in numbers:
            done = redaction.unredact(archive.db, hidden, number)
            what = "name" if done.item is None else f"{done.kind} {done.item}"
            click.echo(f"Redaction {number} is lifted: the {what} is shown again, as it was.")
        if redaction.redactions(archive.db):  # which may have taken again what was just given back
            _scrub(archive)
    say("The next crawl looks at what the site has changed since.")


def _list(context: Context, *, as_json: bool) -> None:
    with opened(context) as archive:
        found = redaction.redactions(archive.db)
        names: dict[int, str | None] = {}
        if any(each.kind == "commenter" for each in found):
            with Hidden.open(beside(archive.path)) as hidden:
                names = {each.id: redaction.named(hidden, each) for each in found}
    if as_json:
        emit([{**asdict(each), "name": names.get(each.id)} for each in found])
    elif found:
        table(("number", "hidden", "on (UTC)", "reason"), [_row(each, names.get(each.id)) for each in found])
    else:
        say("Nothing is hidden.")


def _row(each: Redaction, name: str | None) -> tuple[str, ...]:
    return str(each.id), f"{each.kind} {each.item or name or ''}", when(each.at), each.reason


def _item(kind: str, item: str) -> int | str:
    if kind == "commenter":
        return item
    if not (item.isascii() and item.isdigit()):
        raise ArchiveError(
            f"“{item}” is no number of {'an article' if kind == 'article' else 'a comment'}.",
            hint="It stands in the address of its page; `backissue search WORDS --json` prints it as id.",
        )
    return int(item)


def _scrub(archive: Archive) -> None:
    say("Taking it out of the bytes of the file …")
    if not redaction.scrub(archive.db):
        say(
            "A reader keeps the write-ahead log from being emptied, so it may still hold the old bytes."
            " The next crawl empties it."
        )


def _tell_what_remains(archive: Archive, kind: str, items: Sequence[str]) -> None:
    """Say truthfully where else it may stand."""
    for name in items if kind == "commenter" else ():
        found = find(archive.db.conn, Ask(words=f'text:"{name}"', kind="comments"))
        if found.total:
            say(f"{count(found.total, 'comment')} may name “{plain(name)}” in the text, which stays.")
    say("Earlier exports and backups still have it, and so have the raw pages, which are never served.")
