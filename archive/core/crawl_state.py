"""State that one crawl of a source leaves for the next: how far each surface was read, and what was learned.

A frozen value: a crawl gets one and returns another. `rows_from_state` turns it into the rows of the table
`crawl_state`, one for each field with a value, and `state_from_rows` takes them back. It touches no database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from archive.core.lastmod import LastmodTrust
from archive.core.timestamps import instant, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """URLs that a front page declared: the root of REST, and the feeds of posts and of comments.

    `platform` is the name of the declared system, `api` the URL of that system's list of articles.
    """

    rest: str | None = None
    posts_feed: str | None = None
    comments_feed: str | None = None
    platform: str | None = None
    api: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsCopy:
    """A robots.txt as it was received, and the moment (aware UTC) until which it may be used."""

    url: str
    status: int
    until: datetime
    body: str


class WallKind(StrEnum):
    """Kind of what keeps a crawl away from a whole site."""

    CHALLENGE = "challenge"
    BLOCK = "block"
    AI_BLOCK = "ai-block"
    PAYMENT = "payment"
    LOGIN = "login"
    CONSENT = "consent"
    COOKIES = "cookies"
    MAINTENANCE = "maintenance"
    REGION = "region"
    ROBOTS = "robots"
    RATE = "rate-limit"
    PARKED = "parked"
    SUSPENDED = "suspended"
    MOVED = "moved"
    ONE_PAGE = "one-page"
    ERROR = "error"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A site that is closed to our crawls.

    `sentence` names the wall and what helps; `since` is aware UTC.
    """

    kind: WallKind
    sentence: str
    since: datetime

    @property
    def state(self) -> str:
        """Return "not reachable" or "no access"."""
        is_failing = self.kind in {WallKind.ERROR, WallKind.UNREACHABLE}
        if is_failing:
            return "not reachable"
        return "no access"


def after_run(before: Closure | None, met: Closure | None, *, is_open: bool) -> Closure | None:
    """Return the closure after a run, if any.

    It is the wall it met, or the earlier one unless it saw the site open. A site that stays closed keeps its
    first moment, also where another wall took over.
    """
    if met is not None:
        if before:
            return replace(met, since=before.since)
        return met
    if is_open:
        return None
    return before


