"""URLs as identities: one canonical form, and one key, for crawler, pipeline and archive.

Pure: no network, and no file but tldextract's own list of public suffixes. Two rules apply to every function
here: two spellings of one page become equal, and a URL never becomes that of another page. `clean` gives the
form to keep and to fetch, with scheme, host and slash as the site serves them; `key` gives the identity, in
which those make no difference. What a malformed URL is turned into is the URL itself.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

if TYPE_CHECKING:
    from tldextract import TLDExtract

_NOISE = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|srsltid|gad_source|"
    r"mc_[ce]id|mkt_tok|s_kwcid|_ga|_gl|_hs\w+|phpsessid|jsessionid|"
    r"ref_src|ref_url|cmpid|ocid|ncid|wt_mc|amp|noamp|nonamp|replytocom|unapproved|moderation-hash|"
    r"share|nb|shared|fb_\w+|action_\w+|doing_wp_cron|nocache|like_comment|_wpnonce|showcomment)$",
    re.IGNORECASE,
)
"""Parameters that tell where a reader came from or how a page is shown, and never which page it is."""

_MOBILE = re.compile(r"^m=[01]$")  # but ?m=201501 is WordPress' archive of a month
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_COMMENT_PAGES = re.compile(r"(?:/comment-page-\d{1,9})+(?=/?$)", re.IGNORECASE)
_COMMENT_PAGE = re.compile(r"/comment-page-\d{1,9}/?(?:\?|$)|[?&]cpage=\d", re.IGNORECASE)
_PART = re.compile(r"^(?P<base>.+?)/(?:page/)?(?P<part>[2-9]|[1-9]\d)/?$")
_PLAIN_PART = re.compile(r"^(?P<post>(?:p|page_id)=\d+)&page=(?P<part>[2-9]|[1-9]\d)$")
_VIEW = re.compile(r"^(?P<base>/.*[^/])/(?:amp|embed|trackback|print)(?P<slash>/?)$", re.IGNORECASE)
_DATE = re.compile(r"(?:^|/)(?:19|20)\d\d(?:/\d\d){0,2}$")
_PORTS = {"http": 80, "https": 443}
_ROUNDS = 8
_HOSTERS = ("wordpress.com", "substack.com", "tumblr.com", "typepad.com", "livejournal.com", "medium.com")
"""Names below which strangers publish, as below a public suffix, and which the list of these leaves out."""


def absolute(url: str | None, base: str) -> str | None:
    """Return a link as an absolute http URL, if it is one."""
    if not url or not url.strip():
        return None
    try:
        joined = urljoin(base, url.strip())
        joined.encode()
    except ValueError:
        return None
    parts = split(joined)
    if parts and parts.scheme in _PORTS and parts.hostname and parts.port != 0:
        return joined
    return None


@lru_cache(maxsize=4096)
def split(url: str) -> SplitResult | None:
    """Return the parts of a URL, if it can be parsed."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def path_of(href: str | None) -> str:
    """Return the path of a link, or ""."""
    parts = split(href or "")
    if not parts:
        return ""
    return parts.path


def clean(url: str) -> str:
    """Return an article's canonical URL, to store and fetch.

    Fragment, credentials, tracking, session, reply and comment page are removed, and what can be spelled in
    many ways (host, port, escapes, order of parameters) is spelled in one. Scheme, "www." and the slash at
    the end stay as they are: only a request shows which of them the site serves.
    """
    return _cleaned(url, thread_page=False)


def clean_page(url: str) -> str:
    """Return a page's canonical URL, with its thread page."""
    return _cleaned(url, thread_page=True)


@lru_cache(maxsize=4096)
def _cleaned(url: str, *, thread_page: bool) -> str:
    for _ in range(_ROUNDS):  # the result of odd hosts and escapes can need another round
        url, before = _cleaned_once(url, thread_page=thread_page), url
        if url == before:
            break
    return url


