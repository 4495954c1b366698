"""Keys of notifications: `[notify]`, `[searches.NAME]`, `[alerts.NAME]` and `public_url`.

URLs of services are kept verbatim, and values from the environment are inserted only when a message is sent,
so that reading the archive needs no secret. No error repeats such a URL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest
from crawler.config.key_model import KeyTable, described_key, truth
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.config.variables import filled, must_be_set, variables_in
from crawler.schedule.cron import Schedule, parse_schedule

if TYPE_CHECKING:
    from archive.notifications.alerts import Alert
    from archive.notifications.saved_searches import SavedSearch

_URLS = 'a list of URLs, such as ["mailtos://${MAIL_USER}:${MAIL_WORD}@example.org"]'
_DIGEST = 'five crontab fields and optionally a time zone, such as "0 8 * * * Europe/Berlin"'
_SERVICE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|\$\{")
EXPECTED_PUBLIC_URL = "the URL of the published archive, such as https://archive.example.org/news"


class NotifyTable(KeyTable, frozen=True):
    """Keys of `[notify]`."""

    urls: Annotated[tuple[str, ...], described_key("Where messages are sent.", _URLS, secret=True)] = ()
    digest: Annotated[str | None, described_key("When a digest is sent.", _DIGEST)] = None
    empty_digest: Annotated[bool, truth("Whether a digest is sent when nothing happened.")] = False


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
        return all(variables_in(url) for url in self.urls)

    def addresses(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return the URLs with their values from the environment.

        Raises ConfigError for a variable that is empty or not set.
        """
        names = {name for url in self.urls for name in variables_in(url)}
        hint = "Set it where Backissue starts: in a unit's EnvironmentFile, or a container's env_file."
        must_be_set(sorted(names), environ, key="notify.urls", hint=hint)
        return tuple(filled(url, environ) for url in self.urls)

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


def read_notify(table: TomlTable, public_url: str | None, sources: Collection[str]) -> Notify:
    """Return the configuration of notifications.

    `table` is the whole file. Raises ConfigError.
    """
    notify = table.table("notify")
    keys = notify.read(NotifyTable)
    _check_urls(notify, keys.urls)
    searches, alerts = _read_questions(table.table("searches"), table.table("alerts"), sources)
    return Notify(
        urls=keys.urls,
        digest=_digest(notify, keys.digest),
        empty_digest=keys.empty_digest,
        searches=searches,
        alerts=alerts,
        public_url=public_url,
    )


def _read_questions(
    searches: TomlTable, alerts: TomlTable, sources: Collection[str]
) -> tuple[tuple[SavedSearch, ...], tuple[Alert, ...]]:
    if not searches.values and not alerts.values:
        return (), ()
    from crawler.config.keys import question_keys  # noqa: PLC0415  (it loads the search, and few files have any)

    return (
        tuple(question_keys.read_search(searches.table(name), name, sources) for name in searches.values),
        tuple(question_keys.read_alert(alerts.table(name), name, sources) for name in alerts.values),
    )


def _check_urls(table: TomlTable, urls: tuple[str, ...]) -> None:
    """Raise ConfigError for a URL without its kind, and do not repeat it."""
    for number, url in enumerate(urls, 1):
        if not _SERVICE.match(url):
            table.refuse("urls", _URLS, f"a URL without its kind, such as slack://, at place {number}")


def _digest(table: TomlTable, text: str | None) -> Schedule | None:
    if text is None:
        return None
    try:
        return parse_schedule(text)
    except ValueError as error:
        table.refuse("digest", _DIGEST, f"{describe_value(text)}: {error}")


def check_public_url(text: str) -> str:
    """Return the URL of the published archive, without a slash at its end. Raises ValueError."""
    parts = urlsplit(text)
    has_more = parts.query or parts.fragment or parts.username
    is_web = parts.scheme in {"http", "https"}
    if not is_web or not parts.hostname or has_more:
        raise ValueError
    return text.rstrip("/")
