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
    raise click.UsageError(
        f"“{plain(' '.join(item))}” is not an item: give article ID, comment ID or a URL{near}."
    )


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
        lines = [
            (
                when(each["published"]),
                f"{each['kind']} {each['item_id']}",
                plain(each["author"] or ""),
                plain(each["title"] or "Untitled")[:_TITLE_CHARACTERS],
                f"{count(each['words'], 'word')}" if each["words"] else "copy",
            )
            for each in places
        ]
        table(("published", "where", "name", "article", "shared"), lines)
        say(_NOTE)


def _show_networks(archive: OpenArchive, *, as_json: bool) -> None:
    found = copied.find_networks(archive.db.conn)
    for each in found:
        each["written_by"] = [name for name in json.loads(each["written_by"]) if name]
    if as_json:
        emit(found)
    elif not found:
        say("No comment appears under two names.")
    else:
        lines = [
            (
                str(each["names"]),
                str(each["items"]),
                when(each["first"]),
                f"comment {each['comment_id']}",
                plain(pointing.opening(each["text"])),
            )
            for each in found
        ]
        table(("names", "comments", "first", "the earliest", "words"), lines)
        say(_NOTE)
