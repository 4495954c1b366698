"""Further articles on the page of one, as sites add them below it for readers who scroll on.

Knows where each of several articles begins: at a first heading of its own.
Invariant: nothing is taken out but what is built as the page's own article is.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from pipeline.html.dom import Index, drop, fold, text_of, tokens

_MOST = 50
"""First headings of a page that are looked at; one with more is no page of some articles."""


def cut_other_articles(index: Index, declared: str, boxes: frozenset[str]) -> None:
    """Take out the articles besides the one whose first heading is in the `declared` title, else the first.

    Each is an element like that of the page's own article, beside it, with a first heading of its own.
    `boxes` are the classes by which themes mark an article's text.
    """
    headings = [node for node in index.tagged("h1") if text_of(node)]
    if not 2 <= len(headings) <= _MOST:
        return
    told = fold(declared)
    named = [node for node in headings if fold(text_of(node)) in told]
    own = max(named, key=lambda node: len(text_of(node))) if named else headings[0]
    around = {node: at for at, node in enumerate([own, *own.iterancestors()])}
    path = list(around)
    for heading in headings:
        inner = heading
        while (outer := inner.getparent()) is not None and outer not in around:
            inner = outer
        if outer is None or outer is heading or around[outer] == 0:
            continue
        if _is_like(inner, path[around[outer] - 1], boxes):
            drop(inner)


def _is_like(other: HtmlElement, own: HtmlElement, boxes: frozenset[str]) -> bool:
    """True if two elements beside each other hold one article each."""
    is_pair = other.tag == own.tag and (other.tag == "article" or bool(tokens(other) & tokens(own)))
    return is_pair and _holds_article(other, boxes) and _holds_article(own, boxes)


def _holds_article(node: HtmlElement, boxes: frozenset[str]) -> bool:
    return any(inner.tag == "article" or not boxes.isdisjoint(tokens(inner)) for inner in node.iter())
