"""Kept pages read on a real Ray cluster of this machine, which the test starts and ends."""

from __future__ import annotations

import os
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.builders.kept_pages import KeptPages, read_there, wait_for
from tests.builders.patience import PATIENCE
from tests.builders.require import need
from tests.paths import ROOT

pytestmark = pytest.mark.ray
RAY = ROOT / ".cache" / "ray" / "bin"
ACTOR = b"ray::RankWorker"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptPages:
    need("ray", missing=["" if (RAY / "ray").exists() else "Ray (.cache/ray)"])
    return KeptPages(tmp_path_factory.mktemp("kept"))


def start(kept: KeptPages, out: Path, tasks: int) -> subprocess.Popen[str]:
    words = kept.words("reextract", kept.pages, out, "--engine", "ray", "--tasks", tasks, "--workers", 2)
    environ = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    return subprocess.Popen([str(RAY / "python"), *words[1:]], stderr=subprocess.PIPE, text=True, env=environ)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def at_work(out: Path) -> list[tuple[int, int]]:
    """The workers of Ray for a run, each with the process in which it does its task."""
    mine = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            is_its = str(out).encode() in (cmdline.parent / "environ").read_bytes()
            if is_its and cmdline.read_bytes().startswith(ACTOR):
                mine.append((parent_of(int(cmdline.parent.name)), int(cmdline.parent.name)))
        except OSError:
            continue
    workers = {pid for _, pid in mine}
    return [(parent, pid) for parent, pid in mine if parent in workers]


def test_a_ray_cluster_reads_what_one_process_reads(kept: KeptPages, tmp_path: Path) -> None:
    running = start(kept, tmp_path / "out", 4)
    _, told = running.communicate(timeout=4 * PATIENCE)
    assert running.returncode == 0, told
    assert read_there(tmp_path / "out") == kept.read_here()


@pytest.mark.parametrize("which", ["worker", "process of the task"])
def test_what_is_killed_in_a_ray_cluster_is_replaced(
    kept: KeptPages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    monkeypatch.setenv("BACKISSUE_TEST_RUN", str(tmp_path / "out"))  # workers of Ray inherit it
    running = start(kept, tmp_path / "out", 4)
    worker, process = wait_for(partial(at_work, tmp_path / "out"))[0]
    os.kill(worker if which == "worker" else process, signal.SIGKILL)
    _, told = running.communicate(timeout=4 * PATIENCE)
    assert running.returncode == 0, told
    assert read_there(tmp_path / "out") == kept.read_here()
