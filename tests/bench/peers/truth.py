"""What the made pages say, and how much of it a peer has found."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from lxml import html

from tests.builders.theme import Theme


@dataclass(frozen=True, slots=True)
class Truth:
    """The words of one page: its body, and each of its comments."""

    body: str
    comments: tuple[str, ...]


def write_pages(folder: Path, pages: int) -> dict[str, Truth]:
    """Write so many made pages to `html/`, and `pages.json`; return what each says, by its URL."""
    theme, truths, listed = Theme(), dict[str, Truth](), []
    (folder / "html").mkdir()
    for number in range(pages):
        url, page = theme.url(number), theme.page(number)
        file = folder / "html" / f"{number}.html"
        file.write_bytes(page)
        listed.append({"url": url, "file": str(file)})
        tree = html.fromstring(page)
        body = [node.text_content() for node in tree.find_class("entry-content")]
        said = (node.text_content().strip() for node in tree.find_class("comment-content"))
        truths[url] = Truth(" ".join(body), tuple(said))
    (folder / "pages.json").write_text(json.dumps(listed))
    return truths


def read_found(file: Path) -> dict[str, Truth]:
    """Return what a peer has found, by URL; its comments are one text, or nothing."""
    rows = map(json.loads, file.read_text().splitlines())
    return {row["url"]: Truth(row["text"] or "", (row["comments"] or "",)) for row in rows}


def body_f1(truths: Mapping[str, Truth], found: Mapping[str, Truth]) -> float:
    """Return the mean F1 of the words of the bodies; a page that was not found counts 0."""
    return fmean(_f1(truth.body, found[url].body) if url in found else 0.0 for url, truth in truths.items())


def recovered(truths: Mapping[str, Truth], found: Mapping[str, Truth]) -> float:
    """Return the share of the comments that were found as comments, with all their words."""
    told = {url: _folded(" ".join(each.comments)) for url, each in found.items()}
    each = [_folded(said) in told.get(url, "") for url, truth in truths.items() for said in truth.comments]
    return fmean(each) if each else 1.0


def _f1(wanted: str, found: str) -> float:
    right, told = Counter(re.findall(r"\w+", wanted)), Counter(re.findall(r"\w+", found))
    both = (right & told).total()
    return 2 * both / max(1, right.total() + told.total())


def _folded(text: str) -> str:
    return " ".join(text.split())
