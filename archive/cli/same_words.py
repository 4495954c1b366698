"""Command `same-words`: timeline of a text, and networks."""

from __future__ import annotations

import json

import click

from archive.cli.console import Context, emit, opened, say, table
from archive.copies.update import rebuild_copies, update_copies
from archive.core.formatting import count, plain, when
from archive.core.nearest_name import nearest
from archive.queries import pointing
from archive.queries import same_words as copied
from archive.storage.open_archive import OpenArchive

_KINDS = ("article", "comment")
_NOTE = "Equal words prove nothing about who wrote them."
_TITLE_CHARACTERS = 50


@click.command("same-words")
@click.argument("item", nargs=-1, metavar="[article|comment ID | URL]")
@click.option("--rebuild", is_flag=True, help="Compare all texts again; 5 to 10 minutes for a million.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def same_words(context: Context, item: tuple[str, ...], rebuild: bool, as_json: bool) -> None:
    """Show where else the same words appear.

    All places of the words of an article or comment, the earliest first.

    Without an item, the comments that appear under several names. What was saved since the last crawl is
    compared first. Texts of fewer than 12 words, and replies that quote what they answer, are not copies.

    \b
    backissue same-words
    backissue same-words comment 88
    backissue same-words https://www.example.org/2009/07/name/#comment-4417
    """
    kind, reference = _asked(item)
    with opened(context) as archive:
        if rebuild:
            rebuild_copies(archive.db, archive.path, _watch)
        else:
            update_copies(archive.db, archive.path, watch=_watch)
        if item:
            found = pointing.at(archive.db, kind, reference)
            _show_places(archive, found.kind, found.id, as_json=as_json)
        else:
            _show_networks(archive, as_json=as_json)


def _asked(item: tuple[str, ...]) -> tuple[str, str]:
    match item:
        case ():
            return "", ""
        case (url,) if "://" in url:
            return "", url
        case (kind, reference) if kind in _KINDS:
            return kind, reference
    near = nearest(item[0], _KINDS)
    given = plain(" ".join(item))
    raise click.UsageError(f"“{given}” is not an item: give article ID, comment ID or a URL{near}.")


def _watch(what: str, done: int) -> None:
    if done % 20_000 == 0:
        say(f"{done:,} texts {what} …")


def _show_places(archive: OpenArchive, kind: str, number: int, *, as_json: bool) -> None:
    places = copied.find_places(archive.db.conn, kind, number)
    if as_json:
        emit(places)
    elif len(places) < 2:
        say("No other article or comment has these words.")
    else:
        lines = [_place_row(each) for each in places]
        table(("published", "where", "name", "article", "shared"), lines)
        say(_NOTE)


def _place_row(place: copied.Row) -> tuple[str, ...]:
    shared = "copy"
    if place["words"]:
        shared = count(place["words"], "word")
    return (
        when(place["published"]),
        f"{place['kind']} {place['item_id']}",
        plain(place["author"] or ""),
        plain(place["title"] or "Untitled")[:_TITLE_CHARACTERS],
        shared,
    )


def _network_row(network: copied.Row) -> tuple[str, ...]:
    return (
        str(network["names"]),
        str(network["items"]),
        when(network["first"]),
        f"comment {network['comment_id']}",
        plain(pointing.opening(network["text"])),
    )


def _show_networks(archive: OpenArchive, *, as_json: bool) -> None:
    found = copied.find_networks(archive.db.conn)
    for each in found:
        each["written_by"] = [name for name in json.loads(each["written_by"]) if name]
    if as_json:
        emit(found)
    elif not found:
        say("No comment appears under two names.")
    else:
        lines = [_network_row(each) for each in found]
        table(("names", "comments", "first", "the earliest", "words"), lines)
        say(_NOTE)
