"""Captions of pictures, and what themes print beside a picture.

Knows the elements and classes of figures.
Invariant: nothing above the box of the text is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from pipeline.html.dom import tokens

_PICTURE = re.compile(
    r"caption|credit|gallery|slide|(?:^|[-_])(?:photo|image|picture|figure|media)(?:$|[-_])"
)
"""Classes of what stands beside a picture."""


def is_caption(element: HtmlElement, box: HtmlElement) -> bool:
    """True if a piece is the caption of a picture."""
    return any(
        node.tag in ("figcaption", "caption") or "caption-text" in (node.get("class") or "")
        for node in _up_to(element, box)
    )


def is_beside_picture(element: HtmlElement, box: HtmlElement) -> bool:
    """True if a piece is in a caption, a credit or a figure of another system's theme."""
    return any(
        node.tag == "figure" or any(_PICTURE.search(mark) for mark in tokens(node))
        for node in _up_to(element, box)
    )


def _up_to(element: HtmlElement, box: HtmlElement) -> Iterator[HtmlElement]:
    """Yield an element and those around it in the box."""
    node: HtmlElement | None = element
    while node is not None and node is not box:
        yield node
        node = node.getparent()
