"""The command that brings in what others have kept of a source: `import`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import Progress

from archive.cli.console import Context, Exit, emit, say
from archive.core.errors import BackissueError
from archive.core.formatting import count, plain
from archive.core.locks import PATIENCE, hold, lock_of
from archive.core.timestamps import to_text
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage.archive import Archive
from crawler.config.config import Config, Source, load_config
from crawler.frontier.addresses import Listed, is_article
from crawler.settings import USER_AGENT

if TYPE_CHECKING:
    from pipeline.imports.observed import Item
    from pipeline.imports.taking import PageFilter, Taking, Tally

_SHOWN = 10  # faults and reasons that are named; all are counted


@click.command("import")
@click.argument("places", metavar="PATH|URL...", nargs=-1, required=True)
@click.option("--source", help="The source that they belong to; needed if there are several.")
@click.option(
    "--witness", help="Who received the pages; by default the file's name or the web archive's host."
)
@click.option(
    "--replay",
    metavar="URL",
    help="Where the web archive has its pages or files, if not at its index.",
)
@click.option("--since", help="Only what was received in or after this year, month or day (UTC).")
@click.option("--until", help="Only what was received in or before this year, month or day (UTC).")
@click.option("--match", metavar="REGEX", help="Only pages whose URL matches this expression.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; show what would be read, and how long it would take."
)
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def import_(
    context: Context,
    /,
    places: tuple[str, ...],
    source: str | None,
    witness: str | None,
    replay: str | None,
    progress: bool,
    as_json: bool,
    **limits: Any,
) -> int:
    """Import what others have kept of a source.

    Everything is stored with who received it, and when.

    PATH is a WARC or WACZ file, a WordPress export (WXR), a Disqus export, a saved page, or a folder of
    these; URL is the CDX server of a web archive, or Common Crawl's index (at most 24 requests a minute).
    What was imported before is not read again, so an interrupted import continues where it stopped.

    \b
    backissue import crawl-2012.warc.gz old-site.xml
    backissue import https://web.archive.org/ --until 2015 --dry-run

    Exits with 3 if something could not be read, 130 if it was interrupted.
    """
    config = load_config(context.config, fetching=False)
    chosen = _source(config, source)
    dry_run = limits.pop("dry_run")
    wanted = _wanted(chosen, **limits)
    since, until = _span(limits["since"], limits["until"])
    with ExitStack() as held:
        taking = _taking(held, config, chosen, wanted, dry_run=dry_run)
        shown = Progress(console=Console(stderr=True), transient=True, disable=not progress or as_json)
        bar = held.enter_context(shown)
        task = bar.add_task("pages", total=None)
        for each in _each(places, config, chosen, taking, (witness, replay, since, until)):
            taking.take(each, datetime.now(UTC))
            bar.update(task, description=f"{taking.tally.read:,} pages read")
        taking.end(datetime.now(UTC))
    _tell(taking.tally, dry_run=dry_run, as_json=as_json)
    if taking.tally.faults:
        return Exit.INCOMPLETE
    return Exit.FINE


def _source(config: Config, name: str | None) -> Source:
    if name is None and len(config.sources) > 1:
        names = ", ".join(source.name for source in config.sources)
        raise click.UsageError(f"Give the source with --source. There are: {names}.")
    if name:
        return config.source(name)
    return config.sources[0]


def _taking(held: ExitStack, config: Config, source: Source, wanted: PageFilter, *, dry_run: bool) -> Taking:
    from pipeline.imports.taking import Taking  # noqa: PLC0415  (trafilatura is slow to import)
    from pipeline.reading import BoundedReader  # noqa: PLC0415

    path = config.archive
    if dry_run and not path.exists():  # nothing is written, not even an empty archive
        path = Path(held.enter_context(TemporaryDirectory())) / path.name
    held.enter_context(hold(path, lock_of(source.name), wait=PATIENCE))
    archive = held.enter_context(Archive.open(path))
    pages = held.enter_context(Pages.open(raw_pages_path(path)))
    reader = BoundedReader()
    held.callback(reader.close)
    if not dry_run:
        archive.add_source(source.site, to_text(datetime.now(UTC)) or "")
    return Taking(archive, pages, source.site, reader, wanted, rehearse=dry_run)


def _wanted(source: Source, *, since: str | None, until: str | None, match: str | None) -> PageFilter:
    from pipeline.imports.taking import PageFilter  # noqa: PLC0415

    pattern = None
    try:
        if match:
            pattern = re.compile(match)
    except re.error as error:
        raise click.BadParameter(f"it is not a regular expression: {error}.", param_hint="--match") from error
    first, last = _span(since, until)
    site = source.site

    def is_wanted(url: str) -> bool:
        return is_article(Listed(url=url), site.url, site.article_pattern)

    return PageFilter(is_article=is_wanted, since=first, until=last, match=pattern)


def _span(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the moments from and before which pages are wanted. Raises BadParameter."""
    first = last = None
    if since:
        first, _ = _days(since, "--since")
    if until:
        _, last = _days(until, "--until")
    if first and last and first >= last:
        raise click.BadParameter("it ends before it begins.", param_hint="--until")
    return first, last


