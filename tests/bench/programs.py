"""What a program costs: its CPU time with that of its children, its wall time and its peak memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

BACKISSUE = (sys.executable, str(ROOT / "scheduler.py"))
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed program has its byte code."""


_SPAWN = """
import json, os, sys
pid = os.fork()
if not pid:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as found:
    json.dump([status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss], found)
"""
"""Starts a program from a small process: Linux counts the memory of the one that it was forked from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a program cost; memory is that of its largest process."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run a program to its end. Raises SystemExit where it fails."""
    began = time.perf_counter()
    spawn = [sys.executable, "-I", "-S", "-c", _SPAWN, "cost", *command]
    with (folder / "output").open("wb") as output:
        subprocess.run(spawn, cwd=folder, stdout=output, stderr=output, env=_ENVIRONMENT, check=True)
    wall_seconds = time.perf_counter() - began
    status, cpu_seconds, peak_kilobytes = json.loads((folder / "cost").read_text())
    if status:
        said = (folder / "output").read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)} left with {os.waitstatus_to_exitcode(status)}:\n{said}")
    return Cost(cpu_seconds=cpu_seconds, wall_seconds=wall_seconds, peak_megabytes=peak_kilobytes / 1024)
