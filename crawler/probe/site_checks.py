"""Checks of the configuration and its sites, one finding each.

Each site gets half a dozen requests, as politely as a crawl, and nothing is stored.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from archive.core import urls
from archive.core.crawl_state import Declared
from archive.core.errors import ConfigError
from archive.core.records import Page, PageKind
from archive.operations.doctor import Finding, bad, fine, warn
from crawler.config.config import Config, Source
from crawler.discovery import declared, feeds, rest, sitemaps
from crawler.fetch import walls
from crawler.fetch.transport import SITE_API
from crawler.probe.spider import ProbedSite, ProbeSpider, probe_sites
from crawler.render.browser import find_chromium, require_browser
from pipeline.platforms import detection
from pipeline.platforms.adapter import Platform
from pipeline.platforms.registry import may_be_wordpress
from pipeline.platforms.wordpress import rest_urls, site_urls

MAX_CLOCK_SKEW_SECONDS = 120.0  # a cached response has a date of some minutes ago


def check_configuration(config: Config) -> Iterator[Finding]:
    """Yield a finding for each check of the configuration."""
    names = ", ".join(source.name for source in config.sources)
    try:
        config.check_contact()
    except ConfigError as error:
        yield bad("configuration", str(error), error.hint or "")
    else:
        yield fine("configuration", f"{config.path}: {names}.")
    if config.path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield warn("configuration", "Other users can change it.", f"chmod go-w {config.path}")
    yield check_time_zones()
    if config.notify.urls:
        yield check_notifications(config)
    yield from check_visitor_key(config)
    for source in config.sources:
        yield from check_keys(source)
        if source.rendering.is_on:
            yield check_rendering(source)


def check_notifications(config: Config) -> Finding:
    """Return a finding on the URLs of notifications; nothing is sent."""
    from crawler.notifications.sender import services  # noqa: PLC0415  (apprise is slow to import)

    try:
        found = services(config.notify.addresses(os.environ))
    except ConfigError as error:
        return warn("notifications", str(error), error.hint or "")
    if config.path.stat().st_mode & stat.S_IROTH and not config.notify.is_discreet:
        hint = f"chmod 600 {config.path}, or use environment variables for the secrets: ${{NAME}}."
        return warn("notifications", "Other users can read the URLs in the configuration.", hint)
    names = ", ".join(service.name for service in found)
    return fine("notifications", f"Sent to: {names}. `backissue notify --test` sends a test message.")


def check_visitor_key(config: Config) -> Iterator[Finding]:
    """Yield a warning where others may read the key that signs our requests."""
    key = config.visitor.key
    if key is None or not key.is_file():
        return
    if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        said = f"Other users may read {key}, and could come in the name of this archive."
        yield warn("visitor key", said, f"chmod 600 {key}")


def check_keys(source: Source) -> Iterator[Finding]:
    """Yield an error where a key of a source needs a variable that is not set."""
    try:
        source.foreign.secrets(os.environ)
        source.api_key.value(os.environ)
    except ConfigError as error:
        yield bad(f"keys {source.name}", str(error), error.hint or "")


def check_rendering(source: Source) -> Finding:
    """Return a finding on the browser that renders a source's articles."""
    check = f"rendering {source.name}"
    try:
        require_browser(source.name)
    except ConfigError as error:
        return bad(check, str(error), error.hint or "")
    said = f"Its articles are read as {find_chromium()} shows them (render = true)."
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        hint = "Run it as another user: Chromium locks the scripts of pages in for everybody but root."
        return warn(check, said, hint)
    return fine(check, said)


def check_time_zones() -> Finding:
    """Return a finding on daylight saving in time zones.

    Where the data is old or missing, schedules are wrong.
    """
    try:
        zone = ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return bad("time zones", "There is no time zone data.", "Install the package tzdata.")
    first_days = (datetime(2026, month, 1, tzinfo=zone) for month in (7, 1))
    summer, winter = (day.utcoffset() for day in first_days)
    if summer == winter:
        return bad("time zones", "The time zone data has no daylight saving.", "Reinstall tzdata.")
    folders = (path for path in TZPATH if Path(path, "UTC").exists())
    place = next(folders, f"tzdata {version('tzdata')}")
    return fine("time zones", f"Their data is from {place}.")


def check_sites(sources: tuple[Source, ...]) -> list[Finding]:
    """Return the findings of each site, by requests to it."""
    sites = [_probed(source) for source in sources]
    findings: list[Finding] = []
    for source, found in zip(sources, probe_sites(_Checkup, sites), strict=True):
        if isinstance(found, Exception):
            findings.append(bad(f"site {source.name}", str(found), _OPEN))
            continue
        findings += _findings(source.name, found)
        findings += _needless_key(source, found)
        findings += _certificate(source)
    return findings


def _probed(source: Source) -> ProbedSite:
    return ProbedSite(
        url=source.site.url,
        contact=source.contact,
        verify_tls=source.verify_tls,
        visitor=source.visitor,
        api_key=_set_key(source),
    )


def _set_key(source: Source) -> str | None:
    """Return the key for a site's API, if there is one and its variables are set."""
    try:
        return source.api_key.value(os.environ)
    except ConfigError:
        return None


def _needless_key(source: Source, answers: dict[str, Page]) -> Iterator[Finding]:
    """Yield a warning for a key that the site's system has no use for."""
    if source.api_key.stated is None or answers["home"].status != 200 or "API" in answers:
        return
    said = "The system that runs the site has no API that takes a key."
    yield warn(f"api_key {source.name}", said, f"Remove api_key from [sources.{source.name}].")


