"""The facts of a visit: how a URL responded, and what was wrong or missing there.

It writes only `visits` and `problems`, inside a transaction of its caller. Facts are stored here; what is to
be done because of them is decided in the crawler. That decision is stored with them as a cache (`due_at`,
`due_why`), which triggers empty as soon as a fact behind it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from archive.core import urls
from archive.core.answers.reader_guard import LISTING, Unread
from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.records import Page, PageKind, Problem, Saved
from archive.core.thread_address import without_answer_number
from archive.core.timestamps import retry_after, to_text
from archive.tables import rows, url_keys

_OPEN = (
    "INSERT INTO problems (source, url, code, field, detail, article_id, first_seen, last_seen)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET detail = excluded.detail,"
    " article_id = coalesce(excluded.article_id, article_id), last_seen = excluded.last_seen,"
    " ended_at = NULL"
)
GOOD = {200, 304}  # statuses of a response with information about the page
_OF_ARTICLES = {PageKind.ARTICLE, PageKind.THREAD}
LONGEST_WAIT = timedelta(days=365)  # that a server is believed to request


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Due date of a URL (aware UTC, if any), and its reason."""

    at: datetime | None
    why: str


def _place(db: Database, page: Page) -> str:
    """Return a visit's stored URL, updating its spelling.

    It is the page's own; for a listing of REST its route, since a listing is requested each time with other
    bounds. An article's page is stored as the site serves it, so that no later visit is redirected.
    """
    if page.kind is not PageKind.ARTICLE:
        return visited_url(page)
    key = urls.page_key(page.url)
    held = rows.one(db, "SELECT url FROM visits WHERE source = ? AND url_key = ?", page.source, key)
    final_key = urls.page_key(page.final_url)
    served = page.status == HTTPStatus.OK and final_key == key
    if held and not served:
        return str(held["url"])
    url = page.url
    if served:
        url = page.final_url
    url = urls.clean_page(url)
    if held and held["url"] != url:
        url_keys.respell(db, page.source, str(held["url"]), url)
    return url


def visited_url(page: Page) -> str:
    """Return a page's URL; for REST listings that of the route, for a thread elsewhere its address."""
    if page.kind is PageKind.THREAD:
        return without_answer_number(page.url)
    if page.kind not in {PageKind.POSTS, PageKind.COMMENTS}:
        return page.url
    parts = urlsplit(page.url)
    arguments = parse_qsl(parts.query)
    route = [(name, value) for name, value in arguments if name == "rest_route"]
    return urlunsplit(parts._replace(query=urlencode(route, safe="/"), fragment=""))


def note_visit(
    db: Database, page: Page, article_id: int | None, at: str, *, changed: bool, is_read: bool = True
) -> None:
    """Record a visit to a URL. `at` is ISO 8601 UTC.

    A visit to an article's page that showed no article counts as a failure, whatever its status; so does one
    to a foreign thread that could not be read, with `is_read` False.
    """
    lacks_article = page.kind in _OF_ARTICLES and article_id is None
    good = page.status in GOOD and is_read and not lacks_article
    url = _place(db, page)
    leads_to = None
    if good:
        leads_to = _leads_to(db, page, article_id)
    _note(db, page, url, article_id, at, good=good, changed=changed)
    if leads_to:
        _note(db, page, leads_to, article_id, at, good=good, changed=changed)
    values = [leads_to, page.source, urls.page_key(url), leads_to]
    db.execute(
        "UPDATE visits SET leads_to = ? WHERE source = ? AND url_key = ? AND leads_to IS NOT ?",
        values,
    )


def _leads_to(db: Database, page: Page, article_id: int | None) -> str | None:
    """Return the URL an article moved to, if it did.

    A URL that shows another article than the stored one is no move.
    """
    if page.kind is not PageKind.ARTICLE or article_id is None:
        return None
    final = urls.clean_page(page.final_url)
    own = rows.one(db, f"SELECT {url_keys.OWN_KEY} AS key FROM articles WHERE id = ?", article_id)
    requested = urls.page_key(page.url)
    if own is None or own["key"] == requested or own["key"] != urls.page_key(final):
        return None
    other = (
        "SELECT 1 FROM addresses JOIN articles ON articles.id = article_id AND articles.url = addresses.url"
        " WHERE addresses.source = ? AND addresses.url_key = ? AND articles.id != ?"
    )
    if rows.one(db, other, page.source, requested, article_id):
        return None
    return final


