"""Small questions to an HTML tree, asked by several readers: classes, text, removal.

Knows lxml. It knows nothing of articles or comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

_SPACE = re.compile(r"\s+")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
INLINE = frozenset(
    "a abbr b bdi big cite code del em font i img ins kbd mark q s samp small span strike strong sub sup time tt u var".split()
)


def tokens(element: HtmlElement) -> frozenset[str]:
    """The classes of an element, in lower case."""
    return frozenset((element.get("class") or "").lower().split())


def text_of(element: HtmlElement) -> str:
    """All text below an element on one line."""
    return _SPACE.sub(" ", "".join(element.itertext())).strip()


def attribute(element: HtmlElement, *names: str) -> str:
    """The first of these attributes that holds something, on one line."""
    return next((_SPACE.sub(" ", v).strip() for n in names if (v := element.get(n)) and v.strip()), "")


def drop(element: HtmlElement) -> None:
    """Take an element out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + element.tail
        else:
            previous.tail = (previous.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def inner_html(element: HtmlElement) -> str:
    """The markup inside an element."""
    head = (element.text or "").translate(_ESCAPES)
    return head + "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)


def below_body(element: HtmlElement) -> Iterator[HtmlElement]:
    """The element and its ancestors, up to but without the body."""
    node: HtmlElement | None = element
    while node is not None and node.tag not in ("body", "html"):
        yield node
        node = node.getparent()


def classes(root: HtmlElement, *wanted: str) -> list[HtmlElement]:
    """All elements with one of these classes, in the order of the page."""
    known = frozenset(wanted)
    return [
        e for e in root.iter("*") if e.get("class") and not known.isdisjoint(e.get("class").lower().split())
    ]


def is_inline(element: HtmlElement) -> bool:
    """Whether an element stands within a line."""
    return element.tag in INLINE
