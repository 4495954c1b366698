"""The witness of an article's text.

The theme's one box of it, compared with the extract of trafilatura.

Decides which pieces of the box are furniture. Each other piece that was not extracted is put in its place.
Invariant: every piece of the box has a verdict with its rule; nothing is dropped in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from lxml.etree import _Element
from lxml.html import HtmlElement

from archive.core.records import Problem
from pipeline.article.captioned import is_beside_picture, is_caption
from pipeline.article.extracted_text import ExtractedText
from pipeline.article.furniture import Furniture
from pipeline.article.pieces import Piece
from pipeline.html.dom import drop, fold
from pipeline.markdown.writer import Block

_SHARE = 0.85
"""Share of the extracted characters that the box of an unmarked theme holds at least."""
_ENOUGH_PIECES = 2
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_PROSE = 60
"""Characters of the shortest prose."""
_MOSTLY = 0.5
_UNITS = ("table", "ul", "ol", "dl", "blockquote", "pre")
UNSURE = "more than the text, unsure"
"""How the rule begins of a piece that may be text and was not put in place."""
_NAMED = 3
"""Blocks that a problem quotes."""
_QUOTE = 60
"""Characters of each."""


@dataclass(frozen=True, slots=True)
class PieceVerdict:
    """Fate of one piece of the box ("taken", "added", "dropped") and its rule."""

    words: str
    fate: str
    rule: str


@dataclass(frozen=True, slots=True)
class Completed:
    """An article's blocks with what was missing in place, the verdicts, and the problem where one is left."""

    blocks: list[Block]
    verdicts: tuple[PieceVerdict, ...] = ()
    problems: tuple[Problem, ...] = ()


def complete(
    blocks: list[Block],
    pieces: list[Piece],
    box: HtmlElement | None,
    write: Callable[[_Element], list[Block]],
    known: tuple[str | None, tuple[str, ...]],
    *,
    wordpress: bool,
) -> Completed:
    """Return the blocks with the pieces of the box that are missing in their places.

    `pieces` are those of the whole page, `box` the element that the theme labels as the text, if any; `write`
    makes blocks of an element; `known` are the title and the authors. On a page of another system than
    WordPress only prose is put in place.
    """
    text = ExtractedText(blocks)
    marked = box is not None
    own = set(range(len(pieces)))
    if box is not None:
        own = set(_inside(pieces, box))
    places = [text.find(piece.words, once=at in own) for at, piece in enumerate(pieces)]
    if box is None:
        box = _box(pieces, places)
    if box is None or text.budget <= 0:
        return Completed(blocks)
    inside = _inside(pieces, box)
    taken = [at for at in inside if _is_taken(places[at])]
    if not taken:
        return Completed(blocks)
    trust = 0
    if marked or _is_tight(box, pieces, inside):
        trust = 1
        if wordpress:
            trust = 2
    rules = Furniture(box, known, trust)
    verdicts, missing = _judged(pieces, places, inside, taken, rules, sure=wordpress)
    if not marked and _size(pieces, missing) > _size(pieces, taken):
        verdicts |= {at: PieceVerdict(pieces[at].words, "dropped", UNSURE) for at in missing}
        missing = []
    added = _Placed(blocks, pieces, places, box, write)
    for unit in _units(missing, pieces, places, inside, box):
        fate, rule = "dropped", UNSURE
        if added.put(unit):
            fate, rule = "added", "the theme's box"
        verdicts |= {at: PieceVerdict(pieces[at].words, fate, rule) for at in unit}
    told = tuple(verdicts[at] for at in inside)
    return Completed(added.blocks(), told, _problems(told))


def write_all(
    pieces: list[Piece],
    box: HtmlElement,
    write: Callable[[_Element], list[Block]],
    known: tuple[str | None, tuple[str, ...]],
) -> list[Block]:
    """Return the blocks of a box that is all text."""
    rules = Furniture(box, known, 2)
    places: list[int | None] = [None] * len(pieces)
    text = [at for at, piece in enumerate(pieces) if rules.rule_in_copy(piece) is None]
    placed = _Placed([], pieces, places, box, write)
    for unit in _units(text, pieces, places, list(range(len(pieces))), box):
        placed.put(unit)
    return placed.blocks()


