"""How much room pages and their texts take, beside a gzip'd WARC of them, and what packing them costs."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.core.records import Page, Site
from archive.files.raw_pages import Pages
from archive.storage.archive import Archive
from pipeline.process import process
from tests.bench.rounds import Figure, Table, compared, cpu_milliseconds
from tests.builders.pages import made_page
from tests.builders.theme import Theme

_WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
_HEADERS = (("content-type", "text/html; charset=UTF-8"), ("server", "nginx"), ("etag", '"5f2c-61"'))
_REVISITS = 100
_SITE = Site(name="gazette", url="https://gazette.example")
_WORDS = """
SELECT (SELECT sum(length(CAST(text AS BLOB))) FROM articles)
    + (SELECT coalesce(sum(length(CAST(text AS BLOB))), 0) FROM comments)
"""


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure so many made pages."""
    theme = Theme()
    received = [_page(theme, number) for number in range(pages)]
    corpus = (
        f"{pages} made pages, {sum(len(page.body) for page in received) / pages / 1000:.0f} kB on average"
    )
    return [
        _sizes(theme, received, corpus),
        _texts(received[: max(1, pages // 4)]),
        _packing(received, corpus, rounds),
        _reading(received, corpus, rounds),
    ]


def _page(theme: Theme, number: int, nonce: int = 0) -> Page:
    url = theme.url(number)
    body = theme.page(number, nonce=nonce)
    return made_page(url, body, headers=_HEADERS, fetched_at=_WHEN)


def _sizes(theme: Theme, received: Sequence[Page], corpus: str) -> Table:
    warc = _warc_bytes(received)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pages.db"
        _keep(file, received)
        held, bodies = file.stat().st_size, _body_bytes(file)
        of_one = len(gzip.compress(received[0].body, 9))
        _keep(file, [_page(theme, 0, nonce) for nonce in range(1, _REVISITS + 1)])
        revisit = (_body_bytes(file) - bodies) / _REVISITS
        with_row = (file.stat().st_size - held) / _REVISITS
    figures = [
        Figure(what="gzip'd WARC", value=warc / len(received), unit="bytes a page", ratio=1.0),
        _part(
            "pages.db, its dictionaries and rows included", held / len(received), warc / len(received), 0.45
        ),
        _part("bodies in it", bodies / len(received), warc / len(received), 0.45),
        Figure(what="gzip'd page", value=of_one, unit="bytes", ratio=1.0),
        _part("body of a revisit in which only a nonce differs", revisit, of_one, 0.03),
        _part("the same with its row, address and headers", with_row, of_one, None),
    ]
    return Table(title="Room for raw pages", corpus=corpus, figures=tuple(figures))


def _texts(received: Sequence[Page]) -> Table:
    """Size an archive of what the pages say, whole and less its full text, and its words alone."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "archive.db"
        with Archive.open(file) as archive:
            archive.add_source(_SITE, "2026-03-01T12:00:00Z")
            for page in received:
                archive.save(page, process(page, _SITE))
        with closing(sqlite3.connect(file, isolation_level=None)) as db:
            words = db.execute(_WORDS).fetchone()[0]
            whole = _vacuumed(db, file)
            for table in ("articles_fts", "comments_fts"):
                db.execute(f"INSERT INTO {table}({table}) VALUES ('delete-all')")
            bare = _vacuumed(db, file)
    each = len(received)
    warc = _warc_bytes(received) / each
    figures = [
        Figure(what="gzip'd WARC", value=warc, unit="bytes a page", ratio=1.0),
        _part("archive.db", whole / each, warc, 1.2),
        _part("the same without its full text", bare / each, warc, None),
        _part("words of articles and comments", words / each, warc, None),
    ]
    return Table(title="Room for texts", corpus=f"{each} of them, read and saved", figures=tuple(figures))


def _vacuumed(db: sqlite3.Connection, file: Path) -> int:
    """Return the size of a file without what is free in it."""
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return file.stat().st_size


def _part(what: str, value: float, base: float, bound: float | None) -> Figure:
    return Figure(what=what, value=value, unit="bytes", ratio=value / base, bound=bound)


def _packing(received: Sequence[Page], corpus: str, rounds: int) -> Table:
    plain = zstandard.ZstdCompressor(level=10)
    variants = {
        "zstd-10, bytes alone": _each(received, lambda page: plain.compress(page.body)),
        "gzip-9, bytes alone": _each(received, lambda page: gzip.compress(page.body, 9)),
        "pages kept, with digest, training and row": lambda: _kept_anew(received),
    }
    measured = {name: cpu_milliseconds(work, len(received)) for name, work in variants.items()}
    return Table(
        title="CPU to keep a page",
        corpus=corpus,
        figures=compared(measured, rounds, "ms"),
    )


def _reading(received: Sequence[Page], corpus: str, rounds: int) -> Table:
    packed = [gzip.compress(page.body, 9) for page in received]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pages.db"
        _keep(file, received)
        with Pages.open(file) as kept:
            variants = {
                "gunzip, bytes alone": lambda: [gzip.decompress(data) for data in packed],
                "pages read, with digest and row": lambda: [*kept.newest_of_each("gazette")],
            }
            measured = {name: cpu_milliseconds(work, len(received)) for name, work in variants.items()}
            figures = compared(measured, rounds, "ms")
    return Table(title="CPU to read a kept page", corpus=corpus, figures=figures)


def _each(received: Sequence[Page], work: Callable[[Page], object]) -> Callable[[], object]:
    return lambda: [work(page) for page in received]


def _kept_anew(received: Sequence[Page]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _keep(Path(folder) / "pages.db", received)


def _keep(file: Path, received: Sequence[Page]) -> None:
    with Pages.open(file) as kept:
        for page in received:
            kept.keep(page)


def _body_bytes(file: Path) -> int:
    with Pages.open(file) as kept:
        tables = ("bodies", "dictionaries")
        sums = [f"(SELECT coalesce(sum(length(body)), 0) FROM {table})" for table in tables]
        return int(kept.db.execute(f"SELECT {' + '.join(sums)}").fetchone()[0])


def _warc_bytes(received: Sequence[Page]) -> int:
    """Return the bytes of a WARC whose records are gzip'd one by one, as that format asks."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    for page in received:
        headers = StatusAndHeaders("200 OK", list(page.headers), protocol="HTTP/1.1")
        record = writer.create_warc_record(
            page.final_url,
            "response",
            payload=BytesIO(page.body),
            length=len(page.body),
            http_headers=headers,
        )
        writer.write_record(record)
    return len(out.getvalue())
