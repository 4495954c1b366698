"""How the code reads, in figures that may only improve: docstrings, names, folders, inheritance."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from statistics import median

import pytest

from tests.house import test_house
from tests.house.test_house import MODULES

STANDARD = """
fetch parse request response url urls normalize canonical retry cache queue validate scheduler
schedule crawl endpoint header headers query transaction timeout duplicate default argument
parameter returns return raises cursor pagination page instance object callback middleware index
schema migration field value token element attribute selector exception error
"""
PRIVATE = """
told tell tells say says said look looks held hold holds stand stands word words thing things none
mark marks go goes gone come comes asked ask asks heard hear known knows whatever anew beside else
"""
LEFT_OUT = {"demo", "migrations"}
TREES = {
    MODULES[name]: tree
    for name, tree in test_house.TREES.items()
    if not LEFT_OUT & set(MODULES[name].relative_to(test_house.ROOT).parts)
}
MEANT_TWICE = {"T", "P", "m001_first"}  # type variables, and the first migration of each kind of file
STATEMENTS = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr | ast.Raise | ast.Assert
DESCRIBED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def docstrings() -> list[str]:
    nodes = (node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, DESCRIBED))
    return [text for node in nodes if (text := ast.get_docstring(node))]


def test_docstrings_use_the_terms_of_the_field(docstrings: list[str]) -> None:
    words = Counter(word for text in docstrings for word in re.findall(r"[a-z_']+", text.lower()))
    in_1000 = 1000 / words.total()
    assert sum(words[word] for word in STANDARD.split()) * in_1000 >= 45
    assert sum(words[word] for word in PRIVATE.split()) * in_1000 <= 8


def test_first_lines_are_short_and_direct(docstrings: list[str]) -> None:
    firsts = [text.splitlines()[0].split() for text in docstrings]
    assert median(map(len, firsts)) <= 10
    assert sum(first[0] in {"What", "Whether"} for first in firsts) <= len(firsts) / 100


def test_public_names_mean_one_thing() -> None:
    places = defaultdict(set)
    for file, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                places[node.name].add(file)
            elif isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                for name in filter(str.isupper, names):
                    places[name].add(file)
    shared = {name for name, files in places.items() if len(files) > 1 and not name.startswith("_")}
    assert shared <= MEANT_TWICE, sorted(shared - MEANT_TWICE)


def test_statements_of_the_archive_are_read_once() -> None:
    """Docstrings are no statements; of an `if` or `while` its condition counts."""
    files = [file for file in TREES if file.relative_to(test_house.ROOT).parts[0] == "archive"]
    nodes = [node for file in files for node in ast.walk(TREES[file])]
    sizes = sorted(size for node in nodes if (size := _size(node)))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert median(sizes) <= 11
    assert sizes[len(sizes) * 9 // 10] <= 22
    assert sum(isinstance(node, ast.IfExp) for node in nodes) <= len(lines) / 100


def _size(node: ast.AST) -> int:
    """Return the syntax nodes of a statement, 0 for what is none."""
    if isinstance(node, ast.If | ast.While):
        return sum(1 for _ in ast.walk(node.test))
    if not isinstance(node, STATEMENTS):
        return 0
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return 0
    return sum(1 for _ in ast.walk(node))


def test_no_folder_is_crowded() -> None:
    folders = Counter(file.parent for file in TREES)
    assert max(folders.values()) <= 20


def test_no_class_inherits_more_than_three_deep() -> None:
    bases = {
        node.name: [ast.unparse(base).rpartition(".")[2] for base in node.bases]
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }

    def depth(name: str) -> int:
        return 1 + max(map(depth, bases[name]), default=0) if name in bases else 0

    assert max(map(depth, bases)) <= 3
