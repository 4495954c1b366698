"""Keys of recurring queries of an archive: `[searches.NAME]` and `[alerts.NAME]`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

from archive.notifications.alerts import ALERT_EVENTS, ALERT_FIELDS, ALERT_KINDS, DEFAULT_EVENTS, Alert
from archive.notifications.saved_searches import SavedSearch
from archive.queries.url_lookup import is_url
from archive.search.engine import Ask, understand
from crawler.config.key_model import KeyTable, choices, described_key, described_number
from crawler.config.toml_reader import TomlTable

_QUERY = "a query as in the search box"
_ARTICLE = "the URL of an article, or its number as a text"
_SOURCE = "the name of a source"


def _searchable(query: str) -> str:
    """Return a query. Raises ValueError where nothing can be searched for."""
    wording, _, _ = understand(Ask(words=query))
    if not wording and not wording.filters:
        raise ValueError("it contains nothing to search for")
    return query


def _article(text: str) -> str:
    if not (text.isdigit() or is_url(text)):
        raise ValueError
    return text


class SearchTable(KeyTable, frozen=True):
    """Keys of `[searches.NAME]`."""

    query: Annotated[str | None, described_key("The words to search for.", _QUERY, check=_searchable)] = None
    source: Annotated[str | None, described_key("Only this source.", _SOURCE)] = None


class AlertTable(KeyTable, frozen=True):
    """Keys of `[alerts.NAME]`."""

    events: Annotated[tuple[str, ...], choices("The events of which you are notified.", ALERT_EVENTS)] = ()
    of: Annotated[tuple[str, ...], choices("Events of articles, of comments, or of both.", ALERT_KINDS)] = ()
    fields: Annotated[tuple[str, ...], choices("Only edits of one of these fields.", ALERT_FIELDS)] = ()
    words: (
        Annotated[int, described_number("Only edits that add or remove at least so many words.", 1_000_000)]
        | None
    ) = None
    article: Annotated[
        str | None, described_key("Only this article and its comments.", _ARTICLE, check=_article)
    ] = None
    query: Annotated[str | None, described_key("Only what this search finds.", _QUERY, check=_searchable)] = (
        None
    )
    source: Annotated[str | None, described_key("Only this source.", _SOURCE)] = None


def read_search(table: TomlTable, name: str, sources: Collection[str]) -> SavedSearch:
    """Return a saved search. Raises ConfigError."""
    keys = table.read(SearchTable)
    if keys.query is None:
        table.refuse("query", _QUERY, "nothing")
    source = table.choose("source", keys.source, sources)
    return SavedSearch(name=name, query=keys.query, source=source or "")


def read_alert(table: TomlTable, name: str, sources: Collection[str]) -> Alert:
    """Return an alert. Raises ConfigError."""
    keys = table.read(AlertTable)
    source = table.choose("source", keys.source, sources)
    narrows = "fields" in table.values or "words" in table.values
    usual = ("edited",) if narrows else DEFAULT_EVENTS
    alert = Alert(
        name=name,
        events=keys.events or usual,
        of=keys.of or ALERT_KINDS,
        fields=keys.fields,
        words=keys.words or 0,
        article=keys.article or "",
        query=keys.query or "",
        source=source or "",
    )
    _check_edits(table, alert)
    return alert


def _check_edits(table: TomlTable, alert: Alert) -> None:
    """Raise ConfigError for keys that narrow edits which are not told."""
    for key_name in ("fields", "words"):
        if getattr(alert, key_name) and "edited" not in alert.events:
            expected = "events with “edited”, since it narrows edits"
            table.refuse(key_name, expected, f"events {', '.join(alert.events)}")
    if alert.words and alert.fields and "text" not in alert.fields:
        expected = "fields with “text”, whose words it counts"
        table.refuse("words", expected, f"fields {', '.join(alert.fields)}")
