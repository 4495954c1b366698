"""Pieces of a theme's box of text that are no text: shares, related articles, forms, bylines, menus.

Knows the classes of plugins and the turns of phrase of prompts.
Invariant: each piece that is left out has a rule that names why.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipeline.article import boilerplate
from pipeline.article.pieces import Piece
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import fold, tokens

_TAGS = {
    "nav": "menu",
    "form": "form",
    "button": "button",
    "fieldset": "form",
    "aside": "aside",
    "footer": "footer",
    "iframe": "embed",
    "video": "embed",
    "audio": "embed",
    "object": "embed",
    "noscript": "script",
}
_MARKS = re.compile(
    r"(?:^|[-_])(?:shar(?:e|es|ing)|sharedaddy|social|follow|related|yarpp|recommend\w*|also[-_]?read|read[-_]?more|"
    r"more[-_](?:from|stories|on|news|posts)|trending|popular|recent|newsletters?|subscribe|subscription|sign[-_]?up|"
    r"promo\w*|adverts?|advertis\w*|ads?|adsbygoogle|sponsor\w*|banner|donat\w*|paywall|cookie\w*|consent|popup|"
    r"modal|overlay|toc|ez-toc[-\w]*|rating|ratings|votes?|polls?|print|breadcrumbs?|pagination|pager|navigation|"
    r"nav-links|menu|sidebar|widget|byline|author|authorbox|author-box|vcard|postmeta|postmetadata|"
    r"(?:entry|post|article)-meta|posted|dateline|tags|tagcloud|cats?|categories|comments?|respond|reply|screen-reader-text|"
    r"visually-hidden|sr-only|skip-link|tooltip|dropdown|search|login|jp-relatedposts|disclosure|copyright|"
    r"toolbar|slider|carousel|audio-player|playlist|likes?|wpulike|avatar|feedback)(?:$|[-_])"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PROMPT = re.compile(
    r"^\W*(?:share (?:this|on|via|with)|share$|tweet$|pin it|e-?mail(?: this)?$|print(?: this)?$|"
    r"like this|loading|"
    r"advertisements?$|anzeige$|werbung$|publicidad$|publicité$|sponsored|continue reading|subscribe|sign up|"
    r"follow us|click here to|read more$|view all|powered by|skip to|back to top|teilen|click to share|"
    r"adverts?$|iklan$|reklame?$|trending\b|our latest|topics$|next prev|this slideshow requires|"
    r"image copyright|"
    r"\d+ (?:- \d+ )?of \d+$|getty images$|caption$|close$|photos?$|gallery$|foto$|bild$|image$|updated \d|"
    r"leave a (?:comment|reply)|related (?:posts?|articles?|stories)|you (?:may|might) also|more from|"
    r"table of contents|by \w+ \w+$|posted (?:by|in|on)|filed under|tags?:|tagged|published (?:by|on|in)|"
    r"\d+ (?:comments?|shares?|views|likes?|min read)|reading time)",
    re.IGNORECASE,
)
_SIGNS = 2
"""Letters of the shortest piece that is text."""
_DATE_LENGTH = 40
_ALL = 0.9
"""Share of its words from which on a piece counts as a link."""


def furniture(
    piece: Piece,
    box: HtmlElement,
    known: tuple[str | None, tuple[str, ...]],
    *,
    outside: bool,
    trust: int,
) -> str | None:
    """Return why a piece that was not extracted is no text; None where it is text.

    `outside` is a piece above the first or below the last that was extracted. `trust` is 2 for the box that a
    theme of WordPress marks, 1 for another that holds little but the text, else 0.
    """
    title, authors = known
    if rule := _marked(piece.element, box):
        return rule
    folded = fold(piece.words)
    if len(folded) < _SIGNS:
        return "only signs"
    if title and folded == fold(title):
        return "the title"
    if any(folded in (fold(name), f"by{fold(name)}") for name in authors):
        return "the byline"
    if _PROMPT.match(piece.words) or boilerplate.is_prompt(piece.words):
        return "a prompt"
    if outside and len(piece.words) < _DATE_LENGTH and looks_dated(piece.words, None):
        return "a date"
    linked = piece.linked
    if trust == 0 and (outside or linked > _ALL):
        return "outside of the text" if outside else "unmarked links"
    if trust < 2 and outside and (linked > 0.5 or piece.element.tag in ("h1", "h2", "h3", "h4", "h5", "h6")):
        return "links around the text" if linked > 0.5 else "a heading without text"
    return None


def _marked(element: HtmlElement, box: HtmlElement) -> str | None:
    """Return the rule by which an element up to the box is furniture."""
    node: HtmlElement | None = element
    while node is not None and node is not box:
        if node.tag in _TAGS:
            return f"in a {_TAGS[node.tag]}" if node.tag != "aside" else "in an aside"
        if _HIDDEN.search(node.get("style") or "") or node.get("aria-hidden") == "true":
            return "hidden"
        for mark in (*tokens(node), (node.get("id") or "").lower()):
            if _MARKS.search(mark):
                return f"marked {mark}"
        node = node.getparent()
    return None
