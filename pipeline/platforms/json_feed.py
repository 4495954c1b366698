"""Reader of JSON Feed, versions 1 and 1.1.

Pure. Invariant: an item without an address is no article.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archive.core import urls
from archive.core.answers import json_text
from archive.core.records import Article, Extract, Page, Problem, Site, Surface
from pipeline.article import publisher
from pipeline.dates import parse as dates
from pipeline.html.sanitize import line, render

Item = dict[str, Any]


def read_feed(page: Page) -> dict[str, Any] | None:
    """Return a JSON Feed, if a response is one."""
    if page.status != 200 or page.body.lstrip()[:1] != b"{":
        return None
    try:
        feed = json_text.parse_json(page.body).value
    except ValueError:
        return None
    if not isinstance(feed, dict) or "jsonfeed.org/version/" not in str(feed.get("version")):
        return None
    return feed if isinstance(feed.get("items"), list) else None


def items_of(feed: dict[str, Any]) -> list[Item]:
    """Return the items of a feed that are objects."""
    return [item for item in feed["items"] if isinstance(item, dict)]


def url_of(item: Item, base: str) -> str | None:
    """Return the URL of an item; its id takes the place of a missing one."""
    stated = item.get("url") or item.get("id")
    text = stated if isinstance(stated, str) else ""
    return urls.absolute(text, base) if item.get("url") or text.startswith("http") else None


def next_url(feed: dict[str, Any], base: str) -> str | None:
    """Return the URL of the feed's next page, if any."""
    stated = feed.get("next_url")
    return urls.absolute(stated, base) if isinstance(stated, str) else None


def parse_json_feed(page: Page, feed: dict[str, Any], site: Site) -> Extract:
    """Return the articles of a feed: facts, and the text where the feed has it."""
    found = [_article(item, page, feed, site) for item in items_of(feed)]
    return Extract(
        surface=Surface.FEED,
        articles=tuple(each for each in found if isinstance(each, Article)),
        problems=tuple(each for each in found if isinstance(each, Problem)),
    )


def _article(item: Item, page: Page, feed: dict[str, Any], site: Site) -> Article | Problem | None:
    url = url_of(item, page.final_url)
    if url is None:
        return Problem(code="unreadable-entry", detail="An entry of the feed has no link.", field="url")
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
    origins = tuple((name, "feed:item") for name, value in facts.items() if value not in (None, ()))
    written = None
    if isinstance(item.get("content_html"), str):
        written, _ = publisher.read_written(item["content_html"], replace(page, final_url=url), site, facts)
    served = urls.as_served(urls.clean(url), page.final_url)
    return Article(url=served, written=written or None, origins=origins, **facts)


def _names(said: Item) -> tuple[str, ...]:
    """Return the names of the authors: version 1.1 has several, version 1 has one."""
    stated = said.get("authors") or [said.get("author")]
    people = stated if isinstance(stated, list) else []
    return _lines([each.get("name") for each in people if isinstance(each, dict)])


def _lines(values: object) -> tuple[str, ...]:
    lines = (_text(value) for value in values) if isinstance(values, list) else ()
    return tuple(dict.fromkeys(filter(None, lines)))


def _text(value: object) -> str | None:
    return line(value) if isinstance(value, str) else None
