"""The own text of each version of each item.

Only reads. What a comment quotes from its article, or from comments that it answers, is conversation, and not
part of its own text. A missing text is empty.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from archive.copies.comparison import without_quotations
from archive.copies.wording import Worded, words_of

Item = tuple[str, int]
"""A kind ("article", "comment") and an id."""

_MAX_ABOVE = 12  # comments that one answers, up to the first one
_CURRENT = {
    "article": "SELECT text FROM articles WHERE id = ?",
    "comment": "SELECT text FROM comments WHERE id = ?",
}
_VERSION = {
    "article": "SELECT text FROM article_versions WHERE article_id = ? AND version = ?",
    "comment": "SELECT text FROM comment_versions WHERE comment_id = ? AND version = ?",
}
_VERSIONS = {
    "article": "SELECT version FROM article_versions WHERE article_id = ? AND text IS NOT NULL",
    "comment": "SELECT version FROM comment_versions WHERE comment_id = ? AND text IS NOT NULL",
}
_ALL = (
    "SELECT 'article', id, 0 FROM articles WHERE text IS NOT NULL",
    "SELECT 'article', article_id, version FROM article_versions WHERE text IS NOT NULL",
    "SELECT 'comment', id, 0 FROM comments WHERE text IS NOT NULL",
    "SELECT 'comment', comment_id, version FROM comment_versions WHERE text IS NOT NULL",
)
_KEPT = 1_000


class Texts:
    """Reader of texts on one connection.

    It caches: make a new instance for each transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self.own_words = lru_cache(_KEPT)(self._own_words)
        self.versions = lru_cache(_KEPT)(self._versions)
        self._worded = lru_cache(_KEPT)(self._read)
        self._place = lru_cache(_KEPT)(self._read_place)

    def everything(self) -> Iterator[tuple[Item, int]]:
        """Yield each version of each item; 0 is the current."""
        for sql in _ALL:
            for kind, number, version in self._execute(sql):
                yield (kind, number), version

    def _versions(self, item: Item) -> list[int]:
        """Return the versions of an item, 0 (current) first."""
        kind, number = item
        versions = self._execute(_VERSIONS[kind], (number,))
        return [0, *(version for (version,) in versions)]

    def thread(self, item: Item) -> int | None:
        """Return the id of an item's article."""
        if item[0] == "article":
            return item[1]
        return self._place(item[1])[0]

    def _own_words(self, kind: str, number: int, version: int) -> Worded:
        text = self._worded(kind, number, version)
        if kind == "comment" and text.is_long_enough:
            for above in self._above(number):
                for each in self.versions(above):
                    text = without_quotations(text, self._worded(*above, each))
        return text

    def _above(self, comment: int) -> list[Item]:
        """Return a comment's article and the comments it answers."""
        article, parent = self._place(comment)
        found: list[Item] = []
        if article is not None:
            found.append(("article", article))
        while parent is not None and len(found) <= _MAX_ABOVE:
            found.append(("comment", parent))
            parent = self._place(parent)[1]
        return found

    def _read(self, kind: str, number: int, version: int) -> Worded:
        sql = _CURRENT
        values: tuple[int, ...] = (number,)
        if version:
            sql = _VERSION
            values = (number, version)
        found = self._execute(sql[kind], values).fetchone()
        if not found or not found[0]:
            return Worded.of(())
        return Worded.of(words_of(found[0]))

    def _read_place(self, number: int) -> tuple[int | None, int | None]:
        sql = "SELECT article_id, parent_id FROM comments WHERE id = ?"
        found: tuple[int | None, int | None] | None = self._execute(sql, (number,)).fetchone()
        return found or (None, None)
