"""Result of a survey, and its sentences for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crawler.render.browser import lacking
from crawler.render.script_filled import TEXT, RenderingCost
from pipeline.platforms import detection
from pipeline.platforms.detection import Detected
from pipeline.platforms.registry import may_be_wordpress
from pipeline.threads import readers


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSurvey:
    """Result of a survey.

    `url` is the home page after redirects; totals are the site's own. `comment_style` is one of the styles
    of the configuration; `api` is True where the API of another system than WordPress lists articles;
    `hosts` are others than that of `url`, with articles of the site; `platform` is the system that runs the
    site, with its version where stated, None if unknown; `comment_system` keeps the comments elsewhere, None
    where the site itself has them, and `comment_server` is the URL from which they are read; `script_fills`
    is "text" or "comments" where only a script fills them in, and `rendering` what it took a browser, None
    where that was not measured; `notes` are sentences for people.
    """

    url: str
    title: str | None = None
    platform: str | None = None
    rest: bool = False
    api: bool = False
    posts_total: int | None = None
    comments_total: int | None = None
    sitemaps: tuple[str, ...] = ()
    feed: str | None = None
    comments_feed: str | None = None
    crawl_delay: float | None = None
    comment_style: str = "auto"
    comment_system: str | None = None
    comment_server: str | None = None
    timezone: str | None = None
    language: str | None = None
    hosts: tuple[str, ...] = ()
    script_fills: str | None = None
    rendering: RenderingCost | None = None
    notes: tuple[str, ...] = ()


def survey_notes(found: SiteSurvey, detected: Detected | None) -> list[str]:
    """Return sentences on a site: what lists its articles, where its comments are, what can be proved."""
    name = found.title or found.url
    notes = [f"{name} responds at {found.url}."]
    if detected:
        notes.append(f"It runs on {detected.label}.")
    elif not found.rest:
        notes.append("The system that runs it is unknown, so its sitemap, feed and listing pages are read.")
    notes.append(_way(found, detected))
    if detected:
        notes += detection.proof_sentences(detected, has_sitemap=bool(found.sitemaps))
    if detected and detected.platform.own_key and not found.api:
        notes.append(
            "Its API is not open to us. With a key of its own, `api_key`, it is read where robots.txt allows."
        )
    if found.hosts:
        many = " and ".join(found.hosts)
        notes.append(f"Its articles are on {many}: pages are fetched from there only if `hosts` allows it.")
    notes.append(
        "Its comments feed lists new comments."
        if found.comments_feed
        else "It has no comments feed, so old articles are visited again from time to time."
    )
    if elsewhere := _elsewhere(found):
        notes.append(elsewhere)
    notes += _rendering(found)
    if found.crawl_delay:
        notes.append(f"robots.txt requires {found.crawl_delay:g} s between requests; this is obeyed.")
    return notes


def _way(found: SiteSurvey, detected: Detected | None) -> str:
    """Return a sentence on what lists the articles."""
    if found.rest:
        way = f"Its REST API is open and lists {_many(found.posts_total, 'article')}"
        way += f" and {_many(found.comments_total, 'comment')}." if found.comments_total is not None else "."
    elif not may_be_wordpress(detected.platform if detected else None):
        way = _other_way(found)
    elif found.sitemaps:
        way = f"Its REST API is closed; its sitemap lists {_many(found.posts_total, 'article')},"
        way += " and comments are read from the pages."
    elif found.feed:
        way = "Its REST API is closed and no sitemap was found; articles are found by its feed."
    else:
        way = (
            "Neither a REST API nor a sitemap nor a feed was found; articles are found by its listing pages."
        )
    return way


def _other_way(found: SiteSurvey) -> str:
    """Return a sentence on what lists the articles of another system than WordPress."""
    if found.api:
        return "Its own API lists its articles."
    if found.sitemaps:
        return f"Its sitemap lists {_many(found.posts_total, 'article')}."
    if found.feed:
        return "Its articles are found by its feed, and older ones by its listing pages."
    return "It has neither a sitemap nor a feed; its articles are found by its listing pages."


def _elsewhere(found: SiteSurvey) -> str | None:
    """Return a sentence on comments that are kept elsewhere, if any."""
    system, server = found.comment_system, found.comment_server
    if system is None:
        return None
    if server is None:
        return f"Its comments are kept by {system}, outside of the site; they are not archived yet."
    for slug, reader in readers.READERS.items():
        if reader.system == system and reader.needs_key:
            key = f"comment_keys.{slug}"
            return f"Its comments are kept by {system}; they are archived with a key of its API, `{key}`."
    return f"Its comments are kept by {system} at {server}, and are archived from there."


def _rendering(found: SiteSurvey) -> Iterator[str]:
    """Yield sentences on a page that only a script fills, and on what a browser takes for it."""
    if found.script_fills is None:
        return
    part = "text of its articles" if found.script_fills == TEXT else "comments below its articles"
    yield (
        f"The {part} is filled in by a script: what the server sends has none of it. A browser can read it,"
        " where you say render = true; without that it is not archived."
    )
    cost = found.rendering
    if cost is None:
        if how := lacking():
            yield f"What that costs was not measured, for this machine has no browser for it: {how}."
        return
    yield (
        f"For {cost.url} that took {cost.seconds:.1f} s, {cost.requests} requests and {cost.megabytes:.2f} MB"
        f" beside the page itself, and brought {_many(cost.words, 'word')} and"
        f" {_many(cost.comments, 'comment')}."
    )
    if cost.refused_hosts:
        many = ", ".join(cost.refused_hosts)
        yield f"Nothing was requested from {many}; a host whose data is needed is allowed with render_hosts."


def _many(number: int | None, what: str) -> str:
    if number is None:
        return f"an unknown number of {what}s"
    return f"{number:,} {what}{'' if number == 1 else 's'}"
