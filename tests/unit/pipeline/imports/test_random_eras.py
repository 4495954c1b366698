"""Random threads of two eras: how many comments are joined that are one, and how many that are not.

Between the eras the times move to another zone, comments are removed, some are written anew in part, and some
lose their signs to a wrong charset. `BACKISSUE_THREADS=40` tries more than the suite.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.eras import ERAS, HOST, URL, Letter, curly, wordpress
from tests.builders.warcs import rows, run, warc

THREADS = int(os.environ.get("BACKISSUE_THREADS", "6"))
LETTERS = 30
CONFIG = f"""contact = "desk@{HOST}"
[sources.gazette]
url = "http://{HOST}"
timezone = "America/New_York"
"""
THINGS = [
    "tide",
    "quay",
    "ferry",
    "lamp",
    "bell",
    "harbour",
    "pilot",
    "skates",
    "ice",
    "council",
    "letter",
    "oil",
    "stone",
    "herring",
    "lane",
    "boat",
    "winter",
    "glass",
    "tower",
    "shop",
    "table",
    "net",
    "rope",
    "anchor",
    "fog",
    "gull",
]
SHORT = ("Thanks.", "I agree.", "Me too!", "Well said.", "Hear, hear.")
ENDS = (".", "...", ' "so" they said.', " -- it's so.", " 1/2 of it.")
AUTHORS = ("E. O'Brien", "Wren", 'Gil "Skip" Strand', "Fay Moor", "Ada Moor", "anna", "Anonymous", "B")
GARBLED = {"’": "â€™", "“": "â€œ", "—": "â€”", "…": "â€¦"}
PLACES = (
    "SELECT at, position, comment_id FROM captured_comments JOIN captures ON captures.id = capture_id"
    " ORDER BY 1, 2"
)


def spoken(dice: random.Random) -> tuple[str, ...]:
    if dice.random() < 0.2:
        return (dice.choice(SHORT),)
    words = " ".join(dice.choices(THINGS, k=dice.randint(8, 25)))
    return (f"{words.capitalize()}{dice.choice(ENDS)}",)


def thread(dice: random.Random) -> Iterator[Letter]:
    """Yield a thread in which some comments have the words of others, or were sent twice."""
    at, before = datetime(2009, 7, 9, 8), []  # noqa: DTZ001 - as a template prints it
    for place in range(1, LETTERS + 1):
        at += timedelta(minutes=dice.choice((0, 1, 2, 15, 300, 1440, 60 * 24 * 9)))
        author, words = dice.choice(AUTHORS), spoken(dice)
        if before and dice.random() < 0.1:
            author, words = dice.choice((author, before[-1].author)), before[-1].words
        numbers = {"place": place, "number": 120 + 3 * place, "today": 0}
        before.append(Letter(**numbers, author=author, url="", at=at, words=words))
        yield before[-1]


def of_today(dice: random.Random, letters: list[Letter]) -> Iterator[tuple[str, Letter]]:
    """Yield what is there today, with what happened to it."""
    zone = timedelta(hours=dice.choice((0, -5, 1)))
    for letter in letters:
        what = dice.choices(("removed", "edited", "garbled", "same"), (1, 1, 1, 7))[0]
        today = replace(curly(letter), at=letter.at + zone, today=900 + letter.place)
        if what == "removed" or len(letter.words[0]) < 20:
            what = "removed" if what == "removed" else "same"
        if what == "edited":
            today = replace(today, words=(f"{today.words[0]} {' '.join(dice.choices(THINGS, k=4))}.",))
        if what == "garbled":
            today = replace(today, words=("".join(GARBLED.get(sign, sign) for sign in today.words[0]),))
        yield what, today


def is_one_more(letters: list[Letter], letter: Letter) -> bool:
    """True if another comment has the author and the words of one, so that either may be the other."""
    return sum((each.author, each.words) == (letter.author, letter.words) for each in letters) > 1


def test_random_comments_of_two_eras_are_joined_if_they_are_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined, all_, wrong = Counter[str](), Counter[str](), []
    eras = ("Movable Type 2", "Movable Type 3", "Kubrick", "TypePad", "bullets", "anchor, number")
    for seed in range(THREADS):
        dice = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "backissue.toml").write_text(CONFIG)
        monkeypatch.chdir(folder)
        before = [*thread(dice)]
        fates = [*of_today(dice, before)]
        left = [letter for what, letter in fates if what != "removed"]
        markup = ERAS[eras[seed % len(eras)]](before)
        run(warc(folder / "x.warc.gz", (URL, 2010, markup.encode()), (URL, 2015, wordpress(left).encode())))
        found = rows(folder, PLACES)
        then = [number for at, _, number in found if at.startswith("2010")]
        now = [number for at, _, number in found if at.startswith("2015")]
        assert (len(then), len(now)) == (len(before), len(left))
        today = {letter.place: number for letter, number in zip(left, now, strict=True)}
        for (what, letter), number, old in zip(fates, then, before, strict=True):
            others = [place for place, each in today.items() if each == number and place != letter.place]
            if others and not is_one_more(before, old):
                wrong.append((seed, letter, others))
            all_[what] += 1
            joined[what] += today.get(letter.place) == number
    assert wrong == []
    assert joined["same"] >= 0.97 * all_["same"] > 100
    for what in ("edited", "garbled"):
        assert joined[what] >= 0.9 * all_[what] > 10, (what, joined, all_)
