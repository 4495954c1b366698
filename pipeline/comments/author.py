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
    only_prefix,
)
from pipeline.dates import parse
from pipeline.html.dom import has_class, text_of, tokens
from pipeline.html.sanitize import line

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_AUTHOR_MARKS = ("fn", "comment-author", "author")
_CARD = frozenset({"comment-author", "vcard"})
_NO_NAMES = frozenset({"time", "script", "style", "noscript", "svg", "button", "abbr", "sup"})
_CLOCK = re.compile(r"[\d:.\s]+(?:[ap]m|uhr)?", re.IGNORECASE)
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
    if node is None and dated is not None:
        node = _above(dated, scene)
    if node is None:
        return _before_permalink(scene) or _in_words(scene)
    marks = tokens(node)
    rule = next((mark for mark in _AUTHOR_MARKS if mark in marks), node.tag)
    text = _text(node, scene.language)
    return Name(text=text, url=_author_link(node, scene.base), rule=f"page:{rule}", element=node)


def _marked(scene: Scene) -> HtmlElement | None:
    """Return the element labelled as the name by a class or a property."""
    labelled = _labelled(scene)
    if labelled is not None:
        return labelled
    like = (scene.classed.like(pattern) for pattern in (NAME_LIKE, NAME_WORD))
    for node in chain(scene.classed.having(NAMES[2]), scene.classed.having(NAMES[3]), *like):
        if node is scene.element or node.tag in ("li", "article", "ul"):
            continue
        if text_of(node):
            found = _name_within(node, scene.body, scene.language)
            if found is not None:
                return found
    return None


def _labelled(scene: Scene) -> HtmlElement | None:
    """Return the element that is marked as the name alone."""
    for wanted in NAMES[:2]:
        for node in scene.classed.having(wanted):
            if text_of(node) and not inside_words(scene, node):
                return _cite_within(node)
    for node in scene.element.iter("*"):
        if node.get("itemprop") in ("author", "creator") and text_of(node):
            names = (inner for inner in node.iter("*") if inner.get("itemprop") == "name")
            return next(filter(text_of, names), node)
    return None


def _cite_within(node: HtmlElement) -> HtmlElement:
    """Return the <cite> within an element if it has text, else the element itself."""
    cite = node.find("cite")
    if cite is not None and text_of(cite):
        return cite
    return node


def inside_words(scene: Scene, node: HtmlElement) -> bool:
    """True if the text is within the element labelled as the name."""
    if scene.body is None:
        return False
    return node in scene.body.iterancestors()


def _unmarked(scene: Scene) -> HtmlElement | None:
    """Return a name without a class.

    In a cite, a heading, an outward link, or the first bold text.
    """
    tags = ("cite", *_HEADINGS, "a", "strong", "b")
    outside = [node for node in scene.element.iter(*tags) if _is_outside(node, scene)]
    for wanted in (("cite",), _HEADINGS, ("a",), ("strong", "b")):
        for node in outside:
            if node.tag not in wanted:
                continue
            text = _name_or_text(node, scene.language)
            if text and len(text) <= 200 and _may_name(node, text, scene):
                return node
    return None


def _is_outside(node: HtmlElement, scene: Scene) -> bool:
    """True if an element is not part of a comment's text."""
    return not scene.in_body(node) or _leads(node, scene) or _is_own(node, scene)


def _name_or_text(node: HtmlElement, language: str | None) -> str | None:
    if node.tag in _HEADINGS:
        return _shown(node, language)
    return text_of(node)


def _may_name(node: HtmlElement, said: str, scene: Scene) -> bool:
    if _is_meta(node, said, scene.language) and not _opens(node, said, scene.language):
        return False
    if node.tag == "a":
        return "external" in node.get("rel", "") or "url" in tokens(node)
    if node.tag not in ("strong", "b") or scene.body is not None:
        return True
    parent = node.getparent()
    return parent.tag != "p" or parent.getprevious() is None