@dataclass(frozen=True, slots=True)
class _Codec:
    """The two ways between a value and its text in the table."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _write_declared(declared: Declared) -> str:
    return json.dumps(asdict(declared))


def _read_declared(text: str) -> Declared:
    return Declared(**json.loads(text))


def _write_robots(copies: Mapping[str, RobotsCopy]) -> str:
    kept = {}
    for host, copy in copies.items():
        until = to_text(copy.until)
        kept[host] = asdict(copy) | {"until": until}
    return json.dumps(kept)


def _read_robots(text: str) -> dict[str, RobotsCopy]:
    kept = json.loads(text)
    copies = {}
    for host, copy in kept.items():
        until = instant(copy.pop("until"))
        copies[host] = RobotsCopy(**copy, until=until)
    return copies


def _write_time(moment: datetime) -> str:
    return to_text(moment) or ""


def _write_flag(flag: bool) -> str:
    if flag:
        return "yes"
    return "no"


def _read_flag(text: str) -> bool:
    return text == "yes"


def _write_trust(trust: LastmodTrust) -> str:
    return json.dumps([trust.same, trust.changed])


def _read_trust(text: str) -> LastmodTrust:
    return LastmodTrust(*json.loads(text))


def _write_closure(closure: Closure) -> str:
    return json.dumps({**asdict(closure), "since": to_text(closure.since)})


def _read_closure(text: str) -> Closure:
    kept = json.loads(text)
    since = instant(kept["since"])
    return Closure(kind=WallKind(kept["kind"]), sentence=kept["sentence"], since=since)


_NUMBER = _Codec(str, int)
_CODECS = {
    "datetime | None": _Codec(_write_time, instant),
    "int": _NUMBER,
    "int | None": _NUMBER,
    "str | None": _Codec(str, str),
    "bool | None": _Codec(_write_flag, _read_flag),
    "Declared | None": _Codec(_write_declared, _read_declared),
    "Closure | None": _Codec(_write_closure, _read_closure),
    "LastmodTrust": _Codec(_write_trust, _read_trust),
    "Mapping[str, RobotsCopy]": _Codec(_write_robots, _read_robots),
    "Mapping[str, int]": _Codec(json.dumps, json.loads),
}
"""The codec of each type of a field, as it is written in the class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlState:
    """State of a source between two crawls. Times are aware UTC; None stands for what is not known.

    `surface` names the articles (rest, api, sitemap, feed, listing). `hidden_comments` are those that a site
    counts and shows to nobody. `front_links` is a digest of the front page's links.
    `refusals` are crawls in a row that were given no list or just refusals.
    `counted_systems` are the comment systems elsewhere that told the numbers of comments of their threads, up
    to the visit `counts_after`; `read_systems` are those that are read, since `read_systems_since`.
    `renders` is True where articles are read as a browser shows them.
    `closure` is the wall that keeps us away from the whole site, None while it is open.
    """

    crawled_at: datetime | None = None
    feeds_read_at: datetime | None = None
    posts_read_at: datetime | None = None
    posts_listed_at: datetime | None = None
    types_read_at: datetime | None = None
    comments_read_at: datetime | None = None
    swept_at: datetime | None = None
    feed_spared_at: datetime | None = None
    posts_feed_missing_at: datetime | None = None
    comments_feed_missing_at: datetime | None = None
    rest_read_at: datetime | None = None
    api_read_at: datetime | None = None
    sitemap_read_at: datetime | None = None
    feed_read_at: datetime | None = None
    listing_read_at: datetime | None = None
    surface: str | None = None
    rest_root: str | None = None
    rest_lists_comments: bool | None = None
    rest_content_read: bool | None = None
    posts_feed_url: str | None = None
    comments_feed_url: str | None = None
    posts_feed_digest: str | None = None
    comments_feed_digest: str | None = None
    front_links: str | None = None
    declared: Declared | None = None
    declared_at: datetime | None = None
    robots: Mapping[str, RobotsCopy] = field(default_factory=dict)
    page_sizes: Mapping[str, int] = field(default_factory=dict)
    sweep_offset: int = 0
    search_offset: int = 0
    hidden_comments: int | None = None
    overlap_lost_at: datetime | None = None
    wait_until: datetime | None = None
    pause_until: datetime | None = None
    refusals: int = 0
    lastmod_trust: LastmodTrust = field(default_factory=LastmodTrust)
    verifies_tls: bool | None = None
    renders: bool | None = None
    stale_copy_at: datetime | None = None
    extractor_version: str | None = None
    has_text_digests: bool | None = None
    counts_read_at: datetime | None = None
    counted_systems: str | None = None
    counts_after: int = 0
    read_systems: str | None = None
    read_systems_since: datetime | None = None
    closure: Closure | None = None


_FIELDS = {each.name: _CODECS[str(each.type)] for each in fields(CrawlState)}
PROGRESS = frozenset(name for name in _FIELDS if name.endswith(("_read_at", "_missing_at"))) | {
    "crawled_at",
    "posts_listed_at",
    "swept_at",
    "feed_spared_at",
}
"""Fields that say how far a surface was read: they are kept only from a crawl that can be trusted."""
_NOTHING = CrawlState()


def rows_from_state(state: CrawlState) -> dict[str, str]:
    """Return the rows of a state, name and text; a field that has its default has no row."""
    rows = {}
    for name, kept in _FIELDS.items():
        value = getattr(state, name)
        default = getattr(_NOTHING, name)
        if value is not None and value != default:
            rows[name] = kept.write(value)
    return rows


def state_from_rows(rows: Mapping[str, str]) -> CrawlState:
    """Return the state that rows describe; rows of other names are passed over."""
    known = {name: _FIELDS[name].read(text) for name, text in rows.items() if name in _FIELDS}
    return CrawlState(**known)
