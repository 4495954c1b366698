"""Articles of a JSON Feed, versions 1 and 1.1. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archive.core import urls
from archive.core.records import Article, Extract, Page, Problem, Site, Surface
from pipeline.article import publisher
from pipeline.dates import parse as dates
from pipeline.html.sanitize import line, render
from pipeline.platforms.entries import NO_LINK, as_extract, origins_of, unique
from pipeline.platforms.json_feed import Item, items_of, url_of
from pipeline.platforms.json_values import list_in, objects_in, string_in


def parse_json_feed(page: Page, feed: dict[str, Any], site: Site) -> Extract:
    """Return the articles of a feed: facts, and the text where the feed has it."""
    found = (_article(item, page, feed, site) for item in items_of(feed))
    return as_extract(Surface.FEED, found)


def _article(item: Item, page: Page, feed: dict[str, Any], site: Site) -> Article | Problem | None:
    url = url_of(item, page.final_url)
    if url is None:
        return NO_LINK
    if not urls.matches(url, site.article_pattern):
        return None
    facts: dict[str, Any] = {
        "title": _text(item.get("title")),
        "authors": _names(item) or _names(feed),
        "published": dates.iso(_text(item.get("date_published")), site.timezone),
        "modified": dates.iso(_text(item.get("date_modified")), site.timezone),
        "description": render(_text(item.get("summary"))).text,
        "language": _text(item.get("language")),
        "image": urls.absolute(_text(item.get("image")), page.final_url),
        "tags": _lines(item.get("tags")),
    }
    markup = string_in(item.get("content_html"))
    written = None
    if markup is not None:
        own_page = replace(page, final_url=url)
        written, _ = publisher.read_written(markup, own_page, site, facts)
    served = urls.as_served(urls.clean(url), page.final_url)
    origins = origins_of(facts, "feed:item")
    return Article(url=served, written=written or None, origins=origins, **facts)


def _names(item: Item) -> tuple[str, ...]:
    """Return the names of the authors: version 1.1 has several, version 1 has one."""
    stated = item.get("authors") or [item.get("author")]
    return _lines([author.get("name") for author in objects_in(stated)])


def _lines(values: object) -> tuple[str, ...]:
    return unique(_text(value) for value in list_in(values))


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return line(value)
    return None
