"""A fleet for each test, on engines that are started once for a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakesite import SampleSite
from tests.fleet.engines import new_database, object_store, postgresql, require_engines, store_environment
from tests.fleet.workers import Fleet

NAMES = ("oak", "elm", "ash", "fir")


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[str, int]]:
    require_engines()
    with postgresql() as queue, object_store() as port:
        yield queue, port


@pytest.fixture
def fleet(engines: tuple[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    for name, value in store_environment(engines[1]).items():
        monkeypatch.setenv(name, value)
    with ExitStack() as opened:
        sites = {
            name: opened.enter_context(SampleSite(articles=14, comments=20, seed=seed, life=False))
            for seed, name in enumerate(NAMES, 1)
        }
        queue, store = engines
        fleet = Fleet(tmp_path, sites, new_database(queue, tmp_path.name), store)
        opened.callback(fleet.end)
        yield fleet
