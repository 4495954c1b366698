"""Sitemaps: where they lie, and which further files and addresses they name.

Pure. WordPress' own, Yoast's and Rank Math's are one format; broken and hostile files are None.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from urllib.parse import urljoin

from lxml import etree

from archive.core import tolerant_xml, urls
from archive.core.reader_guard import reader
from archive.core.records import Page
from crawler.frontier.addresses import Listed

MAX_FILES = 1000  # of one site's sitemap that are read in one crawl
MAX_BYTES = 50 * 2**20  # the limit of the sitemap protocol for one file, unpacked
MIN_SAME_MINUTE_URLS = 10  # addresses that hardly changed all within one minute
MINUTE_CHARS = len("2026-03-01T12:00")
_SIDE_SITEMAP = re.compile(
    r"posts-page|page-sitemap|sitemap-pages?\b|taxonom|categor|post_tag|tag-sitemap|sitemap-tags|author|users|"
    r"attachment|image|video|posts-product|product-sitemap|sitemap_products|sitemap_(?:pages|collections)|"
    r"posts-e-landing|elementor",
    re.IGNORECASE,
)
_POST_SITEMAP = re.compile(
    r"posts-post-|(?:^|/)posts?-sitemap|sitemap-posts?(?:-\d+)?\.xml|sitemap-pt-post-\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One sitemap file: the further files it names, those of posts first, and the addresses.

    `aside` are the files whose names say that they list no articles: pages, products, terms, people, media.
    """

    sitemaps: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()


def sitemap_candidates(site_url: str) -> tuple[str, ...]:
    """Where sitemaps lie when robots.txt names none: WordPress' own, Yoast's and Rank Math's, the oldest."""
    names = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
    return tuple(urljoin(site_url + "/", name) for name in names)


@reader(None)
def read_sitemap(page: Page) -> Sitemap | None:
    """Read a sitemap or an index of sitemaps, packed or not; None if the answer is neither."""
    if page.status != 200 or (body := _unpacked(page.body)) is None:
        return None
    root, _ = tolerant_xml.parse(body)
    if root is None:
        return None
    entries = [(_child(entry, "loc"), _child(entry, "lastmod")) for entry in root]
    links = [(urls.absolute(loc, page.final_url), lastmod) for loc, lastmod in entries if loc]
    found = [(url, lastmod) for url, lastmod in links if url]
    if (
        len(found) >= MIN_SAME_MINUTE_URLS
        and len({(lastmod or "")[:MINUTE_CHARS] for _, lastmod in found}) == 1
    ):
        found = [(url, None) for url, _ in found]  # when the file was made, and not when each was changed
    match tolerant_xml.local_name(root):
        case "sitemapindex":
            files = sorted((url for url, _ in found), key=lambda url: not is_of_posts(url))
            aside = tuple(url for url in files if _is_aside(url))
            return Sitemap(sitemaps=tuple(url for url in files if url not in aside), aside=aside)
        case "urlset":
            posts = is_of_posts(page.url)
            return Sitemap(
                listed=tuple(Listed(url=url, lastmod=lastmod, is_post=posts) for url, lastmod in found)
            )
    return None


def is_of_posts(url: str) -> bool:
    """True if a sitemap's name says that it lists posts alone, as those of WordPress and its plugins do."""
    return _POST_SITEMAP.search(urls.path_of(url)) is not None


def _is_aside(url: str) -> bool:
    return not is_of_posts(url) and _SIDE_SITEMAP.search(urls.path_of(url)) is not None


def _unpacked(body: bytes) -> bytes | None:
    """The text of a sitemap that may be gzip'd; None if it is broken or larger than the protocol allows."""
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
