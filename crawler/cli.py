"""The crawler's commands: `init` looks at a site and writes it down, `crawl` reads it now.

It knows what to ask and how to say the answer; how a site is looked at and crawled is known next door.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from archive.console import Context, Exit, Planned, emit, is_free, plain, say
from archive.errors import BackissueError, ConfigError, SiteError
from archive.records import Run
from archive.store import Archive
from archive.times import instant, to_text
from crawler import children, config_write
from crawler.config import FILE_NAME, FILE_VARIABLE, Config, Source, is_language, load, profile, profiles
from crawler.config_schedule import is_timezone
from crawler.config_table import check_address, is_loopback
from crawler.estimate import Estimate, estimate
from crawler.timetable import tell_span

if TYPE_CHECKING:
    from crawler.survey import Survey

logger = logging.getLogger(__name__)
_CODES = {"ok": Exit.FINE, "interrupted": Exit.INTERRUPTED}


@click.command()
@click.argument("site", metavar="URL|PROFILE")
@click.option("--contact", help="An e-mail or web address of yours; it is sent with every request.")
@click.option("--name", help="The source's name in the configuration.")
@click.option("--force", is_flag=True, help="Write the file anew if there is one.")
@click.option("--dry-run", is_flag=True, help="Look and tell, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def init(
    context: Context,
    site: str,
    contact: str | None,
    name: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Look at a site and write backissue.toml.

    Looks at the site's REST interface, sitemaps, feeds, robots.txt and comments with a dozen requests,
    says what it found and how long a first full crawl will take, and writes a commented configuration.
    In a folder that has one, the site is added to it. PROFILE is the name of a site that Backissue
    already knows, such as longwarjournal.

    \b
    backissue init https://www.example.org --contact you@example.org
    backissue init longwarjournal --contact you@example.org
    """
    known = site in profiles()
    source = profile(site) if known else None
    url = source.site.url if source else _checked(site)
    found = _look(url, contact, must=not known)
    chosen = name or (site if known else config_write.name_for(url))
    block = config_write.profile_block(chosen, site) if known else _block(chosen, url, found)
    delay = source.delay if source else (0.0 if is_loopback(url) else 1.0)
    cost = estimate(found, delay) if found else None
    file = _file(context.config)
    text = (
        config_write.added(file, block, chosen, contact)
        if file.exists() and not force
        else config_write.whole(block, contact)
    )
    if not dry_run:
        config_write.write(file, text, chosen)
    if as_json:
        emit(_init_json(chosen, url, found, cost, file, text, written=not dry_run))
    else:
        _tell_init(chosen, url, found, cost, file, text, contact, dry_run)


@click.command()
@click.argument("source", required=False)
@click.option("--run", "run_id", type=int, hidden=True, help="The row of the ledger that the clock made.")
@click.option("--no-progress", "progress", flag_value=False, default=True, help="Show nothing while it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one line of JSON for each source.")
@click.pass_obj
def crawl(context: Context, source: str | None, run_id: int | None, progress: bool, as_json: bool) -> int:
    """Crawl one source, or all, once and now.

    Meant for the hand, for cron and for systemd timers; `up` and `schedule` do it by the clock. What is
    already in the archive is asked for again only where it may have changed. Without a configuration
    the bundled sample newspaper is crawled.

    Leaves with 0 when all went well, 3 when something is missing (what came is kept), 4 when another
    run of the source is under way, 130 when it was interrupted.
    """
    config = load(context.config, fetching=False)
    chosen = [config.source(source)] if source else list(config.sources)
    replace(config, sources=tuple(chosen)).check_contact()
    with newspaper(config):
        if len(chosen) == 1:
            return _crawl_one(config, chosen[0], run_id, progress, as_json)
        return _crawl_each(config, chosen, progress, as_json)


def planned(source: Source) -> Planned:
    """A configured source, as other rooms' commands show it."""
    due = datetime.now(UTC)
    starts = [due := source.schedule.next_start(due) for _ in range(3)]
    return Planned(
        name=source.name,
        url=source.site.url,
        title=source.site.title,
        schedule=source.schedule.text,
        delay=source.delay,
        next_run=starts[0],
        next_runs=tuple(starts),
        limit=tell_span(source.limit),
    )


@contextmanager
def newspaper(config: Config) -> Iterator[None]:
    """Keep the bundled sample newspaper running meanwhile, if it is what is configured and does not run yet.

    Its life began when the archive first saw it, so that each start continues the same newspaper.
    """
    if config.path is not None or not is_free("127.0.0.1", sample_port(config)):
        yield
        return
    from crawler.sample import SampleSite  # noqa: PLC0415  (only the sample needs it)

    with SampleSite(port=sample_port(config), epoch=_epoch(config)):
        yield


