"""Commands `sources`: list, rename, move and remove what is archived.

Each of them changes the configuration and the archive together, under the source's lock. Does not: fetch.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click

from archive.cli.console import Context, Exit, Planned, emit, say, table
from archive.core import urls
from archive.core.database import transaction
from archive.core.errors import BusyError, ConfigError
from archive.core.formatting import count, plain, when
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.timestamps import to_text
from archive.sources import addresses, removal
from archive.storage.archive import Archive
from crawler.config import edit, writer
from crawler.config.config import ARCHIVE_VARIABLE, Config, load_config
from crawler.config.site_url import check_address
from crawler.config.value_checks import NAME_EXPECTED, is_source_name


@click.group("sources", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def sources(ctx: click.Context, as_json: bool) -> None:
    """List the sources; rename, move or remove one.

    \b
    backissue sources
    backissue sources move gazette https://www.gazette.example
    backissue sources rename gazette harbour-gazette
    backissue sources remove gazette --dry-run
    """
    if ctx.invoked_subcommand is not None:
        return
    context: Context = ctx.obj
    planned = context.planned()
    if as_json:
        emit([asdict(source) for source in planned])
        return
    head = ("source", "address", "schedule", "delay", "limit", "next runs (UTC)")
    table(head, [_row(source) for source in planned])
    for sentence in _of_archive(load_config(context.config, fetching=False)):
        click.echo(plain(sentence))


def _row(source: Planned) -> tuple[str, ...]:
    runs = ", ".join(when(run) for run in source.next_runs)
    return source.name, source.url, source.schedule, f"{source.delay:g} s", source.limit, runs


def _of_archive(config: Config) -> Iterator[str]:
    """Yield a sentence on each source that has moved, or that only the archive has."""
    if not config.archive.exists():
        return
    configured = {source.name for source in config.sources}
    with Archive.open(config.archive, create=False, finish=False) as archive:
        for (name,) in archive.db.execute("SELECT name FROM sources ORDER BY name").fetchall():
            if before := addresses.earlier(archive.db, name):
                yield f"{name} was at {', '.join(before)} before."
            if name not in configured:
                yield f"{name} is archived ({_held(archive, name)}) and not configured, so it is not crawled."


@sources.command("move")
@click.argument("name")
@click.argument("new_url")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.pass_obj
def move_source(context: Context, name: str, new_url: str, dry_run: bool) -> None:
    """Record that a site has moved to another URL.

    It stays one source with two URLs. Its articles keep their numbers and history, each can be found under
    its old and new URL, and the next crawl reads none of them as new.
    """
    config = load_config(context.config, fetching=False)
    before = config.source(name).site.url
    if "://" not in new_url and "." not in new_url:
        raise ConfigError(f"“{new_url}” is no URL.", hint="Give one, such as https://www.example.org.")
    url = new_url
    if "://" not in new_url:
        url = f"https://{new_url}"
    try:
        url = check_address(url)
    except ValueError as error:
        raise ConfigError(f"“{new_url}” cannot be archived: {error}.") from error
    for other in config.sources:
        if other.name != name and urls.page_key(other.site.url) == urls.page_key(url):
            raise ConfigError(f"{url} is the URL of source “{other.name}” in {config.path}.")
    text = edit.with_url(writer.config_text(config.path), name, url)
    if url == before and _is_there(config, name, url):
        click.echo(f"“{name}” is at {url} already; nothing was changed.")
        return
    with _archive(config, name) as archive:
        held = "nothing archived"
        if archive is not None and _is_archived(archive, name):
            before = addresses.must_exist(archive.db, name)
            addresses.refuse_foreign_address(archive.db, name, url)
            held = _held(archive, name)
        if dry_run:
            click.echo(f"Would move “{name}” from {before} to {url}, with {held}.")
            return
        writer.rewrite_config(config.path, text, name)
        if archive is not None and _is_archived(archive, name):
            with transaction(archive.db):
                addresses.move(archive.db, archive.path, name, url, _now())
    click.echo(f"“{name}” has moved from {before} to {url}, with {held}.")
    say("A running `backissue up` or `schedule` uses this after a restart.")


def _is_there(config: Config, name: str, url: str) -> bool:
    """True if the archive has a source at just this URL, or nothing of it."""
    if not config.archive.exists():
        return True
    with Archive.open(config.archive, create=False, finish=False) as archive:
        return not _is_archived(archive, name) or addresses.must_exist(archive.db, name) == url


@sources.command("rename")
@click.argument("old")
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.pass_obj
def rename_source(context: Context, old: str, new: str, dry_run: bool) -> None:
    """Give a source another name, in the configuration and in the archive.

    If the configuration already has the new name, the archive adopts it.
    """
    config = load_config(context.config, fetching=False)
    _refuse_fleet(config, "renamed")
    if not is_source_name(new):
        raise ConfigError(f"Expected {NAME_EXPECTED}; found “{new}”.")
    is_configured = any(source.name == old for source in config.sources)
    taken = next((source for source in config.sources if source.name == new), None)
    if taken is not None and is_configured:
        raise _is_taken(config, new)
    text = writer.config_text(config.path)
    if is_configured:
        text = edit.renamed(text, old, new)
    with _archive(config, old, new) as archive:
        is_archived = archive is not None and _is_archived(archive, old)
        if not is_configured and not is_archived:
            config.source(old)
        if taken is not None and (archive is None or addresses.owner_of(archive.db, taken.site.url) != old):
            raise _is_taken(config, new)
        if dry_run:
            click.echo(f"Would rename “{old}” to “{new}”.")
            return
        with ExitStack() as whole:
            if archive is not None and is_archived:
                whole.enter_context(transaction(archive.db))
                removal.rename(archive.db, old, new)
            if is_configured:
                writer.rewrite_config(config.path, text, new)
            if archive is not None and is_archived:
                removal.rename_pages(archive.db, archive.path, old, new)
    click.echo(f"“{old}” is now called “{new}”.")
    say("A running `backissue up` or `schedule` uses this after a restart.")


def _is_taken(config: Config, name: str) -> ConfigError:
    return ConfigError(f"{config.path} already has a source “{name}”.", hint="Choose another name.")


@sources.command("remove")
@click.argument("name")
@click.option("--with-content", is_flag=True, help="Also delete what is archived of it, for good.")
@click.option("--yes", is_flag=True, help="Do it without asking; needed if there is no terminal.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.pass_obj
def remove_source(context: Context, name: str, with_content: bool, yes: bool, dry_run: bool) -> int:
    """Stop archiving a source.

    It is removed from the configuration. What is archived of it stays readable, unless --with-content deletes
    it. No crawl can bring back what the site no longer has.
    """
    config = load_config(context.config, fetching=False)
    _refuse_fleet(config, "removed")
    is_configured = any(source.name == name for source in config.sources)
    if is_configured and len(config.sources) == 1:
        raise ConfigError(
            f"“{name}” is the only source in {config.path}, which needs one; nothing was removed.",
            hint="Add another with `backissue init URL` first. Without `up` or `schedule`, none is crawled.",
        )
    text = writer.config_text(config.path)
    text = edit.without(text, name) if is_configured else text
    with _archive(config, name) as archive:
        is_archived = archive is not None and _is_archived(archive, name)
        if not is_configured and not (is_archived and with_content):
            config.source(name)
        held = _held(archive, name) if archive is not None and is_archived else "nothing archived"
        what = f"“{name}” from {config.path.name}" if is_configured else f"“{name}”"
        fate = f"and delete {held} for good" if with_content and is_archived else f"and keep {held}"
        if dry_run:
            click.echo(f"Would remove {what} {fate}.")
            return Exit.FINE
        if not yes and not _agreed(f"Remove {what} {fate}?"):
            say("Nothing was removed.")
            return Exit.ERROR
        if is_configured:
            writer.rewrite_config(config.path, text, None)
        if archive is not None and with_content and is_archived:
            with transaction(archive.db):
                removal.delete_source(archive.db, archive.path, name)
    click.echo(f"Removed {what}; {'deleted' if with_content and is_archived else 'kept'} {held}.")
    return Exit.FINE


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{question} There is no terminal to ask for confirmation.", hint="Add --yes to do it."
        )
    return click.confirm(question, err=True)


@contextmanager
def _archive(config: Config, *names: str) -> Iterator[Archive | None]:
    """Keep the locks of sources and open the archive, if it exists.

    Raises BusyError while a crawl of one of them runs, ConfigError in a fleet.
    """
    _refuse_fleet(config, "moved", hint=True)
    if not config.archive.exists():
        yield None
        return
    with ExitStack() as held:
        try:
            for name in names:
                held.enter_context(hold(config.archive, lock_of(name), wait=PATIENCE))
        except BusyError as error:
            raise BusyError(
                f"A crawl or verification of “{name}” is running; nothing was changed.",
                hint="Wait for it or stop it, then try again.",
            ) from error
        yield held.enter_context(Archive.open(config.archive))


def _refuse_fleet(config: Config, done: str, *, hint: bool = False) -> None:
    """Raise ConfigError where the archives are in the store of a fleet.

    With `hint` a command is meant that `fleet run` may give.
    """
    if config.fleet.store is None or (hint and os.environ.get(ARCHIVE_VARIABLE)):
        return
    way = "`backissue fleet run NAME sources move NAME URL` does this safely."
    raise ConfigError(
        f"{config.path} is the configuration of a fleet, whose archives are in {config.fleet.store};"
        f" nothing was {done}.",
        hint=way if hint else "Sources of a fleet keep their names. To stop one, remove it from the file.",
    )


def _is_archived(archive: Archive, name: str) -> bool:
    return archive.db.execute("SELECT 1 FROM sources WHERE name = ?", [name]).fetchone() is not None


def _held(archive: Archive, name: str) -> str:
    sql = (
        "SELECT (SELECT count(*) FROM articles WHERE source = :name),"
        " (SELECT count(*) FROM comments WHERE source = :name)"
    )
    articles, comments = archive.db.execute(sql, {"name": name}).fetchone()
    return f"{count(articles, 'article')} and {count(comments, 'comment')}"


def _now() -> str:
    return to_text(datetime.now(UTC)) or ""
