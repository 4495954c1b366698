"""What a program costs: its CPU time with that of its children, its wall time and its peak memory."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a program cost; memory is that of its largest process."""

    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run a program to its end. Raises SystemExit where it fails."""
    began = time.perf_counter()
    with (folder / "output").open("wb") as output:
        running = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=_ENVIRONMENT)
        _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        said = (folder / "output").read_text(errors="replace")[-2000:]
        raise SystemExit(f"{' '.join(command)} left with {running.returncode}:\n{said}")
    return Cost(
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        wall_seconds=time.perf_counter() - began,
        peak_megabytes=usage.ru_maxrss / 1024,
    )