def _note(
    db: Database, page: Page, url: str, article_id: int | None, at: str, *, good: bool, changed: bool
) -> None:
    succeeded_at = None
    retry_at = None
    if good:
        succeeded_at = at
    else:
        retry_at = _retry_at(page)
    changed_at = None
    if changed:
        changed_at = at
    db.execute(
        "INSERT INTO visits (source, url, url_key, kind, article_id, status, first_fetched, fetched_at,"
        " good_at, changed_at, failures, retry_at, etag, last_modified, lastmod)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET kind = excluded.kind, status = excluded.status,"
        " article_id = coalesce(excluded.article_id, article_id), fetched_at = excluded.fetched_at,"
        " previous_good_at = CASE WHEN excluded.good_at > good_at THEN good_at ELSE previous_good_at END,"
        " good_at = coalesce(excluded.good_at, good_at),"
        " changed_at = coalesce(excluded.changed_at, changed_at), times = times + 1,"
        " failures = CASE excluded.failures WHEN 0 THEN 0 ELSE failures + 1 END,"
        " retry_at = excluded.retry_at,"
        " etag = coalesce(excluded.etag, etag),"
        " last_modified = coalesce(excluded.last_modified, last_modified),"
        " lastmod = CASE excluded.failures WHEN 0 THEN coalesce(excluded.lastmod, lastmod) ELSE lastmod END",
        [
            page.source,
            url,
            urls.page_key(url),
            page.kind.value,
            article_id,
            page.status,
            at,
            at,
            succeeded_at,
            changed_at,
            int(not good),
            retry_at,
            page.header("etag"),
            page.header("last-modified"),
            page.lastmod,
        ],
    )


def _retry_at(page: Page) -> str | None:
    seconds = retry_after(page.header("retry-after"), page.fetched_at)
    if seconds is None:
        return None
    wait = timedelta(seconds=min(seconds, 1e9))
    return to_text(page.fetched_at + min(LONGEST_WAIT, wait))


def note_due(db: Database, source: str, due: Mapping[str, Due]) -> None:
    """Keep what was decided for addresses of a source."""
    for url, decided in due.items():
        db.execute(
            "UPDATE visits SET due_at = ?, due_why = ? WHERE source = ? AND url = ?",
            [to_text(decided.at), decided.why, source, url],
        )


def forget_due(db: Database, source: str, rules: str) -> None:
    """Clear due dates that other rules decided."""
    other = "UPDATE sources SET due_rules = ? WHERE name = ? AND due_rules IS NOT ?"
    if db.execute(other, [rules, source, rules]).rowcount:
        db.execute("UPDATE visits SET due_at = NULL, due_why = NULL WHERE source = ?", [source])


def note_problems(
    db: Database, page: Page, problems: Iterable[Problem], article_id: int | None, at: str
) -> Saved:
    """Record a page's problems, and end those it had before."""
    own = _place(db, page)
    now = {(p.url or own, p.code, p.field or ""): p.detail for p in problems}
    addresses = {own, *(url for url, _, _ in now)}
    before = _open(db, page.source, addresses)
    for url, code, field in before - now.keys():
        if url == own and field != LISTING:
            db.execute(
                "UPDATE problems SET ended_at = ?"
                " WHERE source = ? AND url = ? AND code = ? AND field = ? AND ended_at IS NULL",
                [at, page.source, url, code, field],
            )
    for (url, code, field), detail in now.items():
        said = Problem(code=code, detail=detail, field=field or None)
        owner = None
        if url == own:
            owner = article_id
        note_problem(db, page.source, url, said, owner, at)
    return Saved(problems=len(now.keys() - before))


def note_problem(
    db: Database, source: str, url: str, problem: Problem, article_id: int | None, at: str
) -> None:
    """Record one problem of a URL, until a visit lacks it."""
    row = [source, url, problem.code, problem.field or "", problem.detail]
    db.execute(_OPEN, [*row, article_id, at, at])


def note_unread(db: Database, unread: Unread) -> None:
    """Record an unreadable answer, in its own transaction."""
    page = unread.page
    problem = unread.problem
    at = to_text(unread.page.fetched_at)
    with transaction(db):
        url = problem.url or _place(db, page)
        row = [page.source, url, problem.code, problem.field or "", problem.detail]
        db.execute(_OPEN, [*row, None, at, at])


def end_unread(db: Database, source: str, before: datetime, now: datetime) -> None:
    """End unreadable-answer problems last seen before a moment.

    In a transaction of its own; both times are aware.
    """
    with transaction(db):
        db.execute(
            "UPDATE problems SET ended_at = ?"
            " WHERE source = ? AND field = ? AND last_seen < ? AND ended_at IS NULL",
            [to_text(now), source, LISTING, to_text(before)],
        )


def _open(db: Database, source: str, urls: set[str]) -> set[tuple[str, str, str]]:
    marks = ", ".join("?" * len(urls))
    sql = f"SELECT url, code, field FROM problems WHERE source = ? AND ended_at IS NULL AND url IN ({marks})"
    values = [source, *sorted(urls)]
    found = db.execute(sql, values)
    return {(url, code, field) for url, code, field in found}
