"""The pipeline on datatrove's executors: processes of this machine, or a Ray cluster.

Each task of a local run is a process of its own group, with datatrove's LocalPipelineExecutor for that task
alone: a pool of datatrove would wait for ever for the task of a worker that was killed. Completion marks are
datatrove's. Does not: know what a task does.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from multiprocessing.process import BaseProcess, parent_process
from pathlib import Path
from typing import Any

from archive.core.atomic_files import replaced
from archive.core.errors import BackissueError
from archive.core.formatting import count
from pipeline.scale.plan import ExtractionPlan
from pipeline.scale.result_files import remove_unfinished

ATTEMPTS = 3
"""How often a task is begun whose worker was killed."""
RAY_GIGABYTES = 1.0
"""Memory that a task reserves in a Ray cluster."""
_PRELOADED = ["pipeline.scale.engines", "pipeline.scale.steps", "datatrove.executor.local"]

Watch = Callable[[int, int], None]
"""Is called with how many tasks are done, and how many there are."""


def engine_must_be_installed(engine: str) -> None:
    """Raise BackissueError where an engine's libraries are not installed."""
    try:
        import datatrove  # noqa: F401, PLC0415
        import pyarrow as pa  # noqa: F401, PLC0415

        if engine == "ray":
            import ray  # noqa: F401, PLC0415
    except ImportError as error:
        extra = "ray" if error.name == "ray" else "scale"
        raise BackissueError(
            f"Pages are read at scale by {error.name}, which is not installed.",
            hint=f"Install Backissue with it, as backissue[{extra}]; or use `backissue replay --jobs N`.",
        ) from error


def steps_of(plan: ExtractionPlan) -> list[Any]:
    """Return the pipeline's steps, for any executor of datatrove."""
    from pipeline.scale.steps import Extraction, KeptPages, ResultFiles  # noqa: PLC0415  (an extra)

    return [
        KeptPages(plan.files, source=plan.source, every=plan.every),
        Extraction(plan.sites),
        ResultFiles(plan.folder),
    ]


def run_plan(
    plan: ExtractionPlan, engine: str, workers: int, watch: Watch = lambda _done, _all: None
) -> None:
    """Do all tasks of a plan that are not done, by so many workers at once.

    `engine` is "local" or "ray". Raises BackissueError where some could not be done; another call goes on.
    """
    engine_must_be_installed(engine)
    watch(plan.tasks - len(plan.unfinished_tasks()), plan.tasks)
    plan.forget_lost_tasks()
    if plan.unfinished_tasks():
        (_run_ray if engine == "ray" else _run_local)(plan, workers, watch)
    left = plan.unfinished_tasks()
    if left:
        log = Path(plan.engine_folder) / "logs" / f"task_{left[0]:05d}.log"
        raise BackissueError(
            f"{count(len(left), 'task')} of {plan.tasks} could not be done, the first is {left[0]}.",
            hint=f"{log} has the reason. Run the same command again: what is done is kept.",
        )
    _add_up(plan)
    remove_unfinished(Path(plan.folder))


def _add_up(plan: ExtractionPlan) -> None:
    """Write the statistics of all tasks together, as datatrove does for a run of its own."""
    from datatrove.utils.stats import PipelineStats  # noqa: PLC0415  (an extra)

    folder = Path(plan.engine_folder)
    files = sorted((folder / "stats").glob("*.json"))
    each = [PipelineStats.from_json(json.loads(file.read_text(encoding="utf-8"))) for file in files]
    with replaced(folder / "stats.json", lambda: None) as new, new.open("w", encoding="utf-8") as file:
        sum(each, start=PipelineStats()).save_to_disk(file)


# -- this machine ---------------------------------------------------------------------------------


def _run_local(plan: ExtractionPlan, workers: int, watch: Watch) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    waiting, attempts = plan.unfinished_tasks(), Counter[int]()
    running: dict[int, ForkServerProcess] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.pop(0)
                attempts[task] += 1
                running[task] = context.Process(target=_work, args=(plan, task), name=f"task {task}")
                running[task].start()
            wait([process.sentinel for process in running.values()])
            for task, process in list(running.items()):
                if process.exitcode is None:
                    continue
                del running[task]
                _end(process)
                was_killed = process.exitcode < 0
                if was_killed and attempts[task] < ATTEMPTS:
                    waiting.append(task)
            watch(plan.tasks - len(plan.unfinished_tasks()), plan.tasks)
    finally:
        for process in running.values():
            _end(process)


def _end(process: BaseProcess) -> None:
    """End a task's process with all that it has started."""
    if process.pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()  # where it has not made its group yet
    process.join()


def _work(plan: ExtractionPlan, task: int) -> None:
    """Do one task; runs in its own process."""
    from datatrove.executor.local import LocalPipelineExecutor  # noqa: PLC0415  (an extra)

    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    executor = LocalPipelineExecutor(
        pipeline=steps_of(plan),
        tasks=plan.tasks,
        workers=1,
        local_tasks=1,
        local_rank_offset=task,
        logging_dir=plan.engine_folder,
    )
    with Path(os.devnull).open("w", encoding="utf-8") as nothing, redirect_stderr(nothing):
        executor.run()  # its log is in a file as well


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)


# -- a Ray cluster --------------------------------------------------------------------------------


def _run_ray(plan: ExtractionPlan, workers: int, watch: Watch) -> None:
    """Run on the cluster that RAY_ADDRESS names, or on one that is started here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or Ray would report its use to its makers
    import ray  # noqa: PLC0415  (an extra)
    from loguru import logger  # noqa: PLC0415

    from pipeline.scale.ray_executor import RayExecutor  # noqa: PLC0415

    logger.disable("datatrove")
    is_mine = not ray.is_initialized()
    if is_mine:
        ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    over = threading.Event()
    follower = threading.Thread(target=_follow, args=(plan, watch, over), daemon=True)
    follower.start()
    try:
        RayExecutor(
            pipeline=steps_of(plan),
            tasks=plan.tasks,
            workers=workers,
            logging_dir=plan.engine_folder,
            mem_per_cpu_gb=RAY_GIGABYTES,
        ).run()
    finally:
        over.set()
        follower.join()
        logger.enable("datatrove")
        if is_mine:
            ray.shutdown()


def _follow(plan: ExtractionPlan, watch: Watch, over: threading.Event) -> None:
    while not over.wait(1.0):
        watch(plan.tasks - len(plan.unfinished_tasks()), plan.tasks)
