"""Listing pages: the front page, archives, and their older pages.

Pure. Archives are by date, category, author or tag. The last fallback, for sites without any surface for
machines. Returns every URL with a prominent link; the caller decides which of them are articles.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import islice

from lxml import etree, html

from archive.core import urls
from archive.core.answers.charsets import decode
from archive.core.answers.reader_guard import reader
from archive.core.records import Page
from crawler.frontier.addresses import Listed, is_archive

MAX_PAGES = 5000  # listing pages that one crawl fetches
_OLDER = re.compile(
    r"\b(older|next|previous (posts|entries)|ältere|nächste|suivant|anteriores)\b|^[»→›]$", re.IGNORECASE
)
_HEADINGS, _MAIN = ("h1", "h2", "h3"), ("article", "main")
_PIECES = 20  # text nodes of a link that are read
_PAGED = re.compile(r"/page/\d+|/p\d+/?$|[?&](?:paged?|start|limitstart|offset|updated-max)=[\w:.+%-]+")
_DEPTH_CHANGES = {"start": 1, "end": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """One parsed listing page.

    `listed` are its URLs in order, `older` is the URL of the next older page, `archives` those of archives.
    """

    listed: tuple[Listed, ...] = ()
    older: str | None = None
    archives: tuple[str, ...] = ()


@reader(ListingPage())
def read_listing_page(page: Page) -> ListingPage:
    """Return a parsed listing page, an empty one without links."""
    if page.status != 200 or not page.body.strip():
        return ListingPage()
    text = decode(page.body, page.header("content-type")).text
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, collect_ids=False, remove_pis=True)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except (etree.ParserError, ValueError):
        return ListingPage()
    links = _links(tree, page)
    prominent = [link for link in sorted(links, key=_rank) if link.rank]
    named = dict.fromkeys(urls.clean(link.url) for link in prominent)
    archives = dict.fromkeys(link.url for link in links if is_archive(link.url))
    return ListingPage(
        listed=tuple(Listed(url=url) for url in named),
        older=_older(tree, links, page),
        archives=tuple(archives),
    )


def links_digest(page: ListingPage) -> str | None:
    """Return a digest of the URLs on a listing page, in any order; None without any."""
    if not page.listed:
        return None
    named = " ".join(sorted(entry.url for entry in page.listed))
    return hashlib.sha256(named.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Link:
    """Link of a page.

    `label` is its text for assistive software. `rank` is 1 in a heading, 2 in the main part of the page, 0 in
    any other part.
    """

    url: str
    words: str
    label: str
    rank: int

    @property
    def says_older(self) -> bool:
        """True if its text means older entries."""
        text = self.words[:200].strip()
        return _OLDER.search(text) is not None or _OLDER.search(self.label) is not None


def _rank(link: _Link) -> int:
    return link.rank


def _links(tree: html.HtmlElement, page: Page) -> list[_Link]:
    """Return all links in order, at any depth."""
    found = []
    open_boxes = dict.fromkeys((*_HEADINGS, *_MAIN), 0)
    for event, node in etree.iterwalk(tree, events=("start", "end"), tag=("a", *open_boxes)):
        if node.tag in open_boxes:
            open_boxes[node.tag] += _DEPTH_CHANGES[event]
            continue
        if event == "end":
            continue
        url = urls.absolute(node.get("href"), page.final_url)
        if url is None:
            continue
        in_heading = any(open_boxes[tag] for tag in _HEADINGS)
        in_main = any(open_boxes[tag] for tag in _MAIN)
        rank = 0
        if in_main:
            rank = 2
        if in_heading or node.get("rel") == "bookmark":
            rank = 1
        text = "".join(islice(node.itertext(), _PIECES)).strip()
        label = f"{node.get('aria-label', '')} {node.get('title', '')}"
        found.append(_Link(url, text, label[:200], rank))
    return found


def _older(tree: html.HtmlElement, links: list[_Link], page: Page) -> str | None:
    """Return the URL of the next page of the listing, if any.

    By rel="next", or by the next page number, or by the link's text.
    """
    marked = tree.xpath("(//link[@rel='next'] | //a[@rel='next'])/@href")
    if marked:
        return urls.absolute(str(marked[0]), page.final_url)
    here = re.search(r"/page/(\d{1,6})(?!\d)", page.final_url)
    number = 2
    if here:
        number = int(here[1]) + 1
    numbered = (link.url for link in links if re.search(rf"/page/{number}/?$", link.url))
    paged = (link for link in links if _PAGED.search(link.url))
    worded = (link.url for link in paged if link.says_older)
    return next(numbered, None) or next(worded, None)
