"""Messages between a visitor and the newspaper: one request, one answer.

It knows the shapes and the helpers every surface shares. It does not know sockets, nor what is asked. Its
law: a surface is a function from a Request to a Response and nothing else.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A visitor's request: `path` as sent, `query` without its question mark, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """Path and query as sent."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def params(self) -> dict[str, str]:
        """The query's values, the last of each name; `post[]=1&post[]=2` becomes `post` = `1,2`."""
        found: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            if name.endswith("[]"):
                name = name[:-2]
                value = f"{found[name]},{value}" if name in found else value
            found[name] = value
        return found


@dataclass(slots=True)
class Response:
    """The newspaper's answer. `deliver`, if set, sends it in an unusual way (see faults.py)."""

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    deliver: Callable[..., None] | None = None

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the request log: what was asked, when (UTC), and the status answered (0: none)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    at: datetime
    status: int

    @property
    def target(self) -> str:
        """Path and query as sent."""
        return f"{self.path}?{self.query}" if self.query else self.path


def page(body: str, status: int = 200, extra: Headers | None = None) -> Response:
    """An HTML page."""
    return Response(status, body.encode(), [("Content-Type", "text/html; charset=UTF-8"), *(extra or [])])


def text(body: str, kind: str = "text/plain", status: int = 200, extra: Headers | None = None) -> Response:
    """Any other text, in UTF-8."""
    return Response(status, body.encode(), [("Content-Type", f"{kind}; charset=UTF-8"), *(extra or [])])


def as_json(value: object, status: int = 200, extra: Headers | None = None) -> Response:
    """A JSON answer the way PHP writes it: slashes and everything outside ASCII escaped."""
    body = json.dumps(value, separators=(",", ":")).replace("/", "\\/")
    return text(body, "application/json", status, extra)


def moved(location: str, status: int = 301) -> Response:
    """A redirect as WordPress sends it."""
    headers = [("X-Redirect-By", "WordPress"), ("Location", location)]
    return page("", status, headers)


def xml(text_: object) -> str:
    """Text made safe between XML tags and in attributes."""
    return html.escape(str(text_), quote=True)