def _certificate(source: Source) -> Iterator[Finding]:
    """Yield a warning for a source whose certificate is not verified."""
    if source.verify_tls or not source.site.url.startswith("https:"):
        return
    hint = "Anybody on the network path can change what is archived. Remove verify_tls = false when you can."
    yield warn(f"TLS {source.name}", "Its certificate is not verified (verify_tls = false).", hint)


_OPEN = "Open it in a browser. A site that refuses crawlers is not archived."


class _Checkup(ProbeSpider):
    """Probe of a home page, and of the surfaces that its system has."""

    async def look(self) -> dict[str, Page]:
        home = await self.look_at(self.session.home)
        if home.status != 200:
            return {"home": home}
        platform = None
        if detected := detection.detect(home):
            platform = detected.platform
        said = declared.read_declared(home, self.session.home)
        if may_be_wordpress(platform) or said.rest:
            return {"home": home} | await self._wordpress(said)
        return {"home": home} | await self._own_lists(said, platform)

    async def _wordpress(self, said: Declared) -> dict[str, Page]:
        """Return the answers of REST, and of the feeds of WordPress."""
        answers = {}
        home = self.session.home
        roots = list(rest_urls.roots(home))
        if said.rest:
            roots.insert(0, said.rest)
        for root in dict.fromkeys(roots):
            posts_url = rest_urls.route_url(root, "posts", per_page=1, _fields="id,link")
            answers["REST"] = await self.look_at(posts_url)
            if rest.read_array(answers["REST"]) is not None:
                comments_url = rest_urls.route_url(root, "comments", per_page=1, _fields="id")
                answers["REST comments"] = await self.look_at(comments_url)
                break
        answers.setdefault("REST comments", answers["REST"])  # where posts are closed, so are they
        posts_feed = said.posts_feed or site_urls.posts_feed_url(home)
        comments_feed = said.comments_feed or site_urls.comments_feed_url(home)
        answers["feed"] = await self.look_at(posts_feed)
        answers["comments feed"] = await self.look_at(comments_feed)
        return answers

    async def _own_lists(self, said: Declared, platform: Platform | None) -> dict[str, Page]:
        """Return the answers of another system than WordPress: its API, a sitemap, and its feeds."""
        home = self.session.home
        answers = {}
        if platform and platform.own_key and SITE_API in self.session.secrets:
            own_key = platform.own_key
            answers["API"] = await self.look_at(own_key.first(home), key_parameter=own_key.parameter)
        elif said.api and urls.same_host(said.api, home):
            answers["API"] = await self.look_at(said.api)
        candidates = (*self.session.sitemaps, *sitemaps.sitemap_candidates(home, platform))
        for sitemap in candidates[:1]:
            answers["sitemap"] = await self.look_at(sitemap)
        for name, kind in (("feed", PageKind.POSTS_FEED), ("comments feed", PageKind.COMMENTS_FEED)):
            addresses = list(declared.guessed_feed_urls(kind, home, platform))
            if stated := declared.feed_of(said, kind):
                addresses = [stated]
            for url in addresses:
                answers[name] = await self.look_at(url)
                if answers[name].status == 200:
                    break
        return answers


def _findings(name: str, answers: dict[str, Page]) -> Iterator[Finding]:
    home = answers["home"]
    if home.status != 200:
        reason = walls.refusal_clause(home)
        yield bad(f"site {name}", f"{home.url} could not be fetched: {reason}.", _OPEN)
        return
    yield fine(f"site {name}", f"{home.url} responds, and robots.txt allows it.")
    yield _clock(name, home)
    yield _surfaces(name, answers)


def _clock(name: str, home: Page) -> Finding:
    check = f"clock {name}"
    stated = dict(home.headers).get("date") or ""
    try:
        site_time = parsedate_to_datetime(stated).astimezone(UTC)
    except ValueError:
        return fine(check, "The site sends no date.")
    skew = abs(home.fetched_at - site_time).total_seconds()
    if skew > MAX_CLOCK_SKEW_SECONDS:
        hint = "Is this machine's clock right (timedatectl)? If so, the site's is wrong, or a cache responds."
        return warn(check, f"The site's time and ours differ by {skew:,.0f} s.", hint)
    return fine(check, "The site's time and ours agree.")


def _surfaces(name: str, answers: dict[str, Page]) -> Finding:
    """Return a finding on the surfaces that list articles and comments."""
    check = f"surfaces {name}"
    listings = {surface: page for surface, page in answers.items() if surface in _OPENS}
    opened = [surface for surface, page in listings.items() if _OPENS[surface](page)]
    closed = [surface for surface in listings if surface not in opened]
    if _LIST_ARTICLES.isdisjoint(opened):
        hint = "Articles can be found by listing pages alone. `backissue init URL --dry-run` checks for more."
        refused = next(iter(listings.values()), answers["home"])
        reason = walls.refusal_clause(refused)
        return warn(check, f"Closed: {', '.join(closed) or 'all'} ({reason}).", hint)
    sentences = [f"Open: {', '.join(opened)}."]
    if closed:
        sentences.append(f"Closed: {', '.join(closed)}.")
    return fine(check, " ".join(sentences))


def _is_api(page: Page) -> bool:
    content_type = page.header("content-type") or ""
    return page.status == 200 and "json" in content_type


_OPENS: dict[str, Callable[[Page], bool]] = {
    "REST": lambda page: rest.read_array(page) is not None,
    "REST comments": lambda page: rest.read_array(page) is not None,
    "API": _is_api,
    "sitemap": lambda page: sitemaps.read_sitemap(page) is not None,
    "feed": lambda page: feeds.read_posts_feed(page) is not None,
    "comments feed": lambda page: feeds.read_comments_feed(page) is not None,
}
_LIST_ARTICLES = frozenset({"REST", "API", "sitemap", "feed"})
"""Surfaces that list articles or comments, and whether an answer is one of them."""
