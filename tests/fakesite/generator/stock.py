"""The prose stock: what the files in `prose/` hold, read once.

It knows the files' format: a line `@name argument` opens a section, every other line is one entry of it,
`#` opens a remark. It does not know how entries become articles. Its law: all words a reader sees come
from there.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PROSE = Path(__file__).parent / "prose"
VOICES = ("history", "people", "figures", "doubt", "colour", "future")


@dataclass(slots=True)
class Tale:
    """One kind of story a beat can tell; `months` are those it can happen in."""

    topic: str
    months: frozenset[int] = frozenset(range(1, 13))
    titles: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Beat:
    """A section of the paper with its stories and paragraphs for every purpose."""

    slug: str
    name: str
    tags: list[str]
    tales: list[Tale] = field(default_factory=list)
    packs: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Saga:
    """A running story: each stage is a title and its paragraphs."""

    beat: str
    topic: str
    tags: list[str]
    stages: list[list[str]] = field(default_factory=list)


@dataclass(slots=True)
class Stock:
    """All there is to write from."""

    beats: dict[str, Beat] = field(default_factory=dict)
    sagas: list[Saga] = field(default_factory=list)
    town: dict[str, list[str]] = field(default_factory=dict)
    chatter: dict[str, list[str]] = field(default_factory=dict)


def sections(name: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each section of a file: its name, its argument, its entries."""
    head, argument, entries = "", "", list[str]()
    for line in (_PROSE / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            if head:
                yield head, argument, entries
            head, _, argument = line[1:].partition(" ")
            entries = []
        elif line.strip() and not line.startswith("#"):
            entries.append(line.strip())
    yield head, argument, entries


@functools.cache
def stock() -> Stock:
    """The whole stock."""
    found = Stock()
    for path in sorted(_PROSE.glob("beat-*.txt")):
        _read_beat(found, path.name)
    _read_tales(found)
    for head, argument, entries in sections("sagas.txt"):
        if head == "saga":
            beat, topic, tags = (part.strip() for part in argument.split("|"))
            found.sagas.append(Saga(beat, topic, [tag.strip() for tag in tags.split(",")]))
        else:
            found.sagas[-1].stages.append(entries)
    for pack, name in ((found.town, "town.txt"), (found.chatter, "chatter.txt")):
        for head, argument, entries in sections(name):
            pack[f"{head} {argument}".strip()] = entries
    return found


def _read_beat(found: Stock, name: str) -> None:
    beat = Beat("", "", [])
    for head, argument, entries in sections(name):
        if head == "beat":
            slug, title, tags = (part.strip() for part in argument.split("|"))
            beat = found.beats[slug] = Beat(slug, title, [tag.strip() for tag in tags.split(",")])
        elif not _read_tale(beat, head, argument, entries):
            beat.packs[f"{head} {argument}".strip()] = entries


def _read_tales(found: Stock) -> None:
    """The stories that stand apart from their beats; `@of` names the beat."""
    beat = Beat("", "", [])
    for head, argument, entries in sections("tales.txt"):
        if head == "of":
            beat = found.beats[argument]
        else:
            _read_tale(beat, head, argument, entries)


def _read_tale(beat: Beat, head: str, argument: str, entries: list[str]) -> bool:
    """Take a section that is part of a tale; False if it is not."""
    if head == "tale":
        beat.tales.append(Tale(argument))
    elif head == "months":
        beat.tales[-1].months = frozenset(int(number) for number in argument.split())
    elif head in ("title", "lead", "body"):
        tale = beat.tales[-1]
        {"title": tale.titles, "lead": tale.leads, "body": tale.body}[head].extend(entries)
    else:
        return False
    return True
