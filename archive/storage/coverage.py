"""The coverage ledger: for each source, month and kind, what the site states and what is stored.

It writes only `coverage` and `coverage_gaps`. A gap that is closed keeps its row, with its end and how it
ended. The site's count is always the sum of what is stored, missing, and withheld. Comments are counted under
the month of their own publication in UTC; where only pages state how many there are, under their article's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.core.connection import Database
from archive.core.database import transaction
from archive.core.timestamps import to_text
from archive.storage.coverage_records import WITHHELD, Gap, Proof, TypeCount, by_what
from archive.tables import rows
from archive.tables.merge import Value

IS_READ = (
    "articles.gone_at IS NULL AND (articles.text IS NOT NULL OR EXISTS (SELECT 1 FROM visits"
    " WHERE visits.article_id = articles.id AND visits.kind = 'article' AND good_at IS NOT NULL))"
)
"""True if an article is held: its page was read, even where it has no text."""
_AT_KEY = (
    "SELECT 1 FROM addresses JOIN articles ON articles.id = article_id"
    " WHERE addresses.source = coverage_gaps.source AND addresses.url_key = coverage_gaps.key AND"
)
_IS_HELD = {
    "article": f"EXISTS (SELECT 1 FROM articles WHERE source = coverage_gaps.source"
    f" AND post_id = CAST(key AS INTEGER) AND {IS_READ}) OR EXISTS ({_AT_KEY} {IS_READ})",
    "comment": "EXISTS (SELECT 1 FROM comments WHERE comments.source = coverage_gaps.source"
    " AND comments.key = coverage_gaps.key AND comments.gone_at IS NULL)"
    f" OR EXISTS ({_AT_KEY} comment_count >= comments_stated)",
}
_WITHHELD = ", ".join(f"'{reason}'" for reason in sorted(WITHHELD))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Coverage of one source: months, and those proved without a gap.

    `missing` and `withheld` count articles and comments; `oldest_proof` is ISO 8601 text in UTC; `surfaces`
    are the pairs of a kind and a surface by which it was proved.
    """

    months: int
    proved: int
    missing: int
    withheld: int
    oldest_proof: str | None
    surfaces: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> str:
        """Return the summary as a sentence."""
        if not self.months:
            return "Not verified yet; `backissue verify` asks the site what it has."
        missing = "nothing missing of what the site lists for them"
        if self.missing:
            missing = f"{self.missing:,} missing"
        proved = f"{self.proved:,} of {self.months:,} months proved{by_what(self.surfaces)}"
        parts = [proved, missing]
        if self.withheld:
            parts.append(f"{self.withheld:,} not public")
        oldest = ""
        if self.oldest_proof:
            oldest = f"; oldest proof: {self.oldest_proof[:10]}"
        return f"{', '.join(parts)}{oldest}."


_SUMMARY = """
SELECT count(*) AS months, coalesce(sum(told), 0) AS proved, coalesce(sum(missing), 0) AS missing,
    coalesce(sum(withheld), 0) AS withheld, min(proved_at) AS oldest_proof
FROM (SELECT min(unproved IS NULL AND missing = 0) AS told, sum(missing) AS missing,
    sum(withheld) AS withheld, min(proved_at) AS proved_at FROM coverage WHERE source = ? GROUP BY month)
"""

_TYPES = f"""
SELECT type, sum(held) AS held, max(stated) AS stated, max(looked_at) AS looked_at, max(unproved) AS unproved
FROM (
    SELECT type, count(*) AS held, NULL AS stated, NULL AS looked_at, NULL AS unproved FROM articles
    WHERE source = :source AND {IS_READ} GROUP BY type
    UNION ALL SELECT type, 0, stated, looked_at, unproved FROM coverage_types WHERE source = :source
) GROUP BY type ORDER BY type <> 'post', held DESC, type
"""