def _opens(node: HtmlElement, said: str, language: str | None) -> bool:
    """True if a <cite> begins with a name."""
    if node.tag != "cite":
        return False
    return COMMENT_PREFIX.match(said) is not None or _before_date(said, language) is not None


def _leads(node: HtmlElement, scene: Scene) -> bool:
    """True if an unmarked name opens the block of the text: "<cite>Name says:</cite><p>…"."""
    body = scene.body
    if body is None or node.tag not in ("cite", "h3", "h4", "h5", "h6"):
        return False
    if node.getparent() is not body or node.getprevious() is not None:
        return False
    return not (body.text or "").strip()


def _is_own(node: HtmlElement, scene: Scene) -> bool:
    """True if a link in a block with more than the text is WordPress's link of an author."""
    if scene.sure or "url" not in tokens(node):
        return False
    return "external" in _relations(node)


def _relations(link: HtmlElement) -> list[str]:
    stated: str = link.get("rel", "")
    return stated.split()


def _ping_link(element: HtmlElement) -> HtmlElement | None:
    """Return the link to the page that links here.

    In a saved copy of a site its own pages are linked without a host.
    """
    links = [link for link in element.iter("a") if text_of(link) and "reply" not in link.get("class", "")]
    outward = (link for link in links if link.get("href", "").startswith(("http", "//")))
    marked = (link for link in links if "external" in _relations(link) or "url" in tokens(link))
    return next(chain(outward, marked), None)


def _beside(dated: HtmlElement, scene: Scene) -> HtmlElement | None:
    """Return a name that is in the same line as the date and before it."""
    for node in dated.itersiblings("a", "strong", "b", "span", "em", preceding=True):
        if not scene.in_body(node) and _is_short_name(node, scene.language):
            return node
    return None


def _is_short_name(node: HtmlElement, language: str | None) -> bool:
    text = text_of(node)
    return 0 < len(text) < 80 and not _is_meta(node, text, language)


def _above(dated: HtmlElement, scene: Scene) -> HtmlElement | None:
    """Return a name alone in the paragraph above the date, if the text follows below it."""
    above, below = dated.getprevious(), dated.getnext()
    if above is None or below is None:
        return None
    if dated.tag != "p" or above.tag != "p" or not text_of(below):
        return None
    if _is_short_name(above, scene.language):
        return above
    return None


def _before_permalink(scene: Scene) -> Name | None:
    """Return a name as plain text in its own line, before a permalink without a readable date."""
    link = scene.permalink()
    if link is None:
        return None
    around = link.getparent()
    if around is None or around is scene.element:
        return None
    if len(around) > 1 or line(link.tail):
        return None
    name = line(around.text) or ""
    if prefixed := COMMENT_PREFIX.match(name):
        name = prefixed["name"]
    if not 0 < len(name) <= 80 or is_says(name):
        return None
    return Name(text=name.rstrip(" ,:|"), rule="page:permalink", element=around)


def _in_words(scene: Scene) -> Name:
    """Return a name in "Comment by NAME — date", as plain text only."""
    for node in reversed(list(scene.element.iter("p", "small", "div", "span", "cite"))):
        text = text_of(node)
        if len(text) >= 160 or scene.in_body(node):
            continue
        if prefixed := COMMENT_PREFIX.match(text):
            name = prefixed["name"].rstrip(" ,:") or None
            links = (_author_link(link, scene.base) for link in node.iter("a") if text_of(link) == name)
            return Name(text=name, url=next(links, None), rule="page:words")
    return Name()


def _before_date(said: str, language: str | None) -> str | None:
    """Return the text before a date in one line, if a date follows."""
    if not parse.looks_dated(said, language):
        return None
    for match in _BEFORE_DATE.finditer(said):
        head = said[: match.start()].strip()
        rest = said[match.end() :]
        if not head or is_says(head):
            continue
        if parse.looks_dated(rest, language):
            if parse.looks_dated(head, language):
                return None
            return head
    return None


