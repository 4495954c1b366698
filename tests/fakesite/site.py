"""The sample newspaper, running: a paper, its desk, its life, its faults, and a server in a thread.

It knows how these are put together. It does not know how any of them works. Its law: everything about the
paper happens under one lock, everything slow outside it.
"""

from __future__ import annotations

import ssl
import threading
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from . import truth
from .desk import Clock, Desk
from .faults import Faults
from .generator.build import build
from .generator.dice import Decks
from .life import Life
from .paper import Options
from .server import Server
from .surfaces.routes import answer
from .truth import ArticleTruth, CommentTruth
from .wire import Logged, Request, Response


def _clock() -> datetime:
    return datetime.now(UTC)


class SampleSite(Desk):
    """A WordPress-like newspaper on the loopback.

    `articles` counts the articles a visitor finds listed, `comments` the comments a visitor may read
    (default: ten for each article). `epoch` (aware datetime) is the moment the paper was "now": its
    articles end shortly before, and its life goes on after it. Without an epoch the paper ends at the
    start moment and changes only by the methods of `Desk`; `life` overrides either. `now` gives the time
    (aware). `port` 0 takes a free one; `host` is an address of the loopback, `tls` makes it answer by HTTPS.

    Use it as a context manager, or call `start()` and `close()`.
    """

    def __init__(
        self,
        *,
        articles: int = 200,
        comments: int | None = None,
        seed: int = 1,
        port: int = 0,
        epoch: datetime | None = None,
        timezone: str = "America/New_York",
        now: Clock = _clock,
        life: bool | None = None,
        comments_per_page: int = 20,
        newest_page_first: bool = True,
        posts_per_page: int = 10,
        feed_items: int = 10,
        sitemap_size: int = 2000,
        crawl_delay: int | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        options = Options(
            zone=ZoneInfo(timezone),
            comments_per_page=comments_per_page,
            newest_page_first=newest_page_first,
            posts_per_page=posts_per_page,
            feed_items=feed_items,
            sitemap_size=sitemap_size,
            crawl_delay=crawl_delay,
        )
        self.epoch = (epoch or now()).astimezone(UTC).replace(microsecond=0)
        wanted = articles * 10 if comments is None else comments
        decks = Decks(seed)
        super().__init__(build(options, articles, wanted, seed, self.epoch, decks), now)
        self._life = (
            Life(self, seed, self.epoch, decks) if (epoch is not None if life is None else life) else None
        )
        self.faults = Faults()
        self.requests: list[Logged] = []
        self._port, self._host, self._tls = port, host, tls
        self._server: Server | None = None

    # Running

    def start(self) -> None:
        """Listen and answer in a background thread; a port in use raises OSError."""
        self._server = Server(self._port, self._answer, host=self._host, tls=self._tls)
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.paper.base = f"http{'s' if self._tls else ''}://{host}:{self._server.server_address[1]}"
        loop = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="sample-site", daemon=True
        )
        loop.start()

    def close(self) -> None:
        """Stop; hanging visitors are let go."""
        if self._server:
            self._server.end()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The site's address, without a final slash."""
        return self.paper.base

    def _answer(self, request: Request) -> Response:
        response = self.faults.answer(request, lambda: self._ordinary(request))
        seen = Logged(
            request.method, request.path, request.query, request.headers, self.now(), response.status
        )
        self.requests.append(seen)
        return response

    def _ordinary(self, request: Request) -> Response:
        with self.lock:
            self.catch_up()
            return answer(self.paper, request)

    def catch_up(self) -> int:
        """Let every event happen that is due by now, as each request does; returns how many did."""
        with self.lock:
            return self._life.catch_up(self.now()) if self._life else 0

    # Truth

    @property
    def articles(self) -> list[ArticleTruth]:
        """Every article a visitor finds listed, by id; those with a password have no text."""
        with self.lock:
            return truth.articles(self.paper)

    @property
    def readable(self) -> list[str]:
        """URLs of every post and static page whose text a visitor may read, by id."""
        with self.lock:
            return truth.readable(self.paper)

    @property
    def comments(self) -> list[CommentTruth]:
        """Every comment a visitor may read, by id, pings not among them."""
        with self.lock:
            return truth.comments(self.paper)

    @property
    def pings(self) -> list[CommentTruth]:
        """Every pingback and trackback a visitor may read, by id."""
        with self.lock:
            return truth.comments(self.paper, ("pingback", "trackback"))

    def article(self, article_id: int) -> ArticleTruth:
        """One listed article; KeyError if there is none of this id."""
        return {article.id: article for article in self.articles}[article_id]

    def comment(self, comment_id: int) -> CommentTruth:
        """One readable comment; KeyError if there is none of this id."""
        return {comment.id: comment for comment in self.comments}[comment_id]

    def hidden_texts(self) -> list[str]:
        """Pieces of text that must never leave the site: of hidden articles, hidden comments, and emails."""
        with self.lock:
            return truth.hidden_texts(self.paper)

    def asked(self, match: str = "*") -> list[Logged]:
        """The logged requests whose path (or path and query) fits the pattern."""
        return [r for r in self.requests if fnmatchcase(r.path, match) or fnmatchcase(r.target, match)]
