"""A large made archive, quickly: words as common as in a language, threads of all lengths, edits, removals.

Rows go in by plain SQL and through the archive's own triggers, so that its indexes are as they grow in use.
Articles go in newest first, as a first crawl meets them. The same number gives the same archive.
"""

# ruff: noqa: E501  (statements of SQL and rows read better in one line)

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, product
from pathlib import Path

from archive.proof.states import PROVED_KINDS
from tests.builders.fixtures_archive import SEEN, START, Filler, iso

LONG, CROWDED = 7, 8
"""Ids of the articles with 300 and 5,000 comments."""
THREAD = 50  # comments below an article, on average
SPAN = timedelta(days=16 * 365)
SYLLABLES = ["".join(parts) for parts in product("bdfgklmnrt", "aeiou", "bfkpx")]
WORDS = [f"{first}{last}" for last in SYLLABLES[:160] for first in SYLLABLES]
ORIGINS = '{"author": "page:fn", "html": "page:content", "published": "page:time", "text": "page:content"}'
COMMENT = (
    "INSERT INTO comments (id, article_id, source, key, site_id, parent_id, kind, author, published, text, html,"
    " permalink, version_count, first_seen, changed_at, gone_at, gone_how, origins)"
    " VALUES (?, ?, ?, ?, ?, ?, 'comment', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
VERSION = (
    "INSERT INTO {kind}_versions ({kind}_id, version, since, until, changed, cause, {name}, published, text)"
    " VALUES (?, 1, ?, ?, '[\"text\"]', 'edited', ?, ?, ?)"
)
EVENT = "INSERT INTO events (at, kind, source, article_id, comment_id, version, since) VALUES (?, ?, ?, ?, ?, ?, ?)"


class Draw:
    """Takes one of some things, the first ones far more often than the last ones."""

    def __init__(self, dice: random.Random, things: list[str], *, shift: float) -> None:
        self.dice, self.things = dice, things
        self.weights = list(accumulate(1 / (rank + shift) for rank in range(1, len(things) + 1)))

    def some(self, count: int = 1) -> list[str]:
        return self.dice.choices(self.things, cum_weights=self.weights, k=count)


class Maker:
    """Makes the rows of an archive of so many comments."""

    def __init__(self, fill: Filler, comments: int) -> None:
        self.fill, self.conn, self.dice = fill, fill.conn, fill.dice
        self.articles, self.left, self.made = comments // THREAD, comments, 0
        self.words = Draw(self.dice, WORDS, shift=4)
        self.readers = Draw(self.dice, [f"reader{number}" for number in range(30_000)], shift=30)
        self.writers = Draw(self.dice, [f"Writer Number{number}" for number in range(80)], shift=5)
        self.tags = Draw(self.dice, [f"tag{number}" for number in range(500)], shift=10)
        self.sites = Draw(self.dice, [f"site{number}.example" for number in range(4000)], shift=3)

    def text(self, mean: float) -> str:
        return " ".join(self.words.some(1 + int(self.dice.expovariate(1 / mean))))

    def everything(self) -> None:
        for number in range(1, self.articles + 1):
            when = START + SPAN * (1 - number / self.articles)
            source = "uplands" if number % 4 == 0 else "quayside"
            self.article(number, source, when)
            last = self.left if number == self.articles else int(self.dice.paretovariate(1.1) * THREAD / 7)
            size = {LONG: 300, CROWDED: 5000}.get(number, last)
            self.conn.executemany(COMMENT, self.thread(number, source, when, min(size, self.left)))
            if number % 100 == 0:
                self.conn.commit()

    def article(self, number: int, source: str, when: datetime) -> None:
        seen, url, text = (
            iso(when + timedelta(hours=2)),
            f"https://{source}.example/{number}/",
            self.text(500),
        )
        title, byline, edited = self.text(8), self.writers.some()[0], number % 10 == 0
        self.fill.insert(
            "articles", id=number, source=source, post_id=number, url=url, title=title, byline=byline, published=iso(when),
            text=text, description=text[:140], language="en", version_count=1 + edited, first_seen=seen, changed_at=seen,
            gone_at=SEEN if number % 300 == 0 else None, origins=ORIGINS,
        )  # fmt: skip
        self.fill.insert(
            "visits", source=source, url=url, kind="article", article_id=number, status=200, first_fetched=seen,
            fetched_at=SEEN, changed_at=seen, times=3,
        )  # fmt: skip
        self.fill.joins(number, byline, list(dict.fromkeys(self.tags.some(3))))
        for position, host in enumerate(self.sites.some(6)):
            link = f"https://{host}/{number}"
            self.fill.insert("links", article_id=number, position=position, url=link, host=host)
        if edited:
            old = (seen, iso(when + timedelta(days=2)), title, iso(when), f"{self.text(3)} {text}")
            self.conn.execute(VERSION.format(kind="article", name="title"), [number, *old])
            self.conn.execute(EVENT, [old[1], "edited", source, number, None, 1, seen])

    def thread(self, article: int, source: str, when: datetime, size: int) -> Iterator[tuple[object, ...]]:
        """The rows of a thread; of those edited or removed, what happened as well."""
        first = self.made + 1
        for number in range(first, first + size):
            posted = when + timedelta(minutes=20 + 7 * (number - first) + self.dice.random())
            at, seen = iso(posted), iso(posted + timedelta(hours=1))
            parent = (
                self.dice.randint(max(first, number - 12), number - 1)
                if number % 2 and number > first
                else None
            )
            author = "Anonymous" if self.dice.random() < 0.08 else self.readers.some()[0]
            text = self.text(40)
            edited, gone = number % 40 == 0, SEEN if number % 97 == 0 else None
            if edited:
                later = iso(posted + timedelta(hours=3))
                before = f"{text} {self.text(3)}"
                self.conn.execute(
                    VERSION.format(kind="comment", name="author"), [number, seen, later, author, at, before]
                )
                self.conn.execute(EVENT, [later, "edited", source, article, number, 1, seen])
            if gone:
                self.conn.execute(EVENT, [gone, "removed", source, article, number, None, seen])
            link = f"https://{source}.example/{article}/#comment-{number}"
            yield (
                *(number, article, source, f"id:{number}", str(number), parent, author, at, text, f"<p>{text}</p>"),
                *(link, 1 + edited, seen, seen, gone, "missing" if gone else None, ORIGINS),
            )  # fmt: skip
        self.made, self.left = self.made + size, self.left - size


def build(folder: Path, comments: int) -> None:
    """Fill a folder with an archive, and with the configuration that names it; nothing is logged yet."""
    fill = Filler(folder / "archive.db")
    Maker(fill, comments).everything()
    for kind in PROVED_KINDS:
        fill.conn.execute(f"INSERT OR IGNORE INTO proof_pending SELECT '{kind}', id FROM {kind}s")
    fill.finish()
    (folder / "backissue.toml").write_text("[sources.quayside]\nurl = 'https://quayside.example'\n")


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    build(Path(sys.argv[1]), int(sys.argv[2]))
