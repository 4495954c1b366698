"""Walls: texts that several URLs of a site show alike, and that belong to no article.

Keeps a digest of each article's text with its proof, and the last text that was refused at each URL. It
writes `text_digests` and `refused_texts`, and takes back a text that turns out to be a wall. All of it inside
a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta

from archive.core.connection import Database
from archive.core.records import Article, Extract, Page, Problem, Surface
from archive.core.rendered import INCOMPLETE_CODE
from archive.core.timestamps import to_text
from archive.identity.claims import Evidence, Held, Reason, Verdict
from archive.identity.likeness import digest_numbers, fingerprint
from archive.tables import crawl_states, rows, visits
from archive.tables.merge import REST_OF_THEM, Value, rank

CODE = "not-this-article"
_APART = timedelta(hours=1)  # between two checks that show the same text
_PORTION = 200  # articles whose digests are added at a time
BEFORE = Evidence.TITLE
"""The proof that is assumed of texts from before digests were kept, so that none of them is taken back."""

_FURTHER = {
    Reason.CONTRADICTED: "title-contradicted",
    Reason.ALIKE: "wall",
    Reason.METERED: "metered",
    Reason.COLLAPSED: "text-collapsed",
    Reason.REPLACED: "text-replaced",
}
_OF_ITS_ARTICLE = frozenset({Reason.METERED, Reason.COLLAPSED, Reason.REPLACED})
_FROM_PAGE = (
    "title", "byline", "published", "modified", "text", "markdown", "description", "language", "image",
    "comments_stated", "comments_open",
)  # fmt: skip
_SENTENCES = {
    Reason.UNPROVEN: "The page shows something else: nothing in it agrees with this article",
    Reason.CONTRADICTED: "The page shows another title than the site's own list of articles",
    Reason.BARE: "Nothing on the page marks it as an article",
    Reason.ALIKE: "The page shows the same text as other addresses of the site",
    Reason.METERED: "The page shows a part of the article, and keeps the rest back",
    Reason.REPLACED: "The page shows quite another text than this article's; a second visit will confirm it",
    Reason.COLLAPSED: "Nearly the whole text is gone from the page; a second visit will confirm it",
}  # fmt: skip


def refusal_problems(verdict: Verdict, article: Article, extract: Extract) -> tuple[Problem, ...]:
    """Return a refused page's problems, and its wall's name.

    A page with CODE alone may be that of a removed article; one of another kind has a further code, and so
    has one that a browser could not fill. A page that shows less of its own article has one of its own.
    """
    reason = verdict.refused or Reason.UNPROVEN
    shown = ""
    if article.title:
        shown = f" (“{article.title[:80]}”)"
    said = Problem(code=CODE, detail=f"{_SENTENCES[reason]}{shown}. Nothing of it was saved.")
    if extract.wall is not None:
        return said, extract.wall
    further = _FURTHER.get(reason)
    if further is not None and reason in _OF_ITS_ARTICLE:
        return (Problem(code=further, detail=said.detail, field="text"),)
    lacking = tuple(problem for problem in extract.problems if problem.code == INCOMPLETE_CODE)
    if further is None:
        return (said, *lacking)
    return (said, Problem(code=further, detail=f"{_SENTENCES[reason]}."), *lacking)


def digest_of(article: Article) -> str | None:
    """Return the digest of an article's text, if it has one.

    Short texts and further parts do not.
    """
    if article.text is None or article.part > 1:
        return None
    return fingerprint(article.text, article.url)


def holder(db: Database, source: str, digest: str, without: Collection[Value]) -> dict[str, Value] | None:
    """Return another article's row with a text, if any."""
    sql = (
        "SELECT articles.* FROM text_digests JOIN articles ON articles.id = article_id"
        " WHERE text_digests.source = ? AND digest = ? AND redaction_id IS NULL ORDER BY article_id"
    )
    for row in db.query(sql, [source, digest]):
        if row["id"] not in without:
            return dict(row)
    return None


def is_of_another(db: Database, source: str, text: str, without: Collection[Value]) -> bool:
    """True if a text is that of another article, as where a cache mixes up two pages."""
    sql = "SELECT article_id FROM text_digests WHERE source = ? AND words = ?"
    found = {number for (number,) in db.execute(sql, [source, fingerprint(text, "")])}
    return bool(found.difference(without))


def refused_elsewhere(db: Database, page: Page, article: Article, digest: str) -> tuple[bool, bool]:
    """Return whether a text, and its numbers, were refused elsewhere.

    A text that was refused before numbers were kept counts as one with the same.
    """
    sql = "SELECT numbers FROM refused_texts WHERE source = ? AND digest = ? AND url != ? LIMIT 100"
    rows_found = db.execute(sql, [page.source, digest, page.url])
    found = {numbers for (numbers,) in rows_found}
    if not found:
        return False, False
    return True, bool(found & {None, digest_numbers(article.text or "")})