def _days(text: str, option: str) -> tuple[datetime, datetime]:
    """Return the beginning and the end of a year, a month or a day."""
    try:
        if re.fullmatch(r"\d{4}", text):
            year = datetime.strptime(text, "%Y").replace(tzinfo=UTC)
            return year, year.replace(year=year.year + 1)
        if re.fullmatch(r"\d{4}-\d\d", text):
            month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
            return month, (month + timedelta(days=32)).replace(day=1)
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return day, day + timedelta(days=1)
    except (ValueError, OverflowError) as error:
        message = "expected a year, month or day, such as 2009, 2009-07 or 2009-07-09."
        raise click.BadParameter(message, param_hint=option) from error


def _each(
    places: tuple[str, ...],
    config: Config,
    source: Source,
    taking: Taking,
    how: tuple[str | None, str | None, datetime | None, datetime | None],
) -> Iterator[Item]:
    """Yield the content of files and web archives, one place after the other."""
    from pipeline.imports import containers  # noqa: PLC0415

    witness, replay, since, until = how
    local = [place for place in places if not place.startswith(("http://", "https://"))]
    paths = [path for place in local for path in containers.files(Path(place))]
    for place in places:
        if place not in local:
            yield from _from_web(place, config, source, taking, (replay, since, until))
    for path in paths:
        yield from containers.read_container(path, source.site, witness)


def _from_web(
    index: str,
    config: Config,
    source: Source,
    taking: Taking,
    how: tuple[str | None, datetime | None, datetime | None],
) -> Iterator[Item]:
    """Yield the captures of a web archive that are wanted and not there yet."""
    from crawler.imports.asking import Asking  # noqa: PLC0415
    from crawler.imports.cdx import WebArchive  # noqa: PLC0415
    from crawler.imports.common_crawl import CommonCrawl, is_common_crawl  # noqa: PLC0415

    if not config.contact:
        raise BackissueError(
            "Requests to a web archive need your contact.",
            hint="Add `contact`, an e-mail address or URL, to backissue.toml.",
        )
    replay, since, until = how
    asking = Asking(f"{USER_AGENT} (+{config.contact})")
    archive: CommonCrawl | WebArchive = WebArchive(index, replay, asking)
    if is_common_crawl(index):
        archive = CommonCrawl(index, replay, asking)
    for entry in archive.entries(source.site, since, until):
        if not taking.wants(entry.url, entry.at):
            continue
        if taking.has(entry.url, entry.at, archive.name):
            taking.tally.known += 1
        elif taking.is_sampled:
            taking.tally.pages += 1
        else:
            yield archive.capture(entry, source.name)


def _tell(tally: Tally, *, dry_run: bool, as_json: bool) -> None:
    """Print what was read, new or skipped, and name what could not be read."""
    if as_json:
        emit(_as_json(tally, dry_run=dry_run))
        return
    if tally.pages or tally.known or tally.passed_over or not tally.faults:
        for sentence in _sentences(tally, dry_run=dry_run):
            click.echo(sentence)
    for why, number in tally.passed_over.most_common(_SHOWN):
        click.echo(plain(f"Skipped {why}: {number:,}."))
    for fault in tally.faults[:_SHOWN]:
        place = fault.url or fault.place
        say(plain(f"{place}: {fault.why}"))
    further = len(tally.faults) - _SHOWN
    if further > 0:
        say(f"And {further:,} more that could not be read; `backissue status` counts them.")


def _sentences(tally: Tally, *, dry_run: bool) -> list[str]:
    articles = count(len(tally.articles), "article")
    pages = f"{count(tally.pages, 'page')} of {articles}"
    before = f"{tally.known:,} imported before"
    if dry_run:
        left = count(tally.pages - tally.known, "page")
        seconds = max(1, round(_estimate(tally)))
        return [
            f"Would read {left}: there are {pages}, {before}.",
            f"This would take about {seconds} s. Nothing was written.",
        ]
    saved = tally.saved
    new_articles = count(saved.articles_new, "new article")
    new_comments = count(saved.comments_new, "new comment")
    removed = count(saved.gone, "comment")
    result = f"{new_articles}, {new_comments}, {removed} removed since"
    return [f"Read {tally.read:,} of {pages}, {before}: {result}."]


def _as_json(tally: Tally, *, dry_run: bool) -> dict[str, Any]:
    faults = [{"place": fault.place, "url": fault.url, "why": fault.why} for fault in tally.faults]
    seconds = None
    if dry_run:
        seconds = round(_estimate(tally))
    return {
        "dry_run": dry_run,
        "pages": tally.pages,
        "articles": len(tally.articles),
        "known": tally.known,
        "read": tally.read,
        "articles_new": tally.saved.articles_new,
        "articles_changed": tally.saved.articles_changed,
        "comments_new": tally.saved.comments_new,
        "comments_gone": tally.saved.gone,
        "passed_over": dict(tally.passed_over),
        "faults": faults,
        "estimate_seconds": seconds,
    }


def _estimate(tally: Tally) -> float:
    """Return how many seconds the pages take that are not imported yet, by those that were read."""
    left = tally.pages - tally.known
    return left * tally.seconds / max(1, tally.read)
