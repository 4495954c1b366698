"""The lease of a crawl: after its deadline no request is sent, however the process was stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.fetch.lease import LEASE_EXPIRED, CrawlLease, boot_seconds
from tests.builders.patience import PATIENCE, until
from tests.fakesite import SampleSite
from tests.paths import ROOT


@pytest.fixture
def site() -> Iterator[SampleSite]:
    with SampleSite(articles=40, comments=10) as opened:
        yield opened


def crawl(site: SampleSite, folder: Path) -> subprocess.Popen[bytes]:
    config = folder / "backissue.toml"
    config.write_text(f"[sources.town]\nurl = '{site.url}'\ndelay = 0.05\n", encoding="utf-8")
    command = [sys.executable, str(ROOT / "scheduler.py"), "--config", str(config), "fleet", "slice", "town"]
    command += ["--archive", str(folder / "archive.db"), "--lease", str(folder / "lease"), "--seconds", "900"]
    return subprocess.Popen(command)


def test_crawl_without_a_valid_lease_sends_nothing(site: SampleSite, tmp_path: Path) -> None:
    assert crawl(site, tmp_path).wait(PATIENCE) == LEASE_EXPIRED
    CrawlLease(tmp_path / "lease").extend(boot_seconds())
    assert crawl(site, tmp_path).wait(PATIENCE) == LEASE_EXPIRED
    assert list(site.requests) == []


def test_crawl_that_wakes_after_its_deadline_sends_nothing(site: SampleSite, tmp_path: Path) -> None:
    lease = CrawlLease(tmp_path / "lease")
    lease.extend(boot_seconds() + PATIENCE)
    crawling = crawl(site, tmp_path)
    until(lambda: len(site.requests) > 5, "it fetches")
    crawling.send_signal(signal.SIGSTOP)
    lease.extend(boot_seconds())
    time.sleep(1)  # until the site has noted what was on its way
    before = len(site.requests)
    crawling.send_signal(signal.SIGCONT)
    assert crawling.wait(PATIENCE) == LEASE_EXPIRED
    assert len(site.requests) == before


def test_each_request_asks_for_the_lease(tmp_path: Path) -> None:
    """The thread that watches looks twice a second, which is too late for a process that wakes."""
    code = (
        "import sys, crawler.fetch.lease as lease, scheduler\n"
        "lease.CrawlLease.watch = lambda self: None\n"
        "scheduler.main(sys.argv[1:], prog_name='backissue')\n"
    )
    with SampleSite(articles=3, comments=0) as site:
        config = tmp_path / "backissue.toml"
        config.write_text(f"[sources.town]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8")
        words = ["--config", str(config), "fleet", "slice", "town", "--archive", str(tmp_path / "archive.db")]
        words += ["--lease", str(tmp_path / "lease"), "--seconds", "60"]
        done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, check=False)
        assert done.returncode == LEASE_EXPIRED
        assert list(site.requests) == []


def test_beat_is_heard_and_its_lack_is_endless_silence(tmp_path: Path) -> None:
    lease = CrawlLease(tmp_path / "lease")
    assert lease.silence() == float("inf")
    lease.beat()
    assert lease.silence() < PATIENCE
    (tmp_path / "lease").write_text("soon", encoding="ascii")
    assert not lease.is_valid
