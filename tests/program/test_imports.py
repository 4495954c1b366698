"""Commands load what they need, and not what others need: cron starts them, and people wait for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archive.storage.archive import Archive
from tests.paths import ROOT

HEAVY = {
    *("scrapy", "twisted", "trafilatura", "datasette", "dateparser", "apprise"),
    *("aiohttp", "requests", "cryptography", "rich", "procrastinate", "psycopg", "obstore"),
}
CODE = """
import sys
from click.testing import CliRunner
import scheduler
done = CliRunner().invoke(scheduler.main, sys.argv[1:], prog_name="backissue")
assert done.exit_code in ({1} if "crawl" in sys.argv else {0, 3}), done.output
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize(
    ("words", "may"),
    [
        (("--version",), set()),
        (("status",), set()),
        (("search", "ferry"), set()),
        (("show", "--help"), set()),
        (("sources",), set()),
        (("redact", "--list"), set()),
        (("export", "jsonl"), {"rich"}),
        (("seal",), {"cryptography"}),
        (("fleet", "--help"), set()),
        (("crawl", "--no-progress"), {"scrapy", "twisted", "cryptography"}),  # that finds nothing to read
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_loads_no_more_than_it_needs(tmp_path: Path, words: tuple[str, ...], may: set[str]) -> None:
    Archive.open(tmp_path / "archive.db").close()
    config = tmp_path / "backissue.toml"
    config.write_text('[sources.town]\nurl = "http://127.0.0.1:9"\nlimit = "1s"\n', encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        CODE,
        *(["--config", str(config)] if words[0] != "--version" else []),
        *words,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stdout.split()) <= may
