"""Comments stay themselves, whatever a site does with their ids."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from archive.changes import upheaval
from archive.core.database import transaction
from archive.core.records import Page, PageKind
from archive.storage.archive import Archive
from tests.builders.gull_gazette import (
    IDS,
    LIGHTS,
    NETS,
    NOON,
    REST,
    events,
    listing,
    page,
    problems,
    rows,
    save,
    story,
)

READERS = {
    LIGHTS: (("Ann Ell", "They were never dark in my street.", 13), ("Odo Kern", "They were in mine.", 14)),
    NETS: (("Bo Ray", "My father mended nets until he died.", 15), ("Cy Lund", "And mine.", 16)),
}


def thread(url: str, *ids: tuple[int, int | None], said: Any = None, hour: int = 0) -> str:
    """Return the page of an article with a thread: the ids of its comments, each with that of its parent."""
    items = "".join(
        f'<li class="comment depth-{2 if parent else 1}" id="comment-{number}"><cite class="fn">{name}</cite> '
        f'<time datetime="2026-02-20T{at + hour}:00:00+00:00">then</time>'
        + (f'<a class="comment-reply-link" data-commentid="{number}" href="#">Answer</a>' if parent else "")
        + f'<div class="comment-content"><p>{words}</p></div></li>'
        for (number, parent), (name, words, at) in zip(ids, said or READERS[url], strict=False)
    )
    return story(url).replace("</body>", f'<ol class="comment-list">{items}</ol></body>')


def rest_comments(hours: float, *entries: tuple[int, int, str, int]) -> Page:
    """Return a listing of comments by REST: each an id, a post id, an address and the place in its thread."""
    items = [
        {
            "id": number,
            "post": post,
            "parent": 0,
            "author_name": READERS[url][place][0],
            "date_gmt": f"2026-02-20T{READERS[url][place][2]}:00:00",
            "content": {"rendered": f"<p>{READERS[url][place][1]}</p>"},
            "link": f"{url}#comment-{number}",
            "type": "comment",
            "status": "approved",
        }
        for number, post, url, place in entries
    ]
    return page(REST.replace("posts", "comments"), json.dumps(items), hours, kind=PageKind.COMMENTS)


def said(archive: Archive) -> set[tuple[str, str]]:
    sql = "SELECT author, articles.url FROM comments JOIN articles ON articles.id = article_id"
    found = [(row["author"], row["url"]) for row in rows(archive, sql)]
    assert len(found) == len(set(found)), "nothing is held twice"
    return set(found)


ALL = {(name, url) for url, readers in READERS.items() for name, _, _ in readers}


def test_ids_of_each_page_overwrite_nothing(archive):
    pages = [page(url, thread(url, (1, None), (2, None)), hour) for hour, url in enumerate(READERS)]
    save(archive, *pages)
    assert (said(archive), events(archive)) == (ALL, [])
    assert "comment-ids-shared" in problems(archive, NETS)
    for day in (1, 2):
        later = [
            page(url, thread(url, (1, None), (2, None)), 24 * day + hour) for hour, url in enumerate(READERS)
        ]
        assert not any(save(archive, *later))
        assert "comment-ids-shared" in problems(archive, NETS)
    assert (said(archive), events(archive)) == (ALL, [])
    edited = (("Bo Ray", "My father mended nets until he died, and sang.", 15), READERS[NETS][1])
    save(archive, page(NETS, thread(NETS, (1, None), (2, None), said=edited), 90))
    assert events(archive) == [("edited", 2)]


def test_parents_of_local_ids_stay_on_their_page(archive):
    for hour, url in enumerate(READERS):
        save(archive, page(url, thread(url, (1, None), (2, 1)), hour))
    sql = "SELECT c.article_id AS one, p.article_id AS other FROM comments AS c JOIN comments AS p ON p.id = c.parent_id"
    assert all(row["one"] == row["other"] for row in rows(archive, sql))


@pytest.mark.parametrize("shift", [1, 2, 50])
def test_renumbered_comments_of_rest_stay_themselves(archive, shift):
    def listed(hours: float, by: int) -> list[Page]:
        ids = {url: number + by for url, number in IDS.items()}
        places = [(url, place) for url in READERS for place in (0, 1)]
        entries = [(number + by, ids[url], url, place) for number, (url, place) in enumerate(places, 100)]
        return [listing(ids, hours), rest_comments(hours, *entries)]

    save(archive, *listed(0, 0), *(page(url, story(url), 0.1) for url in IDS))
    save(archive, *listed(30, shift), *listed(54, shift))
    assert (said(archive), events(archive)) == (ALL, [])
    keys = [row["key"] for row in rows(archive, "SELECT key FROM comments ORDER BY id")]
    assert keys == [str(number + shift) for number in range(100, 104)]


def test_renumbered_comments_of_pages_stay_themselves(archive):
    save(
        archive,
        page(LIGHTS, thread(LIGHTS, (5, None), (6, None))),
        page(NETS, thread(NETS, (7, None), (8, None))),
    )
    save(
        archive,
        page(LIGHTS, thread(LIGHTS, (7, None), (8, None)), 30),
        page(NETS, thread(NETS, (5, None), (6, None)), 30),
    )
    assert (said(archive), events(archive)) == (ALL, [])


def test_comment_that_an_editor_moved_is_one_comment(archive):
    save(archive, listing(IDS), rest_comments(0, (100, IDS[LIGHTS], LIGHTS, 0)))
    moved = rest_comments(30, (100, IDS[NETS], LIGHTS, 0))
    save(archive, replace(moved, body=moved.body.replace(f"{LIGHTS}#".encode(), f"{NETS}#".encode())))
    assert said(archive) == {("Ann Ell", NETS)}
    assert events(archive) == [("moved", 2)]


@pytest.mark.parametrize(
    ("changed", "hour"),
    [
        (("Ann Ell", "Forget what I said about the street.", 13), 0),
        (("A. Ell", "They were never dark in my street.", 13), 0),
        (("Ann Ell", "They were never dark in my street, nor in the next.", 13), 5),
    ],
    ids=["text", "name", "text, and the zone of the site"],
)
def test_edited_comment_is_the_same_comment(archive, changed, hour):
    save(archive, page(LIGHTS, thread(LIGHTS, (1, None))))
    save(archive, page(LIGHTS, thread(LIGHTS, (1, None), said=(changed,), hour=hour), 30))
    with transaction(archive.db):  # as at the end of a crawl: a theme may print other names, for a day
        upheaval.settle(archive.db, "gull", NOON + timedelta(hours=55))
    assert events(archive) == [("edited", 1)]
    assert len(rows(archive, "SELECT * FROM comments")) == 1


@pytest.mark.parametrize("is_gone", [True, False])
def test_merged_thread_moves_where_only_pages_tell(archive, is_gone):
    """Comments that another article's page shows are moved there once their own article is not found."""
    save(
        archive,
        page(LIGHTS, thread(LIGHTS, (1, None), (2, None))),
        page(NETS, thread(NETS, (3, None), (4, None))),
    )
    if is_gone:
        save(archive, page(LIGHTS, "", 30, status=404))
    both = READERS[NETS] + READERS[LIGHTS]
    save(archive, page(NETS, thread(NETS, *((number, None) for number in (3, 4, 1, 2)), said=both), 31))
    below = {row["key"]: row["article_id"] for row in rows(archive, "SELECT key, article_id FROM comments")}
    at_home = 2 if is_gone else 1
    assert below == {"1": at_home, "2": at_home, "3": 2, "4": 2}
    assert events(archive) == [("moved", 2)] * (2 if is_gone else 0)
