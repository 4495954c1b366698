"""Response of the demo newspaper."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime


@dataclass(frozen=True, slots=True)
class Response:
    """Response: status, body and headers."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def text(
        cls,
        body: str,
        kind: str = "text/html",
        status: int = 200,
        changed: datetime | None = None,
        **headers: str,
    ) -> Response:
        """Return text in UTF-8; `changed` (aware UTC) gives it validators."""
        validators = {}
        if changed:
            validators = {
                "Last-Modified": format_datetime(changed, usegmt=True),
                "ETag": f'"{int(changed.timestamp())}"',
            }
        return cls(status, body.encode(), {"Content-Type": f"{kind}; charset=UTF-8", **validators, **headers})

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> Response:
        """Return a value as JSON.

        An underscore in a header's name represents a hyphen.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls.text(json.dumps(value), "application/json", status, None, **named)

    @classmethod
    def redirect(cls, location: str) -> Response:
        """Return a permanent redirect."""
        return cls(301, b"", {"Location": location})

    def unless_known(self, headers: dict[str, str]) -> Response:
        """Return 304 for a conditional request with this response's validator."""
        known = headers.get("if-none-match")
        return Response(304, b"", self.headers) if known and known == self.headers.get("ETag") else self
