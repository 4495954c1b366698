"""How many planted copies are found among a million comments, how surely, and how soon.

    python -m tests.bench_copies --comments 1000000

Texts are made of words as common as in a language (Zipf), and of turns of phrase of 3 to 6 words.
Planted are copies with up to 15 % of their words edited (exchanged, misspelt, left out, added, swapped),
quotations of 20 words within others, and decoys: the same words in another order, or every second one
exchanged. It asserts nothing; tests/unit/archive/copies runs it on a few hundred comments.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from archive.copies.update import update_copies
from archive.storage.archive import Archive
from tests.bench_archive import COMMENT, ORIGINS, WORDS, Draw
from tests.builders.fixtures_archive import START, Filler, iso

EDITS = 0.15
_UNINDEXED = "name LIKE '%\\_fts\\_%' ESCAPE '\\' OR name LIKE '%substrings%' OR name LIKE 'comment_links%'"


@dataclass(frozen=True, kw_only=True)
class Planted:
    """What was planted: pairs of ids of comments, and those that are none."""

    copies: frozenset[tuple[int, int]]
    quotations: frozenset[tuple[int, int]]
    decoys: frozenset[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Shares of 1 and seconds."""

    recall: float
    precision: float
    quotations: float
    seconds: float
    seconds_each: float
    cpu_each: float


