"""Notification conditions, and what was already sent.

It sends nothing. Each service, one address of notifications, is handled by itself: its last notice of a
subject is stored in `notified`, so that a restart repeats nothing, and what could not be sent is sent later.
The archive is published, so `notified` contains no address and no query of a saved search.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from archive.core.connection import Database
from archive.core.crawl_state import WallKind
from archive.core.database import transaction
from archive.core.formatting import plain, when
from archive.core.timestamps import instant, to_text
from archive.queries import health
from archive.queries.health import Status

WELL, UNWELL = "well", "unwell"
SOON = timedelta(hours=1)
_OUTAGES = {WallKind.ERROR, WallKind.UNREACHABLE}


class Tone(StrEnum):
    """How a notice is meant."""

    INFO = "info"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice to send, and `value`, the state of its subject once it was sent.

    Without a title nothing is sent, and the value is only stored.
    """

    subject: str
    value: str
    title: str = ""
    body: str = ""
    tone: Tone = Tone.INFO


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Last notification of a subject to a service; `at` is ISO 8601 in UTC."""

    value: str
    at: str


Told = dict[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far the archive has grown, by the newest row of each table: what came later has a larger id."""

    articles: int = 0
    comments: int = 0
    events: int = 0
    source_events: int = 0

    @classmethod
    def of(cls, db: Database) -> Position:
        """Where the archive is now."""
        newest = {}
        for table in cls.__slots__:
            [newest[table]] = db.execute(f"SELECT max(id) FROM {table}").fetchone()
        return cls(**{table: row_id or 0 for table, row_id in newest.items()})


def last_told(db: Database, service: str) -> Told:
    """Return the last notification to a service, by subject."""
    found = db.execute("SELECT subject, value, at FROM notified WHERE service = ?", [service])
    return {subject: Fact(value=value, at=at) for subject, value, at in found}


def note_told(db: Database, service: str, notice: Notice, at: datetime) -> None:
    """Record that a service was notified. `at` is aware."""
    with transaction(db):
        db.execute(
            "INSERT INTO notified VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " value = excluded.value, at = excluded.at",
            [service, notice.subject, notice.value, to_text(at)],
        )


def forget(db: Database, services: Collection[str], subjects: Collection[str]) -> None:
    """Forget services, digests, saved searches and alerts that are not configured any more.

    Should one return, it begins again, and not with all that happened meanwhile.
    """
    some = ", ".join("?" * len(services))
    these = ", ".join("?" * len(subjects))
    with transaction(db):
        db.execute(
            f"DELETE FROM notified WHERE service NOT IN ({some})"
            " OR (subject = 'digest' OR subject GLOB 'search *' OR subject GLOB 'alert *')"
            f" AND subject NOT IN ({these})",
            [*services, *subjects],
        )


def quote_text(text: str | None) -> str:
    """Return a text that came from a site, on one line, unable to call a whole channel by an @name."""
    return " ".join(plain(text).split()).replace("@", "@\N{WORD JOINER}")


# -- is all well? ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Condition that may fail, with the titles of the notices of its failure and its recovery."""

    subject: str
    well: bool
    bad: str
    good: str
    sentence: str

    @property
    def value(self) -> str:
        """The state that is stored with the notice."""
        if self.well:
            return WELL
        return UNWELL


def conditions(status: Status) -> Iterator[Condition]:
    """Yield every condition that can need attention, each by itself."""
    for source in status.sources:
        state = "failing"
        if source.state is health.SourceState.LATE:
            state = "late"
        if source.wall and source.wall not in _OUTAGES and state == "failing":
            state = f"not open to this crawler ({source.wall})"
        yield Condition(
            subject=f"source {source.name}",
            well=source.well,
            bad=f"{source.name} is {state}",
            good=f"{source.name} has recovered",
            sentence=source.sentence,
        )
        yield Condition(
            subject=f"pages of {source.name}",
            well=source.drift is None,
            bad=f"{source.name}: pages yield less than before",
            good=f"{source.name}: pages yield as much as before",
            sentence=source.drift or "The newest pages are like those of earlier crawls.",
        )
    for check in status.checks:
        yield Condition(
            subject=f"check {check.name}",
            well=check.ok,
            bad=f"The check “{check.name}” failed",
            good=f"The check “{check.name}” passes again",
            sentence=check.sentence,
        )
    megabytes = status.files.free / 2**20
    yield Condition(
        subject="disk",
        well=not status.files.low,
        bad="The disk is nearly full",
        good="The disk has enough space again",
        sentence=f"{megabytes:,.0f} MB are free on the archive's disk.",
    )


def new_notices(status: Status, told: Told) -> Iterator[Notice]:
    """Yield a notice for each condition that failed, or recovered, since the service's last notice.

    A failure soon after a recovery is reported when it lasts: it may alternate all day.
    """
    for condition in conditions(status):
        before = told.get(condition.subject, Fact(value=WELL, at=""))
        if condition.value == before.value:
            continue
        soon = before.at and status.at - instant(before.at) < SOON
        if condition.well:
            yield _recovery(condition, before)
        elif not soon:
            yield _failure(condition)


def _failure(condition: Condition) -> Notice:
    return Notice(
        subject=condition.subject,
        value=condition.value,
        title=condition.bad,
        body=plain(condition.sentence),
        tone=Tone.FAILURE,
    )


def _recovery(condition: Condition, before: Fact) -> Notice:
    return Notice(
        subject=condition.subject,
        value=condition.value,
        title=condition.good,
        body=f"{plain(condition.sentence)} It had been failing since {when(before.at)} UTC.",
        tone=Tone.SUCCESS,
    )
