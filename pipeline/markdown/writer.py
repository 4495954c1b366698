"""Trafilatura's document as plain text and as Markdown, both from one walk.

Covers the elements trafilatura writes.
Invariant: text and Markdown have the same text in the same order, and content of blocks stays in blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from lxml.etree import _Element

from archive.core import urls
from pipeline.html.dom import fold_space, raw_text
from pipeline.markdown import emphasis
from pipeline.markdown.links import MARK, Link, link_numbers, number, without_numbers

_SPECIAL = re.compile(r"([\\`*_\[\]<])")
_LINE_START = re.compile(r"^(\s*)([#>+-]|\d{1,9}[.)])(?=\s|$)")
_MARKS = {"#b": "**", "#i": "*", "#t": "`"}
_BLOCKS = frozenset(
    {
        "p",
        "head",
        "list",
        "quote",
        "table",
        "div",
        "body",
        "main",
        "section",
        "article",
        "figure",
        "item",
        "row",
    }
)
_ALIASES = {
    "ul": "list",
    "ol": "list",
    "dl": "list",
    "li": "item",
    "dt": "item",
    "dd": "item",
    "tr": "row",
    "td": "cell",
    "th": "cell",
    "blockquote": "quote",
    "br": "lb",
    "h1": "head",
    "h2": "head",
    "h3": "head",
    "h4": "head",
    "h5": "head",
    "h6": "head",
}
_IN_TARGET = str.maketrans({"(": "%28", ")": "%29", " ": "%20"})
"""What trafilatura leaves in HTML's own words where it takes over another extractor's result."""
_EDGE = 24


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an article.

    Its text, the same in Markdown, its kind, and how much of it is linked.
    """

    text: str
    markdown: str
    kind: str
    linked: int = 0


@dataclass(slots=True)
class _Run:
    """Inline content as it is gathered."""

    text: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)
    linked: int = 0

    def add(self, words: str, marked: str) -> None:
        self.text.append(words)
        self.marked.append(marked)


