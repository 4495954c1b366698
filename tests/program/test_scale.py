"""The simulation of a fleet: polite, repeatable, and slower where there is less of it; and its page."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from tests.paths import ROOT
from tests.scale.simulation import Assumptions, Outcome, simulate

GIVEN = Assumptions(shared=0.5, old=50)


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_one_seed_gives_one_week() -> None:
    assert simulate(6, 2, 1.0, GIVEN) == simulate(6, 2, 1.0, GIVEN)


def test_no_host_is_crawled_twice_at_once_however_many_crawls_there_may_be() -> None:
    told = simulate(12, 12, 1.0, GIVEN)
    assert told.together == 0
    assert told.crawls == 12 * 24
    assert told.most_of_a_host < 86_400 / GIVEN.delay


def test_too_few_slots_make_a_queue() -> None:
    slow = Assumptions(old=50, start=400.0)
    enough, few = simulate(30, 30, 1.0, slow), simulate(30, 3, 1.0, slow)
    assert max(enough.waits) < max(few.waits)
    assert middle(enough.articles_fresh) < middle(few.articles_fresh)


def test_more_often_is_fresher_and_costs_more() -> None:
    def crawled(every: int) -> Outcome:
        return simulate(
            8,
            8,
            2.0,
            Assumptions(every=timedelta(minutes=every), jitter=timedelta(minutes=every - 1), told=1.0),
        )

    often, seldom = crawled(30), crawled(120)
    assert middle(often.articles_fresh) < middle(seldom.articles_fresh)
    assert middle(often.comments_fresh) < middle(seldom.comments_fresh)
    assert often.requests > seldom.requests


def test_a_site_that_is_out_of_order_is_left_alone_for_a_while() -> None:
    told = simulate(
        6,
        6,
        2.0,
        Assumptions(outage_days=0.2, old=0, throttled=0.0, every=timedelta(minutes=10), jitter=timedelta(0)),
    )
    assert told.failed
    assert told.skipped


def test_figures_take_their_place_in_the_page(tmp_path: Path) -> None:
    page = tmp_path / "scale.md"
    page.write_text("# Before\n\n<!-- figures, by `make scale` -->\nold\n<!-- end of figures -->\n\nAfter.\n")
    command = [sys.executable, "-m", "tests.scale", "--sources", "3", "--days", "1", "--pages", "4"]
    subprocess.run([*command, "--output", str(page)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    text = page.read_text()
    assert text.startswith("# Before")
    assert text.endswith("After.\n")
    assert "old" not in text
    for heading in ("Unit costs", "A week of 3 sources", "What each size needs"):
        assert f"### {heading}" in text
