"""Random lives of a real WordPress: the archive tells what was done to it between crawls, and nothing else.

Run it with `make lives`, or LIVES=20 for more of them. A life has a seed, which is printed: the same seed
does the same things, though crawls are killed at other moments. It needs PHP and WordPress.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.builders import walls
from tests.builders.crawling import Crawls
from tests.builders.life import Life
from tests.builders.story import WALLS, Story
from tests.wordpress import WordPress, changes, require

TICKS = 15
PAUSES = (5, 10, 10, 30, 70, 180)  # minutes between two crawls
KILLED = 0.1  # of the crawls
WALLED = 0.1  # of the crawls: every page answers with a wall, and status 200
STALE = 0.1  # of the crawls: every other page comes as it was, out of a cache
DOUBTED = "did not prove to be the article"  # as a long text that is short all at once, at first sight
PERMALINKS = (
    "/archives/%year%/%monthnum%/%postname%.php",
    "/%year%/%monthnum%/%postname%/",
    "/%postname%/",
    "/%category%/%postname%/",
    "",  # plain: /?p=7
)


def kind_of(seed: int) -> dict[str, Any]:
    """Return the options of a seed's site: its permalinks, what is closed, the order of its threads."""
    dice = random.Random(f"kind {seed}")
    return {
        "closed": ("rest",) if seed % 2 else (),
        "permalinks": dice.choice(PERMALINKS),
        "theme": dice.choice(("classic", "classic", "block")),
        "comments_per_page": dice.choice((0, 5, 20)),
        "comments_page": dice.choice(("newest", "oldest")),
        "comment_order": dice.choice(("asc", "desc")),
        "recent_comments": dice.choice((True, False)),
    }


def live(seed: int, keep: Path | None = None) -> list[str]:
    """Return what was wrong in one life, whose files stay in `keep` where that is given."""
    dice = random.Random(seed)
    kind = kind_of(seed)
    with ExitStack() as held:
        folder = keep or Path(held.enter_context(tempfile.TemporaryDirectory()))
        site = held.enter_context(WordPress(workdir=folder / "wordpress", **kind))
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        wrong, told = _crawl(crawls), set[str]()
        diary = folder / "diary.txt"
        diary.write_text("")
        story = Story(Life(site, crawls, kind["closed"]), dice, kind["theme"])
        for tick in range(TICKS):
            done = [story.go_on() for _ in range(dice.choice((0, 0, 1, 1, 2, 3, 5)))]
            story.life.pass_time(minutes=dice.choice(PAUSES))
            with _weather(site, dice, done) as fair:
                if dice.random() < KILLED:
                    done.append(_killed(crawls, dice.uniform(0.5, 3.0)))
                else:
                    done += _crawl(crawls, fair=fair)
            faults = [*(each for each in done if each.startswith("!")), *_new(story.invented(), told)]
            if tick % 7 == 6:
                faults += story.proves_falsely()
            diary.write_text(f"{diary.read_text()}tick {tick}: {', '.join(done)}\n")
            wrong += [f"tick {tick} ({', '.join(done)}): {each}" for each in faults]
        for _ in range(6):
            story.life.look_again()
            story.life.pass_time(hours=5)
            wrong += _crawl(crawls)
        ended = (*_new(story.invented(), told), *story.differs(), *story.proves_falsely())
        return list(dict.fromkeys(wrong)) + [f"in the end: {each}" for each in ended]


def _new(faults: Iterator[str], told: set[str]) -> list[str]:
    """Return the faults that were not told yet."""
    found = [fault for fault in faults if fault not in told]
    told.update(found)
    return found


@contextmanager
def _weather(site: WordPress, dice: random.Random, done: list[str]) -> Iterator[bool]:
    """Let a crawl meet a wall or a stale cache, or neither; whether it is fair is what is yielded."""
    luck = dice.random()
    if luck < WALLED:
        name = dice.choice(WALLS)
        done.append(f"wall {name}")
        changes.option(site, "wall", walls.markup(name))
    elif luck < WALLED + STALE:
        done.append("stale cache")
        changes.option(site, "stale", 1)
    yield luck >= WALLED + STALE
    if luck < WALLED + STALE:
        changes.option(site, "wall", "")
        changes.option(site, "stale", 0)


def _crawl(crawls: Crawls, *, fair: bool = True) -> list[str]:
    """Crawl, and return what is wrong with how it ended, behind a "!"."""
    done = crawls.program("crawl")
    doubted = done.returncode == 3 and DOUBTED in done.stdout and "could not" not in done.stdout
    broken = "Traceback" in done.stderr or (fair and done.returncode and not doubted)
    return [f"! a crawl ended with {done.returncode}: {done.stderr}{done.stdout}"] if broken else []


def _killed(crawls: Crawls, seconds: float) -> str:
    command, silent = crawls.command("crawl", "--no-progress"), subprocess.DEVNULL
    crawl = subprocess.Popen(command, cwd=crawls.folder, stdout=silent, stderr=silent)
    time.sleep(seconds)
    crawl.kill()
    crawl.wait()
    return "crawl killed"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lives", type=int, default=4)
    options.add_argument("--seed", type=int, help="of the first life; the next ones count on from it")
    options.add_argument("--keep", type=Path, help="a new folder in which the files of the lives stay")
    asked = options.parse_args()
    require()
    first = random.randrange(10**6) if asked.seed is None else asked.seed
    faults = 0
    for seed in range(first, first + asked.lives):
        keep = asked.keep / str(seed) if asked.keep else None
        if keep:
            keep.mkdir(parents=True)
        wrong = live(seed, keep)
        faults += len(wrong)
        kind = ", ".join(f"{name} {value!r}" for name, value in kind_of(seed).items())
        sys.stdout.write(f"seed {seed} ({kind}): {len(wrong)} faults\n")
        sys.stdout.writelines(f"  {each}\n" for each in wrong)
        sys.stdout.flush()
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
