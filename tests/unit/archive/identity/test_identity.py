"""A page changes an article only if it proves to be its own; every wall is refused, every real edit taken."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive.changes import upheaval
from archive.core.database import transaction
from archive.core.records import Page, PageKind, Saved, Site
from archive.files.redaction_store import Hidden, redaction_store_path
from archive.storage.archive import Archive
from archive.storage.redaction import redact_item
from pipeline import process
from tests.builders import walls

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(name="gull", url="https://gull.example", title="The Gull Gazette")
LIGHTS, NETS, TAR = (f"https://gull.example/2026/02/{slug}/" for slug in ("lights", "nets", "tar"))
REST = "https://gull.example/wp-json/wp/v2/posts"
TEXTS = {
    LIGHTS: (
        "The harbour council met on Tuesday evening to settle the long question of the eastern lights.",
        "Three keepers spoke first, and described winters in which the lamps went dark for nights together.",
        "The treasurer answered with figures: eleven thousand for the masts, four thousand for the cable.",
    ),
    NETS: (
        "The nets of the northern fleet are mended by night, since the day belongs to the tide and to the men.",
        "Nobody pays for it, says the oldest of them, and nobody ever did in all the years that he remembers.",
    ),
    TAR: (
        "Tar is dear this spring, and the yards have begun to stretch it with resin from the upper valley.",
        "Whether a hull so dressed will hold through autumn is a matter on which the masters do not agree.",
    ),
}
LONG = tuple(words for url in (LIGHTS, NETS, TAR) for words in TEXTS[url])
TITLES = {LIGHTS: "Harbour lights", NETS: "Nets are mended by night", TAR: "Tar is dear this spring"}
DATES = {LIGHTS: "2026-02-09T10:00:00", NETS: "2026-02-12T08:30:00", TAR: "2026-02-20T17:45:00"}
IDS = {LIGHTS: 10, NETS: 11, TAR: 12}


def page(url: str, body: str, hours: float = 0, **more: Any) -> Page:
    facts: dict[str, Any] = {
        "kind": PageKind.ARTICLE,
        "final_url": url,
        "status": 200,
        "headers": (("content-type", "text/html; charset=utf-8"),),
    }
    fetched_at = NOON + timedelta(hours=hours)
    return Page(source="gull", url=url, fetched_at=fetched_at, body=body.encode(), **{**facts, **more})


def story(
    url: str,
    *,
    title: str | None = None,
    text: tuple[str, ...] | None = None,
    canonical: str | None = "",
    post_id: int | None = None,
    date: str | None = "",
    plain: bool = False,
) -> str:
    """Return the page of an article; `plain` has nothing but a heading and paragraphs."""
    title, text = title or TITLES[url], text or TEXTS[url]
    paragraphs = "".join(f"<p>{words}</p>" for words in text)
    if plain:
        return f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{paragraphs}</body></html>"
    link = f'<link rel="canonical" href="{canonical or url}">' if canonical is not None else ""
    number = f" postid-{post_id}" if post_id else ""
    when = (
        "" if date is None else f'<time class="entry-date" datetime="{date or DATES[url]}+00:00">then</time>'
    )
    return (
        f'<html lang="en"><head><title>{title}</title>{link}</head><body class="single single-post{number}">'
        f'<article class="post"><h1 class="entry-title">{title}</h1>{when}'
        f'<div class="entry-content">{paragraphs}</div></article></body></html>'
    )


def listing(entries: dict[str, int], hours: float = 0, titles: dict[str, str] | None = None) -> Page:
    """Return a listing of REST: addresses with their ids."""
    items = [
        {
            "id": number,
            "link": url,
            "date_gmt": DATES[url],
            "modified_gmt": DATES[url],
            "title": {"rendered": (titles or TITLES)[url]},
            "content": {"protected": False},
        }
        for url, number in entries.items()
    ]
    return page(REST, json.dumps(items), hours, kind=PageKind.POSTS)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def save(archive: Archive, *pages: Page) -> list[Saved]:
    return [archive.save(each, process(each, SITE)) for each in pages]


def rows(archive: Archive, sql: str) -> list[dict[str, Any]]:
    return list(archive.db.query(sql))


def without_doubt(archive: Archive) -> list[dict[str, Any]]:
    """Return the articles, but not whether they were missed: a page without a name may be that of a removed one."""
    return [row | {"missed_at": None} for row in rows(archive, "SELECT * FROM articles")]


def events(archive: Archive) -> list[tuple[str, int]]:
    return [(row["kind"], row["article_id"]) for row in rows(archive, "SELECT kind, article_id FROM events")]


def texts(archive: Archive) -> dict[str, str | None]:
    return {row["url"]: row["text"] for row in rows(archive, "SELECT url, text FROM articles ORDER BY id")}


def problems(archive: Archive, url: str) -> set[str]:
    found = rows(archive, "SELECT url, code FROM problems WHERE ended_at IS NULL")
    return {row["code"] for row in found if row["url"] == url}


# -- walls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [True, False], ids=["REST open", "REST closed"])
@pytest.mark.parametrize("name", walls.WALLS)
def test_wall_on_first_crawl_is_no_text(archive, name, rest):
    if rest:
        save(archive, listing(IDS))
    save(archive, *(page(url, walls.markup(name), number) for number, url in enumerate(IDS, 1)))
    assert events(archive) == []
    assert set(texts(archive).values()) <= {None}
    assert all(problems(archive, url) for url in IDS)
    save(archive, *(page(url, story(url), number) for number, url in enumerate(IDS, 30)))
    assert texts(archive) == {url: "\n\n".join(TEXTS[url]) for url in IDS}
    assert events(archive) == []


@pytest.mark.parametrize("rest", [True, False], ids=["REST open", "REST closed"])
@pytest.mark.parametrize("name", walls.WALLS)
def test_wall_on_later_crawl_changes_nothing(archive, name, rest):
    if rest:
        save(archive, listing(IDS))
    save(archive, *(page(url, story(url)) for url in IDS))
    before = without_doubt(archive)
    for day in (1, 2, 3):
        if rest:
            save(archive, listing(IDS, 24 * day))
        save(archive, *(page(url, walls.markup(name), 24 * day) for url in IDS))
    assert events(archive) == []
    assert without_doubt(archive) == before
    assert all(problems(archive, url) for url in IDS)
    assert {
        row["failures"] for row in rows(archive, "SELECT failures FROM visits WHERE kind = 'article'")
    } == {3}


ECHOES = {
    "title and addresses": (
        '<html><head><title>{title} | The Gull Gazette</title><meta property="og:title" content="{title}">'
        '<meta property="og:url" content="{url}"><link rel="canonical" href="{url}"></head><body><div>'
        "<h2>How old are you?</h2><p>You must be of age to read this page. Enter the year of your birth below, or ask whoever keeps the door for you.</p>"
        "</div></body></html>"
    ),
    "the date, in the theme": (
        '<html><head><title>Terms of use</title></head><body class="page"><article class="post">'
        '<h1 class="entry-title">Terms of use</h1><time class="entry-date" datetime="{date}+00:00">then</time>'
        '<div class="entry-content">' + "".join(f"<p>In case {n} the paper and its partners store small files, and read them.</p>" for n in range(9))
        + "</div></article></body></html>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("rest", [True, False], ids=["REST open", "REST closed"])
@pytest.mark.parametrize("name", ECHOES)
def test_wall_that_repeats_what_is_known_is_no_edit(archive, name, rest):
    """Also at the first address that shows it."""
    if rest:
        save(archive, listing(IDS))
    save(archive, *(page(url, story(url, post_id=number), 0.1) for url, number in IDS.items()))
    before = texts(archive)
    for hours in (3, 9, 27):
        for url in IDS:
            wall = ECHOES[name].format(url=url, title=TITLES[url], date=DATES[url])
            save(archive, page(url, wall, hours))
    assert (texts(archive), events(archive)) == (before, [])


def test_rewritten_article_without_an_id_is_an_edit_at_the_second_look(archive):
    for hours, number in ((0, 0), (3, 0), (9, 1)):
        text = TEXTS[NETS] + TEXTS[TAR] if hours else TEXTS[LIGHTS]
        save(archive, page(LIGHTS, story(LIGHTS, text=text), hours))
        assert len(events(archive)) == number


@pytest.mark.parametrize("rest", [True, False])
def test_series_that_differs_in_numbers_is_articles(archive, rest):
    """Daily figures say the same words each day, below a title, an id and a date of their own."""
    if rest:
        save(archive, listing(IDS))
    for number, url in enumerate(IDS):
        words = (
            f"The harbour took in {number + 3} boats today, and {120 + 7 * number} crates of herring.",
            f"The price closed at {410 + number * 3} crowns, as the auction house told us in the evening.",
        )
        save(archive, page(url, story(url, text=words, post_id=IDS[url]), number))
    assert all(texts(archive).values())
    assert len(texts(archive)) == 3


def test_wall_that_looks_like_articles_is_taken_back(archive):
    """Theme, date and canonical address are the site's: only the second page with the same words tells."""
    wall = {
        "title": "Read on with a card",
        "text": (
            "Readers with a card go on here.",
            "Ask the clerk for one, and come again with it in your hand.",
        ),
    }
    save(archive, page(LIGHTS, story(LIGHTS, date=None, **wall)))
    save(archive, page(NETS, story(NETS, date=None, **wall), 1))
    assert set(texts(archive).values()) == {None}
    assert rows(archive, "SELECT title FROM articles WHERE title IS NOT NULL") == []
    assert "not-this-article" in problems(archive, LIGHTS) & problems(archive, NETS)
    save(archive, page(TAR, story(TAR, date=None, **wall), 2), page(LIGHTS, story(LIGHTS), 3))
    assert texts(archive)[LIGHTS] == "\n\n".join(TEXTS[LIGHTS])
    assert "not-this-article" not in problems(archive, LIGHTS)
    assert events(archive) == []


