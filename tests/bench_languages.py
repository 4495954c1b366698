"""How much of what a search of substrings finds is found in twelve languages, and how soon.

    python -m tests.bench_languages --comments 12000

Words are made of each language's own letters, as common as in a language (Zipf); where a language joins words
or their endings, so do they here. What is searched are words and parts of words of the texts, of two
characters or more, in German and Finnish of four. The time is the CPU's for a page of results, the size of the
indexes is compared with that of the index of words alone. It asserts nothing; tests/unit/archive/search runs
it on a few hundred comments.
"""

# ruff: noqa: E501  (a language reads better in one line)

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from archive.search.engine import Ask, find
from tests.bench_archive import COMMENT, ORIGINS, Draw
from tests.builders.fixtures_archive import START, Filler, iso

QUERIES = 40
"""Words that are searched in each language."""

LEXICON = 8000
"""Words of a language, without their endings."""


@dataclass(frozen=True, kw_only=True)
class Language:
    """Letters of a language, how many make a word or a part of one, its endings, and how it joins words.

    `joined` is how many parts a word of its lexicon has at most; with `is_spaceless` no word ends at a space. `shortest` is the length
    from which a part of a word is searched.
    """

    letters: str
    sizes: tuple[int, int]
    endings: tuple[str, ...] = ("",)
    joined: int = 1
    is_spaceless: bool = False
    shortest: int = 2


LANGUAGES = {
    "zh": Language(letters="的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年", sizes=(1, 3), is_spaceless=True),
    "ja": Language(letters="のにはをたがでてとしれさある日本人大年会国語東京港船車山川", sizes=(1, 3), is_spaceless=True),
    "th": Language(letters="กขคงจชดตถทนบปผพมยรลวสหอ", sizes=(2, 5), is_spaceless=True),
    "ko": Language(letters="가나다라마바사아자차카타파하고노도로모보소오조초", sizes=(2, 3), endings=("", "이", "가", "을", "에서", "의")),
    "ar": Language(letters="ابتثجحخدذرزسشصضطظعغفقكلمنهوي", sizes=(3, 5), endings=("", "ات", "ون", "ها", "ة")),
    "he": Language(letters="אבגדהוזחטיכלמנסעפצקרשת", sizes=(3, 5), endings=("", "ים", "ות", "ה")),
    "fa": Language(letters="ابپتجچحخدرزژسشعغفقکگلمنوهی", sizes=(3, 5), endings=("", "ها", "ی", "تر")),
    "ru": Language(letters="абвгдежзиклмнопрстуфхцчшэюя", sizes=(3, 7), endings=("", "а", "ом", "ами", "ых")),
    "el": Language(letters="αβγδεζηθικλμνξοπρστυφχψω", sizes=(3, 7), endings=("", "ς", "ου", "ων")),
    "hi": Language(letters="कखगघचछजटडतथदधनपबभमयरलवशसह", sizes=(2, 5), endings=("", "ों", "ें", "ी")),
    "de": Language(letters="abdefghiklmnoprstuwz", sizes=(4, 7), endings=("", "en", "s"), joined=3, shortest=4),
    "fi": Language(letters="aehijklmnoprstuvy", sizes=(4, 6), endings=("", "ssa", "n"), joined=3, shortest=4),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Score:
    """Share of the substring search's hits that are found; milliseconds of the slowest searches; bytes."""

    recall: float
    milliseconds: float
    bytes: int
    bytes_without: int


def measure(folder: Path, name: str, comments: int, queries: int = QUERIES) -> Score:
    """Make an archive in one language, and search it for parts of its words."""
    dice = random.Random(name)
    language = LANGUAGES[name]
    path = folder / f"{name}.db"
    pieces = _fill(path, name, language, comments, dice)
    connection = sqlite3.connect(path)
    texts = dict(connection.execute("SELECT id, lower(text) FROM comments"))
    shares, seconds = [], []
    for typed in dice.sample(pieces, queries):
        expected = {row_id for row_id, text in texts.items() if typed in text}
        began = time.process_time()
        find(connection, Ask(words=typed))
        seconds.append(time.process_time() - began)
        part = find(connection, Ask(words=typed, kind="comments", sort="date", size=len(texts))).sections[1]
        found = {int(str(hit["id"])) for hit in part.hits}
        shares.append(len(found & expected) / len(expected))
    sizes = {index: _bytes(connection, f"comments_{index}_data") for index in ("fts", "substrings")}
    connection.close()
    seconds.sort()
    return Score(
        recall=sum(shares) / len(shares),
        milliseconds=1000 * seconds[round(0.95 * len(seconds)) - 1],
        bytes=sum(sizes.values()),
        bytes_without=sizes["fts"],
    )


def _fill(path: Path, name: str, language: Language, comments: int, dice: random.Random) -> list[str]:
    """Write comments in a language; return what can be searched for."""
    parts = {"".join(dice.choices(language.letters, k=dice.randint(*language.sizes))) for _ in range(3000)}
    stems = sorted(parts)
    lexicon = {"".join(dice.choices(stems, k=dice.randint(1, language.joined))) for _ in range(LEXICON)}
    words = Draw(dice, dice.sample(sorted(lexicon), len(lexicon)), shift=4)
    fill = Filler(path)
    fill.article(1, START, title=name, text="", language=name)
    rows = []
    for number in range(1, comments + 1):
        count = 1 + int(dice.expovariate(1 / 30))
        said = [word + dice.choice(language.endings) for word in words.some(count)]
        text = ("" if language.is_spaceless else " ").join(said)
        at = iso(START)
        key = str(number)
        known = (None, 1, at, at, None, None, ORIGINS)
        rows.append((number, 1, "quayside", key, key, None, "reader", at, text, text, *known))
    fill.conn.executemany(COMMENT, rows)
    fill.conn.commit()
    fill.db.close()
    held = " ".join(row[8] for row in rows)
    return sorted(part for part in parts if len(part) >= language.shortest and part in held)


def _bytes(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT sum(length(block)) FROM {table}").fetchone()[0] or 0)


def main() -> None:
    """Print a line for each language."""
    options = argparse.ArgumentParser(prog="python -m tests.bench_languages", description=__doc__)
    options.add_argument("--comments", type=int, default=12_000, help="in each language")
    given = options.parse_args()
    print("language  found  95 % of searches below  index of words  with the one of substrings")
    with tempfile.TemporaryDirectory() as folder:
        for name in LANGUAGES:
            score = measure(Path(folder), name, given.comments)
            ratio = score.bytes / score.bytes_without
            print(
                f"{name:<9} {score.recall:.3f}  {score.milliseconds:16.0f} ms"
                f"  {score.bytes_without / 1e6:15.1f} MB  {ratio:.2f} ×"
            )


if __name__ == "__main__":
    main()
