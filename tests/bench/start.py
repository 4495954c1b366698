"""What the start of a command costs, beside that of sqlite-utils."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from archive.storage.archive import Archive
from tests.bench.programs import BACKISSUE, cost
from tests.bench.rounds import Table, compared


def measure(pages: int, rounds: int) -> list[Table]:
    """Measure commands on an empty archive; `pages` is of no account."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "backissue.toml").write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
        Archive.open(folder / "archive.db").close()
        commands = {
            "sqlite-utils --help": [sys.executable, "-m", "sqlite_utils", "--help"],
            "backissue --help": [*BACKISSUE, "--help"],
            "backissue status": [*BACKISSUE, "status"],
            "backissue search": [*BACKISSUE, "search", "harbour"],
        }
        variants = {
            what: lambda command=command: cost(command, folder).cpu_seconds
            for what, command in commands.items()
        }
        figures = compared(variants, rounds, "s of CPU")
    return (Table(title="Start of a command", corpus="an empty archive", figures=figures),)