def test_meter_inside_the_theme_is_no_edit(archive):
    """Id, title and date are right, and the words are those of the meter."""
    save(
        archive,
        page(LIGHTS, story(LIGHTS, text=LONG, post_id=10)),
        page(NETS, story(NETS, text=LONG[::-1], post_id=11)),
    )
    before = texts(archive)
    meter = ("You have read your five free pages of this month.", "Take a card to go on.")
    for hour in (1, 3, 30):
        save(
            archive,
            page(LIGHTS, story(LIGHTS, text=meter, post_id=10), hour),
            page(NETS, story(NETS, text=meter, post_id=11), hour),
        )
    assert (texts(archive), events(archive)) == (before, [])


def test_teaser_with_a_paywall_is_no_edit(archive):
    save(archive, page(LIGHTS, story(LIGHTS, text=LONG, post_id=10)))
    teaser = story(LIGHTS, text=LONG[:1], post_id=10).replace(
        "</article>", '<div class="paywall">Only for subscribers.</div></article>'
    )
    save(archive, page(LIGHTS, teaser, 9), page(LIGHTS, teaser, 30))
    assert events(archive) == []
    assert problems(archive, LIGHTS) == {"metered"}


@pytest.mark.parametrize(("hours", "held"), [((9, 9.1), 0), ((9, 11), 1)])
def test_article_under_its_id_alone_is_seen_twice(archive, hours, held):
    """A page in the site's own frame, with the article's id and address and nothing else of it, may be a wall."""
    save(archive, page(LIGHTS, story(LIGHTS, post_id=10)))
    other = story(LIGHTS, post_id=10, title=TITLES[TAR], text=TEXTS[TAR], date=DATES[TAR])
    save(archive, *(page(LIGHTS, other, hour) for hour in hours))
    assert len(events(archive)) == held
    assert ("text-replaced" in problems(archive, LIGHTS)) == (not held)


