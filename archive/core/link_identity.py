"""The identity of a link's target, without what a site varies from request to request. Pure.

Does not: resolve relative links or follow redirects.
Invariant: two links with the same identity lead a reader to the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

_PROTECTED_MAIL = "/cdn-cgi/l/email-protection"
"""Where Cloudflare leads from a mail address; the address itself is encrypted anew for each answer."""
_TRACKING = re.compile(
    r"utm_.*|mtm_.*|pk_.*|piwik_.*|hsa_.*|_hs.*|at_(?:medium|campaign|custom\d*|source|type)|ga_.*|_ga.*|_gl|"
    r"fbclid|gclid|gclsrc|dclid|wbraid|gbraid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh|mc_[ce]id|"
    r"ml_subscriber.*|vero_.*|oly_.*|wickedid|s_cid|s_kwcid|cmpid|ncid|icid|ocid|cmp|xtor|spm|scm|"
    r"ref|ref_src|ref_url|referrer|source|src|from|share|shared|relatedposts_.*|origin|nb|nr|trk|trkinfo|"
    r"click(?:id|_id)?|affid|aff|subid|campaign|adid|ad_id|creative|placement",
    re.IGNORECASE,
)
_SESSION = re.compile(
    r"phpsessid|jsessionid|aspsessionid.*|asp\.net_sessionid|oscsid|zenid|cfid|cftoken|sid|sess(?:ion)?_?(?:id)?|"
    r"_?wp_?nonce|_wpnonce|_?nonce|_?token|csrf.*|xsrf.*|security|replytocom|"
    r"_|cb|cachebuster|cache|rnd|rand|random|t|ts|time|timestamp|v|ver|nocache|no_cache|bust",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"x-(?:amz|goog|oss|cos)-.*|expires?|exp|signature|sig|sign|hmac|hash|key-pair-id|policy|hdn(?:ts|ea)|"
    r"awsaccesskeyid|googleaccessid|auth(?:_key)?|verify|s[vrpet]|skoid|sktid|oh|oe|_nc_.*|valid_?until|e",
    re.IGNORECASE,
)
_OPAQUE = re.compile(
    r"[0-9a-f]{16,}|\d{10}(?:\d{3})?|(?=[\w%+/=.-]*\d)(?=[\w%+/=.-]*[A-Z])(?=[\w%+/=.-]*[a-z])[\w%+/=.-]{20,}"
)
"""A value that nobody chose: a digest, a moment, a token."""
_CHOSEN = re.compile(r"p|q|s|id|.+_?id|v|doc|docid|file|story|article|page|key|name|url|u", re.IGNORECASE)
"""Parameters that say which thing is meant, whatever their value looks like."""
_VIDEO_HOSTS = ("youtube.com", "youtu.be")
_PATH_SESSION = re.compile(r";jsessionid=[^/?;]*|/\([SAF]\([^)]*\)\)", re.IGNORECASE)
_TEXT_FRAGMENT = re.compile(r":~:text=|utm_|xtor=|^(?:respond|comments?|more-\d+)$", re.IGNORECASE)

_one_site: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("one_site", default=())
"""Host and path of each address of one site, the deepest first."""


@contextmanager
def one_site(homes: Iterable[str]) -> Iterator[None]:
    """Take some addresses for one while the block runs.

    Those of a site before and after it moved.
    """
    known = {(_place(parts), parts.path.rstrip("/")) for parts in map(urlsplit, homes)}
    ordered: tuple[tuple[str, str], ...] = ()
    if len(known) > 1:
        ordered = tuple(sorted(known, key=lambda home: -len(home[1])))
    token = _one_site.set(ordered)
    try:
        yield
    finally:
        _one_site.reset(token)


def identity(url: str) -> str | None:
    """Return the identity of a link's target, if it has one.

    Scheme, "www.", a default port, a trailing slash, the order of parameters, and tracking, session and
    signature parameters are left out, and the address where it is one of `one_site`.
    """
    try:
        parts = urlsplit(url.strip())
        place = _place(parts)
    except ValueError:
        return url.strip()
    if parts.path.startswith(_PROTECTED_MAIL) or parts.scheme in {"data", "javascript", "blob"}:
        return None
    if parts.scheme not in {"http", "https", ""}:
        return url.strip().partition("?")[0]
    host = (parts.hostname or "").removeprefix("www.")
    path = _PATH_SESSION.sub("", unquote(parts.path)).rstrip("/")
    for home, above in _one_site.get():
        if place == home and f"{path}/".startswith(f"{above}/"):
            place = ""
            path = path.removeprefix(above)
            break
    arguments = parse_qsl(parts.query, keep_blank_values=True)
    pairs = sorted(pair for pair in arguments if _says(host, *pair))
    fragment = parts.fragment
    if _TEXT_FRAGMENT.search(fragment):
        fragment = ""
    found = f"{place}{path}"
    if pairs:
        found += f"?{urlencode(pairs)}"
    if fragment:
        found += f"#{fragment}"
    return found


def identities(urls: Iterable[str]) -> frozenset[str]:
    """Return the identities of links, without empty ones."""
    found = map(identity, urls)
    return frozenset(each for each in found if each is not None)


def _place(parts: SplitResult) -> str:
    """Return host and port of a URL's parts. Raises ValueError."""
    host = (parts.hostname or "").removeprefix("www.")
    port = parts.port
    if port in {None, 80, 443}:
        return host
    return f"{host}:{port}"


def _says(host: str, name: str, value: str) -> bool:
    """True if a parameter identifies the target."""
    if host.endswith(_VIDEO_HOSTS) and name == "v":
        return True
    if any(rule.fullmatch(name) for rule in (_TRACKING, _SESSION, _SIGNATURE)):
        return False
    return bool(_CHOSEN.fullmatch(name)) or not _OPAQUE.fullmatch(value)
