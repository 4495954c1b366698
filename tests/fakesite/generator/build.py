"""The whole paper as it stands at its epoch: newsroom, articles, hidden things, comments, in order of time.

It knows how many of each there are and when they were written. It does not know words (compose.py and
chatter.py write them). Its law: `articles` listed articles and `comments` readable comments, exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.fakesite.desk import slugged, text_blocks
from tests.fakesite.model import Block, Post, Term, User
from tests.fakesite.paper import Options, Paper

from .compose import Composer, Story
from .crowd import add_comments
from .dice import Deck, Decks, Dice
from .stock import Saga, stock
from .telling import Telling

_FOUNDED = datetime(2006, 3, 4, 13, 0, tzinfo=UTC)
_UNDERSCORES_UNTIL = 2010
_HIDDEN = ("draft", "private", "trash", "future", "draft", "private")


def build(options: Options, articles: int, comments: int, seed: int, epoch: datetime, decks: Decks) -> Paper:
    """The paper at its epoch (aware UTC)."""
    paper = Paper(options)
    dice = Dice(seed, "build")
    _newsroom(paper)
    _pages(paper)
    stories = _Stories(paper, dice, decks.stories, articles, epoch)
    stories.write()
    _hide_some(paper, dice, epoch, max(1, articles // 30))
    add_comments(paper, Dice(seed, "comments"), decks.chatter, comments, epoch)
    return paper


def _newsroom(paper: Paper) -> None:
    for number, line in enumerate(stock().town["staff"], 1):
        name, _, bio = (part.strip() for part in line.split("|"))
        paper.users[number] = User(number, name, slugged(name), bio)
    for number, beat in enumerate(stock().beats.values(), 1):
        paper.terms[number] = Term(number, "category", beat.name, beat.slug)


def _pages(paper: Paper) -> None:
    for slug, title in (("about", "About The Averil Packet"), ("house-rules", "House rules")):
        blocks = text_blocks("\n\n".join(stock().town[f"page {slug}"]))
        author = paper.users[1]
        page = Post(
            paper.next_post, title, slug, _FOUNDED, _FOUNDED, author, blocks, kind="page", comments_open=False
        )
        paper.add_post(page)


@dataclass(slots=True)
class _Running:
    """A running story on its way."""

    saga: Saga
    telling: Telling
    stage: int = 0
    last: Post | None = None


class _Stories:
    """The articles, written in order of time."""

    def __init__(self, paper: Paper, dice: Dice, deck: Deck, count: int, epoch: datetime) -> None:
        self.paper, self.dice, self.deck, self.count, self.epoch = paper, dice, deck, count, epoch
        self.plan = _plan(dice, count)
        self.running: dict[int, _Running] = {}
        self.split = 0

    def write(self) -> None:
        """Write them all."""
        for number, moment in enumerate(_moments(self.dice, self.count, self.epoch)):
            self.paper.next_post += self.dice.number(0, 7)
            local = self.paper.local(moment)
            kind = self.plan[number]
            if kind.startswith("saga "):
                self._saga_stage(int(kind[5:]), moment, local)
                continue
            if kind == "column" and local.year >= _UNDERSCORES_UNTIL:
                kind = "report"
            self._keep(Composer(self.dice, self.deck).story(local, kind), moment, local, kind)
        newest = self.paper.published()
        if len(newest) > 3:
            newest[2].sticky = True

    def _saga_stage(self, which: int, moment: datetime, local: datetime) -> None:
        run = self.running.get(which)
        if run is None:
            run = self.running[which] = _Running(stock().sagas[which], Telling(self.dice, local, self.deck))
        run.telling.local = local
        if run.last:
            reported = f"reported in {self.paper.local(run.last.date):%B %Y}"
            run.telling.bound["reported"] = f'<a href="%BASE%{self.paper.path(run.last)}">{reported}</a>'
        story = Composer(self.dice, self.deck).saga(run.saga, run.stage, run.telling)
        run.last, run.stage = self._keep(story, moment, local, "report"), run.stage + 1

    def _keep(self, story: Story, moment: datetime, local: datetime, kind: str) -> Post:
        blocks = list(story.blocks)
        if kind == "longread" and self.split < 2:
            self.split += 1
            _split(blocks)
        edited = self.dice.chance(0.3) and local.year < self.paper.local(self.epoch).year
        later = timedelta(minutes=self.dice.number(4, 5000)) if edited else timedelta()
        post = Post(
            id=self.paper.next_post,
            title=story.title,
            slug=self._slug(story.title, local),
            date=moment,
            modified=min(moment + later, self.epoch - timedelta(minutes=1)),
            author=next(user for user in self.paper.users.values() if user.name == story.author),
            blocks=tuple(blocks),
            excerpt=story.excerpt,
            categories=(self._term("category", story.category),),
            tags=tuple(self._term("post_tag", name) for name in story.tags),
            topic=story.topic,
        )
        return self.paper.add_post(post)

    def _slug(self, title: str, local: datetime) -> str:
        """The early years cut slugs near 30 characters and joined words with underscores; twins got `_2`."""
        old = local.year < _UNDERSCORES_UNTIL
        joint = "_" if old else "-"
        words = slugged(title).split("-")
        slug = joint.join(words[:9])
        while old and len(slug) > 30:
            slug = slug.rpartition("_")[0] if "_" in slug else slug[:30]
        taken = {post.slug for post in self.paper.posts.values()}
        unique, twin = slug, 2
        while unique in taken:
            unique, twin = f"{slug}{joint}{twin}", twin + 1
        return unique

    def _term(self, taxonomy: str, name: str) -> Term:
        for term in self.paper.terms.values():
            if (term.taxonomy, term.name) == (taxonomy, name):
                return term
        term = Term(max(self.paper.terms) + 1, taxonomy, name, slugged(name))
        self.paper.terms[term.id] = term
        return term


def _split(blocks: list[Block]) -> None:
    """Part a long text in two (three, if it is very long) before a subhead."""
    heads = [number for number, block in enumerate(blocks) if block.kind == "h2"]
    for place in sorted({heads[len(heads) // 3], heads[2 * len(heads) // 3]}, reverse=True):
        blocks.insert(place, Block("nextpage", ""))


def _plan(dice: Dice, count: int) -> list[str]:
    """Return the kind of each article: the stages of running stories in their order, the rest by chance."""
    kinds = ["brief"] * 28 + ["report"] * 60 + ["feature"] * 8 + ["column"] * 4
    plan = [dice.pick(kinds) for _ in range(count)]
    if count > 4:
        plan[count // 2] = "longread"
    for place in (count // 5, 4 * count // 5, count - 9):
        if count > 100:
            plan[place] = "longread"
    for which, saga in enumerate(stock().sagas):
        if count < 25 and which:
            break
        stages = min(len(saga.stages), max(2, count // 5))
        begin = dice.part() * 0.45
        step = (0.98 - begin) / stages * (0.6 + dice.part() * 0.4)
        for stage in range(stages):
            place = int((begin + stage * step) * count)
            while place < count and plan[place].startswith(("saga", "longread")):
                place += 1
            if place < count:
                plan[place] = f"saga {which}"
    return plan


def _moments(dice: Dice, count: int, epoch: datetime) -> list[datetime]:
    """When each article appeared (aware UTC): from 2006 to a few hours before the epoch, closer lately."""
    span = (epoch - timedelta(hours=2) - _FOUNDED).total_seconds()
    found, last = [], _FOUNDED
    for number in range(count):
        share = math.pow((number + 1) / count, 0.8) if count else 1.0
        moment = _FOUNDED + timedelta(seconds=int(span * share))
        moment -= timedelta(minutes=dice.number(3, 170)) if number < count - 1 else timedelta(minutes=7)
        moment = moment if moment > last else last + timedelta(minutes=3)
        found.append(moment)
        last = moment
    return found


def _hide_some(paper: Paper, dice: Dice, epoch: datetime, count: int) -> None:
    """Drafts and other hidden articles; and one in sixty of the listed gets a password."""
    listed = paper.published()
    for number in range(count if listed else 0):
        near = dice.pick(listed)
        status = _HIDDEN[number % len(_HIDDEN)]
        late = timedelta(days=9) if status == "future" else timedelta(minutes=-dice.number(30, 300))
        when = (epoch if status == "future" else near.date) + late
        title, paragraphs = _secret(dice, paper, "secret", number)
        post = Post(paper.next_post, title, slugged(title), when, when, near.author, paragraphs)
        post.status, post.categories = status, near.categories
        paper.add_post(post)
    for number in range(max(1, len(listed) // 60) if len(listed) > 4 else 0):
        post = listed[min(len(listed) - 1, 5 + number * 41)]
        title, post.blocks = _secret(dice, paper, "closed", number)
        post.title, post.slug, post.password, post.excerpt, post.tags = title, slugged(title), True, "", ()
        post.topic = "the members' page"


def _secret(dice: Dice, paper: Paper, pack: str, number: int) -> tuple[str, tuple[Block, ...]]:
    """A title and text that stand nowhere else in the paper."""
    texts = stock().town[pack]
    title, _, text = texts[number % len(texts)].partition(" :: ")
    told = Telling(dice, paper.local(_FOUNDED) + timedelta(days=200 * number))
    again = f" ({number // len(texts) + 1})" if number >= len(texts) else ""
    return told.tell(title) + again, text_blocks("\n\n".join(told.tell(part) for part in text.split(" // ")))
