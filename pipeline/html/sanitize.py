"""Small pieces of prose.

A comment's HTML as safe HTML and as plain text, and single lines.

Every surface of a site passes `render`, so that the same comment read from REST, from a page or from a feed
is the same text and the same HTML. It decides which markup is harmless, independent of the markup's origin.
Invariant: the result names no script, and no reader's text is lost.
"""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass
from functools import lru_cache

import nh3

from pipeline.html.dom import fold_space, words

_TAGS = set(
    words(
        "a abbr b blockquote br caption cite code dd del div dl dt em h2 h3 h4 h5 h6 hr i "
        "ins kbd li ol p pre q s small "
        "strike strong sub sup table tbody td th thead tr u ul"
    )
)
BLOCKS = _TAGS & set(
    words("blockquote caption dd div dl dt h2 h3 h4 h5 h6 hr li ol p pre table tbody thead tr ul")
)
DEAD = set(words("script style template noscript iframe textarea select svg"))
"""Elements whose content is no prose."""
SOFT_BLOCKS = frozenset({"li", "dd", "dt", "tr", "tbody", "thead"})
"""Blocks that begin a new line, where the others begin a new paragraph."""

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)(?:\s[^<>"]*(?:"[^"]*"[^<>"]*)*)?>')
_IMG = re.compile(r"<img\b[^>]{0,4000}>", re.IGNORECASE)
_EMOJI_CLASS = re.compile(
    r"""class\s{0,9}=\s{0,9}["']?[^"'>]{0,400}\b(?:wp-smiley|emoji|smiley|smilies)\b""", re.IGNORECASE
)
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_EMPTY = re.compile(r"<(p|div|blockquote|li|ul|ol)>\s*</\1>")
_EXCERPT = re.compile(r"^\[(?:…|\.\.\.)\].*\[(?:…|\.\.\.)\]$", re.DOTALL)
_BETWEEN = re.compile(r"(?<![ \t\r\f\v])[ \t\r\f\v]*\n[ \t\n\r\f\v]*")
_AROUND_LINE = re.compile(r"(?<!\s)\s*\v\s*")
"""Both begin where white space does, so that a long run of it is looked at once, and not from each place."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One piece of prose twice: as plain text and as safe HTML.

    No result where nothing is left.
    """

    text: str | None
    html: str | None


def line(value: str | None) -> str | None:
    """Return a single line with white space folded, unless nothing is left."""
    if value is None:
        return None
    if value.isprintable():  # then its only white space is the space
        return " ".join(value.split()) or None
    return fold_space(_CONTROL.sub("", value)).strip() or None


def markup_to_line(value: str | None) -> str | None:
    """Return a line of rendered HTML (a title, a name) as text.

    Tags stripped, entities decoded once.
    """
    if value is None:
        return None
    if "<" in value:
        value = nh3.clean(_emoji(value), tags=set())
    return line(entities.unescape(value))


def render(markup: str | None, base: str | None = None) -> Rendered:
    """Return the markup of a comment as text and as safe HTML.

    Relative links are resolved against `base`.
    """
    if not markup or not markup.strip():
        return Rendered(None, None)
    if base and not base.startswith("http"):
        base = None
    try:
        safe = _clean(markup, base)
    except ValueError:  # the page's own URL is invalid
        safe = _clean(markup, None)
    text = _to_text(safe)
    if text is None:
        return Rendered(None, None)
    return Rendered(text, _tidy(safe))


def _clean(markup: str, base: str | None) -> str:
    printable = _emoji(_CONTROL.sub("", markup))
    safe = _cleaner(base).clean(printable)
    return _CONTROL.sub("", safe)  # what stood there as a reference, too


@lru_cache(maxsize=64)
def _cleaner(base: str | None) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        clean_content_tags=DEAD,
        attributes={"a": {"href", "title"}, "abbr": {"title"}},
        url_schemes={"http", "https", "mailto"},
        url_relative=("rewrite_with_base", base) if base else "deny",
        link_rel="nofollow ugc",
        strip_comments=True,
    )


def is_excerpt(text: str | None) -> bool:
    """True if a text is WordPress's quotation of a page that links: "[…] text […]"."""
    return bool(text and _EXCERPT.match(text))


def _emoji(markup: str) -> str:
    """Return markup with emoji that are drawn as images as characters.

    Other images, old smileys too, are left to be dropped.
    """
    if "<img" not in markup and "<IMG" not in markup:
        return markup
    return _IMG.sub(_character, markup)


def _character(image: re.Match[str]) -> str:
    """Return the character that an image draws, or the image."""
    if not _EMOJI_CLASS.search(image[0]):
        return image[0]
    found = _ALT.search(image[0])
    if found is None:
        return image[0]
    alt = next(filter(None, found.groups()), "")
    if entities.unescape(alt).isascii():
        return image[0]
    return alt


def _tidy(safe: str) -> str:
    """Return one form of equal content.

    No blank lines between blocks, no empty paragraphs.
    """
    if "<pre>" in safe:
        return safe.strip()
    return _EMPTY.sub("", _BETWEEN.sub("\n", safe.replace("\xa0", "&nbsp;"))).strip(" \t\r\n\f\v")


def _to_text(safe: str) -> str | None:
    """Return the plain text of safe HTML.

    Paragraphs divided by blank lines, line breaks kept.
    """
    out: list[str] = []
    inside_pre = 0
    position = 0
    for match in _TAG.finditer(safe):
        _append(out, safe[position : match.start()], keep=inside_pre > 0)
        position = match.end()
        closing, name = match[1] == "/", match[2]
        if name == "pre":
            inside_pre += -1 if closing else 1
        if name == "br":
            out.append("\n")
        elif name in SOFT_BLOCKS:
            out.append("\v")
        elif name in BLOCKS:
            out.append("\f")
        elif name in ("td", "th"):
            out.append(" ")
    _append(out, safe[position:], keep=inside_pre > 0)
    return _paragraphs("".join(out))


def _append(out: list[str], raw: str, *, keep: bool) -> None:
    """Add character data.

    Outside `pre` its white space folds, so that only tags break lines.
    """
    if not raw:
        return
    text = entities.unescape(raw)
    if not keep:
        text = fold_space(text)
    out.append(text)


def _paragraphs(marked: str) -> str | None:
    """Return text with its separators as white space, trimmed.

    A form feed separates paragraphs, a vertical tab lines.
    """
    blocks = []
    for block in marked.split("\f"):
        if "\n" not in block and "\v" not in block:  # as most are
            if one := block.strip():
                blocks.append(one)
            continue
        lines = [part.strip() for part in re.split(r"[\n\v]", _AROUND_LINE.sub("\v", block))]
        joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if joined.strip():
            blocks.append(joined)
    return "\n\n".join(blocks) or None