def write_box(
    pieces: list[Piece],
    box: HtmlElement,
    write: Callable[[_Element], list[Block]],
    known: tuple[str | None, tuple[str, ...]],
) -> list[Block]:
    """Return the blocks of the one box of a page that is the text; `pieces` are those of the whole page."""
    inner = [pieces[at] for at in _inside(pieces, box)]
    return write_all(inner, box, write, known)


def _judged(
    pieces: list[Piece],
    places: list[int | None],
    inside: list[int],
    taken: list[int],
    rules: Furniture,
    *,
    sure: bool,
) -> tuple[dict[int, PieceVerdict], list[int]]:
    """Return the verdicts on the pieces of the box, and the numbers of those that are to be put in place."""
    verdicts: dict[int, PieceVerdict] = {}
    missing: list[int] = []
    seen: set[str] = set()
    for at in inside:
        words = pieces[at].words
        if places[at] is not None:
            verdicts[at] = PieceVerdict(words, "taken", "trafilatura")
            seen.add(fold(words))
            continue
        outside = not taken[0] < at < taken[-1]
        reason = _furniture(pieces[at], rules, outside=outside) or _doubt(pieces[at], rules, seen, sure=sure)
        if reason is not None:
            verdicts[at] = PieceVerdict(words, "dropped", reason)
        else:
            missing.append(at)
            seen.add(fold(words))
    return verdicts, missing


def _furniture(piece: Piece, rules: Furniture, *, outside: bool) -> str | None:
    """Return the rule by which a piece is furniture, if it is."""
    rule = rules.rule(piece, outside=outside)
    if rule is not None and rules.is_doubtful(piece, rule):
        return f"{UNSURE}: {rule}"
    return rule


def _doubt(piece: Piece, rules: Furniture, seen: set[str], *, sure: bool) -> str | None:
    """Return why a piece is not put in place."""
    if fold(piece.words) in seen and (not sure or is_caption(piece.element, rules.box)):
        return "once more"
    if sure:
        return None
    if _is_prose(piece) and not is_beside_picture(piece.element, rules.box):
        return None
    return "no prose, on a page of another system"


def _is_taken(place: int | None) -> bool:
    return place is not None and place >= 0


def _size(pieces: list[Piece], numbers: list[int]) -> int:
    return sum(len(pieces[at].words) for at in numbers)


def _inside(pieces: list[Piece], box: HtmlElement) -> list[int]:
    """Return the numbers of the pieces in the box."""
    verdicts: dict[HtmlElement, bool] = {}

    def is_inside(element: HtmlElement) -> bool:
        path = []
        node: HtmlElement | None = element
        while node is not None and node not in verdicts and node is not box:
            path.append(node)
            node = node.getparent()
        answer = node is box or (node is not None and verdicts[node])
        verdicts.update(dict.fromkeys(path, answer))
        return answer

    return [at for at, piece in enumerate(pieces) if is_inside(piece.element)]


def _box(pieces: list[Piece], places: list[int | None]) -> HtmlElement | None:
    """Return the innermost element with nearly all of the extracted text, if any."""
    taken = [piece for piece, place in zip(pieces, places, strict=True) if _is_taken(place)]
    if len(taken) < _ENOUGH_PIECES:
        return None
    sizes: Counter[HtmlElement] = Counter()
    for piece in taken:
        sizes[piece.element] += len(piece.words)
        for outer in piece.element.iterancestors():
            sizes[outer] += len(piece.words)
    total = sum(len(piece.words) for piece in taken)
    wide = [node for node, size in sizes.items() if size >= _SHARE * total]
    box = max(wide, key=lambda node: sum(1 for _ in node.iterancestors()))
    if box.tag in ("body", "html", "p"):
        return None
    return box


def _is_tight(box: HtmlElement, pieces: list[Piece], inside: list[int]) -> bool:
    """True if most paragraphs of the box are its own children.

    Then it contains little but the text.
    """
    own = [at for at in inside if pieces[at].element.getparent() is box]
    return 2 * _size(pieces, own) > _size(pieces, inside)