class Writer:
    """Writes a document's blocks.

    `source` gives the page's whole text, to find lost spaces again; `emphasised` is True if it contains signs
    of emphasis.
    """

    def __init__(
        self, links: tuple[Link, ...], base: str, source: Callable[[], str], *, emphasised: bool
    ) -> None:
        self.links = links
        self.base = base
        self.used: list[str] = []
        self._raw = source
        self._emphasised = emphasised
        self._source: str | None = None

    def _plain(self, words: str) -> str:
        if self._emphasised:
            return emphasis.without_marks(words)
        return words

    def document(self, body: _Element) -> list[Block]:
        """Return the blocks of a whole document."""
        for element in body.iter(*_ALIASES):
            if element.tag in ("ol", "h1", "h2", "h3", "h4", "h5", "h6"):
                element.set("rend", element.tag)
            element.tag = _ALIASES[element.tag]
        return self.blocks(body)

    def blocks(self, body: _Element) -> list[Block]:
        """Return the blocks of a container in their order.

        Loose text between them forms paragraphs of its own.
        """
        out: list[Block] = []
        run = _Run()
        self._words(run, body.text)
        for child in body:
            if child.tag in _BLOCKS or _is_code_block(child):
                self._flush(run, out, "p")
                run = _Run()
                self._block(child, out)
            else:
                self._inline(child, run)
            self._words(run, child.tail)
        self._flush(run, out, "p")
        return out

    def _block(self, element: _Element, out: list[Block]) -> None:
        tag = element.tag
        if tag == "head":
            level = re.sub(r"\D", "", element.get("rend") or "") or "2"
            self._single(element, out, "head", "#" * min(int(level), 6) + " ")
        elif tag == "list":
            text, marked = self._items(element, 0)
            if text:
                linked = sum(len(self._link_words(place)) for place in link_numbers(element))
                out.append(Block("\n".join(text), "\n".join(marked), "list", linked))
        elif tag == "quote":
            self._quote(element, out)
        elif tag == "table":
            self._table(element, out)
        elif tag == "code":
            unmarked = without_numbers(raw_text(element))
            code = self._plain(unmarked).strip("\n")
            out.append(Block(code, f"```\n{code}\n```", "code"))
        elif tag == "p" and not any(child.tag in _BLOCKS for child in element):
            self._single(element, out, "p", "")
        else:
            out += self.blocks(element)

    def _single(self, element: _Element, out: list[Block], kind: str, prefix: str) -> None:
        run = _Run()
        self._words(run, element.text)
        for child in element:
            self._inline(child, run)
            self._words(run, child.tail)
        self._flush(run, out, kind, prefix)

    def _quote(self, element: _Element, out: list[Block]) -> None:
        inner = self.blocks(element)
        if not inner:
            return
        text = "\n\n".join(block.text for block in inner)
        quoted = [_quoted(block.markdown) for block in inner]
        out.append(Block(text, "\n>\n".join(quoted), "quote"))

    def _words(self, run: _Run, words: str | None) -> None:
        if not words:
            return
        folded = fold_space(words)
        marks = list(MARK.finditer(folded))
        starts = [mark.start() for mark in marks]
        starts.append(len(folded))
        self._piece(run, folded[: starts[0]])
        for mark, end in zip(marks, starts[1:], strict=True):
            self._linked(run, mark[0], folded[mark.end() : end])

    def _piece(self, run: _Run, piece: str) -> None:
        if piece:
            self._seam(run, piece)
            run.add(piece, _SPECIAL.sub(r"\\\1", piece))

    def _linked(self, run: _Run, mark: str, words: str) -> None:
        """Write text that begins with that of a link."""
        place = number(mark)
        if place >= len(self.links) or not words.startswith(self.links[place].words):
            self._piece(run, words)
            return
        link = self.links[place]
        self._seam(run, words)
        shown = _SPECIAL.sub(r"\\\1", link.words)
        if self._emphasised and not emphasis.is_whole(shown):
            shown = self._plain(shown)
        url = urls.absolute(link.href, self.base)
        if url is not None:
            shown = f"[{shown}]{_target(url)}"
            self.used.append(url)
        run.add(link.words, shown)
        run.linked += len(link.words)
        self._piece(run, words[len(link.words) :])

    def _inline(self, element: _Element, run: _Run) -> None:
        """Inline content; a block that strayed into a line becomes part of it."""
        if element.tag == "lb":
            run.add("\n", "\n")
            return
        inner = _Run()
        self._words(inner, element.text)
        for child in element:
            self._inline(child, inner)
            self._words(inner, child.tail)
        words, marked = "".join(inner.text), "".join(inner.marked)
        if words:
            self._seam(run, words)
            run.add(words, self._dress(element, words, marked))
            run.linked += inner.linked

    def _seam(self, run: _Run, words: str) -> None:
        """Return a space between two pieces where the page has one and trafilatura has trimmed it."""
        words = self._plain(words)
        pieces = map(self._plain, reversed(run.text))
        before = next(filter(None, pieces), "")
        if not before[-1:].isalnum() or not words[:1].isalnum():
            return
        if self._source is None:
            unmarked = without_numbers(self._raw())
            self._source = _fold(self._plain(unmarked))
        left = before[-_EDGE:].lstrip()
        right = words[:_EDGE].rstrip()
        if f"{left} {right}" in self._source:
            run.add(" ", " ")

    def _dress(self, element: _Element, words: str, marked: str) -> str:
        """Return inline Markdown around a text, its white space left outside."""
        core = marked.strip()
        if not core or "\n" in core:
            return marked
        start = marked.index(core)
        before, after = marked[:start], marked[start + len(core) :]
        mark = _MARKS.get(element.get("rend") or "", "")
        if element.tag == "del":
            mark = "~~"
        elif element.tag == "code":
            mark = "`"
        if mark != "`":
            return f"{before}{mark}{core}{mark}{after}"
        if "`" in words:
            return marked
        return f"{before}`{self._plain(words).strip()}`{after}"

    def _items(self, element: _Element, level: int) -> tuple[list[str], list[str]]:
        """Return the lines of a list.

        Inner lists are indented below their item.
        """
        text: list[str] = []
        marked: list[str] = []
        ordered = element.get("rend") == "ol"
        for count, item in enumerate(element.iterchildren("item"), 1):
            inner = [child for child in item if child.tag == "list"]
            for child in inner:
                item.remove(child)
            said = self.blocks(item)
            sign = "- "
            if ordered:
                sign = f"{count}. "
            lead = "  " * level + sign
            if said:
                text.append("\n".join(block.text for block in said))
                rows = [row for block in said for row in block.markdown.split("\n")]
                margin = " " * len(lead)
                marked.append(lead + f"\n{margin}".join(rows))
            for child in inner:
                more = self._items(child, level + 1)
                text += more[0]
                marked += more[1]
        return text, marked

    def _table(self, element: _Element, out: list[Block]) -> None:
        texts: list[str] = []
        rows: list[list[str]] = []
        for row in _own_rows(element):
            cells = [self.blocks(cell) for cell in row.iterchildren("cell")]
            plain = [_in_one_line(block.text for block in cell) for cell in cells]
            if any(plain):
                marked = [_in_one_line(block.markdown for block in cell) for cell in cells]
                texts.append(" | ".join(filter(None, plain)))
                rows.append([cell.replace("|", "\\|") for cell in marked])
        if not rows:
            return
        width = max(map(len, rows))
        lines = [_table_line(row, width) for row in rows]
        lines.insert(1, "|" + " --- |" * width)
        out.append(Block("\n".join(texts), "\n".join(lines), "table"))

    def _link_words(self, place: int) -> str:
        if place < len(self.links):
            return self.links[place].words
        return ""

    def _flush(self, run: _Run, out: list[Block], kind: str, prefix: str = "") -> None:
        whole = self._plain("".join(run.text))
        text = "\n".join(_rows(whole))
        if not text:
            return
        marked = "".join(run.marked)
        if kind == "head":
            text = text.replace("\n", " ")
            markdown = " ".join(_rows(self._plain(marked)))
        else:
            rows = list(_rows(marked))
            if self._emphasised:
                rows = emphasis.dress(rows)
            markdown = "  \n".join(_LINE_START.sub(r"\1\\\2", _fold(row)) for row in rows)
        out.append(Block(text, prefix + markdown, kind, run.linked))


