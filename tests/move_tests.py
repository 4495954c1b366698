"""Moves the flat tests of Backissue into folders by purpose, and rewrites what names them.

    python move_tests.py DIRECTORY [--list]

DIRECTORY is a clone or worktree with a clean `git status`. `--list` prints where each file goes and changes
nothing. What lies in its place already stays there, so it can be run again after new files came in: it moves
`tests/test_*.py` by TABLE, a file it does not know by `by_rule`, and helper modules that are no commands
into `tests/builders`. Then every import of a helper or a test names it from `tests.` on, every path computed
from `__file__` is one of tests/paths.py, and every mention of a moved file in code, Makefile and docs names
its new place. Nothing is committed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

CRAWL, WEB, PROGRAM, HOUSE, WORDPRESS = "crawl", "web", "program", "house", "wordpress"
TABLE = {
    "asked": "unit/archive/search",
    "backoff": CRAWL,
    "backup": "unit/archive/operations",
    "bounds": CRAWL,
    "browser_room": "browser",
    "charsets": "unit/archive/core",
    "cli": PROGRAM,
    "clock": "unit/crawler/daemon",
    "clock_check": "unit/archive/operations",
    "commands": HOUSE,
    "concepts": HOUSE,
    "config": "unit/crawler/config",
    "cookbook": HOUSE,
    "coverage": CRAWL,
    "crawl": CRAWL,
    "demo": "unit/crawler/demo",
    "deploy": PROGRAM,
    "doctor": "unit/archive/operations",
    "edits": CRAWL,
    "endless": CRAWL,
    "evidence": "unit/archive/files",
    "exact_clock": "unit/archive/tables",
    "exports": "unit/archive/exports",
    "foul_weather": CRAWL,
    "free_sql": WEB,
    "full_disk": CRAWL,
    "golden": "unit/pipeline",
    "health": "unit/archive/queries",
    "history": "unit/archive/storage",
    "hostile": "unit/pipeline",
    "hostile_crawl": CRAWL,
    "house": HOUSE,
    "identity": "unit/archive/identity",
    "identity_crawl": CRAWL,
    "json_text": "unit/archive/core",
    "keys": "unit/archive/migrations",
    "kills": PROGRAM,
    "likeness": "unit/archive/identity",
    "living": WORDPRESS,
    "locked": PROGRAM,
    "logs": PROGRAM,
    "looks": "unit/archive/storage",
    "mark_trust": CRAWL,
    "missing": CRAWL,
    "net": CRAWL,
    "net_surfaces": CRAWL,
    "noise": "unit/archive/changes",
    "notify": "unit/archive/notifications",
    "pages": "unit/archive/files",
    "pages_keeper": "unit/crawler/daemon",
    "pipeline_bylines": "unit/pipeline/authors",
    "pipeline_captions": "unit/pipeline/article",
    "pipeline_dates": "unit/pipeline/dates",
    "pipeline_eval": "unit/pipeline",
    "pipeline_kinds": "unit/pipeline",
    "pipeline_facts": "unit/pipeline/article",
    "pipeline_pages": "unit/pipeline/article",
    "pipeline_surfaces": "unit/pipeline/platforms",
    "pipeline_text": "unit/pipeline/html",
    "pipeline_textless": "unit/pipeline/article",
    "pipeline_themes": "unit/pipeline/comments",
    "promises": "unit/archive",
    "reader_bounds": "unit/pipeline",
    "reading": "unit/archive/queries",
    "redaction": "unit/archive/storage",
    "redaction_kills": PROGRAM,
    "reference": HOUSE,
    "removal": CRAWL,
    "replay": "unit/pipeline",
    "revisit": "unit/crawler/frontier",
    "robots": CRAWL,
    "runs": "unit/archive/storage",
    "sample": "fakesite",
    "sample_faults": "fakesite",
    "search": "unit/archive/search",
    "slips": PROGRAM,
    "sort_key": "unit/archive/exports",
    "stock": WEB,
    "store": "unit/archive/storage",
    "supply": HOUSE,
    "surfaces": "unit/crawler/discovery",
    "threads": "unit/archive/queries",
    "timetable": "unit/crawler/schedule",
    "tutorial": PROGRAM,
    "unmarked": "unit/pipeline/comments",
    "up": PROGRAM,
    "upgrade": "unit/archive/migrations",
    "upheaval": "unit/archive/changes",
    "urls": "unit/archive/core",
    "whole_posts": CRAWL,
    "write_ahead_log": "unit/archive/core",
}
STAY = {"conftest", "paths", "__init__", "bench_archive"}  # and each that a document or Makefile names tests.NAME
PACKAGES = {"fakesite", "wordpress", "eval", "revisits", "fixtures", "builders", "unit", CRAWL, WEB, PROGRAM, HOUSE, "browser"}
TEXTS = ("*.py", "*.md", "Makefile", "*.toml", "*.sh", "*.yaml", "*.php", ".ci/run")
PATHS = '''"""Where things lie, for tests and the commands beside them."""

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
FIXTURES = TESTS / "fixtures"
BUILDERS = TESTS / "builders"
'''


WHERE = """## Where tests lie