def _cleaned_once(url: str, *, thread_page: bool) -> str:
    from w3lib.url import canonicalize_url  # noqa: PLC0415  (slow to import, and few commands clean a URL)

    try:
        parts = urlsplit(canonicalize_url(url))
        netloc = _netloc(parts)
    except ValueError:
        return url
    if parts.scheme not in _PORTS or not netloc:
        return url
    path = _SESSION.sub("", parts.path)
    pairs = [pair for pair in parts.query.split("&") if not _is_noise(pair)]
    if not thread_page:
        path = _COMMENT_PAGES.sub("", path)
        pairs = [pair for pair in pairs if not pair.startswith("cpage=")]
    # WordPress answers to both spellings of an escape, and links in lower case.
    path = re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), path)
    return urlunsplit((parts.scheme, netloc, path or "/", "&".join(pairs), ""))


def is_comment_page(url: str) -> bool:
    """True if a URL is a further page of an article's thread."""
    return _COMMENT_PAGE.search(url.partition("#")[0]) is not None


def key(url: str) -> str:
    """Return an article's key, equal for all its URLs.

    It is a clean URL without scheme, "www." and the slash at its end, such as "x.example/2026/ice?p=7".
    """
    return _key(clean(url))


def page_key(url: str) -> str:
    """Return a page's key: like `key`, with the thread page."""
    return _key(clean_page(url))


@lru_cache(maxsize=4096)
def _key(cleaned: str) -> str:
    parts = split(cleaned)
    if parts is None or parts.scheme not in _PORTS or not parts.netloc:
        return cleaned
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    query = ""
    if parts.query:
        query = f"?{parts.query}"
    return f"{bare_host(parts)}{path}{query}"


@lru_cache(maxsize=4096)
def link_key(url: str) -> str:
    """Return the key of a page's links to one article.

    Independent of case and parameters.

    Only the parameters by which WordPress finds a page (?p=, ?page_id=) count.
    """
    parts = split(clean(url))
    if parts is None:
        return url
    post = re.search(r"(?:^|&)((?:p|page_id)=\d+)", parts.query)
    query = ""
    if post:
        query = f"?{post[1]}"
    path = unquote(parts.path).rstrip("/").lower()
    return f"{bare_host(parts)}{path}{query}"


def without_part(url: str) -> tuple[str, int]:
    """Return a part's article URL and number (1 by default)."""
    parts = split(url)
    if parts is None:
        return url, 1
    if plain := _PLAIN_PART.match(parts.query):
        whole = parts._replace(query=plain["post"])
        return urlunsplit(whole), int(plain["part"])
    match = _PART.match(parts.path)
    if match is None:
        return url, 1
    slash = ""
    if parts.path.endswith("/"):
        slash = "/"
    whole = parts._replace(path=match["base"] + slash)
    return urlunsplit(whole), int(match["part"])


def part_url(article: str, number: int) -> str:
    """Return the URL of a further part of an article, as WordPress forms it."""
    base, mark, query = article.partition("?")
    if query:
        return f"{article}&page={number}"
    slash = ""
    if base.endswith("/"):
        slash = "/"
    return f"{base.rstrip('/')}/{number}{slash}{mark}"


def without_view(url: str) -> str:
    """Return the article URL of a view such as /amp or /print.

    An article whose own slug is such a name, at the root or behind a date, keeps it.
    """
    parts = split(url)
    match = _VIEW.match(parts.path) if parts else None
    if parts is None or match is None or _DATE.search(match["base"]):
        return url
    path = match["base"] + match["slash"]
    return urlunsplit(parts._replace(path=path))


_INDEX_FILE = re.compile(r"/index\.html?$")


def canonical(stated: str | None, final: str) -> str:
    """Return the stated canonical URL if believable, else `final`.

    Scheme and host are as the site serves them, wherever they differ only in http/https or "www.". The file
    behind the URL of a folder, as some generators of static sites state it, is the folder.
    """
    own = clean(final)
    said = absolute(stated, final)
    if said is None:
        return without_view(own)
    said = clean(said)
    leads_home = _is_home(said) and not _is_home(own)
    if not same_site(said, own) or leads_home:
        return own
    said = as_served(said, final)
    if own.endswith("/") and _INDEX_FILE.sub("/", said) == own:
        return own
    return said


