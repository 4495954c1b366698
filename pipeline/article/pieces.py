"""The pieces of text of a page.

The runs of text between the edges of its blocks, in the order of the page.

Defines which elements are blocks.
Does not: judge what a piece is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipeline.html.dom import fold_space, words
from pipeline.markdown import emphasis
from pipeline.markdown.links import MARK, Link, number, without_numbers

_BLOCKS = words(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav noscript ol p pre section summary table tbody td "
    "tfoot th thead tr ul iframe video audio object embed"
)
_UNSEEN = ("script", "style", "template")
_BREAK = "\x1e"
_DEEP = 5
"""Elements between a link and a block of its card."""
_MOST = 6000
"""Pieces of a page that are looked at; a page with more is no article of one box."""


@dataclass(slots=True, eq=False)
class Piece:
    """One run of text.

    Its block element, the text with the markup of links and emphasis, and without.
    """

    element: HtmlElement
    marked: str
    words: str
    whole: bool
    """True where the run is all that its element holds."""
    linked: float
    """Share of the words that are links, from 0 to 1."""


def read_pieces(box: HtmlElement, links: Sequence[Link]) -> list[Piece]:
    """Return the pieces in an element.

    No result if there are more than MOST.

    `links` are those whose markup is in the text.
    """
    found: list[Piece] = []
    for element, run, whole in _runs(box):
        if element.tag == "pre":
            run = run.strip("\n").replace("\n", _BREAK)
        marked = "\n".join(fold_space(line).strip() for line in run.split(_BREAK))
        plain = emphasis.without_marks(without_numbers(marked)).strip()
        if plain:
            said = sum(
                len(links[at].words) for mark in MARK.findall(marked) if (at := number(mark)) < len(links)
            )
            linked = 1.0 if _is_in_link(element) else min(1.0, said / len(plain))
            found.append(Piece(element, marked.strip(), plain, whole, linked))
            if len(found) > _MOST:
                return []
    return found


def _is_in_link(element: HtmlElement) -> bool:
    """True if a block is inside of a link."""
    return any(outer.tag == "a" for outer in islice(element.iterancestors(), _DEEP))


class _Gatherer:
    """Gatherer of text up to the edge of a block, with its block."""

    def __init__(self) -> None:
        self._blocks: list[tuple[HtmlElement, bool]] = []
        self._run: list[str] = []

    def add(self, words: str | None) -> None:
        """Add text to the run."""
        if words:
            self._run.append(words)

    def enter(self, block: HtmlElement) -> _Run | None:
        """End and return the run at the beginning of a block, if it has words."""
        run = self._flush(ends=False)
        if self._blocks:
            self._blocks[-1] = (self._blocks[-1][0], True)
        self._blocks.append((block, False))
        return run

    def leave(self) -> _Run | None:
        """End and return the run at the end of a block, if it has words."""
        run = self._flush(ends=True)
        self._blocks.pop()
        return run

    def _flush(self, *, ends: bool) -> _Run | None:
        words = "".join(self._run)
        self._run.clear()
        if not self._blocks or not words or words.isspace():
            return None
        block, had_blocks = self._blocks[-1]
        return block, words, ends and not had_blocks


_Run = tuple[HtmlElement, str, bool]
"""A block, one run of its words, and whether the block holds nothing else."""


def _runs(box: HtmlElement) -> Iterator[_Run]:
    """Yield each run of text in the order of the page."""
    gatherer = _Gatherer()
    for event, node in etree.iterwalk(box, events=("start", "end")):
        is_block = node is box or node.tag in _BLOCKS
        if event == "start":
            if is_block and (run := gatherer.enter(node)):
                yield run
            gatherer.add(_BREAK if node.tag == "br" else None if node.tag in _UNSEEN else node.text)
            continue
        if is_block and (run := gatherer.leave()):
            yield run
        if node is not box:
            gatherer.add(node.tail)
