"""Right answers sent wrongly: in other bytes than promised, or over a connection that misbehaves.

It knows bytes and sockets. It does not know what the answers say. Its law: everything is bounded, and every
wait ends when the site closes.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
from dataclasses import dataclass

from .faults import Fault, Ordinary, Wire
from .wire import Request, Response, page

# Bytes that are not what they should be


@dataclass(slots=True, kw_only=True)
class Charset(Fault):
    """Sends the page in `actual` while the header says `claimed` (None: it says nothing)."""

    actual: str = "latin-1"
    claimed: str | None = "UTF-8"

    def answer(self, _request: Request, ordinary: Ordinary, /) -> Response:
        """The sound answer in another coat; characters it cannot carry become references."""
        sound = ordinary()
        kind = (sound.header("Content-Type") or "text/html").split(";")[0]
        said = kind if self.claimed is None else f"{kind}; charset={self.claimed}"
        kept = [(name, value) for name, value in sound.headers if name.lower() != "content-type"]
        body = sound.body.decode().encode(self.actual, "xmlcharrefreplace")
        return Response(sound.status, body, [*kept, ("Content-Type", said)])


@dataclass(slots=True, kw_only=True)
class Huge(Fault):
    """A page of `size` bytes."""

    size: int = 20_000_000

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The sound page with a very long tail."""
        return page(("<p>" + "tide " * 200 + "</p>\n") * (self.size // 1008 + 1))


@dataclass(slots=True, kw_only=True)
class GzipBomb(Fault):
    """A small body that unpacks to `size` bytes."""

    size: int = 100_000_000

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The packed page."""
        body = gzip.compress(b"\0" * self.size, compresslevel=6, mtime=0)
        return Response(200, body, [("Content-Type", "text/html"), ("Content-Encoding", "gzip")])


@dataclass(slots=True, kw_only=True)
class WeakEtag(Fault):
    """A proxy that packs answers and weakens their ETag, after which WordPress never recognises it."""

    def answer(self, request: Request, ordinary: Ordinary, /) -> Response:
        """The sound answer, packed if the visitor can unpack, its ETag made weak."""
        sound = ordinary()
        headers = [
            (n, f"W/{v}" if n.lower() == "etag" and v.startswith('"') else v) for n, v in sound.headers
        ]
        if not sound.body or "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(sound.status, sound.body, headers)
        packed = gzip.compress(sound.body, mtime=0)
        return Response(
            sound.status, packed, [*headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
        )


# Connections that misbehave


@dataclass(slots=True, kw_only=True)
class Hang(Fault):
    """Never answers; the connection stays open until the site closes."""

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """Silence."""
        return Response(0, deliver=self._deliver)

    def _deliver(self, wire: Wire, _response: Response) -> None:
        wire.closing.wait()


@dataclass(slots=True, kw_only=True)
class Drip(Fault):
    """The sound answer, `size` bytes every `pause` seconds."""

    size: int = 64
    pause: float = 0.1

    def answer(self, _request: Request, ordinary: Ordinary, /) -> Response:
        """The sound answer, to be sent slowly."""
        sound = ordinary()
        sound.deliver = self._deliver
        return sound

    def _deliver(self, wire: Wire, response: Response) -> None:
        wire.send(wire.head(response, None))
        for start in range(0, len(response.body), self.size):
            wire.send(response.body[start : start + self.size])
            if wire.closing.wait(self.pause):
                return


@dataclass(slots=True, kw_only=True)
class Reset(Fault):
    """Breaks the connection (TCP reset), before the answer or after `after` bytes of its body."""

    after: int | None = None

    def answer(self, _request: Request, ordinary: Ordinary, /) -> Response:
        """A broken connection."""
        sound = ordinary() if self.after is not None else Response(0)
        sound.deliver = self._deliver
        return sound

    def _deliver(self, wire: Wire, response: Response) -> None:
        if self.after is not None:
            wire.send(wire.head(response, None) + response.body[: self.after])
        with contextlib.suppress(OSError):
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.socket.close()


@dataclass(slots=True, kw_only=True)
class Truncated(Fault):
    """Promises the whole body in Content-Length, sends the `share` (0 to 1) of it, and hangs up."""

    share: float = 0.5

    def answer(self, _request: Request, ordinary: Ordinary, /) -> Response:
        """The sound answer, to be cut off."""
        sound = ordinary()
        sound.deliver = self._deliver
        return sound

    def _deliver(self, wire: Wire, response: Response) -> None:
        kept = response.body[: int(len(response.body) * self.share)]
        wire.send(wire.head(response, len(response.body)) + kept)
