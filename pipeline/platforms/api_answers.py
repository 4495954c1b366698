"""Articles in the responses of systems' own APIs: the common part.

Pure. Invariant: an entry without a URL is no article, and does not affect the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from archive.core import urls
from archive.core.records import Article, Extract, Page, Problem, Site, Surface
from pipeline.platforms.entries import origins_of, unique
from pipeline.platforms.json_values import objects_in

Said = dict[str, Any]


def said_text(value: object) -> str | None:
    """Return a string on one line; no result for another type."""
    if isinstance(value, str):
        from pipeline.html.sanitize import line  # noqa: PLC0415  (all systems are loaded, few have an API)

        return line(value)
    return None


def names_in(values: object) -> tuple[str, ...]:
    """Return the `name` of each object of a list."""
    return unique(said_text(item.get("name")) for item in objects_in(values))


def parse_entries(
    entries: Iterable[Said],
    page: Page,
    site: Site,
    facts_of: Callable[[Said], tuple[str | None, Mapping[str, Any], str | None]],
) -> Extract:
    """Return the articles of a response.

    `facts_of` gives the URL of an entry, its facts, and the HTML of its text, None where that is not public:
    then the problem "paywalled" names it.
    """
    from pipeline.article import publisher  # noqa: PLC0415

    articles: list[Article] = []
    problems: list[Problem] = []
    for entry in entries:
        stated, facts, markup = facts_of(entry)
        url = urls.absolute(stated, page.final_url)
        if url is None:
            detail = "An entry of the listing has no link."
            problems.append(Problem(code="unreadable-entry", detail=detail, field="url"))
            continue
        if not urls.matches(url, site.article_pattern):
            continue
        url = urls.as_served(urls.clean(url), page.final_url)
        written = None
        if markup:
            own_page = replace(page, final_url=url)
            written, _ = publisher.read_written(markup, own_page, site, facts)
        origins = origins_of(facts, "rest:api")
        articles.append(Article(url=url, written=written or None, origins=origins, **facts))
    return Extract(surface=Surface.REST, articles=tuple(articles), problems=tuple(problems))


def paywalled(url: str, readers: str) -> Problem:
    """Return the problem of an article that the site gives in full to some readers only."""
    detail = f"The site gives the whole of it to {readers} only; what everybody sees is kept."
    return Problem(code="paywalled", detail=detail, field="text", url=url)
