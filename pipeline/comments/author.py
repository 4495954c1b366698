"""Who wrote a comment, as the page shows it.

Contains the classes, orders and phrases of bylines.
Invariant: a name stays as it is printed, be it "C.", "E" or "13times"; badges, dates and "says" are never
part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from lxml.html import HtmlElement

from archive.core import urls
from pipeline.comments.vocabulary import (
    BADGES,
    COMMENT_PREFIX,
    NAME_LIKE,
    NAME_WORD,
    NAMES,
    NOISE,
    VERBS,
    Scene,
    inside,
    is_says,
)
from pipeline.dates import parse
from pipeline.html.dom import classes, classes_like, text_of, tokens
from pipeline.html.sanitize import line

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_END = 120
"""Characters at the end of a name among which "says" is looked for."""
_SAYS_END = re.compile(rf"\s*(?:(?<!\w)(?:{VERBS})(?!\w))?\s*(?:[:：]|\.\.\.|…)?\s*$", re.IGNORECASE)
_BEFORE_DATE = re.compile(
    r"\s*(?:[|,·•—–@(/]|\s-\s|\s(?:on|at|am|um|le|el|il|op|den|em|в|dne|dnia|,)\s|:\s)\s*", re.IGNORECASE
)
"""What stands between a name and a date in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name, its address, the rule that found it, and the element that bears it."""

    text: str | None = None
    url: str | None = None
    rule: str = "none"
    element: HtmlElement | None = None


_UNVERIFIED = " (not verified)"
"""What Drupal writes behind the name of a reader without an account."""


def extract_author(scene: Scene, dated: HtmlElement | None, *, ping: bool) -> Name:
    """Return the author of a comment.

    Of a ping the title of the page that links.
    """
    node = _marked(scene)
    if node is None:
        node = _unmarked(scene)
    if node is None and ping:
        node = _ping_link(scene.element)
    if node is None and dated is not None:
        node = _beside(dated, scene)
        node = _above(dated, scene) if node is None else node
    if node is None:
        return _before_permalink(scene) or _in_words(scene)
    rule = next((mark for mark in ("fn", "comment-author", "author") if mark in tokens(node)), node.tag)
    return Name(
        text=_text(node, scene.language),
        url=_author_link(node, scene.base),
        rule=f"page:{rule}",
        element=node,
    )


def _marked(scene: Scene) -> HtmlElement | None:
    """Return the element labelled as the name by a class or a property."""
    for wanted in NAMES[:2]:
        for node in classes(scene.element, *wanted):
            if text_of(node) and not inside_words(scene, node):
                cite = node.find("cite")
                return node if cite is None or not text_of(cite) else cite
    for node in scene.element.iter("*"):
        if (node.get("itemprop") or "") in ("author", "creator") and text_of(node):
            return next((n for n in node.iter("*") if n.get("itemprop") == "name" and text_of(n)), node)
    like = (classes_like(scene.element, pattern) for pattern in (NAME_LIKE, NAME_WORD))
    for node in chain(classes(scene.element, *NAMES[2]), classes(scene.element, *NAMES[3]), *like):
        if text_of(node) and node is not scene.element and node.tag not in ("li", "article", "ul"):
            found = _name_within(node, scene.body, scene.language)
            if found is not None:
                return found
    return None


def inside_words(scene: Scene, node: HtmlElement) -> bool:
    """True if the text is within the element labelled as the name."""
    return scene.body is not None and node in scene.body.iterancestors()


def _unmarked(scene: Scene) -> HtmlElement | None:
    """Return a name without a class.

    In a cite, a heading, an outward link, or the first bold text.
    """
    tags = ("cite", *_HEADINGS, "a", "strong", "b")
    outside = [
        n for n in scene.element.iter(*tags) if not scene.in_body(n) or _leads(n, scene) or _is_own(n, scene)
    ]
    for wanted in (("cite",), _HEADINGS, ("a",), ("strong", "b")):
        for node in outside:
            if node.tag not in wanted:
                continue
            said = _shown(node, scene.language) if node.tag in _HEADINGS else text_of(node)
            if said and len(said) <= 200 and _may_name(node, said, scene):
                return node
    return None


def _may_name(node: HtmlElement, said: str, scene: Scene) -> bool:
    opening = node.tag == "cite" and (
        COMMENT_PREFIX.match(said) or _before_date(said, scene.language) is not None
    )
    if _is_meta(node, said, scene.language) and not opening:
        return False
    if node.tag == "a":
        return "external" in (node.get("rel") or "") or "url" in tokens(node)
    parent = node.getparent()
    return not (
        node.tag in ("strong", "b")
        and scene.body is None
        and parent.tag == "p"
        and parent.getprevious() is not None
    )


def _leads(node: HtmlElement, scene: Scene) -> bool:
    """True if an unmarked name opens the block of the text: "<cite>Name says:</cite><p>…"."""
    body = scene.body
    if body is None or node.tag not in ("cite", "h3", "h4", "h5", "h6"):
        return False
    return node.getparent() is body and node.getprevious() is None and not (body.text or "").strip()


def _is_own(node: HtmlElement, scene: Scene) -> bool:
    """True if a link in a block with more than the text is WordPress's link of an author."""
    return not scene.sure and "url" in tokens(node) and "external" in (node.get("rel") or "").split()


