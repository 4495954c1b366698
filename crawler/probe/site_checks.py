"""Checks of the configuration and its sites: one finding for each.

The sites are asked half a dozen questions each, with the manners of a crawl, and nothing is stored.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

from archive.core.errors import ConfigError
from archive.core.records import Page
from archive.operations.doctor import Finding, bad, fine, warn
from crawler.config.config import Config, Source
from crawler.discovery import declared, feeds, rest
from crawler.fetch import walls
from crawler.probe.spider import ProbedSite, ProbeSpider, probe_sites

MAX_CLOCK_SKEW_SECONDS = (
    120.0  # seconds a site's clock and ours may differ: caches answer with dates of a minute ago
)


def check_configuration(config: Config) -> Iterator[Finding]:
    """Check the configuration's values."""
    names = ", ".join(source.name for source in config.sources)
    try:
        config.check_contact()
    except ConfigError as error:
        yield bad("configuration", str(error), error.hint or "")
    else:
        yield fine("configuration", f"{config.path}: {names}.")
    if config.path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        yield warn("configuration", "Others may write it.", f"chmod go-w {config.path}")
    yield check_time_zones()
    if config.notify.urls:
        yield check_notifications(config)


def check_notifications(config: Config) -> Finding:
    """True if the addresses of notifications can be read; none is told anything."""
    from crawler.notifications.sender import services  # noqa: PLC0415  (apprise is slow to import)

    try:
        found = services(config.notify.addresses(os.environ))
    except ConfigError as error:
        return warn("notifications", str(error), error.hint or "")
    if config.path.stat().st_mode & stat.S_IROTH and not config.notify.is_discreet:
        hint = f"chmod 600 {config.path}, or take the secrets from the environment: ${{NAME}}."
        return warn("notifications", "Others may read the addresses in the configuration.", hint)
    names = ", ".join(service.name for service in found)
    return fine("notifications", f"Told are: {names}. `backissue notify --test` tries them.")


def check_time_zones() -> Finding:
    """True if time zones know summer and winter; where their data is old or missing, schedules slip."""
    try:
        zone = ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return bad("time zones", "There is no time zone data.", "Install the package tzdata.")
    summer, winter = (datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (7, 1))
    if summer == winter:
        return bad("time zones", "The time zone data knows no daylight saving.", "Install tzdata anew.")
    place = next((path for path in TZPATH if Path(path, "UTC").exists()), f"tzdata {version('tzdata')}")
    return fine("time zones", f"Their data is of {place}.")


def check_sites(sources: tuple[Source, ...]) -> list[Finding]:
    """Check each site by requesting it."""
    looks = [
        ProbedSite(url=source.site.url, contact=source.contact, verify_tls=source.verify_tls)
        for source in sources
    ]
    asked = probe_sites(_Checkup, looks)
    return [
        finding
        for source, found in zip(sources, asked, strict=True)
        for finding in (
            [bad(f"site {source.name}", str(found), _OPEN)]
            if isinstance(found, Exception)
            else [*_findings(source.name, found), *_certificate(source)]
        )
    ]


def _certificate(source: Source) -> Iterator[Finding]:
    """Say of a source that its certificate is not verified."""
    if source.verify_tls or not source.site.url.startswith("https:"):
        return
    hint = "Anybody on the way can change what is archived. Take verify_tls = false out as soon as you can."
    yield warn(f"TLS {source.name}", "Its certificate is not verified (verify_tls = false).", hint)


_OPEN = "Open it in a browser. A site that refuses crawlers is not archived."


class _Checkup(ProbeSpider):
    """Asks for the home page, and for what names articles and comments."""

    async def look(self) -> dict[str, Page]:
        answers = {"home": await self.look_at(self.session.home)}
        if answers["home"].status != 200:
            return answers
        said = declared.read_declared(answers["home"], self.session.home)
        for root in dict.fromkeys([*([said.rest] if said.rest else []), *rest.roots(self.session.home)]):
            answers["posts"] = await self.look_at(
                rest.route_url(root, "posts", per_page=1, _fields="id,link")
            )
            if rest.read_array(answers["posts"]) is not None:
                answers["comments"] = await self.look_at(
                    rest.route_url(root, "comments", per_page=1, _fields="id")
                )
                break
        answers["feed"] = await self.look_at(said.posts_feed or feeds.posts_feed_url(self.session.home))
        answers["comments feed"] = await self.look_at(
            said.comments_feed or feeds.comments_feed_url(self.session.home)
        )
        return answers


def _findings(name: str, answers: dict[str, Page]) -> Iterator[Finding]:
    home = answers["home"]
    if home.status != 200:
        yield bad(f"site {name}", f"{home.url} was not given: {walls.refusal_clause(home)}.", _OPEN)
        return
    yield fine(f"site {name}", f"{home.url} answers, and robots.txt lets us in.")
    yield _clock(name, home)
    yield _surfaces(name, answers)


def _clock(name: str, home: Page) -> Finding:
    told = dict(home.headers).get("date")
    try:
        skew = (home.fetched_at - parsedate_to_datetime(told or "").astimezone(UTC)).total_seconds()
    except ValueError:
        return fine(f"clock {name}", "The site does not tell the time.")
    if abs(skew) > MAX_CLOCK_SKEW_SECONDS:
        hint = "Is this machine's clock right (timedatectl)? If so, the site's is wrong, or a cache answers."
        return warn(f"clock {name}", f"The site's time and ours differ by {abs(skew):,.0f} s.", hint)
    return fine(f"clock {name}", "The site's time and ours agree.")


def _surfaces(name: str, answers: dict[str, Page]) -> Finding:
    """Return the surfaces that list articles and comments."""
    comments = answers.get("comments")
    is_open = {
        "REST": rest.read_array(answers["posts"]) is not None,
        "REST comments": comments is not None and rest.read_array(comments) is not None,
        "feed": feeds.read_posts_feed(answers["feed"]) is not None,
        "comments feed": feeds.read_comments_feed(answers["comments feed"]) is not None,
    }
    given = ", ".join(surface for surface, given in is_open.items() if given)
    lacking = ", ".join(surface for surface, given in is_open.items() if not given)
    if not is_open["REST"] and not is_open["feed"]:
        hint = "Articles can be found by a sitemap alone. `backissue init URL --dry-run` looks for one."
        return warn(
            f"surfaces {name}", f"Closed: {lacking} ({walls.refusal_clause(answers['posts'])}).", hint
        )
    return fine(f"surfaces {name}", f"Open: {given}." + (f" Closed: {lacking}." if lacking else ""))
