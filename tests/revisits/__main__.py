"""What the rule of revisits costs and what it is late for, beside other rules: the table of `make bench`.

It takes some seconds, and prints the same on every machine.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from crawler.frontier.revisit_policy import REQUEST_WORTH_COMMENT_DAYS
from crawler.schedule.learned import Auto
from tests.revisits import rhythm
from tests.revisits.arrivals import Habits, Thread, threads
from tests.revisits.play import TICK, Outcome, Policy, at_the_cost_of, by_age, fixed, play, rule, without_end

OLD, DAILY, DAYS, SEED = 5000, 1.5, 30.0, 2
_SEEDS = (3, 4, 5)
HEADING = (
    f"{'':<42}{'requests':>10}{'hours until captured':>24}{'within':>9}{'missed':>10}\n"
    f"{'':<42}{'a day':>10}{'mean':>8}{'p50':>8}{'p99':>8}{'a tick':>9}{'hours':>10}\n"
)
READERS = {
    "that comment a quarter as much": Habits(typical=1.0),
    "that comment four times as much": Habits(typical=16.0),
    "that wake old threads three times as often": Habits(revivals=0.03),
    "that come by searching, years later": Habits(evergreen=0.04),
}


def main() -> None:
    site = a_site(SEED)
    comments = sum(0 <= came < DAYS for thread in site for came in thread.comments) / DAYS
    say(
        f"Revisits: {len(site):,} articles, {DAILY:g} new ones and {comments:.0f} comments a day,"
        f" {DAYS:.0f} days, a tick every {TICK * 1440:.0f} minutes.\n\n{HEADING}"
    )
    everything, polled = without_end(site, DAYS), play(site, DAYS, rule())
    told = play(site, DAYS, rule(), feed=True)
    row("everything at each tick", everything)
    row("the rule, with a comments feed", told)
    row("the rule, where nothing tells of comments", polled)
    row("age-only decay, for as many requests", at_the_cost_of(polled, site, by_age, 0.02))
    row("a fixed interval, for as many requests", play(site, DAYS, fixed(len(site) / polled.daily)))
    early, share = told.share_within(TICK * 24), told.daily / everything.daily
    say(
        f"\nWith a comments feed: {early:.1%} within a tick, for {share:.2%} of the requests for everything."
        f"\nHalf of the edits and removals are seen within {told.median_edit:.0f} hours with it, and within"
        f" {polled.median_edit:.0f} without.\n\n"
        "Missed hours of a fixed interval for each of the rule's, at as many requests:\n"
    )
    for seed in (3, 4):
        ratio(f"another ten years (seed {seed})", a_site(seed))
    for times in (0.25, 4.0):
        ratio(
            f"a request may cost {times:g} comment-hours, not 1",
            site,
            rule(REQUEST_WORTH_COMMENT_DAYS * times),
        )
    for name, habits in READERS.items():
        ratio(f"readers {name}", a_site(SEED, habits))
    say(
        "\nA schedule that learns, on a paper with days, nights and weekends: its crawls a day, their mean\n"
        "delay, and what part they are of those of a fixed interval with the same mean delay. None has\n"
        "less than the bound: that of one who knows each article's number of comments beforehand, and every\n"
        f"comment at once. Knowing the hours of readers alone, it is {rhythm.bound_of_hours():.2f}.\n\n"
        f"{'':<42}{'a day':>10}{'delay':>12}{'part':>9}{'bound':>9}\n"
    )
    for daily in (0.5, 1.5, 6.0):
        learns(daily)
    say("\n")


def learns(daily: float) -> None:
    """Print a line of the schedule that learns."""
    played = [rhythm.played(rhythm.newspaper(seed, daily), Auto()) for seed in _SEEDS]
    crawls = sum(number for number, _ in played) / len(played) / rhythm.MEASURED
    delay = sum(minutes for _, minutes in played) / len(played)
    share = sum(number * minutes * 2 for number, minutes in played) / (len(played) * rhythm.MEASURED * 1440)
    least = sum(rhythm.bound(seed, daily) for seed in _SEEDS) / len(_SEEDS)
    say(f"{f'{daily:g} articles a day':<42}{crawls:>10.1f}{delay:>8.0f} min{share:>9.2f}{least:>9.2f}\n")


def a_site(seed: int, habits: Habits | None = None) -> list[Thread]:
    return threads(seed, old=OLD, daily=DAILY, days=DAYS, habits=habits or Habits())


def row(name: str, told: Outcome) -> None:
    delays = "".join(f"{hours:>8,.1f}" for hours in (told.mean, told.percentile(50), told.percentile(99)))
    within = f"{told.share_within(TICK * 24):>9.1%}"
    say(f"{name:<42}{told.daily:>10,.0f}{delays}{within}{told.missed_daily:>10,.0f}\n")


def ratio(name: str, site: Sequence[Thread], policy: Policy | None = None) -> None:
    ours = play(site, DAYS, policy or rule())
    other = play(site, DAYS, fixed(len(site) / ours.daily))
    say(f"  {name:<52}{other.missed / ours.missed:>6.1f}  ({ours.daily:,.0f} requests a day)\n")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
