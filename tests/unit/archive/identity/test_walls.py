"""Pages that are not the article they were asked for become no text and no edit."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

import json

import pytest

from archive.core.records import PageKind
from archive.identity.likeness import same_title
from tests.builders import walls
from tests.builders.gull_gazette import (
    DATES,
    IDS,
    LIGHTS,
    LONG,
    NETS,
    NEW,
    TAR,
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
    without_doubt,
)


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


@pytest.mark.parametrize("stays", [False, True])
def test_text_of_the_next_article_of_a_series_is_an_edit_at_the_second_look(archive, stays):
    """A cache mixes up two pages below titles that are nearly the same; an editor may have done it, too."""
    titles = {LIGHTS: "The notes of Alder", NETS: "The notes of Birch"}
    assert same_title(*titles.values())
    told = []
    for hours, url in ((0, LIGHTS), (3, NETS), (6, NETS if stays else LIGHTS)):
        for each, title in titles.items():
            text = TEXTS[each] if each == NETS else TEXTS[url]
            shown = story(each, title=title, text=text, post_id=IDS[each])
            save(archive, page(each, shown, hours))
        told.append(len(events(archive)))
    assert told == [0, 0, int(stays)]
    assert texts(archive)[LIGHTS] == "\n\n".join(TEXTS[NETS if stays else LIGHTS])


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
