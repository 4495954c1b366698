"""Crawls for tests: the real program, as a process of its own, on a site of the loopback.

`Crawls.program` has it forked from a process that has done the imports (forked.py), since they take longer
than most crawls of a test; `Crawls.command` is the command line that starts it anew.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from archive.core.records import Run
from archive.queries import articles
from archive.storage.archive import Archive
from tests.builders.patience import PATIENCE
from tests.paths import ROOT

PROGRAM = ROOT / "scheduler.py"
SOON = {"crawler.settings.BACKISSUE_RETRY_WAIT": 0.05}  # seconds until it tries again, and double each time


@cache
def _forks() -> subprocess.Popen[str]:
    """The process that forks; it ends with this one, whose end closes its standard input."""
    command = [sys.executable, str(Path(__file__).with_name("forked.py"))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Forked:
    """The program at work, one at a time; `wait` for its end before the next."""

    def __init__(self, words: list[str], folder: Path, values: dict[str, object]) -> None:
        self.words, self._forks, self._place = words, _forks(), tempfile.TemporaryDirectory()
        self._told = [Path(self._place.name, name) for name in ("out", "err")]
        for file in self._told:
            file.touch()
        out, err = map(str, self._told)
        order = {"words": words, "folder": str(folder), "environ": dict(os.environ), "out": out, "err": err}
        print(json.dumps({**order, "values": values}), file=self._forks.stdin, flush=True)
        while " " in (line := self._forks.stdout.readline()):
            continue  # the end of one that a test which failed has not waited for
        self.pid = int(line)

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait(self) -> subprocess.CompletedProcess[str]:
        hung = threading.Timer(PATIENCE, os.kill, (self.pid, signal.SIGKILL))
        hung.start()
        code = int(self._forks.stdout.readline().split()[1])
        hung.cancel()
        out, err = (file.read_text() for file in self._told)
        self._place.cleanup()
        return subprocess.CompletedProcess(self.words, code, out, err)


@dataclass
class Crawls:
    """Crawls of one source, `site`, into an archive in `folder`."""

    folder: Path
    url: str
    options: dict[str, object] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=lambda: dict(SOON))
    contact: str | None = None

    @property
    def path(self) -> Path:
        return self.folder / "archive.db"

    def words(self, *words: str) -> list[str]:
        options = {"url": self.url, "delay": 0, **self.options}
        contact = [] if self.contact is None else [f"contact = {json.dumps(self.contact)}"]
        lines = [
            *contact,
            "[sources.site]",
            *(f"{key} = {json.dumps(value)}" for key, value in options.items()),
        ]
        config = self.folder / "backissue.toml"
        config.write_text("\n".join(lines))
        return ["--config", str(config), *words]

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(PROGRAM), *self.words(*words)]

    def program(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.start(*words).wait()

    def start(self, *words: str) -> Forked:
        return Forked(self.words(*words), self.folder, self.values)

    def crawl(self, *, expect: int = 0) -> Run:
        done = self.program("crawl")
        assert done.returncode == expect, done.stderr + done.stdout
        with Archive.open(self.path) as archive:
            run = archive.runs.newest("site")
        assert run is not None
        return run

    def rows(self, sql: str, *values: object) -> list[dict[str, object]]:
        with Archive.open(self.path) as archive:
            return list(archive.db.query(sql, list(values)))

    def held(self) -> list[articles.HeldArticle]:
        with Archive.open(self.path) as archive:
            return list(articles.iterate_articles(archive.db))

    def content(self) -> dict[str, list[dict[str, object]]]:
        """Every row of the tables that hold content: what a crawl with nothing new must leave alone."""
        tables = ("articles", "addresses", "authors", "article_authors", "tags", "article_tags", "links")
        tables += ("comments", "article_versions", "comment_versions")
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}
