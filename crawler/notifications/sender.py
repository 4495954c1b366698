"""Sender of notifications through the apprise library.

The archive decides what the messages are. Each service gets the messages that it has not had yet. A message
that could not be sent is logged and sent again the next time; it is recorded only after it was sent, so that
a message may arrive twice after a crash, and is never lost. No URL of a service is shown or logged: its name
is its kind.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import apprise

from archive.core.errors import ConfigError
from archive.core.timestamps import instant
from archive.notifications import conditions
from archive.notifications.alerts import new_events
from archive.notifications.conditions import Notice, Told
from archive.notifications.digest import SUBJECT, build_digest
from archive.notifications.links import Links
from archive.notifications.saved_searches import new_matches
from archive.queries import health
from archive.storage.open_archive import OpenArchive
from crawler.config.keys.notify_keys import Notify

logger = logging.getLogger(__name__)
_ASSET = apprise.AppriseAsset(
    app_id="Backissue",
    app_desc="Backissue",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    async_mode=False,
)


@dataclass(frozen=True, slots=True)
class Service:
    """Service for notifications.

    Its name is its kind, with a number from the second one on.
    """

    name: str
    target: Any

    def send(self, notice: Notice) -> bool:
        """Send a message; False, with a line in the log, on failure."""
        try:
            sent = self.target.notify(
                title=notice.title,
                body=notice.body,
                notify_type=apprise.NotifyType(notice.tone),
                body_format=apprise.NotifyFormat.TEXT,
            )
        except Exception:
            logger.warning("%s: the service raised an exception.", self.name, exc_info=True)
            sent = False
        if sent:
            logger.info("%s was notified: %s.", self.name, notice.title)
        else:
            logger.warning("%s could not be notified: %s. It is sent again later.", self.name, notice.title)
        return bool(sent)


@dataclass(frozen=True, slots=True)
class SendResult:
    """Number of messages that were sent, and the services that failed."""

    sent: int
    failed: tuple[str, ...]


def services(addresses: Sequence[str]) -> tuple[Service, ...]:
    """Return the services of these URLs, in their order.

    Raises ConfigError for an invalid one.
    """
    kinds: Counter[str] = Counter()
    found = []
    for number, address in enumerate(addresses, 1):
        kind, separator, _ = address.partition("://")
        kind = kind.lower() if separator else "?"
        kinds[kind] += 1
        target = apprise.Apprise.instantiate(address, asset=_ASSET)
        if target is None:
            raise ConfigError(
                f"notify.urls: apprise does not support the URL at place {number} ({kind}://…).",
                hint="Formats: https://github.com/caronc/apprise/wiki. Special characters become %XX.",
            )
        if (
            target.overflow_mode == apprise.OverflowMode.UPSTREAM
        ):  # it would be refused, and sent again for ever
            target.overflow_mode = apprise.OverflowMode.SPLIT
        name = kind if kinds[kind] == 1 else f"{kind} {kinds[kind]}"
        found.append(Service(name, target))
    return tuple(found)


def send_due(
    archive: OpenArchive,
    wanted: Notify,
    found: Sequence[Service],
    now: datetime,
    stop: Callable[[], bool] = lambda: False,
) -> SendResult:
    """Send each service its due messages.

    `now` is aware; `stop` returns True to end early.
    """
    status = health.archive_health(archive, now)
    names = [service.name for service in found]
    conditions.forget(archive.db, names, _subjects(wanted))
    sent = 0
    failed = dict[str, None]()
    for service in found:
        told = conditions.last_told(archive.db, service.name)
        for notice in _due(archive, wanted, status, told, now):
            if stop():
                return SendResult(sent, tuple(failed))
            if notice.title and not service.send(notice):
                failed[service.name] = None  # continue: one failure must not delay the other messages
                continue
            sent += bool(notice.title)
            conditions.note_told(archive.db, service.name, notice, now)
    return SendResult(sent, tuple(failed))


def _subjects(wanted: Notify) -> set[str]:
    subjects = {search.subject for search in wanted.searches} | {alert.subject for alert in wanted.alerts}
    return subjects | ({SUBJECT} if wanted.digest else set())


def _due(
    archive: OpenArchive, wanted: Notify, status: health.Status, told: Told, now: datetime
) -> Iterator[Notice]:
    """Yield a service's due notices: troubles, matches, alerts, then the digest."""
    links = Links(wanted.public_url)
    yield from conditions.new_notices(status, told)
    for search in wanted.searches:
        last_match = told.get(search.subject)
        yield new_matches(archive.db, search, last_match, links)
    for alert in wanted.alerts:
        yield new_events(archive.db, alert, told.get(alert.subject), links)
    last = told.get(SUBJECT)
    if wanted.digest and (last is None or wanted.digest.next_after(instant(last.at)) <= now):
        yield build_digest(archive.db, last, links, if_empty=wanted.empty_digest)
