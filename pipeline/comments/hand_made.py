"""Comments of hand-made templates: blocks that named anchors begin, and entries of a list without a class.

Nothing marks them as comments, so a heading of comments, or an anchor of that name, has to stand above them.
Statements of authorities, teasers, footnotes and dates of events stand below such headings as well: each
block has to give a reader's name and a date, and most have to have words beside these.
Invariant: blocks that do not read as a thread stay where they are, in the article.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise

from lxml.html import HtmlElement, fragment_fromstring

from pipeline.comments import fields
from pipeline.comments.items import CommentItem, in_widget
from pipeline.comments.unmarked import opens_with_author
from pipeline.comments.vocabulary import COMMENT_PREFIX, REMARKS, VERBS, only_prefix
from pipeline.dates.parse import looks_dated
from pipeline.html.dom import Classed, Index, elsewhere, is_longer, one_line, text_of

_MARK = re.compile(r"(?:c|comm?|comments?|cmt|com|reply|post|msg|entry)?[-_.]?\d{1,18}", re.IGNORECASE)
_HEADING = re.compile(
    rf"\W{{0,3}}(?:\d{{1,5}}\s+)?(?:readers?['’]?\s)?(?:{REMARKS})(?!\w)\W{{0,3}}(?:\d{{1,5}}\W{{0,3}})?"
    r"(?:(?:to|on|so far)\b.{0,200})?",
    re.IGNORECASE | re.DOTALL,
)
_RUBRIC = re.compile(
    r"\W*(?:comment|response|reply|thought|kommentar|antwort|gedanke|commentaire|réponse|comentario|respuesta|"
    r"commento|risposta|comentário|resposta|reactie|opiniones|reacciones|reações)\W*",
    re.IGNORECASE,
)
"""One remark without a number heads an opinion, or an authority's answer."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "p", "div", "a")
_SECTIONS = ("h1", "h2", "h3", "h4")
_LONGEST_HEADING = 250
_LINES = ("div", "li", "p", "dt", "td")
_NAMED = re.compile(
    rf"\s*(?P<name>[^\n:,|(]{{1,60}}?)(?P<rest>\s*(?:[:,|(—–]|\s-\s|\b(?:on|at|am|um|le|el|il)\b|\b(?:{VERBS})(?!\w)|$).*)",
    re.IGNORECASE | re.DOTALL,
)
_ENDS = ("form", *_SECTIONS, "footer")
_EDGE = 200
"""Characters at the beginning or the end of a block among which its date stands."""


def find_hand_made(index: Index, owners: dict[HtmlElement, CommentItem], base: str) -> list[CommentItem]:
    """Return the comments below a heading of comments: of anchors, or else of a list."""
    headings = _headings_of_comments(index)
    if not headings:
        return []
    return _anchored_blocks(index, headings, owners, base) or _dated_entries(headings, owners, base)


def _anchored_blocks(
    index: Index, headings: Sequence[HtmlElement], owners: dict[HtmlElement, CommentItem], base: str
) -> list[CommentItem]:
    """Return the comments that begin at named anchors below a heading of comments."""
    marks = [node for node in index.tagged("a") if _is_mark(node)]
    if not marks:
        return []
    order = {node: place for place, node in enumerate(index.tree.iter("*"))}
    first = next((mark for mark in marks if order[headings[0]] < order[mark]), None)
    if first is None:
        return []
    heading = max((node for node in headings if order[node] < order[first]), key=order.__getitem__)
    between = [node for node in index.tagged(*_SECTIONS) if order[heading] < order[node] < order[first]]
    if len(between) > (heading.tag == "a"):  # the heading of an anchor, in whatever language
        return []
    marks = [mark for mark in marks if order[mark] >= order[first]]
    units = _units(marks, heading)
    blocks = _blocks(units)
    if any(node in owners for block in blocks for node in block) or not all(map(_is_dated, blocks)):
        return []
    if all(opens_with_author(mark.getparent()) for mark in marks):  # which `unmarked` reads
        return []
    if len(units) == 1 and _is_thread([_joined([deepcopy(units[0])], 1)], base):
        blocks = [units]  # with nothing of what follows
    copies = [_joined(list(map(deepcopy, block)), number) for number, block in enumerate(blocks, start=1)]
    if not _is_thread(copies, base):
        return []
    return [_item(_joined(block, number), owners) for number, block in enumerate(blocks, start=1)]


def _dated_entries(
    headings: Sequence[HtmlElement], owners: dict[HtmlElement, CommentItem], base: str
) -> list[CommentItem]:
    """Return the entries of a list below a heading of comments, each of which prints a date."""
    for heading in headings:
        listing = heading.getnext()
        if listing is None or listing.tag not in ("ol", "ul"):
            continue
        entries = list(listing.iterchildren("li"))
        if not entries or all(map(opens_with_author, entries)):
            continue
        if not all(entry not in owners and _is_dated([entry]) for entry in entries):
            continue
        if _is_thread([_signed(deepcopy(entry)) for entry in entries], base):
            return [_item(_signed(entry), owners) for entry in entries]
    return []


def _is_thread(blocks: Sequence[HtmlElement], base: str) -> bool:
    """True if all blocks give a name and a date, and most more words than these. The blocks are used up."""
    readings = [fields.extract_comment(Classed(block), None, base, None, ping=None) for block in blocks]
    if not all(each.author and (each.mark or looks_dated(each.raw or "", None)) for each in readings):
        return False
    if any(looks_dated(each.author or "", None) for each in readings):
        return False
    return 2 * sum(_has_words(each.markup) for each in readings) > len(readings)


