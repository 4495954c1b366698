"""The article of a page that is built of widgets.

Such systems class the block of the article like those beside it.
Invariant: a class is dropped only around the page's own heading, never around the name of the site.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.html.dom import below_body, fold, is_longer, text_of, tokens, words

_WIDGETS = words("widget sidebar")
_PROSE = 80
"""Paragraphs of this length are prose."""
_LEAST = 8
"""Letters of the shortest heading that is surely the page's own."""
_TITLE_WORDS = 4
"""Words of a heading that is a title and no site's name, if it is most of the page's title."""


def unclass_article(tree: HtmlElement) -> None:
    """Drop the class of a widget from the blocks around the page's article."""
    for heading in tree.iter("h1"):
        blocks = [outer for outer in below_body(heading) if not _WIDGETS.isdisjoint(tokens(outer))]
        if not blocks or any(urls.path_of(link.get("href")) in ("", "/") for link in heading.iter("a")):
            continue
        title = text_of(tree.find(".//title")) if tree.find(".//title") is not None else ""
        said = text_of(heading)
        if len(fold(said)) < _LEAST or not fold(title).startswith(fold(said)):
            continue
        is_whole = len(said.split()) >= _TITLE_WORDS and 2 * len(said) > len(title)
        for block in blocks:
            if is_whole or 2 * _prose(block) > _prose(tree):
                marks = (mark for mark in block.get("class").split() if mark.lower() not in _WIDGETS)
                block.set("class", " ".join(marks))


def _prose(block: HtmlElement) -> int:
    """Return the number of paragraphs of prose in a block."""
    return sum(is_longer(paragraph, _PROSE) for paragraph in block.iter("p"))
