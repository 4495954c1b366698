"""What must be on this machine for a WordPress to run.

Its law: nothing is fetched here; `make wordpress` does that. What becomes of a test when something is
missing is not decided here but in tests/builders/require.py.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.builders.require import need

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "wordpress"
DRIVER = "sqlite-database-integration.zip"
EXTENSIONS = ("pdo_sqlite", "mbstring", "xml", "simplexml", "dom")


def missing(version: str = "6.5") -> list[str]:
    """Name what is missing; empty when a WordPress can run."""
    if shutil.which("php") is None:
        return ["php"]
    loaded = subprocess.run(["php", "-m"], capture_output=True, text=True, check=False).stdout.lower().split()
    extensions = [f"PHP's {name}" for name in EXTENSIONS if name not in loaded]
    return extensions + [name for name in (f"wp-{version}.zip", DRIVER) if not (CACHE / name).is_file()]


def require(version: str = "6.5") -> None:
    """Skip the calling test when no WordPress can run here; fail it where one is required."""
    need("wordpress", missing=missing(version))
