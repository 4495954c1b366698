"""What a run over kept pages reads, by which rules, and into which folder; and how far it is.

The plan is kept in the folder of the result, so that whoever goes on with it reads the same. Invariant: a
folder of others, or with another plan's result, is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from archive.core.answers.reader_guard import CODES
from archive.core.atomic_files import replaced
from archive.core.errors import BackissueError
from archive.core.records import Site
from archive.exports.target import PROGRAM
from pipeline.extractor_version import extractor_version
from pipeline.scale.page_files import find_page_files, first_without_source, sources_of, units_of
from pipeline.scale.page_places import Place, size_of
from pipeline.scale.result_files import must_be_readable, result_path, tasks_done
from pipeline.scale.rows import RESULT_TABLES

_PLAN = "plan.json"
_FORM = "reextracted"
_NEEDED = {"extractor_version", "tasks", "sites", "files"}
TASKS_A_WORKER = 4
"""Tasks for each worker by default, so that none waits long for the last one."""
MOST_NAMED = 20
ALTERED = "altered-page"
"""The problem of a page that is not as it was received."""
NO_SITE = "no-site"
"""The problem of a page of a source that no given site has."""
UNREAD_CODES = (*CODES, ALTERED, NO_SITE)
"""The problems by which a page was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractionPlan:
    """A run: absolute paths or URLs of files, sites, the result's folder, and the number of tasks.

    `source` is that of pages in WARC files of others; with `every` older pages of a URL are read, too.
    """

    files: tuple[str, ...]
    sites: tuple[Site, ...]
    folder: str
    tasks: int
    source: str = ""
    every: bool = False

    @classmethod
    def of(
        cls,
        paths: Sequence[Place],
        folder: Path,
        sites: Iterable[Site],
        *,
        tasks: int = 0,
        workers: int = 1,
        source: str = "",
        every: bool = False,
    ) -> Self:
        """Return the plan for some files or folders of pages, or URLs of such, and write it into its folder.

        `tasks` are by default what was planned before, or four for each worker. Raises BackissueError where
        there are no such pages, a source has no site, or the folder is another's.
        """
        files = find_page_files(paths, but=folder)
        units = len(units_of(files))
        sites = tuple(sites)
        names = {site.name for site in sites}
        if unknown := sorted(sources_of(files) - names):
            raise BackissueError(
                f"These pages are of {', '.join(unknown)}, which the configuration lacks.",
                hint="Add the source to backissue.toml: its rules decide how its pages are read.",
            )
        if not source and len(names) == 1:
            [source] = names
        if not source and (nameless := first_without_source(files)):
            raise BackissueError(
                f"{nameless} does not name the source of its pages, and the configuration has several.",
                hint=f"Add --source with one of {', '.join(sorted(names))}.",
            )
        before = _planned(folder)
        made = cls(
            files=tuple(files),
            sites=sites,
            folder=str(folder.resolve()),
            tasks=tasks or int(before.get("tasks", 0)) or max(1, min(units, workers * TASKS_A_WORKER)),
            source=source,
            every=every,
        )
        made._agree(before)
        return made

    @property
    def engine_folder(self) -> str:
        """The folder of datatrove's logs, statistics and completion marks."""
        return str(Path(self.folder) / "engine")

    def unfinished_tasks(self) -> list[int]:
        """Return the tasks that are not done."""
        done = tasks_done(Path(self.folder))
        marked = {task for task in done if self._mark(task).exists()}
        return sorted(set(range(self.tasks)) - marked)

    def forget_lost_tasks(self) -> None:
        """Remove the completion marks of tasks whose files are gone, so that the engine does them again."""
        done = set(tasks_done(Path(self.folder)))
        for task in set(range(self.tasks)) - done:
            self._mark(task).unlink(missing_ok=True)

    def _mark(self, task: int) -> Path:
        return Path(self.engine_folder) / "completions" / f"{task:05d}"

    def _agree(self, before: dict[str, Any]) -> None:
        """Write the plan, or raise BackissueError where another one was begun."""
        told = self._told()
        if before:
            differing = [name for name, value in told.items() if before.get(name) != value]
            if differing:
                raise BackissueError(
                    f"{self.folder} has the result of another run; these differ: {', '.join(differing)}.",
                    hint="Name another folder, or remove this one.",
                )
            return
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        with replaced(Path(self.folder) / _PLAN, lambda: None) as new:
            new.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    def _told(self) -> dict[str, Any]:
        sites = [_rules_of(site) for site in self.sites]
        told = {
            "form": _FORM,
            "program": PROGRAM,
            "extractor_version": extractor_version(),
            "tasks": self.tasks,
            "source": self.source,
            "every": self.every,
            "sites": sites,
            "files": [{"path": path, "bytes": size_of(path)} for path in self.files],
        }
        plain: dict[str, Any] = json.loads(json.dumps(told))
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a result has: rows of each table, problems by code, and the first pages that were not read."""

    rows: dict[str, int]
    problems: dict[str, int]
    unread: tuple[str, ...] = ()
    unread_count: int = field(default=0)


def must_be_result(folder: Path, sites: Iterable[Site] = ()) -> None:
    """Raise BackissueError where a folder has no whole result of today's rules.

    Rules are those of the extractor, and those of each of `sites` that the result has.
    """
    told = _read_plan(folder)
    if told is None:
        raise BackissueError(
            f"{folder} has no result of `backissue reextract`.", hint="Name the folder that it wrote."
        )
    if told.get("extractor_version") != extractor_version():
        raise BackissueError(
            f"{folder} was read by other rules (version {told.get('extractor_version')};"
            f" this program has {extractor_version()}).",
            hint="Run `backissue reextract` again, into another folder.",
        )
    planned = {site["name"]: site for site in told["sites"]}
    for site in sites:
        _must_agree(folder, planned.get(site.name), site)
    missing = int(told["tasks"]) - len(tasks_done(folder))
    if missing:
        raise BackissueError(
            f"{missing} of {told['tasks']} tasks in {folder} are not done.",
            hint="Run the same `backissue reextract` again: what is done is kept.",
        )


def _must_agree(folder: Path, planned: dict[str, Any] | None, site: Site) -> None:
    """Raise BackissueError where a site was read by other rules than it has now."""
    rules: dict[str, Any] = json.loads(json.dumps(_rules_of(site)))
    names = rules.keys() | (planned or rules).keys()
    differing = sorted(name for name in names if planned and planned.get(name) != rules.get(name))
    if differing:
        raise BackissueError(
            f"{folder} has “{site.name}” as it was read by other rules: its {', '.join(differing)} differ.",
            hint="Run `backissue reextract` again, into another folder.",
        )


def _rules_of(site: Site) -> dict[str, Any]:
    """Return the settings of a site that are given."""
    return {name: value for name, value in asdict(site).items() if value}


def result_of(folder: Path) -> Result:
    """Return what a result has."""
    from pyarrow import parquet  # noqa: PLC0415  (an extra)

    rows: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    unread: list[str] = []
    for task in tasks_done(folder):
        for table in RESULT_TABLES:
            path = result_path(folder, table, task)
            with must_be_readable(path):
                rows[table] += parquet.read_metadata(path).num_rows
        path = result_path(folder, "problems", task)
        with must_be_readable(path):
            told = parquet.read_table(path, columns=["code", "detail"])
        for row in told.to_pylist():
            problems[row["code"]] += 1
            if row["code"] in UNREAD_CODES:
                unread.append(row["detail"])
    return Result(
        rows=dict(rows),
        problems=dict(problems),
        unread=tuple(unread[:MOST_NAMED]),
        unread_count=len(unread),
    )


def _planned(folder: Path) -> dict[str, Any]:
    """Return the plan that stands in a folder; empty where there is no folder, or nothing in it."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return {}
    told = _read_plan(folder)
    if told is None:
        raise BackissueError(
            f"{folder} is there and is no result of `backissue reextract`, so it stays as it is.",
            hint="Name a folder that is not there yet.",
        )
    return told


def _read_plan(folder: Path) -> dict[str, Any] | None:
    """Return the plan of a result, None where a folder has no plan of ours."""
    try:
        told: dict[str, Any] = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
        is_ours = told["form"] == _FORM and told.keys() >= _NEEDED
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return told if is_ours else None
