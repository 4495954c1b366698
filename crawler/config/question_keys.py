"""Keys of what is asked of an archive again and again: `[searches.NAME]` and `[alerts.NAME]`."""

from __future__ import annotations

from collections.abc import Collection

from archive.notifications.alerts import ALERT_EVENTS, ALERT_FIELDS, ALERT_KINDS, DEFAULT_EVENTS, Alert
from archive.notifications.saved_searches import SavedSearch
from archive.queries.url_lookup import is_url
from archive.search.engine import Ask, understand
from crawler.config.toml_reader import TomlTable, describe_value

SEARCH_KEYS = ("query", "source")
ALERT_KEYS = ("events", "of", "fields", "words", "article", "query", "source")
_QUERY = "a query as in the search box"
_ARTICLE = "the URL of an article, or its number as a text"


def read_search(table: TomlTable, name: str, sources: Collection[str]) -> SavedSearch:
    """Return a saved search. Raises ConfigError."""
    table.only(SEARCH_KEYS)
    query = _read_query(table)
    if query is None:
        table.refuse("query", _QUERY, "none")
    source = table.choice("source", sources) or ""
    return SavedSearch(name=name, query=query, source=source)


def _read_query(table: TomlTable) -> str | None:
    query = table.text("query", _QUERY)
    wording, _, _ = understand(Ask(words=query or ""))
    if query is not None and not wording and not wording.filters:
        table.refuse("query", _QUERY, f"{describe_value(query)}, which contains nothing to search for")
    return query


def read_alert(table: TomlTable, name: str, sources: Collection[str]) -> Alert:
    """Return an alert. Raises ConfigError."""
    table.only(ALERT_KEYS)
    narrows = "fields" in table.values or "words" in table.values
    alert = Alert(
        name=name,
        events=table.choices("events", ALERT_EVENTS) or (("edited",) if narrows else DEFAULT_EVENTS),
        of=table.choices("of", ALERT_KINDS) or ALERT_KINDS,
        fields=table.choices("fields", ALERT_FIELDS),
        words=table.number("words", 0, 1_000_000),
        article=table.text("article", _ARTICLE) or "",
        query=_read_query(table) or "",
        source=table.choice("source", sources) or "",
    )
    for key in ("fields", "words"):
        if getattr(alert, key) and "edited" not in alert.events:
            expected = "events with “edited”, since it narrows edits"
            table.refuse(key, expected, f"events {', '.join(alert.events)}")
    if alert.words and alert.fields and "text" not in alert.fields:
        expected = "fields with “text”, whose words it counts"
        table.refuse("words", expected, f"fields {', '.join(alert.fields)}")
    if alert.article and not (alert.article.isdigit() or is_url(alert.article)):
        table.refuse("article", _ARTICLE, describe_value(alert.article))
    return alert
