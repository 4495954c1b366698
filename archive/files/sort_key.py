"""URLs as an index of web archives sorts them: in SURT form, canonical, all in lower case.

"https://www.example.org/A?b=2&a=1" is "org,example)/a?a=1&b=2". Two URLs that replay software takes for the
same page have the same key: without `www`, the scheme's port, ids of sessions, the fragment and a last slash.
"""

from __future__ import annotations

import hashlib
import re
from ipaddress import IPv4Address
from urllib.parse import quote, unquote_to_bytes, urlsplit

_PORTS = {"http": 80, "https": 443}
_WWW = re.compile(r"^www\d*\.")
_KEPT = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"  # what stays as it is once it is unescaped
_QUERY_SESSION = re.compile(
    r"(?:(?<=^)|(?<=&))(?:jsessionid=\w{32}|phpsessid=\w{32}|sid=\w{32}|aspsessionid[a-z]{8}=[a-z]{24}"
    r"|cfid=[^&]+&cftoken=[^&]+)(?:&|$)"
)
_PATH_SESSION = re.compile(r"/\((?:[a-z]\([0-9a-z]{24}\))+\)(?=/[^/]+\.aspx)")
_NUMBER = re.compile(r"\d{1,10}")


def sort_key(url: str) -> str:
    """Return the key of an absolute URL of http or https, in ASCII without spaces.

    What is no URL is its own key, in lower case and escaped.
    """
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}"
        if parts.port in {None, _PORTS.get(parts.scheme)}:
            port = ""
    except ValueError:
        return _escaped(url).lower()
    path = _path(_escaped(parts.path).lower())
    query = _query(_escaped(parts.query).lower())
    mark = ""
    if query:
        mark = "?"
    return f"{_host(parts.hostname or '')}{port}){path}{mark}{query}"


def key_number(url: str) -> int:
    """Return a number that URLs with one key share, as `pages.db` stores it.

    Other URLs seldom have it too: compare their keys. If keys change, a migration must store new numbers.
    """
    digest = hashlib.sha256(sort_key(url).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _host(host: str) -> str:
    if ":" in host:  # an address of IPv6 has no parts to turn around
        return host
    if _NUMBER.fullmatch(host) and int(host) < 2**32:
        host = str(IPv4Address(int(host)))
    try:
        host = host.encode("idna").decode()
    except UnicodeError:  # no name that could be requested
        host = quote(host)
    labels = [label for label in _WWW.sub("", host).split(".") if label]
    return ",".join(reversed(labels))


def _escaped(text: str) -> str:
    """Escape what needs it, once, however often escaped before."""
    data = text.encode("utf-8", "surrogatepass")
    while (plain := unquote_to_bytes(data)) != data:
        data = plain
    return quote(data, safe=_KEPT)


def _path(path: str) -> str:
    done: list[str] = []
    for part in _PATH_SESSION.sub("", path).split("/"):
        if part == ".." and done:
            done.pop()
        elif part not in {"", "."}:
            done.append(part)
    return "/" + "/".join(done)


def _query(query: str) -> str:
    return "&".join(sorted(_QUERY_SESSION.sub("", query).split("&")))
