"""Interface of a reader of a comment system: how it finds a thread, its requests and its responses.

A new system is one module with one subclass of `ThreadReader`, and a line in `readers.py`. Does not: fetch,
save, or make records; HTML is cleaned, ids are prefixed and times checked in `extract.py`, for all alike.
Invariant: pure, and a reader is called for one response at a time.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit

from archive.core import urls
from archive.core.answers import json_text
from archive.core.thread_address import ThreadAddress
from pipeline.html.dom import Index

BEARER = "Authorization: Bearer"
"""In place of a parameter: the operator's key is sent in this header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadQuestion:
    """Request to an API: GET of a URL, or POST with a `body` of JSON.

    The URL contains no secret; `secret` is the name of the parameter for the operator's key, which is added
    when it is sent, or BEARER. `accept` is the type of its answer.
    """

    url: str
    body: bytes | None = None
    secret: str | None = None
    accept: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRemark:
    """One comment as an API gives it.

    `id` and `parent` are the system's own ids, unique on its server; `number` is what its links name if not
    `id`, `link` its own URL where it has one. `author` may contain entities; the content is `markup` in HTML,
    or `plain` text. `created` is an aware datetime or the value of the response. `is_shown` is False for the
    empty place of a removed comment.
    """

    id: str
    parent: str | None = None
    author: str | None = None
    author_url: str | None = None
    created: datetime | str | None = None
    markup: str | None = None
    plain: str | None = None
    number: str | None = None
    link: str | None = None
    is_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Content of one response about a thread.

    `stated` is how many comments the system states as public, if it does. `counted` are the ids of this
    response that are among them, None for all that are shown. `further` are the requests that follow from
    this response. `withheld` are comments that the response counts, does not give and that cannot be
    requested. `is_lead` is True for a response without comments by its kind: it names where they are.
    """

    remarks: tuple[ForeignRemark, ...] = ()
    stated: int | None = None
    counted: frozenset[str] | None = None
    further: tuple[ThreadQuestion, ...] = ()
    withheld: int = 0
    is_lead: bool = False


_Replies = Callable[[dict[str, Any]], list[dict[str, Any]]]
_LITERAL = r"""["']?\s{0,9}[:=]\s{0,9}(?:"((?:[^"\\\n]|\\.){0,2000})"|'((?:[^'\\\n]|\\.){0,2000})')"""
"""What stands behind the name of a setting: a sign, and text in quotes."""
_NUMERAL = r"""["']?\s{0,9}[:=]\s{0,9}["']?(\d{1,18})\b"""
_BEFORE = r"(?<![\w.-])(?:this\.page\.|window\.)?"


class UnreadableThreadError(ValueError):
    """An answer that is not what the system's API gives. The text is a clause for people."""


class ThreadReader(ABC):
    """Reader of one comment system.

    `system` is its name in `pipeline/comments/systems.py`, `marks` are pieces of bytes, in lower case, of
    which a page with such a thread has at least one. `anchor` is the fragment by which the system's links
    name a comment. `needs_key` is True where the API wants a key of the operator's, `has_own_servers` where
    each site has a server of its own: such a key comes with its server, and is sent to no other.
    `counted_at_once` is how many threads one request for counts may name, 0 without such a request.
    """

    system: ClassVar[str]
    marks: ClassVar[tuple[bytes, ...]]
    anchor: ClassVar[str]
    needs_key: ClassVar[bool] = False
    has_own_servers: ClassVar[bool] = False
    counted_at_once: ClassVar[int] = 0

    @property
    def slug(self) -> str:
        """Return the short name that begins the ids of the system's comments: its first word."""
        return self.system.split()[0].lower()

    @abstractmethod
    def find(self, index: Index, url: str) -> ThreadAddress | None:
        """Return the thread of the page at `url`, if the page states its whole address."""

    @abstractmethod
    def ask(self, thread: ThreadAddress) -> ThreadQuestion:
        """Return the first question for a thread."""

    def parse(self, asked: str, body: bytes) -> Any:  # noqa: ARG002
        """Return a response parsed: as JSON, unless its kind is another. Raises ValueError."""
        return json_text.parse_json(body).value

    @abstractmethod
    def read(self, thread: ThreadAddress, asked: str, answer: Any) -> Part:
        """Return a parsed response's content; `asked` is the URL of the request.

        Raises UnreadableThreadError for one that is not of this API. Other errors count as our own faults.
        """

    def ask_counts(self, threads: Sequence[ThreadAddress]) -> ThreadQuestion | None:  # noqa: ARG002
        """Return the request for the numbers of comments of threads on one server, if possible."""
        return None

    def read_counts(self, threads: Sequence[ThreadAddress], answer: Any) -> list[int] | None:  # noqa: ARG002
        """Return the numbers in the order of the threads, if the response has them."""
        return None


# -- for all readers ---------------------------------------------------------------------------------


def server_of(stated: str | None, base: str) -> str | None:
    """Return the URL of a server as its pages state it, without a slash at the end.

    No result for other URLs than http. `base` is the URL of the page.
    """
    url = urls.absolute(stated, base)
    if url is None:
        return None
    parts = urlsplit(url)
    _, _, host = parts.netloc.rpartition("@")
    bare = SplitResult(parts.scheme, host.lower(), parts.path.rstrip("/"), "", "")
    return urlunsplit(bare)


def script_folder(index: Index, name: str, base: str) -> str | None:
    """Return the URL of the folder of the first script whose path ends with `name`, if any."""
    for script in index.tagged("script"):
        url = urls.absolute(script.get("src"), base)
        if url and urlsplit(url).path.endswith(name):
            address, _, _ = url.partition("?")
            return server_of(address[: -len(name)], base)
    return None


def scripts_of(index: Index) -> str:
    """Return the text of all inline scripts of a page."""
    texts = [script.text for script in index.tagged("script")]
    return "\n".join(filter(None, texts))


def setting(script: str, name: str) -> str | None:
    """Return the text to which a script sets a name, as in `name: "text"` or `this.page.name = 'text'`.

    No result for any value but a literal.
    """
    found = re.search(_BEFORE + re.escape(name) + _LITERAL, script)
    if found is None:
        return None
    literal = found[2]
    if found[1] is not None:
        literal = found[1]
    return re.sub(r"\\(.)", r"\1", literal) or None


def numeral(script: str, name: str) -> str | None:
    """Return the whole number that a script assigns to a name, as its digits, if any."""
    found = re.search(_BEFORE + re.escape(name) + _NUMERAL, script)
    if found is None:
        return None
    return found[1]


def page_path(url: str) -> str:
    """Return the path of a page as browsers call it."""
    return urlsplit(url).path or "/"


def page_address(url: str) -> str:
    """Return a page's URL without query and fragment."""
    return url.partition("#")[0].partition("?")[0]


def mapping(value: object, what: str = "answer") -> dict[str, Any]:
    """Return a JSON object. Raises UnreadableThreadError for any other value."""
    if isinstance(value, dict):
        return value
    raise UnreadableThreadError(f"its {what} is no object")


def entries(value: object, what: str) -> list[dict[str, Any]]:
    """Return a JSON array of objects. Raises UnreadableThreadError for any other value."""
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    raise UnreadableThreadError(f"its {what} are no list of objects")


def whole_thread(level: list[dict[str, Any]], replies_of: _Replies) -> Iterator[dict[str, Any]]:
    """Yield comments with their replies, each before what answers it."""
    for entry in level:
        yield entry
        yield from whole_thread(replies_of(entry), replies_of)


def page_number(asked: str) -> int:
    """Return the number of a page of a thread, by the `page` of its question."""
    return int(parse_qs(urlsplit(asked).query)["page"][0])


def all_known(numbers: Iterable[int | None]) -> list[int] | None:
    """Return numbers, if all have a value."""
    known = []
    for number in numbers:
        if number is None:
            return None
        known.append(number)
    return known


def text_value(value: object) -> str | None:
    """Return text, if the value is text and not empty."""
    if isinstance(value, str) and value:
        return value
    return None


def ident(value: object) -> str | None:
    """Return an id, if the value is a whole number or text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return str(value) or None


def must_have(value: object, what: str = "id") -> str:
    """Return an id. Raises UnreadableThreadError without one."""
    found = ident(value)
    if found is None:
        raise UnreadableThreadError(f"a comment has no {what}")
    return found


def whole_number(value: object) -> int | None:
    """Return a whole number, if it is one and not negative."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if value < 0:
        return None
    return value


def child(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object of that name, empty if absent."""
    return mapping(value.get(name) or {}, name)


def moment_of_seconds(seconds: object) -> datetime | None:
    """Return the moment (aware UTC) of seconds since 1970, if valid."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