def _has_words(markup: str) -> bool:
    """True if markup has words outside of links."""
    whole = fragment_fromstring(markup, create_parent="div")
    for link in whole.findall(".//a"):
        link.drop_tree()
    return any(map(str.isalnum, text_of(whole)))


def _is_mark(node: HtmlElement) -> bool:
    """True if an anchor may be that of a comment."""
    name = node.get("name") or node.get("id") or ""
    return not node.get("href") and _MARK.fullmatch(name) is not None


def _headings_of_comments(index: Index) -> list[HtmlElement]:
    """Return the lines that only name comments, perhaps with their number, in the order of the page."""
    found = []
    for node in index.tagged(*_HEADINGS):
        if node.tag == "a":
            is_heading = (node.get("name") or node.get("id") or "").lower() == "comments"
        else:
            said = "" if len(node) > 3 or is_longer(node, _LONGEST_HEADING) else text_of(node)
            is_heading = _HEADING.fullmatch(said) is not None and _RUBRIC.fullmatch(said) is None
        if is_heading and not elsewhere(node, frozenset()) and not in_widget(node):
            found.append(node)
    return found


def _units(marks: Sequence[HtmlElement], heading: HtmlElement) -> list[HtmlElement]:
    """Return for each anchor the outermost element with it that has no other one, nor the heading."""
    number = Counter(outer for mark in marks for outer in mark.iterancestors())
    above = set(heading.iterancestors())
    units = []
    for mark in marks:
        unit = mark
        while (outer := unit.getparent()) is not None and number[outer] == 1 and outer not in above:
            unit = outer
        units.append(unit)
    return units


def _blocks(units: Sequence[HtmlElement]) -> list[list[HtmlElement]]:
    """Return each unit with what follows it, up to the next one or to the end of the thread."""
    blocks: list[list[HtmlElement]] = []
    for unit, following in pairwise([*units, None]):
        block = [unit]
        for sibling in unit.itersiblings():
            if sibling is following or sibling.tag in _ENDS:
                break
            block.append(sibling)
        blocks.append(block)
    if len(blocks) > 1 and units[-1].tag != "a":  # the last has no more parts than the others
        most = max(map(len, blocks[:-1]))
        blocks[-1] = blocks[-1][:most]
    return blocks


def _is_dated(block: Sequence[HtmlElement]) -> bool:
    """True if a date stands at the beginning or the end of a block."""
    said = _words(block)
    return looks_dated(said[:_EDGE], None) or looks_dated(said[-_EDGE:], None)


def _words(nodes: Sequence[HtmlElement]) -> str:
    """Return the text of elements in a row, with what follows each, in one line."""
    return one_line(" ".join(piece for node in nodes for piece in (*node.itertext(), node.tail or "")))


def _item(element: HtmlElement, owners: dict[HtmlElement, CommentItem]) -> CommentItem:
    """Return a new item; its anchor is no number of the site."""
    owners[element] = CommentItem(element=element, id=None)
    return owners[element]


def _joined(block: Sequence[HtmlElement], number: int) -> HtmlElement:
    """Return a block as one element, without its number in the thread."""
    whole: HtmlElement = block[0].makeelement("div")
    if block[0].getparent() is not None:
        block[0].addprevious(whole)
    for node in block:
        whole.append(node)
    for rule in whole.findall(".//hr"):
        rule.drop_tree()
    for mark in filter(_is_mark, whole.findall(".//a")):
        mark.drop_tag()
    _cut_number(whole, number)
    return _signed(whole)


def _cut_number(whole: HtmlElement, number: int) -> None:
    pattern = rf"^\s*#?{number}[.):]\s+"
    for node in whole.iter("*"):
        if (node.text or "").strip():
            node.text = re.sub(pattern, "", node.text or "")
            return
        if node is not whole and (node.tail or "").strip():
            node.tail = re.sub(pattern, "", node.tail or "")
            return


def _signed(whole: HtmlElement) -> HtmlElement:
    """Return an entry with its name marked, where its first line or its last one has that as plain text."""
    for rule in reversed(whole.findall("br")):
        line = list(rule.itersiblings())
        said = one_line(f"{rule.tail or ''} {_words(line)}")
        if not said:
            continue
        if len(said) <= _EDGE and COMMENT_PREFIX.match(said) and looks_dated(said, None):
            signature: HtmlElement = whole.makeelement("p")
            signature.text, rule.tail = rule.tail, None
            signature.extend(line)
            whole.append(signature)
            return whole
        break
    _mark_name(whole)
    return whole


def _mark_name(whole: HtmlElement) -> None:
    """Put a name in plain text, before the date or a word such as "said", into an element of its own."""
    node = next((each for each in whole.iter("*") if (each.text or "").strip()), None)
    if node is None or node.tag not in _LINES:
        return
    found = _NAMED.match(node.text or "")
    if found is None or only_prefix(found["name"]) or not looks_dated(_words([node])[:_EDGE], None):
        return
    name: HtmlElement = whole.makeelement("cite")
    name.text, name.tail, node.text = found["name"], found["rest"], None
    node.insert(0, name)
