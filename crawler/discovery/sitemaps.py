"""Sitemaps: their usual URLs, and the files and URLs in them.

Pure. WordPress' own, Yoast's and Rank Math's have one format; a broken or hostile file gives None.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin

from lxml import etree

from archive.core import urls
from archive.core.answers import tolerant_xml
from archive.core.answers.reader_guard import reader
from archive.core.lastmod import lastmod_moment
from archive.core.records import Page
from crawler.frontier.addresses import Listed
from pipeline.platforms.adapter import Platform
from pipeline.platforms.registry import may_be_wordpress
from pipeline.platforms.wordpress.site_urls import SITEMAPS

MAX_FILES = 1000  # of one site's sitemap in one crawl
MAX_BYTES = 50 * 2**20  # the limit of the sitemap protocol for one file, unpacked
DATE_MARGIN = timedelta(days=2)
MIN_SAME_MINUTE_URLS = 10  # so many URLs with one minute as lastmod have the date of the file
MINUTE_CHARS = len("2026-03-01T12:00")
_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\s{0,100}>", re.IGNORECASE)
_OVERVIEWS = re.compile(r"taxonom|categor|post_tag|tag-sitemap|sitemap-tags|author|users", re.IGNORECASE)
_SIDE_SITEMAP = re.compile(
    r"attachment|image|video|sitemap_products|sitemap_(?:pages|collections)|posts-e-landing|elementor",
    re.IGNORECASE,
)
_TYPED = re.compile(
    r"(?:^|/)(?:wp-sitemap-posts-(?P<core>[\w-]+?)-\d+\.xml|sitemap-pt-(?P<plugin>[\w-]+?)-(?:p\d|\d{4}).*\.xml"
    r"|(?P<known>posts?|pages?|products?)-sitemap-?\d*\.xml|sitemap-(?P<last>posts?|pages?)(?:-\d+)?\.xml)",
    re.IGNORECASE,
)
"""Files of one content type, by WordPress, Yoast and Rank Math, and others."""
_POST_SITEMAP = re.compile(
    r"posts-post-|(?:^|/)posts?-sitemap|sitemap-posts?(?:-\d+)?\.xml|sitemap-pt-post-\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One sitemap file: further files and URLs.

    `aside` are files without articles by their name: products, terms, people, media, and content types that
    are not archived. `dates` has when the further files were changed, as far as an index states it. `is_cut`
    is True for a file without its end, as one that was broken off.
    """

    sitemaps: tuple[str, ...] = ()
    dates: Mapping[str, str | None] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()
    is_cut: bool = False

    def changed_since(self, moment: datetime) -> tuple[str, ...]:
        """Return the further files that may have changed since a moment.

        Those without a valid date may. So may the one that was changed last, where an index is not kept up
        to date, and those of the days before, since dates lack a time or a zone.
        """
        dated = {url: lastmod_moment(self.dates.get(url) or "") for url in self.sitemaps}
        last = max((date for date in dated.values() if date), default=None)
        first = moment - DATE_MARGIN
        return tuple(url for url, date in dated.items() if date is None or date == last or date >= first)


def sitemap_candidates(site_url: str, platform: Platform | None = None) -> tuple[str, ...]:
    """Return the usual sitemap URLs, for a robots.txt without any.

    WordPress' own, that of Yoast and Rank Math, and the oldest; the oldest alone where another system than
    WordPress runs the site.
    """
    names: tuple[str, ...] = (*SITEMAPS, "sitemap.xml")
    names = names if may_be_wordpress(platform) else names[-1:]
    return tuple(urljoin(site_url + "/", name) for name in names)


def _any_type(name: str) -> bool:  # noqa: ARG001
    return True


@reader(None)
def read_sitemap(page: Page, wants_type: Callable[[str], bool] = _any_type) -> Sitemap | None:
    """Return a sitemap or an index of sitemaps, parsed.

    The file may be gzipped. No result if it is neither. `wants_type` selects the content types to archive.
    """
    if page.status != 200 or (body := _unpacked(page.body)) is None:
        return None
    root, decoded = tolerant_xml.parse_xml(body)
    if root is None:
        return None
    is_cut = len(root) > 0 and _END.search(decoded.text) is None
    entries = [(_child(entry, "loc"), _child(entry, "lastmod")) for entry in root]
    links = [(urls.absolute(loc, page.final_url), lastmod) for loc, lastmod in entries if loc]
    found = [(url, lastmod) for url, lastmod in links if url]
    minutes = {(lastmod or "")[:MINUTE_CHARS] for _, lastmod in found}
    if len(found) >= MIN_SAME_MINUTE_URLS and len(minutes) == 1:
        found = [(url, None) for url, _ in found]  # the date of the file, not of each article
    match tolerant_xml.local_name(root):
        case "sitemapindex":
            files = sorted((url for url, _ in found), key=lambda url: not is_of_posts(url))
            aside = tuple(url for url in files if _is_aside(url, wants_type))
            further = tuple(url for url in files if url not in aside)
            return Sitemap(sitemaps=further, dates=dict(found), aside=aside, is_cut=is_cut)
        case "urlset":
            kind = type_of(page.url)
            posts = kind is not None or is_of_posts(page.url)
            listed = (Listed(url=url, lastmod=lastmod, is_post=posts, type=kind) for url, lastmod in found)
            return Sitemap(listed=tuple(listed), is_cut=is_cut)
    return None


def is_of_posts(url: str) -> bool:
    """True if a sitemap has posts only, by its name.

    Names are those of WordPress and its plugins.
    """
    return _POST_SITEMAP.search(urls.path_of(url)) is not None


def type_of(url: str) -> str | None:
    """Return the content type in the name of a sitemap file, if any."""
    found = _TYPED.search(urls.path_of(url))
    if found is None:
        return None
    if name := found["core"] or found["plugin"]:
        return name.lower()
    return (found["known"] or found["last"]).lower().removesuffix("s")


def is_of_overviews(url: str) -> bool:
    """True if a sitemap file lists terms or authors by its name: their pages only list articles."""
    return type_of(url) is None and _OVERVIEWS.search(urls.path_of(url)) is not None


def _is_aside(url: str, wants_type: Callable[[str], bool]) -> bool:
    kind = type_of(url)
    if kind is not None:
        return not wants_type(kind)
    if is_of_posts(url):
        return False
    return is_of_overviews(url) or _SIDE_SITEMAP.search(urls.path_of(url)) is not None


def _unpacked(body: bytes) -> bytes | None:
    """Return the text of a sitemap, gunzipped if necessary.

    No result if it is broken, or larger than the protocol allows.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        text = unpack.decompress(body, MAX_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return None
    return None if unpack.unconsumed_tail else text


def _child(entry: etree._Element, name: str) -> str | None:
    for child in entry:
        if tolerant_xml.local_name(child) == name:
            return (child.text or "").strip() or None
    return None