def test_retry_after_with_status_200_is_a_refusal(archive):
    save(archive, page(LIGHTS, story(LIGHTS)))
    headers = (("content-type", "text/html"), ("retry-after", "3600"))
    save(archive, page(LIGHTS, story(LIGHTS, text=("Soon more.",)), 5, headers=headers))
    assert events(archive) == []
    [visit] = rows(archive, "SELECT failures, retry_at FROM visits")
    assert visit == {"failures": 1, "retry_at": "2026-03-01T18:00:00Z"}


def test_page_with_another_title_than_rest_is_no_first_text(archive):
    save(archive, listing(IDS))
    save(archive, page(LIGHTS, story(LIGHTS, title="Winter timetable", date=None, text=TEXTS[TAR])))
    assert texts(archive)[LIGHTS] is None


def test_redirect_to_a_wall_is_no_removal(archive):
    save(archive, page(LIGHTS, story(LIGHTS)), page(NETS, story(NETS)))
    wall = "https://gull.example/consent"
    for hour in (1, 5, 9):
        save(archive, page(LIGHTS, walls.markup("consent, English"), hour, final_url=wall))
        save(archive, page(NETS, story(NETS), hour))
    assert (len(texts(archive)), events(archive)) == (2, [])


@pytest.mark.parametrize(("slug", "moved"), [(LIGHTS, False), (NETS, True)])
def test_comment_of_a_rebuilt_site_stays_at_its_url(archive, slug, moved):
    """All posts have other ids, some of them those of others before; a merged thread has another URL, too."""
    save(archive, listing(IDS))
    entry = {
        "id": 5, "post": 10, "parent": 0, "author_name": "Ida", "date_gmt": "2026-02-10T10:00:00", "type": "comment",
        "status": "approved", "link": f"{LIGHTS}#comment-5", "content": {"rendered": "<p>The lamps are mine.</p>"},
    }  # fmt: skip
    url = "https://gull.example/wp-json/wp/v2/comments"
    save(archive, page(url, json.dumps([entry]), 1, kind=PageKind.COMMENTS))
    rebuilt = entry | {"post": 11, "link": f"{slug}comment-page-1/#comment-5"}
    save(archive, page(url, json.dumps([rebuilt]), 9, kind=PageKind.COMMENTS))
    [comment] = rows(archive, "SELECT articles.url FROM comments JOIN articles ON articles.id = article_id")
    assert comment["url"] == slug
    assert [kind for kind, _ in events(archive)] == ["moved"] * moved


