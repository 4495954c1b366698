"""One command on one source's archive, under the fence: what an operator does to an archive of a fleet.

The command is a child process that sees a copy of the files as its archive. What it changed is published if
it ends well, and older states are removed, so that what was redacted is not kept in them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from archive.cli.console import Exit, Interruption
from archive.core.errors import NotFoundError
from crawler.config.config import ARCHIVE_VARIABLE, Config, Source
from crawler.daemon import processes
from crawler.fetch.lease import CrawlLease
from crawler.fleet.fence import Fence, FencedState
from crawler.fleet.shared_store import SharedStore
from crawler.fleet.source_slice import ARCHIVE_NAME, STEP_SECONDS, LeaseKeeper, publish_files
from crawler.fleet.travelling_files import bring_files

DESK_COMMANDS = ("redact", "unredact", "replay", "seal", "sources")
"""Commands that write to an archive and send no request to its site."""


def run_command(
    config: Config, source: Source, store: SharedStore, words: Sequence[str], *, holder: str, folder: Path
) -> int:
    """Run a command on a source's newest files, and return its exit code.

    `folder` is empty, and is for the copy. The result is published where the code is 0. Raises HeldError
    while a worker has the source, LateWriterError where the lease was lost, NotFoundError before the first
    publication, StoreError.
    """
    fence = Fence(store, source.name)
    if not fence.newest().files:
        raise NotFoundError(f"The fleet has published no archive of {source.name} yet.")
    state = fence.acquire(holder, config.fleet.lease.total_seconds())
    keeper = LeaseKeeper(fence, state, CrawlLease(folder / "lease"))
    keeper.start()
    files = folder / "files"
    try:
        bring_files(store, source.name, state, files, None)
        code = _run(config, files / ARCHIVE_NAME, words, keeper.file)
        _give_back(fence, state, files, f"{words[0]} by {holder}", code)
    finally:
        keeper.end()
    return code


def _run(config: Config, archive: Path, words: Sequence[str], lease: CrawlLease) -> int:
    """Run the command with our terminal, until its end or that of the lease."""
    command = [sys.executable, str(processes.SCHEDULER_SCRIPT), "--config", str(config.path), *words]
    with Interruption().heeded():  # Ctrl-C reaches the command, which ends in its own way
        child = subprocess.Popen(command, env={**os.environ, ARCHIVE_VARIABLE: str(archive)})  # noqa: S603
        while child.poll() is None:
            time.sleep(STEP_SECONDS)
            if not lease.is_valid:
                child.kill()
        return child.wait()


def _give_back(fence: Fence, state: FencedState, files: Path, what: str, code: int) -> None:
    if code == Exit.FINE:
        publish_files(fence, state, files, f"ok: {what}.", keep=1)
    else:
        fence.release(state, outcome=f"failed: {what} ended with {code}; nothing was changed.")
