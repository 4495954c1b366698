"""Configuration file backissue.toml: archive, contact, and sources.

The file is parsed whole and strictly before anything starts: an invalid value raises a ConfigError with its
place and the reason, and so does a missing file. Does not: fetch, or guess what the user may have meant.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest
from archive.core.records import Site
from archive.core.urls import page_key
from crawler.config.key_model import KeyTable, described_key, key_names
from crawler.config.keys import desk_keys, fleet_keys, notify_keys, proof_keys, schedule_keys, thread_keys
from crawler.config.keys.api_key import ApiKey, read_api_key
from crawler.config.keys.desk_keys import DeskConfig
from crawler.config.keys.file_keys import FileLimits, file_limits
from crawler.config.keys.fleet_keys import FleetKeys
from crawler.config.keys.notify_keys import EXPECTED_PUBLIC_URL, Notify
from crawler.config.keys.proof_keys import ProofConfig
from crawler.config.keys.render_keys import RenderConfig, render_config
from crawler.config.keys.source_keys import EXPECTED_DELAY, SourceTable
from crawler.config.keys.thread_keys import ForeignComments
from crawler.config.keys.visitor_keys import VisitorConfig, read_visitor
from crawler.config.site_url import is_loopback_url
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.config.value_checks import NAME_EXPECTED, check_contact, is_source_name
from crawler.schedule.timetable import Timetable

FILE_NAME = "backissue.toml"
FILE_VARIABLE = "BACKISSUE_CONFIG"
ARCHIVE_VARIABLE = "BACKISSUE_ARCHIVE"
USUAL_ARCHIVE = "archive.db"
SITES = Path(__file__).parent / "sites"
CONTACT = "an e-mail address or a URL at which the site's owner can reach you"


class TopTable(KeyTable, frozen=True):
    """Keys at the top of the file that are no tables."""

    archive: Annotated[str, described_key("The archive's file.", "the path of a file")] = USUAL_ARCHIVE
    contact: Annotated[
        str | None,
        described_key("Whom a site can reach; sent with each request.", CONTACT, check=check_contact),
    ] = None
    public_url: Annotated[
        str | None,
        described_key(
            "Where the archive is published.", EXPECTED_PUBLIC_URL, check=notify_keys.check_public_url
        ),
    ] = None


TABLE_KEYS = ("sources", "notify", "searches", "alerts", "proof", "fleet", "visitor", "desk")
CONFIG_KEYS = (*key_names(TopTable), *TABLE_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Configuration of one site to archive.

    `delay` is in seconds between requests; `contact` is sent to the site with each request. `limit` is the
    maximum duration of one crawl. `verify_tls` is False for the rare site whose certificate cannot be
    verified and that is still to be archived. `hosts` are further hosts on which the site has its articles,
    each with its port where that is not the default. `foreign` is for comments that are kept elsewhere,
    `api_key` for the API of the site's own system, `rendering` for pages that a script fills. `proof` and
    `visitor` are the archive's.
    """

    site: Site
    schedule: Timetable
    limit: timedelta = schedule_keys.DEFAULT_CRAWL_LIMIT
    delay: float = 1.0
    contact: str | None = None
    verify_tls: bool = True
    hosts: tuple[str, ...] = ()
    foreign: ForeignComments = field(default_factory=ForeignComments)
    api_key: ApiKey = field(default_factory=ApiKey)
    proof: ProofConfig = field(default_factory=ProofConfig)
    visitor: VisitorConfig = field(default_factory=VisitorConfig)
    file_limits: FileLimits = field(default_factory=FileLimits)
    rendering: RenderConfig = field(default_factory=RenderConfig)

    @property
    def name(self) -> str:
        """Return the source's own name, as in `[sources.NAME]`."""
        return self.site.name

    @property
    def is_local(self) -> bool:
        """True if the site is on this machine, so needs no contact."""
        return is_loopback_url(self.site.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Configuration as a whole, and the path of its file."""

    path: Path
    archive: Path
    contact: str | None = None
    sources: tuple[Source, ...]
    notify: Notify = field(default_factory=Notify)
    proof: ProofConfig = field(default_factory=ProofConfig)
    fleet: FleetKeys = field(default_factory=FleetKeys)
    visitor: VisitorConfig = field(default_factory=VisitorConfig)
    desk: DeskConfig = field(default_factory=DeskConfig)

    def source(self, name: str) -> Source:
        """Return the source of that name.

        Raises ConfigError, with the nearest name, for an unknown one.
        """
        for source in self.sources:
            if source.name == name:
                return source
        names = [source.name for source in self.sources]
        sources = ", ".join(names)
        if not name:
            raise ConfigError(
                f"No source is named. {self.path} has: {sources}.", hint="With Scrapy, add -a source=NAME."
            )
        similar = nearest(name, names)
        raise ConfigError(
            f"{self.path} has no source “{name}”{similar}.", hint=f"Its sources are: {sources}."
        )

    def check_contact(self) -> None:
        """Raise ConfigError when a remote site has no contact."""
        for source in self.sources:
            if source.contact is None and not source.is_local:
                raise ConfigError(
                    f"{self.path}: contact: expected {CONTACT}, since sources.{source.name} is not on this "
                    "machine; found nothing.",
                    hint='Add a line such as contact = "you@example.org" above the first [sources…].',
                )


def load_config(
    path: Path | None = None, *, fetching: bool = True, environ: Mapping[str, str] | None = None
) -> Config:
    """Return the configuration: `path`, $BACKISSUE_CONFIG, or ./backissue.toml.

    With `fetching` a contact is required for every source on another machine; a command that only reads the
    archive or a file does not need it. `environ` is the process's environment by default; $BACKISSUE_ARCHIVE
    in it replaces the archive. Raises ConfigError, also where there is no file.
    """
    if environ is None:
        environ = os.environ
    found = find_config(path, environ)
    if found is None:
        raise ConfigError(
            f"There is no {FILE_NAME} in {Path.cwd()}, and neither --config nor ${FILE_VARIABLE} gives one.",
            hint="Create one for your site:"
            " `backissue init https://www.example.org --contact you@example.org`."
            " To try it first: `backissue demo`.",
        )
    config = _read_config(TomlTable(found, (), _read_toml(found)))
    if fetching:
        config.check_contact()
    if other := environ.get(ARCHIVE_VARIABLE):
        return replace(config, archive=Path(other).absolute())
    return config


def find_config(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """Return the path of the configuration file in force, if any.

    Raises ConfigError for an explicit one that does not exist.
    """
    variable = environ.get(FILE_VARIABLE)
    named = path
    if named is None and variable:
        named = Path(variable)
    if named is None:
        here = Path.cwd() / FILE_NAME
        if here.exists():
            return here
        return None
    if not named.exists():
        raise ConfigError(
            f"The configuration file {named} does not exist.",
            hint="Create one with `backissue init URL`, or give its path with --config.",
        )
    return named.absolute()


def archive_here(path: Path | None = None) -> Path:
    """Return the path of the archive that a command reads.

    The configured one; without a configuration ./archive.db. Raises ConfigError where neither exists.
    """
    usual = Path.cwd() / USUAL_ARCHIVE
    if find_config(path, os.environ) is None and usual.exists():
        return usual
    return load_config(path, fetching=False).archive


def proof_key(path: Path | None = None) -> Path | None:
    """Return the file of the signing key, if configured. Raises ConfigError."""
    if find_config(path, os.environ) is None:
        return None
    return load_config(path, fetching=False).proof.key


def profiles() -> tuple[str, ...]:
    """Return the names of the built-in sites."""
    names = (path.stem for path in SITES.glob("*.toml"))
    return tuple(sorted(names))


def profile_path(name: str) -> Path:
    """Return the file of a built-in site.

    Raises ConfigError, with the nearest name, for an unknown one.
    """
    if name not in profiles():
        similar = nearest(name, profiles())
        names = ", ".join(profiles())
        raise ConfigError(f"There is no profile “{name}”{similar}.", hint=f"Known sites are: {names}.")
    return SITES / f"{name}.toml"


def profile(name: str) -> Source:
    """Return the built-in configuration of a site. Raises ConfigError."""
    path = profile_path(name)
    return _read_source(name, TomlTable(path, (), _read_toml(path)), None)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} is not TOML: {error}.", hint='Text needs quotes: url = "https://…".'
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text: byte {error.start} cannot be read.",
            hint="Is it the right file? A configuration is a text in TOML, such as backissue.toml.",
        ) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error


def _read_config(table: TomlTable) -> Config:
    table.only(CONFIG_KEYS)
    scalars = {key: value for key, value in table.values.items() if key not in TABLE_KEYS}
    top = replace(table, values=scalars).read(TopTable)
    proof = proof_keys.read_proof(table)
    visitor = read_visitor(table)
    named = _read_sources(table, top.contact)
    names = [source.name for source in named]
    return Config(
        path=table.file,
        archive=table.file.parent / Path(top.archive).expanduser(),
        contact=top.contact,
        sources=tuple(replace(source, proof=proof, visitor=visitor) for source in named),
        notify=notify_keys.read_notify(table, top.public_url, names),
        proof=proof,
        fleet=fleet_keys.read_fleet(table),
        visitor=visitor,
        desk=desk_keys.read_desk_keys(table),
    )


def _read_sources(table: TomlTable, contact: str | None) -> list[Source]:
    """Return all sources. Raises ConfigError, also for two of one site."""
    sources = table.table("sources")
    if not sources.values:
        hint = "`backissue init URL` writes one."
        table.refuse("sources", "a table [sources.NAME] for each site", "nothing", hint)
    named = [_read_named(sources, name, contact) for name in sources.values]
    if len(named) == 1:  # its key is not needed, and slow to make in a short command
        return named
    first: dict[str, Source] = {}
    for source in named:
        twin = first.setdefault(page_key(source.site.url), source)
        if twin is not source:
            raise ConfigError(
                f"{table.file}: sources.{source.name}: {source.site.url} is the site of sources.{twin.name}.",
                hint="Remove one of the two, or everything would be archived twice.",
            )
    return named


def twin_of(url: str, sources: Iterable[Source]) -> Source | None:
    """Return the source at a site's URL, if any.

    By http or https, with or without "www.".
    """
    wanted = page_key(url)
    return next((source for source in sources if page_key(source.site.url) == wanted), None)


def _read_named(sources: TomlTable, name: str, contact: str | None) -> Source:
    if not is_source_name(name):
        sources.refuse(name, NAME_EXPECTED, describe_value(name))
    table = sources.table(name)
    chosen = table.read(SourceTable).profile
    if chosen is None:
        return _read_source(name, table, contact)
    table.choose("profile", chosen, profiles())
    known = _read_toml(profile_path(chosen))
    values = schedule_keys.overlaid(known, table.values)
    return _read_source(name, replace(table, values=values), contact)


def _read_source(name: str, table: TomlTable, contact: str | None) -> Source:
    keys = table.read(SourceTable)
    if keys.url is None:
        hint = f'Add url = "https://…", or profile = "{profiles()[0]}".'
        table.refuse("url", "the URL of a site", "nothing", hint)
    if not math.isfinite(keys.delay):
        table.refuse("delay", EXPECTED_DELAY, describe_value(keys.delay))
    foreign = thread_keys.read_foreign_comments(table, keys)
    return Source(
        site=_site(name, keys.url, keys, foreign),
        schedule=schedule_keys.read_timetable(table, keys, f"{contact} {keys.url}"),
        limit=schedule_keys.read_limit(table, keys),
        delay=keys.delay,
        contact=contact,
        verify_tls=keys.verify_tls,
        hosts=keys.hosts,
        file_limits=file_limits(keys),
        foreign=foreign,
        api_key=read_api_key(table, keys),
        rendering=render_config(keys),
    )


def _site(name: str, url: str, keys: SourceTable, foreign: ForeignComments) -> Site:
    return Site(
        name=name,
        url=url,
        title=keys.title,
        timezone=keys.timezone,
        language=keys.language,
        article_pattern=keys.article_pattern,
        comments=keys.comments,
        keep=keys.keep,
        drop=keys.drop,
        types=keys.types,
        exclude_types=keys.exclude_types,
        foreign_comments=foreign.is_on,
        thread_keys=tuple(foreign.keys),
    )
