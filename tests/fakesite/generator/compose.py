"""Articles, written from the stock: briefs, reports, long features, columns, and the stages of running
stories.

It knows how a newspaper builds a text: a lead, the story, voices, subheads, a picture, a quotation, a
list, a table. It does not know ids, addresses or comments. Its law: the same dice tell the same story.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import datetime

from tests.fakesite.model import Block, Post
from tests.fakesite.typed import smart

from .dice import Deck, Dice
from .stock import VOICES, Beat, Saga, Tale, stock
from .telling import Telling

_LENGTH = {"feature": 0.4, "longread": 1.0}


@dataclass(slots=True)
class Story:
    """A finished text, before it has an id and an address."""

    title: str
    author: str
    category: str
    tags: tuple[str, ...]
    blocks: tuple[Block, ...]
    excerpt: str
    topic: str


@dataclass(slots=True)
class Draft:
    """A text being put together."""

    telling: Telling
    beat: Beat
    blocks: list[Block] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def add(self, kind: str, markup: str) -> None:
        """Add one block of finished markup, its quotes curled."""
        self.blocks.append(Block(kind, smart(markup)))

    def paragraph(self, pattern: str) -> None:
        """Add a paragraph told from a pattern."""
        self.add("p", f"<p>{self.telling.tell(pattern)}</p>")


class Composer:
    """Writes stories with one set of dice; a `deck` shared by many composers keeps them from repeating."""

    def __init__(self, dice: Dice, deck: Deck | None = None) -> None:
        self.dice = dice
        self.deck = deck or Deck(dice)

    def story(self, local: datetime, kind: str = "", beat: str = "") -> Story:
        """A story of a kind (brief, report, feature, longread, column) and beat, or of any."""
        kind = kind or self.dice.pick(["brief", "report", "report", "report"])
        beats = stock().beats
        chosen = beats[beat] if beat else self.deck.deal("beats", list(beats.values()))
        while kind in _LENGTH and chosen.slug == "letters":
            chosen = self.deck.deal("beats", list(beats.values()))
        draft = Draft(Telling(self.dice, local, self.deck), chosen)
        if kind == "column":
            return self._column(draft)
        if kind == "brief":
            return self._brief(draft)
        return self._told(draft, local, _LENGTH.get(kind, 0.0))

    def _finish(self, draft: Draft, title: str, topic: str, tags: list[str], excerpt: str = "") -> Story:
        writers = [line.split("|") for line in stock().town["staff"]]
        mine = [row[0].strip() for row in writers if draft.beat.slug in row[1]] or [writers[0][0].strip()]
        chosen = dict.fromkeys([*tags, *self.dice.shuffled(draft.beat.tags)[: self.dice.number(0, 2)]])
        return Story(
            title=smart(title),
            author=self.dice.pick(mine),
            category=draft.beat.name,
            tags=tuple(chosen),
            blocks=tuple(draft.blocks),
            excerpt=excerpt,
            topic=topic,
        )

    def _brief(self, draft: Draft) -> Story:
        """One to three sentences."""
        pattern = self.deck.deal(f"{draft.beat.slug} brief", draft.beat.packs["brief"])
        title, _, text = pattern.partition(" :: ")
        told_title = draft.telling.tell(title)
        draft.paragraph(text)
        return self._finish(draft, told_title, "all this", [])

    def _column(self, draft: Draft) -> Story:
        """The weekly column of the early years: small items, one after another."""
        draft.paragraph(self.deck.deal("column", stock().town["column"]))
        for name in self.dice.shuffled(list(stock().beats))[: self.dice.number(3, 5)]:
            pack = stock().beats[name].packs["brief"]
            title, _, text = self.deck.deal(f"{name} brief", pack).partition(" :: ")
            draft.paragraph(f"<strong>{title}.</strong> {text}")
        return self._finish(draft, "Notes from the quay", "the notes", ["Notes from the quay"])

    def _tale(self, beat: Beat, month: int) -> Tale:
        for _ in range(2 * len(beat.tales)):
            tale = self.deck.deal(f"{beat.slug} tale", beat.tales)
            if month in tale.months:
                return tale
        return beat.tales[0]

    def _told(self, draft: Draft, local: datetime, long: float) -> Story:
        """A report; `long` above 0 makes it a feature, 1 a feature of about 1,500 words in every voice."""
        tale = self._tale(draft.beat, local.month)
        key = f"{draft.beat.slug} {tale.topic}"
        topic = draft.telling.phrase(tale.topic)
        lead = self.deck.deal(f"{key} lead", tale.leads)
        title = self.deck.deal(f"{key} title", tale.titles)
        draft.paragraph(lead)
        self._picture(draft, 1.0 if long else 0.4)
        letter = draft.beat.slug == "letters"
        *body, last = tale.body
        for number, pattern in enumerate(body if letter else tale.body):
            if long or letter or number < 2 or self.dice.chance(0.75):
                draft.paragraph(pattern)
        if letter:
            self._letter_end(draft, last)
        elif long:
            self._long_middle(draft, tale, long)
        else:
            self._short_middle(draft)
        told = draft.telling.tell(title)
        tags = [draft.telling.tell(tag) for tag in draft.beat.tags[:1]] if self.dice.chance(0.6) else []
        return self._finish(draft, told, topic, tags)

    def _voice(self, draft: Draft, voice: str, times: int) -> None:
        """Up to so many paragraphs in one voice, none of them twice in a text."""
        pack, tries = draft.beat.packs[f"pool {voice}"], 0
        while times and tries < 2 * len(pack):
            pattern, tries = self.deck.deal(f"{draft.beat.slug} {voice}", pack), tries + 1
            if pattern not in draft.used:
                draft.used.add(pattern)
                draft.paragraph(pattern)
                times -= 1

    def _short_middle(self, draft: Draft) -> None:
        voices = self.dice.shuffled(VOICES)[: self.dice.number(1, 3)]
        extra = self.dice.pick(["quote", "table", "list", "", "", "subhead"])
        for number, voice in enumerate(voice for voice in VOICES if voice in voices):
            if extra == "subhead" and number == 0:
                self._subhead(draft, voice)
            self._voice(draft, voice, 1)
        if extra in ("quote", "table", "list"):
            self._extra(draft, extra)

    def _letter_end(self, draft: Draft, farewell: str) -> None:
        """A letter goes on for a paragraph or two, and ends with its signature."""
        for voice in self.dice.shuffled(VOICES)[: self.dice.number(1, 3)]:
            self._voice(draft, voice, 1)
        draft.paragraph(farewell)

    def _other_tale(self, draft: Draft, tale: Tale) -> None:
        """A long text looks round the corner: another story of the beat, with its own people."""
        other = self._tale(draft.beat, draft.telling.local.month)
        if other is tale:
            return
        mine = draft.telling
        draft.telling = Telling(self.dice, mine.local, self.deck)
        self._subhead(draft, "aside")
        for pattern in (self.dice.pick(other.leads), *other.body):
            draft.paragraph(pattern)
        draft.telling = mine

    def _long_middle(self, draft: Draft, tale: Tale, long: float) -> None:
        extras = self.dice.shuffled(["quote", "table", "list", "quote"])
        for voice in VOICES:
            self._subhead(draft, voice)
            self._voice(draft, voice, 3 if self.dice.chance(long + 0.2) else 2)
            if extras and self.dice.chance(max(0.6, long)):
                self._extra(draft, extras.pop())
            if voice == "people" or (voice in ("doubt", "colour") and self.dice.chance(long * long)):
                self._other_tale(draft, tale)

    def _subhead(self, draft: Draft, voice: str) -> None:
        pack = stock().town[f"subhead {voice}"]
        pattern = next(
            (p for _ in pack if (p := self.deck.deal(f"subhead {voice}", pack)) not in draft.used), pack[0]
        )
        draft.used.add(pattern)
        words = draft.telling.tell(pattern)
        draft.add("h2", f'<h2 class="wp-block-heading">{words}</h2>')

    def _extra(self, draft: Draft, kind: str) -> None:
        pack = draft.beat.packs.get(kind)
        if pack:
            told = draft.telling.tell(self.deck.deal(f"{draft.beat.slug} {kind}", pack))
            {"quote": _quote, "table": _table, "list": _list}[kind](draft, told)

    def _picture(self, draft: Draft, chance: float) -> None:
        pack = draft.beat.packs["caption"]
        if not self.dice.chance(chance):
            return
        caption = draft.telling.tell(self.deck.deal(f"{draft.beat.slug} caption", pack))
        name = f"{draft.beat.slug}-{self.dice.number(1000, 9999)}"
        source = f"%BASE%/wp-content/uploads/{draft.telling.local:%Y/%m}/{name}.svg"
        alt = html.escape(caption.split(".")[0])
        size = 'decoding="async" width="800" height="450"'
        image = f'<img {size} src="{source}" alt="{alt}" class="wp-image-{name[-4:]}"/>'
        figure = f'<figure class="wp-block-image size-large">{image}'
        draft.blocks.append(
            Block(
                "figure",
                f'{figure}<figcaption class="wp-element-caption">{smart(caption)}</figcaption></figure>',
            )
        )

    def saga(self, saga: Saga, stage: int, telling: Telling) -> Story:
        """One stage of a running story; the telling keeps its people from stage to stage."""
        draft = Draft(telling, stock().beats[saga.beat])
        title, *paragraphs = saga.stages[stage]
        for number, pattern in enumerate(paragraphs):
            draft.paragraph(pattern)
            if number == 0:
                self._picture(draft, 0.6)
        self._voice(draft, self.dice.pick(VOICES), 1)
        return self._finish(draft, telling.tell(title), saga.topic, saga.tags)

    def addendum(self, post: Post) -> str:
        """A sentence that may be slipped into an article later."""
        sentences = stock().town["addendum"]
        return smart(Telling(self.dice, post.modified, self.deck).tell(self.dice.pick(sentences)))


def _quote(draft: Draft, told: str) -> None:
    words, _, who = told.partition(" // ")
    cite = f"<cite>{who}</cite>" if who else ""
    draft.add("quote", f'<blockquote class="wp-block-quote"><p>{words}</p>{cite}</blockquote>')


def _list(draft: Draft, told: str) -> None:
    intro, *items = told.split(" // ")
    draft.add("p", f"<p>{intro}</p>")
    rows = "".join(f"<li>{item}</li>" for item in items)
    draft.add("list", f'<ul class="wp-block-list">{rows}</ul>')


def _table(draft: Draft, told: str) -> None:
    head, *rows = (line.split(" ;; ") for line in told.split(" // "))
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    draft.add("table", f'<figure class="wp-block-table">{table}</figure>')