| folder | tests of |
|---|---|
| `tests/unit/` | one room, at the place that the room has in the tree |
| `tests/crawl/` | whole crawls of `tests/fakesite/`, by the real program |
| `tests/web/` | the pages, asked of a real Datasette |
| `tests/browser/` | the pages in a real browser |
| `tests/wordpress/` | crawls of a real WordPress, and that WordPress itself |
| `tests/fakesite/` | the web site of the tests |
| `tests/program/` | the command line, its processes, what is installed |
| `tests/house/` | rules for sources, dependencies and documentation |

What several tests build upon is in `tests/builders/`, paths are in `tests/paths.py`, and all of it is imported from
`tests.` on. Commands (`python -m tests.schema`) lie beside the folders.
"""


class Moving:
    """One tree on its way."""

    def __init__(self, root: Path) -> None:
        self.root, self.tests = root, root / "tests"
        self.moves = {**self.test_moves(), **self.helper_moves()}
        self.places = {file.stem: self.moves.get(file, file) for file in self.tests.glob("*.py")}
        for file in self.tests.rglob("*.py"):  # of an earlier run
            inside = file.parent != self.tests and file.relative_to(self.tests).parts[0] not in {"fakesite", "eval", "revisits"}
            if inside and (file.stem.startswith("test_") or file.parent.name == "builders"):
                self.places.setdefault(file.stem, file)

    def test_moves(self) -> dict[Path, Path]:
        found = {}
        for file in sorted(self.tests.glob("test_*.py")):
            folder = TABLE.get(file.stem.removeprefix("test_")) or self.by_rule(file)
            found[file] = self.tests / folder / file.name
        return found

    def helper_moves(self) -> dict[Path, Path]:
        named = set(re.findall(r"\btests\.([a-z_]+)\b", self.texts_that_name_commands()))
        helpers = (file for file in sorted(self.tests.glob("*.py")) if not file.stem.startswith("test_"))
        return {
            file: self.tests / "builders" / file.name for file in helpers if file.stem not in STAY | named
        }

    def texts_that_name_commands(self) -> str:
        files = [self.root / "Makefile", *(self.root / "docs").glob("*.md")]
        own = [f"python -m tests.{file.stem}" for file in self.tests.glob("*.py") if f"-m tests.{file.stem}" in file.read_text()]
        return "\n".join([*(file.read_text() for file in files), *own])

    def by_rule(self, file: Path) -> str:
        """Return the folder for a test file that the table does not know."""
        text, name = file.read_text(), file.stem.removeprefix("test_")
        imports = re.findall(r"^\s*(?:from|import) ([\w.]+)(?: import ([\w, ]+))?", text, re.MULTILINE)
        modules = {module.removeprefix("tests.").removeprefix("builders.") for module, _ in imports}
        roots = {module.partition(".")[0] for module in modules}
        if "wordpress" in roots or "mark.wordpress" in text:
            return WORDPRESS
        if "browser" in roots or "mark.browser" in text or "playwright" in text:
            return "browser"
        if "fakesite" in roots or "crawling" in roots:
            return CRAWL
        if name.startswith("public_") or "room_server" in roots:
            return WEB
        if {"docs", "Makefile"} & set(re.findall(r'/ "(\w+)"', text)):
            return HOUSE
        rooms = Counter()
        for module, names in imports:
            parts = module.split(".")
            if parts[0] not in {"archive", "crawler", "pipeline"}:
                continue
            inner = [parts[1]] if len(parts) > 1 else [each.strip() for each in (names or "").split(",")]
            for each in inner or [""]:
                known = each if each and (self.root / parts[0] / each).is_dir() else ""
                rooms[f"{parts[0]}/{known}".rstrip("/")] += 1
        if name.startswith("pipeline_"):
            rooms = Counter({room: count for room, count in rooms.items() if room.startswith("pipeline")} or {"pipeline": 1})
        everyday = {"archive/core", "archive/storage", "archive", "pipeline"}
        special = [room for room, _ in rooms.most_common() if room not in everyday]
        if special or rooms:
            return f"unit/{(special or [rooms.most_common(1)[0][0]])[0]}"
        return PROGRAM if "scheduler" in roots else "unit"

    # Doing it

    def git(self, *words: str) -> str:
        return subprocess.run(["git", "-C", str(self.root), *words], check=True, capture_output=True, text=True).stdout

    def run(self) -> None:
        for old, new in self.moves.items():
            new.parent.mkdir(parents=True, exist_ok=True)
            self.git("mv", str(old), str(new))
        if not (self.tests / "paths.py").exists():
            (self.tests / "paths.py").write_text(PATHS)
        package = self.tests / "builders" / "__init__.py"
        if not package.exists():
            package.parent.mkdir(exist_ok=True)
            package.write_text('"""What tests build upon: archives, sites, servers, crawls, and patience."""\n')
        for file in self.tests.rglob("*.py"):
            if file.name != "paths.py":
                self.rewrite_code(file)
        self.rewrite_mentions()
        self.rewrite_settings()
        self.describe()
        self.git("add", "--all")
        ruff = self.root / ".venv" / "bin" / "ruff"
        for words in (["check", "--quiet", "--fix", "--select", "I,F401", "tests"], ["format", "--quiet", "tests"]):
            subprocess.run([str(ruff), *words], cwd=self.root, check=True)
        self.git("add", "--all")

    def dotted(self, name: str) -> str | None:
        """Return the module name, from `tests.` on, of a helper, a test or a package."""
        if name in self.places:
            return ".".join(self.places[name].relative_to(self.root).with_suffix("").parts)
        return f"tests.{name}" if name in PACKAGES and (self.tests / name / "__init__.py").exists() else None

    def rewrite_code(self, file: Path) -> None:
        text = before = file.read_text()
        text = re.sub(r"^(\s*)from crawler\.sample\b", r"\1from tests.fakesite", text, flags=re.MULTILINE)
        text = re.sub(r"^(\s*)import crawler\.sample as", r"\1from tests import fakesite as", text, flags=re.MULTILINE)
        text = text.replace('"crawler.sample"', '"tests.fakesite"')
        text = re.sub(r"^(\s*)from (tests\.)?(\w+)((?:\.\w+)*) import ", self.from_import, text, flags=re.MULTILINE)
        text = re.sub(r"^(\s*)import (\w+)( as \w+)?$", self.plain_import, text, flags=re.MULTILINE)
        text = re.sub(r"^(\s*)from tests import (.+)$", self.from_tests, text, flags=re.MULTILINE)
        if file.relative_to(self.tests).parts[0] not in {"wordpress", "eval", "revisits", "fakesite"} or file.stem.startswith("test_"):
            text = self.paths(file, text)
        if text != before:
            file.write_text(text)

    def from_import(self, found: re.Match[str]) -> str:
        indent, _, name, rest = found.groups()
        dotted = self.dotted(name)
        return f"{indent}from {dotted}{rest} import " if dotted else found.group()

    def plain_import(self, found: re.Match[str]) -> str:
        indent, name, alias = found.groups()
        dotted = self.dotted(name)
        if not dotted:
            return found.group()
        package, _, module = dotted.rpartition(".")
        return f"{indent}from {package} import {module}{alias or ''}"

    def from_tests(self, found: re.Match[str]) -> str:
        indent, names = found.groups()
        lines = []
        for name in (each.strip() for each in names.split(",")):
            dotted = self.dotted(name.split(" ")[0]) or f"tests.{name}"
            lines.append(f"{indent}from {dotted.rpartition('.')[0]} import {name}")
        return "\n".join(lines)

    def paths(self, file: Path, text: str) -> str:
        """Put the constants of tests/paths.py in the place of what is computed from `__file__`."""
        here = r"Path\(__file__\)(?:\.resolve\(\))?"
        if file.name in {"forked.py", "clockwork.py"} or re.search(rf"sys\.path\.insert\(0, str\({here}\.parents\[1\]\)\)", text):
            if file.parent.name == "builders":  # run as scripts: they find the root by themselves
                return text.replace("Path(__file__).parents[1]", "Path(__file__).resolve().parents[2]")
        text = re.sub(rf"^sys\.path\.insert\(0, str\({here}\.parent\)\)\n+", "", text, flags=re.MULTILINE)
        if file.parent.name != "builders":
            text = re.sub(rf'{here}\.with_name\(("\w+\.py")\)', r"BUILDERS / \1", text)
        text = re.sub(rf"{here}\.(?:parents\[1\]|parent\.parent)", "ROOT", text)
        text = re.sub(rf'{here}\.parent / "fixtures"', "FIXTURES", text)
        text = re.sub(rf'{here}\.parent / ("\w+\.py")', r"BUILDERS / \1", text)
        text = re.sub(rf"{here}\.parent\b", "TESTS", text) if file.parent != self.tests else text
        text = re.sub(r"^(ROOT|FIXTURES|TESTS|BUILDERS) = \1\n", "", text, flags=re.MULTILINE)
        text = text.replace("ROOT / \"tests\" / \"fixtures\"", "FIXTURES")
        used = [name for name in ("BUILDERS", "FIXTURES", "ROOT", "TESTS") if re.search(rf"\b{name}\b", text)]
        bound = set(re.findall(r"^(BUILDERS|FIXTURES|ROOT|TESTS)\b.* = ", text, re.MULTILINE))
        bound |= {name for line in re.findall(r"^from [\w.]+ import (.+)$", text, re.MULTILINE) for name in re.split(r",\s*", line)}
        wanted = [name for name in used if name not in bound]
        if not wanted:
            return text
        first = re.search(r"^(?:import|from) (?!__future__)", text, re.MULTILINE)
        line = f"from tests.paths import {', '.join(wanted)}\n"
        return text[: first.start()] + line + text[first.start() :] if first else line + text

    def rewrite_mentions(self) -> None:
        """Name each moved file by its new place, wherever a text names it as tests/NAME.py."""
        new = {place.name: str(place.relative_to(self.root)) for place in self.places.values()}

        def place(found: re.Match[str]) -> str:
            return new.get(found.group(1), found.group())

        for file in sorted({each for pattern in TEXTS for each in self.root.rglob(pattern)}):
            parts = file.relative_to(self.root).parts
            if parts[0] in {".venv", ".venv-low", ".cache", ".git", "build", "dist"} or not file.is_file():
                continue
            before = file.read_text()
            product = parts[0] in {"archive", "crawler", "pipeline"}  # names the file alone: lines stay short
            text = re.sub(r"\btests/(\w+\.py)\b", (lambda found: found.group(1)) if product else place, before)
            text = text.replace("`crawler/sample/`", "`tests/fakesite/`")
            if text != before:
                file.write_text(text)

    def describe(self) -> None:
        """Say in docs/development.md where tests lie."""
        file = self.root / "docs" / "development.md"
        text = file.read_text()
        if "## Where tests lie" not in text:
            file.write_text(text.replace("## Glossary\n", f"{WHERE}\n## Glossary\n") if "## Glossary" in text else f"{text}\n{WHERE}")

    def rewrite_settings(self) -> None:
        """Let pytest import each file by its place, from the root on."""
        file = self.root / "pyproject.toml"
        text = file.read_text()
        if "importmode" not in text and "--import-mode" not in text:
            text = text.replace(
                'addopts = "-ra --strict-markers --strict-config"\n',
                'addopts = "-ra --strict-markers --strict-config --import-mode=importlib"\n'
                'pythonpath = ["."]\nconsider_namespace_packages = true\n',
            )
            file.write_text(text)


def main() -> None:
    moving = Moving(Path(sys.argv[1]).resolve())
    if "--list" in sys.argv:
        for old, new in moving.moves.items():
            known = old.stem.removeprefix("test_") in TABLE or not old.stem.startswith("test_")
            sys.stdout.write(f"{old.relative_to(moving.root)} -> {new.relative_to(moving.root)}{'' if known else '  (by rule)'}\n")
        return
    if moving.git("status", "--porcelain"):
        sys.exit(f"{moving.root} has changes that are not committed; commit or stash them first.")
    moving.run()
    sys.stdout.write(f"{len(moving.moves)} files moved. Look at `git status`, run pytest --collect-only, and commit.\n")


if __name__ == "__main__":
    main()
