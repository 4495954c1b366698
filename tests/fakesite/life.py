"""The events of the sample newspaper as time goes by, so that a crawler finds something new.

It knows when events are due (a pure function of the time since the epoch) and how to make each one happen at
the desk. It does not know clocks or threads. Its law: the same seed, epoch and elapsed time give the same
events; there are never more than LAST of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from .desk import Desk
from .generator.chatter import Chatter
from .generator.compose import Composer
from .generator.dice import Decks, Dice
from .model import Comment, Post

FIRST, GAP, BRISK, GROWTH, LAST = 20.0, 40.0, 45, 1.04, 300


def due(elapsed: float) -> int:
    """How many events are due this many seconds after the epoch: the first after 20 s, then one every 40 s
    for half an hour, then ever more slowly, at most 300 in all.
    """
    count, moment, gap = 0, FIRST, GAP
    while count < LAST and moment <= elapsed:
        count += 1
        gap = GAP if count < BRISK else gap * GROWTH
        moment += gap
    return count


def when(number: int) -> float:
    """How many seconds after the epoch the event of this number (from 0) happens."""
    moment, gap = FIRST, GAP
    for count in range(1, number + 1):
        gap = GAP if count < BRISK else gap * GROWTH
        moment += gap
    return moment


class Life:
    """The events of one newspaper, made to happen in order."""

    def __init__(self, desk: Desk, seed: int, epoch: datetime, decks: Decks) -> None:
        self.desk = desk
        self.seed = seed
        self.epoch = epoch
        self.decks = decks
        self.done = 0

    def catch_up(self, now: datetime) -> int:
        """Make every event happen that is due by now (aware); returns how many did."""
        before = self.done
        for number in range(before, due((now - self.epoch).total_seconds())):
            self._happen(number)
            self.done = number + 1
        return self.done - before

    def _happen(self, number: int) -> None:
        dice = Dice(self.seed, "life", number)
        at = self.epoch + timedelta(seconds=int(when(number)))
        kinds: list[Callable[[Dice, datetime], None]] = [
            self._answer_old,
            self._answer_new,
            self._silent_edit,
            self._answer_old,
            self._approve,
            self._edited_comment,
            self._new_article,
            self._answer_new,
            self._deleted_comment,
        ]
        if self._posts() and self._comments():
            kinds[number % len(kinds)](dice, at)
        else:
            self._new_article(dice, at)

    def _posts(self) -> list[Post]:
        return [post for post in self.desk.paper.published() if self.desk.paper.readable(post)]

    def _comments(self) -> list[Comment]:
        paper = self.desk.paper
        return [c for c in paper.all_approved() if c.kind == "comment" and paper.public_comment(c)]

    def _say(self, dice: Dice, post: Post, parent: Comment | None, at: datetime) -> None:
        said = Chatter(dice, self.decks.chatter).remark(post, parent)
        parent_id = parent.id if parent else 0
        self.desk.reply(post.id, parent_id, said.author, said.text, url=said.url, at=at)

    def _answer_old(self, dice: Dice, at: datetime) -> None:
        """Somebody finds an old article and answers one of its comments."""
        old = [comment for comment in self._comments() if at - comment.date > timedelta(days=60)]
        if not old:
            return self._answer_new(dice, at)
        parent = dice.pick(old)
        return self._say(dice, self.desk.paper.posts[parent.post], parent, at)

    def _answer_new(self, dice: Dice, at: datetime) -> None:
        """A comment under one of the newest articles."""
        post = dice.pick(self._posts()[:6])
        mine = [c for c in self.desk.paper.approved(post) if c.kind == "comment"]
        self._say(dice, post, dice.pick(mine) if mine and dice.chance(0.5) else None, at)

    def _silent_edit(self, dice: Dice, at: datetime) -> None:
        """A paragraph gains a sentence, and nobody says so."""
        post = dice.pick(self._posts())
        added = Composer(dice, self.decks.stories).addendum(post)
        places = [n for n, block in enumerate(post.blocks) if block.kind == "p"]
        place = dice.pick(places)
        old = post.blocks[place]
        longer = replace(old, html=old.html.removesuffix("</p>") + f" {added}</p>")
        blocks = (*post.blocks[:place], longer, *post.blocks[place + 1 :])
        self.desk.edit_article(post.id, blocks=blocks, silent=True, at=at)

    def _edited_comment(self, dice: Dice, _at: datetime) -> None:
        """A moderator tones a comment down, or a reader mends it."""
        comment = dice.pick(self._comments()[-400:])
        comment.html = f"{comment.html}\n<p>{Chatter(dice).second_thought()}</p>"

    def _deleted_comment(self, dice: Dice, _at: datetime) -> None:
        """A comment goes for good; its replies move up."""
        self.desk.delete_comment(dice.pick(self._comments()[-400:]).id)

    def _approve(self, dice: Dice, at: datetime) -> None:
        """A comment that waited in moderation appears, with its old date."""
        paper = self.desk.paper
        held = [
            c
            for c in paper.comments.values()
            if c.status == "hold" and paper.readable(paper.posts.get(c.post))
        ]
        if not held:
            return self._answer_new(dice, at)
        return self.desk.approve_comment(dice.pick(held).id)

    def _new_article(self, dice: Dice, at: datetime) -> None:
        """A new article with its first comments, two minutes apart at most."""
        story = Composer(dice, self.decks.stories).story(self.desk.paper.local(at))
        number = self.desk.publish(
            story.title,
            "",
            author=story.author,
            category=story.category,
            tags=story.tags,
            blocks=story.blocks,
            excerpt=story.excerpt,
            topic=story.topic,
            at=at,
        )
        for _ in range(dice.number(1, 3)):
            self._say(dice, self.desk.paper.posts[number], None, at)
