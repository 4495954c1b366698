"""The commands of readers' desks: who has one, and by which link it is opened."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli.console import Context, emit, opened, say, table
from archive.core.database import is_writable
from archive.core.errors import ArchiveError
from archive.core.formatting import count, plain, when
from archive.files.desk_store import Desk, desk_path, no_desk
from archive.operations import serve as publish

_NAME = click.argument("name")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def desk() -> None:
    """Give readers a desk for their own collections.

    A reader saves articles, comments and searches with notes and tags, in every browser that has opened the
    reader's link. The pages take readers where the configuration has `[desk] open = true`, or with
    `serve --desk`.

    \b
    backissue desk add "Anna"
    backissue desk list
    """


@desk.command("add")
@_NAME
@_JSON
@click.pass_obj
def add_reader(context: Context, name: str, as_json: bool) -> None:
    """Add a reader, and print the link that opens the desk.

    The link is a key: only its digest is kept, so it is shown once. Send it to this reader alone.
    """
    with opened(context) as archive:
        path = desk_path(archive.path)
    _must_be_writable(context)
    with Desk.open(path, create=True) as found:
        key, served = found.add_reader(name, datetime.now(UTC)), found.served_url()
    _show_link(context, name, key, served, as_json=as_json)


@desk.command("renew")
@_NAME
@click.option("--unshare", is_flag=True, help="Also end all lists that this reader shares.")
@_JSON
@click.pass_obj
def renew_key(context: Context, name: str, unshare: bool, as_json: bool) -> None:
    """Make a new link for a reader; the old one opens nothing more.

    Lists that the reader shares have links of their own, which stay. If the old link was stolen, end them
    with --unshare: whoever had it could see these links, and make some.
    """
    with Desk.open(desk_path(context.archive())) as found:
        before = found.reader_named(name).shares
        key, served = found.renew_key(name, unshare=unshare), found.served_url()
    _show_link(context, name, key, served, as_json=as_json, shares=0 if unshare else before)
    if before and not as_json:
        say(_shared_lists(name, before, ended=unshare))


def _shared_lists(name: str, number: int, *, ended: bool) -> str:
    """Return the sentence on the lists that a reader shares."""
    lists = count(number, "shared list")
    if ended:
        return f"{lists} ended."
    return (
        f"{lists} can still be read by whoever has their links."
        f" `backissue desk renew {shlex.quote(plain(name))} --unshare` ends them, with another new link."
    )


@desk.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of readers.")
@click.pass_obj
def list_readers(context: Context, as_json: bool) -> None:
    """List readers, and how much each keeps."""
    path = desk_path(context.archive())
    readers = []
    if path.exists():
        with Desk.open(path) as found:
            readers = found.readers()
    if as_json:
        emit([asdict(reader) for reader in readers])
    elif readers:
        rows = [[each.name, when(each.made_at), f"{each.items:,}", f"{each.shares:,}"] for each in readers]
        table(["reader", "since", "items", "shared lists"], rows)
    elif path.exists():
        say("No reader has a desk yet: `backissue desk add NAME`.")
    else:
        error = no_desk(path)
        say(f"{error} {error.hint}")


@desk.command("remove")
@_NAME
@click.option("--yes", is_flag=True, help="Remove without asking; needed where there is no terminal.")
@click.pass_obj
def remove_reader(context: Context, name: str, yes: bool) -> None:
    """Remove a reader with all items, notes and shared lists."""
    with Desk.open(desk_path(context.archive())) as found:
        reader = found.reader_named(name)
        items = count(reader.items, "item")
        shares = count(reader.shares, "shared list")
        what = f"{items} and {shares}"
        if not yes and not sys.stdin.isatty():
            raise click.UsageError(f"“{plain(name)}” keeps {what}. Remove them with --yes.")
        if not yes:
            click.confirm(f"Remove {plain(name)} with {what}?", abort=True, err=True)
        found.remove_reader(name)
    say(f"{plain(name)} was removed, with {what}.")


def _must_be_writable(context: Context) -> None:
    if not is_writable(context.archive()):
        raise ArchiveError(
            f"The folder of {context.archive()} may not be written by this user.",
            hint="Add readers where the archive may be written.",
        )


def _show_link(
    context: Context, name: str, key: str, served: str | None, *, as_json: bool, shares: int = 0
) -> None:
    """Print the link of a reader: at the published archive, or where the pages were last served."""
    settings = context.desk()
    base = (settings.public_url or served or publish.local_url()).rstrip("/")
    link = f"{base}/desk#key={key}"
    if as_json:
        emit({"reader": name, "link": link, "shares": shares})
        return
    click.echo(link)
    say(f"This link opens the desk of {plain(name)}. It is shown once; send it to this reader alone.")
    if not settings.is_open:
        told = "It works while the pages are served with --desk." if served else "The desks are closed."
        say(f"{told} `[desk] open = true` in the configuration opens them, or `serve --desk`.")
    if settings.public_url is None:
        where = "where the pages were last served" if served else "where `serve` listens without --port"
        say(f"It begins with {base}, {where}. Give `public_url` in the configuration for another address.")
