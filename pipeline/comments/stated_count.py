"""Statements of a page about its thread.

How many comments it has, and whether it is open.

Covers headings and comment forms.
Invariant: a thread kept elsewhere is a problem with a name, never zero comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Comment, Problem
from pipeline.comments.vocabulary import REMARKS
from pipeline.html.document import Document
from pipeline.html.dom import Index, elsewhere, one_line, text_of
from pipeline.html.metadata import Head

_HEADINGS = re.compile(
    r"^(?:comments?[-_]+(?:title|heading|headline|header|count|intro)s?|"
    r"comments__(?:headline|title)|wpd-thread-info|td-comments-title|comment-count-area|"
    r"comments_intro|wp-block-comments-title|title-comments?|comments-number)$",
    re.IGNORECASE,
)
_HEADS = ("h2", "h3", "h4", "h5", "h6")
_NOT_HERE = frozenset(
    {"comment", "commentlist", "comment-list", "sidebar", "widget", "entry-meta", "post-meta"}
)
_BOXES = (
    "comments",
    "commentsbox",
    "comments-area",
    "comments-container",
    "comments-wrap",
    "comments_wrap",
    "commentlist-wrap",
)
_QUOTED = re.compile('[“„«"‘‚].*[”“»"’‘]', re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:[.,  ]\d{3})+|\d{1,6})(?![\w%])")
_ONE = re.compile(
    r"^\W*(?:one|ein|eine|un|una|une|uno|um|uma|één|en|et|ett|jeden)\s+(?:thought|"
    r"response|comment|reply|kommentar|antwort|gedanke|commentaire|réponse|réflexion|"
    r"comentario|respuesta|commento|risposta|reactie)",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"^\W*(?:no|keine|kein|aucun|sin|nessun|geen)\s+(?:thoughts?|responses?|comments?|"
    r"repl|kommentare?|commentaire|comentarios|commento)",
    re.IGNORECASE,
)
_COUNTING = re.compile(
    rf"\W{{0,3}}(?:\d{{1,3}}(?:[.,\s]\d{{3}})*|\d{{1,6}}|one|ein|eine|un|una|une|uno|um|uma|één)\s+(?:{REMARKS})(?!\w)"
    r"(?:\s+(?:to|on|for|so far|a|en|auf|zu|für|sur|su|per|para|em|op|til|till|de|к|на)\s.{0,200}|"
    r"\s*[“„«\"‘'].{0,200})?\W{0,3}"
    rf"|\W{{0,3}}(?:{REMARKS})\W{{0,3}}\d{{1,6}}\W{{0,3}}",
    re.IGNORECASE | re.DOTALL,
)
"""A heading that says nothing but how many comments there are, and on what."""
_PINGS = re.compile(r"(?:track|ping)[- ]?back|\bpings\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Statements of a page about its thread."""

    stated: int | None
    stated_rule: str
    open: bool | None
    more_pages: bool


def survey(document: Document, head: Head) -> Survey:
    """Read the page's statements before the thread is taken out."""
    stated, rule = _stated(document.index, head)
    return Survey(
        stated=stated,
        stated_rule=rule,
        open=_open(document.index),
        more_pages=_more_pages(document, head),
    )


def count_problems(
    found: Survey, comments: tuple[Comment, ...], system: str | None, *, whole: bool
) -> list[Problem]:
    """Return the problems of an incomplete thread.

    `whole`: this page should contain all of it.

    `system` is the foreign comment system that the page names.
    """
    shown = len(comments)
    if system and not shown:
        detail = f"The comments are kept by {system} and are not in the page."
        return [Problem(code="external-comments", detail=detail, field="comments")]
    if found.stated is None or shown >= found.stated:
        return []
    if not whole or found.more_pages:
        return []
    detail = f"The page states {found.stated} comments and shows {shown}."
    return [Problem(code="comments-missing", detail=detail, field="comments")]


def _stated(index: Index, head: Head) -> tuple[int | None, str]:
    for node in chain(_headings(index), _plain_headings(index)):
        if elsewhere(node, _NOT_HERE) or _leads_away(node):
            continue
        text = text_of(node)
        if _PINGS.search(text) and not _COUNTING.match(text):
            continue
        number = count_in(text)
        if number is not None:
            return number, "page:heading"
    for value in (head.article.get("commentCount"), head.meta("commentcount")):
        if isinstance(value, bool) or not isinstance(value, int | str):
            continue
        if re.fullmatch(r"\d{1,7}", str(value)):
            return int(value), "page:json-ld"
    return None, "none"


def _headings(index: Index) -> Iterator[HtmlElement]:
    """Yield where a page may state the number.

    Marked headings, headings of the thread's box, one before a list.
    """
    yield from (node for node in index.like(_HEADINGS) if node.tag not in ("ol", "ul", "li", "article"))
    yield from (node for node in index.named("comments") if node.tag in _HEADS)
    for box in (*index.named(*_BOXES), *index.having(_BOXES)):
        yield from (node for node in box.iter(*_HEADS) if next(node.iterancestors("li"), None) is None)
    for listing in index.having(("commentlist", "comment-list", "commentslist")):
        previous = listing.getprevious()
        if previous is not None and previous.tag in (*_HEADS, "p", "div", "span"):
            yield previous


def _plain_headings(index: Index) -> Iterator[HtmlElement]:
    """Yield headings, and elements with the id "comments", that contain only a number of comments."""
    named = [node for node in index.named("comments") if node.tag in ("p", "span", "strong")]
    for node in (*named, *index.tagged(*_HEADS)):
        text = one_line("".join(islice(node.itertext(), 30)))
        if _COUNTING.fullmatch(text[:300]):
            yield node


def _leads_away(node: HtmlElement) -> bool:
    """True if a heading links to another page."""
    links = (*node.iter("a"), *node.iterancestors("a"))
    hrefs = [link.get("href", "") for link in links]
    return any(href and "#" not in href for href in hrefs)


def count_in(words: str) -> int | None:
    """Return the number of comments a heading states, the article's own title left aside."""
    if not words or len(words) > 500:
        return None
    head = _QUOTED.sub(" ", words)
    if _ONE.match(head):
        return 1
    if _NONE.match(head):
        return 0
    match = _NUMBER.search(head[:120])
    if match is None:
        return None
    return int(re.sub(r"\D", "", match[1]))


def _open(index: Index) -> bool | None:
    """Return open where there is a form, closed where the theme states it."""
    if any(map(_is_comment_form, index.tagged("form"))):
        return True
    if any(box.find(".//form") is not None for box in index.named("respond")):
        return True
    if index.having(("must-log-in",)) or index.named("jetpack_remote_comment"):
        return True
    if index.having(("no-comments", "nocomments", "comments-closed")):
        return False
    return None


def _is_comment_form(form: HtmlElement) -> bool:
    return form.get("id") == "commentform" or "wp-comments-post.php" in form.get("action", "")


def _more_pages(document: Document, head: Head) -> bool:
    """True if the page links to other pages of its own thread."""
    own = urls.link_key(head.url)
    for link in document.index.tagged("a"):
        href = link.get("href", "")
        if not urls.is_comment_page(href) or re.search(r"#comment-\d", href):
            continue
        bare, _, _ = href.partition("#")
        url = urls.absolute(bare, document.base)
        if url and urls.link_key(url) == own:
            return True
    return False
