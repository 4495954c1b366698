"""The archive in numbers, as Prometheus collects them.

Gauges show the current state, counters the sums over all crawls of the ledger; the names and labels are
described in docs/operations.md. It reads once, when it is made, and keeps nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from archive.core.connection import Database
from archive.core.timestamps import instant
from archive.queries.health import SourceState, SourceStatus, Status

_GAUGES: dict[str, tuple[str, Callable[[SourceStatus], float | None]]] = {
    "articles": ("Articles held.", lambda source: source.articles),
    "articles_unread": (
        "Articles listed whose page was not read yet.",
        lambda source: source.articles - source.read,
    ),
    "comments": ("Comments held that the site shows.", lambda source: source.comments),
    "missing": (
        "Articles and comments the site says it has and that are not held, as last proved.",
        lambda source: source.coverage.missing if source.coverage.months else None,
    ),
    "oldest_proof_timestamp_seconds": (
        "When the month that was proved longest ago was proved.",
        lambda source: _seconds(source.coverage.oldest_proof),
    ),
    "run_in_progress": ("1 while a crawl is under way.", lambda source: source.running_since is not None),
    "last_success_timestamp_seconds": (
        "When the last crawl that ended well began.",
        lambda source: _seconds(source.last_good),
    ),
    "next_run_timestamp_seconds": (
        "When the clock means to crawl next.",
        lambda source: _seconds(source.next_run),
    ),
}
_COUNTERS = {
    "runs": "Crawls and planned times, by how they ended.",
    "run_seconds": "Seconds that crawls took.",
    "requests": "Requests made.",
    "received_bytes": "Bytes received.",
    "articles_new": "Articles met for the first time.",
    "articles_changed": "Edits of articles.",
    "comments_new": "Comments met for the first time.",
    "comments_changed": "Edits of comments.",
    "removals": "Articles and comments found gone.",
}
_COLUMNS = {"run_seconds": "seconds", "received_bytes": "bytes", "removals": "gone"}

_PROBLEMS = """
SELECT source, code, count(*) AS times FROM problems WHERE ended_at IS NULL GROUP BY source, code
"""


class Measures(Collector):
    """Measurements of one archive at one moment."""

    def __init__(self, db: Database, status: Status) -> None:
        self.status = status
        self.totals = list(db.query("SELECT * FROM run_totals"))
        self.problems = list(db.query(_PROBLEMS))

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; called by the client library."""
        yield _gauge("healthy", "1 when nothing needs looking after.", (), {(): self.status.ok})
        yield from self._sources()
        yield from self._counters()
        yield from self._files()

    def _sources(self) -> Iterator[Metric]:
        sources = self.status.sources
        states = {(source.name, state): source.state is state for source in sources for state in SourceState}
        yield _gauge("source_state", "1 for the state a source is in.", ("source", "state"), states)
        for name, (words, value) in _GAUGES.items():
            yield _gauge(name, words, ("source",), {(source.name,): value(source) for source in sources})
        removed = {(source.name, "article"): source.removed_articles for source in sources}
        removed |= {(source.name, "comment"): source.removed_comments for source in sources}
        yield _gauge("removed", "Held, and gone from the site.", ("source", "kind"), removed)
        problems = {(row["source"], row["code"]): row["times"] for row in self.problems}
        yield _gauge("problems", "Open problems of the site's pages.", ("source", "code"), problems)

    def _counters(self) -> Iterator[Metric]:
        for name, words in _COUNTERS.items():
            labels: tuple[str, ...] = ("source",)
            if name == "runs":
                labels = ("source", "outcome")
            sums: dict[tuple[str, ...], int] = defaultdict(int)
            for row in self.totals:
                sums[tuple(row[label] for label in labels)] += row[_COLUMNS.get(name, name)]
            metric = CounterMetricFamily(f"backissue_{name}", words, labels=labels)
            for key, value in sums.items():
                metric.add_metric(key, value)
            yield metric

    def _files(self) -> Iterator[Metric]:
        files = asdict(self.status.files)
        sizes = {(name,): size for name, size in files.items()}
        free = sizes.pop(("free",))
        yield _gauge(
            "file_bytes", "Sizes: the archive, its write-ahead log, the raw pages.", ("file",), sizes
        )
        yield _gauge("disk_free_bytes", "What the archive's disk has left.", (), {(): free})
        checks = self.status.checks
        results = {(check.name,): check.ok for check in checks}
        yield _gauge(
            "check_ok",
            "1 where the last check of this name found all well.",
            ("check",),
            results,
        )
        moments = {(check.name,): _seconds(check.at) for check in checks}
        yield _gauge(
            "check_timestamp_seconds",
            "When it was made.",
            ("check",),
            moments,
        )


def _gauge(
    name: str, words: str, labels: tuple[str, ...], values: Mapping[Any, float | None]
) -> GaugeMetricFamily:
    """Return one gauge; unknown values have no sample."""
    metric = GaugeMetricFamily(f"backissue_{name}", words, labels=labels)
    for key, value in values.items():  # the values of its labels, in their order
        if value is not None:
            metric.add_metric(key, value)
    return metric


def _seconds(moment: str | None) -> float | None:
    if not moment:
        return None
    return instant(moment).timestamp()
