"""Command `init`: probes a site and writes its configuration, or systemd units.

Does not: probe a site itself.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.console import Context, emit, say
from archive.core.errors import BackissueError, ConfigError, SiteError
from archive.core.formatting import plain
from archive.core.nearest_name import nearest
from crawler.cli.crawl import quietly
from crawler.config import writer
from crawler.config.config import (
    CONTACT,
    FILE_NAME,
    FILE_VARIABLE,
    load_config,
    profile,
    profiles,
)
from crawler.config.json_schema import write_schema
from crawler.config.site_url import check_address, is_loopback_url
from crawler.config.value_checks import NAME_EXPECTED, is_contact, is_language, is_source_name
from crawler.daemon import systemd as units
from crawler.frontier.estimate import Estimate, estimate
from crawler.schedule.cron import is_timezone

if TYPE_CHECKING:
    from crawler.probe.survey_notes import SiteSurvey


@click.command()
@click.argument("site", metavar="URL|PROFILE", required=False)
@click.option("--contact", help="Your e-mail address or a URL of yours. It is sent with every request.")
@click.option("--name", help="The source's name in the configuration.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@click.option("--dry-run", is_flag=True, help="Show the result, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--systemd", is_flag=True, help="Print systemd units for the current configuration instead.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="With --systemd: write the units to this folder.",
)
@click.pass_obj
def init(
    context: Context,
    site: str | None,
    contact: str | None,
    name: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
    systemd: bool,
    output: Path | None,
) -> None:
    """Probe a site and write backissue.toml.

    Checks the site's REST API, sitemaps, feeds, robots.txt and comments with a dozen requests, shows the
    result and the duration of a first full crawl, and writes a commented configuration. In a folder that has
    one, the site is added to it. PROFILE is the name of a built-in site, such as longwarjournal.

    \b
    backissue init https://www.example.org --contact you@example.org
    backissue init longwarjournal --contact you@example.org
    backissue init --systemd --output units
    """
    if systemd:
        _units(context.config, output)
        return
    if site is None:
        raise click.UsageError("Give the URL of a site, or --systemd.")
    _check_options(contact, name)
    if site in profiles():
        source = profile(site)
        url, delay = source.site.url, source.delay
        found = _look(url, contact, must=False)
        chosen = name or site
        block = writer.profile_block(chosen, site)
    else:
        url = _checked(site)
        delay = _delay(url)
        found = _look(url, contact, must=True)
        chosen = name or writer.name_for(url)
        block = _block(chosen, url, found)
    cost = None
    if found is not None:
        cost = estimate(found, delay)
    file = _file(context.config)
    if file.exists() and not force:
        text = writer.extended_config_text(file, block, chosen, contact)
    else:
        text = writer.new_config_text(block, contact)
    if not dry_run:
        _write(file, text, chosen, force=force)
    if as_json:
        emit(_init_json(chosen, url, found, cost, file, text, written=not dry_run))
    else:
        _tell_init(chosen, url, found, cost, file, text, contact, dry_run)


def _write(file: Path, text: str, name: str, *, force: bool) -> None:
    """Write the configuration and its schema.

    Keeps aside what it replaces.
    """
    aside = None
    if force and file.exists() and file.read_text(encoding="utf-8") != text:
        aside = writer.keep_aside(file)
    writer.write_config(file, text, name)
    if aside is not None:
        say(f"What {file.name} had before is kept in {aside.name}.")
    _write_schema(file, text)


def _delay(url: str) -> float:
    """Return the seconds between two requests to a site."""
    if is_loopback_url(url):
        return 0.0
    return 1.0


def _check_options(contact: str | None, name: str | None) -> None:
    """Raise ConfigError for an invalid option, before any request."""
    if contact is not None and not is_contact(contact):
        raise ConfigError(
            f"--contact: expected {CONTACT}; found “{contact}”.",
            hint="Give one, such as --contact you@example.org. It is sent with every request.",
        )
    if name is not None and not is_source_name(name):
        raise ConfigError(
            f"--name: expected {NAME_EXPECTED}; found “{name}”.",
            hint="Give one, such as --name gazette.",
        )


def _checked(text: str) -> str:
    """Return the URL of the site.

    Raises ConfigError with what could be given instead.
    """
    if "://" not in text and "." not in text and text != "localhost":
        raise ConfigError(
            f"“{text}” is neither a URL nor a known site{nearest(text, profiles())}.",
            hint=f"Give a URL such as https://www.example.org, or one of: {', '.join(profiles())}.",
        )
    url = text
    if "://" not in text:
        url = f"https://{text}"
    try:
        return check_address(url)
    except ValueError as error:
        raise ConfigError(f"“{text}” cannot be archived: {error}.") from error


def _file(named: Path | None) -> Path:
    """Return the path of the configuration to write.

    It is the one that would be read.
    """
    name = os.environ.get(FILE_VARIABLE) or FILE_NAME
    return (named or Path(name)).absolute()


def _write_schema(file: Path, text: str) -> None:
    """Write the schema to which a configuration refers, for editors.

    Where a stranger's file has its name, the configuration stays without one.
    """
    if writer.SCHEMA_LINE not in text:
        return
    try:
        write_schema(file.resolve().parent / writer.SCHEMA_FILE)
    except ConfigError as error:
        say(f"Warning: editors will not complete the configuration. {error}")


def _look(url: str, contact: str | None, *, must: bool) -> SiteSurvey | None:

    from crawler.probe.survey import survey_site  # noqa: PLC0415  (Scrapy is slow to import)

    say(f"Checking {url} …")
    try:
        with quietly():
            return survey_site(url, contact)
    except SiteError as error:
        if must:
            raise
        say(f"Warning: {error} The profile is written anyway.")
        return None


def _block(name: str, url: str, found: SiteSurvey | None) -> str:
    if found is None:
        raise BackissueError(f"{url} was not probed.")
    language = timezone = None
    if is_language(found.language):
        language = found.language
    if is_timezone(found.timezone):
        timezone = found.timezone
    return writer.site_block(
        name,
        check_address(found.url),
        title=found.title,
        delay=_delay(found.url),
        comments=found.comment_style,
        language=language,
        timezone=timezone,
        hosts=found.hosts,
        system=found.comment_system,
        script_fills=found.script_fills,
    )


def _init_json(
    name: str,
    url: str,
    found: SiteSurvey | None,
    cost: Estimate | None,
    file: Path,
    text: str,
    *,
    written: bool,
) -> dict[str, object]:
    return {
        "name": name,
        "url": url,
        "found": found and asdict(found),
        "estimate": cost and asdict(cost),
        "file": file,
        "written": written,
        "text": text,
    }


def _tell_init(
    name: str,
    url: str,
    found: SiteSurvey | None,
    cost: Estimate | None,
    file: Path,
    text: str,
    contact: str | None,
    dry_run: bool,
) -> None:
    if found:
        for sentence in found.notes:
            click.echo(plain(sentence))
    if cost:
        click.echo(cost.sentence)
    if dry_run:
        click.echo(f"\nThis would be written to {file}:\n\n{text}")
        return
    click.echo(f"\n{file} now has the source “{name}”.")
    if contact is None and not is_loopback_url(url):
        click.echo("Before the first crawl, add your contact to this file: `contact = …`.")
    click.echo(
        "Next: `backissue up` archives it on schedule and serves it; `backissue crawl` does one crawl."
    )


# -- units for systemd ----------------------------------------------------------------------------


def _units(named: Path | None, folder: Path | None) -> None:
    config = load_config(named)
    tells = bool(config.notify.urls)
    texts = units.units(config.path, config.archive, tells=tells)
    if folder is None:
        sections = (f"# {name}\n{text}" for name, text in texts.items())
        click.echo("\n".join(sections), nl=False)
    else:
        units.write_units(folder, texts)
        say(f"{', '.join(texts)} were written to {folder}.")
    if config.path.owner() == "root":
        say("Warning: root owns the configuration, so the service would run as root; another user is safer.")
    say(units.NEXT)