@pytest.mark.parametrize(("slug", "held"), [("lights", LIGHTS), ("lamps", None)])
def test_comment_of_a_rebuilt_site_with_other_permalinks_is_no_other_thread_s(archive, slug, held):
    """Its post is known by its name; the id of the post was another's."""
    save(archive, listing(IDS), listing({LIGHTS: 11, TAR: 13}, 20))
    save(archive, listing({LIGHTS: 10, NETS: 11, TAR: 12}, 21))
    entry = {
        "id": 5, "post": 11, "parent": 0, "author_name": "Ida", "date_gmt": "2026-02-10T10:00:00", "type": "comment",
        "status": "approved", "link": f"https://gull.example/news/{slug}/comment-page-1/#comment-5",
        "content": {"rendered": "<p>The lamps are mine.</p>"},
    }  # fmt: skip
    url = "https://gull.example/wp-json/wp/v2/comments"
    save(archive, page(url, json.dumps([entry]), 30, kind=PageKind.COMMENTS))
    sql = "SELECT articles.url FROM comments JOIN articles ON articles.id = article_id"
    assert [row["url"] for row in rows(archive, sql)] == ([held] if held else [])


def test_renumbered_and_renamed_at_once_is_one_article(archive):
    save(archive, listing(IDS))
    new = LIGHTS.replace("lights", "lamps")
    DATES[new], TITLES[new] = DATES[LIGHTS], TITLES[LIGHTS]
    save(archive, listing({new: 11, NETS: 12, TAR: 13}, 30))
    assert sorted(texts(archive)) == sorted([new, NETS, TAR])
    del DATES[new], TITLES[new]


@pytest.mark.parametrize("title", ["Tar is dear this spring", TITLES[LIGHTS], None])
@pytest.mark.parametrize("by", ["listing", "page", "redirect"])
def test_renumbered_and_moved_article_is_the_same_one(archive, monkeypatch, title, by):
    """A rebuilt site with other permalinks, read an article at a time; others may have the same title, or none."""
    new = {url: url.replace("/2026/02/", "/news/") for url in IDS}
    for url, moved in new.items():
        monkeypatch.setitem(TITLES, moved, TITLES[url])
        monkeypatch.setitem(DATES, moved, DATES[url])
        monkeypatch.setitem(TEXTS, moved, TEXTS[url])
    for url in (TAR, new[TAR]):
        monkeypatch.setitem(TITLES, url, title or "")
    save(archive, listing(IDS), *(page(url, story(url, post_id=number), 1) for url, number in IDS.items()))
    save(archive, page(LIGHTS, story(new[LIGHTS], post_id=11), 30, final_url=new[LIGHTS]))
    if by == "listing":
        save(archive, listing({new[TAR]: 13}, 31))
    else:
        asked = TAR if by == "redirect" else new[TAR]
        save(archive, page(asked, story(new[TAR], post_id=13), 31, final_url=new[TAR]))
    at = new[TAR] if by == "listing" else TAR  # REST tells addresses better than a page does
    assert sorted(texts(archive)) == sorted([LIGHTS, NETS, at])
    assert {kind for kind, _ in events(archive)} <= {"moved"}


