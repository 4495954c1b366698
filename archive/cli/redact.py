"""The commands that hide something from publication, and show it again: redact, unredact."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli.console import Context, WholeNumber, emit, opened_to_change, say, table
from archive.core.database import transaction
from archive.core.errors import ArchiveError
from archive.core.formatting import count, plain, when
from archive.core.locks import hold
from archive.core.nearest_name import nearest
from archive.files.redaction_store import Hidden, redaction_store_path
from archive.queries import pointing
from archive.search.engine import Ask, find
from archive.storage import redaction
from archive.storage.archive import Archive
from archive.storage.redaction import KINDS, Redaction

_LOCK = "redact"


@click.command()
@click.argument("kind", required=False, metavar="article|comment|commenter")
@click.argument("items", nargs=-1, metavar="ID|URL|NAME…")
@click.option("--reason", help="The reason; the pages show it in place of the hidden words.")
@click.option("--yes", is_flag=True, help="Hide without asking; needed if there is no terminal.")
@click.option("--dry-run", is_flag=True, help="Show whose words would be hidden, and hide nothing.")
@click.option("--list", "listed", is_flag=True, help="List what is hidden.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of redactions.")
@click.pass_obj
def redact(
    context: Context,
    kind: str | None,
    items: Sequence[str],
    reason: str | None,
    yes: bool,
    dry_run: bool,
    listed: bool,
    as_json: bool,
) -> None:
    """Hide articles, comments or names of commenters.

    They disappear from the pages and all exports. The command first shows whose words they are, and asks for
    confirmation. ID is the number that `search` prints, URL that of an article or comment. What is hidden is
    moved out of the archive's file to hidden.db, which is never served. A tombstone with the reason and the
    date takes its place. Crawls do not bring it back.

    \b
    backissue redact article 17 --reason "At the request of a person named in it"
    backissue redact comment https://www.example.org/2009/07/name/#comment-88 --reason "Names a minor"
    backissue redact commenter "Old Ferryman" --reason "Asked by the writer"
    backissue redact --list
    """
    if listed:
        _list(context, as_json=as_json)
        return
    if kind is None or not items:
        raise click.UsageError("Give what to hide: article ID, comment ID or commenter NAME; or use --list.")
    if kind not in KINDS:
        names = ", ".join(KINDS)
        raise click.UsageError(f"“{plain(kind)}” is not one of {names}{nearest(kind, KINDS)}.")
    if not (reason or "").strip() and not dry_run:
        raise click.UsageError("Give a reason with --reason; the tombstone shows it.")
    now = datetime.now(UTC)
    with opened_to_change(context) as archive:
        found = [_shown(archive, kind, item, asks=not yes, to_answer=dry_run) for item in items]
        wanted = list(dict.fromkeys(found))
        if dry_run:
            say("Nothing was hidden.")
            return
        _must_be_meant(len(wanted), yes=yes)
        _hide(archive, kind, wanted, str(reason).strip(), now, as_json=as_json)


def _shown(archive: Archive, kind: str, item: str, *, asks: bool, to_answer: bool) -> int | str:
    """Print whose text is affected; return the id or name.

    Raises ArchiveError without a prompt, if the URL may be that of another archive.
    """
    if kind == "commenter":
        _print_lines(_lines_of_name(archive, item), to_answer=to_answer)
        return item
    each = pointing.at(archive.db, kind, item)
    if each.redaction is not None:
        raise ArchiveError(f"The {kind} {each.id} is already hidden, by redaction {each.redaction}.")
    if each.host is not None and not asks:
        raise ArchiveError(
            f"Nothing was hidden: it is unknown whether {each.host} publishes this archive.",
            hint=f"Use its number, `{each.kind} {each.id}`, or omit --yes to confirm it.",
        )
    _print_lines(_lines_of_item(each), to_answer=to_answer)
    return each.id


def _lines_of_name(archive: Archive, name: str) -> list[str]:
    """Return what a redaction of a commenter's name would hide."""
    hidden_names = _names(archive, redaction.redactions(archive.db))
    if name in hidden_names.values():
        raise ArchiveError(f"The name “{name}” is already hidden.")
    found = pointing.commenter_summary(archive.db, name)
    span = ""
    if found["n"]:
        span = f", {when(found['first'])} to {when(found['last'])}"
    lines = [f"The name “{name}”, under {count(found['n'], 'comment')}{span}"]
    if found["text"]:
        lines.append(f"The newest: “{pointing.opening(found['text'])}”")
    return lines


