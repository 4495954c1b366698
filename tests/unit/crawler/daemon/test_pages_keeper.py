"""The keeper of the pages: when it starts them again, and what it says."""

from __future__ import annotations

from typing import Any

import pytest

from archive.core.errors import BackissueError
from crawler.daemon.pages_keeper import MAX_PAUSE_SECONDS, STEADY_SECONDS, PagesKeeper


class Child:
    """A process that ends when a test says so."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code


class World:
    """Processes, a clock, and what was noted."""

    def __init__(self) -> None:
        self.time, self.children, self.said = 0.0, [], []  # type: ignore[var-annotated]
        self.keeper = PagesKeeper(self.launch, self, lambda: self.time)

    def launch(self) -> Any:
        self.children.append(Child())
        return self.children[-1]

    def fell(self, sentence: str) -> None:
        self.said.append(("fell", sentence))

    def recovered(self, sentence: str) -> None:
        self.said.append(("recovered", sentence))

    def after(self, seconds: float, code: int | None = None) -> int:
        """How many processes were started, once some time has passed and the last one perhaps ended."""
        self.time += seconds
        if code is not None:
            self.children[-1].code = code
        self.keeper.step()
        return len(self.children)


def test_pauses_double_up_to_the_longest() -> None:
    world, pause = World(), 1.0
    for started in range(2, 12):
        world.after(1, -9)
        assert world.after(pause - 0.5) == started - 1
        assert world.after(0.5) == started
        pause = min(pause * 2, MAX_PAUSE_SECONDS)


def test_a_steady_process_resets_the_pause_and_is_noted() -> None:
    world = World()
    for _ in range(4):
        world.after(1, -9)
        world.after(MAX_PAUSE_SECONDS)
    world.after(STEADY_SECONDS + 1)
    assert world.said[-1] == ("recovered", "The pages run again, after 4 failures.")
    world.after(1, 1)
    assert world.said[-1][0] == "fell"
    assert world.after(1) == 6


def test_pages_that_cannot_start_are_an_error() -> None:
    world = World()
    with pytest.raises(BackissueError, match="exit code 1"):
        world.after(1, 1)
