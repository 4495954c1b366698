"""Each bench measures a little, so that none of them rots; what it measures nobody asks here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import BENCHES
from tests.bench.peers import __main__ as peers
from tests.bench.programs import cost
from tests.bench.rounds import compared
from tests.paths import ROOT


@pytest.mark.parametrize("name", BENCHES)
def test_bench_writes_its_section(name: str, tmp_path: Path) -> None:
    """A second run takes the place of the first, and leaves what stands there of others."""
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\n<!-- other -->\nkept\n<!-- end of other -->\n")
    command = [sys.executable, "-m", "tests.bench", name, "--pages", "4", "--rounds", "1"]
    for _ in range(2 if name == "start" else 1):
        subprocess.run([*command, "--output", str(page)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    text = page.read_text()
    assert text.count(f"<!-- {name} -->") == 1
    assert "| ratio | goal |" in text
    assert "kept" in text


def test_peers_are_compared_and_those_that_cannot_be_installed_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(peers, "_ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(peers, "PEERS", [peers.PEERS[0], peers.Peer("stranger", ("stranger",), "none.py")])
    monkeypatch.setattr(sys, "argv", ["peers", "--pages", "12", "--rounds", "1"])
    peers.main()
    *_, row, sentence = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\| backissue \|.* ms \| \d+ MB \| 1\.000 \| 100\.0% \|", row)
    assert sentence.startswith("stranger could not be installed: ")


def test_ratio_is_the_median_of_the_rounds() -> None:
    """Each round is compared by itself: one in which the machine was busy weighs no more than another."""
    ours, base = iter([2.0, 30.0, 8.0]), iter([1.0, 10.0, 2.0])
    [first, second] = compared({"base": lambda: next(base), "ours": lambda: next(ours)}, 3, "s")
    assert (first.ratio, second.ratio, second.value) == (1.0, 3.0, 8.0)


def test_memory_of_a_program_is_its_own(tmp_path: Path) -> None:
    """Not that of the process which measures it, which Linux counts where it starts one by itself."""
    large = bytearray(2**28)
    assert 0 < cost([sys.executable, "-S", "-c", "pass"], tmp_path).peak_megabytes < len(large) / 2**20 / 2
