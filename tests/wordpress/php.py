"""Runs PHP inside a WordPress directory, as a process of its own: no door in the site is needed.

It knows `php` and the prelude that loads WordPress, and turns any failure into a WordPressError.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.builders.patience import PATIENCE

HERE = Path(__file__).resolve().parent / "php"


class WordPressError(RuntimeError):
    """The WordPress or its PHP did not do what was asked; the message says what it printed."""


def run(htdocs: Path, code: str, **values: object) -> str:
    """What this PHP prints, run inside the WordPress with each of `values` as a variable."""
    script = f"<?php require {_literal(HERE / 'prelude.php')}; {code}"
    command = [
        "php",
        "-d",
        "display_errors=stderr",
        "-d",
        "log_errors=0",
        "--",
        str(htdocs),
        json.dumps(values),
    ]
    done = subprocess.run(
        command, input=script, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        raise WordPressError(f"PHP failed ({done.returncode}): {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def run_file(htdocs: Path, name: str, **values: object) -> str:
    """What one of the files in php/ prints, run in the same way."""
    return run(htdocs, f"require {_literal(HERE / name)};", **values)


def _literal(path: Path) -> str:
    return "'" + str(path).replace("\\", "\\\\").replace("'", "\\'") + "'"
