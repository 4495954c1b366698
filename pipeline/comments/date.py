"""When a comment was written, as the page states it.

Contains the places where themes print a date; a value of `datetime` is not always one.
Invariant: a date that the reader wrote is never the date of the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lxml.html import HtmlElement

from archive.core.records import Moment
from pipeline.comments.vocabulary import DATE_LIKE, DATE_WORD, DATES, Scene, inside
from pipeline.dates import parse
from pipeline.html.dom import attribute, text_of
from pipeline.html.sanitize import line

_AGE = re.compile(r"\d{1,3}\s[^\d]{3,20}$")
_TIME = re.compile(
    r"\W{0,3}(?:(?:at|um|à|a las|om)\s)?\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?|\s?uhr)?$", re.IGNORECASE
)
_INLINE = ("a", "time", "span", "abbr", "small", "em")
_ONLY_TIME = re.compile(r"\d{1,2}[:.]\d{2}.{0,8}")
_AROUND = 12
"""Characters that may stand beside a date in an element of its own."""
LINE = 70
"""Longer runs of text are no line of a theme's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Machine-readable date, the printed date, the rule, and the element that contains them."""

    mark: str | None = None
    raw: str | None = None
    rule: str = "none"
    element: HtmlElement | None = None


def extract_date(scene: Scene, *, ping: bool) -> Stamp:
    """Return the date of a comment.

    For a ping only a labelled date, since its title may contain another one.
    """
    labelled = (source(scene) for source in (_marked, _titled, _linked, _classed))
    sources = filter(None, labelled)
    found = next(sources, None)
    if found is None and not ping and not _aged(scene):
        found = _printed(scene)
    if found is None:
        return _unread(scene)
    day = _moment(found, scene)
    if isinstance(day, datetime):
        return found
    for other in sources:
        moment = _moment(other, scene)
        if isinstance(moment, datetime) and moment.date() == day:
            return other
    return _timed(found)


def _printed(scene: Scene) -> Stamp | None:
    """Return an unlabelled date, rather one with its time."""
    printed = list(filter(None, (_lines(scene), _loose(scene))))
    exact = [stamp for stamp in printed if isinstance(_moment(stamp, scene), datetime)]
    return next(iter([*exact, *printed]), None)


def _timed(stamp: Stamp) -> Stamp:
    """Return a day with the time that is in the next element."""
    if stamp.element is None:
        return stamp
    beside = stamp.element.getnext()
    if beside is None:
        return stamp
    text = text_of(beside)
    if _TIME.match(text) is None:
        return stamp
    return replace(stamp, mark=None, raw=f"{stamp.raw} {text}")


def _marked(scene: Scene) -> Stamp | None:
    """Return a date for machines."""
    for node in scene.element.iter("*"):
        stamp = node.get("datetime")
        if stamp and not _is_revision(node, scene):
            raw = text_of(node) or stamp
            if parse.iso(stamp):
                return Stamp(mark=stamp, raw=raw, rule="page:datetime", element=node)
            return Stamp(mark=stamp, raw=raw, rule="page:printed", element=node)
        if node.get("itemprop") in ("datePublished", "dateCreated", "commentTime"):
            mark = attribute(node, "content", "datetime") or None
            raw = text_of(node) or mark
            return Stamp(mark=mark, raw=raw, rule="page:itemprop", element=node)
    return None


def _is_revision(node: HtmlElement, scene: Scene) -> bool:
    """True if a reader's text was changed there."""
    return node.tag in ("ins", "del") and scene.in_body(node)


def _titled(scene: Scene) -> Stamp | None:
    """Return a title's full date, next to "2 hours ago"."""
    for node in scene.element.iter("abbr", "span", "div", "a", "time"):
        title = node.get("title", "")
        if not 0 < len(title) < LINE or scene.in_body(node):
            continue
        if parse.looks_dated(title, scene.language):
            return Stamp(raw=line(title), rule="page:title", element=node)
    return None


def _linked(scene: Scene) -> Stamp | None:
    """Return the permalink, or the line that it is in."""
    links = scene.own_links()
    for link in links:
        raw = _with_time(link, scene.language) or _dated(link, scene.language)
        if raw:
            return Stamp(raw=raw, rule="page:permalink", element=link)
    for link in links:
        parent = link.getparent()
        if parent is None or len(text_of(parent)) >= 200:
            continue
        if raw := _dated(parent, scene.language):
            return Stamp(raw=raw, rule="page:permalink", element=link)
    return None


def _with_time(link: HtmlElement, language: str | None) -> str | None:
    """ "17.07.2011 @ 13:04", where the time alone is linked."""
    time = text_of(link)
    if _ONLY_TIME.fullmatch(time) is None:
        return None
    before = _text_before(link)
    if 0 < len(before) < LINE and parse.looks_dated(before, language):
        return line(f"{before.rstrip()} {time}")
    return None


def _text_before(node: HtmlElement) -> str:
    """Return the text between an element and what is before it."""
    previous = node.getprevious()
    if previous is None:
        return node.getparent().text or ""
    return previous.tail or ""


def _classed(scene: Scene) -> Stamp | None:
    """Return a date in an element with a class for dates."""
    marked = (*scene.classed.having(DATES), *scene.classed.like(DATE_LIKE))
    found = _class_stamps(marked, scene)
    if not found:
        like = scene.classed.like(DATE_WORD)
        found = [stamp for stamp in _class_stamps(like, scene) if _is_alone(stamp, scene)]
    return _innermost(found, scene)


