"""Alternative URLs of one REST request, for robots.txt.

Pure. A request is forbidden where robots.txt forbids any of them.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def other_spellings(url: str) -> tuple[str, ...]:
    """Return the other URLs with the same REST response.

    An empty tuple for a request that is not one of REST.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    routes = (value for name, value in query if name == "rest_route")
    route = next(routes, None)
    folder, pretty, rest_of_path = parts.path.partition("/wp-json")
    if route is None and not pretty:
        return ()
    if route is None:
        route = rest_of_path or "/"
    base = folder.removesuffix("/index.php") if pretty else parts.path.removesuffix("index.php")
    base = base.rstrip("/")
    other_values = [(name, value) for name, value in query if name != "rest_route"]
    others = urlencode(other_values, safe="/,:")
    plain = urlencode({"rest_route": route}, safe="/,:")
    if others:
        plain += f"&{others}"
    spellings = [(f"{base}{start}/wp-json{route}", others) for start in ("", "/index.php")]
    spellings += [(f"{base}{start}", plain) for start in ("/", "/index.php")]
    found = (urlunsplit(parts._replace(path=path, query=query, fragment="")) for path, query in spellings)
    return tuple(other for other in found if other != url)
