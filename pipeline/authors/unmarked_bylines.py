"""Names in lines without a class: "By NAME", a label and a name, a signature below the last paragraph.

Contains phrases of bylines.
Invariant: a line states the author only where it contains nothing more, and never in the frame of the page,
below a picture or in a card of another article.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipeline.authors.bylines import in_card, strange
from pipeline.authors.vocabulary import (
    AGENCY,
    AND,
    BYLINE_PREFIX,
    CAPTIONS,
    CREDIT,
    CREDIT_HEAD,
    CUT,
    ELSEWHERE,
    FULL_NAME,
    LABEL,
    META,
    METADATA_CLASSES,
    PEOPLE,
    PROFILE,
    ROLE,
    SAYS,
    is_no_name,
    is_person,
)
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import Index, beginning, below_body, elsewhere, is_longer, text_of
from pipeline.html.sanitize import line

_LINES = ("p", "div", "span", "li", "td", "dd", "h2", "h3", "h4", "h5", "h6", "em", "strong", "b", "small")
_MENU = re.compile(r"(?:^|[\s_-])(?:nav|navbar|navigation|menu)(?:$|[\s_-])", re.IGNORECASE)
_SHORT = 160
"""A credit stands in a paragraph of its own."""
_LINE = 100
"""The byline below a title is no longer."""
_BESIDE = re.compile(r"\s+[-–—|•·/]\s+|\s*[|•·]\s*")
_AROUND = "preceding::*[position() <= 6] | following::*[position() <= 30]"
_BESIDE_POST = frozenset({"prev", "next"})
_BLOCKS = ("p", "div", "li", "h2", "h3", "h4", "h5", "h6")
_BOLD = ("strong", "b", "em", "i")
_NO_PERSON = re.compile(
    r"\b(?:news|city|town|village|island|county|update|breaking|exclusive|opinion|editorial|analysis|report|"
    r"review|interview|photos?|videos?|watch|read|summary|introduction|background|street|university|party|"
    r"council|what|why|how|who|when|where|the|this|new|north|south|east|west|san|saint|st)\b",
    re.IGNORECASE,
)
"""Words of places and headings."""
_SEVERAL = re.compile(r"[,/&]|\s(?:and|und|et|y|e)\s")
_IN_BRACKETS = re.compile(r"[.!?]\s*\(([^()]{4,60})\)\W*$")
"""A signature behind the last sentence."""
_COMPARED = 40
"""Paragraphs whose words are compared with a name that nothing marks as one."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_PROSE = 80
"""Paragraphs of this length are prose."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a page.

    `slug` ends the article's address; `is_house` states the site's own names.
    """

    index: Index
    slug: str
    is_house: Callable[[str], bool]

    def credited(self) -> list[str]:
        """Return the author that the text credits: "Ein Gastbeitrag von NAME"."""
        for node in self.index.tagged("p", "em", "i", "strong", "b", "h3", "h4", "h5"):
            if not node.text or not CREDIT_HEAD.match(node.text) or strange(node, self.slug):
                continue
            said = text_of(node)
            match = CREDIT.match(said)
            if match and len(said) <= _SHORT:
                name = match["name"]
                return [name.rstrip(".") if len(name.split()[-1]) > 2 else name]
        return []

    def plain(self) -> list[str]:
        """Return the name in a line of its own: "By NAME", "Author: NAME" or "Text: NAME"."""
        for node in self.index.tagged(*_LINES):
            if SAYS.match(beginning(node, 60).lstrip()) is None or len(node) > 11:
                continue
            if elsewhere(node, ELSEWHERE | CAPTIONS) or any(
                "#comment-" in a.get("href", "") for a in node.iter("a")
            ):
                continue  # of a picture, or of a reader
            if any(outer.tag in ("figure", "blockquote") for outer in below_body(node)):  # of a picture
                continue
            if _is_linked_card(node) or _in_menu(node):
                continue  # of a card that leads to another article, or of the site's rubrics
            name, sure = _after_label(node)
            if not (is_person(name) or sure) or is_no_name(name) or self.is_house(name):
                continue
            if not in_card(node, self.slug):
                return [name]
        return []

    def metadata(self) -> list[str]:
        """Return the unlabelled name in a line of metadata: "von NAME am …"."""
        for node in self.index.having(METADATA_CLASSES):
            if node.tag in ("body", "article", "time") or strange(node, self.slug):
                continue
            said = " | ".join(filter(None, map(line, islice(_own_words(node), 40))))
            match = META.search(said) if len(said) < 400 else None
            if match and len(match["name"].split()) <= 4 and not is_no_name(match["name"]):
                return [match["name"]]
        return []

    def labelled(self) -> list[str]:
        """Return a label by itself, and the name in the next element, behind the label or inside of it."""
        for node in self.index.tagged(*_LINES, "dt"):
            if len(node) > 1 or not LABEL.fullmatch(line(node.text) or "") or strange(node, self.slug):
                continue
            beside = node[0] if len(node) else node.getnext()
            after = line(None if len(node) else node.tail) or (text_of(beside) if beside is not None else "")
            name = CUT.sub("", after).strip(" ,:|·•–—-")
            if is_person(name) and not is_no_name(name):
                return [name]
        return []

    def dated(self) -> list[str]:
        """Return a full name next to the date near the title: "3 May 2021 | NAME"."""
        heading = next((n for n in self.index.tagged("h1") if text_of(n)), None)
        near = heading.xpath(_AROUND) if heading is not None else ()
        for node in near:
            said = text_of(node) if node.tag in (*_LINES, "time") and len(node) < 9 else ""
            parts = [part for part in _BESIDE.split(said) if part] if len(said) < _LINE else []
            names = [
                part
                for part in parts
                if FULL_NAME.fullmatch(part) and not part.isupper() and not is_no_name(part)
            ]
            names = [name for name in names if not _leads_elsewhere(node, name)]
            dates = [part for part in parts if part not in names and looks_dated(part, None)]
            if len(names) == 1 and dates and len(parts) <= 3 and not strange(node, self.slug):
                return names
        return []

    def agency(self) -> list[str]:
        """Return a news agency, by itself in a line or in brackets behind the place that opens the text."""
        for node in self.index.tagged("p", "div", "span", "em", "small"):
            match = AGENCY.match(beginning(node, 80).strip())
            if (
                match
                and not strange(node, self.slug)
                and not any(outer.tag == "figure" for outer in below_body(node))
            ):
                return [match["alone"] or match["opening"]]
        return []

    def opening(self) -> list[str]:
        """Return full names alone in a bold paragraph right above the first one of prose."""
        prose = next(self._prose(), None)
        above = prose.getprevious() if prose is not None else None
        if above is None or above.tag != "p" or len(above) != 1 or above[0].tag not in _BOLD:
            return []
        said = text_of(above)
        if said != text_of(above[0]) or above.find(".//a") is not None or strange(above, self.slug):
            return []
        name = BYLINE_PREFIX.sub("", said).strip(" ()–—-.")
        is_name = FULL_NAME.fullmatch(name) and not is_no_name(name) and not _NO_PERSON.search(name)
        return [name] if is_name and not self._is_phrase(name) else []

    def surely_opening(self) -> list[str]:
        """Return such names where they are no heading of two words: several, in capitals or after "By"."""
        names = self.opening()
        prose = next(self._prose(), None)
        above = prose.getprevious() if prose is not None else None
        said = text_of(above) if names and above is not None else ""
        return [
            name for name in names if name.isupper() or _SEVERAL.search(name) or name != said.strip(" ()–—-.")
        ]

    def _prose(self) -> Iterator[HtmlElement]:
        """Yield the long paragraphs of the article."""
        paragraphs = self.index.tagged("p")
        return (p for p in paragraphs if is_longer(p, _PROSE - 1) and not elsewhere(p, ELSEWHERE))

    def _is_phrase(self, name: str) -> bool:
        """True if the article has a word of a name in lower case, as of a heading."""
        prose = " ".join(map(text_of, islice(self._prose(), _COMPARED)))
        common = {word for word in _WORD.findall(prose) if word.islower()}
        return not common.isdisjoint(_WORD.findall(name.lower()))

    def signature(self) -> list[str]:
        """Return a full name alone below the last paragraph of prose, or in brackets at its end."""
        prose = list(self._prose())
        if prose and (match := _IN_BRACKETS.search(text_of(prose[-1]))):
            name = match[1]
            if FULL_NAME.fullmatch(name) and not is_no_name(name) and not self._is_phrase(name):
                return [name]
        last = prose[-1].getnext() if len(prose) > 1 else None
        if last is None or last.tag != "p" or last.find(".//a") is not None:
            return []
        name = BYLINE_PREFIX.sub("", text_of(last)).strip(" ()–—-")
        is_name = FULL_NAME.fullmatch(name) and not is_no_name(name) and not self._is_phrase(name)
        return [name] if is_name else []


