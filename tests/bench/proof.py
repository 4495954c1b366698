"""What evidence costs: the size and time of one proof on a large archive, and the log's share of a crawl.

`--pages 20000` measures a million comments.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from archive.proof.log import log_changes, seal_log
from archive.storage.archive import Archive
from tests.bench import parts
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Figure, Table, compared
from tests.bench_archive import THREAD, build

LARGEST_PROOF_BYTES = 10_000
MOST_PROOF_SECONDS = 1
MOST_CPU_PERCENT = 2
_SEALED = datetime(2026, 3, 1, 12, tzinfo=UTC)
_EDITED = datetime(2026, 3, 2, 12, tzinfo=UTC)
_CRAWL_PAGES = 150
_CRAWL_PARTS = ("reading", "keeping the raw page", "saving, with full text", "copies")
_PROOF_PART = "proof log and seal"


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure an archive of so many articles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, pages * THREAD)
        first = _seal_twice(folder / "archive.db")
        with closing(sqlite3.connect(folder / "archive.db")) as db:
            [leaves] = db.execute("SELECT count(*) FROM proof_leaves").fetchone()
            [seals] = db.execute("SELECT count(*) FROM proof_seals").fetchone()
        proof = Path("proof")
        prove = [*BACKISSUE, "prove", "comment", str(first), "--out", str(proof)]

        def seconds() -> float:
            shutil.rmtree(folder / proof, ignore_errors=True)
            return cost(prove, folder).wall_seconds

        start = [*BACKISSUE, "prove", "--help"]
        variants: dict[str, Callable[[], float]] = {
            "start of the program": lambda: cost(start, folder).wall_seconds,
            "backissue prove comment": seconds,
        }
        times = compared(variants, rounds, "s")
        size = sum(file.stat().st_size for file in (folder / proof).iterdir())
    corpus = (
        f"{pages * THREAD:,} comments, {leaves:,} entries under {seals} seals; a comment of the first seal"
        " that changed before the last one"
    )
    took = next(figure.value for figure in times if figure.what == "backissue prove comment")
    figures = (
        *times,
        *_beside_goal("time of a proof", took, MOST_PROOF_SECONDS, "s"),
        *_beside_goal("size of its folder", size, LARGEST_PROOF_BYTES, "bytes"),
    )
    return [
        Table(title="Evidence of one comment", corpus=corpus, figures=figures),
        _share_of_a_crawl(rounds),
    ]


def _beside_goal(what: str, value: float, goal: float, unit: str) -> tuple[Figure, Figure]:
    """Return a goal as the row with ratio 1, and what was measured."""
    return (
        Figure(what=f"{what}, goal", value=goal, unit=unit, ratio=1),
        Figure(what=what, value=value, unit=unit, ratio=value / goal, bound=1),
    )


def _seal_twice(archive: Path) -> int:
    """Seal everything, edit one comment of the first seal, and seal that; return its id."""
    with Archive.open(archive) as opened:
        log_changes(opened.db, archive)
        seal_log(opened.db, _SEALED)
        [first] = opened.db.execute("SELECT min(item_id) FROM proof_leaves WHERE kind = 'comment'").fetchone()
        opened.db.execute("UPDATE comments SET gone_at = ? WHERE id = ?", ["2026-03-02T11:00:00Z", first])
        opened.db.conn.commit()
        log_changes(opened.db, archive)
        seal_log(opened.db, _EDITED)
    return int(first)


def _share_of_a_crawl(rounds: int) -> Table:
    """Return the CPU of the log beside the parts of a first crawl that read and save."""
    [table] = parts.measure(_CRAWL_PAGES, rounds)
    values = {figure.what: figure.value for figure in table.figures}
    crawl = sum(values[what] for what in _CRAWL_PARTS)
    proof = values[_PROOF_PART]
    share = 100 * proof / (crawl + proof)
    figures = (
        Figure(what="reading and saving", value=crawl, unit="ms"),
        Figure(what="log and seal", value=proof, unit="ms"),
        *_beside_goal("share of the log", share, MOST_CPU_PERCENT, "%"),
    )
    corpus = f"{_CRAWL_PAGES} made pages with their threads; each page, without the network"
    return Table(title="Evidence in a first crawl, CPU", corpus=corpus, figures=figures)