class Coverage:
    """The ledger of one archive."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def note(self, proof: Proof) -> None:
        """Record the audit of one month.

        An earlier proof is kept where this audit has nothing newer.
        """
        at = rows.must(to_text(proof.looked_at))
        with transaction(self.db):
            is_newer = bool(proof.gaps) or not self._is_older(proof)
            told = proof.unproved is None and is_newer
            if told:
                self._note_gaps(proof, at)
            self._note_month(proof, at, told=told)
            self._recount(proof.source, proof.month)

    def note_type(self, count: TypeCount) -> None:
        """Record the number of listed items of a content type."""
        with transaction(self.db):
            self.db.execute(
                "INSERT INTO coverage_types (source, type, stated, surface, looked_at, unproved)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET stated = excluded.stated,"
                " surface = excluded.surface, looked_at = excluded.looked_at, unproved = excluded.unproved",
                [
                    count.source,
                    count.type,
                    count.stated,
                    count.surface,
                    to_text(count.looked_at),
                    count.unproved,
                ],
            )

    def types(self, source: str) -> list[dict[str, Value]]:
        """Return the content types of a source: name, number stored and read, number that the site lists."""
        return list(self.db.query(_TYPES, {"source": source}))

    def settle(self, source: str, now: datetime) -> None:
        """End the gaps of a source that were closed meanwhile."""
        with transaction(self.db):
            self._settle(source, rows.must(to_text(now)))
            self._recount(source)

    def summary(self, source: str) -> Summary:
        """Return the coverage summary of one source."""
        [row] = self.db.query(_SUMMARY, [source])
        sql = (
            "SELECT DISTINCT kind, surface FROM coverage WHERE source = ? AND unproved IS NULL"
            " AND surface IS NOT NULL ORDER BY kind, surface"
        )
        found = self.db.execute(sql, [source])
        surfaces = tuple((kind, surface) for kind, surface in found)
        return Summary(**row, surfaces=surfaces)

    def months(self, source: str, since: datetime) -> list[dict[str, Value]]:
        """Return the months audited since a moment, by kind."""
        sql = "SELECT * FROM coverage WHERE source = ? AND looked_at >= ? ORDER BY month, kind"
        return list(self.db.query(sql, [source, to_text(since)]))

    def gaps(self, source: str, since: datetime) -> list[dict[str, Value]]:
        """Return gaps that are open or were seen since a moment.

        What the site withholds is listed last.
        """
        sql = (
            "SELECT * FROM coverage_gaps WHERE source = ? AND (ended_at IS NULL OR last_seen >= ?)"
            f" ORDER BY ended_at IS NULL AND reason IN ({_WITHHELD}), month, kind, id"
        )
        return list(self.db.query(sql, [source, to_text(since)]))

    def _note_gaps(self, proof: Proof, at: str) -> None:
        for gap in proof.gaps:
            self._note_gap(proof, gap, at)
        self._settle(proof.source, at, proof.month)
        self.db.execute(
            "UPDATE coverage_gaps SET ended_at = ?, ended_how = 'no longer listed'"
            " WHERE source = ? AND month = ? AND kind = ? AND ended_at IS NULL AND last_seen < ?",
            [at, proof.source, proof.month, proof.kind, at],
        )

    def _note_gap(self, proof: Proof, gap: Gap, at: str) -> None:
        row = {
            "source": proof.source,
            "kind": proof.kind,
            "key": gap.key,
            "month": gap.month,
            "number": gap.number,
            "url": gap.url,
            "reason": gap.reason,
            "detail": gap.detail,
            "first_seen": at,
            "last_seen": at,
        }
        fresh = ("month", "number", "url", "reason", "detail", "last_seen")
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        changes = ", ".join(f"{name} = excluded.{name}" for name in fresh)
        self.db.execute(
            f"INSERT INTO coverage_gaps ({columns}) VALUES ({marks})"
            f" ON CONFLICT DO UPDATE SET ended_at = NULL, ended_how = NULL, {changes}",
            list(row.values()),
        )

    def _is_older(self, proof: Proof) -> bool:
        """True if the ledger has a later proof."""
        sql = "SELECT 1 FROM coverage WHERE source = ? AND month = ? AND kind = ? AND proved_at > ?"
        key = [proof.source, proof.month, proof.kind, to_text(proof.proved_at)]
        return self.db.execute(sql, key).fetchone() is not None

    def _note_month(self, proof: Proof, at: str, *, told: bool) -> None:
        new: list[Value] = [None, None, None]
        if told:
            new = [proof.stated, proof.surface, to_text(proof.proved_at)]
        self.db.execute(
            "INSERT INTO coverage (source, month, kind, stated, surface, proved_at, looked_at, unproved)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " stated = coalesce(excluded.stated, stated), surface = coalesce(excluded.surface, surface),"
            " proved_at = coalesce(excluded.proved_at, proved_at), looked_at = excluded.looked_at,"
            " unproved = excluded.unproved",
            [proof.source, proof.month, proof.kind, *new, at, proof.unproved],
        )

    def _settle(self, source: str, at: str, month: str | None = None) -> None:
        for kind, is_held in _IS_HELD.items():
            self.db.execute(
                "UPDATE coverage_gaps SET ended_at = ?, ended_how = 'read in' WHERE source = ?"
                f" AND month = coalesce(?, month) AND kind = ? AND ended_at IS NULL AND ({is_held})",
                [at, source, month, kind],
            )

    def _recount(self, source: str, month: str | None = None) -> None:
        """Recount the gaps of a source's months, or of one."""
        counted = (
            "SELECT coalesce(sum(CASE WHEN reason {} THEN number END), 0) FROM coverage_gaps AS gaps"
            " WHERE gaps.source = coverage.source AND gaps.month = coverage.month"
            " AND gaps.kind = coverage.kind AND ended_at IS NULL"
        )
        which = "WHERE source = ? AND month = coalesce(?, month) AND stated IS NOT NULL"
        missing = counted.format(f"NOT IN ({_WITHHELD})")
        withheld = counted.format(f"IN ({_WITHHELD})")
        self.db.execute(
            f"UPDATE coverage SET missing = ({missing}), withheld = ({withheld}) {which}", [source, month]
        )
        self.db.execute(f"UPDATE coverage SET held = stated - missing - withheld {which}", [source, month])
