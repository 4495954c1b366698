"""The surfaces of a WordPress site: which address asks what, and which addresses an answer names.

Pure: addresses and answers in, addresses and marks of change out. It does not fetch, and it does
not read articles or comments; that is the pipeline's work. Anything a site may answer can come in
here, so a surface that cannot be understood is None, and an entry that cannot be is left out.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

import feedparser
from lxml import etree

from archive.records import Page, Seen

PER_PAGE = 100  # the most that WordPress' REST API gives in one answer
MAX_SITEMAPS = 1000  # files of one site's sitemap that are read in one crawl
SITEMAP_BYTES = 50 * 2**20  # the limit of the sitemap protocol for one file, unpacked
POST_FIELDS = (
    "id,link,date,date_gmt,modified,modified_gmt,title,content.protected,comment_status,"
    "author,tags,categories,featured_media,_links,_embedded"
)
COMMENT_FIELDS = "id,post,parent,author_name,author_url,date,date_gmt,content,link,type,status"

_SIDE_SITEMAP = re.compile(
    r"(posts-page|page-sitemap|taxonom|categor|post_tag|tag-sitemap|author|users|attachment|image|video)",
    re.IGNORECASE,
)
_LISTING_PATH = re.compile(
    r"/(tags?|category|author|page|feed|comments|wp-[a-z]+|search)(/|$)", re.IGNORECASE
)
_COMMENT_PAGE = re.compile(r"/comment-page-(\d{1,5})/?(#comment-\d+)?", re.IGNORECASE)
_COMMENT_MARK = re.compile(rb"""(?:id|class)=["'][^"'>]*\b(?:comment-\d+|depth-\d+|pingback|trackback)\b""")
_TRACKING = re.compile(r"^(utm_\w+|fbclid|gclid|mc_[a-z]+|replytocom|share|amp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One article as a listing names it. `lastmod` is the listing's mark of change, verbatim."""

    url: str
    lastmod: str | None = None
    post_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One sitemap file: the further files it names, and the addresses."""

    sitemaps: tuple[str, ...] = ()
    listed: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A comment that a feed names: its own id, and the address of the article it hangs below."""

    comment_id: str
    article: str


# -- REST -------------------------------------------------------------------------------------------


def rest_url(root: str, route: str, **query: str | int) -> str:
    """The address of a REST route, below a root such as https://…/wp-json/ or https://…/?rest_route=/."""
    parts = urlsplit(root)
    if "rest_route" in parse_qs(parts.query):
        return urlunsplit(
            parts._replace(query=urlencode({"rest_route": f"/wp/v2/{route}", **query}, safe="/,:"))
        )
    return f"{root.rstrip('/')}/wp/v2/{route}?{urlencode(query, safe=',:')}"


def rest_roots(site_url: str) -> tuple[str, str]:
    """Where a site's REST API can be: with pretty permalinks, and without."""
    return urljoin(site_url + "/", "wp-json/"), urljoin(site_url + "/", "?rest_route=/")


def posts_url(root: str, page: int, *, modified_after: datetime | None = None) -> str:
    """A page of the listing of posts, the newest (or the last modified) first."""
    query: dict[str, str | int] = {"per_page": PER_PAGE, "page": page, "orderby": "date", "order": "desc"}
    if modified_after is not None:
        query |= {"orderby": "modified", "modified_after": rest_time(modified_after)}
    return rest_url(root, "posts", **query, _embed="author,wp:term,wp:featuredmedia", _fields=POST_FIELDS)


def comments_url(root: str, page: int, *, after: datetime | None = None, post: int | None = None) -> str:
    """A page of the listing of comments in the order of their ids: all, later ones, or one article's."""
    query: dict[str, str | int] = {"per_page": PER_PAGE, "page": page, "orderby": "id", "order": "asc"}
    if after is not None:
        query["after"] = rest_time(after)
    if post is not None:
        query["post"] = post
    return rest_url(root, "comments", **query, _fields=COMMENT_FIELDS)


def rest_time(moment: datetime) -> str:
    """A time as REST takes it. The Z matters: without a zone WordPress reads it as the site's own time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_array(page: Page) -> list[dict[str, Any]] | None:
    """The objects of a REST listing, or None if the answer is none."""
    if page.status != 200:
        return None
    try:
        value = json.loads(page.body)
    except ValueError:
        return None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def read_posts(page: Page) -> tuple[Listed, ...] | None:
    """The posts a REST listing names, without password-protected ones; None if it is no listing."""
    items = read_array(page)
    if items is None:
        return None
    return tuple(
        Listed(url=item["link"], lastmod=_text(item.get("modified_gmt")), post_id=item["id"])
        for item in items
        if isinstance(item.get("link"), str) and isinstance(item.get("id"), int) and not _protected(item)
    )


def _protected(item: dict[str, Any]) -> bool:
    content = item.get("content")
    return isinstance(content, dict) and bool(content.get("protected"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def total(page: Page, name: str = "x-wp-total") -> int | None:
    """How many there are in all, as a REST listing's header says; None if it does not."""
    value = page.header(name) or ""
    return int(value) if value.isascii() and value.isdigit() else None


def pages(page: Page) -> int:
    """How many pages a REST listing has; 1 if it does not say."""
    return max(1, total(page, "x-wp-totalpages") or 1)


# -- sitemaps ---------------------------------------------------------------------------------------


def sitemap_candidates(site_url: str) -> tuple[str, ...]:
    """Where sitemaps lie when robots.txt names none: WordPress' own, Yoast's and Rank Math's, the oldest."""
    names = ("wp-sitemap.xml", "sitemap_index.xml", "sitemap.xml")
    return tuple(urljoin(site_url + "/", name) for name in names)


def read_sitemap(page: Page) -> Sitemap | None:
    """Read a sitemap or an index of sitemaps, packed or not; None if the answer is neither."""
    if page.status != 200 or (body := _unpacked(page.body)) is None:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or not isinstance(root.tag, str):
        return None
    entries = [
        (_child(entry, "loc"), _child(entry, "lastmod")) for entry in root if isinstance(entry.tag, str)
    ]
    found = [(urljoin(page.final_url, loc), lastmod) for loc, lastmod in entries if loc]
    match etree.QName(root).localname:
        case "sitemapindex":
            return Sitemap(
                sitemaps=tuple(url for url, _ in found if not _SIDE_SITEMAP.search(urlsplit(url).path))
            )
        case "urlset":
            return Sitemap(listed=tuple(Listed(url=url, lastmod=lastmod) for url, lastmod in found))
    return None


def _unpacked(body: bytes) -> bytes | None:
    """The text of a sitemap that may be gzip'd; None if it is broken or larger than the protocol allows."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpack = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        text = unpack.decompress(body, SITEMAP_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return None
    return None if unpack.unconsumed_tail else text


def _child(entry: etree._Element, name: str) -> str | None:
    for child in entry:
        if isinstance(child.tag, str) and etree.QName(child).localname == name:
            return (child.text or "").strip() or None
    return None


def validators(seen: Seen) -> dict[str, str]:
    """The headers that ask for an answer only if it has changed, from those of the last visit.

    A proxy that packs answers turns an ETag weak, and WordPress then never matches it: so the mark
    of weakness is taken off.
    """
    headers = {"If-None-Match": (seen.etag or "").removeprefix("W/"), "If-Modified-Since": seen.last_modified}
    return {name: value for name, value in headers.items() if value}


# -- feeds ------------------------------------------------------------------------------------------


def feed_url(site_url: str, page: int = 1) -> str:
    """The feed of posts; `page` counts from 1 and reaches back to the first post."""
    return urljoin(site_url + "/", "feed" if page == 1 else f"feed?paged={page}")


def comments_feed_url(site_url: str) -> str:
    """The feed of the newest comments of the whole site. It cannot be paged."""
    return urljoin(site_url + "/", "comments/feed")


def read_feed(page: Page) -> tuple[Listed, ...] | None:
    """The articles a feed names; None if the answer is no feed or an empty one."""
    entries = _entries(page)
    if not entries:
        return None
    found = ((entry.get("link"), entry.get("id") or "") for entry in entries)
    return tuple(
        Listed(url=urljoin(page.final_url, link), post_id=_post_id(guid)) for link, guid in found if link
    )


def read_mentions(page: Page) -> tuple[Mention, ...] | None:
    """The comments a comments feed names; None if the answer is no feed."""
    entries = _entries(page)
    if entries is None:
        return None
    mentions = []
    for entry in entries:
        link = urljoin(page.final_url, entry.get("link") or "")
        if found := re.search(r"#comment-(\d+)", f"{entry.get('id') or ''} {link}"):
            mentions.append(Mention(comment_id=found[1], article=article_address(link)))
    return tuple(mentions)


def _entries(page: Page) -> list[Any] | None:
    if page.status != 200:
        return None
    feed = feedparser.parse(page.body, sanitize_html=False, resolve_relative_uris=False)
    return list(feed.entries) if feed.get("version") else None


def _post_id(guid: str) -> int | None:
    found = re.search(r"[?&]p=(\d+)", guid)
    return int(found[1]) if found else None


# -- articles ---------------------------------------------------------------------------------------


def article_address(url: str) -> str:
    """An article's address without fragment, comment page, reply and tracking parameters."""
    parts = urlsplit(url)
    query = [(key, value) for key, values in parse_qs(parts.query).items() for value in values]
    kept = [(key, value) for key, value in query if not _TRACKING.match(key) and key != "cpage"]
    return urlunsplit(
        parts._replace(path=_COMMENT_PAGE.sub("", parts.path), query=urlencode(kept), fragment="")
    )


def is_article(url: str, site_url: str, pattern: str | None) -> bool:
    """Whether an address of a listing is an article's: by the source's own pattern, else by exclusion."""
    path = urlsplit(url).path
    if pattern is not None:
        return re.search(pattern, path) is not None
    return path.strip("/") != urlsplit(site_url).path.strip("/") and not _LISTING_PATH.search(path)


def comment_pages(page: Page) -> tuple[str, ...]:
    """The addresses of the other pages of an article's thread, as far as its page names them.

    Without a parse: links that continue the article's own path by /comment-page-N. All pages up to
    the highest named are given in order, since themes name only the neighbours. The page's own
    number is known, and left out, when the permalinks of its comments agree on one.
    """
    own = article_address(page.final_url)
    path = urlsplit(own).path.rstrip("/").encode()
    named, current = set(), set()
    for found in re.finditer(re.escape(path) + rb"/comment-page-(\d{1,4})/?(#comment-\d+)?", page.body):
        named.add(int(found[1]))
        if found[2]:
            current.add(int(found[1]))
    here = current if len(current) == 1 else set()
    slash = "/" if own.endswith("/") else ""
    wanted = (number for number in range(1, max(named, default=0) + 1) if number not in here)
    return tuple(f"{own.rstrip('/')}/comment-page-{number}{slash}" for number in wanted)


def is_comment_page(url: str) -> bool:
    """Whether an address is a further page of an article's thread."""
    return _COMMENT_PAGE.search(urlsplit(url).path) is not None


def shows_comments(page: Page) -> bool:
    """Whether a page has any comment in its markup. A comment page past the end answers 200 without one."""
    return page.status == 200 and _COMMENT_MARK.search(page.body) is not None
