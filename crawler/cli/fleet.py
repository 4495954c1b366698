"""Commands of a fleet: `fleet work`, `status`, `drain`, `rebalance`, `run` and `copy`.

Does not: implement a queue, a fence or a crawl.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import click

from archive.cli.console import Context, Exit, WholeNumber, emit, say, table
from archive.core.errors import ArchiveError, BackissueError, NotFoundError
from archive.core.formatting import plain, size, when
from archive.core.locks import hold
from archive.core.nearest_name import nearest
from crawler.config.config import Config, load_config
from crawler.fetch.lease import CrawlLease
from crawler.fleet import crawl_queue, overview
from crawler.fleet.desk_work import DESK_COMMANDS, run_command
from crawler.fleet.fence import Fence, HeldError
from crawler.fleet.shared_store import open_store
from crawler.fleet.travelling_files import bring_files
from crawler.fleet.worker import WORKERS, FleetWorker

if TYPE_CHECKING:
    from procrastinate import App

T = TypeVar("T")
_SHOWN = 20  # jobs in `status`; --json has all
_FIRST = datetime.min.replace(tzinfo=UTC)


@click.group("fleet")
def fleet() -> None:
    """Crawl many sources on several machines.

    They share one queue and one store; docs/fleet.md explains it.
    """


@fleet.command("work")
@click.option("--name", help="The worker's name; by default that of the machine.")
@click.option("--slots", type=WholeNumber(1, 256), default=2, show_default=True, help="Crawls at a time.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("fleet-work"),
    show_default=True,
    help="The worker's own folder, on a disk of this machine. It can be deleted.",
)
@click.pass_obj
def fleet_work(context: Context, name: str | None, slots: int, folder: Path) -> int:
    """Take sources from the queue and crawl them, until Ctrl-C or `fleet drain`.

    Each crawl is published after a slice of time (fleet.slice). Ctrl-C lets the current pages be saved and
    publishes them; another worker continues.
    """
    config = load_config(context.config)
    name = name or _machine()
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise click.BadParameter("a name of small letters, digits and -", param_hint="--name")
    store = open_store(config.fleet.store_url())
    worker = FleetWorker(config, store, name=name, slots=slots, folder=folder.absolute() / name)
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Worker {name} crawls for the fleet at {store.url}. Ctrl-C ends it; what it saved is published.")
    with hold(worker.folder, "worker"):
        asyncio.run(worker.run())
    return Exit.FINE


@fleet.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: workers, jobs.")
@click.pass_obj
def fleet_status(context: Context, as_json: bool) -> int:
    """Show the workers and the jobs of the fleet.

    Exits with 3 when a worker is silent, or a source is overdue and nobody works on it.
    """
    config = load_config(context.config, fetching=False)
    now = datetime.now(UTC)
    notes = overview.worker_notes(open_store(config.fleet.store_url()))
    jobs = _asked(config, overview.crawl_jobs)
    silent = [note.name for note in notes if note.is_silent(now, config.fleet.lease)]
    overdue = now - 2 * config.fleet.slice
    late = [job for job in jobs if not job.is_running and (job.at or now) < overdue]
    if as_json:
        workers = list(map(asdict, notes))
        emit({"at": now, "workers": workers, "jobs": list(map(asdict, jobs))})
    else:
        _show_workers(notes, silent)
        _show_jobs(jobs, len(late))
    if silent or late:
        return Exit.INCOMPLETE
    return Exit.FINE


def _show_workers(notes: Sequence[overview.WorkerNote], silent: Sequence[str]) -> None:
    if not notes:
        click.echo("No worker runs. Start one: backissue fleet work\n")
        return
    rows = []
    for note in notes:
        crawls = f"{len(note.sources)} of {note.slots}"
        rows.append((note.name, note.host, _state(note, silent), crawls, when(note.at)))
    table(("worker", "machine", "state", "crawls", "last heard (UTC)"), rows)
    click.echo()


def _state(note: overview.WorkerNote, silent: Sequence[str]) -> str:
    if note.name in silent:
        return "silent"
    if note.is_draining:
        return "draining"
    return "works"


def _show_jobs(jobs: Sequence[overview.CrawlJob], late: int) -> None:
    running = [job for job in jobs if job.is_running]
    waiting = [job for job in jobs if not job.is_running]
    waiting.sort(key=lambda job: job.at or _FIRST)
    rows = [_job_row(job) for job in [*running, *waiting][:_SHOWN]]
    if rows:
        table(("source", "state", "due (UTC)", "attempts"), rows)
    click.echo(f"\n{len(running)} running, {len(waiting)} waiting, {late} overdue.")


def _job_row(job: overview.CrawlJob) -> tuple[str, str, str, str]:
    state = "waits"
    if job.is_running:
        state = "running"
    due = "now"
    if job.at:
        due = when(job.at)
    return job.source, state, due, str(job.attempts)


@fleet.command()
@click.argument("workers", metavar="[WORKER]...", nargs=-1)
@click.option("--all", "everyone", is_flag=True, help="Drain every worker.")
@click.pass_obj
def drain(context: Context, workers: tuple[str, ...], everyone: bool) -> None:
    """Make workers publish what they have, and end.

    Their sources go back to the queue. A worker reacts within a quarter of the lease.
    """
    config = load_config(context.config, fetching=False)
    store = open_store(config.fleet.store_url())
    names = [note.name for note in overview.worker_notes(store)]
    if not workers and not everyone:
        raise click.UsageError("Name the workers, or drain all of them with --all.")
    chosen = workers
    if everyone:
        chosen = tuple(names)
    for name in chosen:
        if name not in names:
            raise NotFoundError(
                f"The fleet has no worker “{name}”{nearest(name, names)}.",
                hint="`backissue fleet status` lists the workers.",
            )
        store.replace(f"{WORKERS}/{name}.drain", b"")
        say(f"{name} publishes what it has, then ends.")


@fleet.command()
@click.pass_obj
def rebalance(context: Context) -> None:
    """Move crawls from busy workers to idle ones.

    Each crawl that is moved first saves its page and is published. New jobs do not need this: they start
    wherever a slot is free.
    """
    config = load_config(context.config, fetching=False)
    notes = overview.worker_notes(open_store(config.fleet.store_url()))
    moved = overview.surplus(notes, config.fleet.lease)
    if moved:
        moved = _asked(config, partial(_hand_on, moved))
    if moved:
        say(f"Moved: {', '.join(moved)}.")
    else:
        say("The crawls are already balanced; nothing was moved.")


async def _hand_on(sources: Sequence[str], queue: App) -> list[str]:
    """Request that the workers of sources publish and return them; return those crawled now."""
    jobs = await overview.crawl_jobs(queue)
    running = [job for job in jobs if job.is_running and job.source in sources]
    for job in running:
        await queue.job_manager.cancel_job_by_id_async(job.id, abort=True)
    return [job.source for job in running]


@fleet.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("source")
@click.argument("words", metavar="COMMAND…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def fleet_run(context: Context, source: str, words: tuple[str, ...]) -> int:
    """Run redact, unredact, replay or seal on the archive of a source, and publish the result.

    If a worker crawls the source, it is asked to publish what it has and to release it. Older states of the
    archive are then removed from the store, so that they do not keep what was redacted.

    \b
    backissue fleet run one redact article 17 --reason "At the request of a person named in it"
    backissue fleet run one replay --apply
    """
    config = load_config(context.config, fetching=False)
    chosen = config.source(source)
    if words[0] not in DESK_COMMANDS:
        raise click.UsageError(f"“{plain(words[0])}” is not one of {', '.join(DESK_COMMANDS)}.")
    store = open_store(config.fleet.store_url())
    holder = f"desk-{_machine()}"
    has_asked = False
    while True:
        try:
            with TemporaryDirectory(prefix="backissue-desk-") as folder:
                return run_command(config, chosen, store, words, holder=holder, folder=Path(folder))
        except HeldError as error:
            if not has_asked:
                say(f"{error} It was asked to publish and release it; Ctrl-C ends the wait.")
            has_asked = True
            _asked(config, partial(_hand_on, [source]))
            time.sleep(config.fleet.lease.total_seconds() / 8)


@fleet.command()
@click.argument("source")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def copy(context: Context, source: str, folder: Path) -> None:
    """Copy the newest published archive of a source into a new folder.

    It has archive.db and its accompanying files, for `search`, `serve` or `export`.
    """
    config = load_config(context.config, fetching=False)
    config.source(source)
    if folder.exists() and any(folder.iterdir()):
        raise ArchiveError(
            f"{folder} already exists and is not empty, so nothing was copied.", hint="Give another folder."
        )
    store = open_store(config.fleet.store_url())
    state = Fence(store, source).newest()
    if not state.files:
        raise NotFoundError(
            f"The fleet has published no archive of {source} yet.",
            hint="`backissue fleet status` lists its jobs.",
        )
    bring_files(store, source, state, folder, None)
    total = sum(file.bytes for file in state.files.values())
    say(f"{folder} has {size(total)} of {source}, published {state.at}.")


@fleet.command("slice", hidden=True)
@click.argument("source")
@click.option("--archive", type=click.Path(path_type=Path), required=True, help="The files of this slice.")
@click.option("--lease", type=click.Path(path_type=Path), required=True, help="The file of the lease.")
@click.option("--seconds", type=float, required=True, help="Time limit.")
@click.pass_obj
def crawl_slice(context: Context, source: str, archive: Path, lease: Path, seconds: float) -> int:
    """Crawl one source under a lease: the child process of a worker."""
    CrawlLease(lease).watch()  # before anything that takes long
    config = load_config(context.config)
    from crawler.runs.runner import run_crawl  # noqa: PLC0415  (Scrapy is slow to import)

    chosen = replace(config.source(source), limit=timedelta(seconds=seconds))
    run = run_crawl(chosen, archive, progress=False, lease=lease)
    if run.outcome == "ok":
        return Exit.FINE
    return Exit.INCOMPLETE


def _machine() -> str:
    return re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-")


def _asked(config: Config, question: Callable[[App], Awaitable[T]]) -> T:
    """Query the queue once. Raises QueueError."""

    async def ask() -> T:
        url = config.fleet.queue_url(os.environ)
        queue = crawl_queue.open_queue(url, connections=2)
        await crawl_queue.require_queue(url)
        try:
            async with queue.open_async():
                await crawl_queue.prepare_schema(queue)
                return await question(queue)
        except BackissueError:
            raise
        except Exception as error:
            raise crawl_queue.unreachable(error) from error

    return asyncio.run(ask())
