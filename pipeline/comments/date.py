"""When a comment was written, as the page states it.

Contains the places where themes print a date; a value of `datetime` is not always one.
Invariant: a date that the reader wrote is never the date of the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lxml.html import HtmlElement

from archive.core.records import Moment
from pipeline.comments.vocabulary import DATE_LIKE, DATE_WORD, DATES, Scene, inside
from pipeline.dates import parse
from pipeline.html.dom import attribute, classes, classes_like, text_of
from pipeline.html.sanitize import line

_AGE = re.compile(r"\d{1,3}\s[^\d]{3,20}$")
_TIME = re.compile(
    r"\W{0,3}(?:(?:at|um|à|a las|om)\s)?\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?|\s?uhr)?$", re.IGNORECASE
)
_INLINE = ("a", "time", "span", "abbr", "small", "em")
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
    sources = (source(scene) for source in (_marked, _titled, _linked, _classed))
    found = next(filter(None, sources), None)
    if found is None and not ping and not _aged(scene):
        printed = [stamp for source in (_lines, _loose) if (stamp := source(scene))]
        exact = (stamp for stamp in printed if isinstance(_moment(stamp, scene), datetime))
        found = next(exact, next(iter(printed), None))
    if found is None or isinstance(day := _moment(found, scene), datetime):
        return found or _unread(scene)
    timed = ((other, _moment(other, scene)) for other in sources if other is not None)
    return next((o for o, m in timed if isinstance(m, datetime) and m.date() == day), _timed(found))


def _timed(stamp: Stamp) -> Stamp:
    """Return a day with the time that is in the next element."""
    beside = stamp.element.getnext() if stamp.element is not None else None
    said = text_of(beside) if beside is not None else ""
    return replace(stamp, mark=None, raw=f"{stamp.raw} {said}") if _TIME.match(said) else stamp


def _marked(scene: Scene) -> Stamp | None:
    """Return a date for machines."""
    for node in scene.element.iter("*"):
        stamp = node.get("datetime")
        if stamp and not (scene.in_body(node) and node.tag in ("ins", "del")):
            rule = "page:datetime" if parse.iso(stamp) else "page:printed"
            return Stamp(mark=stamp, raw=text_of(node) or stamp, rule=rule, element=node)
        if node.get("itemprop") in ("datePublished", "dateCreated", "commentTime"):
            mark = attribute(node, "content", "datetime") or None
            return Stamp(mark=mark, raw=text_of(node) or mark, rule="page:itemprop", element=node)
    return None


def _titled(scene: Scene) -> Stamp | None:
    """Return a title's full date, next to "2 hours ago"."""
    for node in scene.element.iter("abbr", "span", "div", "a", "time"):
        title = node.get("title") or ""
        if (
            title
            and len(title) < LINE
            and not scene.in_body(node)
            and parse.looks_dated(title, scene.language)
        ):
            return Stamp(raw=line(title), rule="page:title", element=node)
    return None


def _linked(scene: Scene) -> Stamp | None:
    """Return the permalink, or the line that it is in."""
    links = scene.own_links()
    for link in links:
        if raw := _with_time(link, scene.language) or _dated(link, scene.language):
            return Stamp(raw=raw, rule="page:permalink", element=link)
    for link in links:
        line_of = link.getparent()
        if line_of is not None and len(text_of(line_of)) < 200 and (raw := _dated(line_of, scene.language)):
            return Stamp(raw=raw, rule="page:permalink", element=link)
    return None


def _with_time(link: HtmlElement, language: str | None) -> str | None:
    """ "17.07.2011 @ 13:04", where the time alone is linked."""
    said, previous = text_of(link), link.getprevious()
    run = previous.tail if previous is not None else link.getparent().text
    if (
        re.fullmatch(r"\d{1,2}[:.]\d{2}.{0,8}", said)
        and run
        and len(run) < LINE
        and parse.looks_dated(run, language)
    ):
        return line(run.rstrip() + " " + said)
    return None


def _classed(scene: Scene) -> Stamp | None:
    """Return a date in an element with a class for dates."""
    marked = (*classes(scene.element, *DATES), *classes_like(scene.element, DATE_LIKE))
    found = [stamp for node in marked if (stamp := _class_stamp(node, scene))]
    if not found:
        like = classes_like(scene.element, DATE_WORD)
        found = [stamp for node in like if (stamp := _class_stamp(node, scene)) and _is_alone(stamp, scene)]
    return _innermost(found, scene)