def _units(
    missing: list[int], pieces: list[Piece], places: list[int | None], inside: list[int], box: HtmlElement
) -> list[list[int]]:
    """Return the missing pieces, those of one list, table or quotation together if all of it is missing."""
    units: dict[int, HtmlElement | None] = {at: _unit(pieces[at].element, box) for at in inside}
    absent = set(missing)
    partly = {units[at] for at in inside if at not in absent and places[at] != -1}
    found: list[list[int]] = []
    for at in missing:
        unit = units[at]
        joins = found and unit is not None and unit not in partly and units[found[-1][-1]] is unit
        if joins:
            found[-1].append(at)
        else:
            found.append([at])
    return found


def _unit(element: HtmlElement, box: HtmlElement) -> HtmlElement | None:
    """Return the outermost list, table or quotation of the box around an element."""
    unit = None
    node: HtmlElement | None = element
    while node is not None and node is not box:
        if node.tag in _UNITS:
            unit = node
        node = node.getparent()
    return unit


class _Placed:
    """The blocks of an article, and what is put behind each."""

    def __init__(
        self,
        blocks: list[Block],
        pieces: list[Piece],
        places: list[int | None],
        box: HtmlElement,
        write: Callable[[_Element], list[Block]],
    ) -> None:
        self._blocks = blocks
        self._pieces = pieces
        self._box = box
        self._write = write
        self._behind: dict[int, list[Block]] = {}
        self._before: list[int] = []
        last = -1
        for place in places:
            self._before.append(last)
            if place is not None and place >= 0:
                last = place

    def put(self, unit: list[int]) -> bool:
        """Put a unit after the block that precedes it in the page; False if it is empty."""
        written = self._written(unit)
        before = self._before[unit[0]]
        self._behind.setdefault(before, []).extend(written)
        return bool(written)

    def blocks(self) -> list[Block]:
        """Return all blocks in their order."""
        found = list(self._behind.get(-1, ()))
        for at, block in enumerate(self._blocks):
            found += [block, *self._behind.get(at, ())]
        return found

    def _written(self, unit: list[int]) -> list[Block]:
        piece = self._pieces[unit[0]]
        around = _unit(piece.element, self._box)
        holder = piece.element.makeelement("body")
        if around is not None and len(unit) > 1:
            copy = deepcopy(around)
            copy.tail = None
            for script in list(copy.iter("script")):
                drop(script)
            holder.append(copy)
            return self._write(holder)
        tag = "p"
        if piece.whole and piece.element.tag in _HEADINGS:
            tag = piece.element.tag
        block = piece.element.makeelement(tag)
        lines = piece.marked.split("\n")
        block.text = lines[0]
        for line in lines[1:]:
            lead = block.makeelement("br")
            lead.tail = line
            block.append(lead)
        holder.append(block)
        written = self._write(holder)
        if is_caption(piece.element, self._box):
            return [_in_italics(each) for each in written]
        if around is not None and around.tag in ("ul", "ol"):
            return [_as_item(block) for block in written]
        return written


def _is_prose(piece: Piece) -> bool:
    """True if a piece is sentences, and no heading."""
    if piece.element.tag in (*_HEADINGS, "h1"):
        return False
    return len(piece.words) >= _PROSE and piece.linked < _MOSTLY


def _in_italics(block: Block) -> Block:
    """Return a caption as captions are written: one paragraph in italics."""
    if "*" in block.markdown or "\n" in block.markdown:
        return block
    return Block(block.text, f"*{block.markdown}*", block.kind, block.linked)


def _as_item(block: Block) -> Block:
    return Block(block.text, f"- {block.markdown}", "list", block.linked)


def _problems(verdicts: tuple[PieceVerdict, ...]) -> tuple[Problem, ...]:
    """Return the problem of apparent text blocks that could not be put in place."""
    lost = [verdict for verdict in verdicts if verdict.fate == "dropped" and verdict.rule.startswith(UNSURE)]
    if not lost:
        return ()
    quoted = ", ".join(f"“{verdict.words[:_QUOTE]}”" for verdict in lost[:_NAMED])
    further = len(lost) - _NAMED
    if further > 0:
        quoted += f" and {further:,} more"
    detail = f"The page's text has {len(lost):,} blocks that the archive's lacks: {quoted}."
    return (Problem(code="blocks-missing", detail=detail, field="text"),)
