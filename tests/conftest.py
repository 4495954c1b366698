"""What all tests share: nothing is left to chance, and what takes longest is begun first.

Under `--dist loadfile` each file goes to one worker as a whole, so a long one must not be the last.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

LONGEST = (
    "test_living", "test_wordpress", "test_coverage", "test_crawl", "test_wordpress_harness", "test_kills",
    "test_foul_weather", "test_full_disk", "test_browser_room", "test_wordpress_history", "test_missing",
)  # fmt: skip

# The same examples each time, however slow the machine; `--hypothesis-profile=default` tries others.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")


@pytest.fixture(autouse=True, scope="module")
def _close_rooms() -> Iterator[None]:
    """Close the Datasettes that a module has opened; most modules open none, and do not import it."""
    yield
    if room_server := sys.modules.get("tests.builders.room_server"):
        room_server.close_rooms()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by file: the longest first, the others as they stand."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))