def as_served(url: str, final: str) -> str:
    """Return a URL with the scheme and host of `final`."""
    ours = split(final)
    theirs = split(url)
    if ours is None or theirs is None or bare_host(ours) != bare_host(theirs):
        return url
    return urlunsplit((ours.scheme.lower(), _netloc(ours), *theirs[2:]))


def same_site(one: str, other: str) -> bool:
    """True if two URLs share a name below a public suffix.

    Strangers on github.io, blogspot.com or govt.nz do not; m.paper.example and paper.example do.
    """
    first = split(one)
    second = split(other)
    if first is None or second is None or not first.hostname or not second.hostname:
        return False
    here = _registered(_host(first))
    there = _registered(_host(second))
    if here and there:
        return here == there
    return bare_host(first) == bare_host(second)


def same_host(url: str, home: str) -> bool:
    """True if a URL is on the host of `home`.

    With or without "www.", by http or https.

    On the loopback, or with a port of its own, a site is one host and one port.
    """
    here = split(url)
    there = split(home)
    if here is None or there is None or not {here.scheme, there.scheme} <= _PORTS.keys():
        return False
    ports = here.port or _PORTS[here.scheme], there.port or _PORTS[there.scheme]
    usual = set(ports) <= set(_PORTS.values()) and not is_loopback(there.hostname)
    bare = (_host(here).removeprefix("www."), _host(there).removeprefix("www."))
    return bare[0] == bare[1] and (usual or ports[0] == ports[1])


def is_below(url: str, home: str) -> bool:
    """True if a URL is `home` or below it."""
    path = path_of(clean(url))
    above = path_of(clean(home)).rstrip("/")
    return same_host(url, home) and (path + "/").startswith(above + "/")


def below(url: str, home: str) -> str:
    """Return a URL's path below `home`, without outer slashes."""
    path = path_of(clean(url)).strip("/")
    above = path_of(clean(home)).strip("/")
    if (path + "/").startswith(above + "/"):
        return path.removeprefix(above).strip("/")
    return path


def matches(url: str, pattern: str | None) -> bool:
    """True if the source's article pattern, if any, fits."""
    return pattern is None or re.search(pattern, path_of(url)) is not None


def is_loopback(host: str | None) -> bool:
    """True if a host is this machine itself."""
    if host in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def bare_host(parts: SplitResult) -> str:
    """Return the host without "www.", with an unusual port."""
    return _netloc(parts).removeprefix("www.").removesuffix(":443").removesuffix(":80")


def _is_noise(pair: str) -> bool:
    if not pair or _MOBILE.match(pair):
        return True
    name, _, _ = pair.partition("=")
    return _NOISE.match(unquote(name)) is not None


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower().rstrip(".")


def _netloc(parts: SplitResult) -> str:
    """Return host and port in lower case, without defaults."""
    host = _host(parts)
    if ":" in host:
        host = f"[{host}]"
    if parts.port in (None, _PORTS.get(parts.scheme.lower())):
        return host
    return f"{host}:{parts.port}"


@cache
def _registered(host: str) -> str:
    """Return a host's registered name, "" for an IP address.

    A host that is itself a public suffix is its own name. Under an unlisted suffix, as in "paper.example",
    the last two labels are the name.
    """
    found = _suffixes()(host)
    labels = host.split(".")
    if found.ipv4 or found.ipv6 or len(labels) < 2:
        return ""
    return found.top_domain_under_public_suffix or (host if found.suffix else ".".join(labels[-2:]))


@cache
def _suffixes() -> TLDExtract:
    """Return the offline reader of public suffixes."""
    from tldextract import TLDExtract  # noqa: PLC0415  (it imports an HTTP client, and few runs need it)

    return TLDExtract(None, (), include_psl_private_domains=True, extra_suffixes=_HOSTERS)


def _is_home(url: str) -> bool:
    parts = split(url)
    return parts is not None and parts.path in ("", "/") and not parts.query
