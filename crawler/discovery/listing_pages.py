"""Listing pages: the front page, archives by date, category, author or tag, and their older pages.

The last rung, for sites that tell nothing to machines. Pure. It gives every address that a page
links in a prominent place; which of them are articles is decided by the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree, html

from archive.core.records import Page
from crawler.frontier.addresses import Listed, absolute, article_address, is_archive

MAX_PAGES = 5000  # listing pages that are read in one crawl
_OLDER = re.compile(
    r"\b(older|next|previous (posts|entries)|ältere|nächste|suivant|anteriores)\b|^[»→›]$", re.IGNORECASE
)
_PAGED = re.compile(r"/page/\d+|[?&]paged=\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing page: the addresses it names in order, where the older ones are, and other archives."""

    listed: tuple[Listed, ...] = ()
    older: str | None = None
    archives: tuple[str, ...] = ()


def read(page: Page) -> Listing:
    """Read a listing page; an empty Listing if there is nothing to read."""
    if page.status != 200 or not page.body.strip():
        return Listing()
    try:
        tree = html.fromstring(page.body)
    except (etree.ParserError, ValueError):
        return Listing()
    links = tree.xpath("//h1//a[@href] | //h2//a[@href] | //h3//a[@href] | //a[@href][@rel='bookmark']")
    links += tree.xpath("//article//a[@href] | //main//a[@href]")
    found = (absolute(page.final_url, link.get("href")) for link in links)
    urls = dict.fromkeys(article_address(url) for url in found if url)
    everywhere = (absolute(page.final_url, link.get("href")) for link in tree.xpath("//a[@href]"))
    return Listing(
        listed=tuple(Listed(url=url) for url in urls),
        older=_older(tree, page),
        archives=tuple(dict.fromkeys(url for url in everywhere if url and is_archive(url))),
    )


def _older(tree: html.HtmlElement, page: Page) -> str | None:
    """The link to the next page of the listing: marked as such, else the next number, else by its words."""
    marked = tree.xpath("//link[@rel='next']/@href | //a[@rel='next']/@href")
    if marked:
        return absolute(page.final_url, str(marked[0]))
    here = re.search(r"/page/(\d+)", page.final_url)
    number = int(here[1]) + 1 if here else 2
    links = [
        (absolute(page.final_url, a.get("href")) or "", a.text_content().strip())
        for a in tree.xpath("//a[@href]")
    ]
    numbered = (url for url, _ in links if re.search(rf"/page/{number}/?$", url))
    worded = (url for url, words in links if _OLDER.search(words) and _PAGED.search(url))
    return next(numbered, None) or next(worded, None)
