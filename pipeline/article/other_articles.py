"""Further articles on the page of one: whole ones below it for readers who scroll on, and cards of others.

Knows where each of several articles begins, at a first heading of its own, the class by which WordPress marks
each post with its id, and the cards that themes make of other articles, with a linked headline.
Invariant: nothing is taken out but what is built as the page's own article is, or what is marked as another.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.html.dom import Index, drop, fold, has_class, is_longer, text_of, tokens

_MARKED = ("hentry", "type-post", "wp-block-post", "status-publish")
"""Classes that WordPress gives to each post of a page."""
_POST = re.compile(r"post-(\d+)")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_MOST = 50
"""First headings of a page that are looked at; one with more is no page of some articles."""
_LONGEST_CARD = 1000
"""Characters of the longest card: a headline and the beginning of an article, or its summary."""
_OF_A_THREAD = re.compile(
    r"comment|respon|repl(?:y|ies)|discuss|kommentar|commentaire|comentario|reaktion|reactie"
)
"""In classes and ids around comments, which some themes build as articles as well."""
_OF_A_LIVE_REPORT = re.compile(
    r"live[-_]?(?:blog|report|ticker|feed|updates?|posts?|text|coverage|event)|(?:^|[\s_-])ticker(?:$|[\s_-])|"
    r"minute[-_]by[-_]minute"
)
"""In classes and ids around the entries of a live report, each of which may have an address of its own."""
_OF_AN_AUTHOR = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|people|profiles?|staff|team|by)/", re.IGNORECASE
)
"""In the URLs of authors, whose names and lives are on cards too."""


def cut_other_articles(index: Index, declared: str, boxes: frozenset[str]) -> list[HtmlElement]:
    """Take out and return all articles but that with its first heading in the `declared` title, or the first.

    Each is an element like that of the page's own article, a sibling, with a first heading of its own.
    `boxes` are the classes by which themes label an article's text.
    """
    headings = [node for node in index.tagged("h1") if text_of(node)]
    cut: list[HtmlElement] = []
    if not 2 <= len(headings) <= _MOST:
        return cut
    own = _own_heading(headings, declared)
    path = [own, *own.iterancestors()]
    around = {node: at for at, node in enumerate(path)}
    for heading in headings:
        inner = heading
        while (outer := inner.getparent()) is not None and outer not in around:
            inner = outer
        if outer is None or outer is heading or around[outer] == 0:
            continue
        if _is_like(inner, path[around[outer] - 1], boxes):
            drop(inner)
            cut.append(inner)
    return cut


def cut_cards(index: Index, post_id: int | None) -> list[HtmlElement]:
    """Take out and return what WordPress marks as another post than the page's, with the heading above them.

    Nothing where the page's own post is unknown, or is not marked in the page by its id.
    """
    posts = [(node, number) for node in index.having(_MARKED) if (number := _number(node)) is not None]
    own = {node for node, number in posts if number == post_id}
    cut: list[HtmlElement] = []
    if post_id is None or not own:
        return cut
    kept = own | {outer for node in own for outer in node.iterancestors()}
    for card in (node for node, number in posts if number != post_id and node not in kept):
        cut += _cut_card(card, kept)
    return cut


def cut_linked_cards(index: Index, declared: str, url: str, base: str) -> list[HtmlElement]:
    """Take out and return the cards of other articles outside of the page's own, with the heading above them.

    A card is a short `article` whose headline leads to another page of the site, or a link around a headline
    and more. Nothing where the heading of the page, `declared` or the first, is in no `article`. `url` is the
    page's, `base` that of its links.
    """
    headings = [node for node in index.tagged("h1") if text_of(node)]
    cut: list[HtmlElement] = []
    if not headings:
        return cut
    heading = _own_heading(headings, declared)
    own = next((outer for outer in heading.iterancestors("article")), None)
    if own is None:
        return cut
    kept = {own, *own.iterancestors()}
    for card in index.tagged("article", "a"):
        if card in kept or not _is_linked_card(card, url, base) or own in card.iterancestors():
            continue
        cut += _cut_card(card, kept)
    return cut


def _own_heading(headings: list[HtmlElement], declared: str) -> HtmlElement:
    """Return the longest of several headings that is in the declared title, or the first."""
    told = fold(declared)
    named = [node for node in headings if fold(text_of(node)) in told]
    return max(named, key=lambda node: len(text_of(node))) if named else headings[0]


def _is_linked_card(card: HtmlElement, url: str, base: str) -> bool:
    """True for a short element whose headline leads to another page of the site.

    Not of a thread, and not of a live report.
    """
    title = next((node for node in card.iter(*_HEADINGS) if text_of(node)), None)  # most links have none
    if title is None or is_longer(card, _LONGEST_CARD) or text_of(title) == text_of(card):
        return False
    within = [link for link in title.iter("a") if text_of(link) == text_of(title)]
    around = [outer for outer in title.iterancestors("a") if outer is card or card in outer.iterancestors()]
    link = next((node for node in (*within, *around) if node.get("href")), None)
    target = urls.absolute(link.get("href"), base) if link is not None else None
    if target is None or not urls.same_host(target, url) or _OF_AN_AUTHOR.search(target):
        return False
    here, there = urls.link_key(url), urls.link_key(target)
    if there == here or there.startswith(f"{here}/"):
        return False  # a part of this article, such as an entry of a live report
    marks = [
        f"{node.get('class', '')} {node.get('id', '')}".lower() for node in (card, *card.iterancestors())
    ]
    return not any(_OF_A_THREAD.search(mark) or _OF_A_LIVE_REPORT.search(mark) for mark in marks)


def _cut_card(card: HtmlElement, kept: set[HtmlElement]) -> list[HtmlElement]:
    """Take out a card, and what is empty around it; return it with the headings above."""
    group = card.getparent()
    drop(card)
    cut = [card]
    while group is not None and group not in kept and not text_of(group):
        above, outer = group.getprevious(), group.getparent()
        drop(group)
        if above is not None and _is_heading(above):
            drop(above)
            cut.append(above)
        group = outer
    return cut


def _number(node: HtmlElement) -> int | None:
    """Return the id of the post that an element is marked as, null where it is no post."""
    for mark in tokens(node):
        if match := _POST.fullmatch(mark):
            return int(match[1])
    return None


def _is_heading(node: HtmlElement) -> bool:
    """True if an element is a heading, or holds nothing but one."""
    if node.tag in _HEADINGS:
        return True
    inner = [text_of(heading) for heading in node.iter(*_HEADINGS)]
    return len(inner) == 1 and inner[0] == text_of(node)


def _is_like(other: HtmlElement, own: HtmlElement, boxes: frozenset[str]) -> bool:
    """True if two sibling elements contain one article each."""
    if other.tag != own.tag:
        return False
    if other.tag != "article" and not has_class(other, tokens(own)):
        return False
    return _holds_article(other, boxes) and _holds_article(own, boxes)


def _holds_article(node: HtmlElement, boxes: frozenset[str]) -> bool:
    return any(inner.tag == "article" or has_class(inner, boxes) for inner in node.iter())