def _own_words(node: HtmlElement) -> Iterator[str]:
    """Yield the words of a line of metadata, less those of links to the articles before and behind."""
    others = list(node.iter("nav"))
    others += [link for link in node.iter("a") if _BESIDE_POST & set((link.get("rel") or "").split())]
    if not others:
        yield from node.itertext()
        return
    for inner in node.iter("*"):
        if not any(outer in others for outer in (inner, *inner.iterancestors())):
            yield inner.text or ""
        if inner is not node and not any(outer in others for outer in inner.iterancestors()):
            yield inner.tail or ""


def _in_menu(node: HtmlElement) -> bool:
    """True if a line is an item of a list in a menu, by a class around it."""
    around = list(islice(below_body(node), 6))
    in_list = any(outer.tag in ("ul", "ol") for outer in around)
    return in_list and any(_MENU.search(outer.get("class") or "") for outer in around)


def _is_linked_card(node: HtmlElement) -> bool:
    """True if a block is in a link, or holds one around blocks, that leads to another article."""
    links = [outer for outer in below_body(node) if outer.tag == "a" and node.tag in _BLOCKS]
    links += [a for a in node.iter("a") if len(a) and a[0].tag in _BLOCKS]
    return any(not PROFILE.search(a.get("href") or "") for a in links)


