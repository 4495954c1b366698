"""The ground truth that every imitated system publishes, and the server that publishes it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

TITLES = (
    "Ferry timetable changes on Monday",
    "Council & harbour board agree on the mole",
    "Lamps of the north pier go out",
    "A week without the bakery",
    "Storm takes the roof of the boathouse",
    "Library opens on Sundays again",
    "Second bridge costs more than planned",
    "Herring is back, says the market",
    "School choir sings in the rain",
    "Who owns the old lighthouse?",
    "Bus line 12 ends at the station",
    "Salt on the fields after the flood",
)
AUTHORS = ("Ada Quill", "Bruno Marsh")
TAGS = ("harbour", "council", "transport")
PER_FEED = 5
"""Entries of a feed or a listing page: fewer than there are articles."""


@dataclass
class Remark:
    """One comment below an article."""

    id: int
    author: str
    text: str
    at: datetime
    parent: int | None = None


@dataclass
class Story:
    """One article; `number` is the system's own id, `remarks` its thread."""

    number: int
    title: str
    author: str
    at: datetime
    tags: list[str]
    paragraphs: list[str]
    remarks: list[Remark] = field(default_factory=list)
    paid: bool = False

    @property
    def slug(self) -> str:
        kept = "".join(letter if letter.isalnum() else " " for letter in self.title.lower())
        return "-".join(kept.split())

    @property
    def html(self) -> str:
        return "".join(f"<p>{text}</p>\n" for text in self.paragraphs)


_WORDS = (
    *("harbour", "mayor", "lantern", "rope", "winter", "bakery", "council", "ladder", "copper", "window"),
    *("meadow", "ferry", "chalk", "bridge", "garden", "thunder", "letter", "pilot", "anchor", "market"),
    *("school", "violin", "river", "cellar", "orchard", "paper", "needle", "candle", "timber", "island"),
)


def _paragraph(dice: Random) -> str:
    """Two invented sentences, which no other article has."""
    told = []
    for _ in range(2):
        first, second, third, fourth = dice.sample(_WORDS, 4)
        told.append(
            f"The {first} near the {second} was seen {dice.randint(12, 990)} times before the {third} "
            f"came back, and a {fourth} stood beside it until the evening."
        )
    return " ".join(told)


def stories() -> list[Story]:
    """The articles of the paper, newest first."""
    first = datetime(2024, 3, 1, 6, 30, tzinfo=UTC)
    made = []
    for place, title in enumerate(TITLES):
        at = first + timedelta(days=9 * place)
        dice = Random(place)
        paragraphs = [_paragraph(dice) for _ in range(3)]
        story = Story(101 + place, title, AUTHORS[place % 2], at, [TAGS[place % 3]], paragraphs)
        if place % 4 == 0:
            ident = 1000 + 10 * place
            names = ("Cora Finch", "Dov Reed", "Edda Low")
            for step, (name, parent) in enumerate(zip(names, (None, ident, None), strict=True)):
                text = f"Remark {step + 1} on number {place}: I saw it myself from the slipway."
                story.remarks.append(Remark(ident + step, name, text, at + timedelta(hours=2 + step), parent))
        made.append(story)
    return made[::-1]


Answer = tuple[str, str]
"""The type and the body of an answer."""


@dataclass
class System:
    """A system over the paper; `answers` maps each path with its query to what is served there.

    `faults` maps a path to a status that is answered in its place, `more` to an answer that the system has
    not.
    """

    base: str = ""
    stories: list[Story] = field(default_factory=stories)
    faults: dict[str, int] = field(default_factory=dict)
    more: dict[str, Answer] = field(default_factory=dict)
    slug = ""
    label = ""
    paid = False  # one article is for payers
    threads = True  # below the articles' pages
    newest_only = frozenset[str]()  # facts that only feeds have, of the newest articles
    terms = "tag"  # which kind its terms are
    nests = True  # which comment answers which

    def __post_init__(self) -> None:
        if self.paid:
            self.stories[3].paid = True

    def path(self, story: Story) -> str:
        raise NotImplementedError

    def url(self, story: Story) -> str:
        return self.base + self.path(story)

    def answers(self) -> dict[str, Answer]:
        raise NotImplementedError

    def moved(self, path: str) -> str | None:
        """Where a path has moved to, if it has."""
        return None

    def page(self, number: int) -> list[Story]:
        """The stories of one listing page, from 1."""
        return self.stories[(number - 1) * PER_FEED : number * PER_FEED]

    @property
    def pages(self) -> range:
        return range(1, -(-len(self.stories) // PER_FEED) + 1)


@dataclass
class Running:
    """A system that is served; `log` has the paths that were asked for, `agents` and `cookies` who asked."""

    system: System
    log: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    cookies: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self.system.base

    def taken(self) -> list[str]:
        """The requests since the last call."""
        taken, self.log[:] = list(self.log), []
        return taken


@contextmanager
def serving(make: Callable[[str], System]) -> Iterator[Running]:
    """Serve a system on the loopback, with ETags."""
    running: list[Running] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = running[0]
            here.log.append(self.path)
            here.agents.add(self.headers.get("User-Agent", ""))
            here.cookies.update(self.headers.get_all("Cookie") or ())
            if fault := here.system.faults.get(self.path):
                self.send_response(fault)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if target := here.system.moved(self.path):
                self.send_response(301)
                self.send_header("Location", target)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            kind, text = {**here.system.answers(), **here.system.more}.get(self.path, ("", ""))
            body = text.encode()
            mark = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            same = kind and self.headers.get("If-None-Match") == mark
            self.send_response(304 if same else 200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            if kind:
                self.send_header("ETag", mark)
                self.send_header("Set-Cookie", "seen=1; Path=/")
            self.send_header("Content-Length", "0" if same else str(len(body)))
            self.end_headers()
            if not same:
                self.wfile.write(body)

        def do_POST(self) -> None:
            running[0].log.append(f"POST {self.path}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    running.append(Running(make(f"http://127.0.0.1:{server.server_address[1]}")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield running[0]
    finally:
        server.shutdown()
        server.server_close()