def _class_stamps(nodes: Iterable[HtmlElement], scene: Scene) -> list[Stamp]:
    stamps = (_class_stamp(node, scene) for node in nodes)
    return [stamp for stamp in stamps if stamp is not None]


def _is_alone(stamp: Stamp, scene: Scene) -> bool:
    """True if a date is outside of the text, or alone in an element within it."""
    node = stamp.element
    if node is None or not scene.in_body(node):
        return True
    around = len(text_of(node)) - len(stamp.raw or "")
    return node is not scene.body and around < _AROUND


def _class_stamp(node: HtmlElement, scene: Scene) -> Stamp | None:
    """Return the date in an element.

    In one that contains the text, too, the date before it.
    """
    raw: str | None = None
    lead = node.text or ""
    if not _holds(node, scene):
        raw = _dated(node, scene.language)
    elif len(lead) < LINE and parse.looks_dated(lead, scene.language):
        raw = line(lead)
    if not raw:
        return None
    return Stamp(raw=raw, rule="page:date-class", element=node)


def _innermost(found: list[Stamp], scene: Scene) -> Stamp | None:
    """Return the first, or what is in its element and states the same moment."""
    if not found:
        return None
    first, *others = found
    for other in others:
        if inside(other.element, first.element) and _is_exact(other, first, scene):
            return other
    return first


def _is_exact(inner: Stamp, outer: Stamp, scene: Scene) -> bool:
    """True if an inner date is that of an outer line.

    The same moment, or its text less a glued-on name.
    """
    first, second = _moment(outer, scene), _moment(inner, scene)
    if first == second:
        return True
    return type(first) is type(second) and (inner.raw or "") in (outer.raw or "")


def _moment(stamp: Stamp, scene: Scene) -> Moment | None:
    exact = parse.iso(stamp.mark)
    return exact or parse.printed(stamp.raw, "UTC", scene.language)


def _lines(scene: Scene) -> Stamp | None:
    """Return a date in an element of its own without a class."""
    found = []
    for node in scene.element.iter("time", "small", "span", "p", "em", "div", "h4", "h5", "cite", "dt", "li"):
        if node is scene.element or _holds(node, scene):
            continue
        if scene.sure and scene.in_body(node):
            continue
        text = text_of(node)
        if not _may_be_line(node, text):
            continue
        raw = _dated(node, scene.language)
        if raw and len(text) - len(raw) < LINE:
            found.append(Stamp(raw=raw, rule="page:printed", element=node))
    return _innermost(found, scene)


def _may_be_line(node: HtmlElement, text: str) -> bool:
    """True unless an element is a sentence or a block."""
    if len(text) >= LINE * 2:
        return False
    if node.tag == "p":
        return not text.endswith((".", "!", "?", "…"))
    return not any(map(text_of, node.iter("p", "blockquote", "ul", "ol")))


def _aged(scene: Scene) -> bool:
    """True if the permalink bears the comment's age, as "1 year", so that no date is printed."""
    link = scene.permalink()
    if link is None:
        return False
    return _AGE.match(text_of(link)) is not None


def _loose(scene: Scene) -> Stamp | None:
    """Return a date printed between elements."""
    for words in _runs(scene.element):
        if len(words) < LINE and parse.looks_dated(words, scene.language):
            return Stamp(raw=line(words), rule="page:words")
    return None


def _runs(element: HtmlElement) -> Iterator[str]:
    yield element.text or ""
    for node in element.iter("*"):
        if node is not element:
            yield node.tail or ""


def _unread(scene: Scene) -> Stamp:
    """Return the unparsable text in a date's place."""
    for node in scene.classed.having(DATES):
        text = text_of(node)
        if 0 < len(text) < LINE and not _holds(node, scene):
            return Stamp(raw=text, rule="page:unread", element=node)
    if _aged(scene) and (link := scene.permalink()) is not None:
        return Stamp(raw=text_of(link), rule="page:unread", element=link)
    return Stamp()


def _holds(node: HtmlElement, scene: Scene) -> bool:
    """True if a node contains the text, so that a date in it could be the reader's."""
    body = scene.body
    if body is None or node is body:
        return False
    return node in body.iterancestors()


def _dated(node: HtmlElement, language: str | None) -> str | None:
    """Return the shortest run of a node's text with a date, and the time after it."""
    text = text_of(node)
    tails = [child.tail for child in node]
    inner = [text_of(child) for child in node.iter(*_INLINE)]
    for piece in (node.text, *tails, *inner):
        if piece and _is_dated(piece, language):
            run = line(piece) or ""
            return _with_clock(run, text, language)
    if _is_dated(text, language):
        return text
    return None


def _is_dated(text: str, language: str | None) -> bool:
    """True if a short text has a date."""
    return len(text) < LINE * 2 and parse.looks_dated(text, language)


def _with_clock(run: str, text: str, language: str | None) -> str:
    """Return a run of text with a day, and what follows it where that states the time of the day."""
    if len(text) >= LINE * 2 or run not in text:
        return run
    day = parse.printed(run, "UTC", language)
    if day is None or isinstance(day, datetime):
        return run
    following = text[text.find(run) :]
    longer = parse.printed(following, "UTC", language)
    if isinstance(longer, datetime) and longer.date() == day:
        return following
    return run
