"""Crawls for tests: the real program, as a process of its own, on a site of the loopback."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from patience import PATIENCE

from archive import reading
from archive.records import Run
from archive.store import Archive

PROGRAM = Path(__file__).parents[1] / "scheduler.py"


@dataclass
class Crawls:
    """Crawls of one source, `site`, into an archive in `folder`."""

    folder: Path
    url: str
    options: dict[str, object] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "archive.db"

    def command(self, *words: str) -> list[str]:
        options = {"url": self.url, "delay": 0, **self.options}
        lines = ["[sources.site]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
        config = self.folder / "backissue.toml"
        config.write_text("\n".join(lines))
        return [sys.executable, str(PROGRAM), "--config", str(config), *words]

    def program(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd=self.folder,
        )

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

    def held(self) -> list[reading.HeldArticle]:
        with Archive.open(self.path) as archive:
            return list(reading.articles(archive.db))

    def content(self) -> dict[str, list[dict[str, object]]]:
        """Every row of the tables that hold content: what a crawl with nothing new must leave alone."""
        tables = ("articles", "addresses", "authors", "article_authors", "tags", "article_tags", "links")
        tables += ("comments", "article_versions", "comment_versions")
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}
