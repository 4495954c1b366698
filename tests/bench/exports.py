"""What an export needs: the real program on an archive, and on one ten times as large.

A ratio of memory near 1 says that exports read row by row. CSV is compared with SQLite's own shell, where
there is one.
"""

from __future__ import annotations

import http.client
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from archive.exports.selection import TAKEN
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Table, compared
from tests.bench_pages import serving
from tests.builders.fixtures_archive import START, Filler

FORMS = ("jsonl", "csv", "sql", "parquet", "markdown", "folder", "db")
THREAD = 50  # comments below each article
MOST_TIMES_SHELL = 4.5


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure exports of an archive of so many articles, and of one ten times as large."""
    with tempfile.TemporaryDirectory() as name:
        small = archive(Path(name) / "small", pages * THREAD)
        large = archive(Path(name) / "large", pages * THREAD * 10)
        growth = [_growth(form, small, large, pages, rounds) for form in FORMS]
        return [*growth, *_times(large, pages * 10, rounds)]


def _growth(form: str, small: Path, large: Path, pages: int, rounds: int) -> Table:
    variants = {
        f"{pages:,} articles": lambda: peak(small, form),
        "ten times as many": lambda: peak(large, form),
    }
    figures = compared(variants, rounds, "MB", {"ten times as many": 1.2})
    return Table(
        title=f"Peak memory of export {form}", corpus="made articles of 50 comments", figures=figures
    )


def _times(folder: Path, articles: int, rounds: int) -> list[Table]:
    """Return the time of a CSV beside that of SQLite's shell; no table without a shell."""
    shell = shutil.which("sqlite3")
    if shell is None:
        return []

    def by_shell(tables: tuple[str, ...]) -> Callable[[], float]:
        statements = "; ".join(f"SELECT * FROM {table}" for table in tables)
        command = [shell, "-readonly", "-csv", "-header", "archive.db", statements]
        return lambda: cost(command, folder).wall_seconds

    def exported() -> float:
        command = [*BACKISSUE, "export", "csv", "--output", "taken-csv", "--force"]
        return cost(command, folder).wall_seconds

    corpus = f"{articles:,} made articles of {THREAD} comments"
    tables = []
    with serving(folder) as port:
        for title, of, what, ours in (
            ("Time of a table as CSV", ("comments",), "comments.csv of the pages", lambda: _streamed(port)),
            ("Time of all tables as CSV", tuple(TAKEN), "backissue export csv", exported),
        ):
            variants = {"sqlite3 -csv": by_shell(of), what: ours}
            figures = compared(variants, rounds, "s", {what: MOST_TIMES_SHELL})
            tables.append(Table(title=title, corpus=corpus, figures=figures))
    return tables


def _streamed(port: int) -> float:
    """Return how many seconds the pages take for all comments as CSV. Raises SystemExit where they fail."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", "/archive/comments.csv?_stream=on")
    answer = connection.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise SystemExit(f"comments.csv was answered with {answer.status}.")
    while answer.read(2**20):
        pass
    connection.close()
    return time.perf_counter() - began


def archive(folder: Path, comments: int) -> Path:
    """Fill a folder with an archive of so many comments."""
    folder.mkdir()
    fill = Filler(folder / "archive.db")
    for number in range(1, comments // THREAD + 1):
        when = START + timedelta(hours=number)
        fill.article(number, when)
        for place in range(THREAD):
            fill.comment(number, when + timedelta(minutes=place))
    fill.finish()
    (folder / "backissue.toml").write_text("[sources.quayside]\nurl = 'https://quayside.example'\n")
    return folder


def peak(folder: Path, form: str) -> float:
    """The most memory that one export took, in MB."""
    return cost([*BACKISSUE, "export", form, "--output", f"taken-{form}", "--force"], folder).peak_megabytes
