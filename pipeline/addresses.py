"""Addresses as identities: what is dropped, joined and believed.

Knows the shapes of WordPress addresses, and nothing of HTTP. Its law: two spellings of one article come
out equal, and an address is never turned into that of another article.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_NOISE = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|"
    r"mc_[ce]id|_ga|_gl|_hs\w+|"
    r"ref_src|ref_url|cmpid|ocid|ncid|wt_mc|amp|noamp|nonamp|replytocom|cpage|unapproved|moderation-hash|"
    r"share|nb|shared|fb_\w+|action_\w+|doing_wp_cron|nocache|like_comment|_wpnonce)$",
    re.IGNORECASE,
)
_COMMENT_PAGE = re.compile(r"/comment-page-\d+(?=/?$)")
_PART = re.compile(r"^(?P<base>.+?)/(?:page/)?(?P<part>[2-9]|[1-9]\d)/?$")
_AMP = re.compile(r"(?<=[^/])/amp/?$")
_NITRO = re.compile(r"^https?://[^/]*nitrocdn\.com/.+?/(?=[a-z0-9-]+(?:\.[a-z0-9-]+)+/)")
_NITRO_HOSTED = re.compile(r"^https?://[^/]*nitrocdn\.com/[^/]+/assets/[^/]+/[^/]+/[^/]+/(?P<rest>.+)$")
_PHOTON = re.compile(r"^https?://i\d\.wp\.com/(?P<rest>[^?]+)")
_CF_IMAGE = re.compile(r"/cdn-cgi/image/[^/]+/(?P<rest>.+)$")


def absolute(url: str | None, base: str) -> str | None:
    """The address as an absolute http address, or None where it is none."""
    if not url or not url.strip():
        return None
    try:
        joined = urljoin(base, url.strip())
        parts = urlsplit(joined)
        _ = parts.port
        joined.encode()
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname else None


def path_of(href: str | None) -> str:
    """The path of a link as it is written, empty where it is no address: `http://[terms]` is none."""
    try:
        return urlsplit(href or "").path
    except ValueError:
        return ""


def clean(url: str) -> str:
    """The address without fragment, tracking, comment pages and reply links."""
    parts = _split(url)
    if parts is None:
        return url
    query = parts.query
    if query:
        kept = [(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _NOISE.match(k)]
        query = query if len(kept) == query.count("&") + 1 else urlencode(kept)
    path = _COMMENT_PAGE.sub("", parts.path) or "/"
    if path != parts.path and parts.path.endswith("/") and not path.endswith("/"):
        path += "/"
    return urlunsplit((parts.scheme.lower(), _netloc(parts), _hex(path), query, ""))


def without_part(url: str) -> tuple[str, int]:
    """The address of the article a numbered part belongs to, and the number (1 where it is none)."""
    parts = _split(url)
    match = _PART.match(parts.path) if parts else None
    if parts is None or match is None:
        return url, 1
    slash = "/" if parts.path.endswith("/") else ""
    return urlunsplit(parts._replace(path=match["base"] + slash)), int(match["part"])


def canonical(stated: str | None, final: str) -> str:
    """The identity of the page at `final`: its stated canonical address where that can be believed.

    Scheme and host are taken as the site serves them, wherever they differ only in http/https or www.
    """
    own = clean(final)
    said = absolute(stated, final)
    if said is None:
        return _AMP.sub("", own) if said is None else own
    said = clean(said)
    if not same_site(said, own) or (_is_home(said) and not _is_home(own)):
        return own
    return as_served(said, final)


def as_served(url: str, final: str) -> str:
    """The address with scheme and host as `final` has them, if the two differ in nothing else."""
    ours, theirs = _split(final), _split(url)
    if ours is None or theirs is None or _bare(ours) != _bare(theirs):
        return url
    return urlunsplit((ours.scheme.lower(), _netloc(ours), *theirs[2:]))


def same_site(one: str, other: str) -> bool:
    """Whether two addresses lie on one site: the same host, or hosts of one family (www., m., amp.)."""
    first, second = _split(one), _split(other)
    if first is None or second is None:
        return False
    a, b = _bare(first), _bare(second)
    return a == b or a.endswith("." + b) or b.endswith("." + a) or _family(a) == _family(b) != ""


def path_key(url: str) -> str:
    """What two addresses of one article share: host without www., decoded path without slash, and ?p=."""
    parts = _split(clean(url))
    if parts is None:
        return url
    post = re.search(r"(?:^|&)((?:p|page_id)=\d+)", parts.query)
    return f"{_bare(parts)}{unquote(parts.path).rstrip('/').lower()}{'?' + post[1] if post else ''}"


def is_wanted(url: str, pattern: str | None) -> bool:
    """Whether the source's own pattern, if it has one, takes an address for an article's."""
    return pattern is None or re.search(pattern, path_of(url)) is not None


def unwrap_image(url: str | None, base: str) -> str | None:
    """The image's own address where a delivery network has rewritten it."""
    found = absolute(url, base)
    if found is None:
        return None
    if match := _PHOTON.match(found):
        return "https://" + match["rest"]
    if "nitrocdn.com/" in found:
        match = _NITRO_HOSTED.match(found)
        if match and re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+/", match["rest"]):
            return "https://" + match["rest"]
        stripped = _NITRO.sub("", found)
        return "https://" + stripped if stripped != found else found
    if match := _CF_IMAGE.search(found):
        return absolute(match["rest"] if match["rest"].startswith("http") else "/" + match["rest"], found)
    return found


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _netloc(parts: SplitResult) -> str:
    """Host and port in lower case, without the scheme's own port and without credentials."""
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def _bare(parts: SplitResult) -> str:
    """The host as an identity: without www. and, where it is the usual one, without the port."""
    return _netloc(parts).removeprefix("www.").removesuffix(":443").removesuffix(":80")


def _family(host: str) -> str:
    """The registrable part of a host, guessed by its shape; "" for addresses and single names."""
    labels = host.split(":", maxsplit=1)[0].split(".")
    if len(labels) < 2 or labels[-1].isdigit():
        return ""
    deep = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3:] if deep else labels[-2:])


def _is_home(url: str) -> bool:
    parts = _split(url)
    return parts is not None and parts.path in ("", "/") and not parts.query


def _hex(path: str) -> str:
    """Percent escapes in one spelling; WordPress answers to both and links in lower case."""
    if "%" not in path and path.isascii():
        return path
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda m: m[0].lower(), quote(path, safe="/%:@!$&'()*+,;=~-._"))
