"""Pages whose place of the text is identified and empty.

Then the rest of the page is no part of its text.

Contains the elements by which HTML labels that place.
Invariant: where there is doubt, what was extracted is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lxml.html import HtmlElement

from pipeline.html.dom import Index, drop, elsewhere, text_of

PARAGRAPH_LENGTH = 100  # characters: a longer paragraph next to an empty box may be the text after all
_SKIP = re.compile(r"(?:^|[\s_-])skip(?:[\s_-]|link|nav|to|$)", re.IGNORECASE)
_CONTENT = ("article", "main")
_BESIDE_TEXT = ("header", "footer", "h1", "time", "nav", "form", "aside")
_FRAME = frozenset({"widget", "sidebar", "widget-area", "site-header", "site-footer"})


def cut_skip_links(index: Index) -> None:
    """Take out the links by which a keyboard jumps over the menu."""
    for link in index.tagged("a"):
        is_jump = (link.get("href") or "").startswith("#")
        if is_jump and _SKIP.search(f"{link.get('class') or ''} {link.get('id') or ''}"):
            drop(link)


def is_without_text(index: Index, boxes: Sequence[HtmlElement]) -> bool:
    """True if the place of the text (the theme's `boxes`, or article or main) has no text."""
    contents = [node for node in index.tagged(*_CONTENT) if not _is_inside(node, _CONTENT) and text_of(node)]
    places = boxes or contents
    if not places or any(_own_words(place) for place in places):
        return False
    around = contents or [index.tree]
    return not any(len(text_of(node)) > PARAGRAPH_LENGTH for node in _paragraphs(around))


def _paragraphs(nodes: Iterable[HtmlElement]) -> Iterable[HtmlElement]:
    """Return the paragraphs below some elements that are no part of the site's frame."""
    for node in nodes:
        for paragraph in node.iter("p"):
            if not _is_inside(paragraph, _BESIDE_TEXT) and not elsewhere(paragraph, _FRAME):
                yield paragraph


def _is_inside(node: HtmlElement, tags: tuple[str, ...]) -> bool:
    return any(above.tag in tags for above in node.iterancestors())


def _own_words(place: HtmlElement) -> bool:
    """True if a place of text has more than its title, date, menus and terms."""
    beside = [
        node
        for node in place.iter(*_BESIDE_TEXT)
        if not any(above.tag in _BESIDE_TEXT for above in node.iterancestors() if above is not place)
    ]
    count = len("".join(text_of(place).split()))
    return count > sum(len("".join(text_of(node).split())) for node in beside)
