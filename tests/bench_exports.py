"""How much memory an export needs: the real program on an archive, and on one ten times as large.

Run it with `make bench`. It asserts nothing; a ratio near 1 says that exports read row by row.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from tests.builders.fixtures_archive import START, Filler
from tests.paths import ROOT

PROGRAM = [sys.executable, str(ROOT / "scheduler.py")]
FORMS = ("jsonl", "csv", "sql", "parquet", "markdown", "folder", "db")
THREAD = 50  # comments below each article


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
    command = [*PROGRAM, "export", form, "--output", f"taken-{form}"]
    running = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    if status:
        sys.exit(f"export {form} failed")
    return usage.ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench_exports", description=__doc__)
    options.add_argument("--comments", type=int, default=5_000)
    comments = options.parse_args().comments
    with tempfile.TemporaryDirectory() as name:
        small = archive(Path(name) / "small", comments)
        large = archive(Path(name) / "large", comments * 10)
        for form in FORMS:
            one, ten = peak(small, form), peak(large, form)
            told = f"{f'export {form}, peak memory':<44}{one:>12,.0f} MB, ten times the rows"
            sys.stdout.write(f"{told} {ten:,.0f} MB, ratio {ten / one:.2f}\n")


if __name__ == "__main__":
    main()