def _lines_of_item(item: pointing.ItemReference) -> list[str]:
    """Return what a redaction of an item would hide."""
    subject = f"under “{item.title}”"
    if item.kind == "article":
        subject = f"“{item.title}”"
    lines = [f"{item.kind.capitalize()} {item.id} by {item.author}, {when(item.published)}, {subject}"]
    if item.url:
        lines.append(item.url)
    lines.append(f"“{item.opening}”")
    return lines


def _print_lines(lines: list[str], *, to_answer: bool) -> None:
    """Print a paragraph whose further lines are indented."""
    first, *further = map(plain, lines)
    click.echo(first, err=not to_answer)
    for line in further:
        click.echo(f"    {line}", err=not to_answer)


def _must_be_meant(number: int, *, yes: bool) -> None:
    """Require confirmation. Raises ArchiveError, click.Abort."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ArchiveError(
            "Nothing was hidden: there is no terminal to ask for confirmation.",
            hint="Check whose words they are with --dry-run, then add --yes.",
        )
    what = "these"
    if number == 1:
        what = "this"
    click.confirm(f"Hide {what}?", abort=True, err=True)


def _hide(
    archive: Archive, kind: str, wanted: Sequence[int | str], reason: str, at: datetime, *, as_json: bool
) -> None:
    with hold(archive.path, _LOCK):
        with Hidden.open(redaction_store_path(archive.path), create=True) as hidden, transaction(archive.db):
            done = [
                redaction.redact_item(archive.db, hidden, kind, item, reason=reason, at=at) for item in wanted
            ]
        _scrub(archive)
    if as_json:
        emit([asdict(each) for each in done])
        return
    for each, item in zip(done, wanted, strict=True):
        click.echo(f"{kind.capitalize()} {plain(str(item))} is hidden, by redaction {each.id}.")
    commenters = [item for item in wanted if isinstance(item, str)]
    _tell_what_remains(archive, commenters)


@click.command()
@click.argument("numbers", nargs=-1, type=WholeNumber(1), metavar="NUMBER…")
@click.pass_obj
def unredact(context: Context, numbers: Sequence[int]) -> None:
    """Show again what was hidden. NUMBER is that of a redaction (`redact --list`)."""
    if not numbers:
        raise click.UsageError("Give the number of a redaction; `backissue redact --list` prints them.")
    with (
        opened_to_change(context) as archive,
        hold(archive.path, _LOCK),
        Hidden.open(redaction_store_path(archive.path), create=True) as hidden,
    ):
        for number in dict.fromkeys(numbers):
            done = redaction.unredact_item(archive.db, hidden, number)
            what = f"{done.kind} {done.item}"
            if done.item is None:
                what = "name"
            click.echo(f"Redaction {number} is lifted: the {what} is shown again, as it was.")
        if redaction.redactions(archive.db):  # which may have taken again what was just given back
            _scrub(archive)
    say("The next crawl checks what the site has changed since.")


def _list(context: Context, *, as_json: bool) -> None:
    with opened_to_change(context) as archive:
        found = redaction.redactions(archive.db)
        names = _names(archive, found)
    if as_json:
        emit([{**asdict(each), "name": names.get(each.id)} for each in found])
    elif found:
        table(("number", "hidden", "on (UTC)", "reason"), [_row(each, names.get(each.id)) for each in found])
    else:
        say("Nothing is hidden.")


def _names(archive: Archive, found: Sequence[Redaction]) -> dict[int, str | None]:
    """Return hidden commenters' names, by redaction."""
    if all(each.kind != "commenter" for each in found):
        return {}
    with Hidden.open(redaction_store_path(archive.path)) as hidden:
        return {each.id: redaction.redacted_name(hidden, each) for each in found}


def _row(each: Redaction, name: str | None) -> tuple[str, ...]:
    subject = each.item or name or ""
    return str(each.id), f"{each.kind} {subject}", when(each.at), each.reason


def _scrub(archive: Archive) -> None:
    say("Removing the deleted bytes from the file …")
    if not redaction.scrub(archive.db):
        say(
            "A reader prevents the write-ahead log from being emptied, so old bytes may remain in it."
            " The next crawl empties it."
        )


def _tell_what_remains(archive: Archive, names: Sequence[str]) -> None:
    """Print where the name may also occur."""
    for name in names:
        ask = Ask(words=f'text:"{name}"', kind="comments")
        found = find(archive.db.conn, ask)
        if found.total:
            say(f"{count(found.total, 'comment')} may name “{plain(name)}” in its text, which is not hidden.")
    say("Earlier exports and backups still have the words. So do raw pages, but those are not shown.")
