"""The plan of the house, read out of the sources: who imports whom, and how large things may be."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.paths import ROOT

MAY_IMPORT = {
    "archive": {"archive"},
    "crawler": {"crawler", "pipeline", "archive"},
    "pipeline": {"pipeline", "archive"},
    "scheduler": {"scheduler", "crawler", "pipeline", "archive"},
}
INNER = {
    "archive.core": set(),
    "archive.migrations": {"core"},
    "archive.search": {"core"},
    "archive.files": {"core"},
    "archive.proof": {"core", "files"},
    "archive.copies": {"core", "files"},
    "archive.tables": {"core"},
    "archive.changes": {"core", "tables"},
    "archive.identity": {"core", "files", "tables"},
    "archive.sources": {"core", "files", "proof", "tables"},
    "archive.storage": {"sources", "changes", "core", "files", "identity", "migrations", "proof", "tables"},
    "archive.queries": {"changes", "core", "files", "storage", "tables"},
    "archive.notifications": {"changes", "core", "queries", "search", "storage", "tables"},
    "archive.shards": {"core", "search"},
    "archive.public": {"changes", "core", "files", "queries", "search", "shards", "storage", "tables"},
    "archive.operations": {
        "core",
        "files",
        "migrations",
        "proof",
        "public",
        "queries",
        "search",
        "shards",
        "storage",
        "tables",
    },
    "archive.exports": {
        "core",
        "files",
        "migrations",
        "operations",
        "proof",
        "public",
        "queries",
        "search",
        "storage",
        "tables",
    },
    "archive.cli": {
        "copies",
        "core",
        "exports",
        "files",
        "operations",
        "proof",
        "queries",
        "search",
        "storage",
        "tables",
    },
    "crawler.schedule": set(),
    "crawler.config": {"schedule"},
    "crawler.fetch": set(),
    "crawler.crawl": {"fetch"},
    "crawler.render": {"fetch"},
    "crawler.frontier": {"crawl", "fetch"},
    "crawler.discovery": {"crawl", "fetch", "frontier"},
    "crawler.sync": {"config", "crawl", "discovery", "fetch", "frontier"},
    "crawler.audit": {"crawl", "discovery", "fetch", "frontier"},
    "crawler.spiders": {"audit", "config", "crawl", "discovery", "fetch", "frontier", "render", "sync"},
    "crawler.runs": {"audit", "config", "fetch", "frontier", "spiders"},
    "crawler.notifications": {"config"},
    "crawler.probe": {"config", "discovery", "fetch", "frontier", "notifications", "render", "runs"},
    "crawler.daemon": {"config", "schedule"},
    "crawler.fleet": {"config", "daemon", "fetch"},
    "crawler.imports": set(),
    "crawler.cli": {
        "config",
        "daemon",
        "fetch",
        "fleet",
        "frontier",
        "imports",
        "notifications",
        "probe",
        "runs",
        "schedule",
        "settings",
    },
    "pipeline.html": set(),
    "pipeline.dates": set(),
    "pipeline.markdown": {"html"},
    "pipeline.comments": {"dates", "html"},
    "pipeline.authors": {"dates", "html"},
    "pipeline.threads": {"dates", "html"},
    "pipeline.article": {"authors", "comments", "dates", "html", "markdown", "threads"},
    "pipeline.platforms": {"article", "dates", "html"},
    "pipeline.scale": {"extractor_version", "imports", "reading"},
    "pipeline.imports": {"article", "extractor_version", "html", "platforms", "reading"},
}
"""The inner rooms, and the neighbours in the same room that each may import."""
FILES = [
    *(file for room in ("archive", "crawler", "pipeline") for file in (ROOT / room).rglob("*.py")),
    ROOT / "scheduler.py",
]
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in FILES
}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in MODULES.items()}


def room(name: str) -> str:
    return name.partition(".")[0]


def imported(name: str) -> set[str]:
    """The modules of ours that a module imports, wherever in it."""
    package = name.split(".") if MODULES[name].name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*package[: len(package) - node.level + 1], node.module or ""]).strip(".")
                if node.level
                else node.module or ""
            )
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {module for module in found if module in MODULES}


def test_imports_point_at_the_archive() -> None:
    wrong = [
        f"{name} imports {module}"
        for name in MODULES
        for module in imported(name)
        if room(module) not in MAY_IMPORT[room(name)]
    ]
    assert not wrong


@pytest.mark.parametrize("inner", INNER)
def test_inner_rooms_import_allowed_neighbours_only(inner: str) -> None:
    outer = room(inner)
    wrong = [
        f"{name} imports {module}"
        for name in MODULES
        if f"{name}.".startswith(f"{inner}.")
        for module in imported(name)
        if room(module) == outer
        and module != outer
        and module.split(".")[1] not in INNER[inner] | {inner.split(".")[1]}
    ]
    assert not wrong


def test_nothing_imports_in_a_circle() -> None:
    graph = {name: imported(name) - {name} for name in MODULES}
    for name, found in graph.items():  # a package's own door may name its rooms, and they their neighbours
        graph[name] = {module for module in found if not name.startswith(f"{module}.")}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_setting_names_another_room() -> None:
    named = {
        f"{name}: {node.value}"
        for name, tree in TREES.items()
        if name != "scheduler"  # it names the commands of all rooms, and loads the one that is asked for
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(("archive.", "crawler.", "pipeline."))
        and not node.value.endswith(".db")
        and (node.value in MODULES or node.value.rpartition(".")[0] in MODULES)
        and room(node.value) != room(name)
    }
    assert not named


def test_the_program_imports_nothing_of_its_tests() -> None:
    """Who installs the wheel has no tests."""
    named = {
        f"{name} imports {module}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in (getattr(node, "module", None), *(alias.name for alias in node.names))
        if module and module.partition(".")[0] in {"tests", "fakesite", "conftest"}
    }
    assert not named


def test_modules_open_with_prose() -> None:
    silent = [name for name, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
    assert not silent


def test_folders_of_modules_are_packages() -> None:
    """Without its __init__.py a folder works here, and is not in the wheel."""
    folders = {file.parent for file in MODULES.values()} - {ROOT}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").is_file()]


def test_modules_have_at_most_400_lines() -> None:
    sizes = {name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in MODULES.items()}
    assert not {name: size for name, size in sizes.items() if size > 400}


def test_functions_have_less_than_60_lines() -> None:
    long = [
        f"{name}.{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 60
    ]
    assert not long
