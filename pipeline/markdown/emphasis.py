"""Bold and italics of a body, carried through trafilatura as signs in the text, as its links are.

A hexagram is at each end of emphasised text; prose reads them as it is written.
Invariant: the plain text never shows such a sign, and a page that itself writes these signs is left as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from lxml.html import HtmlElement

from pipeline.html.dom import raw_text

_STRONG, _EMPHASIS = ("\u4dc0", "\u4dc1"), ("\u4dc2", "\u4dc3")
_ENDS = {"strong": _STRONG, "b": _STRONG, "em": _EMPHASIS, "i": _EMPHASIS}
TAGS = tuple(_ENDS)
MARKS = re.compile("[\u4dc0-\u4dc3]")
_PAIR = re.compile("\u4dc0([^\u4dc0-\u4dc3]*)\u4dc1|\u4dc2([^\u4dc0-\u4dc3]*)\u4dc3")
_SEAM = re.compile("\u4dc1\u4dc0|\u4dc3\u4dc2")
_INLINE = frozenset(
    {"a", "abbr", "b", "br", "cite", "code", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub"}
    | {"sup", "u", "wbr", "q", "ins", "del", "img"}
)


def writes_marks(source: str) -> bool:
    """True if a page itself contains a sign used for emphasis here."""
    return any(sign in source for sign in (*_STRONG, *_EMPHASIS))


def mark_emphasis(elements: Iterable[HtmlElement]) -> None:
    """Put a sign at each end of these elements, if they contain text and only inline content."""
    for element in elements:
        inner = list(element.iterdescendants())
        if not raw_text(element).strip() or any(node.tag not in _INLINE for node in inner):
            continue
        opening, closing = _ENDS[element.tag]
        element.text = opening + (element.text or "")
        if len(element):
            element[-1].tail = (element[-1].tail or "") + closing
        else:
            element.text += closing


def without_marks(words: str) -> str:
    """Return text without emphasis signs."""
    return words if words.isascii() else MARKS.sub("", words)


def is_whole(words: str) -> bool:
    """True if each sign in a text has its counterpart."""
    unpaired = _paired(words, lambda match: match[1] or match[2] or "")
    return MARKS.search(unpaired) is None


def dress(rows: list[str]) -> list[str]:
    """Return rows of Markdown with the signs as stars.

    Emphasis that is open at the end of a row continues in the next.
    """
    dressed = []
    carried = ""
    for row in rows:
        row = carried + row
        open_marks: list[str] = []
        for mark in MARKS.findall(row):
            if mark in "\u4dc0\u4dc2":
                open_marks.append(mark)
            elif open_marks:
                open_marks.pop()
        carried = "".join(open_marks)
        closing = [chr(ord(mark) + 1) for mark in reversed(open_marks)]
        row = _SEAM.sub("", row + "".join(closing))
        dressed.append(MARKS.sub("", _paired(row, _starred)))
    return dressed


def _paired(words: str, replace: Callable[[re.Match[str]], str]) -> str:
    """Return text with its pairs of signs replaced from the inside out."""
    while (inner := _PAIR.sub(replace, words)) != words:
        words = inner
    return words


def _starred(match: re.Match[str]) -> str:
    """Return one emphasised run with its stars.

    Without them where Markdown would not take them as such.
    """
    stars, inner = "*", match[2]
    if match[1] is not None:
        stars, inner = "**", match[1]
    core = inner.strip()
    if not core:
        return inner
    start = inner.index(core)
    lead, trail = inner[:start], inner[start + len(core) :]
    before = match.string[: match.start()][-1:]
    after = match.string[match.end() :][:1]
    opens = lead or not (before.isalnum() and _is_sign(core[:1]))
    closes = trail or not (after.isalnum() and _is_sign(core[-1:]))
    if not (opens and closes):
        return inner
    return f"{lead}{stars}{core}{stars}{trail}"


def _is_sign(letter: str) -> bool:
    return bool(letter) and unicodedata.category(letter)[0] in "PS"
