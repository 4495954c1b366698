"""An HTML response as a tree, parsed once and shared by every reader of it.

Uses the parsers.
Invariant: no content of a page can make parsing fail, and losses by its charset are reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from selectolax.lexbor import LexborHTMLParser

from archive.core.answers.charsets import Decoded, decode
from archive.core.records import Page, Problem
from pipeline.html.dom import Index
from pipeline.html.heading_links import blank_heading_links
from pipeline.html.widgets import unclass_article

_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
"""One class for all elements: lxml's own choice of a class for each costs a Python call an element."""
_CONTROL = bytes([*range(9), 0x0B, *range(0x0E, 0x20), 0x7F])
"""Control characters, which no text holds."""
_FORM_FEED = bytes.maketrans(b"\x0c", b" ")
_REFERENCES = re.compile(
    r"&#0*(?:[0-8]|1[124-9]|2\d|3[01]|6553[45]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]"
    r"|111411[2-9]|11141[2-9]\d|1114[2-9]\d\d|111[5-9]\d{3}|11[2-9]\d{4}|1[2-9]\d{5}|[2-9]\d{6}|[1-9]\d{7,})"
    r"(?!\d);?"
    r"|&#x0*(?:[0-8bcef]|1[\da-f]|fff[ef]|d[89a-f][\da-f]{2}|1[1-9a-f][\da-f]{4}|[2-9a-f][\da-f]{5}"
    r"|[1-9a-f][\da-f]{6,})(?![\da-f]);?",
    re.IGNORECASE | re.ASCII,
)
"""The same characters by their numbers, halves of surrogate pairs, and numbers beyond Unicode."""


DEPTH = 128
"""Depth of the deepest element that is kept; pages nest about thirty deep, threads of ten levels ninety."""
_AT_DEPTH = etree.XPath("/*" * DEPTH + "[*/*]")
_AT_END = etree.XPath("boolean(" + "/*" * 2047 + ")")
"""libxml2 stops at a depth of 2048, and reads nothing of what comes then."""
_TRUNCATED = Problem(
    code="truncated",
    detail="The page nests its elements deeper than 2,047; what comes after that place was not read.",
)
_TOO_DEEP = Problem(
    code="too-deep",
    detail=f"The page nests its elements deeper than {DEPTH}; what is deeper was read without its nesting.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A page's source and tree.

    `base` is what its relative links are resolved against.
    """

    page: Page
    source: str
    index: Index
    base: str
    problems: tuple[Problem, ...] = ()

    @property
    def tree(self) -> HtmlElement:
        """The root element."""
        return self.index.tree


def parse(page: Page) -> Document | None:
    """Return the page as a document, if it contains any element."""
    decoded = decode(page.body, page.header("content-type"))
    source = decoded.text
    tree = to_tree(source)
    if tree is None:
        return None
    cut = bool(_AT_END(tree))
    deep = flatten(tree)
    unclass_article(tree)
    blank_heading_links(tree)
    return Document(
        page=page,
        source=source,
        index=Index(tree),
        base=_base(tree, page.final_url),
        problems=(*charset_problems(decoded), *([_TRUNCATED] if cut else [_TOO_DEEP] if deep else [])),
    )


def charset_problems(decoded: Decoded) -> tuple[Problem, ...]:
    """Return what the text of an answer owes to a guess, and what of it was lost."""
    found = []
    if decoded.guessed and decoded.declared:
        said = f"It was read as {decoded.charset}: the charset it names, {decoded.declared}, does not fit."
        found.append(Problem(code="charset-guessed", detail=said, field="text"))
    elif decoded.guessed:
        said = f"It was read as {decoded.charset}, which is a guess: it names no charset and is not in UTF-8."
        found.append(Problem(code="charset-guessed", detail=said, field="text"))
    elif decoded.stray > decoded.lost:
        said = f"{decoded.stray:,} bytes in it are not {decoded.charset}, and were read as windows-1252."
        found.append(Problem(code="charset-guessed", detail=said, field="text"))
    if decoded.lost:
        said = f"{decoded.lost:,} characters of it are not {decoded.charset}, and are lost."
        found.append(Problem(code="characters-lost", detail=said, field="text"))
    return tuple(found)


def to_tree(source: str) -> HtmlElement | None:
    """Return the tree as libxml2 builds it, without comments and processing instructions."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        return document_fromstring(_clean(source), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def flatten(tree: HtmlElement) -> bool:
    """Put what is nested deeper than DEPTH side by side, in its order, as browsers do; True if there was any.

    Readers of a tree visit the ancestors of many elements, which must be a bounded number.
    """
    roots = _AT_DEPTH(tree)
    for root in roots:
        ends: list[tuple[HtmlElement, str]] = []  # each element with the text that follows it, in order
        for event, node in etree.iterwalk(root, events=("start", "end")):
            if node is root:
                continue
            if event == "start":
                ends.append((node, ""))
            elif node.tail:
                last, text = ends[-1]
                ends[-1] = (last, text + node.tail)
        for node, text in reversed(ends):  # the innermost first, so that each is moved alone
            node.tail = text or None
            root.insert(0, node)
    return bool(roots)


def standard_tree(source: str) -> HtmlElement | None:
    """Return the tree as a browser builds it, for pages whose unclosed tags libxml2 hangs elsewhere."""
    markup = LexborHTMLParser(_clean(source).decode("utf-8")).html
    tree = to_tree(markup) if markup else None
    if tree is not None:
        flatten(tree)
    return tree


def _clean(source: str) -> bytes:
    """Return the source in UTF-8 without control characters and what is no character at all."""
    for sign in "\ufffe\uffff":
        source = source.replace(sign, "")
    return _REFERENCES.sub("", source).encode("utf-8", "ignore").translate(_FORM_FEED, _CONTROL)


def _base(tree: HtmlElement, final_url: str) -> str:
    found = tree.find(".//base[@href]")
    href = found.get("href", "").strip() if found is not None else ""
    return href if href.startswith(("http://", "https://")) else final_url
