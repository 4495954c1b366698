"""Comments of static copies: what WordPress' feeds say of each, and if its page is read alike.

Does not: ask for comments that their page does not hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from archive.core.answers.tolerant_xml import local_name, parse_xml
from archive.core.records import Comment
from pipeline.dates import parse as dates
from pipeline.html.dom import fold
from pipeline.html.sanitize import markup_to_line, render
from tests.eval.static_copies import address, page_of

_REPLY = re.compile(r"^\s*<p>[^<]*<a [^>]*#comment-\d+[^>]*>[^<]*</a>[^<]*</p>")
"""What WordPress puts before an answer in its feeds: "In reply to …"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment as the feed of comments says it, and the file of its page."""

    id: str
    url: str
    page: Path
    author: str
    day: date | None
    text: str


def comments(site: Path) -> Iterator[Said]:
    """Yield the comments of a site's feeds that stand in the copies of their pages, once each."""
    seen: set[str] = set()
    for file in sorted(path for path in site.rglob("*") if path.suffix in (".xml", ".html", "")):
        if not file.is_file() or "feed" not in (file.name, file.parent.name):
            continue
        body = file.read_bytes()
        root = parse_xml(body, None)[0] if b"<rss" in body[:2000] else None
        for entry in () if root is None else root.iter():
            said = {local_name(child): "".join(child.itertext()).strip() for child in entry}
            link, _, number = said.get("link", "").partition("#comment-")
            page = page_of(site, file, link) if number.isdecimal() and number not in seen else None
            if page is None or f"comment-{number}" not in page.read_text("utf-8", "replace"):
                continue
            seen.add(number)
            moment = dates.rfc822(said.get("pubDate", ""))
            yield Said(
                id=number,
                url=address(site, link),
                page=page,
                author=markup_to_line(said.get("creator")) or "",
                day=dates.day_of(moment) if moment else None,
                text=render(_REPLY.sub("", said.get("encoded") or said.get("description") or "")).text or "",
            )


@dataclass(slots=True)
class Counts:
    """Right answers and questions by name."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def add(self, said: Said, told: Comment | None) -> None:
        """Compare one comment with what was read of it."""
        self._count("found", said, told is not None, "")
        if told is None:
            return
        self._count("author", said, fold(said.author) == fold(told.author or ""), told.author)
        if said.day is not None:
            near = told.published is not None and abs((dates.day_of(told.published) - said.day).days) <= 1
            self._count("day", said, near, told.published_raw)
        self._count("text", said, fold(said.text) == fold(told.text or ""), told.text)

    def lines(self) -> Iterator[str]:
        """Yield the table, a line for each name."""
        for name, asked in self.asked.items():
            yield f"comment: {name:<15} {self.right[name]:>6} of {asked:<6} {self.right[name] / asked:.3f}"

    def _count(self, name: str, said: Said, good: bool, got: str | None) -> None:
        self.asked[name] += 1
        self.right[name] += good
        if not good:
            wanted = {"author": said.author, "day": said.day, "text": said.text}.get(name)
            self.errors.append(f"{said.url[:70]} #{said.id} {name}: {wanted!r} / {got!r}"[:240])


def compare(folder: Path, read: Callable[[bytes, str], tuple[Comment, ...]]) -> Counts:
    """Return how the comments of all copies are read.

    `read` gives those of a page by its body and address.
    """
    counts = Counts()
    for site in sorted(path for path in folder.iterdir() if path.is_dir()):
        pages: dict[Path, dict[str, Comment]] = {}
        for said in comments(site):
            if said.page not in pages:
                found = read(said.page.read_bytes(), said.url)
                pages[said.page] = {each.id: each for each in found if each.id}
            counts.add(said, pages[said.page].get(said.id))
    return counts
