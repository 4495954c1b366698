"""Pages of a feed: entries, and where the next page is.

Pure. RSS, Atom and JSON Feed are read alike, and only for the URLs and ids in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from archive.core import urls
from archive.core.answers import tolerant_xml
from archive.core.answers.reader_guard import reader
from archive.core.records import Page
from pipeline.platforms import json_feed
from pipeline.platforms.adapter import Platform
from pipeline.platforms.wordpress.platform import WORDPRESS

_COMMENT = re.compile(r"#(?:comment-|c)(\d{1,20})(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed. A missing value is ""."""

    link: str
    guid: str


def read_entries(page: Page) -> list[FeedEntry] | None:
    """Return the entries of a feed, if the page is one."""
    if page.status != 200:
        return None
    if feed := json_feed.read_feed(page):
        return [_item(item, page.final_url) for item in json_feed.items_of(feed)]
    root, _ = tolerant_xml.parse_xml(page.body, page.header("content-type"))
    if root is None or tolerant_xml.local_name(root) not in {"rss", "feed", "RDF"}:
        return None
    tags = {"item", "entry"}
    return [_entry(element) for element in root.iter() if tolerant_xml.local_name(element) in tags]


def _item(item: json_feed.Item, base: str) -> FeedEntry:
    """Return an item of a JSON Feed."""
    link = json_feed.url_of(item, base)
    return FeedEntry(link=link or "", guid=str(item.get("id")))


def _entry(element: etree._Element) -> FeedEntry:
    """Return an entry of a feed.

    RSS has its link as text, Atom in an attribute; a guid may replace the link.
    """
    links: list[str] = []
    guid, permanent = "", True
    for child in element:
        match tolerant_xml.local_name(child):
            case "link" if child.get("rel", "alternate") == "alternate":
                text = "".join(child.itertext()).strip()
                links.append(child.get("href") or text)
            case "guid" | "id":
                guid = guid or "".join(child.itertext()).strip()
                permanent = child.get("isPermaLink") != "false"
    if permanent and guid.startswith("http"):
        links.append(guid)
    link = next(filter(None, links), "")
    return FeedEntry(link=link, guid=guid)


@reader(None)
def read_comment_links(page: Page) -> tuple[tuple[str, str], ...] | None:
    """Return the id and URL of each comment in a comments feed, if valid."""
    entries = read_entries(page)
    if entries is None:
        return None
    found = []
    for entry in entries:
        link = urls.absolute(entry.link, page.final_url)
        if link and (named := _COMMENT.search(f"{entry.guid} {link}")):
            found.append((named[1], link))
    return tuple(found)


@reader(False)
def is_empty_thread(page: Page, article: str) -> bool:
    """True if a page is a feed of an article's comments, and has none."""
    if read_entries(page) != []:
        return False
    root, _ = tolerant_xml.parse_xml(page.body, page.header("content-type"))
    heads = _children(root, "channel") if root is not None else []
    links = [link for head in heads for link in _children(head, "link")]
    named = {urls.absolute("".join(link.itertext()).strip(), page.final_url) for link in links}
    return urls.page_key(article) in {urls.page_key(url) for url in named if url}


def following_url(page: Page, first: str, number: int, shown: int, platform: Platform | None) -> str | None:
    """Return the URL of a feed's page `number`, counted from 1, if it has more pages.

    As the page before states it (Atom and RSS by a link, JSON Feed by `next_url`), or as the site's system
    numbers them, by default WordPress. `first` is the URL of the first page, `shown` the number of entries of
    all pages before.
    """
    stated = _next_link(page)
    if stated and urls.same_host(stated, first):
        return stated
    if json_feed.read_feed(page):
        return None
    make = (platform or WORDPRESS).feed_page
    if make is None:
        return None
    return make(first, number, shown)


def stated_total(page: Page) -> int | None:
    """Return the number of entries that all pages of a feed have together, if stated."""
    root, _ = tolerant_xml.parse_xml(page.body, page.header("content-type"))
    if root is None:
        return None
    for total in _children(root, "totalResults"):
        if re.fullmatch(r"\d{1,9}", total.text or ""):
            return int(total.text)
    return None


def _children(element: etree._Element, name: str) -> list[etree._Element]:
    return [child for child in element if tolerant_xml.local_name(child) == name]


def _next_link(page: Page) -> str | None:
    """Return the URL of the next page that a feed states, if any."""
    if feed := json_feed.read_feed(page):
        return json_feed.next_url(feed, page.final_url)
    root, _ = tolerant_xml.parse_xml(page.body, page.header("content-type"))
    if root is None:
        return None
    for head in (root, *_children(root, "channel")):
        for link in _children(head, "link"):
            url = urls.absolute(link.get("href"), page.final_url)
            if url and link.get("rel") == "next":
                return url
    return None
