"""How much memory an export needs: the real program on an archive, and on one ten times as large.

A ratio near 1 says that exports read row by row.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Table, compared
from tests.builders.fixtures_archive import START, Filler

FORMS = ("jsonl", "csv", "sql", "parquet", "markdown", "folder", "db")
THREAD = 50  # comments below each article


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure exports of an archive of so many articles, and of one ten times as large."""
    with tempfile.TemporaryDirectory() as name:
        small = archive(Path(name) / "small", pages * THREAD)
        large = archive(Path(name) / "large", pages * THREAD * 10)
        return [_growth(form, small, large, pages, rounds) for form in FORMS]


def _growth(form: str, small: Path, large: Path, pages: int, rounds: int) -> Table:
    variants = {
        f"{pages:,} articles": lambda: peak(small, form),
        "ten times as many": lambda: peak(large, form),
    }
    figures = compared(variants, rounds, "MB", {"ten times as many": 1.2})
    return Table(
        title=f"Peak memory of export {form}", corpus="made articles of 50 comments", figures=figures
    )


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
