"""The thread of a page.

Its comments as records, and the page's statements of their number.

Ties the shapes (which elements) to the readings (their content), and takes the thread out of the tree, so
that no comment can become body text.
Invariant: parents come from where the page nests, each with the rule that found it; a comment awaiting
moderation is never let through.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

from lxml import etree
from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Comment, CommentKind, Moment, Problem, Site
from pipeline.comments import detect, fields
from pipeline.comments import unmarked as thread_unmarked
from pipeline.comments.fields import CommentFields
from pipeline.comments.items import CommentItem
from pipeline.comments.unmarked import Unmarked
from pipeline.dates import parse
from pipeline.html.document import Document, standard_tree
from pipeline.html.dom import Classed, Index, drop, tokens
from pipeline.html.metadata import Head
from pipeline.html.sanitize import is_excerpt, render

_RAW_ID = re.compile(
    r"""<(?:li|div|article|section|dt)\b[^>]*?\bid\s*=\s*["']?(?:(?:li|div)-)?comment-\d+""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Thread:
    """Comments of a page, the tree they were taken out of, and the labelled post author's name."""

    index: Index
    comments: tuple[Comment, ...] = ()
    opener: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Read:
    """One item with its reading."""

    item: CommentItem
    reading: CommentFields
    ident: str | None


@dataclass(frozen=True, slots=True)
class _Clock:
    """How the page's dates are meant."""

    timezone: str
    language: str | None
    day_first: bool | None
    since: date | None
    fetched_at: datetime

    def read(self, reading: CommentFields) -> tuple[Moment | None, str]:
        """Return the instant and its rule.

        A printed time has precedence over a date without one.
        """
        marked = parse.iso(reading.mark, self.timezone)
        if isinstance(marked, datetime):
            return marked, reading.date_rule
        printed = parse.printed(
            reading.raw, self.timezone, self.language, day_first=self.day_first, since=self.since
        )
        if marked is not None and not isinstance(printed, datetime):
            return marked, reading.date_rule
        if printed is not None:
            return printed, reading.date_rule.replace("page:datetime", "page:printed")
        return parse.relative(reading.raw, self.fetched_at, self.language), "page:relative"


def take_thread(document: Document, site: Site, head: Head, since: date | None) -> _Thread:
    """Read the thread, and take it out of its tree.

    The tree is the document's, or the one that a browser would build if only the source has a thread. `since`
    is the article's day, if known.
    """
    if site.comments == "none":
        return _Thread(document.index)
    language = head.language or site.language
    index, reads = _find_thread(document, head, language)
    unmarked = Unmarked()
    if not reads:
        unmarked = thread_unmarked.take_unmarked(index, document.source)
    for reading in unmarked.readings:
        item = CommentItem(element=index.tree.makeelement("div"), id=None)
        reads.append(_Read(item, reading, None))
    _settle_names(reads)
    printed = [read.reading.raw for read in reads if read.reading.raw]
    day_first = parse.tells_day_first(printed)
    clock = _Clock(site.timezone, language, day_first, since, document.page.fetched_at)
    idents = {id(read.item): read.ident for read in reads}
    records = _Records(idents, head.url, document.base, clock)
    comments = tuple(records.comment(read, position) for position, read in enumerate(reads))
    by_opener = (read.reading.author for read in reads if "bypostauthor" in tokens(read.item.element))
    if reads:
        index = Index(index.tree)  # else every later reader would pass the whole thread again
    return _Thread(index, comments, next(by_opener, None), unmarked.problems)


def _find_thread(document: Document, head: Head, language: str | None) -> tuple[Index, list[_Read]]:
    """Return the readings of a thread, and the tree that has them."""
    keys = _keys(document, head)
    reads = _read_all(document.index, document.base, keys, language)
    if not reads and _RAW_ID.search(document.source):
        tree = standard_tree(document.source)
        if tree is not None:
            repaired = Index(tree)
            reads = _read_all(repaired, document.base, keys, language)
            if reads:
                return repaired, reads
    return document.index, reads


def _keys(document: Document, head: Head) -> frozenset[str]:
    """Return every key under which the page's own comments may be linked."""
    own = (document.page.url, document.page.final_url, head.url)
    keys = set(map(urls.link_key, own))
    if head.post_id is not None:
        hosts = {key.split("/")[0] for key in keys}
        keys |= {f"{host}?p={head.post_id}" for host in hosts}
    return frozenset(keys)


def _read_all(index: Index, base: str, keys: frozenset[str], language: str | None) -> list[_Read]:
    """Return readings in the order of the page.

    Inner comments are read, and taken out, before outer ones.
    """
    reads = []
    taken_out = etree.Element("div")
    for item in reversed(detect.find_comments(index, keys, base)):
        element = _alone(item)
        classed = Classed(element)
        if fields.awaiting(classed):
            continue
        reading = fields.extract_comment(classed, item.id, base, language, ping=_kind(item))
        taken_out.append(element)  # lxml visits all of a loose tree as often as it has elements
        if reading.link_id or reading.author:
            reads.append(_Read(item, reading, item.id or reading.link_id))
    reads.reverse()
    return reads


def _alone(item: CommentItem) -> HtmlElement:
    """Return the item's element, out of the tree.

    A term takes its definitions with it.
    """
    element = item.element
    if item.behind:
        whole = element.makeelement("div", dict(element.attrib))
        element.addprevious(whole)
        for part in (element, *item.behind):
            whole.append(part)
        element = whole
    drop(element)
    return element


def _kind(item: CommentItem) -> str | None:
    marks = tokens(item.element)
    if "trackback" in marks:
        return "trackback"
    if "pingback" in marks or item.listed_ping:
        return "pingback"
    return None


@dataclass(frozen=True, slots=True)
class _Records:
    """Records of the readings of one thread."""

    idents: dict[int, str | None]
    url: str
    base: str
    clock: _Clock

    def comment(self, read: _Read, position: int) -> Comment:
        """Return the record of the comment at a position."""
        reading, item = read.reading, read.item
        body = render(reading.markup, self.base)
        published, date_rule = self.clock.read(reading)
        kind = CommentKind(reading.ping or "comment")
        if kind is CommentKind.COMMENT and is_excerpt(body.text) and not detect.signed(item.element):
            kind = CommentKind.PINGBACK
        parent, parent_rule = self._parent(read)
        rules = {
            "author": reading.author_rule,
            "published": published and date_rule,
            "parent": parent_rule,
            "text": body.text and "page:markup",
        }
        if kind is not CommentKind.COMMENT and not body.text:  # a theme shows the link of a ping alone
            body = replace(body, text=None, html=None)
        return Comment(
            id=read.ident,
            parent=parent,
            kind=kind,
            author=reading.author or "Anonymous",
            author_url=reading.author_url,
            published=published,
            published_raw=reading.raw,
            text=body.text,
            html=body.html,
            permalink=self._permalink(read),
            depth=item.depth,
            position=position,
            origins=tuple((name, rule) for name, rule in rules.items() if rule),
        )

    def _parent(self, read: _Read) -> tuple[str | None, str | None]:
        """Return the id of the comment answered to."""
        item = read.item
        parent = item.parent_id or None
        if parent is None and item.parent is not None:
            parent = self.idents.get(id(item.parent))
        answered = read.reading.answers
        if parent is None and answered is not None and answered in self.idents.values():
            return answered, "page:reply-to-link"
        return parent, item.parent_origin

    def _permalink(self, read: _Read) -> str | None:
        if not read.ident:
            return None
        anchor = detect.other_anchor(read.item.element) or f"comment-{read.ident}"
        return f"{self.url}#{anchor}"


def _settle_names(reads: list[_Read]) -> None:
    """Return names by the label "Reply to NAME" where it differs from the name found in the comment."""
    prefix = _label_prefix(reads)
    if not prefix.strip():
        return
    for read in reads:
        label = read.reading.label or ""
        if not label.startswith(prefix):
            continue
        name = label.removeprefix(prefix).strip()
        if name and name != read.reading.author:
            read.reading = replace(read.reading, author=name, author_rule="page:reply-label")


def _label_prefix(reads: list[_Read]) -> str:
    """Return what most labels have before a name."""
    prefixes: Counter[str] = Counter()
    for read in reads:
        label, author = read.reading.label, read.reading.author
        if label and author and label.endswith(author):
            prefixes[label.removesuffix(author)] += 1
    if not prefixes:
        return "Reply to "
    prefix, _ = prefixes.most_common(1)[0]
    return prefix
