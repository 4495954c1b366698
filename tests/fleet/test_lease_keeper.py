"""The keeper of a lease: it renews while a crawl starts or beats, and says why one has ended."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.fetch.lease import LEASE_EXPIRED, CrawlLease
from crawler.fleet import source_slice
from crawler.fleet.fence import Fence
from crawler.fleet.shared_store import StoreError, open_store
from crawler.fleet.source_slice import LeaseKeeper
from tests.builders.patience import until
from tests.fleet.engines import require_libraries

LEASE = 2.0
SILENT = "The crawl process gave no sign of life for 1.4 seconds, so its worker ended it."


@pytest.fixture
def crawl() -> Iterator[subprocess.Popen[bytes]]:
    """A process that never beats."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[LeaseKeeper]:
    require_libraries()
    fence = Fence(open_store(str(tmp_path / "store")), "town")
    state = fence.acquire("one", LEASE)
    opened = LeaseKeeper(fence, state, CrawlLease(tmp_path / "lease"))
    yield opened
    opened.end()


def renewals(keeper: LeaseKeeper) -> list[int]:
    """Note each renewal of the lease."""
    noted: list[int] = []
    renew = keeper.fence.renew

    def noting(state: object, count: int) -> None:
        noted.append(count)
        renew(state, count)  # type: ignore[arg-type]

    keeper.fence.renew = noting  # type: ignore[method-assign]
    return noted


def wait(keeper: LeaseKeeper, crawl: subprocess.Popen[bytes]) -> int:
    """Wait until the keeper has ended a crawl."""
    until(lambda: keeper.end_crawl() or crawl.poll() is not None, "it is ended")
    assert not keeper.file.is_valid
    return crawl.wait()


def test_crawl_that_starts_slowly_keeps_its_lease(
    keeper: LeaseKeeper, crawl: subprocess.Popen[bytes]
) -> None:
    noted = renewals(keeper)
    keeper.watch(crawl)
    keeper.start()
    until(lambda: len(noted) > 8, "it is renewed for longer than the lease")
    assert keeper.file.is_valid


def test_crawl_that_never_starts_is_ended(
    keeper: LeaseKeeper, crawl: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_slice, "CRAWL_START_SECONDS", 0.5)
    keeper.watch(crawl)
    keeper.start()
    assert keeper.ending(wait(keeper, crawl)).startswith(SILENT)


def test_crawl_that_falls_silent_is_ended_and_said_to_be(
    keeper: LeaseKeeper, crawl: subprocess.Popen[bytes]
) -> None:
    keeper.file.beat()
    keeper.watch(crawl)
    keeper.start()
    for code in (wait(keeper, crawl), LEASE_EXPIRED):
        assert keeper.ending(code).startswith(SILENT)


def test_store_that_does_not_answer_is_said_to_be_the_reason(
    keeper: LeaseKeeper, crawl: subprocess.Popen[bytes]
) -> None:
    def unreachable(*_: object) -> None:
        raise StoreError("The store cannot be reached.")

    keeper.fence.renew = unreachable  # type: ignore[method-assign]
    keeper.watch(crawl)
    keeper.start()
    wait(keeper, crawl)
    assert "store did not confirm the lease" in keeper.ending(LEASE_EXPIRED)


def test_crawl_that_somebody_else_killed_is_said_to_be(
    keeper: LeaseKeeper, crawl: subprocess.Popen[bytes]
) -> None:
    keeper.watch(crawl)
    keeper.start()
    keeper.end_crawl()
    crawl.kill()
    assert "killed from outside (SIGKILL" in keeper.ending(crawl.wait())
