"""Running text that trafilatura tears apart: inline elements, and verse.

Knows which elements these are.
Invariant: the words around such an element and its own stay in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml.html import HtmlElement

from pipeline.html.dom import Index, is_longer, words

_LOST = ("time", "label", "output", "blink", "data")
"""Elements that are dropped with their words: of a date, a form."""
_TORN = ("code", "del", "s", "strike")
"""Elements that begin a block of their own where the words around them are in no paragraph."""
_PARAGRAPHS = words("p li td th dd dt h1 h2 h3 h4 h5 h6 blockquote figcaption caption")
_LOOSE = words("div section article center")
_PROSE = 60
"""Characters of the shortest prose outside of the theme's box."""
_LINES = 2000
"""Lines of the longest verse; longer text is left as it is."""


def join_running_text(index: Index, boxes: Sequence[HtmlElement]) -> None:
    """Take the marks from inline elements whose words would be torn from those around them.

    A quotation within a sentence gets the signs that a browser shows around it.
    """
    for node in index.tagged("q"):
        node.text = "“" + (node.text or "")
        if len(node):
            node[-1].tail = (node[-1].tail or "") + "”"
        else:
            node.text += "”"
        node.drop_tag()
    for node in index.tagged(*_LOST):
        if _is_in_text(node, boxes):
            node.drop_tag()
    for node in index.tagged(*_TORN):
        parent = node.getparent()
        is_block = "\n" in "".join(node.itertext()).strip()
        if parent is not None and not is_block and _paragraph(node).tag in _LOOSE and _has_words(parent):
            node.drop_tag()


def _is_in_text(node: HtmlElement, boxes: Sequence[HtmlElement]) -> bool:
    """True if an element is in a sentence of the theme's box, or of a long paragraph, and in no form."""
    above = list(node.iterancestors())
    if not above or any(outer.tag in ("form", "header", "footer", "nav", "aside") for outer in above):
        return False
    holder = _paragraph(node)
    if any(outer in boxes for outer in above):
        return holder not in boxes and _has_words(holder)
    return holder.tag in _PARAGRAPHS and is_longer(holder, _PROSE)


def _paragraph(node: HtmlElement) -> HtmlElement:
    """Return the nearest block around an element, else its root."""
    outer = node
    for outer in node.iterancestors():
        if outer.tag in _PARAGRAPHS or outer.tag in _LOOSE:
            break
    return outer


def _has_words(node: HtmlElement) -> bool:
    """True if an element has words beside those of its children."""
    return bool((node.text or "").strip()) or any((child.tail or "").strip() for child in node)


def break_verses(index: Index) -> None:
    """Make lines of preformatted text that is no code, as verse, lines of a paragraph."""
    for node in index.tagged("pre"):
        text = node.text or ""
        if not text.strip() or len(node) or node.find(".//code") is not None:
            continue
        first, *others = text.strip("\n").split("\n")
        if len(others) > _LINES:
            continue
        node.tag, node.text = "p", first
        for line in others:
            lead = node.makeelement("br")
            lead.tail = line
            node.append(lead)