def test_two_posts_of_one_title_and_moment_stay_two(archive, monkeypatch):
    """Also on a rebuilt site, as long as both are listed."""
    monkeypatch.setitem(TITLES, NETS, TITLES[LIGHTS])
    monkeypatch.setitem(DATES, NETS, DATES[LIGHTS])
    save(archive, listing(IDS), listing({TAR: 11}, 20))
    other = LIGHTS.replace("lights", "lights-2")
    monkeypatch.setitem(TITLES, other, TITLES[LIGHTS])
    monkeypatch.setitem(DATES, other, DATES[LIGHTS])
    save(archive, listing({LIGHTS: 10, other: 40}, 30))
    assert sorted(texts(archive)) == sorted([LIGHTS, NETS, TAR, other])


@pytest.mark.parametrize("common", [True, False])
def test_rewritten_article_of_a_moved_zone_is_an_edit_at_once(archive, monkeypatch, common):
    """Its id and title agree, though others have the title, too."""
    monkeypatch.setitem(TITLES, NETS, TITLES[LIGHTS] if common else TITLES[NETS])
    save(archive, *(page(url, story(url, post_id=number)) for url, number in IDS.items()))
    save(archive, page(LIGHTS, story(LIGHTS, post_id=10, text=NEW, date="2026-02-09T19:00:00"), 30))
    assert events(archive) == [("edited", 1)]
    assert problems(archive, LIGHTS) == set()


# -- real edits ---------------------------------------------------------------------------------------

