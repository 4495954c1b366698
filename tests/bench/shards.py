"""How soon one reading room over many archives answers, beside the same question to one of them."""

from __future__ import annotations

import http.client
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from archive.operations.publish import Origin, origin_of, publish
from archive.shards import generation
from tests.bench.rounds import Figure, Table
from tests.bench_archive import Maker
from tests.builders.fixtures_archive import Filler
from tests.builders.patience import free_port, until
from tests.paths import ROOT

COMMENTS = 1000
DISTINCT = 20
"""Archives that are made; the others are copies of them with an article of their own."""
ASKED = 8  # times each kind of question is asked in a round, with another word each time
MOST_MS = 300
BASE = "one archive: a common word"
SHARES = {"a rare word": 0.002, "a usual word": 0.02, "a common word": 0.3}
"""Words asked for, by the share of comments that have them."""


def measure(shards: int, rounds: int) -> list[Table]:
    """Measure so many archives; `rounds` times each question."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        origins = [origin_of(path, path.stem) for path in _made(folder, shards)]
        first = _seconds(origins, folder)
        _touch(folder, origins[0])
        again = _seconds([origin_of(folder / f"{origins[0].name}.db", origins[0].name), *origins[1:]], folder)
        held = generation.folder_of(folder / "public", generation.current_number(folder / "public"))
        sizes = [path.stat().st_size for path in held.glob("paper*.db")]
        index = (held / generation.INDEX).stat().st_size
        corpus = (
            f"{shards} archives of {COMMENTS} comments each, {sum(sizes) / 1e6:,.0f} MB; the index of shards"
            f" takes {index / 1e6:.3g} MB. Publishing takes {first:.3g} s at first, and"
            f" {again:.3g} s after a change of one"
        )
        with _served(folder / "public") as (server, port):
            times, cpu = _asked(server, port, _questions(held), ASKED * rounds if rounds > 1 else 2)
    base, least = statistics.median(times[BASE]), max(cpu[BASE], 1e-3)
    figures = []
    for what, found in times.items():
        p95, bound = _p95(found), None if what == BASE else MOST_MS / base
        figures += [
            Figure(what=f"{what}, CPU", value=cpu[what], unit="ms of CPU", ratio=cpu[what] / least),
            Figure(what=f"{what}, p95", value=p95, unit="ms", ratio=p95 / base, bound=bound),
        ]
    every = [value for what, found in times.items() if what != BASE for value in found]
    bound = MOST_MS / base
    figures.append(
        Figure(what="all of these, p95", value=_p95(every), unit="ms", ratio=_p95(every) / base, bound=bound)
    )
    note = f"Goal: {MOST_MS} ms for the 95th percentile"
    return [
        Table(title="One reading room over many archives", corpus=f"{corpus}. {note}", figures=tuple(figures))
    ]


def _made(folder: Path, shards: int) -> Iterator[Path]:
    """Make the archives, and yield their paths."""
    for number in range(shards):
        path = folder / f"paper{number:04d}.db"
        if number < DISTINCT:
            fill = Filler(path)
            fill.dice.seed(number)
            Maker(fill, COMMENTS).everything()
            fill.finish()
        else:
            shutil.copyfile(folder / f"paper{number % DISTINCT:04d}.db", path)
        with closing(sqlite3.connect(path)) as archive:
            archive.execute(
                "UPDATE articles SET title = title || ? WHERE id = 2", [f" only{number} in{number % 7}"]
            )
            archive.commit()
            archive.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield path


def _touch(folder: Path, origin: Origin) -> None:
    with closing(sqlite3.connect(folder / f"{origin.name}.db")) as archive:
        archive.execute("UPDATE articles SET title = title || ' again' WHERE id = 3")
        archive.commit()


def _seconds(origins: Sequence[Origin], folder: Path) -> float:
    began = time.perf_counter()
    publish(origins, folder / "public", datetime.now(UTC))
    return time.perf_counter() - began


def _questions(held: Path) -> Mapping[str, Iterator[str]]:
    """Return paths to ask by kind of question."""
    dice = random.Random(3)
    with closing(sqlite3.connect(generation.shard_path(held, "paper0000"))) as archive:
        archive.execute("CREATE VIRTUAL TABLE temp.counted USING fts5vocab(main, comments_fts, row)")
        counted = archive.execute("SELECT term, doc FROM temp.counted WHERE length(term) = 6").fetchall()
    words = {
        kind: [word for word, _ in sorted(counted, key=lambda one: abs(one[1] - share * COMMENTS))[:12]]
        for kind, share in SHARES.items()
    }
    common, usual = words["a common word"], words["a usual word"]

    def paths(form: str, choices: Sequence[str]) -> Iterator[str]:
        while True:
            yield form.format(dice.choice(choices), dice.choice(common))

    return {
        BASE: paths("/archives/paper0001/search?q={}", common),
        "search: a word of one archive": paths("/search?q={}", [f"only{number}" for number in range(20)]),
        **{f"search: {kind}": paths("/search?q={}", found) for kind, found in words.items()},
        "search: two words": paths("/search?q={}+{}", usual),
        "search: a phrase": paths("/search?q=%22{}+{}%22", common),
        "search: newest first": paths("/search?q={}&sort=date", common),
        "search: comments, page 5": paths("/search?q={}&kind=comments&page=5", common),
        "search: no words": paths("/search", common),
        "changes": paths("/changes", common),
        "changes: removed": paths("/changes?show=removed", common),
        "coverage": paths("/coverage", common),
        "home": paths("/", common),
    }


def _asked(
    server: int, port: int, questions: Mapping[str, Iterator[str]], times: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return how many milliseconds each question took, and how many of the server's CPU on average."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    found: dict[str, list[float]] = {what: [] for what in questions}
    spent = dict.fromkeys(questions, 0.0)
    for turn in range(times + 1):
        for what, paths in questions.items():
            path, before, began = next(paths), _cpu_ms(server), time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path} answered {answer.status}: {body[:200]!r}")
            if turn:  # the first one opens files
                found[what].append((time.perf_counter() - began) * 1000)
                spent[what] += (_cpu_ms(server) - before) / times
    connection.close()
    return found, spent


def _cpu_ms(process: int) -> float:
    """Return the CPU time of a process so far, in steps of some milliseconds."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [
        sys.executable,
        str(ROOT / "scheduler.py"),
        "serve",
        str(folder),
        "--port",
        str(port),
        "--quiet",
    ]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), "the server answers")
        yield server.pid, port
    finally:
        server.terminate()
        server.wait(30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/-/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
