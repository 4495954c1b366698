"""Queue of a fleet: procrastinate on PostgreSQL.

It keeps jobs, their times, locks, retries and the heartbeats of workers; we decide which jobs there should
be. A source has one job that waits or runs at most (`queueing_lock`), and two sources of one host never run
at once (`lock`). The queue only advises: who may fetch is decided by the fence.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archive.core.errors import BackissueError, BusyError
from crawler.config.config import Config, Source
from crawler.fleet.fence import HeldError
from crawler.fleet.shared_store import missing_extra

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import Job
    from procrastinate.retry import BaseRetryStrategy

CRAWLS, HOUSEKEEPING = "crawls", "housekeeping"
CRAWL_TASK = "backissue.crawl"
SCHEMA_LOCK = 0x6261636B  # of PostgreSQL's advisory locks
CONNECT_SECONDS = 5
KEPT_HOURS = 7 * 24  # for which finished jobs can be looked up
RETRY_LONGEST = timedelta(hours=1)

Crawling = Callable[..., Awaitable[None]]
logger = logging.getLogger(__name__)


class QueueError(BackissueError):
    """Queue that cannot be reached now."""

    retry = True


class LeftError(BusyError):
    """Source that this worker leaves to others for a moment."""


def open_queue(url: str, *, connections: int = 4) -> App:
    """Return the queue of a database, not yet connected. Raises ConfigError."""
    try:
        from procrastinate import App, PsycopgConnector  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise missing_extra("procrastinate") from error
    for name in ("procrastinate", "psycopg.pool"):  # a lost connection and a failed job are logged by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return App(
        connector=PsycopgConnector(
            conninfo=url,
            min_size=1,
            max_size=connections,
            timeout=10,
            kwargs={"connect_timeout": CONNECT_SECONDS, "application_name": "backissue fleet"},
        )
    )


async def require_queue(url: str) -> None:
    """Raise QueueError where the database of a URL does not answer.

    A pool of connections would try for longer, and not report why.
    """
    from psycopg import AsyncConnection, Error  # noqa: PLC0415

    try:
        connection = await AsyncConnection.connect(url, connect_timeout=CONNECT_SECONDS)
        await connection.close()
    except (Error, OSError) as error:
        raise unreachable(error) from error


async def prepare_schema(queue: App) -> None:
    """Create the queue's tables where they are missing.

    Of several workers that start at once one does it. Raises QueueError where the database does not answer.
    """
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415
    from psycopg import AsyncConnection  # noqa: PLC0415

    try:
        pool: Any = queue.connector.pool  # type: ignore[attr-defined]
        async with pool.connection() as connection:
            assert isinstance(connection, AsyncConnection)  # noqa: S101
            await connection.execute("SELECT pg_advisory_lock(%s)", [SCHEMA_LOCK])
            try:
                if not await queue.check_connection_async():
                    await queue.schema_manager.apply_schema_async()
            finally:
                await connection.execute("SELECT pg_advisory_unlock(%s)", [SCHEMA_LOCK])
    except (ConnectorException, OSError) as error:
        raise unreachable(error) from error


def unreachable(error: Exception) -> QueueError:
    """Return the error of a database that does not answer."""
    reason = str(error).strip().partition("\n")[0]
    return QueueError(
        f"The fleet's queue cannot be reached: {reason or type(error).__name__}.",
        hint="Check that PostgreSQL runs, and that fleet.queue is right.",
    )


def declare_tasks(queue: App, config: Config, crawl: Crawling) -> None:
    """Declare the jobs of a worker: `crawl`, and the housekeeping."""
    seconds = config.fleet.lease.total_seconds()
    queue.task(name=CRAWL_TASK, queue=CRAWLS, pass_context=True, retry=_retries(config))(crawl)
    every = max(1, min(30, int(seconds / 2)))

    @queue.periodic(cron=f"* * * * * */{every}", periodic_id="tend")
    @queue.task(name="backissue.tend", queue=HOUSEKEEPING, queueing_lock="tend")
    async def tend_queue(timestamp: int) -> None:  # noqa: ARG001  (procrastinate names it)
        await tend(queue, config)


async def tend(queue: App, config: Config) -> None:
    """Put jobs of silent workers back, and plan sources without a job."""
    from procrastinate.exceptions import ConnectorException  # noqa: PLC0415

    jobs = queue.job_manager
    seconds = config.fleet.lease.total_seconds()
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=seconds):
        with suppress(ConnectorException):  # another worker tends at the same moment
            try:
                await jobs.retry_job(job, retry_at=datetime.now(UTC))
            except ConnectorException:  # the same source waits already: one job is enough
                await jobs.finish_job(job, _failed(), delete_job=True)
            if name := job.task_kwargs.get("source"):
                logger.warning("The worker of %s is silent; the job was put back.", name)
    planned = {str(job.task_kwargs.get("source")) for job in await open_jobs(queue)}
    for source in config.sources:
        if source.name not in planned:
            await plan_crawl(queue, source, datetime.now(UTC))
    await jobs.delete_old_jobs(nb_hours=KEPT_HOURS, include_failed=True)


async def open_jobs(queue: App) -> list[Job]:
    """Return the jobs of crawls that wait or run."""
    jobs = queue.job_manager
    found: list[Job] = []
    for status in ("todo", "doing"):
        found += await jobs.list_jobs_async(queue=CRAWLS, status=status)
    return found


async def plan_crawl(queue: App, source: Source, at: datetime, *, avoid: str = "") -> bool:
    """Put a source's next crawl into the queue; False if one waits.

    `avoid` names a worker that should leave it to others for a moment.
    """
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415

    deferrer = queue.configure_task(
        CRAWL_TASK,
        queue=CRAWLS,
        lock=urlsplit(source.site.url).netloc,
        queueing_lock=source.name,
        schedule_at=at,
    )
    try:
        await deferrer.defer_async(source=source.name, avoid=avoid)
    except AlreadyEnqueued:
        return False
    return True


def _failed() -> Any:
    from procrastinate.jobs import Status  # noqa: PLC0415

    return Status.FAILED


def _retries(config: Config) -> BaseRetryStrategy:
    """Return the rule by which a job that failed is tried again."""
    from procrastinate.retry import BaseRetryStrategy, RetryDecision  # noqa: PLC0415

    class Retries(BaseRetryStrategy):
        """Retries: soon where another worker has the source, otherwise ever later."""

        def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
            """Return when to try again."""
            if isinstance(exception, LeftError):
                wait = config.fleet.lease / 8
            elif isinstance(exception, HeldError):
                wait = config.fleet.lease
            else:
                wait = min(config.fleet.lease * 2 ** min(job.attempts, 12), RETRY_LONGEST)
            return RetryDecision(retry_at=datetime.now(UTC) + wait)

    return Retries()