def _leads_elsewhere(node: HtmlElement, name: str) -> bool:
    """True if text in a line links to a page that is no author's, such as a category."""
    links = [a for a in (*node.iter("a"), *node.iterancestors("a")) if text_of(a) == name]
    return any(
        not PROFILE.search(a.get("href") or "") and not PEOPLE.search(a.get("href") or "") for a in links
    )


def _after_label(node: HtmlElement) -> tuple[str, bool]:
    """Return the names in a line that begins with a label, and whether they may be pen names.

    A pen name is possible where the label is "written by" or "posted by".
    """
    said = _first_line(node)
    match = SAYS.match(said)
    if match is None:
        return "", False
    after = said[match.end() :]
    if not after and said.endswith(":"):  # the label is an element of its own, and the name behind it
        beside = node.getnext()
        after = line(node.tail) or (text_of(beside) if beside is not None and beside.tag == "a" else "")
    inner = [
        text
        for child in node.iter("a", "span", "strong", "b")
        if child is not node and (text := text_of(child))
    ]
    links = [text for a in node.iter("a") if a is not node and (text := text_of(a))]
    link = next((text for text in inner if FULL_NAME.fullmatch(text)), None) or next(iter(links), None)
    alone = link and after.startswith(link) and not AND.match(after[len(link) :])
    name = link if alone and link else CUT.sub("", after).strip(" ,:|·•–—-")
    while ", " in name and ROLE.fullmatch(name.rpartition(", ")[2]):
        name = name.rpartition(", ")[0]
    shown = (name[:1].isupper() and " " not in name) or name in map(text_of, node)
    return name, bool(match["signed"] and shown and len(name.split()) <= 3)


def _is_told(said: list[str]) -> bool:
    """True if there is more in a line than its label."""
    text = (line("".join(said)) or "") + " "
    label = SAYS.match(text)
    return label is not None and bool(text[label.end() :].strip())


def _first_line(node: HtmlElement) -> str:
    """Return a node's text before its first line break, or the end of the block with the name."""
    if all(inner.tag != "br" and inner.tag not in _BLOCKS for inner in node.iterdescendants()):
        return text_of(node)
    said: list[str] = []
    for event, inner in etree.iterwalk(node, events=("start", "end")):
        ends = inner.tag == "br" or (inner.tag in _BLOCKS and inner is not node and _is_told(said))
        if ends and line("".join(said)):
            break
        if event == "start" and inner.tag != "br":
            said.append(inner.text or "")
        elif event == "end" and inner is not node:
            said.append(inner.tail or "")
    return line("".join(said)) or ""
