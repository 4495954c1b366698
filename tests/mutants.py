"""Breaks promises of the program on purpose, one at a time, and expects their tests to fail.

    python -m tests.mutants [NAME…]

Each mutant is a piece of text that stands once in the sources, wherever that is, what takes its place, and
the tests that must fail then. It is applied in a copy of the tree; a test that passes there tests nothing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

ROOMS = ("archive", "crawler", "pipeline")
LONGEST_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One broken promise. `tests` are a file's name without its folder, and a `-k` expression or ""."""

    name: str
    old: str
    new: str
    tests: tuple[str, str]


def mutant(name: str, old: str, new: str, file: str, which: str = "") -> Mutant:
    """Return a mutant in short."""
    return Mutant(name=name, old=old, new=new, tests=(file, which))


MUTANTS = (
    mutant(
        "challenge-is-opened",
        "return walls.obstacle_of(page) is None",
        "return True",
        "test_rendering.py",
        "challenge",
    ),
    mutant(
        "failing-api-is-believed",
        "if rendered.is_short and self._is_held(request):",
        "if False:",
        "test_rendering.py",
        "withholds",
    ),
    mutant(
        "rendered-page-is-not-marked",
        'headers=rendered.headers(page.headers, meta["rendered"])',
        "headers=page.headers",
        "test_rendering.py",
        "scripts_leave",
    ),
    mutant(
        "scripts-may-change-things",
        "return bool(queries) and all(map(_is_query, queries))",
        "return True",
        "test_script_filled.py",
        "change_something",
    ),
    mutant(
        "save-before-keep",
        "kept = self.pages.keep(page, extractor_version())",
        "pass",
        "test_evidence.py",
        "kept_before",
    ),
    mutant(
        "saved-is-not-noted",
        "self.pages.note_saved(kept, is_refused=is_refused)",
        "pass",
        "test_evidence.py",
        "unsaved",
    ),
    mutant(
        "digest-is-not-checked",
        "same = hashlib.sha256(body).hexdigest() == digest",
        "same = True",
        "test_evidence.py",
        "never_given",
    ),
    mutant(
        "hidden-is-forgotten-first",
        'work.note_step(db, "forget", number, found.at)',
        "hidden.forget(number)",
        "test_redaction_kills.py",
        "unredaction_killed",
    ),
    mutant(
        "archive-is-masked-first",
        "    seal = hidden.keep(redaction.id, [*deleted, *masked])\n"
        "    redaction_seals.write_seal(db, redaction.id, seal)\n",
        "",
        "test_redaction_kills.py",
        "redaction_killed and comment",
    ),
    mutant(
        "hidden-is-not-checked",
        "    with Hidden.open(redaction_store_path(archive)) as hidden:\n        hidden.check(db)\n",
        "    with Hidden.open(redaction_store_path(archive)) as hidden:\n",
        "test_redaction_kills.py",
        "lost_hidden",
    ),
    mutant(
        "no-vacuum",
        'merge_full_text(db)\n            db.execute("VACUUM")',
        "merge_full_text(db)",
        "test_redaction_kills.py",
        "freed",
    ),
    mutant(
        "no-merge-in-the-transaction",
        '    before_commit(db, "merge full text", lambda: work.merge_full_text(db))\n',
        "",
        "test_redaction_kills.py",
        "redaction_killed",
    ),
    mutant(
        "no-intent",
        'work.note_step(db, "scrub", new.id, moment)',
        "pass",
        "test_redaction_kills.py",
        "freed",
    ),
    mutant(
        "start-finishes-nothing",
        "redaction_work.finish(db, path)",
        "pass",
        "test_redaction_kills.py",
        "every_start",
    ),
    mutant(
        "backup-copies-hidden-first",
        "    wanted = {ARCHIVE: archive, **companions(archive)}\n",
        "    wanted = {**companions(archive), ARCHIVE: archive}\n",
        "test_promises.py",
        "order",
    ),
    mutant(
        "backup-has-no-snapshot",
        '                state.execute("BEGIN")\n',
        "",
        "test_redaction_kills.py",
        "backup_beside",
    ),
    mutant(
        "begin-deferred",
        'db.execute("BEGIN IMMEDIATE")',
        'db.execute("BEGIN")',
        "test_promises.py",
        "turn",
    ),
    mutant(
        "no-size-limit", "DOWNLOAD_MAXSIZE = 32 * 2**20", "DOWNLOAD_MAXSIZE = 0", "test_promises.py", "larger"
    ),
    mutant(
        "sitemap-bomb",
        "return None if unpack.unconsumed_tail else text",
        "return text + unpack.flush()",
        "test_promises.py",
        "bomb",
    ),
    mutant(
        "entities",
        "    source = _without_doctype(source)\n",
        "",
        "test_promises.py",
        "no_file",
    ),
    mutant("set-cookie", '_PRIVATE = {"set-cookie"}', "_PRIVATE = set[str]()", "test_promises.py", "headers"),
    mutant(
        "replay-of-what-is-outdated",
        "    if reading.cause == EDITED:\n        return False\n    sql",
        "    return False\n    sql",
        "test_promises.py",
        "before_an_edit",
    ),
    mutant(
        "ids-beyond-sqlite",
        "    if 0 <= value < 1 << 63:\n        return value\n",
        "    if 0 <= value:\n        return value\n",
        "test_promises.py",
        "beyond",
    ),
    mutant(
        "synchronous-off",
        "PRAGMA synchronous = NORMAL",
        "PRAGMA synchronous = OFF",
        "test_promises.py",
        "power",
    ),
    mutant(
        "hidden-synchronous-normal",
        'db.execute("PRAGMA synchronous = FULL")',
        "pass",
        "test_promises.py",
        "power",
    ),
    mutant(
        "no-fsync",
        "        os.fsync(file.fileno())\n        digest",
        "        digest",
        "test_promises.py",
        "disk_before",
    ),
    mutant("state-is-created-twice", 'mode="create"', 'mode="overwrite"', "test_fence.py"),
    mutant(
        "used-number-is-free",
        'if self._key(new.number) != f"{self._states}/{newest}":',
        "if False:",
        "test_fence.py",
        "later",
    ),
    mutant("holder-is-not-waited-for", "self._wait_for_silence(state)", "pass", "test_fence.py", "keeps_its"),
    mutant(
        "block-is-not-checked",
        'if hashlib.sha256(block).hexdigest() != name.partition("-")[2]:',
        "if not packed:",
        "test_fence.py",
        "bad_block",
    ),
    mutant(
        "new-block-is-an-orphan",
        "if name not in named and block_sender(name) < newest:",
        "if name not in named:",
        "test_fence.py",
        "unnamed_blocks",
    ),
    mutant("lease-is-not-asked", "self._lease.require()", "pass", "test_lease.py", "each_request"),
)


