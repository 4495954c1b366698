"""Overview of a fleet: its workers and jobs, and a plan to even them out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive.core.timestamps import instant
from crawler.fleet import crawl_queue
from crawler.fleet.shared_store import SharedStore
from crawler.fleet.worker import WORKERS

if TYPE_CHECKING:
    from procrastinate import App

SILENT_LEASES = 2  # a worker whose note is older is shown as silent


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerNote:
    """Note of a worker about itself.

    `at` is when it wrote it, by its own clock (UTC).
    """

    name: str
    host: str
    slots: int
    at: datetime
    sources: tuple[str, ...]
    is_draining: bool

    def is_silent(self, now: datetime, lease: timedelta) -> bool:
        """True if the note is too old for a worker that runs."""
        return now - self.at > SILENT_LEASES * lease


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlJob:
    """Job of a source's crawl; `at` is when it is due (UTC), None for now."""

    id: int
    source: str
    is_running: bool
    at: datetime | None
    attempts: int


def worker_notes(store: SharedStore) -> list[WorkerNote]:
    """Return the notes of all workers, by name. Raises StoreError."""
    names = store.names(WORKERS)
    files = [name for name in names if name.endswith(".json")]
    contents = [store.read(f"{WORKERS}/{name}") for name in files]
    return [_worker_note(json.loads(content), names) for content in contents if content is not None]


def _worker_note(note: dict[str, Any], names: Sequence[str]) -> WorkerNote:
    return WorkerNote(
        name=note["name"],
        host=note["host"],
        slots=note["slots"],
        at=instant(note["at"]),
        sources=tuple(note["sources"]),
        is_draining=f"{note['name']}.drain" in names,
    )


async def crawl_jobs(queue: App) -> list[CrawlJob]:
    """Return the jobs that wait or run, by source."""
    jobs = [
        CrawlJob(
            id=job.id or 0,
            source=str(job.task_kwargs.get("source")),
            is_running=job.status == "doing",
            at=job.scheduled_at,
            attempts=job.attempts,
        )
        for job in await crawl_queue.open_jobs(queue)
    ]
    return sorted(jobs, key=lambda job: job.source)


def surplus(notes: Sequence[WorkerNote], lease: timedelta) -> list[str]:
    """Return the sources that busy workers should hand on to idle ones.

    As many as even out the running crawls, and no more than idle workers have slots for.
    """
    now = datetime.now(UTC)
    alive = [note for note in notes if not note.is_silent(now, lease) and not note.is_draining]
    running = Counter({note.name: len(note.sources) for note in alive})
    sources = {note.name: list(note.sources) for note in alive}
    slots = {note.name: note.slots for note in alive}
    moved = []
    while running:
        busiest = max(running, key=lambda name: (running[name], name))
        idlest = min(running, key=lambda name: (running[name], name))
        is_even = running[busiest] - running[idlest] < 2
        if is_even or running[idlest] >= slots[idlest]:
            break
        moved.append(sources[busiest].pop())
        running[busiest] -= 1
        running[idlest] += 1
    return moved
