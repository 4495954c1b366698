"""Answers a site gives instead of its pages: refusals, walls, lies and redirects, each as one small class.

It knows what such answers look like. It does not know the pages they stand for. Its law: one class, one
answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from .faults import Fault, Ordinary
from .wire import Request, Response, as_json, moved, page, text

# Refusals


@dataclass(slots=True, kw_only=True)
class Status(Fault):
    """Any status with a plain page: `Status(status=500, match="/archives/2012/*")`."""

    status: int = 500
    body: str = "<h1>There has been a critical error on this website.</h1>"

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The status and its page."""
        return page(f"<!DOCTYPE html><title>{self.status}</title>{self.body}", self.status)


@dataclass(slots=True, kw_only=True)
class Missing(Status):
    """404: `Missing(match="/wp-sitemap*")`, `Missing(match="*/feed*")`."""

    status: int = 404
    body: str = "<h1>Not Found</h1>"


@dataclass(slots=True, kw_only=True)
class RestClosed(Fault):
    """REST shut to visitors by a plugin, 401 rest_cannot_access; with `gone=True` 404 rest_no_route."""

    match: str = "/wp-json*"
    gone: bool = False

    def fits(self, request: Request) -> bool:
        """True if this request is for REST, under its usual address or the plain one."""
        return Fault.fits(self, request) or "rest_route=" in request.query

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
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

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The refusal with its Retry-After."""
        extra = [] if self.retry_after is None else [("Retry-After", str(self.retry_after))]
        return page("<h1>Too Many Requests</h1>", 429, extra)


@dataclass(slots=True, kw_only=True)
class Maintenance(Fault):
    """503 while WordPress updates itself; `retry_after` in seconds."""

    retry_after: int = 600

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
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

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The robots.txt."""
        return text("\n".join(["User-agent: *", *(f"Disallow: {path}" for path in self.paths), ""]))


# Pages that are not what they seem

_CHALLENGE = """<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="refresh" content="390"><meta name="robots" content="noindex,nofollow"></head><body>
<div class="main-wrapper"><h1>127.0.0.1</h1>
<h2 id="challenge-running">Checking if the site connection is secure</h2>
<noscript>Enable JavaScript and cookies to continue</noscript></div>
<script>window._cf_chl_opt={cvId:"3",cType:"managed",cRay:"8000000000000000"};
var a=document.createElement("script");
a.src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1";</script>
</body></html>"""


@dataclass(slots=True, kw_only=True)
class Challenge(Fault):
    """A wall that wants a browser to prove itself: `status` 403 as usual, or 200 to be nasty."""

    status: int = 403

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The challenge page."""
        named = [("cf-mitigated", "challenge")] if self.status == 403 else []
        return page(
            _CHALLENGE, self.status, [*named, ("Server", "cloudflare"), ("CF-RAY", "8000000000000000-XXX")]
        )


@dataclass(slots=True, kw_only=True)
class LoginWall(Fault):
    """Sends visitors to log in: 302 to wp-login.php, or with `redirect=False` a 200 page that asks for it."""

    redirect: bool = True

    def answer(self, request: Request, _ordinary: Ordinary, /) -> Response:
        """The redirect or the login page."""
        if self.redirect and request.path != "/wp-login.php":
            return Response(302, b"", [("Location", f"/wp-login.php?redirect_to={request.path}")])
        fields = '<input name="log"> <input name="pwd" type="password">'
        form = f'<form name="loginform" id="loginform" action="/wp-login.php" method="post">{fields}</form>'
        return page(f"<!DOCTYPE html><title>Log In</title><body class='login'><h1>Please log in</h1>{form}")


@dataclass(slots=True, kw_only=True)
class SoftNotFound(Fault):
    """Says in words that nothing is there, and 200 in the status."""

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The page that lies."""
        return page(
            "<!DOCTYPE html><title>Page not found</title><h1>Oops! That page can&#8217;t be found.</h1>"
        )


@dataclass(slots=True, kw_only=True)
class Empty(Fault):
    """200 with nothing in it."""

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """An empty page."""
        return page("")


@dataclass(slots=True, kw_only=True)
class EmptyList(Fault):
    """An empty list where REST would give a full one: `EmptyList(match="/wp-json/wp/v2/posts*")`."""

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """Nothing, well-formed."""
        return as_json([])


@dataclass(slots=True, kw_only=True)
class Endless(Fault):
    """A calendar that always has one more day: each page names an article that is not there, and more."""

    def answer(self, request: Request, _ordinary: Ordinary, /) -> Response:
        """One more page."""
        number = request.path.rpartition("/")[2]
        later = int(number) + 1 if number.isdecimal() else 2
        article = f'<h2><a href="/archives/2020/01/day-{later}">Day {later}</a></h2>'
        return page(f'<!DOCTYPE html><title>Days</title>{article}<a rel="next" href="/page/{later}">Next</a>')


# Redirects


@dataclass(slots=True, kw_only=True)
class Redirect(Fault):
    """A redirect to anywhere: another host, a private address, another loopback port."""

    to: str = "http://elsewhere.invalid/"
    status: int = 302

    def answer(self, _request: Request, _ordinary: Ordinary, /) -> Response:
        """The redirect."""
        return moved(self.to, self.status)


@dataclass(slots=True, kw_only=True)
class RedirectLoop(Fault):
    """Redirects each address to itself with one more turn in the query, for ever."""

    def answer(self, request: Request, _ordinary: Ordinary, /) -> Response:
        """The next turn."""
        turn = int(request.params.get("turn", "0")) + 1
        return moved(f"{request.path}?turn={turn}", 302)