def is_repeated(db: Database, page: Page, digest: str) -> bool:
    """True if a text was refused here long enough ago."""
    sql = "SELECT 1 FROM refused_texts WHERE source = ? AND url = ? AND digest = ? AND first_seen <= ?"
    before = to_text(page.fetched_at - _APART)
    return rows.one(db, sql, page.source, page.url, digest, before) is not None


def note_accepted(db: Database, page: Page, article: Article, article_id: int, verdict: Verdict) -> None:
    """Keep the digest of an article's text, with the evidence for it."""
    digest = digest_of(article)
    if digest is None or article.further:
        return
    proof = ", ".join(sorted(verdict.evidence)) or Evidence.FIRST
    words = fingerprint(article.text or "", "")
    _note_digest(db, page.source, article_id, digest, proof, words)
    db.execute("DELETE FROM refused_texts WHERE source = ? AND url = ?", [page.source, page.url])


def note_refused(db: Database, page: Page, article: Article, verdict: Verdict) -> None:
    """Store a refused text's digest; withdraw it where accepted."""
    digest = digest_of(article)
    if digest is None or verdict.refused is None:
        return
    at = rows.must(to_text(page.fetched_at))
    told = digest_numbers(article.text or "")
    _note_refused(db, page.source, page.url, (digest, told), verdict.refused, at)
    if verdict.doubted is not None:
        _take_back(db, page, verdict.doubted, digest, at)


def fill_digests(db: Database, source: str) -> None:
    """Fill in digests of older texts, once for each source."""
    sql = (
        "SELECT id, url, text FROM articles WHERE source = ? AND text IS NOT NULL AND redaction_id IS NULL"
        " AND id > ? AND id NOT IN (SELECT article_id FROM text_digests) ORDER BY id LIMIT ?"
    )
    last = 0
    while found := db.execute(sql, [source, last, _PORTION]).fetchall():
        for number, url, text in found:
            if digest := fingerprint(text, url):
                _note_digest(db, source, number, digest, BEFORE, fingerprint(text, ""))
        last = found[-1][0]
    crawl_states.update_state(db, source, has_text_digests=True)


def _note_digest(
    db: Database, source: str, article_id: int, digest: str, proof: str, words: str | None
) -> None:
    db.execute(
        "INSERT INTO text_digests (article_id, source, digest, proof, words) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET digest = excluded.digest, proof = excluded.proof, words = excluded.words"
        " WHERE (digest, proof, words) IS NOT (excluded.digest, excluded.proof, excluded.words)",
        [article_id, source, digest, proof, words],
    )


def _note_refused(
    db: Database, source: str, url: str, text: tuple[str, str], reason: Reason, at: str
) -> None:
    """Note a refused text, by its digest and that of its numbers."""
    db.execute(
        "INSERT INTO refused_texts (source, url, digest, numbers, reason, first_seen, last_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " first_seen = CASE digest WHEN excluded.digest THEN first_seen ELSE excluded.first_seen END,"
        " digest = excluded.digest, numbers = excluded.numbers, reason = excluded.reason,"
        " last_seen = excluded.last_seen",
        [source, url, *text, reason.value, at, at],
    )


def _take_back(db: Database, page: Page, held: Held, digest: str, at: str) -> None:
    """Withdraw an article's first text and page facts; request it again."""
    row = rows.one(db, "SELECT * FROM articles WHERE id = ?", held.id)
    if row is None or row["version_count"] != 1:
        return  # an edit has replaced what was there: the ledger is not changed
    origins = json.loads(str(row["origins"]))
    common = origins.get(REST_OF_THEM)
    page_rank = rank(Surface.PAGE)
    shown = [name for name in _FROM_PAGE if rank(origins.get(name, common)) == page_rank]
    gone = dict.fromkeys({*shown, "text", "markdown"})
    rows.update(db, "articles", held.id, gone)
    db.execute("DELETE FROM article_parts WHERE article_id = ?", [held.id])
    db.execute(
        "UPDATE publisher_texts SET used_at = NULL, used_surface = NULL,"
        " page_text = NULL, page_markdown = NULL, page_links = NULL WHERE article_id = ?",
        [held.id],
    )
    for name, write in rows.LIST_WRITERS.items():
        if rank(origins.get(name)) == rank(Surface.PAGE):
            write(db, held.id, ())
    sql = "SELECT url FROM visits WHERE article_id = ? AND kind = 'article'"
    for (url,) in db.execute(sql, [held.id]).fetchall():
        numbers = digest_numbers(held.text or "")
        _note_refused(db, page.source, url, (digest, numbers), Reason.ALIKE, at)
    db.execute(
        "UPDATE visits SET good_at = NULL, failures = failures + 1, lastmod = NULL"
        " WHERE article_id = ? AND kind = 'article'",
        [held.id],
    )
    detail = f"{_SENTENCES[Reason.ALIKE]}. Its text was taken back."
    problem = Problem(code=CODE, detail=detail)
    visits.note_problem(db, page.source, str(row["url"]), problem, held.id, at)
