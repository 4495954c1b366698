"""Pages with labels of people and of publishers: four public sets, as one kind of record.

Knows the layouts of checkouts of adbar/trafilatura, flairNLP/fundus, mozilla/readability and
postlight/parser. Its law: the pages are divided by their address; whoever works on the rules looks at misses
of the first three quarters only, and believes the last one.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zlib import crc32

from lxml.html import document_fromstring

SHARES = ("tuned", "tuned", "tuned", "unseen")
_WORDPRESS = re.compile(rb"""content=["']WordPress|/wp-(?:content|includes|json)/""", re.IGNORECASE)
_CANONICAL = re.compile(rb"""<link[^>]*rel=["']?canonical["']?[^>]*href=["']?([^"'\s>]+)""", re.IGNORECASE)
_ASSERTED = re.compile(
    r"readFileSync\(\s*['\"`]\./(?P<file>[^'\"`]+)|\burl\s*=\s*['\"`](?P<url>http[^'\"`]+)|"
    r"assert\.equal\(\s*(?P<name>title|author|date_published)\s*,\s*"
    r"(?P<value>null|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`)"
)
"""The file, the address and the fields that a test of postlight's parser names."""
_META = re.compile(rb"<meta\b[^>]*>")
_LEAST = 200
"""Characters of the shortest text that is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A page with what is known of it; fields without a label are None.

    `holds` and `lacks` are words that the article's text must have, and must not.
    """

    url: str
    body: bytes
    title: str | None = None
    authors: str | None = None
    day: date | None = None
    text: str | None = None
    holds: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()

    @property
    def share(self) -> str:
        """The part of the set that the page belongs to."""
        return SHARES[crc32(self.url.encode()) % 4]

    @property
    def wordpress(self) -> bool:
        """True for a page of WordPress."""
        return _WORDPRESS.search(self.body) is not None


def trafilatura_pages(checkout: Path) -> Iterator[Labelled]:
    """The pages of trafilatura's own evaluation, in the order of their addresses."""
    tests = checkout / "tests"
    labels: dict[str, dict[str, Any]] = json.loads((tests / "evaldata.json").read_text(encoding="utf-8"))
    for url, label in sorted(labels.items()):
        files = (tests / folder / label["file"] for folder in ("cache", "eval"))
        file = next((file for file in files if file.is_file()), None)
        if file is not None:
            told = label.get("author") or None
            yield Labelled(
                url=url,
                body=file.read_bytes(),
                title=label.get("title") or None,
                authors=", ".join(told) if isinstance(told, list) else told,
                day=_day(label.get("date")),
                holds=tuple(label.get("with", ())),
                lacks=tuple(label.get("without", ())),
            )


def fundus_pages(checkout: Path) -> Iterator[Labelled]:
    """The newest page of each publisher that fundus has a parser for."""
    for file in sorted((checkout / "tests/resources/parser/test_data").glob("*/*.json")):
        versions = json.loads(file.read_text(encoding="utf-8"))
        pages = json.loads((file.parent / "meta.info").read_text(encoding="utf-8"))
        names = sorted(name for name in pages if re.fullmatch(rf"{re.escape(file.stem)}_[\d_]+.*", name))
        if not names or not (file.parent / names[-1]).is_file():
            continue
        body = gzip.decompress((file.parent / names[-1]).read_bytes())
        said = list(versions.values())[-1]
        sections = (said.get("body") or {}).get("sections", ())
        parts = [part for section in sections for part in (*section["headline"], *section["paragraphs"])]
        yield Labelled(
            url=pages[names[-1]]["url"],
            body=body,
            title=said.get("title") or None,
            authors=", ".join(said.get("authors") or ()) or None,
            day=_day(said.get("publishing_date")),
            text=_long("\n".join((*(said.get("body") or {}).get("summary", ()), *parts))),
        )


def readability_pages(checkout: Path) -> Iterator[Labelled]:
    """The pages of readability's tests; their texts are what it gives itself."""
    for folder in sorted((checkout / "test/test-pages").iterdir()):
        body = (folder / "source.html").read_bytes()
        said = json.loads((folder / "expected-metadata.json").read_text(encoding="utf-8"))
        text = document_fromstring((folder / "expected.html").read_text(encoding="utf-8")).text_content()
        address = _CANONICAL.search(body)
        url = address[1].decode("utf-8", "replace") if address else ""
        yield Labelled(
            url=url if url.startswith("http") else f"http://{folder.name}.example/article",
            body=body,
            title=said.get("title") or None,
            authors=said.get("byline") or None,
            day=_day(said.get("publishedTime")),
            text=_long(text),
        )


def postlight_pages(checkout: Path) -> Iterator[Labelled]:
    """Return the pages of postlight's parser, with what the tests of its rules for single sites expect."""
    told: dict[Path, dict[str, str]] = {}
    for test in sorted((checkout / "src/extractors/custom").glob("*/index.test.js")):
        url, file = "", checkout
        for match in _ASSERTED.finditer(test.read_text(encoding="utf-8")):
            url = match["url"] or url
            file = checkout / match["file"] if match["file"] else file
            if match["name"] and match["value"] != "null":
                value = re.sub(r"\\(.)", r"\1", match["value"][1:-1])
                told.setdefault(file, {"url": url}).setdefault(match["name"], value)
    for file, label in told.items():
        if file.is_file() and label["url"]:
            yield Labelled(
                url=label["url"],
                body=_META.sub(_with_content, file.read_bytes()),
                title=label.get("title") or None,
                authors=label.get("author") or None,
                day=_day(label.get("date_published")),
            )


def _with_content(meta: re.Match[bytes]) -> bytes:
    """Return a meta element with its attribute, which those pages were saved with another name of."""
    return meta[0] if b"content=" in meta[0] else meta[0].replace(b"value=", b"content=", 1)


def _day(stated: str | None) -> date | None:
    try:
        return date.fromisoformat(stated[:10]) if stated else None
    except ValueError:
        return None


def _long(text: str) -> str | None:
    return text if len(text) >= _LEAST else None