def _ping_link(element: HtmlElement) -> HtmlElement | None:
    """Return the link to the page that links here.

    In a saved copy of a site its own pages are linked without a host.
    """
    links = [a for a in element.iter("a") if text_of(a) and "reply" not in (a.get("class") or "")]
    outward = (a for a in links if (a.get("href") or "").startswith(("http", "//")))
    marked = (a for a in links if "external" in (a.get("rel") or "").split() or "url" in tokens(a))
    return next(chain(outward, marked), None)


def _beside(dated: HtmlElement, scene: Scene) -> HtmlElement | None:
    """Return a name that is in the same line as the date and before it."""
    for node in dated.itersiblings("a", "strong", "b", "span", "em", preceding=True):
        said = text_of(node)
        if said and len(said) < 80 and not scene.in_body(node) and not _is_meta(node, said, scene.language):
            return node
    return None


def _above(dated: HtmlElement, scene: Scene) -> HtmlElement | None:
    """Return a name alone in the paragraph above the date, if the text follows below it."""
    node, below = dated.getprevious(), dated.getnext()
    if node is None or below is None or not (node.tag == dated.tag == "p") or not text_of(below):
        return None
    said = text_of(node)
    return node if said and len(said) < 80 and not _is_meta(node, said, scene.language) else None


def _before_permalink(scene: Scene) -> Name | None:
    """Return a name as plain text in its own line, before a permalink without a readable date."""
    link = scene.permalink()
    around = link.getparent() if link is not None else None
    if link is None or around is None or around is scene.element or len(around) > 1 or line(link.tail):
        return None
    said = line(around.text)
    match = COMMENT_PREFIX.match(said or "")
    said = match["name"] if match else said
    if not said or len(said) > 80 or is_says(said):
        return None
    return Name(text=said.rstrip(" ,:|"), rule="page:permalink", element=around)


def _in_words(scene: Scene) -> Name:
    """Return a name in "Comment by NAME — date", as plain text only."""
    for node in reversed(list(scene.element.iter("p", "small", "div", "span", "cite"))):
        said = text_of(node)
        if len(said) < 160 and not scene.in_body(node) and (match := COMMENT_PREFIX.match(said)):
            name = match["name"].rstrip(" ,:") or None
            link = next((a for a in node.iter("a") if text_of(a) == name), None)
            url = _author_link(link, scene.base) if link is not None else None
            return Name(text=name, url=url, rule="page:words")
    return Name()


def _before_date(said: str, language: str | None) -> str | None:
    """Return the text before a date in one line, if a date follows."""
    if not parse.looks_dated(said, language):
        return None
    for match in _BEFORE_DATE.finditer(said):
        head, rest = said[: match.start()].strip(), said[match.end() :]
        if head and not is_says(head) and parse.looks_dated(rest, language):
            return None if parse.looks_dated(head, language) else head
    return None


