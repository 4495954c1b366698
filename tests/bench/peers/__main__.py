"""Compares readers of news pages: `python -m tests.bench.peers` (`make bench-peers`).

Each peer is installed into an environment of its own below `.cache/peers`. Prints pages a second, CPU a
page and peak memory of the whole process with its start, the F1 of the bodies, and the share of comments
that were found. Peers that cannot be installed or do not run are named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.peers.truth import Truth, body_f1, read_found, recovered, write_pages
from tests.bench.programs import Cost, cost
from tests.paths import ROOT

_HERE = Path(__file__).parent
_ENVIRONMENTS = ROOT / ".cache" / "peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """Reader to compare: its name, what pip installs, and its program here."""

    name: str
    packages: tuple[str, ...]
    program: str


PEERS = (
    Peer("backissue", (), "run_backissue.py"),
    Peer("trafilatura's command line", ("trafilatura",), "run_trafilatura.py"),
    Peer("newspaper4k", ("newspaper4k", "lxml_html_clean"), "run_newspaper4k.py"),
    Peer("news-please", ("news-please", "setuptools<81"), "run_news_please.py"),
    Peer("fundus, a parser by hand", ("fundus",), "run_fundus.py"),
)


def main() -> None:
    """Print a row for each peer, and what could not be measured."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    options.add_argument("--pages", type=int, default=300)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", help="one peer, by the beginning of its name")
    given = options.parse_args()
    chosen = [peer for peer in PEERS if peer.name.startswith(given.only or "")]
    lost = list[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truths = write_pages(folder, given.pages)
        ready = {peer: python for peer in chosen if (python := _python_of(peer, lost)) is not None}
        costs = _measured(ready, folder, given.rounds, lost)
        sys.stdout.write("| reader | pages/s | CPU a page | peak memory | body F1 | comments found |\n")
        sys.stdout.write("|---|---|---|---|---|---|\n")
        for peer, found in costs.items():
            sys.stdout.write(_row(peer, found, truths, _output(folder, peer)))
    for sentence in lost:
        sys.stdout.write(f"{sentence}\n")


def _python_of(peer: Peer, lost: list[str]) -> Path | None:
    """Return the Python of a peer's environment, made where it is missing; None where it cannot be."""
    if not peer.packages:
        return Path(sys.executable)
    place = _ENVIRONMENTS / peer.name.split()[0].rstrip(",").removesuffix("'s")
    python, stamp = place / "bin" / "python", place / "installed"
    if stamp.exists() and stamp.read_text() == " ".join(peer.packages):
        return python
    venv.create(place, clear=True, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", str(python)]
    done = subprocess.run([*pip, "install", *peer.packages], capture_output=True, text=True, check=False)
    if done.returncode:
        lost.append(f"{peer.name} could not be installed: {_last_line(done.stderr)}")
        return None
    stamp.write_text(" ".join(peer.packages))
    return python


def _measured(ready: dict[Peer, Path], folder: Path, rounds: int, lost: list[str]) -> dict[Peer, list[Cost]]:
    """Run each peer once in each round; one that fails is left out."""
    costs: dict[Peer, list[Cost]] = {peer: [] for peer in ready}
    for _ in range(rounds):
        for peer in list(costs):
            program = [str(_HERE / peer.program)] if peer.packages else ["-c", _ours(peer)]
            command = [str(ready[peer]), *program, str(folder / "pages.json"), str(_output(folder, peer))]
            try:
                costs[peer].append(cost(command, folder))
            except SystemExit as error:
                lost.append(f"{peer.name} did not run: {_last_line(str(error))}")
                del costs[peer]
    return costs


def _ours(peer: Peer) -> str:
    module = f"tests.bench.peers.{peer.program.removesuffix('.py')}"
    run = f"import runpy; runpy.run_module({module!r}, run_name='__main__')"
    return f"import sys; sys.path.insert(0, {str(ROOT)!r}); {run}"


def _output(folder: Path, peer: Peer) -> Path:
    return folder / f"{peer.program}.jsonl"


def _row(peer: Peer, costs: list[Cost], truths: dict[str, Truth], output: Path) -> str:
    found = read_found(output)
    values = (
        peer.name,
        f"{len(truths) / median(each.wall_seconds for each in costs):.3g}",
        f"{median(each.cpu_seconds for each in costs) * 1000 / len(truths):.3g} ms",
        f"{median(each.peak_megabytes for each in costs):.0f} MB",
        f"{body_f1(truths, found):.3f}",
        f"{recovered(truths, found):.1%}",
    )
    return f"| {' | '.join(values)} |\n"


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[-1]


if __name__ == "__main__":
    main()
