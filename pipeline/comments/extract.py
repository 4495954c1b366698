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
from pipeline.html.dom import Index, drop, tokens
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
    index = document.index
    if site.comments == "none":
        return _Thread(index)
    language = head.language or site.language
    keys = _keys(document, head)
    reads = _read_all(index, document.base, keys, language)
    if not reads and _RAW_ID.search(document.source):
        tree = standard_tree(document.source)
        repaired = Index(tree) if tree is not None else index
        reads = _read_all(repaired, document.base, keys, language)
        index = repaired if reads else index
    unmarked = Unmarked() if reads else thread_unmarked.take_unmarked(index, document.source)
    reads += [
        _Read(CommentItem(element=index.tree.makeelement("div"), id=None), reading, None)
        for reading in unmarked.readings
    ]
    _settle_names(reads)
    day_first = parse.tells_day_first([read.reading.raw for read in reads if read.reading.raw])
    clock = _Clock(site.timezone, language, day_first, since, document.page.fetched_at)
    idents = {id(read.item): read.ident for read in reads}
    comments = (
        _record(read, idents, head.url, document.base, number, clock) for number, read in enumerate(reads)
    )
    opener = next(
        (read.reading.author for read in reads if "bypostauthor" in tokens(read.item.element)), None
    )
    rest = Index(index.tree) if reads else index  # else every later reader would pass the whole thread again
    return _Thread(rest, tuple(comments), opener, unmarked.problems)


def _keys(document: Document, head: Head) -> frozenset[str]:
    """Return every key under which the page's own comments may be linked."""
    keys = {urls.link_key(known) for known in (document.page.url, document.page.final_url, head.url)}
    if head.post_id is not None:
        keys |= {f"{key.split('/')[0]}?p={head.post_id}" for key in keys}
    return frozenset(keys)


def _read_all(index: Index, base: str, keys: frozenset[str], language: str | None) -> list[_Read]:
    """Return readings in the order of the page.

    Inner comments are read, and taken out, before outer ones.
    """
    reads = []
    taken_out = etree.Element("div")
    for item in reversed(detect.find_comments(index, keys, base)):
        element = _alone(item)
        if fields.awaiting(element):
            continue
        reading = fields.extract_comment(element, item.id, base, language, ping=_kind(item))
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
    return "pingback" if "pingback" in marks or item.listed_ping else None


def _record(
    read: _Read, idents: dict[int, str | None], url: str, base: str, position: int, clock: _Clock
) -> Comment:
    reading, item = read.reading, read.item
    body = render(reading.markup, base)
    published, date_rule = clock.read(reading)
    kind = CommentKind(reading.ping) if reading.ping else CommentKind.COMMENT
    if kind is CommentKind.COMMENT and not detect.signed(item.element) and is_excerpt(body.text):
        kind = CommentKind.PINGBACK
    is_wordless_ping = kind is not CommentKind.COMMENT and not body.text  # a theme shows its link alone
    parent = item.parent_id or (idents.get(id(item.parent)) if item.parent is not None else None)
    asked = reading.answers if parent is None else None
    answers = asked if asked is not None and asked in idents.values() else None
    anchor = detect.other_anchor(item.element) or f"comment-{read.ident}"
    rules = (
        ("author", reading.author_rule),
        ("published", date_rule if published else None),
        ("parent", "page:reply-to-link" if answers else item.parent_origin),
        ("text", "page:markup" if body.text else None),
    )
    return Comment(
        id=read.ident,
        parent=parent or answers,
        kind=kind,
        author=reading.author or "Anonymous",
        author_url=reading.author_url,
        published=published,
        published_raw=reading.raw,
        text=None if is_wordless_ping else body.text,
        html=None if is_wordless_ping else body.html,
        permalink=f"{url}#{anchor}" if read.ident else None,
        depth=item.depth,
        position=position,
        origins=tuple((name, rule) for name, rule in rules if rule),
    )


def _settle_names(reads: list[_Read]) -> None:
    """Return names by the label "Reply to NAME" where it differs from the name found in the comment."""
    heads: Counter[str] = Counter()
    for read in reads:
        label, author = read.reading.label, read.reading.author
        if label and author and label.endswith(author):
            heads[label[: -len(author)]] += 1
    if not heads:
        heads.update(("Reply to ", "Antworte auf "))
    prefix = heads.most_common(1)[0][0]
    for read in reads:
        label = read.reading.label
        told = label[len(prefix) :].strip() if label and prefix.strip() and label.startswith(prefix) else None
        if told and told != read.reading.author:
            read.reading = replace(read.reading, author=told, author_rule="page:reply-label")
