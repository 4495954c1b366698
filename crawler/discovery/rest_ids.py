"""REST requests for ids, by dates or by a list.

Pure. The cheapest responses that can prove anything: a hundred ids, with date and URL of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archive.core import urls
from archive.core.records import Page
from crawler.discovery.rest import raw_link, read_array, read_id, stated_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """Post or comment of a listing.

    `published` is UTC without a zone, verbatim from REST. `post` is the id of a comment's article.
    """

    id: int
    route: str
    published: str | None = None
    link: str | None = None
    post: int | None = None
    protected: bool = False

    @property
    def key(self) -> str:
        """Return the id as text, as the archive stores it."""
        return str(self.id)


def read_listed_items(page: Page, route: str) -> tuple[ListedItem, ...]:
    """Return the items of a listing that have an id.

    Empty where the response is no listing.
    """
    return tuple(
        _listed_item(page, route, number, item)
        for item in read_array(page) or ()
        if (number := read_id(item.get("id"))) is not None
    )


def _listed_item(page: Page, route: str, number: int, item: dict[str, Any]) -> ListedItem:
    content = item.get("content")
    return ListedItem(
        id=number,
        route=route,
        published=stated_text(item.get("date_gmt")),
        link=urls.absolute(raw_link(item), page.final_url),
        post=read_id(item.get("post")),
        protected=isinstance(content, dict) and bool(content.get("protected")),
    )
