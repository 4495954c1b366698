"""Truth from static copies of WordPress sites: the feeds and REST files that lie beside the pages.

A folder holds one sub-folder for each site. What WordPress itself says of a post (content, title, author,
date, terms) is compared with what is read from the post's page in the same copy.
Does not: fetch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from archive.core.tolerant_xml import local_name, parse_xml
from pipeline.article import pieces
from pipeline.dates import parse as dates
from pipeline.html.sanitize import markup_to_line

_APPEARED = re.compile(r"<p>The post <a\b[^>]*>[^<]*</a> (?:appeared )?first (?:appeared )?on .*$", re.DOTALL)
_CATEGORY = "category"
_LEAST = 200
"""Characters of the shortest text that is compared."""


@dataclass(slots=True)
class Post:
    """A post as WordPress says it, and the file of its page. `blocks` are kind and words."""

    url: str
    page: Path
    title: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    terms: frozenset[str] = frozenset()
    blocks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words of the post."""
        return "\n".join(words for _, words in self.blocks)


def posts(folder: Path) -> Iterator[tuple[str, Post]]:
    """Yield each site's name and its posts whose page lies in the copy, once each."""
    for site in sorted(path for path in folder.iterdir() if path.is_dir()):
        found: dict[Path, Post] = {}
        for post in (*_from_rest(site), *_from_feeds(site)):
            found.setdefault(post.page, post)
        yield from ((site.name, post) for post in found.values() if len(post.text) >= _LEAST)


def _from_feeds(site: Path) -> Iterator[Post]:
    for file in sorted(site.rglob("*.xml")):
        if "comments" in file.parts or "embed" in file.parts or file.stat().st_size > 20_000_000:
            continue
        root, _ = parse_xml(file.read_bytes(), None)
        if root is None:
            continue
        for entry in root.iter():
            if local_name(entry) == "item" and (post := _entry(site, entry)):
                yield post


def _entry(site: Path, entry: etree._Element) -> Post | None:
    said: dict[str, list[str]] = {}
    for child in entry:
        said.setdefault(local_name(child), []).append("".join(child.itertext()).strip())
    markup, link = said.get("encoded", [""])[0], said.get("link", [""])[0]
    page = _page(site, link)
    if not markup or page is None or "#comment-" in link:
        return None
    markup = _APPEARED.sub("", markup)
    published = dates.rfc822(said.get("pubDate", [""])[0])
    return Post(
        url=link,
        page=page,
        title=markup_to_line(said.get("title", [""])[0]),
        authors=tuple(filter(None, map(markup_to_line, said.get("creator", [])))),
        published=published if isinstance(published, datetime) else None,
        terms=frozenset(name for term in said.get(_CATEGORY, []) if (name := markup_to_line(term))),
        blocks=_blocks(markup),
    )


def _from_rest(site: Path) -> Iterator[Post]:
    for file in sorted((*site.rglob("wp/v2/posts*/**/*.json"), *site.rglob("wp/v2/posts/**/index.html"))):
        try:
            data = json.loads(file.read_bytes())
        except ValueError:
            continue
        for entry in data if isinstance(data, list) else [data]:
            if isinstance(entry, dict) and (post := _rest_post(site, entry)):
                yield post


def _rest_post(site: Path, entry: dict[str, Any]) -> Post | None:
    content, title, link = entry.get("content"), entry.get("title"), entry.get("link")
    page = _page(site, link) if isinstance(link, str) else None
    if page is None or not isinstance(content, dict) or not isinstance(title, dict):
        return None
    published = dates.gmt(entry.get("date_gmt"))
    return Post(
        url=str(link),
        page=page,
        title=markup_to_line(str(title.get("rendered") or "")),
        published=published if isinstance(published, datetime) else None,
        blocks=_blocks(str(content.get("rendered") or "")),
    )


def _page(site: Path, link: str) -> Path | None:
    """Return the file of a page in the copy of its site, None where it is not there."""
    path = unquote(urlsplit(link).path).strip("/")
    if not path:
        return None
    parts = path.split("/")
    for start in range(len(parts)):
        for spelled in ("/".join(parts[start:]), urlsplit(link).path.strip("/").split("/", start)[-1]):
            for file in (site / spelled / "index.html", site / spelled, site / f"{spelled}.html"):
                if file.is_file() and file.suffix in (".html", ".htm", ".php"):
                    return file
    return None


def _blocks(markup: str) -> list[tuple[str, str]]:
    """Return the blocks of a post's content, with what each is."""
    try:
        body = document_fromstring(f"<html><body>{markup}</body></html>").find("body")
    except (etree.LxmlError, ValueError):
        return []
    if body is None:
        return []
    for node in body.xpath(".//script | .//style | .//noscript | .//form | .//iframe"):
        node.drop_tree()
    return [
        (_kind(piece, body), piece.words) for piece in pieces.read_pieces(body, ()) if len(piece.words) > 1
    ]


def _kind(piece: pieces.Piece, body: HtmlElement) -> str:
    """Return what a block is, by its element and how much of it is linked."""
    linked = sum(len("".join(link.itertext())) for link in piece.element.iter("a")) if piece.whole else 0
    mostly = linked > 0.9 * len(piece.words)
    inner = [piece.element, *(node for node in piece.element.iterancestors() if node is not body)]
    if any(node.tag == "figcaption" or "caption" in (node.get("class") or "") for node in inner):
        return "caption"
    tag = piece.element.tag
    if tag == "li":
        return "linked list item" if mostly else "list item"
    if tag == "p":
        return "linked paragraph" if mostly else "paragraph"
    if tag in ("div", "body", "section", "center"):
        return "loose text or div"
    return "heading" if tag[:1] == "h" and tag[1:].isdigit() else "other"
