"""Ids and addresses that a site has given to two articles: which one keeps them, and the problem.

It writes only `articles.post_id`, inside a transaction of its caller.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from archive.core.connection import Database
from archive.core.records import Article, Extract, Page, PageKind, Problem, Surface
from archive.core.timestamps import to_text
from archive.core.urls import page_key
from archive.identity.claims import Verdict
from archive.tables import rows
from archive.tables.merge import REST_OF_THEM, Value, rank
from archive.tables.versions import EDITED, REBUILT, Reading

_IMPORT = timedelta(minutes=10)
_ALONE = 3  # articles modified together that an editor may have edited


def settle_id(
    db: Database, page: Page, surface: Surface, article: Article, old: Mapping[str, Value] | None
) -> Article:
    """Resolve a post id that two articles claim.

    REST decides its own ids. A page or feed does not take an id from an article to which REST gave it.
    """
    sql = "SELECT id, origins FROM articles WHERE source = ? AND post_id = ? AND id IS NOT ?"
    keeper = None
    if old:
        keeper = old["id"]
    other = None
    if article.post_id is not None:
        other = rows.one(db, sql, page.source, article.post_id, keeper)
    if other is None:
        return article
    origins = json.loads(str(other["origins"]))
    given = origins.get("post_id", origins.get(REST_OF_THEM))
    if surface is not Surface.REST and rank(given) == rank(Surface.REST):
        return replace(article, post_id=None)
    rows.update(db, "articles", other["id"], {"post_id": None})
    return article


def reading_of(
    old: Mapping[str, Value], article: Article, reading: Reading, listed: Sequence[Article]
) -> Reading:
    """Return the reading for an update; REBUILT for another id.

    What the site states as modified since is an edit all the same. An import that dates all articles to
    itself modifies none: it shows in the other articles that are `listed` with this one.
    """
    before = old["post_id"]
    now = article.post_id
    origins = json.loads(str(old["origins"]))
    origin = origins.get("post_id", origins.get(REST_OF_THEM))
    released = before is None and rank(origin) == rank(Surface.REST)
    renumbered = now is not None and (released or before not in {None, now})
    if not renumbered or reading.cause != EDITED:
        return reading
    if reading.surface is Surface.REST and _is_modified(old, article) and _is_modified_alone(article, listed):
        return reading
    return replace(reading, cause=REBUILT)


def _is_modified(old: Mapping[str, Value], article: Article) -> bool:
    """True if REST states a later modification than is recorded."""
    before = str(old["modified"] or "")
    return bool(before) and article.modified is not None and rows.must(to_text(article.modified)) > before


def _is_modified_alone(article: Article, listed: Sequence[Article]) -> bool:
    """True if few articles were modified within the time that an import takes."""
    if not isinstance(article.modified, datetime):
        return False
    moments = [other.modified for other in listed if isinstance(other.modified, datetime)]
    return sum(abs(moment - article.modified) <= _IMPORT for moment in moments) <= _ALONE


def at_its_address(verdict: Verdict, article: Article, page: Page) -> Article:
    """Return the article with its recorded URL.

    It keeps its own where it states that of another one. A page at another recorded URL of the article,
    without a redirect from the first, is a copy, not a move. A page that still answers at the recorded URL
    has not moved, whatever it names as canonical ("/amp/", "/print/", "/en/").
    """
    held = verdict.held
    if page.kind is not PageKind.ARTICLE or (held is None and not verdict.own_url):
        return article
    if verdict.own_url or held is None:
        return replace(article, url=page.final_url)
    requested = page_key(article.url)
    own = page_key(held.url or "")
    stays = page_key(page.final_url) == own
    known = stays or verdict.copy or requested in set(map(page_key, held.read))
    direct = page_key(page.url) == page_key(page.final_url)
    same_host = urlsplit(article.url).hostname == urlsplit(held.url or "").hostname
    is_copy = known and direct and same_host
    if is_copy and held.url and own != requested:
        return replace(article, url=held.url)
    return article


def of_article(verdict: Verdict, article: Article, page: Page) -> list[Problem]:
    """Return problems of a URL or id of another article."""
    if page.kind is not PageKind.ARTICLE:
        return []
    found = []
    if verdict.own_url:
        detail = (
            f"The page names {article.url} as its own address, which is another article's. It is kept apart."
        )
        found.append(Problem(code="wrong-canonical", detail=detail, field="url"))
    if verdict.id_reused:
        detail = f"The page has the post id {article.post_id}, which another article had before."
        found.append(Problem(code="id-reused", detail=detail, field="post_id"))
    return found


def of_listing(reused: Sequence[Verdict], extract: Extract) -> list[Problem]:
    """Return the problem of a listing with foreign post ids."""
    listed = len(extract.articles)
    others = len(reused)
    if not others:
        return []
    if listed > 1 and 2 * others > listed:
        detail = (
            f"{others:,} of {listed:,} listed articles have post ids that were other articles' before: the"
            " site has been rebuilt, or its database exchanged. They are matched by their addresses instead."
        )
        return [Problem(code="other-database", detail=detail, field="post_id")]
    detail = f"{others:,} of {listed:,} listed articles have post ids that were other articles' before."
    return [Problem(code="id-reused", detail=detail, field="post_id")]
