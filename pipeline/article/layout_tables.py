"""Tables that only place the parts of a page, as old templates use them.

trafilatura writes a table cell by cell, in one line for each row. Where a cell contains a heading or several
paragraphs, it is a column of the page, and its table is opened into plain blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from pipeline.html.dom import Index, text_of

_HEADINGS = ("h1", "h2", "h3")
_PARTS = ("tbody", "tr", "td", "th")
_PROSE = 80
"""Characters from which on a paragraph is prose."""
_ENOUGH = 2
"""Paragraphs of prose that make a cell a column; one heading does as well."""


def open_layout_tables(index: Index, boxes: Sequence[HtmlElement]) -> None:
    """Make blocks of the parts of tables that place columns, where no box of the text is marked."""
    if boxes:
        return
    opened: set[HtmlElement] = set()
    for cell in _columns(index):
        for table in cell.iterancestors("table"):
            if table in opened:
                break
            opened.add(table)
    if not opened:
        return
    parts = [node for node in index.tagged(*_PARTS) if next(node.iterancestors("table"), None) in opened]
    for node in (*opened, *parts):
        node.tag = "div"


def _columns(index: Index) -> Iterator[HtmlElement]:
    """Yield the innermost cells that contain a heading, or paragraphs of prose."""
    found: Counter[HtmlElement] = Counter()
    for node in index.tagged("p", *_HEADINGS):
        cell = next(node.iterancestors("td", "th"), None)
        if cell is not None and (node.tag != "p" or len(text_of(node)) >= _PROSE):
            found[cell] += 1 if node.tag == "p" else _ENOUGH
    yield from (cell for cell, number in found.items() if number >= _ENOUGH)
