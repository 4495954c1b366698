"""The lists that a page states, such as its tags and links, beside the stored ones.

Does not: decide whether a difference is an edit by what earlier visits have shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archive.core import urls
from archive.core.connection import Database
from archive.tables import change_detection, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Lists that a page states, and stored ones, by name."""

    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    edited: tuple[str, ...] = ()


def stated_lists(
    db: Database, article_id: int, held: Mapping[str, str], lists: Mapping[str, tuple[str, tuple[str, ...]]]
) -> Lists:
    """Return the page's lists together with the stored ones."""
    watched = [name for name in change_detection.LISTS_WATCHED if name in lists]
    after = {name: lists[name][1] for name in watched}
    before = {name: rows.held_list(db, name, article_id) for name in after}
    categories_before = rows.held_list(db, "categories", article_id)
    categories = {*categories_before, *after.get("categories", ())}
    edited = []
    for name, now in after.items():
        was = before[name]
        if name == "tags":  # themes differ in whether they print a category among them
            was = tuple(each for each in was if each not in categories)
            now = tuple(each for each in now if each not in categories)
        if name == "links" and set(was) != set(now):
            was = _articles_for_links(db, article_id, was)
            now = _articles_for_links(db, article_id, now)
        if change_detection.list_edited(was, now, held, name, lists[name][0]):
            edited.append(name)
    return Lists(before=before, after=after, edited=tuple(edited))


def _articles_for_links(db: Database, article_id: int, links: tuple[str, ...]) -> tuple[str, ...]:
    """Return links, with one URL for each stored article."""
    sql = (
        "SELECT there.url FROM addresses JOIN articles AS there ON there.id = addresses.article_id"
        " WHERE addresses.source = (SELECT source FROM articles WHERE id = ?) AND url_key = ?"
    )
    found = []
    for link in links:
        key = urls.page_key(urls.clean(link))
        row = rows.one(db, sql, article_id, key)
        if row is None:
            found.append(link)
        else:
            found.append(str(row["url"]))
    return tuple(found)
