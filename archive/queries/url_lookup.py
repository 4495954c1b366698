"""Whether the archive has the page of a URL; if not, what is recorded of that URL.

It only reads, and every statement is served by an index. A URL may be an earlier one, carry tracking
parameters or a `#comment-N`, or lack its scheme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from archive.core import urls
from archive.core.connection import Database
from archive.core.errors import BackissueError
from archive.queries import pointing
from archive.tables import rows

_HOST = re.compile(r"(?:https?://)?[^\s/.]+(?:\.[^\s/.]+)+(?:[/?#]\S*)?", re.IGNORECASE)
_TYPED_URL = re.compile(
    r"(?:https?://\S+|(?:www\.)[^\s/]+\.[^\s/]+\S*|[^\s/:]+\.[a-z]{2,}/\S*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Facts of the archive about a URL.

    `kind` is "article", "comment" or "" if not archived, `id` the archive's own number, or 0. `facts` are
    sentences for people. `articles` and `comments` count what links to the URL.
    """

    url: str
    kind: str = ""
    id: int = 0
    title: str = ""
    source: str = ""
    facts: tuple[str, ...] = ()
    articles: int = 0
    comments: int = 0


def is_url(text: str) -> bool:
    """True if a text that a person typed is one URL, and not terms to search."""
    return _TYPED_URL.fullmatch(text.strip()) is not None


def look_up(db: Database, typed: str) -> Answer:
    """Return the facts about a URL. Never raises for any typed text."""
    text = typed.strip()
    url = text
    if "://" not in text:
        url = f"https://{text}"
    host = getattr(urls.split(url), "hostname", None)
    if not _HOST.fullmatch(text) and not urls.is_loopback(host):
        return Answer(url=text, facts=("This is not a URL such as https://news.example/2026/harbour/.",))
    try:
        item = pointing.at(db, "", url)
    except (BackissueError, ValueError):
        return _not_held(db, url)
    return Answer(url=url, kind=item.kind, id=item.id, title=item.title)


def _not_held(db: Database, url: str) -> Answer:
    source = _source_of(db, url)
    facts = [_elsewhere(db)]
    if source:
        facts = list(_facts(db, source, url))
    articles = _count(db, "links", url)
    comments = _count(db, "comment_links", url)
    return Answer(
        url=url,
        source=source or "",
        facts=tuple(facts),
        articles=articles,
        comments=comments,
    )


def _source_of(db: Database, url: str) -> str | None:
    """Return the name of the source whose site has a URL, if any."""
    for row in db["sources"].rows:
        if urls.same_host(url, row["url"]):
            return str(row["name"])
    return None


def _facts(db: Database, source: str, url: str) -> list[str]:
    """Return sentences on a URL of an archived site without an archived item."""
    found = []
    visit = rows.one(
        db,
        "SELECT status, fetched_at, failures, leads_to FROM visits WHERE source = ? AND url_key = ?",
        source,
        urls.page_key(url),
    )
    if visit:
        found.append(_visited(visit))
    clean = urls.clean(url)
    gap = rows.one(
        db,
        "SELECT detail, first_seen FROM coverage_gaps WHERE source = ? AND kind = 'article'"
        " AND key IN (?, ?) AND ended_at IS NULL",
        source,
        clean,
        urls.key(url),
    )
    if gap:
        found.append(
            f"The site lists it, but it is missing here since {_day(gap['first_seen'])}: {gap['detail']}"
        )
    problems = "SELECT detail FROM problems WHERE source = ? AND url IN (?, ?) AND ended_at IS NULL LIMIT 3"
    ended = db.query(problems, [source, url, clean])
    found += [str(problem["detail"]) for problem in ended]
    if "#comment-" in url:
        found.append("If the comment was posted after the last crawl, the next one may bring it.")
    return found or [
        "The archive covers this site, but no crawl has found this URL. It may be newer than the last crawl,"
        " not an article, or removed before the archive began."
    ]


def _visited(visit: dict[str, Any]) -> str:
    day = _day(visit["fetched_at"])
    if visit["leads_to"]:
        return f"Fetched on {day}: it leads to {visit['leads_to']}."
    if int(visit["status"]) >= 400:
        return f"Fetched on {day}: the site answered with status {visit['status']}, so nothing was kept."
    return f"Fetched on {day}: it is not an article (a list, a page of the site, or a refused copy)."


def _elsewhere(db: Database) -> str:
    names = [str(row["url"]) for row in db["sources"].rows]
    covered = ", ".join(names[:5]) or "no site yet"
    return f"The archive does not cover this site. It covers {covered}."


def _count(db: Database, table: str, url: str) -> int:
    """Return how many links lead to a URL, in its usual spellings."""
    parts = urls.split(url)
    host = (getattr(parts, "hostname", "") or "").removeprefix("www.")
    key = urls.key(url)
    address = url.partition("#")[0].partition("://")[2]
    bare = address.removeprefix("www.")
    bases = [f"{scheme}://{www}" for scheme in ("http", "https") for www in ("", "www.")]
    forms = {f"{base}{form}" for base in bases for form in (bare, key, f"{key}/")}
    marks = ", ".join("?" * len(forms))
    column = "article_id" if table == "links" else "comment_id"
    sql = f"SELECT count(DISTINCT {column}) FROM {table} WHERE host IN (?, 'www.' || ?) AND url IN ({marks})"
    values = [host, host, *sorted(forms)]
    return int(db.execute(sql, values).fetchone()[0])


def _day(moment: Any) -> str:
    return str(moment or "")[:10]
