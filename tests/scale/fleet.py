"""A fleet of eight real workers on the loopback, beside the simulation of the same fleet.

`python -m tests.scale.fleet` needs `make postgres`. It crawls every site once, lets the sites publish for
some minutes what the simulation lets them publish, and writes both into docs/scale.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tests.bench.programs import BACKISSUE, cost
from tests.fleet.engines import MOTO, POSTGRES, new_database, object_store, postgresql, store_environment
from tests.fleet.workers import Fleet
from tests.revisits.arrivals import threads
from tests.scale.made_sites import MadeSites, Request, made_sites
from tests.scale.page import PAGE, Place, spans, table
from tests.scale.simulation import DAY, HABITS, Assumptions, Outcome, simulate

PLACE = Place(name="a real fleet, by `python -m tests.scale.fleet`")
OLD = 5
"""Articles of each site that the fleet finds at first; they are not measured."""
DAILY = 480.0
"""New articles a day of each site: five in a quarter of an hour."""
_ANSWER = 0.01  # seconds that a site of the loopback takes
_LONGEST_START = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One crawl as the queue knows it; times in seconds since the epoch."""

    source: str
    due: float
    started: float
    ended: float | None


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.scale.fleet", description=__doc__)
    options.add_argument("--sources", type=int, default=80)
    options.add_argument("--workers", type=int, default=8)
    options.add_argument("--minutes", type=float, default=15.0, help="how long is measured")
    options.add_argument("--every", type=int, default=10, help="minutes between two crawls of a source")
    options.add_argument("--output", type=Path, default=PAGE)
    given = options.parse_args()
    if not (MOTO.exists() and POSTGRES):
        raise SystemExit("A fleet needs PostgreSQL and moto: `make postgres` installs them.")
    every, days = timedelta(minutes=given.every), given.minutes * 60 / DAY
    assumed = Assumptions(
        every=every,
        jitter=every - timedelta(minutes=1),
        articles=DAILY,
        spread=0.0,
        most=DAILY,
        old=0,
        outage_days=1e9,
        throttled=0.0,
        shared=0.0,
        answer=_ANSWER,
        start=_seconds_of_a_quiet_crawl(),
    )
    told = simulate(given.sources, given.workers, days, assumed)
    real = measured(given.sources, given.workers, days, assumed)
    text = _text(told, real, given.workers, assumed)
    sys.stdout.write(text)
    PLACE.write(given.output, text)


