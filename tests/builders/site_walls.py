"""Walls before a whole site, as firewalls, plugins and hosters put them up. All words are invented or generic.

Each is a function of the request; None lets the site itself answer. They stand before robots.txt as well where
the real ones do.
"""

# ruff: noqa: E501  (recorded markup reads better in one line)

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.fakesite import Fault
from tests.fakesite.faults import Ordinary
from tests.fakesite.wire import Headers, Request, Response, moved, page, text

Reply = Callable[[Request], Response | None]


@dataclass(slots=True, kw_only=True)
class Walled(Fault):
    """A wall before every page of a site."""

    reply: Reply

    def answer(self, request: Request, ordinary: Ordinary, /) -> Response:
        """The wall, or what the site says behind it."""
        return self.reply(request) or ordinary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A wall with the kind by which it is named and words that its sentence has."""

    reply: Reply
    kind: str
    says: str


def _html(title: str, body: str, head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'


def always(title: str, body: str, status: int = 200, extra: Headers | None = None, head: str = "") -> Reply:
    """Return a wall that shows one page for every URL but robots.txt."""

    def reply(request: Request) -> Response | None:
        if request.path == "/robots.txt":
            return None
        return page(_html(title, body, head), status, extra)

    return reply


def everything(title: str, body: str, status: int, extra: Headers | None = None) -> Reply:
    """Return a wall that stands before robots.txt as well."""
    return lambda _: page(_html(title, body), status, extra)


def as_json(value: object, status: int, extra: Headers | None = None) -> Reply:
    """Return a wall that answers in JSON, to everything."""
    body = json.dumps(value).encode()
    return lambda _: Response(status, body, [("Content-Type", "application/json"), *(extra or [])])


def redirect(to: str, landing: Response | None = None) -> Reply:
    """Return a wall that sends everybody to one URL; `landing` is its page where it is on the site."""

    def reply(request: Request) -> Response | None:
        if request.path == "/robots.txt":
            return None
        if landing is not None and request.path == to.partition("?")[0]:
            return landing
        return moved(to, 302)

    return reply


def robots(rules: str) -> Reply:
    """Return a robots.txt; the site behind it is open."""
    return lambda request: text(rules) if request.path == "/robots.txt" else None


def _wordpress_login(request: Request) -> Response | None:
    if request.path == "/robots.txt":
        return None
    if request.path.startswith("/wp-json") or "rest_route" in request.query:
        said = {
            "code": "rest_login_required",
            "message": "REST API restricted to authenticated users.",
            "data": {"status": 401},
        }
        return Response(401, json.dumps(said).encode(), [("Content-Type", "application/json; charset=UTF-8")])
    if request.path == "/wp-login.php":
        form = '<div id="login"><form name="loginform" id="loginform" action="/wp-login.php" method="post"><label>Username <input name="log"></label><input name="pwd" type="password"></form></div>'
        return page(_html("Log In &lsaquo; Gull Point Ledger &#8212; WordPress", form))
    return moved(f"/wp-login.php?redirect_to={request.path}&reauth=1", 302)


def _turnstile(status: int) -> Reply:
    body = '<div class="main-wrapper"><h1>gull.example</h1><p>Enable JavaScript and cookies to continue</p></div><script>window._cf_chl_opt={cType:"managed"};a.src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1"</script>'
    return always("Just a moment...", body, status, [("cf-mitigated", "challenge"), ("Server", "cloudflare")])


_AKAMAI = '<H1>Access Denied</H1>You don\'t have permission to access "http&#58;&#47;&#47;gull&#46;example&#47;" on this server.<P>Reference&#32;&#35;18&#46;1a2b3c<P>https&#58;&#47;&#47;errors&#46;edgesuite&#46;net&#47;18&#46;1a2b3c'
_PX = '<div class="px-captcha-container"><div id="px-captcha"></div><p>Press and hold to confirm you are a human (and not a bot).</p></div><script>window._pxAppId="PXabc";</script>'
_IMPERVA = '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=1-2-3" frameborder=0 width="100%">Request unsuccessful. Incapsula incident ID: 1-2</iframe>'
_CF_AI = "<h1>Sorry, you have been blocked</h1><p>This site does not allow AI crawlers or scrapers. If you run this crawler, ask the owner for access.</p>"
_PARKED = '<div id="main"><h1>gull.example</h1><p>This domain is for sale. Buy this domain.</p><p>Related searches: ropes, lamps.</p></div>'
_CONSENT = "<h1>Before you continue</h1><p>We and our 812 partners store cookies on your device. Choose what you allow.</p><form action='/consent'><button>Accept all</button></form>"
_SOURCEPOINT = "<div id='sp_message_container_1'><h1>Your choices regarding cookies</h1><p>We and our 200 partners store and/or access information on a device.</p><button>Accept and continue</button></div>"
_DIDOMI = "<div id='didomi-host'><h1>We value your privacy</h1><p>With your agreement, we and our 300 partners use cookies.</p><button>Agree and close</button></div>"
_ONETRUST = "<div id='onetrust-consent-sdk'><h2>We Value Your Privacy</h2><p>We and our partners use cookies on this device.</p><button>Accept All Cookies</button></div>"
_USERCENTRICS = "<div id='usercentrics-root'></div><h1>Privacy Settings</h1><p>This site uses third-party website tracking technologies.</p>"
_PUR = "<h1>Weiter mit Werbung lesen</h1><p>Besuchen Sie uns mit Werbung und Cookies, oder nutzen Sie das Pur-Abo.</p>"
_PIANO = "<h1>Subscribe to continue reading</h1><div class='tp-container-inner'></div><p>This article is for subscribers only.</p>"
_EEA = "<h1>451: Unavailable due to legal reasons</h1><p>You are attempting to reach this website from a country belonging to the European Economic Area (EEA).</p>"
_PARDON = (
    "<h1>Pardon Our Interruption...</h1><p>Something about your browser made us think you were a bot.</p>"
)
_SUCURI = "<noscript>Javascript is required. Please enable javascript before you are allowed to see this page.</noscript><script>var s={},u,c,sucuri_cloudproxy_js='',S='cz0=';</script>"


def _edge(words: str) -> str:
    return f'<div id="cf-wrapper"><div id="cf-error-details"><h1>{words}</h1></div><span>Cloudflare Ray ID: <strong>8a1</strong></span></div>'


_SOON = "<div><h1>We&rsquo;ll be back soon</h1><p>Our site is under maintenance. Please check back.</p></div>"

CASES = {
    "Cloudflare 403": Case(reply=_turnstile(403), kind="challenge", says="a Cloudflare challenge (HTTP 403)"),
    "Cloudflare 503": Case(reply=_turnstile(503), kind="challenge", says="a Cloudflare challenge (HTTP 503)"),
    "DataDome": Case(
        reply=as_json({"url": "https://geo.captcha-delivery.com/captcha/?cid=x"}, 403, [("X-DataDome", "protected")]),
        kind="challenge", says="a challenge of DataDome",
    ),
    "Akamai": Case(reply=everything("Access Denied", _AKAMAI, 403, [("Server", "AkamaiGHost")]), kind="block", says="Akamai"),
    "PerimeterX": Case(reply=always("Access to this page has been denied", _PX, 403), kind="challenge", says="HUMAN (PerimeterX)"),
    "PerimeterX JSON": Case(
        reply=as_json({"appId": "PXabc", "jsClientSrc": "/abc/init.js", "blockScript": "/abc/captcha/captcha.js", "vid": ""}, 403),
        kind="challenge", says="HUMAN (PerimeterX)",
    ),
    "Imperva 200": Case(reply=always("", _IMPERVA, 200, [("X-Iinfo", "1-2-3 NNNN")]), kind="block", says="Imperva"),
    "Imperva interruption": Case(reply=always("Pardon Our Interruption", _PARDON), kind="block", says="Imperva"),
    "Akamai challenge": Case(
        reply=everything("Challenge Validation", '<div id="sec-if-cpt-container"></div><script src="/_sec/cp_challenge/ak-challenge-4-4.htm"></script>', 428),
        kind="challenge", says="a challenge of Akamai",
    ),
    "Kasada": Case(reply=everything("", "<script>window.KPSDK={};KPSDK.now=1</script>", 429, [("x-kpsdk-ct", "a")]), kind="challenge", says="Kasada"),
    "Radware": Case(
        reply=always("Radware Captcha Page", '<p>We apologize for the inconvenience.</p><script src="https://cdn.perfdrive.com/aperture/a.js"></script>'),
        kind="challenge", says="Radware",
    ),
    "Sucuri challenge": Case(reply=always("You are being redirected...", _SUCURI, 200, [("Server", "Sucuri/Cloudproxy")]), kind="challenge", says="Sucuri"),
    "Sucuri block": Case(
        reply=everything("Sucuri WebSite Firewall - Access Denied", "<h1>Sucuri WebSite Firewall - Access Denied</h1>", 403, [("X-Sucuri-Block", "GEO02")]),
        kind="block", says="Sucuri",
    ),
    "DDoS-Guard": Case(
        reply=everything("gull.example", '<script src="/.well-known/ddos-guard/check?context=free_splash"></script>', 503, [("Server", "ddos-guard")]),
        kind="challenge", says="DDoS-Guard",
    ),
    "Cloudflare 1015": Case(reply=everything("Error 1015", _edge("You are being rate limited"), 429), kind="rate-limit", says="too many requests"),
    "Cloudflare 522": Case(reply=everything("gull.example | 522: Connection timed out", _edge("Connection timed out"), 522), kind="error", says="HTTP 522"),
    "Cloudflare 1020": Case(
        reply=everything("Access denied | gull.example used Cloudflare to restrict access", "<h1>Error 1020</h1><p>Access denied</p>", 403),
        kind="block", says="Cloudflare",
    ),
    "AWS WAF 202": Case(reply=always("", "", 202, [("x-amzn-waf-action", "challenge")]), kind="challenge", says="AWS WAF"),
    "SiteGround 202": Case(
        reply=always("Robot Challenge Screen", "", 202, [("SG-Captcha", "challenge")], head='<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F">'),
        kind="challenge", says="SiteGround",
    ),
    "Anubis 200": Case(
        reply=always("Making sure you&#39;re not a bot!", '<p>Loading...</p><script src="/.within.website/x/cmd/anubis/static/js/main.mjs"></script>'),
        kind="challenge", says="Anubis",
    ),
    "go-away": Case(
        reply=always("Checking you are not a bot", "<p>Loading...</p><script src='/.well-known/.git.gammaspectra.live/git/go-away/cmd/go-away/assets/challenge.mjs'></script>"),
        kind="challenge", says="go-away",
    ),
    "pay per crawl": Case(
        reply=as_json({"error": "payment required", "price": "USD 0.01"}, 402, [("crawler-price", "USD 0.01")]), kind="payment", says="payment"),
    "402 JSON": Case(reply=as_json({"error": "payment required", "accepts": []}, 402), kind="payment", says="payment"),
    "TollBit": Case(reply=redirect("https://tollbit.gull.example/article"), kind="payment", says="tollbit.gull.example"),
    "licence": Case(
        reply=everything("Unauthorized", "<h1>License required</h1>", 401, [("WWW-Authenticate", 'License error="invalid_request", error_description="Access to this resource requires a valid license"')]),
        kind="payment", says="licence",
    ),
    "WordPress login": Case(reply=_wordpress_login, kind="login", says="login"),
    "basic auth": Case(reply=everything("401", "<h1>Unauthorized</h1>", 401, [("WWW-Authenticate", 'Basic realm="staging"')]), kind="login", says="login"),
    "consent host": Case(reply=redirect("https://consent.bigfirm.example/collect?id=1"), kind="consent", says="consent.bigfirm.example"),
    "consent page": Case(reply=always("Before you continue", _CONSENT), kind="consent", says="consent"),
    "consent redirect": Case(reply=redirect("/consent?back=1", page(_html("Your privacy", _CONSENT))), kind="consent", says="consent"),
    "maintenance 503": Case(
        reply=everything("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>", 503, [("Retry-After", "600")]),
        kind="maintenance", says="maintenance",
    ),
    "maintenance 503, without Retry-After": Case(
        reply=always("Maintenance", "<h1>Briefly unavailable for scheduled maintenance. Check back in a minute.</h1>", 503), kind="maintenance", says="maintenance"),
    "maintenance 200": Case(reply=always("Coming soon", _SOON), kind="maintenance", says="maintenance"),
    "Sourcepoint": Case(reply=always("Gull Gazette", _SOURCEPOINT), kind="consent", says="consent"),
    "Didomi": Case(reply=always("Gull Gazette", _DIDOMI), kind="consent", says="consent"),
    "OneTrust": Case(reply=always("Gull Gazette", _ONETRUST), kind="consent", says="consent"),
    "Usercentrics": Case(reply=always("Gull Gazette", _USERCENTRICS), kind="consent", says="consent"),
    "pay or consent": Case(reply=always("Gull Gazette", _PUR), kind="consent", says="consent"),
    "Piano": Case(reply=always("Gull Gazette", _PIANO), kind="payment", says="subscription"),
    "451": Case(reply=everything("451", "<h1>Unavailable For Legal Reasons</h1>", 451), kind="region", says="legal reasons"),
    "451 page 200": Case(reply=always("Gull Gazette", _EEA), kind="region", says="country"),
    "region 403": Case(reply=always("Sorry", "<h1>This content is not available in your region</h1>", 403), kind="region", says="country"),
    "region 200": Case(reply=always("Sorry", "<h1>Our website is not available in your country</h1><p>We regret this.</p>"), kind="region", says="country"),
    "AI block 403": Case(reply=always("Attention Required! | Cloudflare", _CF_AI, 403), kind="ai-block", says="AI"),
    "robots for all": Case(reply=robots("User-agent: *\nDisallow: /\n"), kind="robots", says="robots.txt"),
    "robots for us": Case(reply=robots("User-agent: Backissue\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), kind="robots", says="robots.txt"),
    "robots but for search engines": Case(
        reply=robots("User-agent: Googlebot\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n\nUser-agent: *\nDisallow: /\n"), kind="robots", says="robots.txt"),
    "parked": Case(reply=everything("gull.example", _PARKED, 200), kind="parked", says="parked"),
    "suspended": Case(reply=redirect("/cgi-sys/suspendedpage.cgi", page(_html("Account Suspended", "<h1>This Account has been suspended.</h1>"))), kind="suspended", says="suspended"),
    "too many": Case(reply=everything("429", "<h1>Too Many Requests</h1>", 429), kind="rate-limit", says="too many requests"),
    "plain 403": Case(reply=everything("403 Forbidden", "<center><h1>403 Forbidden</h1></center><hr><center>nginx</center>", 403), kind="block", says="a refusal (HTTP 403)"),
    "database error": Case(reply=everything("Database Error", "<h1>Error establishing a database connection</h1>", 500), kind="error", says="HTTP 500"),
}  # fmt: skip
