"""The bench of a real fleet beside its simulation runs, and its figures take their place in the page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fleet.engines import require_engines
from tests.paths import ROOT
from tests.scale.page import PAGE

pytestmark = pytest.mark.postgres


def test_fleet_is_measured_beside_its_simulation(tmp_path: Path) -> None:
    require_engines()
    page = tmp_path / "scale.md"
    page.write_text(PAGE.read_text(encoding="utf-8").replace("| crawls on one host at once |", "| old |"))
    words = ["--sources", "2", "--workers", "1", "--minutes", "0.2", "--every", "2", "--output", str(page)]
    command = [sys.executable, "-m", "tests.scale.fleet", *words]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    text = page.read_text(encoding="utf-8")
    assert "1 workers with one crawl each, 2 sites" in text
    *_, figures = text.partition("| simulated | measured |")
    assert "| crawls on one host at once | 0 | 0 |" in figures
    assert "<!-- end of a real fleet -->" in figures
