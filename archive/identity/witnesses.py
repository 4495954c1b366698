"""Evidence in the archive for the articles that a response may be about, gathered for `verdict`.

It only reads. A hidden article is identified by its id and URLs alone, and is never compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from archive.core import urls
from archive.core.connection import Database
from archive.core.records import Article, Extract, Page, PageKind, Surface
from archive.core.rendered import INCOMPLETE_CODE
from archive.core.timestamps import from_text, instant, to_text
from archive.files.redaction_store import RedactionSet as Hidden
from archive.identity import verdict as identity
from archive.identity import walls
from archive.identity.claims import Claim, Evidence, Held, Known, Reason, Verdict
from archive.identity.likeness import same_text
from archive.tables import publisher_copies, rows
from archive.tables.captured import SEEN_BY_US
from archive.tables.merge import REST_OF_THEM, Value
from archive.tables.versions import EDITED, Reading

Row = dict[str, Value]

METERED = "metered"
"""The problem of a page that says that it keeps a part of the article back."""
_SHOW_LESS = {METERED, INCOMPLETE_CODE}
"""Problems of pages that may show less than the whole: what they lack was not removed."""
_GUESSED = {"page:address", "page:htmldate", "page:htmldate, agreed", "page:relative"}
"""Rules of dates that the page itself does not tell."""
_STATED = {None, "page:canonical", "page:og"}
_AT_ADDRESS = """
SELECT articles.* FROM addresses JOIN articles ON articles.id = article_id
WHERE addresses.source = ? AND addresses.url_key = ?
"""
_BY_ID = "SELECT * FROM articles WHERE source = ? AND post_id = ?"
_TWINS = f"SELECT * FROM articles WHERE source = ? AND title IS ? AND published = ? AND {SEEN_BY_US} LIMIT 2"
_REBUILT = (
    "SELECT 1 FROM problems WHERE source = ? AND code IN ('id-reused', 'other-database')"
    " AND last_seen BETWEEN ? AND ? LIMIT 1"
)
_LATELY = timedelta(days=120)  # a rebuilt site's old pages are read again in the course of months
_FRESH = timedelta(minutes=30)  # since REST or a feed was read: a crawl reads them before the pages
_COMMON = f"SELECT 1 FROM articles WHERE source = ? AND title = ? AND id != ? AND {SEEN_BY_US} LIMIT 1"
_READ = "SELECT url FROM visits WHERE article_id = ? AND kind = 'article' AND good_at IS NOT NULL"


class Witnesses:
    """Judge of one page's articles, by the recorded facts."""

    def __init__(
        self, db: Database, page: Page, extract: Extract, hidden: Hidden, *, reread: bool = False
    ) -> None:
        self.db = db
        self.page = page
        self.surface = extract.surface
        if page.kind is PageKind.ARTICLE:
            self.surface = Surface.PAGE
        self.metered = any(problem.code in _SHOW_LESS for problem in extract.problems)
        self.named = extract.wall is not None
        self.hidden = hidden
        self.reread = reread
        self.listed = extract.articles

    def judge(self, article: Article) -> tuple[Verdict, Row | None]:
        """Return the verdict on an article, and its stored row."""
        by_id = None
        if article.post_id is not None:
            by_id = rows.one(self.db, _BY_ID, self.page.source, article.post_id)
        named = [article.url]
        if self.surface is Surface.PAGE:
            named += [self.page.final_url, self.page.url]
        there = {url: self._at(url) for url in dict.fromkeys(named)}
        for row in (by_id, *there.values()):
            if row is not None and row["redaction_id"] is not None:
                return Verdict(held=Held(id=int(row["id"] or 0))), row
        known_rows = [row for row in (by_id, *there.values()) if row is not None]
        found = {row["id"]: row for row in known_rows}
        known = self._known(article, by_id, there, found)
        claim = self._claim(article)
        verdict = identity.judge_claim(claim, known, self.surface)
        is_doubted = verdict.refused in {Reason.COLLAPSED, Reason.REPLACED}
        if is_doubted and self._is_confirmed(article, verdict):
            confirmed = replace(claim, confirmed=True)
            verdict = identity.judge_claim(confirmed, known, self.surface)
        row = None
        if verdict.held:
            row = found[verdict.held.id]
        return verdict, row

    def _is_confirmed(self, article: Article, verdict: Verdict) -> bool:
        """True if REST or a feed has just given a page's text."""
        copy = None
        if verdict.held:
            copy = publisher_copies.load_row(self.db, verdict.held.id)
        if copy is None or not _is_fresh(self.page.fetched_at, str(copy["read_at"])):
            return False
        blocks = publisher_copies.unpack_blocks(copy["blocks"])
        written = "\n".join(text for text, _ in blocks)
        text = article.text or ""
        if not 0 < len(written) <= 2 * len(text):
            return False
        return same_text(written, text)

    def _known(
        self, article: Article, by_id: Row | None, there: dict[str, Row | None], found: dict[Value, Row]
    ) -> Known:
        twin = None
        if not any(there.values()):
            twin = self._twin(article, by_id)
        alike, (wall, wall_numbers) = self._alike(article, found)
        for row in (twin, alike):
            if row is not None:
                found[row["id"]] = row
        held = {number: self._held(row) for number, row in found.items()}

        def of(row: Row | None) -> Held | None:
            if row is None:
                return None
            return held[row["id"]]

        is_renumbered = twin is not None or self._has_other_id(article, found)
        return Known(
            by_id=of(by_id),
            at_url=of(there[article.url]),
            at_final=of(there.get(self.page.final_url)),
            at_asked=of(there.get(self.page.url)),
            twin=of(twin),
            alike=of(alike),
            wall=wall,
            wall_numbers=wall_numbers,
            rebuilt=is_renumbered and self._rebuilt,
            mixed_up=self._is_mixed_up(article, found),
        )

    def _claim(self, article: Article) -> Claim:
        page = self.page
        origins = dict(article.origins)
        on_page = self.surface is Surface.PAGE
        rule = origins.get("published")
        published = article.published
        today = page.fetched_at.date().isoformat()
        printed_today = rule == "page:printed" and str(published)[:10] == today
        if rule in _GUESSED or printed_today:
            published = None
        asked = article.url
        final = article.url
        if on_page:
            asked = page.url
            final = page.final_url
        is_whole = not article.further and article.part == 1 and article.parts == 1
        return Claim(
            url=article.url,
            asked=asked,
            final=final,
            stated=origins.get("url") in _STATED,
            post_id=article.post_id,
            title=article.title,
            published=published,
            text=article.text,
            bare=article.bare,
            written="\n".join(text for text, _ in article.written or ()) or None,
            named=self.named,
            whole=is_whole,
            metered=self.metered,
            repeated=on_page and self._is_repeated(article),
            reread=self.reread,
        )

    def _held(self, row: Row) -> Held:
        number = row["id"]
        source = self.page.source
        title = row["title"]
        origins = json.loads(str(row["origins"]))
        told = str(origins.get("title", origins.get(REST_OF_THEM)) or "")
        known = self.db.execute("SELECT url FROM addresses WHERE article_id = ?", [number]).fetchall()
        digest = rows.one(self.db, "SELECT proof FROM text_digests WHERE article_id = ?", number)
        proof = frozenset[Evidence]()
        if digest:
            proof = frozenset(map(Evidence, str(digest["proof"]).split(", ")))
        is_common = title is not None and rows.one(self.db, _COMMON, source, title, number) is not None
        return Held(
            id=int(number or 0),
            url=str(row["url"]),
            post_id=rows.optional_number(row["post_id"]),
            urls=frozenset([str(row["url"]), *(url for (url,) in known)]),
            read=frozenset(url for (url,) in self.db.execute(_READ, [number])),
            title=rows.optional_text(title),
            common=is_common,
            listed=told.partition(":")[0] in {Surface.REST, Surface.FEED},
            published=from_text(rows.optional_text(row["published"])),
            text=rows.optional_text(row["text"]),
            proof=proof,
            gone=row["gone_at"] is not None,
        )

    def _at(self, url: str) -> Row | None:
        """Return the article's row at a URL, hidden ones included."""
        if found := rows.one(self.db, _AT_ADDRESS, self.page.source, urls.page_key(url)):
            return found
        article_id = self.hidden.at(self.page.source, url)
        if not article_id:
            return None
        return rows.one(self.db, "SELECT * FROM articles WHERE id = ?", article_id)

    @cached_property
    def _rebuilt(self) -> bool:
        return is_rebuilt(self.db, self.page)

    @staticmethod
    def _has_other_id(article: Article, found: dict[Value, Row]) -> bool:
        expected = {None, article.post_id}
        return any(row["post_id"] not in expected for row in found.values())

    def _twin(self, article: Article, by_id: Row | None) -> Row | None:
        """Return the only other article of equal title and instant."""
        lacks_title = article.title is None and not self._rebuilt
        if lacks_title or not isinstance(article.published, datetime):
            return None
        values = [self.page.source, article.title, to_text(article.published)]
        twins = list(self.db.query(_TWINS, values))
        if len(twins) != 1 or twins[0]["redaction_id"] is not None:
            return None
        [twin] = twins
        ids_of_others = {other.post_id for other in self._namesakes(article)} - {None}
        if twin["post_id"] in ids_of_others:
            return None
        if by_id is not None and by_id["id"] == twin["id"]:
            return None
        return twin

    def _namesakes(self, article: Article) -> Iterator[Article]:
        """Yield articles of the page with equal title and instant."""
        for other in self.listed:
            if other is article:
                continue
            if other.title == article.title and other.published == article.published:
                yield other

    def _alike(self, article: Article, found: dict[Value, Row]) -> tuple[Row | None, tuple[bool, bool]]:
        """Return an article of equal text, and whether it was refused."""
        digest = None
        if self.surface is Surface.PAGE:
            digest = walls.digest_of(article)
        if digest is None:
            return None, (False, False)
        holder = walls.holder(self.db, self.page.source, digest, found.keys())
        refused = walls.refused_elsewhere(self.db, self.page, article, digest)
        return (
            holder,
            refused,
        )

    def _is_mixed_up(self, article: Article, found: dict[Value, Row]) -> bool:
        if self.surface is not Surface.PAGE or not found or walls.digest_of(article) is None:
            return False
        return walls.is_of_another(self.db, self.page.source, article.text or "", found.keys())

    def _is_repeated(self, article: Article) -> bool:
        digest = walls.digest_of(article)
        return digest is not None and walls.is_repeated(self.db, self.page, digest)