def apply(mutated: Mutant, tree: Path) -> None:
    """Break a promise in a copy of the tree. Raises LookupError unless its text stands in it just once."""
    files = [file for room in ROOMS for file in (tree / room).rglob("*.py")]
    found = [file for file in files if mutated.old in file.read_text(encoding="utf-8")]
    texts = [file.read_text(encoding="utf-8").count(mutated.old) for file in found]
    if texts != [1]:
        raise LookupError(f"{mutated.name}: its text stands {sum(texts)} times in the sources, and not once.")
    text = found[0].read_text(encoding="utf-8")
    found[0].write_text(text.replace(mutated.old, mutated.new), encoding="utf-8")


def is_caught(mutated: Mutant) -> bool:
    """True if the tests of a promise fail where it is broken."""
    name, which = mutated.tests
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place, "tree")
        ignored = shutil.ignore_patterns(".git", ".venv*", ".cache", "__pycache__", "*_cache", "dist")
        shutil.copytree(ROOT, tree, ignore=ignored)
        apply(mutated, tree)
        [file] = (tree / "tests").rglob(name)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(file)]
        done = subprocess.run(
            [*command, *(["-k", which] if which else [])], cwd=tree, capture_output=True, text=True,
            check=False, timeout=LONGEST_SECONDS,
        )  # fmt: skip
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{mutated.name}: no test was run.\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main(names: list[str]) -> int:
    """Try all mutants, or those named; return how many survived."""
    chosen = [each for each in MUTANTS if not names or each.name in names]
    survived = 0
    for each in chosen:
        caught = is_caught(each)
        survived += not caught
        print(f"{'caught  ' if caught else 'SURVIVED'}  {each.name}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} were caught.")
    return survived


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
