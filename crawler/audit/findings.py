"""Findings of one audit: proofs of months, and gaps."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from archive.core import urls
from archive.core.records import POST
from archive.queries.coverage_state import Holdings
from archive.storage.coverage_records import WITHHELD, AuditKind, Gap, GapReason, Proof
from crawler.discovery.rest import ContentType


class Findings:
    """Gaps and proofs of one audit.

    `until` (aware UTC) is the last complete crawl: later publications are not audited. `types` are the
    content types that REST lists, with their routes; `by_type` maps each type to the number that the site
    lists, and `unlisted_types` gives the reason for a type that is not listed. `beside` counts, by month,
    what only the sitemaps list. `left_out` maps what the site has and the archive does not want to its
    number, 0 for unknown. `fed` is the number of articles in the feed; `stopped_short` is True where the
    budget was spent before the end, `expected` is the number of months to audit.
    """

    def __init__(self, source: str, started_at: datetime) -> None:
        self.source = source
        self.started_at = started_at
        self.until = started_at
        self.types: tuple[ContentType, ...] = (ContentType(name=POST, route="posts"),)
        self.by_type = Counter[str]()
        self.beside = Counter[str]()
        self.unlisted_types: dict[str, str] = {}
        self.gaps: dict[tuple[AuditKind, str], Gap] = {}
        self.proofs: list[Proof] = []
        self.left_out = Counter[str]()
        self.fed = 0
        self.expected = 0
        self.stopped_short = False
        self.holdings: Holdings

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the REST routes of articles."""
        return tuple(kind.route for kind in self.types)

    @property
    def missing(self) -> Counter[AuditKind]:
        """Return the numbers of articles and comments that were missing.

        Whether or not they were fetched since; without those that the site withholds.
        """
        found = Counter[AuditKind]()
        for (kind, _), gap in self.gaps.items():
            if gap.reason not in WITHHELD:
                found[kind] += gap.number
        return found

    def note_gap(
        self,
        kind: AuditKind,
        key: str,
        month: str,
        reason: GapReason,
        detail: str,
        url: str | None = None,
        *,
        number: int = 1,
    ) -> None:
        """Record a gap, which the proof of its month will contain."""
        key = urls.page_key(key) if "://" in key else key
        self.gaps[kind, key] = Gap(key=key, month=month, reason=reason, detail=detail, url=url, number=number)

    def proof(self, kind: AuditKind, month: str, **stated: Any) -> Proof:
        """Record and return the proof of one month, with its gaps."""
        of_kind = (gap for (of, _), gap in self.gaps.items() if of is kind)
        gaps = tuple(gap for gap in of_kind if gap.month == month)
        now = datetime.now(UTC)
        facts = {"proved_at": now, "gaps": gaps, **stated}
        proof = Proof(source=self.source, kind=kind, month=month, looked_at=now, **facts)
        self.proofs.append(proof)
        return proof