def _is_fresh(now: datetime, read_at: str) -> bool:
    return timedelta() <= now - instant(read_at) <= _FRESH


def is_rebuilt(db: Database, page: Page) -> bool:
    """True if a source lately reused ids of recorded articles."""
    span = [to_text(page.fetched_at - _LATELY), to_text(page.fetched_at)]
    return rows.one(db, _REBUILT, page.source, *span) is not None


def clashes_since(db: Database, source: str, moment: datetime) -> bool:
    """True if ids of recorded articles were found to be others' since a moment, for the first time."""
    sql = (
        "SELECT 1 FROM problems WHERE source = ? AND code IN ('id-reused', 'other-database')"
        " AND first_seen >= ? LIMIT 1"
    )
    return rows.one(db, sql, source, to_text(moment)) is not None


def is_late(db: Database, row: Row, reading: Reading) -> bool:
    """True if an article changed after this answer was received."""
    if reading.cause != EDITED:
        return False
    sql = "SELECT 1 FROM visits WHERE article_id = ? AND kind = 'article' AND good_at > ? LIMIT 1"
    if str(row["changed_at"]) > reading.received:
        return True
    return rows.one(db, sql, row["id"], reading.received) is not None


def is_overtaken(db: Database, page: Page) -> bool:
    """True if a later answer of this URL was recorded."""
    sql = "SELECT 1 FROM visits WHERE source = ? AND url_key = ? AND fetched_at > ?"
    key = urls.page_key(page.url)
    return rows.one(db, sql, page.source, key, to_text(page.fetched_at)) is not None