NEW = (
    "All of it was otherwise, as the paper has learned since: the lights were never settled by anybody.",
    "A clerk had written the minutes before the meeting, and the keepers were asked to sign them unread.",
    "The council will hear the matter once more in April, with the doors open and a witness at the table.",
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


# -- ids and addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(LIGHTS, NETS, LIGHTS), (NETS, LIGHTS, NETS, LIGHTS)])
def test_wrong_canonical_merges_nothing(archive, order):
    for hour, url in enumerate(order):
        save(archive, page(url, story(url, canonical=LIGHTS), hour))
    held = {row["title"]: row["text"] for row in rows(archive, "SELECT title, text FROM articles")}
    assert held == {TITLES[url]: "\n\n".join(TEXTS[url]) for url in (LIGHTS, NETS)}
    assert events(archive) == []


def test_canonical_of_a_true_copy_is_believed(archive):
    copy = LIGHTS.replace("2026", "print/2026")
    save(archive, page(LIGHTS, story(LIGHTS)), page(copy, story(LIGHTS), 1), page(LIGHTS, story(LIGHTS), 2))
    assert (list(texts(archive)), events(archive)) == ([LIGHTS], [])


@pytest.mark.parametrize("shift", [1, 2, 90])
@pytest.mark.parametrize("read", [True, False], ids=["pages read", "listed only"])
def test_rebuilt_database_is_matched_by_address(archive, shift, read):
    save(archive, listing(IDS))
    if read:
        save(archive, *(page(url, story(url, post_id=number)) for url, number in IDS.items()))
    new = {url: number + shift for url, number in IDS.items()}
    save(archive, listing(new, 30), listing(new, 54))
    save(archive, *(page(url, story(url, post_id=number), 55) for url, number in new.items()))
    held = rows(archive, "SELECT url, title, post_id FROM articles")
    assert {row["url"]: (row["title"], row["post_id"]) for row in held} == {
        u: (TITLES[u], new[u]) for u in IDS
    }
    assert events(archive) == []


def test_rebuilt_database_is_said_once(archive):
    save(archive, listing(IDS), listing({url: number + 1 for url, number in IDS.items()}, 30))
    [problem] = rows(archive, "SELECT code, detail FROM problems")
    assert problem["code"] == "other-database"
    assert "2 of 3" in problem["detail"]


def test_rebuilt_database_is_matched_by_pages_alone(archive):
    save(archive, *(page(url, story(url, post_id=number)) for url, number in IDS.items()))
    save(archive, *(page(url, story(url, post_id=number + 1), 30) for url, number in IDS.items()))
    held = rows(archive, "SELECT url, title, post_id FROM articles")
    assert {row["url"]: (row["title"], row["post_id"]) for row in held} == {
        u: (TITLES[u], IDS[u] + 1) for u in IDS
    }
    assert events(archive) == []


def test_moved_domain_holds_nothing_twice(archive):
    save(archive, *(page(url, story(url)) for url in IDS))
    for url in IDS:
        new = url.replace("gull.example", "thegull.example")
        save(archive, page(new, story(url, canonical=new), 30))
    assert {row["n"] for row in rows(archive, "SELECT count(*) AS n FROM articles")} == {3}
    assert {kind for kind, _ in events(archive)} <= {"moved"}


# -- time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [LIGHTS, LIGHTS + "?print=1"])
def test_older_page_saved_later_changes_nothing(archive, other):
    save(archive, page(LIGHTS, story(LIGHTS)))
    before = texts(archive)
    save(archive, page(other, story(LIGHTS, title="Harbour lights, a first report", text=NEW), -99_999))
    assert (texts(archive), events(archive)) == (before, [])


def test_older_listing_saved_later_changes_nothing(archive):
    save(archive, listing(IDS), *(page(url, story(url), 1) for url in IDS))
    save(archive, listing(IDS, -500, titles={url: f"{title}, at first" for url, title in TITLES.items()}))
    assert events(archive) == []
    assert {row["title"] for row in rows(archive, "SELECT title FROM articles")} == set(TITLES.values())


# -- comments -----------------------------------------------------------------------------------------

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


# -- what is kept about texts -------------------------------------------------------------------------


def test_digests_are_added_to_an_older_archive(archive):
    save(archive, page(LIGHTS, story(LIGHTS)))
    [before] = rows(archive, "SELECT digest FROM text_digests")
    archive.db.execute("DELETE FROM text_digests")
    archive.db.execute("DELETE FROM crawl_state")
    archive.add_source(SITE, "2026-03-02T12:00:00Z")
    assert rows(archive, "SELECT digest FROM text_digests") == [before]


def test_hidden_article_leaves_no_digest(archive, tmp_path):
    save(archive, page(LIGHTS, story(LIGHTS)), page(LIGHTS, walls.markup("parked"), 9))
    with Hidden.open(redaction_store_path(archive.path), create=True) as hidden:
        redact_item(archive.db, hidden, "article", 1, reason="asked for", at=NOON)
    assert rows(archive, "SELECT digest FROM text_digests UNION SELECT digest FROM refused_texts") == []
    save(archive, page(LIGHTS, story(LIGHTS), 30), page(LIGHTS, walls.markup("parked"), 40))
    assert rows(archive, "SELECT digest FROM text_digests UNION SELECT digest FROM refused_texts") == []


def test_terms_that_rest_did_not_give_at_first_are_no_edit(archive):
    """An article that was asked for by its id comes without its terms."""
    save(archive, listing(IDS), *(page(url, story(url, post_id=number)) for url, number in IDS.items()))
    for hours, name in ((3, "News"), (6, "Harbour")):
        [entry, *_] = json.loads(listing(IDS).body)
        entry["_embedded"] = {"wp:term": [[{"taxonomy": "category", "name": name}]]}
        save(archive, page(REST, json.dumps([entry]), hours, kind=PageKind.POSTS))
        assert len(events(archive)) == (hours == 6)


def test_protected_page_that_is_not_there_any_more_lacks_nothing(archive):
    form = '<form class="post-password-form" action="/wp-login.php?action=postpass"></form>'
    save(archive, page(LIGHTS, f"<html><body>{form}</body></html>"))
    gone, unknown = save(archive, page(LIGHTS, "", 3, status=404), page(NETS, "", 3, status=404))
    assert (gone.missed, unknown.missed) == (1, 0)


def test_kept_page_that_is_read_better_gives_its_text(archive):
    """Other rules may find quite another text in the page that was read before."""
    save(archive, page(LIGHTS, story(LIGHTS, text=TEXTS[NETS] + TEXTS[TAR])))
    better = page(LIGHTS, story(LIGHTS))
    archive.save(better, process(better, SITE), again_at=NOON + timedelta(days=9))
    assert texts(archive)[LIGHTS] == "\n\n".join(TEXTS[LIGHTS])