def _rows(words: str) -> list[str]:
    return [row for row in map(_fold, words.split("\n")) if row]


def _fold(words: str) -> str:
    return fold_space(words).strip()


def _own_rows(table: _Element) -> Iterator[_Element]:
    """Yield the rows of a table without those of a table inside it, which its cell writes."""
    for child in table:
        if child.tag == "row":
            yield child
        elif child.tag != "table":
            yield from _own_rows(child)


def links_within(used: Iterable[str], markdown: str) -> tuple[str, ...]:
    """Return the addresses of links that are in a Markdown text, each once."""
    urls_used = dict.fromkeys(used)
    return tuple(url for url in urls_used if f"]{_target(url)}" in markdown)


def _is_code_block(element: _Element) -> bool:
    """True if code has several lines."""
    return element.tag == "code" and "\n" in raw_text(element).strip()


def _quoted(markdown: str) -> str:
    return "\n".join(f"> {row}" for row in markdown.split("\n"))


def _in_one_line(texts: Iterable[str]) -> str:
    return " ".join(text.replace("\n", " ") for text in texts)


def _table_line(cells: list[str], width: int) -> str:
    """Return the Markdown of a row, with empty cells up to the width of the table."""
    missing = width - len(cells)
    return "| " + " | ".join([*cells, *[""] * missing]) + " |"


def _target(url: str) -> str:
    """Return the part of a link in Markdown that has its address."""
    return f"({url.translate(_IN_TARGET)})"
