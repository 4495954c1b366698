"""URLs of WordPress' REST API: of listings, of single items, and the spellings of one request.

Pure. Does not: fetch, or parse a response.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

PER_PAGE = 100  # WordPress' maximum of entries in one REST response
REST_POST_FIELDS = (
    "id,type,link,date,date_gmt,modified,modified_gmt,title,content.protected,comment_status,"
    "author,tags,categories,featured_media,_links,_embedded"
)
REST_COMMENT_FIELDS = "id,post,parent,author_name,author_url,date,date_gmt,content,link,type,status"
_ID_FIELDS = "id,date_gmt,link,post,content.protected"
_ROUTE = re.compile(r"/wp/v2/([\w-]+)")


def roots(site_url: str) -> tuple[str, str]:
    """Return the usual roots of a REST API: pretty permalinks, then plain."""
    return urljoin(site_url + "/", "wp-json/"), urljoin(site_url + "/", "?rest_route=/")


def route_url(root: str, route: str, **query: str | int) -> str:
    """Return the URL of a REST route below a root.

    A root is such as https://…/wp-json/ or https://…/?rest_route=/.
    """
    parts = urlsplit(root)
    if "rest_route" in parse_qs(parts.query):
        values = {"rest_route": f"/wp/v2/{route}", **query}
        return urlunsplit(parts._replace(query=urlencode(values, safe="/,:")))
    return f"{root.rstrip('/')}/wp/v2/{route}?{urlencode(query, safe=',:')}"


def posts_url(
    root: str,
    page: int,
    *,
    kind: str = "posts",
    modified_after: datetime | None = None,
    content: bool = False,
) -> str:
    """Return the URL of a page of listed posts.

    `kind` is the route of the post type. The newest are first, with `modified_after` (aware) the last
    modified. With `content` a response has the whole text of each post: the publisher's own copy, which is
    read in addition to the page's.
    """
    query: dict[str, str | int] = {"per_page": PER_PAGE, "page": page, "orderby": "date", "order": "desc"}
    if modified_after is not None:
        query |= {"orderby": "modified", "modified_after": time_text(modified_after)}
    fields = REST_POST_FIELDS
    if content:
        fields += ",content.rendered"
    return route_url(root, kind, **query, _embed="author,wp:term,wp:featuredmedia", _fields=fields)


def comments_url(
    root: str,
    page: int,
    *,
    after: datetime | None = None,
    post: int | None = None,
    include: Iterable[str] | None = None,
) -> str:
    """Return the URL of a page of listed comments.

    In the order of ids. All comments; with `after` (aware) the later ones, with `post` one article's, with
    `include` those ids.
    """
    query: dict[str, str | int] = {"per_page": PER_PAGE, "page": page, "orderby": "id", "order": "asc"}
    if after is not None:
        query["after"] = time_text(after)
    if post is not None:
        query["post"] = post
    if include is not None:
        query["include"] = ",".join(include)
    return route_url(root, "comments", **query, _fields=REST_COMMENT_FIELDS)


def window_url(root: str, offset: int, *, newest_first: bool = False) -> str:
    """Return the URL of a window of comments by id.

    It begins at `offset`, counted from the oldest or, with `newest_first`, from the newest.
    """
    order = "desc" if newest_first else "asc"
    return route_url(
        root,
        "comments",
        per_page=PER_PAGE,
        offset=offset,
        orderby="id",
        order=order,
        _fields=REST_COMMENT_FIELDS,
    )


def pages_url(root: str, ids: Iterable[int], *, kind: str = "pages") -> str:
    """Return the URL of listed static pages by id.

    At most PER_PAGE ids; with `kind` posts of that kind.
    """
    include = ",".join(map(str, ids))
    query: dict[str, str | int] = {"per_page": PER_PAGE, "include": include, "_embed": "author"}
    return route_url(root, kind, **query, _fields=REST_POST_FIELDS)


def oldest_url(root: str, route: str) -> str:
    """Return the URL of a route's first published item."""
    return route_url(root, route, per_page=1, orderby="date", order="asc", _fields="id,date_gmt,link")


def between_url(root: str, route: str, page: int, *, after: datetime, before: datetime) -> str:
    """Return the URL of items between two moments.

    In the order of ids; both bounds (aware) are exclusive.
    """
    bounds = {"after": time_text(after), "before": time_text(before)}
    order = {"orderby": "id", "order": "asc"}
    return route_url(root, route, per_page=PER_PAGE, page=page, **order, **bounds, _fields=_ID_FIELDS)


def shown_url(root: str, route: str, ids: Iterable[str]) -> str:
    """Return the URL of the shown ones of some ids.

    At most PER_PAGE ids, in the order of ids.
    """
    order = {"orderby": "id", "order": "asc"}
    return route_url(root, route, per_page=PER_PAGE, include=",".join(ids), **order, _fields=_ID_FIELDS)


def from_offset(url: str, offset: int) -> str:
    """Return the URL of a listing's entries from `offset` on.

    It replaces the page number.
    """
    parts = urlsplit(url)
    values = parse_qsl(parts.query)
    query = [(name, value) for name, value in values if name != "page"]
    query.append(("offset", str(offset)))
    return urlunsplit(parts._replace(query=urlencode(query, safe="/,:")))


def route_of(url: str) -> str:
    """Return the route of a REST request, as "comments".

    "" for a URL without a route.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    found = _ROUTE.search(query.get("rest_route", parts.path))
    if found is None:
        return ""
    return found[1]


def other_spellings(url: str) -> tuple[str, ...]:
    """Return the other URLs with the same REST response.

    An empty tuple for a request that is not one of REST.
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    route = next((value for name, value in query if name == "rest_route"), None)
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
    spellings = (
        (f"{base}/wp-json{route}", others),
        (f"{base}/index.php/wp-json{route}", others),
        (f"{base}/", plain),
        (f"{base}/index.php", plain),
    )
    found = [urlunsplit(parts._replace(path=path, query=query, fragment="")) for path, query in spellings]
    return tuple(other for other in found if other != url)


def time_text(moment: datetime) -> str:
    """Return a time in REST's format.

    The Z matters: WordPress reads a time without a zone in the site's own zone.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