def _text(node: HtmlElement, language: str | None) -> str | None:
    name = _shown(node, language)
    prefixed = COMMENT_PREFIX.match(name or "")
    if name is None or node.tag not in ("cite", "div", "p", "small"):
        return name
    if prefixed is None and (before := _before_date(name, language)):
        return _without_says(before)
    if prefixed:
        links = (text_of(link) for link in node.iter("a") if "#" not in link.get("href", ""))
        return next(filter(None, links), prefixed["name"])
    return name


def _name_within(node: HtmlElement, body: HtmlElement | None, language: str | None) -> HtmlElement | None:
    """Return the name inside a block of metadata.

    Its own first text, or its first link, cite or strong.
    """
    own = _own_words(node)
    is_name = own != "" and not is_says(own) and not parse.looks_dated(own, language)
    if is_name and len(own) > 1 and not COMMENT_PREFIX.match(own) and not only_prefix(own):
        return node
    around_body = body is not node and not inside(node, body)
    for inner in node.iter("cite", "strong", "b", *_HEADINGS, "a", "span", "em"):
        if inner is node or (around_body and inside(inner, body)):
            continue
        text = text_of(inner)
        if text and not _is_meta(inner, text, language):
            return inner
    if is_name and (len(own) == 1 or COMMENT_PREFIX.match(own)):
        return node
    return None


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
    if said.isdigit() and (inner.tag == "cite" or "url" in tokens(inner)):
        return False
    href = inner.get("href", "")
    if "#" in href or "replytocom" in href or is_says(said):
        return True
    if inner.tag not in _HEADINGS and any(map(NOISE.match, _marks(inner))):
        return True
    return parse.looks_dated(said, language) or _CLOCK.fullmatch(said) is not None


def _marks(inner: HtmlElement) -> Iterator[str]:
    return (mark for mark in tokens(inner) if not mark.startswith("comment-author"))


def _author_link(node: HtmlElement, base: str) -> str | None:
    near = [*node.iter("a"), *node.iterancestors("a")]
    parent = node.getparent()
    if not near and parent is not None and has_class(parent, _CARD):
        near = [link for link in parent.iterchildren("a") if "url" in tokens(link)]
    for link in near:
        href = link.get("href", "").strip()
        if not href or href.startswith("#"):
            continue
        if "#comment" in href or "replytocom" in href:
            continue
        found = urls.absolute(href, base)
        if found and found not in ("http://", "https://"):
            return found
    return None


def _shown(node: HtmlElement, language: str | None) -> str | None:
    """Return a name's text up to a line break, without badges."""
    text = node.text or ""
    for child in node:
        if child.tag == "br" and line(text):
            break
        piece = text_of(child)
        is_behind = _is_addition(child) and line(text) and not only_prefix(text)
        if not is_behind and not _is_badge(child, piece, language):
            text += piece
        text += child.tail or ""
    name = line(text) or ""
    if "fn" in tokens(node):
        return _trimmed(name)
    return _trimmed(_without_says(name) or "")


def _is_badge(child: HtmlElement, text: str, language: str | None) -> bool:
    """True if an element is a badge, a date or a control."""
    marks = tokens(child)
    if child.tag in _NO_NAMES or "comment-reply-link" in marks:
        return True
    if any(map(BADGES.match, marks)):
        return True
    return child.tag != "a" and parse.looks_dated(text, language)


def _is_addition(child: HtmlElement) -> bool:
    """True if an element behind a name adds something to it."""
    if child.tag == "span":
        return bool(tokens(child))
    return child.tag in ("div", "small", "p")


def _without_says(name: str) -> str | None:
    """Return a name without "says" after it."""
    return _trimmed(name[:-_END] + _SAYS_END.sub("", name[-_END:]))


def _trimmed(name: str) -> str | None:
    """Return a name less the signs around it."""
    shown = name[:-_END] + re.sub(r"\s+[-–—|·•]+$", "", name[-_END:])
    return shown.removesuffix(_UNVERIFIED).rstrip(" ,:").lstrip(" ,") or None
