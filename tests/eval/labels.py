"""Titles and authors against labels that people wrote: trafilatura's own evaluation set, its WordPress pages.

Knows the layout of a checkout of adbar/trafilatura. Its law: the pages are divided by their address;
whoever works on the rules looks at misses of the first three quarters only, and believes the last one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from archive.core.records import Article

SHARES = ("tuned", "tuned", "tuned", "unseen")
_WORDPRESS = re.compile(rb"""content=["']WordPress|/wp-(?:content|includes|json)/""", re.IGNORECASE)
_QUOTES = str.maketrans("‘’‚‛“”„‟«»‹›–—\xa0", "''''\"\"\"\"\"\"''-- ")
_BY = re.compile(r"^(?:by|von|par|por)\s+")
_BETWEEN = re.compile(r"\s*(?:[;,/|&]|\b(?:and|und|et|y|e|en|og|och)\b)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A page with what people saw on it: the fields they left empty are None."""

    url: str
    body: bytes
    share: str
    title: str | None
    authors: str | None


def pages(checkout: Path) -> Iterator[Labelled]:
    """The labelled WordPress pages of a checkout, in the order of their addresses."""
    tests = checkout / "tests"
    labels: dict[str, dict[str, Any]] = json.loads((tests / "evaldata.json").read_text(encoding="utf-8"))
    for url, label in sorted(labels.items()):
        files = (tests / folder / label["file"] for folder in ("cache", "eval"))
        file = next((file for file in files if file.is_file()), None)
        body = file.read_bytes() if file else b""
        if _WORDPRESS.search(body) and (label.get("title") or label.get("author")):
            told = label.get("author") or None
            yield Labelled(
                url=url,
                body=body,
                share=SHARES[crc32(url.encode()) % 4],
                title=label.get("title") or None,
                authors=", ".join(told) if isinstance(told, list) else told,
            )


def compare(page: Labelled, article: Article | None) -> Iterator[tuple[str, str, bool]]:
    """Each labelled field: its name, what was wanted and what was told, and whether they are the same.

    Case, white space, the kind of quotation marks, the order of authors and a "By" make no difference.
    """
    if page.title is not None:
        told = (article and article.title) or ""
        yield "title", f"{page.title!r} / {told!r}", _fold(page.title) == _fold(told)
    if page.authors is not None:
        names = article.authors if article else ()
        yield "authors", f"{page.authors!r} / {names!r}", _people(page.authors) == _people(", ".join(names))


def _people(names: str) -> frozenset[str]:
    return frozenset(name for name in _BETWEEN.split(_BY.sub("", _fold(names))) if name)


def _fold(words: str) -> str:
    return re.sub(r"\s+", " ", words.translate(_QUOTES)).strip().casefold()
