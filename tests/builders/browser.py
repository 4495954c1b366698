"""A real browser for tests and pictures: Debian's chromium, driven by playwright's Python package."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.builders.patience import PATIENCE
from tests.builders.require import need
from tests.paths import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = ROOT / ".cache/browser/node_modules/axe-core/axe.min.js"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def missing(*, axe: bool = False) -> list[str]:
    """What of the browser is not on this machine."""
    try:
        import playwright.sync_api  # noqa: F401

        driver = ""
    except ImportError:
        driver = "playwright"
    return [driver, "" if CHROMIUM else "chromium", "axe-core" if axe and not AXE.exists() else ""]


@contextmanager
def browser() -> Iterator[Any]:
    """A running browser; skips the test, or fails it, where there is none."""
    need("browser", missing=missing())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=1000 * PATIENCE)
        try:
            yield started
        finally:
            started.close()


def context(started: Any, **options: Any) -> Any:
    """A visitor of its own, who waits as long as a busy machine may need."""
    made = started.new_context(**options)
    made.set_default_timeout(1000 * PATIENCE)
    return made
