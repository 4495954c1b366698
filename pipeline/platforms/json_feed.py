"""Items of a JSON Feed, versions 1 and 1.1, and its next page.

Pure. Invariant: an item without an address is no article.
"""

from __future__ import annotations

from typing import Any

from archive.core import urls
from archive.core.answers import json_text
from archive.core.records import Page
from pipeline.platforms.json_values import objects_in, string_in

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
    return objects_in(feed["items"])


def url_of(item: Item, base: str) -> str | None:
    """Return the URL of an item; its id takes the place of a missing one."""
    if item.get("url"):
        return urls.absolute(string_in(item["url"]), base)
    ident = string_in(item.get("id")) or ""
    if ident.startswith("http"):
        return urls.absolute(ident, base)
    return None


def next_url(feed: dict[str, Any], base: str) -> str | None:
    """Return the URL of the feed's next page, if any."""
    return urls.absolute(string_in(feed.get("next_url")), base)