def _is_alone(stamp: Stamp, scene: Scene) -> bool:
    """True if a date is outside of the text, or alone in an element within it."""
    node = stamp.element
    if node is None or not scene.in_body(node):
        return True
    return node is not scene.body and len(text_of(node)) - len(stamp.raw or "") < _AROUND


def _class_stamp(node: HtmlElement, scene: Scene) -> Stamp | None:
    """Return the date in an element.

    In one that contains the text, too, the date before it.
    """
    if not _holds(node, scene):
        raw = _dated(node, scene.language)
    else:
        lead = node.text or ""
        raw = line(lead) if len(lead) < LINE and parse.looks_dated(lead, scene.language) else None
    return Stamp(raw=raw, rule="page:date-class", element=node) if raw else None


def _innermost(found: list[Stamp], scene: Scene) -> Stamp | None:
    """Return the first, or what is in its element and states the same moment."""
    inner = (stamp for stamp in found[1:] if inside(stamp.element, found[0].element))
    exact = (stamp for stamp in inner if _is_exact(stamp, found[0], scene))
    return next(exact, found[0] if found else None)


def _is_exact(inner: Stamp, outer: Stamp, scene: Scene) -> bool:
    """True if an inner date is that of an outer line.

    The same moment, or its text less a glued-on name.
    """
    first, second = _moment(outer, scene), _moment(inner, scene)
    return first == second or (type(first) is type(second) and (inner.raw or "") in (outer.raw or ""))


def _moment(stamp: Stamp, scene: Scene) -> Moment | None:
    return parse.iso(stamp.mark) or parse.printed(stamp.raw, "UTC", scene.language)


def _lines(scene: Scene) -> Stamp | None:
    """Return a date in an element of its own without a class."""
    found = []
    for node in scene.element.iter("time", "small", "span", "p", "em", "div", "h4", "h5", "cite", "dt", "li"):
        if node is scene.element or _holds(node, scene) or (scene.sure and scene.in_body(node)):
            continue
        said = text_of(node)
        if node.tag == "p" and said.endswith((".", "!", "?", "…")):
            continue  # a reader's sentence
        if node.tag != "p" and any(text_of(inner) for inner in node.iter("p", "blockquote", "ul", "ol")):
            continue  # a block, and no line
        if len(said) < LINE * 2 and (raw := _dated(node, scene.language)) and len(said) - len(raw) < LINE:
            found.append(Stamp(raw=raw, rule="page:printed", element=node))
    return _innermost(found, scene)


def _aged(scene: Scene) -> bool:
    """True if the permalink bears the comment's age, as "1 year", so that no date is printed."""
    link = scene.permalink()
    return link is not None and bool(_AGE.match(text_of(link)))


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
    for node in classes(scene.element, *DATES):
        if (said := text_of(node)) and len(said) < LINE and not _holds(node, scene):
            return Stamp(raw=said, rule="page:unread", element=node)
    if _aged(scene) and (link := scene.permalink()) is not None:
        return Stamp(raw=text_of(link), rule="page:unread", element=link)
    return Stamp()


def _holds(node: HtmlElement, scene: Scene) -> bool:
    """True if a node contains the text, so that a date in it could be the reader's."""
    return scene.body is not None and node is not scene.body and node in scene.body.iterancestors()


def _dated(node: HtmlElement, language: str | None) -> str | None:
    """Return the shortest run of a node's text with a date, and the time after it."""
    said = text_of(node)
    pieces = (node.text, *(child.tail for child in node), *(text_of(child) for child in node.iter(*_INLINE)))
    for piece in pieces:
        if piece and len(piece) < LINE * 2 and parse.looks_dated(piece, language):
            run = line(piece) or ""
            return _with_clock(run, said, language)
    return said if len(said) < LINE * 2 and parse.looks_dated(said, language) else None


def _with_clock(run: str, said: str, language: str | None) -> str:
    """Return a run of text with a day, and what follows it where that states the time of the day."""
    start = said.find(run) if len(said) < LINE * 2 else -1
    if start < 0 or isinstance(day := parse.printed(run, "UTC", language), datetime) or day is None:
        return run
    longer = parse.printed(said[start:], "UTC", language)
    return said[start:] if isinstance(longer, datetime) and longer.date() == day else run
