"""Command `explain-schedule`: when an article's pages are due, and why.

Decides again from the facts and fetches nothing; the crawler decides by the same function.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from archive.cli.console import Context, emit, opened, table
from archive.core.errors import NotFoundError
from archive.core.formatting import plain, when
from archive.core.records import Seen, Site
from archive.queries import articles
from archive.storage.open_archive import OpenArchive
from archive.tables.visits import Due
from crawler.config.config import load_config
from crawler.frontier.due_dates import facts_of
from crawler.frontier.estimate import duration
from crawler.frontier.revisit_policy import decide

_UNSAID = {
    "url",
    "etag",
    "last_modified",
    "lastmod",
    "leads_to",
}  # facts of a visit that the rule does not use


@click.command("explain-schedule")
@click.argument("article", metavar="URL|ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array, one object for each page.")
@click.pass_obj
def explain_schedule(context: Context, article: str, as_json: bool) -> None:
    """Show when an article's page is visited again, and why.

    ID is the number that `search` prints. If a listing or feed mentions the article, it is due sooner.
    Nothing is fetched.
    """
    config = load_config(context.config, fetching=False)
    sites = [source.site for source in config.sources]
    now = datetime.now(UTC)
    with opened(context) as archive:
        decided = [(seen, decide(seen)) for seen in _visits(archive, sites, article)]
    if not decided:
        raise NotFoundError(
            f"No page of “{article}” has been visited yet.",
            hint="`backissue search WORDS` prints the numbers and URLs of articles; a page that was"
            " never visited is due at the next crawl.",
        )
    if as_json:
        emit([_json(seen, due) for seen, due in decided])
        return
    for seen, due in decided:
        _tell(seen, due, now)


def _visits(archive: OpenArchive, sites: list[Site], article: str) -> list[Seen]:
    """Return the visits to an article's pages.

    Also those to a URL that never had an article.
    """
    number = articles.find_article(archive.db, article)
    found: list[Seen] = []
    for site in sites:
        with facts_of(archive, site) as facts:
            found += facts.page_visits(article if number is None else number)
    return found


def _facts(seen: Seen) -> dict[str, object]:
    return {name: value for name, value in asdict(seen).items() if name not in _UNSAID}


def _json(seen: Seen, due: Due) -> dict[str, object]:
    return {"url": seen.url, "due_at": due.at, "due_why": due.why, "facts": _facts(seen)}


def _tell(seen: Seen, due: Due, now: datetime) -> None:
    click.echo(click.style(plain(seen.url), bold=True))
    click.echo(f"{_when(due.at, now)} {plain(due.why)}\n")
    rows = []
    for name, fact in _facts(seen).items():
        rows.append((name.replace("_", " "), _value(fact)))
    table(("fact", "value"), rows)
    click.echo()


def _when(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "Not due by itself."
    if at <= now:
        return f"Due since {when(at)} UTC."
    seconds = (at - now) / timedelta(seconds=1)
    return f"Due at {when(at)} UTC, in {duration(seconds)}."


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return when(value)  # type: ignore[arg-type]
