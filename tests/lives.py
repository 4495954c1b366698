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
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from crawling import Crawls
from life import Life
from wordpress import WordPress, changes, require

TICKS = 15
PAUSES = (5, 10, 10, 30, 70, 180)  # minutes between two crawls
KILLED = 0.1  # of the crawls
PERMALINKS = (
    "/archives/%year%/%monthnum%/%postname%.php",
    "/%year%/%monthnum%/%postname%/",
    "/%postname%/",
    "/%category%/%postname%/",
)
HIDING = ("trash", "spam", "hold")
TEXT = "<p>The quay is closed until further notice, for reason {}.</p><p>Nobody knows who closed it.</p>"


class Story:
    """What was done to a site so far, and so what its archive may tell."""

    def __init__(self, life: Life, dice: random.Random) -> None:
        self.life, self.site, self.dice = life, life.site, dice
        self.waiting: set[int] = set()  # comments that can be shown (again)
        self.hidden: set[int] = set()  # comments that were ever taken away
        self.reworded: set[int] = set()  # comments that were ever edited
        self.away: set[int] = set()  # posts that can be published again
        self.gone: set[int] = set()  # posts that were ever not there
        self.rewritten: set[int] = set()  # posts that were ever edited

    def go_on(self) -> str:
        """Do something to the site, and say what."""
        truth = self.site.truth()
        self.posts = [post.id for post in truth.posts if post.kind == "post" and post.comments_open]
        self.comments = [comment for comment in truth.comments if comment.kind == "comment"]
        deeds = {
            self.write: 6, self.answer: 4, self.burst: 1, self.reword: 3, self.hide: 3, self.show: 5,
            self.delete: 2, self.hold: 2, self.rewrite: 3, self.rename: 2, self.withdraw: 3, self.publish: 4,
        }  # fmt: skip
        [deed] = self.dice.choices(list(deeds), list(deeds.values()))
        return f"{deed.__name__} {deed()}"

    def write(self) -> int:
        return self._add(self.dice.choice(self.posts), self.dice.randint(1, 3))

    def burst(self) -> int:
        return self._add(self.dice.choice(self.posts), self.dice.randint(11, 70))

    def answer(self) -> int:
        comment = self.dice.choice(self.comments)
        return self._add(comment.post, 1, parent=comment.id) if comment.post in self.posts else 0

    def _add(self, post: int, count: int, **options: Any) -> int:
        changes.add_comments(self.site, post, count, at=_ago(seconds=count), **options)
        return post

    def reword(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.edit_comment(self.site, number, f"On second thoughts, {self.dice.random()} of it.")
        self.reworded.add(number)
        return number

    def hide(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.set_comment(self.site, number, self.dice.choice(HIDING))
        self.waiting.add(number)
        self.hidden.add(number)
        return number

    def hold(self) -> int:
        post, at = self.dice.choice(self.posts), _ago(days=self.dice.choice((0, 1, 30)))
        self.waiting.update(changes.add_comments(self.site, post, 2, at=at, status="0"))
        return post

    def show(self) -> int:
        return self._one_of(self.waiting, lambda number: changes.set_comment(self.site, number, "approve"))

    def delete(self) -> int:
        number = self.dice.choice(self.comments).id
        changes.delete_comment(self.site, number)
        self.hidden.add(number)
        return number

    def rewrite(self) -> int:
        post = self.dice.choice(self.posts)
        changes.edit_post(self.site, post, post_content=TEXT.format(self.dice.random()))
        self.rewritten.add(post)
        return post

    def rename(self) -> int:
        post = self.dice.choice(self.posts)
        changes.rename(self.site, post, f"renamed-{self.dice.randrange(10**6)}")
        return post

    def withdraw(self) -> int:
        post = self.dice.choice(self.posts)
        way = self.dice.choice((changes.trash_post, changes.protect, changes.delete_post))
        way(self.site, post)
        self.gone.add(post)
        self.away |= {post} if way is not changes.delete_post else set()
        return post

    def publish(self) -> int:
        if self.away and self.dice.random() < 0.5:
            return self._one_of(self.away, self._bring_back)
        at = _ago(seconds=self.dice.choice((1, 3600, 400 * 86400)))
        title, text = f"News {self.dice.random()}", TEXT.format(self.dice.random())
        return changes.publish(self.site, title, text, at=at)

    def _bring_back(self, post: int) -> None:
        changes.unprotect(self.site, post)
        changes.edit_post(self.site, post, post_status="publish")

    def _one_of(self, numbers: set[int], then: Callable[[int], None]) -> int:
        if not numbers:
            return 0
        number = self.dice.choice(sorted(numbers))
        numbers.discard(number)
        then(number)
        return number

    # -- what must be true ------------------------------------------------------------------------

    def invented(self) -> Iterator[str]:
        """What the archive tells and nobody has done."""
        for row in self._comments().values():
            if row["gone_at"] and int(row["key"]) not in self.hidden and row["post_id"] not in self.gone:
                yield f"comment {row['key']} is told to be gone"
            if row["reworded"] and int(row["key"]) not in self.reworded:
                yield f"comment {row['key']} is told to be edited"
        for row in self.life.crawls.rows("SELECT * FROM articles"):
            if row["gone_at"] and row["post_id"] not in self.gone:
                yield f"article {row['post_id']} is told to be gone"
            if row["version_count"] > 1 and row["post_id"] not in self.rewritten | self.gone:
                yield f"article {row['post_id']} is told to be edited"

    def differs(self) -> Iterator[str]:
        """What archive and site do not agree on, in the end.

        Where only pages tell, a reply below a hidden comment is nowhere seen, and one below the theme's
        deepest level hangs there.
        """
        truth, held, rows = self.site.truth(), self.life.held(), self._comments()
        own = {post.id: post for post in truth.posts if post.kind == "post"}
        shown = {c.id: c for c in truth.comments if self.life.rest or (c.shown and c.post in own)}
        unseen = set() if self.life.rest else {c.id for c in truth.comments if not c.shown}
        yield from (f"comment {number} is held, not shown" for number in held - shown.keys() - unseen)
        yield from (f"comment {number} is shown, not held" for number in shown.keys() - held)
        for number, comment in shown.items():
            row = rows.get(number)
            if row and comment.kind == "comment" and _words(*comment.paragraphs) != _words(row["text"]):
                yield f"comment {number} says {row['text']!r}"
            if row and self.life.rest and str(comment.parent or "") != (row["site_parent"] or ""):
                yield f"comment {number} answers {row['site_parent']}, not {comment.parent}"
        articles = self.life.crawls.rows("SELECT * FROM articles WHERE gone_at IS NULL")
        texts = {row["post_id"]: row["text"] for row in articles}
        yield from (f"article {number} is shown, not held" for number in own.keys() - texts.keys())
        for number in self.rewritten & own.keys() & texts.keys():
            if _words(*own[number].paragraphs) != _words(texts[number]):
                yield f"article {number} says {texts[number]!r}"

    def _comments(self) -> dict[int, dict[str, Any]]:
        reworded = (
            "SELECT 1 FROM comment_versions, json_each(changed) WHERE comment_id = comments.id"
            " AND value IN ('text', 'author')"
        )
        found = self.life.crawls.rows(
            f"SELECT comments.*, post_id, EXISTS ({reworded}) AS reworded FROM comments"
            " JOIN articles ON articles.id = article_id WHERE site_id IS NOT NULL"
        )
        return {int(str(row["key"])): row for row in found}


def _ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def _words(*texts: object) -> list[str]:
    return " ".join(str(text or "") for text in texts).split()


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
    }


def live(seed: int) -> list[str]:
    """Return what was wrong in one life."""
    dice = random.Random(seed)
    kind = kind_of(seed)
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        site = held.enter_context(WordPress(workdir=folder / "wordpress", **kind))
        crawls = Crawls(folder, site.url, {"timezone": "America/New_York"})
        crawls.crawl()
        story = Story(Life(site, crawls, kind["closed"]), dice)
        wrong: list[str] = []
        for tick in range(TICKS):
            done = [story.go_on() for _ in range(dice.choice((0, 0, 1, 1, 2, 3, 5)))]
            story.life.pass_time(minutes=dice.choice(PAUSES))
            if dice.random() < KILLED:
                done.append(_killed(crawls, dice.uniform(0.5, 3.0)))
            else:
                crawls.crawl()
            wrong += [f"tick {tick} ({', '.join(done)}): {each}" for each in story.invented()]
        for _ in range(6):
            story.life.look_again()
            story.life.tick(hours=2)
        return wrong + [f"in the end: {each}" for each in (*story.invented(), *story.differs())]


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
    asked = options.parse_args()
    require()
    first = random.randrange(10**6) if asked.seed is None else asked.seed
    faults = 0
    for seed in range(first, first + asked.lives):
        wrong = live(seed)
        faults += len(wrong)
        kind = ", ".join(f"{name} {value!r}" for name, value in kind_of(seed).items())
        sys.stdout.write(f"seed {seed} ({kind}): {len(wrong)} faults\n")
        sys.stdout.writelines(f"  {each}\n" for each in wrong)
        sys.stdout.flush()
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
