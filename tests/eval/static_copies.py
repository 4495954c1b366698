"""Truth from static copies of WordPress sites: the feeds and REST files that lie beside the pages.

A folder holds one sub-folder for each site. What WordPress itself says of a post (content, title, author,
date, terms) is compared with what is read from the post's page in the same copy.
Does not: fetch, or ask for what the page shows nowhere.
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

from archive.core.answers.charsets import decode
from archive.core.answers.tolerant_xml import local_name, parse_xml
from pipeline.article import pieces
from pipeline.dates import parse as dates
from pipeline.html.dom import fold
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

    def keep_shown(self) -> None:
        """Leave out what WordPress says of the post and its page shows nowhere."""
        source = decode(self.page.read_bytes()).text
        body = document_fromstring(source or "<p></p>").find("body")
        for node in [] if body is None else body.xpath(".//script | .//style | .//template"):
            node.drop_tree()
        shown = fold("" if body is None else body.text_content())
        lines = _lines(body)
        self.blocks = [block for block in self.blocks if fold(block[1]) in shown]
        self.title = self.title if self.title and fold(self.title) in shown else None
        self.terms = frozenset(term for term in self.terms if fold(term) in lines)
        words = "" if body is None else " ".join(" ".join(body.itertext()).split())
        if not all(_is_written(name, words) or f'"{name}"' in source for name in self.authors):
            self.authors = ()
        if self.published and not _is_dated(self.published, words, source):
            self.published = None

    @property
    def text(self) -> str:
        """All words of the post."""
        return "\n".join(words for _, words in self.blocks)


def posts(folder: Path, most: int = 60) -> Iterator[tuple[str, Post]]:
    """Yield each site's name and its posts whose page lies in the copy, once each.

    Of a site with more than `most` posts only so many, spread over all of them.
    """
    for site in sorted(path for path in folder.iterdir() if path.is_dir()):
        found: dict[Path, Post] = {}
        for post in (*_from_feeds(site), *_from_rest(site)):
            found.setdefault(post.page, post)
        for post in found.values():
            post.keep_shown()
        told = [post for post in found.values() if len(post.text) >= _LEAST]
        step = max(1, -(-len(told) // most))
        yield from ((site.name, post) for post in told[::step])


def _lines(body: HtmlElement | None) -> set[str]:
    """Return the folded words of each element that has words of its own."""
    return set() if body is None else {fold(said) for said in body.itertext()}


def _is_written(name: str, words: str) -> bool:
    """True if a name is in a text as words of their own."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE) is not None


def _is_dated(moment: datetime, words: str, source: str) -> bool:
    """True if a page prints a day, or a mark of it has it: its number close to its year."""
    if str(moment.date()) in source:
        return True
    day, year = f"0?{moment.day}", str(moment.year)
    close = rf"(?<!\d){day}(?!\d)\D{{1,25}}{year}|{year}\D{{1,25}}{day}(?!\d)"
    numbers = rf"(?<!\d)(?:{day}[./-]0?{moment.month}|0?{moment.month}[./-]{day})[./-]{year}"
    return re.search(rf"{close}|{numbers}", words) is not None


def _from_feeds(site: Path) -> Iterator[Post]:
    for file in sorted(path for path in site.rglob("*") if _may_be_feed(path)):
        root, _ = parse_xml(file.read_bytes(), None)
        if root is None:
            continue
        for entry in root.iter():
            if local_name(entry) == "item" and (post := _entry(site, file, entry)):
                yield post


def _may_be_feed(file: Path) -> bool:
    """True for XML, and for what a copying program called index.html in a folder of a feed."""
    named = file.suffix == ".xml" or file.name == "feed" or file.match("feed/*.html")
    if not named or {"comments", "embed"} & set(file.parts) or not file.is_file():
        return False
    with file.open("rb") as stream:
        return b"<rss" in stream.read(2000) and file.stat().st_size < 20_000_000


def _entry(site: Path, file: Path, entry: etree._Element) -> Post | None:
    said: dict[str, list[str]] = {}
    for child in entry:
        said.setdefault(local_name(child), []).append("".join(child.itertext()).strip())
    markup, link = said.get("encoded", [""])[0], said.get("link", [""])[0]
    page = page_of(site, file, link)
    if not markup or page is None or "#comment-" in link:
        return None
    markup = _APPEARED.sub("", markup)
    published = dates.rfc822(said.get("pubDate", [""])[0])
    return Post(
        url=address(site, link),
        page=page,
        title=markup_to_line(said.get("title", [""])[0]),
        authors=tuple(filter(None, map(markup_to_line, said.get("creator", [])))),
        published=published if isinstance(published, datetime) else None,
        terms=frozenset(name for term in said.get(_CATEGORY, []) if (name := markup_to_line(term))),
        blocks=_blocks(markup),
    )


def _from_rest(site: Path) -> Iterator[Post]:
    for root in sorted(path for path in site.rglob("wp/v2") if path.is_dir()):
        names = {kind: dict(_names(root / kind)) for kind in ("users", "categories", "tags")}
        for kind in ("posts", "pages"):
            for file, entry in _entries(root / kind):
                if post := _rest_post(site, file, entry, names):
                    yield post


def _entries(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield what REST has said, of one thing or a list of them a file."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            data = json.loads(file.read_bytes())
        except ValueError:
            continue
        for entry in data if isinstance(data, list) else [data]:
            if isinstance(entry, dict):
                yield file, entry


def _names(folder: Path) -> Iterator[tuple[int, str]]:
    for _, entry in _entries(folder):
        if isinstance(entry.get("id"), int) and (name := markup_to_line(str(entry.get("name") or ""))):
            yield entry["id"], name


def _rest_post(
    site: Path, file: Path, entry: dict[str, Any], names: dict[str, dict[int, str]]
) -> Post | None:
    content, title, link = entry.get("content"), entry.get("title"), entry.get("link")
    page = page_of(site, file, link) if isinstance(link, str) else None
    if page is None or not isinstance(content, dict) or not isinstance(title, dict):
        return None
    published = dates.gmt(entry.get("date_gmt"))
    author = names["users"].get(entry.get("author", 0)) if entry.get("type") == "post" else None
    terms = [names[kind].get(ident) for kind in ("categories", "tags") for ident in entry.get(kind) or ()]
    return Post(
        url=address(site, str(link)),
        page=page,
        title=markup_to_line(str(title.get("rendered") or "")),
        authors=(author,) if author else (),
        published=published if isinstance(published, datetime) else None,
        terms=frozenset(filter(None, terms)) if all(terms) else frozenset(),
        blocks=_blocks(str(content.get("rendered") or "")),
    )


def address(site: Path, link: str) -> str:
    """Return the address of a page; programs that copy sites make some relative."""
    if link.startswith("http"):
        return link.partition("?utm_")[0]
    return f"https://{site.name}.example/" + urlsplit(link).path.lstrip("./")


def page_of(site: Path, file: Path, link: str) -> Path | None:
    """Return the file of a page in the copy of its site, None where it is not there.

    The copy's root is the folder of the site, or one on the way to the file that names the page.
    """
    spelled_so = [part for part in urlsplit(link).path.split("/") if part.strip(".")]
    parts = [unquote(part) for part in spelled_so]
    roots = [site, *reversed([folder for folder in file.parents if site in folder.parents])]
    for start in range(min(len(parts), 2)):
        for root in roots:
            for spelled in ("/".join(parts[start:]), "/".join(spelled_so[start:])):
                for page in (root / spelled / "index.html", root / spelled, root / f"{spelled}.html"):
                    if page.is_file() and page.suffix in (".html", ".htm", ".php"):
                        return page
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