def _text(node: HtmlElement, language: str | None) -> str | None:
    name = _shown(node, language)
    if (
        name
        and node.tag == "cite"
        and not COMMENT_PREFIX.match(name)
        and (head := _before_date(name, language))
    ):
        return _without_says(head)
    match = COMMENT_PREFIX.match(name or "")
    if match and node.tag in ("cite", "div", "p", "small"):
        links = (text_of(a) for a in node.iter("a") if "#" not in (a.get("href") or ""))
        return next((said for said in links if said), None) or match["name"]
    return name


def _name_within(node: HtmlElement, body: HtmlElement | None, language: str | None) -> HtmlElement | None:
    """Return the name inside a block of metadata.

    Its own first text, or its first link, cite or strong.
    """
    own = _own_words(node)
    if (
        len(own) > 1
        and not is_says(own)
        and not parse.looks_dated(own, language)
        and not COMMENT_PREFIX.match(own)
    ):
        return node
    for inner in node.iter("cite", "strong", "b", *_HEADINGS, "a", "span", "em"):
        if inner is node or (body is not node and not inside(node, body) and inside(inner, body)):
            continue
        said = text_of(inner)
        if said and not _is_meta(inner, said, language):
            return inner
    return node if own and not is_says(own) and not parse.looks_dated(own, language) else None


def _own_words(node: HtmlElement) -> str:
    """Return an element's own first text, after elements without content."""
    said = line(node.text)
    for child in node:
        if said or text_of(child):
            break
        said = line(child.tail)
    return said or ""


def _is_meta(inner: HtmlElement, said: str, language: str | None) -> bool:
    """True if a piece of a block of metadata is a date, a permalink or a phrase like "says"."""
    href = inner.get("href") or ""
    if said.isdigit() and (inner.tag == "cite" or "url" in tokens(inner)):
        return False
    return bool(
        "#" in href
        or "replytocom" in href
        or is_says(said)
        or (inner.tag not in _HEADINGS and any(NOISE.match(mark) for mark in _marks(inner)))
        or parse.looks_dated(said, language)
        or re.fullmatch(r"[\d:.\s]+(?:[ap]m|uhr)?", said, re.IGNORECASE)
    )


def _marks(inner: HtmlElement) -> Iterator[str]:
    return (mark for mark in tokens(inner) if not mark.startswith("comment-author"))


def _author_link(node: HtmlElement, base: str) -> str | None:
    near = [*node.iter("a"), *(a for a in node.iterancestors("a"))]
    parent = node.getparent()
    if not near and parent is not None and tokens(parent) & {"comment-author", "vcard"}:
        near = [a for a in parent.iterchildren("a") if "url" in tokens(a)]
    for link in near:
        href = (link.get("href") or "").strip()
        if href and "#comment" not in href and "replytocom" not in href and not href.startswith("#"):
            found = urls.absolute(href, base)
            if found and found not in ("http://", "https://"):
                return found
    return None


def _shown(node: HtmlElement, language: str | None) -> str | None:
    """Return a name's text up to a line break, without badges."""
    parts = [node.text or ""]
    for child in node:
        if child.tag == "br" and line("".join(parts)):
            break
        said = text_of(child)
        skip = (
            child.tag in ("time", "script", "style", "noscript", "svg", "button", "abbr", "sup")
            or any(BADGES.match(mark) for mark in tokens(child))
            or (child.tag != "a" and parse.looks_dated(said, language))
            or "comment-reply-link" in tokens(child)
        )
        if (
            not skip
            and child.tag in ("span", "div", "small", "p")
            and line("".join(parts))
            and (tokens(child) or child.tag != "span")
        ):
            skip = True
        parts += ["" if skip else said, child.tail or ""]
    name = line("".join(parts)) or ""
    return _trimmed(name if "fn" in tokens(node) else _without_says(name) or "")


def _without_says(name: str) -> str | None:
    """Return a name without "says" after it."""
    return _trimmed(name[:-_END] + _SAYS_END.sub("", name[-_END:]))


def _trimmed(name: str) -> str | None:
    """Return a name less the signs around it."""
    shown = name[:-_END] + re.sub(r"\s+[-–—|·•]+$", "", name[-_END:])
    return shown.removesuffix(_UNVERIFIED).rstrip(" ,:").lstrip(" ,") or None