def measured(sources: int, workers: int, days: float, assumed: Assumptions) -> Outcome:
    """Crawl so many sites with real workers of one slot each; return what came of it."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        long_ago = [[time.time() - 500 * DAY - place * DAY for place in range(OLD)] for _ in range(sources)]
        sites = held.enter_context(made_sites(long_ago, folder / "requests"))
        fleet = held.enter_context(_fleet(folder, sites, assumed))
        for number in range(workers):
            fleet.start(f"w{number}")
        names = list(fleet.urls)
        _wait_for_all(fleet, names)
        begin = time.time()
        lives = [threads(each, old=0, daily=DAILY, days=days, habits=HABITS) for each in range(sources)]
        published = [[begin + life.published * DAY for life in each] for each in lives]
        sites.publish(published)
        time.sleep(days * DAY)
        end = time.time()
        jobs = [job for job in _jobs(fleet) if begin <= job.started < end]
        asked = [each for each in sites.requests() if begin <= each.at < end]
        outcomes = [state.outcome for each in names for state in fleet.states(each) if state.holder is None]
        fleet.run("drain", "--all")
    return _outcome(days, sources, workers, (jobs, asked, published, end), outcomes)


def _outcome(
    days: float,
    sources: int,
    workers: int,
    seen: tuple[Sequence[Job], Sequence[Request], Sequence[Sequence[float]], float],
    outcomes: Sequence[str],
) -> Outcome:
    jobs, asked, published, end = seen
    told = Outcome(days=days, sources=sources, slots=workers, crawls=len(jobs), requests=len(asked))
    told.pages = sum(each.path.startswith("/story/") for each in asked)
    told.busy = sum((job.ended or end) - job.started for job in jobs)
    told.waits = [job.started - job.due for job in jobs]
    told.failed = sum(bool(each) and not each.startswith("ok") for each in outcomes)
    told.most_of_a_host = max((sum(e.site == site for e in asked) for site in range(sources)), default=0)
    for name in {job.source for job in jobs}:
        own = sorted((job for job in jobs if job.source == name), key=lambda job: job.started)
        told.together += sum((before.ended or end) > after.started for before, after in pairwise(own))
    first: dict[tuple[int, str], float] = {}
    for each in asked:
        if each.status == 200:
            first.setdefault((each.site, each.path), each.at)
    for site, times in enumerate(published):
        for place, at in enumerate(times, OLD):
            if (site, f"/story/{place}/") in first:
                told.articles_fresh.append(first[site, f"/story/{place}/"] - at)
    return told


@contextmanager
def _fleet(folder: Path, sites: MadeSites, assumed: Assumptions) -> Iterator[Fleet]:
    with postgresql() as queue, object_store() as port:
        os.environ.update(store_environment(port))
        fleet = Fleet(folder, {}, new_database(queue, "fleet"), port)
        fleet.urls = {f"source{number}": url for number, url in enumerate(sites.urls)}
        fleet.delay, fleet.lease = assumed.delay, "1m"
        fleet.contact = "https://fleet.example"  # the seed of a source's jitter, so all workers need one
        minutes, jitter = (int(span.total_seconds() / 60) for span in (assumed.every, assumed.jitter))
        fleet.timing = f"every = '{minutes}m'\njitter = '{jitter}m'"
        try:
            yield fleet
        finally:
            fleet.end()


def _wait_for_all(fleet: Fleet, names: Sequence[str]) -> None:
    """Wait until each source was crawled once."""
    left, deadline = list(names), time.monotonic() + _LONGEST_START
    while left:
        left = [name for name in left if not fleet.newest(name).published]
        if time.monotonic() > deadline:
            raise SystemExit(f"{len(left)} sources were not crawled within an hour. {fleet.log()}")
        time.sleep(2)


def _jobs(fleet: Fleet) -> list[Job]:
    """Return all crawls that the queue has started."""
    import psycopg

    sql = (
        "SELECT args->>'source', extract(epoch FROM scheduled_at)::float8, extract(epoch FROM s.at)::float8,"
        " (SELECT extract(epoch FROM min(e.at))::float8 FROM procrastinate_events AS e"
        " WHERE e.job_id = j.id AND e.at > s.at AND e.type <> 'started')"
        " FROM procrastinate_jobs AS j JOIN procrastinate_events AS s ON s.job_id = j.id"
        " WHERE s.type = 'started' AND j.queue_name = 'crawls'"
    )
    with psycopg.connect(fleet.queue) as connection:
        rows = connection.execute(sql).fetchall()
    return [Job(source=name, due=due or at, started=at, ended=ended) for name, due, at, ended in rows]


def _seconds_of_a_quiet_crawl() -> float:
    """Return how long the whole process of a crawl takes that finds nothing, alone on this machine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with made_sites([[time.time() - 500 * DAY]], folder / "requests") as sites:
            (folder / "backissue.toml").write_text(f"[sources.one]\nurl = '{sites.urls[0]}'\ndelay = 0\n")
            crawl = [*BACKISSUE, "crawl", "--no-progress"]
            return sorted(cost(crawl, folder).wall_seconds for _ in range(4))[1]


def _text(told: Outcome, real: Outcome, workers: int, assumed: Assumptions) -> str:
    rows = [
        ("crawls", *(f"{each.crawls:,}" for each in (told, real))),
        ("requests of a crawl", *(f"{each.requests / max(1, each.crawls):.2f}" for each in (told, real))),
        ("of these for pages", *(f"{each.pages / max(1, each.crawls):.2f}" for each in (told, real))),
        ("most requests to one host", *(f"{each.most_of_a_host}" for each in (told, real))),
        ("crawls on one host at once", *(f"{each.together}" for each in (told, real))),
        (
            "crawls at once, on average",
            *(f"{each.busy / each.days / DAY:.2f} of {each.slots}" for each in (told, real)),
        ),
        (
            "seconds of a crawl, on average",
            *(f"{each.busy / max(1, each.crawls):.1f}" for each in (told, real)),
        ),
        ("wait in the queue, median, p95, p99", *(spans(each.waits) for each in (told, real))),
        ("crawls that failed", *(f"{each.failed}" for each in (told, real))),
        ("articles published and archived", *(f"{len(each.articles_fresh)}" for each in (told, real))),
        ("age of an article when it is archived", *(spans(each.articles_fresh) for each in (told, real))),
    ]
    every, jitter = (span_.total_seconds() / 60 for span_ in (assumed.every, assumed.jitter))
    said = (
        f"{datetime.now(UTC).date()}, {len(os.sched_getaffinity(0))} cores, Python"
        f" {platform.python_version()}. {workers} workers with one crawl each, {real.sources} sites of the"
        f" loopback, {real.days * DAY / 60:.0f} minutes, a crawl every {every:.0f} min and up to {jitter:.0f}"
        f" min of jitter. Beforehand, a quiet crawl alone took {assumed.start:.1f} s; the machine had a load"
        f" of {os.getloadavg()[0]:.1f} when the fleet ended."
    )
    return f"{said}\n\n{table(('', 'simulated', 'measured'), rows)}"


if __name__ == "__main__":
    main()
