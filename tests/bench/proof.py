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
from tests.bench.crawl import first_crawl
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Figure, Table, compared, cpu_milliseconds
from tests.bench.site import made_site
from tests.bench_archive import THREAD, build

LARGEST_PROOF_BYTES = 10_000
MOST_PROOF_SECONDS = 1
MOST_CPU_PERCENT = 2
_SEALED = datetime(2026, 3, 1, 12, tzinfo=UTC)
_EDITED = datetime(2026, 3, 2, 12, tzinfo=UTC)
_CRAWL_PAGES = 300


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
        _share_of_a_crawl(min(pages, _CRAWL_PAGES), rounds),
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


def _share_of_a_crawl(pages: int, rounds: int) -> Table:
    """Return the CPU of the log beside that of the first crawl which writes it."""
    with tempfile.TemporaryDirectory() as name, made_site(pages) as url:
        folder = Path(name) / "crawl"
        variants: dict[str, Callable[[], float]] = {
            "backissue crawl": lambda: first_crawl(folder, url, pages).cpu_seconds * 1000,
            "log and seal": lambda: _logged_anew(folder / "archive.db"),
        }
        found = {what: [] for what in variants}
        for _ in range(rounds):  # in this order: the log is that of the crawl before
            for what, work in variants.items():
                found[what].append(work() / pages)
    figures = compared({what: iter(values).__next__ for what, values in found.items()}, rounds, "ms")
    share = 100 * (figures[1].ratio or 0)
    corpus = f"{pages} made pages on the loopback, with their threads; each page"
    return Table(
        title="Evidence in a first crawl, CPU",
        corpus=corpus,
        figures=(*figures, *_beside_goal("share of the log", share, MOST_CPU_PERCENT, "%")),
    )


def _logged_anew(archive: Path) -> float:
    """Empty the log of an archive, and write it again; return the milliseconds of CPU of the writing."""
    with Archive.open(archive) as opened:
        db = opened.db
        for table in ("proof_leaves", "proof_seals"):
            db.execute(f"DELETE FROM {table}")
        for kind in ("article", "comment"):
            db.execute(f"INSERT INTO proof_pending SELECT '{kind}', id FROM {kind}s")
        db.conn.commit()

        def write() -> None:
            log_changes(db, archive)
            seal_log(db, _SEALED)

        return cpu_milliseconds(write, 1)()
