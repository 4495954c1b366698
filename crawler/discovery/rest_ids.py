"""REST asked for ids alone: what a site lists between two moments, and which of some ids it shows.

Pure. The cheapest answers that can prove anything: a hundred ids, with the time and the place of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.core import urls
from archive.core.records import Page
from crawler.discovery.rest import PER_PAGE, read_array, read_id, route_url, time_text

_FIELDS = "id,date_gmt,link,post,content.protected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """One post or comment of a listing. `published` is UTC without a zone, as REST tells it.

    `post` is the id of what a comment hangs below.
    """

    id: int
    route: str
    published: str | None = None
    link: str | None = None
    post: int | None = None
    protected: bool = False

    @property
    def key(self) -> str:
        """The id as the archive keeps it."""
        return str(self.id)


def oldest_url(root: str, route: str) -> str:
    """The one that was published first."""
    return route_url(root, route, per_page=1, orderby="date", order="asc", _fields="id,date_gmt")


def between_url(root: str, route: str, page: int, *, after: datetime, before: datetime) -> str:
    """A page of what was published between two moments, both exclusive, by id."""
    bounds = {"after": time_text(after), "before": time_text(before)}
    order = {"orderby": "id", "order": "asc"}
    return route_url(root, route, per_page=PER_PAGE, page=page, **order, **bounds, _fields=_FIELDS)


def shown_url(root: str, route: str, ids: Iterable[str]) -> str:
    """Those of some ids, at most PER_PAGE of them, that are shown, by id."""
    order = {"orderby": "id", "order": "asc"}
    return route_url(root, route, per_page=PER_PAGE, include=",".join(ids), **order, _fields=_FIELDS)


def read_listed_items(page: Page, route: str) -> tuple[ListedItem, ...]:
    """The items of a listing; what has no id is left out."""
    return tuple(
        ListedItem(
            id=number,
            route=route,
            published=_text(item.get("date_gmt")),
            link=urls.absolute(_link(item), page.final_url),
            post=read_id(item.get("post")),
            protected=isinstance(content := item.get("content"), dict) and bool(content.get("protected")),
        )
        for item in read_array(page) or ()
        if (number := read_id(item.get("id"))) is not None
    )


def _link(item: dict[str, Any]) -> str | None:
    link = item.get("link")
    return link if isinstance(link, str) else None


def _text(value: object) -> str | None:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and value else None
