"""The links of a body, carried through trafilatura as signs in the text.

Trafilatura keeps links only at the cost of broken paragraphs; characters are preserved. So each link's text
is preceded by two Braille signs, which number it; the signs are read as the prose is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml.etree import _Element
from lxml.html import HtmlElement

from pipeline.html.dom import fold_space, raw_text

MARK = re.compile("[\u2801-\u28ff]{2}")
_FIRST, _BASE = 0x2801, 255


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the page.

    Its target, and the first run of its text.
    """

    href: str
    words: str


def mark_links(links: Iterable[HtmlElement]) -> tuple[Link, ...]:
    """Put a sign before the text of each link, and return the links by number."""
    found: list[Link] = []
    for link in links:
        href = link.get("href")
        if not href:
            continue
        said = link.text
        holder = link if said and not said.isspace() else _first_with_words(link)
        if holder is None or MARK.search(holder.text) or len(found) >= _BASE * _BASE:
            continue
        high, low = divmod(len(found), _BASE)
        words = holder.text.lstrip()
        holder.text = (
            holder.text[: len(holder.text) - len(words)] + chr(_FIRST + high) + chr(_FIRST + low) + words
        )
        found.append(Link(href, fold_space(words).strip()))
    return tuple(found)


def _first_with_words(link: HtmlElement) -> HtmlElement | None:
    """Return the first element inside a link with text of its own."""
    return next((node for node in link.iter("*") if (node.text or "").strip()), None) if len(link) else None


def without_numbers(words: str) -> str:
    """Return text without the signs of links."""
    return words if words.isascii() else MARK.sub("", words)


def number(mark: str) -> int:
    """Return the number of the link that a sign represents."""
    return (ord(mark[0]) - _FIRST) * _BASE + ord(mark[1]) - _FIRST


def link_numbers(element: _Element) -> Iterator[int]:
    """Yield the numbers of the links marked in an element."""
    for mark in MARK.findall(raw_text(element)):
        yield number(mark)
