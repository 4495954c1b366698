"""Trafilatura's document as plain text and as Markdown, both from one walk.

Knows the elements trafilatura writes. Its law: text and Markdown say the same words in the same order, and
what stood in blocks stands in blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml.etree import _Element

from pipeline import addresses

_SPACE = re.compile(r"[ \t\r\n\f\v\xa0]+")
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
        "code",
        "body",
        "main",
        "section",
        "article",
        "figure",
        "item",
        "row",
    }
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an article: its words, the same in Markdown, and what it is."""

    text: str
    markdown: str
    kind: str


@dataclass(slots=True)
class _Run:
    """Inline content as it is gathered."""

    text: list[str] = field(default_factory=list)
    marked: list[str] = field(default_factory=list)

    def add(self, words: str | None) -> None:
        if words:
            folded = _SPACE.sub(" ", words)
            self.text.append(folded)
            self.marked.append(_SPECIAL.sub(r"\\\1", folded))

    def both(self, words: str) -> None:
        self.text.append(words)
        self.marked.append(words)


def blocks(body: _Element, base: str) -> list[Block]:
    """The blocks of a document in their order."""
    out: list[Block] = []
    _walk(body, base, out)
    return out


def links(body: _Element, base: str) -> tuple[str, ...]:
    """The absolute addresses the document links to."""
    found = (addresses.absolute(ref.get("target"), base) for ref in body.iter("ref"))
    return tuple(dict.fromkeys(url for url in found if url))


def _walk(element: _Element, base: str, out: list[Block]) -> None:
    """Blocks of a container; loose words between them make paragraphs of their own."""
    run = _Run()
    run.add(element.text)
    for child in element:
        if child.tag in _BLOCKS:
            _flush(run, out, "p")
            run = _Run()
            _block(child, base, out)
        else:
            _inline(child, base, run)
        run.add(child.tail)
    _flush(run, out, "p")


def _block(element: _Element, base: str, out: list[Block]) -> None:
    tag = element.tag
    if tag == "head":
        level = re.sub(r"\D", "", element.get("rend") or "") or "2"
        _single(element, base, out, "head", "#" * min(int(level), 6) + " ")
    elif tag == "list":
        _list(element, base, out, 0)
    elif tag == "quote":
        inner: list[Block] = []
        _walk(element, base, inner)
        if inner:
            quoted = "\n>\n".join("\n".join("> " + row for row in b.markdown.split("\n")) for b in inner)
            out.append(Block("\n\n".join(b.text for b in inner), quoted, "quote"))
    elif tag == "table":
        _table(element, base, out)
    elif tag == "code":
        text = "".join(element.itertext()).strip("\n")
        if text.strip():
            out.append(Block(text, f"```\n{text}\n```", "code"))
    elif tag == "p" and not any(c.tag in _BLOCKS for c in element):
        _single(element, base, out, "p", "")
    else:
        _walk(element, base, out)


def _single(element: _Element, base: str, out: list[Block], kind: str, prefix: str) -> None:
    run = _Run()
    run.add(element.text)
    for child in element:
        _inline(child, base, run)
        run.add(child.tail)
    _flush(run, out, kind, prefix)


def _inline(element: _Element, base: str, run: _Run) -> None:
    """Inline content; a block that strayed into a line becomes part of it."""
    if element.tag == "lb":
        run.both("\n")
        return
    if element.tag == "graphic":
        return
    inner = _Run()
    inner.add(element.text)
    for child in element:
        _inline(child, base, inner)
        inner.add(child.tail)
    words, marked = "".join(inner.text), "".join(inner.marked)
    run.text.append(words)
    run.marked.append(_dress(element, words, marked, base))


def _dress(element: _Element, words: str, marked: str, base: str) -> str:
    """Inline Markdown around words, its white space left outside."""
    core = marked.strip()
    if not core:
        return marked
    before, after = marked[: len(marked) - len(marked.lstrip())], marked[len(marked.rstrip()) :]
    if element.tag == "ref":
        url = addresses.absolute(element.get("target"), base)
        if url and "\n" not in core:
            core = f"[{core}]({url.replace('(', '%28').replace(')', '%29').replace(' ', '%20')})"
    elif element.tag == "hi":
        mark = _MARKS.get(element.get("rend") or "", "")
        core = (
            f"`{words.strip()}`"
            if mark == "`" and "`" not in words
            else f"{mark}{core}{mark}"
            if "\n" not in core
            else core
        )
    elif element.tag == "del":
        core = f"~~{core}~~"
    elif element.tag == "code" and "`" not in words:
        core = f"`{words.strip()}`"
    return before + core + after


def _flush(run: _Run, out: list[Block], kind: str, prefix: str = "") -> None:
    text, marked = _lines("".join(run.text)), _lines("".join(run.marked))
    if not text:
        return
    if kind == "head":
        text, marked = text.replace("\n", " "), marked.replace("\n", " ")
    else:
        marked = "  \n".join(_LINE_START.sub(r"\1\\\2", row) for row in marked.split("\n"))
    out.append(Block(text, prefix + marked, kind))


def _lines(words: str) -> str:
    rows = [_SPACE.sub(" ", row).strip() for row in words.split("\n")]
    return "\n".join(row for row in rows if row)


def _list(element: _Element, base: str, out: list[Block], level: int) -> None:
    text, marked = _items(element, base, level)
    if text:
        out.append(Block("\n".join(text), "\n".join(marked), "list"))


def _items(element: _Element, base: str, level: int) -> tuple[list[str], list[str]]:
    """The lines of a list; inner lists are indented below their item."""
    text: list[str] = []
    marked: list[str] = []
    ordered = element.get("rend") == "ol"
    for number, item in enumerate(element.iterchildren("item"), 1):
        inner = [child for child in item if child.tag == "list"]
        for child in inner:
            item.remove(child)
        said: list[Block] = []
        _walk(item, base, said)
        lead = "  " * level + (f"{number}. " if ordered else "- ")
        if said:
            text.append("\n".join(block.text for block in said))
            marked.append(
                lead + f"\n{' ' * len(lead)}".join(row for b in said for row in b.markdown.split("\n"))
            )
        for child in inner:
            more = _items(child, base, level + 1)
            text += more[0]
            marked += more[1]
    return text, marked


def _table(element: _Element, base: str, out: list[Block]) -> None:
    rows: list[tuple[list[str], list[str]]] = []
    for row in element.iter("row"):
        cells: tuple[list[str], list[str]] = ([], [])
        for cell in row.iterchildren("cell"):
            said: list[Block] = []
            _walk(cell, base, said)
            cells[0].append(" ".join(b.text.replace("\n", " ") for b in said))
            cells[1].append(" ".join(b.markdown.replace("\n", " ") for b in said).replace("|", "\\|"))
        if any(cells[0]):
            rows.append(cells)
    if not rows:
        _walk_plain(element, base, out)
        return
    width = max(len(r[1]) for r in rows)
    lines = ["| " + " | ".join(r[1] + [""] * (width - len(r[1]))) + " |" for r in rows]
    lines.insert(1, "|" + " --- |" * width)
    out.append(Block("\n".join(" | ".join(c for c in r[0] if c) for r in rows), "\n".join(lines), "table"))


def _walk_plain(element: _Element, base: str, out: list[Block]) -> None:
    run = _Run()
    run.add(" ".join(element.itertext()))
    _flush(run, out, "p")
