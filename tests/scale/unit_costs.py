"""What one of each costs, measured on this machine by the real program on a made site of the loopback."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.bench.programs import BACKISSUE, cost
from tests.bench.site import made_site


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """CPU in seconds of one core, sizes in bytes, memory in MB.

    `tick_cpu` is for a crawl that finds nothing new, with the start of its process. `text_bytes` and
    `raw_bytes` are of an article with its comments (`thread` of them), in archive.db with full text and in
    pages.db.
    """

    page_cpu: float
    tick_cpu: float
    text_bytes: float
    raw_bytes: float
    thread: float
    crawl_megabytes: float


def measured(pages: int) -> UnitCosts:
    """Crawl a made site of so many pages, then three times more when it is quiet."""
    with tempfile.TemporaryDirectory() as name, made_site(pages) as url:
        folder = Path(name)
        (folder / "backissue.toml").write_text(f"[sources.gazette]\nurl = '{url}'\ndelay = 0\n")
        crawl = [*BACKISSUE, "crawl", "--no-progress"]
        first = cost(crawl, folder)
        with closing(sqlite3.connect(folder / "archive.db")) as archive:
            archive.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            [[comments]] = archive.execute("SELECT count(*) FROM comments").fetchall()
        text, raw = ((folder / name).stat().st_size for name in ("archive.db", "pages.db"))
        tick = sorted(cost(crawl, folder).cpu_seconds for _ in range(3))[1]
    return UnitCosts(
        page_cpu=(first.cpu_seconds - tick) / pages,
        tick_cpu=tick,
        text_bytes=text / pages,
        raw_bytes=raw / pages,
        thread=comments / pages,
        crawl_megabytes=first.peak_megabytes,
    )
