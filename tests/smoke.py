"""Builds the wheel, installs it with its locked libraries in an empty environment, and runs the demo there.

`make smoke` calls it. It needs uv, since that is quick, and takes what it has fetched before from its cache.
Leaves with another code than 0 where the demo's pages do not answer with the articles of the demo.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.request import urlopen

from tests.builders.patience import PATIENCE, free_port, until
from tests.paths import ROOT


def main(uv: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)], check=True)
        wheel = next(folder.glob("*.whl"))
        place = folder / "empty"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(place)], check=True)
        into = [uv, "pip", "install", "--quiet", "--python", str(place / "bin" / "python")]
        subprocess.run([*into, "--require-hashes", "-r", str(ROOT / "requirements/run.txt")], check=True)
        subprocess.run([*into, "--no-deps", str(wheel)], check=True)
        home = folder / "home"
        home.mkdir()
        told = _demo(place / "bin" / "backissue", home)
    sys.stdout.write(f"{wheel.name} archives, searches and shows the demo in an empty environment: {told}\n")


def _demo(program: Path, home: Path) -> str:
    """Run the demo until its pages find an article; return what `--version` says."""
    port = free_port()
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}  # nothing of ours leads to the sources
    words = ["demo", "--port", str(port), "--sample-port", str(free_port())]
    log = home / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [str(program), *words], cwd=home, env=environ, stdout=output, stderr=output
        )
    try:
        until(lambda: running.poll() is not None or "<h3>" in _page(port, "/search?q=the"), log.read_text)
        if running.poll() is not None:
            raise SystemExit(f"The demo ended:\n{log.read_text()}")
        said = subprocess.run(
            [str(program), "--version"], env=environ, check=True, capture_output=True, text=True
        )
        return said.stdout.strip()
    finally:
        running.terminate()
        running.wait(PATIENCE)


def _page(port: int, path: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
