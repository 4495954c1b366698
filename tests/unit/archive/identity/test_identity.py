"""Ids, addresses and times: one article is one row, whatever the site does with them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from archive.core.records import PageKind
from archive.files.redaction_store import Hidden, redaction_store_path
from archive.storage.redaction import redact_item
from pipeline import process
from tests.builders import walls
from tests.builders.gull_gazette import (
    DATES,
    IDS,
    LIGHTS,
    NETS,
    NEW,
    NOON,
    REST,
    SITE,
    TAR,
    TEXTS,
    TITLES,
    events,
    listing,
    page,
    rows,
    save,
    story,
    texts,
)


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


@pytest.mark.parametrize("modified", ["one", "all"])
def test_edit_that_is_listed_under_a_new_id_is_told_unless_the_import_dates_all(archive, modified):
    urls = [f"{LIGHTS[:-1]}-{number}/" for number in range(6)]

    def posts(shift, titles, changed):
        return json.dumps(
            [
                {
                    "id": number + shift,
                    "link": url,
                    "date_gmt": DATES[LIGHTS],
                    "modified_gmt": "2026-03-02T09:00:00" if url in changed else DATES[LIGHTS],
                    "title": {"rendered": titles[url]},
                    "content": {"protected": False},
                }
                for number, url in enumerate(urls, 10)
            ]
        )

    titles = {url: f"{TITLES[LIGHTS]} of pier {number}" for number, url in enumerate(urls)}
    save(archive, page(REST, posts(0, titles, ()), kind=PageKind.POSTS))
    retitled = titles | {urls[2]: "The lights are sold"}
    changed = urls[2:3] if modified == "one" else urls
    save(archive, page(REST, posts(2, retitled, changed), 30, kind=PageKind.POSTS))
    assert events(archive) == ([("edited", 3)] if modified == "one" else [])


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


ELSEWHERE = ("{}amp/", "{}print/", "{}?p=77", "https://gull.example/en/{}", "{}index.php")


@pytest.mark.parametrize("form", ELSEWHERE)
def test_canonical_of_a_page_that_still_answers_is_no_move(archive, form):
    """A plugin names another address as canonical; the article is still where it was."""
    other = form.format(LIGHTS.removeprefix("https://gull.example/") if "/en/" in form else LIGHTS)
    save(archive, page(LIGHTS, story(LIGHTS)))
    for hours in (30, 60, 90):
        save(archive, page(LIGHTS, story(LIGHTS, canonical=other), hours))
    assert events(archive) == []
    assert [row["url"] for row in rows(archive, "SELECT url FROM articles")] == [LIGHTS]


def test_address_that_leads_to_another_is_a_move_and_a_copy_is_none(archive):
    other = LIGHTS.replace("gull.example/", "gull.example/news/")
    save(archive, page(LIGHTS, story(LIGHTS)), page(LIGHTS, story(LIGHTS, canonical=other), 30))
    save(archive, page(other, story(LIGHTS, canonical=other), 60))
    assert (len(texts(archive)), events(archive)) == (1, [])
    save(archive, page(LIGHTS, story(LIGHTS, canonical=other), 90, final_url=other))
    assert [kind for kind, _ in events(archive)] == ["moved"]
    assert [row["url"] for row in rows(archive, "SELECT url FROM articles")] == [other]
