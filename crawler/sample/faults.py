"""What can go wrong between a site and a crawler, each as one small class.

It knows how misbehaviour looks on the wire. It does not know what the site would have said, except by asking.
Its law: a fault touches the requests whose path (or path and query) its `match` pattern fits, as long as its
`times` last; everything it does is bounded and ends when the site closes.

    site.faults.add(TooMany(match="/wp-json/*", times=3, retry_after=1))
    site.faults.add(Closed())
    site.faults.clear()

`*` in a pattern fits anything. The fault added last is asked first.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .wire import Request, Response, as_json, moved, page, text

Ordinary = Callable[[], Response]


@dataclass(slots=True)
class Wire:
    """The connection an answer goes out on; `closing` is set when the site shuts down."""

    socket: socket.socket
    head: Callable[[Response, int | None], bytes]
    closing: threading.Event

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)


@dataclass(slots=True, kw_only=True)
class Fault:
    """Passes everything through; its children do not. `hits` counts what it touched."""

    match: str = "*"
    times: int | None = None
    hits: int = field(default=0, init=False)

    def fits(self, request: Request) -> bool:
        """Whether this request is to be touched."""
        wanted = fnmatchcase(request.path, self.match) or fnmatchcase(request.target, self.match)
        return wanted and (self.times is None or self.hits < self.times)

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The spoiled answer; `ordinary()` gives the sound one."""
        return ordinary()


