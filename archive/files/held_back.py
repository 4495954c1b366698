"""Which raw pages must stay here, because they contain text that an operator has hidden.

A page is held back rather once too often: the page of a hidden article, every page that contains its URL or
title, every page with a hidden comment in it or a hidden name, in whatever coding, every response of a
comment system about a thread with a hidden comment, and every page with the opening of a hidden paragraph.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.core.connection import Database
from archive.core.records import Page
from archive.core.thread_address import thread_of, without_answer_number
from archive.files.redaction_store import Hidden, Kept, redaction_store_path

_OPENING = 8  # terms by which a hidden paragraph or title is recognised
FEWEST = 3  # terms below which a text is not distinctive

_THREADS = """
SELECT url FROM main.visits WHERE kind = 'thread' AND article_id IN
    (SELECT article_id FROM main.comments WHERE redaction_id IS NOT NULL AND site_id GLOB '*:*')
"""
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w+")


class HeldBack:
    """The pages of one archive that may not leave it: `page in held_back`."""

    def __init__(self, db: Database, archive: Path) -> None:
        ids = {row["id"] for row in db.query("SELECT id FROM main.redactions")}
        self._addresses: set[str] = set()
        self._threads: set[str] = set()
        found: list[str] = []
        if ids:
            with Hidden.open(redaction_store_path(archive)) as hidden:
                hidden.check(db.conn, thorough=True)
                found = [text for number in ids for text in self._telling(hidden.kept(number))]
            sql = "SELECT site_id FROM main.comments WHERE redaction_id IS NOT NULL AND site_id IS NOT NULL"
            found += [_words(f"comment-{row['site_id']}") for row in db.query(sql)]
            self._threads = {row["url"] for row in db.query(_THREADS)}
        texts = [text for text in sorted(set(found)) if text.strip()]
        wanted = "|".join(map(re.escape, texts))
        self._telling_words = None
        if wanted:
            self._telling_words = re.compile(wanted)

    def __contains__(self, page: Page) -> bool:
        thread = thread_of(page.url)
        about = {page.url, page.final_url}
        if thread:
            about.add(thread.article)
        if about & self._addresses or without_answer_number(page.url) in self._threads:
            return True
        if self._telling_words is None:
            return False
        text = page.body.decode("utf-8", errors="replace")
        shown = _TAG.sub(" ", html.unescape(_unescaped(text)))
        forms = (_unescaped(text), shown)
        return any(self._telling_words.search(_words(form)) for form in forms)

    @property
    def is_needed(self) -> bool:
        """True if anything is hidden at all."""
        return self._telling_words is not None or bool(self._addresses)

    def hides(self, url: str) -> bool:
        """True if the URL itself is of a hidden article."""
        return url in self._addresses

    def _telling(self, things: Iterable[Kept]) -> Iterator[str]:
        """Yield the text that identifies a redacted item in a page."""
        for kept in things:
            was = kept.row.get("was", {})
            if kept.place == "names":
                yield _words(kept.row["name"])
            elif kept.place == "addresses":
                self._addresses.add(kept.row["url"])
                path = unquote(urlsplit(kept.row["url"]).path)
                parts = path.strip("/").split("/")
                yield from _enough(parts[-1])
                yield from _enough(" ".join(parts))
            else:
                yield from _enough(was.get("title") or "")
                for paragraph in (was.get("text") or "").splitlines():
                    yield from _enough(paragraph)


def _enough(text: str) -> Iterator[str]:
    found = _WORD.findall(text.casefold())
    if len(found) >= FEWEST:
        yield f" {' '.join(found[:_OPENING])} "


def _words(text: str) -> str:
    """Return the terms of a text, each with a single space before and after."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _unescaped(text: str) -> str:
    """Return the text of JSON without its escapes, and any other nearly as it is."""
    decoded = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return decoded.replace("\\/", "/").replace("\\n", "\n")
