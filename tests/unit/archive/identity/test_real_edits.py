"""Edits, moves and retractions by the publisher are believed."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import json
from typing import Any

import pytest

from archive.core.records import PageKind
from tests.builders.gull_gazette import (
    DATES,
    LIGHTS,
    LONG,
    NEW,
    REST,
    TEXTS,
    TITLES,
    events,
    listing,
    page,
    problems,
    rows,
    save,
    story,
    texts,
)

EDITS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "headline": ({}, {"title": "The lamps of the harbour"}, ["title"]),
    "headline, nothing else to go by": ({"plain": True}, {"plain": True, "title": "Keepers plead for lamps"}, ["title"]),
    "one word": ({}, {"text": (*TEXTS[LIGHTS][:2], "The treasurer answered with figures: twelve thousand for the masts.")}, ["text"]),
    "one word of a plain page": ({"plain": True}, {"plain": True, "text": (*TEXTS[LIGHTS][:2], "The treasurer answered with figures: twelve thousand for the masts.")}, ["text"]),
    "rewritten, same title and date": ({}, {"text": NEW}, ["text"]),
    "rewritten, same id": ({"post_id": 10}, {"post_id": 10, "title": "A quarrel over minutes", "text": NEW, "date": None}, ["title", "text"]),
    "rewritten, same canonical address": ({}, {"title": "A quarrel over minutes", "text": NEW, "date": None}, ["title", "text"]),
    "rewritten plain page, same title": ({"plain": True}, {"plain": True, "text": NEW}, ["text"]),
    "date": ({}, {"date": "2026-02-14T09:00:00"}, ["published"]),
    "date and headline": ({}, {"date": "2026-02-14T09:00:00", "title": "Lamps at last"}, ["title", "published"]),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_real_edit_is_accepted(archive, name):
    before, after, fields = EDITS[name]
    first = story(LIGHTS, **before)
    if before.get("plain"):
        save(archive, listing({LIGHTS: 10}))  # a page without any mark needs a listing that names it
        archive.db.execute('UPDATE articles SET origins = \'{"*": "page:h1"}\'')
    save(
        archive, page(LIGHTS, first, 0.1), *(page(LIGHTS, story(LIGHTS, **after), hour) for hour in (30, 32))
    )
    [version] = rows(archive, "SELECT changed FROM article_versions")
    assert sorted(json.loads(version["changed"])) == sorted(fields)
    assert "not-this-article" not in problems(archive, LIGHTS)


@pytest.mark.parametrize("post_id", [10, None])
def test_slug_change_with_redirect_is_a_move(archive, post_id):
    moved = LIGHTS.replace("lights", "the-lights")
    save(archive, page(LIGHTS, story(LIGHTS, post_id=post_id)))
    save(archive, page(LIGHTS, story(LIGHTS, canonical=moved, post_id=post_id), 30, final_url=moved))
    assert events(archive) == [("moved", 1)]
    assert list(texts(archive)) == [moved]


def test_new_theme_is_accepted(archive):
    save(archive, page(LIGHTS, story(LIGHTS, post_id=10)))
    bare = "".join(f"<div>{words}</div>" for words in TEXTS[LIGHTS])
    markup = f"<html><head><title>Harbour lights - Gull</title></head><body><main><h2>Harbour lights</h2>{bare}</main></body></html>"
    [saved] = save(archive, page(LIGHTS, markup, 30))
    assert saved.unproven == 0


def test_retraction_is_believed_at_the_second_look(archive):
    gone = story(LIGHTS, text=("This article was wrong, and the paper has withdrawn it with regret.",))
    save(archive, page(LIGHTS, story(LIGHTS, text=LONG)), page(LIGHTS, gone, 5))
    assert events(archive) == []
    save(archive, page(LIGHTS, gone, 7))
    assert events(archive) == [("edited", 1)]


@pytest.mark.parametrize("short", [True, False])
def test_retraction_that_rest_tells_too_is_believed_at_once(archive, short):
    """But not while REST has just said the former text."""
    said = (
        "This article was wrong from its first word to its last, and the paper has withdrawn it with regret."
    )
    save(archive, page(LIGHTS, story(LIGHTS, text=LONG)))
    rendered = f"<p>{said}</p>" if short else "".join(f"<p>{words}</p>" for words in LONG)
    entry = {
        "id": 10, "link": LIGHTS, "date_gmt": DATES[LIGHTS], "modified_gmt": "2026-03-01T16:00:00",
        "title": {"rendered": TITLES[LIGHTS]}, "content": {"protected": False, "rendered": rendered},
    }  # fmt: skip
    save(archive, page(REST, json.dumps([entry]), 5, kind=PageKind.POSTS))
    save(archive, page(LIGHTS, story(LIGHTS, text=(said,)), 5.1))
    assert ("text-collapsed" in problems(archive, LIGHTS)) == (not short)
    assert (texts(archive)[LIGHTS] == said) == short


def test_page_without_any_mark_is_believed_with_long_prose(archive):
    long = tuple(" ".join(TEXTS[url]) for url in TEXTS) * 2
    save(archive, page(LIGHTS, story(LIGHTS, plain=True, text=long)))
    assert texts(archive)[LIGHTS] is not None