class Faults:
    """The faults switched on at a site."""

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on and return it."""
        with self._lock:
            self._on.insert(0, fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one fault off."""
        with self._lock:
            self._on.remove(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._on.clear()

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The answer of the first fault that fits, or the sound one."""
        with self._lock:
            fault = next((fault for fault in self._on if fault.fits(request)), None)
            if fault:
                fault.hits += 1
        return fault.answer(request, ordinary) if fault else ordinary()


# Refusals


@dataclass(slots=True, kw_only=True)
class Status(Fault):
    """Any status with a plain page: `Status(status=500, match="/archives/2012/*")`."""

    status: int = 500
    body: str = "<h1>There has been a critical error on this website.</h1>"

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The status and its page."""
        return page(f"<!DOCTYPE html><title>{self.status}</title>{self.body}", self.status)


@dataclass(slots=True, kw_only=True)
class Missing(Status):
    """404: `Missing(match="/wp-sitemap*")`, `Missing(match="*/feed*")`, `Missing(match="/comments/feed*")`."""

    status: int = 404
    body: str = "<h1>Not Found</h1>"


@dataclass(slots=True, kw_only=True)
class RestClosed(Fault):
    """REST shut to visitors by a plugin, 401 rest_cannot_access; with `gone=True` 404 rest_no_route."""

    match: str = "/wp-json*"
    gone: bool = False

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The refusal in JSON."""
        if self.gone:
            message = "No route was found matching the URL and request method."
            return as_json({"code": "rest_no_route", "message": message, "data": {"status": 404}}, 404)
        message = "Only authenticated users can access the REST API."
        return as_json({"code": "rest_cannot_access", "message": message, "data": {"status": 401}}, 401)


@dataclass(slots=True, kw_only=True)
class TooMany(Fault):
    """429; `retry_after` in seconds or an HTTP date, or None to say nothing."""

    retry_after: int | str | None = 1

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The refusal with its Retry-After."""
        extra = [] if self.retry_after is None else [("Retry-After", str(self.retry_after))]
        return page("<h1>Too Many Requests</h1>", 429, extra)


@dataclass(slots=True, kw_only=True)
class Maintenance(Fault):
    """503 while WordPress updates itself; `retry_after` in seconds."""

    retry_after: int = 600

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The maintenance page."""
        body = "Briefly unavailable for scheduled maintenance. Check back in a minute."
        html = (
            f"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>{body}</h1></body></html>"
        )
        return page(html, 503, [("Retry-After", str(self.retry_after))])


@dataclass(slots=True, kw_only=True)
class RobotsDisallow(Fault):
    """A robots.txt that forbids paths to everyone."""

    match: str = "/robots.txt"
    paths: tuple[str, ...] = ("/",)

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The robots.txt."""
        return text("\n".join(["User-agent: *", *(f"Disallow: {path}" for path in self.paths), ""]))


# Pages that are not what they seem

_CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="refresh" content="390"><meta name="robots" content="noindex,nofollow"></head><body>
<div class="main-wrapper"><h1>127.0.0.1</h1><h2 id="challenge-running">Checking if the site connection is secure</h2>
<noscript>Enable JavaScript and cookies to continue</noscript></div>
<script>window._cf_chl_opt={cvId:"3",cType:"managed",cRay:"8000000000000000"};
var a=document.createElement("script");a.src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1";</script>
</body></html>"""


@dataclass(slots=True, kw_only=True)
class Challenge(Fault):
    """A wall that wants a browser to prove itself: `status` 403 as usual, or 200 to be nasty."""

    status: int = 403

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The challenge page."""
        named = [("cf-mitigated", "challenge")] if self.status == 403 else []
        return page(
            _CHALLENGE, self.status, [*named, ("Server", "cloudflare"), ("CF-RAY", "8000000000000000-XXX")]
        )


@dataclass(slots=True, kw_only=True)
class LoginWall(Fault):
    """Sends visitors to log in: 302 to wp-login.php, or with `redirect=False` a 200 page that asks for it."""

    redirect: bool = True

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The redirect or the login page."""
        if self.redirect and request.path != "/wp-login.php":
            return Response(302, b"", [("Location", f"/wp-login.php?redirect_to={request.path}")])
        fields = '<p><label>Username <input name="log"></label> <label>Password <input name="pwd" type="password"></label>'
        form = f'<form name="loginform" id="loginform" action="/wp-login.php" method="post">{fields}</form>'
        return page(f"<!DOCTYPE html><title>Log In</title><body class='login'><h1>Please log in</h1>{form}")


@dataclass(slots=True, kw_only=True)
class SoftNotFound(Fault):
    """Says in words that nothing is there, and 200 in the status."""

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The page that lies."""
        return page(
            "<!DOCTYPE html><title>Page not found</title><h1>Oops! That page can&#8217;t be found.</h1>"
        )


@dataclass(slots=True, kw_only=True)
class Empty(Fault):
    """200 with nothing in it."""

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """An empty page."""
        return page("")


# Redirects


@dataclass(slots=True, kw_only=True)
class Redirect(Fault):
    """A redirect to anywhere: another host, a private address, another loopback port."""

    to: str = "http://elsewhere.invalid/"
    status: int = 302

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The redirect."""
        return moved(self.to, self.status)


@dataclass(slots=True, kw_only=True)
class RedirectLoop(Fault):
    """Redirects each address to itself with one more turn in the query, for ever."""

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The next turn."""
        turn = int(request.params.get("turn", "0")) + 1
        return moved(f"{request.path}?turn={turn}", 302)


# Bytes that are not what they should be


@dataclass(slots=True, kw_only=True)
class Charset(Fault):
    """Sends the page in `actual` while the header says `claimed` (None: it says nothing)."""

    actual: str = "latin-1"
    claimed: str | None = "UTF-8"

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
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

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The sound page with a very long tail."""
        return page(("<p>" + "tide " * 200 + "</p>\n") * (self.size // 1008 + 1))


@dataclass(slots=True, kw_only=True)
class GzipBomb(Fault):
    """A small body that unpacks to `size` bytes."""

    size: int = 100_000_000

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The packed page."""
        body = gzip.compress(b"\0" * self.size, compresslevel=6, mtime=0)
        return Response(200, body, [("Content-Type", "text/html"), ("Content-Encoding", "gzip")])


@dataclass(slots=True, kw_only=True)
class WeakEtag(Fault):
    """A proxy that packs answers and weakens their ETag, after which WordPress never recognises it."""

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
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

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """Silence."""
        return Response(0, deliver=self._deliver)

    def _deliver(self, wire: Wire, response: Response) -> None:
        wire.closing.wait()


@dataclass(slots=True, kw_only=True)
class Drip(Fault):
    """The sound answer, `size` bytes every `pause` seconds."""

    size: int = 64
    pause: float = 0.1

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
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

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
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

    def answer(self, request: Request, ordinary: Ordinary) -> Response:
        """The sound answer, to be cut off."""
        sound = ordinary()
        sound.deliver = self._deliver
        return sound

    def _deliver(self, wire: Wire, response: Response) -> None:
        kept = response.body[: int(len(response.body) * self.share)]
        wire.send(wire.head(response, len(response.body)) + kept)
