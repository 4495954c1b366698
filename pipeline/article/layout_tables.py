"""Tables that only place the parts of a page, as old templates use them.

trafilatura writes a table cell by cell, in one line for each row. Where a cell contains a heading or several
paragraphs, it is a column of the page, and its table is opened into plain blocks. Does not: open a table that
names its columns or has a caption, nor one whose cells have short headings of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from pipeline.html.dom import Index, is_longer, text_of, words

_HEADINGS = ("h2", "h3")
_BLOCKS = words("p div table ul ol dl blockquote pre center form h1 h2 h3 h4 h5 h6")
_OF_DATA = ("th", "caption", "thead")
_PARTS = ("tbody", "tr", "td", "th")
_PROSE = 80
"""Characters from which on a paragraph is prose."""
_ENOUGH = 2
"""Paragraphs of prose that make a cell a column; a headline does as well, and a heading above other words."""


def open_layout_tables(index: Index, boxes: Sequence[HtmlElement]) -> None:
    """Make blocks of the parts of tables that place columns, where no box of the text is marked."""
    if boxes:
        return
    data = {next(node.iterancestors("table"), None) for node in index.tagged(*_OF_DATA)}
    opened: set[HtmlElement] = set()
    for cell in _columns(index):
        around = list(cell.iterancestors("table"))
        if around and around[0] not in data:
            opened.update(table for table in around if table not in data)
    if not opened:
        return
    parts = [node for node in index.tagged(*_PARTS) if next(node.iterancestors("table"), None) in opened]
    prose = set(filter(_is_paragraph, parts))
    for node in (*opened, *parts):
        node.tag = "p" if node in prose else "div"


def _is_paragraph(node: HtmlElement) -> bool:
    """True if a cell has prose in it without any block."""
    return node.tag in ("td", "th") and is_longer(node, _PROSE) and next(node.iter(*_BLOCKS), None) is None


def _columns(index: Index) -> Iterator[HtmlElement]:
    """Yield the innermost cells that contain a heading, or paragraphs of prose."""
    found: Counter[HtmlElement] = Counter()
    for node in index.tagged("p", "h1", *_HEADINGS):
        cell = next(node.iterancestors("td", "th"), None)
        if cell is None:
            continue
        if node.tag == "p":
            found[cell] += len(text_of(node)) >= _PROSE
        elif node.tag == "h1" or is_longer(cell, len(text_of(node)) + _PROSE):
            found[cell] += _ENOUGH
    yield from (cell for cell, number in found.items() if number >= _ENOUGH)
