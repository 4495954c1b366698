"""datatrove's executor for Ray, whose workers end with the process in which they do a task.

A worker of datatrove's does its task in a pool of one process, and would wait for ever for the one that was
killed. Here it is ended with it, and Ray then replaces it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from datatrove.executor.ray import RayPipelineExecutor


class RayExecutor(RayPipelineExecutor):  # type: ignore[misc]
    """Runs a pipeline on the Ray cluster to which this process is connected."""

    def _run_for_rank(self, rank: int, local_rank: int = 0, node_rank: int = -1) -> Any:
        with _parent_ends_with_this_process():
            return super()._run_for_rank(rank, local_rank, node_rank)


@contextmanager
def _parent_ends_with_this_process() -> Iterator[None]:
    """Until the block ends, kill the parent process when this one is killed."""
    parent = os.getppid()
    told, tell = os.pipe()
    watcher = os.fork()
    if not watcher:
        os.close(tell)
        if not os.read(told, 1):
            with suppress(ProcessLookupError):
                os.kill(parent, signal.SIGKILL)
        os._exit(0)
    os.close(told)
    try:
        yield
    finally:
        os.write(tell, b".")
        os.close(tell)
        os.waitpid(watcher, 0)