class Writer:
    """Writes texts, and copies of them."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.words = Draw(dice, WORDS, shift=4)
        phrases = [" ".join(self.words.some(dice.randint(3, 6))) for _ in range(5000)]
        self.phrases = Draw(dice, phrases, shift=20)

    def text(self, least: int = 1) -> list[str]:
        """A text: a third of it are turns of phrase."""
        length = max(least, 1 + int(self.dice.expovariate(1 / 40)))
        found: list[str] = []
        while len(found) < length:
            found += self.phrases.some()[0].split() if self.dice.random() < 0.06 else self.words.some(1)
        return found[:length]

    def edited(self, words: list[str], share: float) -> list[str]:
        """The words with a share of them edited."""
        found = list(words)
        for _ in range(int(share * len(words))):
            at = self.dice.randrange(len(found))
            match self.dice.randrange(5):
                case 0:
                    found[at : at + 1] = []
                case 1:
                    found.insert(at, self.words.some()[0])
                case 2:
                    found[at] = found[at][::-1] + "x"
                case 3 if at:
                    found[at - 1 : at + 1] = [found[at], found[at - 1]]
                case _:
                    found[at] = self.words.some()[0]
        return found

    def otherwise(self, words: list[str]) -> list[str]:
        """The words exchanged by half, or in another order."""
        if self.dice.random() < 0.5:
            return [word if at % 2 else self.words.some()[0] for at, word in enumerate(words)]
        parts = [words[at : at + 2] for at in range(0, len(words), 2)]
        return [word for part in self.dice.sample(parts, len(parts)) for word in part]

    def dressed(self, words: list[str]) -> str:
        """The words with other capitals and punctuation."""
        return "".join(
            (word.capitalize() if self.dice.random() < 0.2 else word)
            + self.dice.choice(("", "", ",", "!"))
            + " "
            for word in words
        )


def plant(folder: Path, comments: int, *, copies: int, seed: int = 7) -> Planted:
    """Fill a folder with an archive of so many comments, of which some are planted."""
    fill = Filler(folder / "archive.db")
    for (name,) in fill.conn.execute(
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND ({_UNINDEXED})"
    ).fetchall():
        fill.conn.execute(f"DROP TRIGGER {name}")
    writer = Writer(random.Random(seed))
    dice = writer.dice
    extra = copies + copies // 2
    plain = comments - extra
    chosen = dice.sample(range(1, plain + 1), 2 * copies)
    kept: dict[int, list[str]] = {each: [] for each in chosen}
    for article in range(1, comments // 50 + 2):
        fill.insert(
            "articles",
            id=article,
            source="quayside",
            post_id=article,
            url=f"https://quayside.example/{article}/",
            title=f"Article {article}",
            published=iso(START),
            first_seen=iso(START),
            changed_at=iso(START),
            origins=ORIGINS,
        )

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(1, plain + 1):
            words = writer.text(least=14 if number in kept else 1)
            if number in kept:
                kept[number] = words
            yield _row(number, " ".join(words))

    fill.conn.executemany(COMMENT, rows())
    planted: dict[str, set[tuple[int, int]]] = {"copies": set(), "quotations": set(), "decoys": set()}
    number = plain
    for at, origin in enumerate(chosen[:extra]):
        number += 1
        words = kept[origin]
        if at < copies:
            kind, text = "copies", writer.dressed(writer.edited(words, dice.uniform(0, EDITS)))
        elif at % 2:
            kind, text = "decoys", writer.dressed(writer.otherwise(words))
        else:
            kind, first = "quotations", dice.randrange(max(1, len(words) - 20))
            if len(words) < 24:
                words += writer.words.some(24)
                fill.conn.execute("UPDATE comments SET text = ? WHERE id = ?", [" ".join(words), origin])
            text = " ".join([*writer.text(30), *words[first : first + 20], *writer.text(30)])
        planted[kind].add((origin, number))
        fill.conn.execute(COMMENT, _row(number, text))
    fill.finish()
    return Planted(**{kind: frozenset(pairs) for kind, pairs in planted.items()})


def _row(number: int, text: str) -> tuple[object, ...]:
    at = iso(START + timedelta(minutes=number))
    link = f"https://quayside.example/#comment-{number}"
    return (
        *(number, 1 + number // 50, "quayside", f"id:{number}", str(number)),
        *(None, f"reader{number % 4001}", at, text, None, link, 1, at, at, None, None, ORIGINS),
    )  # fmt: skip


def found_pairs(archive: Archive) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """The pairs of copies, and those with a passage."""
    copies = archive.db.execute(
        "SELECT one.item_id, other.item_id FROM copies AS one JOIN copies AS other"
        " ON one.copy_group = other.copy_group AND one.item_id < other.item_id"
    ).fetchall()
    passages = archive.db.execute("SELECT item_id, other_id FROM passages").fetchall()
    return set(copies), {(min(pair), max(pair)) for pair in passages}


def measure(folder: Path, planted: Planted, *, new: int = 500) -> Score:
    """Find the copies of an archive that was never looked at, and then those of some new comments."""
    with Archive.open(folder / "archive.db") as archive:
        began = time.monotonic()
        update_copies(
            archive.db,
            archive.path,
            watch=lambda what, done: print(f"  {what} {done:,}", round(time.monotonic() - began), flush=True),
        )
        seconds = time.monotonic() - began
        copies, passages = found_pairs(archive)
        archive.db.execute(
            "INSERT INTO copies_queue SELECT 'comment', id FROM comments ORDER BY id % 1009, id LIMIT ?",
            [new],
        )
        began, cpu = time.monotonic(), time.process_time()
        update_copies(archive.db, archive.path)
        each, cpu_each = (time.monotonic() - began) / new, (time.process_time() - cpu) / new
    either = copies | passages
    true = planted.copies | planted.quotations
    return Score(
        recall=len(planted.copies & copies) / len(planted.copies),
        precision=len(either & true) / max(1, len(either)),
        quotations=len(planted.quotations & either) / max(1, len(planted.quotations)),
        seconds=seconds,
        seconds_each=each,
        cpu_each=cpu_each,
    )


def planted_in(folder: Path, comments: int, copies: int) -> Planted:
    """The archive of a folder, made unless it is there."""
    facts = folder / "planted.json"
    if not facts.exists():
        folder.mkdir(exist_ok=True)
        planted = plant(folder, comments, copies=copies)
        facts.write_text(json.dumps({kind: sorted(pairs) for kind, pairs in asdict(planted).items()}))
    (folder / "copies.db").unlink(missing_ok=True)
    found = json.loads(facts.read_text())
    return Planted(**{kind: frozenset(map(tuple, pairs)) for kind, pairs in found.items()})


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="keep the archive here, for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        planted = planted_in(folder, options.comments, options.copies)
        score = measure(folder, planted)
        size = (folder / "copies.db").stat().st_size / 2**20
    print(f"CPU {time.process_time():.0f} s")
    print(f"recall {score.recall:.4f}  precision {score.precision:.4f}  quotations {score.quotations:.4f}")
    print(
        f"all at once {score.seconds:.0f} s; a new comment {1000 * score.seconds_each:.2f} ms,"
        f" {1000 * score.cpu_each:.2f} ms of CPU; {size:.0f} MiB"
    )


if __name__ == "__main__":
    main()
