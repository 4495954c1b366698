"""A life of a site, seen by several witnesses: whatever arrives first, the archive holds the same rows."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.tables.observations import ThreadLook
from tests.builders.witnessed import FIRST, SITE, WORDS, Desk, article, remark, rows_of, years

CRAWLS = (5, 9, 11)
"""Years of our own crawls; in all others somebody else looked."""
LAMP, FERRY = f"{SITE.url}/2009/08/lamp", f"{SITE.url}/2009/09/ferry"
PLACES = f"{SITE.url}/2009/07/ice", LAMP, FERRY


class Site:
    """A site with three articles and what happens to them, a year at a time."""

    def __init__(self, dice):
        self.dice, self.number = dice, 0
        self.articles = [
            replace(
                article(),
                url=url,
                post_id=7 + place,
                title=title,
                published=FIRST + timedelta(days=40 * place, hours=place),
                text=f"{title}, they said. {WORDS.format('lower')}",
            )
            for place, (url, title) in enumerate(
                zip(PLACES, ("Ice in the harbour", "The lamp goes out", "Ferries stay home"), strict=True)
            )
        ]
        self.threads = [[], [], []]
        self.taken = []  # removed comments that may come back

    def live(self):
        """Let a year pass."""
        dice = self.dice
        for place, each in enumerate(self.articles):
            thread = self.threads[place]
            for _ in range(dice.randint(0, 2)):
                self.number += 1
                parent = dice.choice(thread).id if thread and dice.random() < 0.4 else None
                thread.append(remark(self.number, author=dice.choice("EFGH"), parent=parent))
            happens = dice.random()
            if happens < 0.2 and each.title.count(":") < 2:
                self.articles[place] = replace(each, title=f"{each.title}: number {self.number}")
            elif happens < 0.45:
                word = dice.choice(("lower", "upper", "northern", "western"))
                text = f"{each.title}. {WORDS.format(word)} {self.number}."
                self.articles[place] = replace(each, text=text)
            elif happens < 0.55 and "moved" not in each.url:
                self.articles[place] = replace(each, url=f"{each.url}-moved")
            elif happens < 0.8 and thread:
                self._to_a_comment(place, dice.randrange(len(thread)))

    def _to_a_comment(self, place, at):
        thread, kind = self.threads[place], self.dice.choice(("gone", "gone", "words", "name", "back"))
        old = thread[at]
        if kind == "gone":
            self.taken.append((place, old))
            self.threads[place] = [each for each in thread if old.id not in (each.id, each.parent)]
        elif kind == "back" and self.taken:
            where, comment = self.taken.pop()
            ids = {each.id for each in self.threads[where]}
            if comment.parent is None or comment.parent in ids:
                self.threads[where] = sorted([*self.threads[where], comment], key=lambda each: int(each.id))
        elif kind == "words":
            said = f"{old.text} Edited, number {self.number}."
            thread[at] = replace(old, text=said, html=said)
        else:
            thread[at] = replace(old, author=f"{old.author} of the quay")

    def pages(self):
        """Return what each article's page says now."""
        return [
            (replace(each, comments_stated=len(thread)), tuple(thread))
            for each, thread in zip(self.articles, self.threads, strict=True)
        ]


def life(seed):
    """Return the looks of a life: our crawls by year, and captures of one article each."""
    dice = random.Random(seed)
    site = Site(dice)
    ours, others = [], []
    for year in range(13):
        site.live()
        pages = site.pages()
        if year in CRAWLS:
            ours.append((year, pages))
        else:
            seen = [(year, each, dice.choice(("one.example", "two.example"))) for each in pages]
            others += dice.sample(seen, dice.randint(1, 3))
    return ours, others


def crawl(desk, year, pages):
    """Crawl all pages, and look again at their threads, so that a removal is known."""
    for said, comments in pages:
        desk.crawl(year, said, *comments, url=said.url)
    for hours in (0, 30):
        for said, comments in pages:
            shown = frozenset(comment.id for comment in comments)
            at = years(year) + timedelta(hours=hours)
            desk.archive.note_look(ThreadLook(source="gazette", url=said.url, shown=shown, looked_at=at))


def arrive(folder, order):
    """Return the rows of an archive at which looks arrive in an order."""
    desk = Desk(folder)
    for year, seen, *witness in order:
        if witness:
            desk.take(year, seen[0], *seen[1], witness=witness[0], url=seen[0].url)
        else:
            crawl(desk, year, seen)
    rows = rows_of(desk)
    assert desk.db.execute("PRAGMA foreign_key_check").fetchall() == []
    desk.close()
    return rows


def orders(dice, ours, others):
    """Yield orders of arrival: captures first, captures last, by time, and at random with some twice."""
    yield [*ours, *others]
    yield [*others, *ours]
    yield [*reversed(others), *ours]
    yield sorted([*ours, *others], key=lambda each: each[0])
    for _ in range(2):
        order = [*others, *dice.sample(others, 3)]
        dice.shuffle(order)
        places = sorted(dice.randint(0, len(order)) for _ in ours)
        for number, (place, crawled) in enumerate(zip(places, ours, strict=True)):
            order.insert(place + number, crawled)
        yield order


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_witnesses_gives_the_same_rows(tmp_path, seed):
    ours, others = life(seed)
    first = None
    for number, order in enumerate(orders(random.Random(seed), ours, others)):
        rows = arrive(tmp_path / str(number), order)
        first = first or rows
        for table, held in rows.items():
            assert held == first[table], (table, number)
