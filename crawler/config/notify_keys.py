"""Keys of notifications: `[notify]`, `[searches.NAME]`, `[alerts.NAME]` and `public_url`.

URLs of services are kept verbatim, and values from the environment are inserted only when a message is sent,
so that reading the archive needs no secret. No error repeats such a URL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.schedule.cron import Schedule, parse_schedule

if TYPE_CHECKING:
    from archive.notifications.alerts import Alert
    from archive.notifications.saved_searches import SavedSearch

NOTIFY_KEYS = ("urls", "digest", "empty_digest")
_VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)
_URLS = 'a list of URLs, such as ["mailtos://${MAIL_USER}:${MAIL_WORD}@example.org"]'
_DIGEST = 'five crontab fields and optionally a time zone, such as "0 8 * * * Europe/Berlin"'
_PUBLIC = "the URL of the published archive, such as https://archive.example.org/news"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Configuration of notifications.

    `urls` are the services, verbatim, `digest` is the schedule of the digest, `searches` are those with a
    message for new matches, `alerts` are for events. `public_url` is the URL of the published archive,
    without a slash at its end.
    """

    urls: tuple[str, ...] = field(default=(), repr=False)
    digest: Schedule | None = None
    empty_digest: bool = False
    searches: tuple[SavedSearch, ...] = ()
    alerts: tuple[Alert, ...] = ()
    public_url: str | None = None

    @property
    def is_discreet(self) -> bool:
        """True if every URL has a value from the environment.

        Then the file has no secret.
        """
        return all(_VARIABLE.search(url) for url in self.urls)

    def addresses(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return the URLs with their values from the environment.

        Raises ConfigError for a variable that is not set.
        """
        variables = {name for url in self.urls for name in _VARIABLE.findall(url)}
        missing = sorted(variables - environ.keys())
        if missing:
            raise ConfigError(
                f"notify.urls needs ${missing[0]}, which is not in the environment.",
                hint="Set it where Backissue starts: in a unit's EnvironmentFile, or a container's env_file.",
            )
        return tuple(_VARIABLE.sub(lambda found: environ[found[1]], url) for url in self.urls)

    def search(self, name: str) -> SavedSearch:
        """Return the saved search of that name.

        Raises ConfigError, with the nearest name, for an unknown one.
        """
        names = [search.name for search in self.searches]
        for search in self.searches:
            if search.name == name:
                return search
        hint = f"Saved searches: {', '.join(names)}." if names else "Add a table [searches.NAME] to save one."
        raise ConfigError(f"There is no saved search “{name}”{nearest(name, names)}.", hint=hint)


def read_notify(table: TomlTable, sources: Collection[str]) -> Notify:
    """Return the configuration of notifications. Raises ConfigError."""
    notify = table.table("notify")
    notify.only(NOTIFY_KEYS)
    searches, alerts = _read_questions(table.table("searches"), table.table("alerts"), sources)
    return Notify(
        urls=_read_urls(notify),
        digest=_read_digest(notify),
        empty_digest=notify.truth("empty_digest"),
        searches=searches,
        alerts=alerts,
        public_url=_read_public_url(table),
    )


def _read_questions(
    searches: TomlTable, alerts: TomlTable, sources: Collection[str]
) -> tuple[tuple[SavedSearch, ...], tuple[Alert, ...]]:
    if not searches.values and not alerts.values:
        return (), ()
    from crawler.config import question_keys  # noqa: PLC0415  (it loads the search, and few files have any)

    return (
        tuple(question_keys.read_search(searches.table(name), name, sources) for name in searches.values),
        tuple(question_keys.read_alert(alerts.table(name), name, sources) for name in alerts.values),
    )


def _read_urls(table: TomlTable) -> tuple[str, ...]:
    urls = table.texts("urls", _URLS)
    for number, url in enumerate(urls, 1):
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|\$\{", url):
            table.refuse("urls", _URLS, f"a URL without its kind, such as slack://, at place {number}")
    return urls


def _read_digest(table: TomlTable) -> Schedule | None:
    text = table.text("digest", _DIGEST)
    if text is None:
        return None
    try:
        return parse_schedule(text)
    except ValueError as error:
        table.refuse("digest", _DIGEST, f"{describe_value(text)}: {error}")


def _read_public_url(table: TomlTable) -> str | None:
    url = table.text("public_url", _PUBLIC)
    if url is None:
        return None
    parts = urlsplit(url)
    has_more = parts.query or parts.fragment or parts.username
    plain = parts.hostname and not has_more
    if not plain or parts.scheme not in {"http", "https"}:
        found = re.sub("//[^/]*@", "//…@", url)
        table.refuse("public_url", _PUBLIC, describe_value(found))
    return url.rstrip("/")