def sample_port(config: Config) -> int:
    """The port of the sample newspaper."""
    return urlsplit(config.sources[0].site.url).port or 80


@contextmanager
def quietly() -> Iterator[None]:
    """Keep Scrapy's log of what failed off the terminal, where the failure is told as a sentence."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _epoch(config: Config) -> datetime:
    site, now = config.sources[0].site, datetime.now(UTC)
    with Archive.open(config.archive) as archive:
        known = {row["name"]: row["first_seen"] for row in archive.db["sources"].rows}
        if site.name not in known:
            archive.add_source(site, str(to_text(now)))
            return now
    return instant(known[site.name])


# -- crawl ----------------------------------------------------------------------------------------


def _crawl_one(config: Config, source: Source, run_id: int | None, progress: bool, as_json: bool) -> int:
    from crawler.run import crawl as run_crawl  # noqa: PLC0415  (Scrapy is slow to import)

    run = run_crawl(source, config.archive, run_id=run_id, progress=progress)
    if run_id is not None:
        logger.log(logging.INFO if run.outcome == "ok" else logging.WARNING, "%s", _run_line(run))
    elif as_json:
        emit(asdict(run), indent=None)
    else:
        click.echo(_run_line(run))
    return _CODES.get(run.outcome or "", Exit.INCOMPLETE)


def _crawl_each(config: Config, sources: Sequence[Source], progress: bool, as_json: bool) -> int:
    """A process can run Scrapy once, so each source gets one of its own."""
    codes = []
    for source in sources:
        codes.append(children.run(_arguments(config, source, progress, as_json)))
        if codes[-1] == Exit.INTERRUPTED:
            break
    return max(codes)


def _arguments(config: Config, source: Source, progress: bool, as_json: bool) -> list[str]:
    shown = [*([] if progress else ["--no-progress"]), *(["--json"] if as_json else [])]
    return [*children.crawl_arguments(config.path, source.name), *shown]


def _run_line(run: Run) -> str:
    return plain(f"{run.source}: {run.outcome or 'ended'}. {run.sentence or ''}".strip())


# -- init -----------------------------------------------------------------------------------------


def _checked(text: str) -> str:
    """The address of the site, or an error that says what could have been given."""
    if "://" not in text and "." not in text and text != "localhost":
        raise ConfigError(
            f"“{text}” is neither a web address nor a known site.",
            hint=f"Give an address such as https://www.example.org, or one of: {', '.join(profiles())}.",
        )
    try:
        return check_address(text if "://" in text else f"https://{text}")
    except ValueError as error:
        raise ConfigError(f"“{text}” cannot be archived: {error}.") from error


def _file(named: Path | None) -> Path:
    """Where the configuration is written: where it would be read."""
    return (named or Path(os.environ.get(FILE_VARIABLE) or FILE_NAME)).absolute()


def _look(url: str, contact: str | None, *, must: bool) -> Survey | None:
    from crawler.survey import survey  # noqa: PLC0415  (Scrapy is slow to import)

    say(f"Looking at {url} …")
    try:
        with quietly():
            return survey(url, contact)
    except SiteError as error:
        if must:
            raise
        say(f"Warning: {error} The profile is written all the same.")
        return None


def _block(name: str, url: str, found: Survey | None) -> str:
    if found is None:
        raise BackissueError(f"{url} was not looked at.")
    return config_write.site_block(
        name,
        check_address(found.url),
        title=found.title,
        delay=0.0 if is_loopback(found.url) else 1.0,
        comments=found.comment_style,
        language=found.language if is_language(found.language) else None,
        timezone=found.timezone if is_timezone(found.timezone) else None,
    )


def _init_json(
    name: str, url: str, found: Survey | None, cost: Estimate | None, file: Path, text: str, *, written: bool
) -> dict[str, object]:
    return {
        "name": name,
        "url": url,
        "found": None if found is None else asdict(found),
        "estimate": None if cost is None else asdict(cost),
        "file": file,
        "written": written,
        "text": text,
    }


def _tell_init(
    name: str,
    url: str,
    found: Survey | None,
    cost: Estimate | None,
    file: Path,
    text: str,
    contact: str | None,
    dry_run: bool,
) -> None:
    for sentence in found.notes if found else ():
        click.echo(plain(sentence))
    if cost:
        click.echo(cost.sentence)
    if dry_run:
        click.echo(f"\nThis would be written to {file}:\n\n{text}")
        return
    click.echo(f"\n{file} now has the source “{name}”.")
    if contact is None and not is_loopback(url):
        click.echo("Before the first crawl, put your contact into it: the line `contact = …`.")
    click.echo(
        "Next: `backissue up` archives it by the clock and serves it; `backissue crawl` does one crawl."
    )
