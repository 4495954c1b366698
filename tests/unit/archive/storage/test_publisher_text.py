"""The publisher's own copy of a text beside its page: what is shown, and what is an edit."""

import json
import re
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from archive.changes.completion import complete_text
from archive.core.records import Article, Extract, PageKind, Surface
from archive.storage.archive import Archive
from tests.builders.pages import made_page
from tests.builders.stories import NOON, SITE

URL = "https://gazette.example/archives/2009/07/lamps/"
A = "The lamps on the quay were lit again on Monday, after nine weeks of dark evenings."
B = "A caption under the photograph of the old quay"
C = "The harbour board says that it will pay for the oil until the end of the winter."
D = "Two pilots had asked for it in a letter that nobody on the board would show us."
LINE = "Write to the desk."
NEW = "On Friday the board took its promise back, and the lamps were put out once more."
C2 = "The harbour board says that it will pay for the oil until the first day of spring."
D2 = "Three pilots had asked for it in a letter that nobody on the board would show us."
MENU = "[Front page](https://gazette.example/) [Sport](https://gazette.example/sport/)"


@dataclass(frozen=True)
class Step:
    """One answer of the site: its surface, hour, paragraphs, and the hour of the last modification."""

    surface: str
    hour: float
    texts: tuple[str, ...] | None
    modified: float | None = None


def page(hour, *texts, modified=None):
    return Step("page", hour, texts, modified)


def rest(hour, *texts, modified=0):
    return Step("rest", hour, texts, modified)


def listed(hour):
    """A list of modified articles that does not name this one."""
    return Step("rest", hour, None)


def feed(hour, *texts):
    return Step("feed", hour, texts)


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def plain(words):
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", words)


def save(archive, step, *, again_at=None, route="posts", **facts):
    surface = Surface(step.surface)
    kinds = {"page": PageKind.ARTICLE, "rest": PageKind.POSTS, "feed": PageKind.POSTS_FEED}
    places = {"page": URL, "rest": f"https://gazette.example/wp-json/wp/v2/{route}"}
    url = places.get(step.surface, "https://gazette.example/feed")
    modified = None if step.modified is None else NOON + timedelta(hours=step.modified)
    article = Article(url=URL, post_id=7, title="Lamps", modified=modified, **facts)
    if surface is Surface.PAGE:
        text, markdown = "\n\n".join(map(plain, step.texts)), "\n\n".join(step.texts)
        origins = (("text", "page:trafilatura"), ("markdown", "page:trafilatura"), ("title", "page:entry"))
        article = replace(article, text=text, markdown=markdown, origins=origins)
    else:
        article = replace(article, written=tuple((plain(words), words) for words in step.texts or ()))
    answer = made_page(
        url, source="gull", kind=kinds[step.surface], fetched_at=NOON + timedelta(hours=step.hour)
    )
    articles = () if step.texts is None else (article,)
    if surface is Surface.REST:  # a crawl begins with it
        archive.runs.begin("gull", "schedule", answer.fetched_at)
    archive.save(answer, Extract(surface=surface, articles=articles), again_at=again_at)


def shown(archive):
    [row] = archive.db.query("SELECT text FROM articles")
    return tuple((row["text"] or "").split("\n\n")) if row["text"] else ()


def edits(archive):
    return archive.db.execute("SELECT count(*) FROM events WHERE kind = 'edited'").fetchone()[0]


STORIES = {
    # name: (answers of the site, the text that is shown in the end, edits)
    "page alone": ([page(1, A, C)], (A, C), 0),
    "rest, then the page": ([rest(1, A, B, C), page(1.1, A, C)], (A, B, C), 0),
    "page, then rest opens": ([page(1, A, C), rest(30, A, B, C)], (A, B, C), 0),
    "feed, then the page": ([page(1, A), feed(2, A, B, C), page(2.1, A, C)], (A, B, C), 1),
    "page, then a feed with the whole": ([page(1, A, C), feed(30, A, B, C)], (A, C), 0),
    "the page again after that feed": ([page(1, A, C), feed(30, A, B, C), page(30.1, A, C)], (A, B, C), 0),
    "a feed read long before the page": ([page(1, A, C), feed(2, A, B, C), page(30, A, C)], (A, C), 0),
    "other words than the feed has just said": (
        [page(1, A, C), feed(2, A, C), page(2.1, A, C2)],
        (A, C),
        0,
    ),
    "until the feed says them, too": (
        [page(1, A, C), feed(2, A, C), page(2.1, A, C2), feed(3, A, C2), page(3.1, A, C2)],
        (A, C2),
        1,
    ),
    "or the page says them for a day": (
        [
            page(1, A, C),
            *(each for hour in (2, 14, 27) for each in (feed(hour, A, C), page(hour + 0.1, A, C2))),
        ],
        (A, C2),
        1,
    ),
    "or says that it was modified": (
        [page(1, A, C, modified=0), feed(2, A, C), page(2.1, A, C2, modified=2)],
        (A, C2),
        1,
    ),
    "rest closes": ([rest(1, A, B, C), page(1.1, A, C), page(90, A, C)], (A, B, C), 0),
    "rest closes, and the page changes": (
        [rest(1, A, B, C), page(1.1, A, C), page(90, A, C2)],
        (A, B, C2),
        1,
    ),
    "rest closes, and the page loses a paragraph": (
        [rest(1, A, B, C, D), page(1.1, A, C, D), page(90, A, D)],
        (A, B, D),
        1,
    ),
    "rest opens after an edit that the page has not shown": (
        [page(1, A, C), rest(30, A, B, C, NEW, modified=29)],
        (A, C),
        0,
    ),
    "and the page shows it": (
        [page(1, A, C), rest(30, A, B, C, NEW, modified=29), page(30.1, A, C, NEW)],
        (A, B, C, NEW),
        1,
    ),
    "an edit that rest tells first": (
        [rest(1, A, B, C), page(1.1, A, C), rest(30, A, B, C, NEW, modified=29), page(30.1, A, C, NEW)],
        (A, B, C, NEW),
        1,
    ),
    "an edit that the page shows first": (
        [rest(1, A, B, C), page(1.1, A, C), page(30, A, C, NEW), rest(31, A, B, C, NEW, modified=29)],
        (A, B, C, NEW),
        1,
    ),
    "an edit of what only rest has": (
        [rest(1, A, D, C), page(1.1, A, C), rest(30, A, D2, C, modified=29), page(30.1, A, C)],
        (A, D2, C),
        1,
    ),
    "the same, known after the page was read": (
        [rest(1, A, D, C), page(1.1, A, C), page(30, A, C), rest(31, A, D2, C, modified=29)],
        (A, D2, C),
        1,
    ),
    "rest differs without a modification": (
        [rest(1, A, B, C), page(1.1, A, C), rest(30, A, C, D), page(30.1, A, C)],
        (A, B, C),
        0,
    ),
    "a feed of excerpts after rest": ([rest(1, A, B, C), page(1.1, A, C), feed(2, A)], (A, B, C), 0),
    "rest after a feed that was used": (
        [page(1, A, C), feed(2, A, B, C), page(2.1, A, C), rest(3, A, B, C, D)],
        (A, B, C, D),
        0,
    ),
    "an old answer of rest": (
        [rest(2, A, B, C), page(2.1, A, C), rest(1, A, D, C, modified=0.5)],
        (A, B, C),
        0,
    ),
    "a menu that only the page has": ([rest(1, A, C), page(1.1, MENU, A, C)], (A, C), 0),
    "the menu, and rest opens": ([page(1, MENU, A, C), rest(30, A, C)], (A, C), 0),
    "the menu goes from the page": ([rest(1, A, C), page(1.1, MENU, A, C), page(90, A, C)], (A, C), 0),
    "another wording on the page": ([rest(1, A, C), page(1.1, A, C2)], (A, C2), 0),
    "a line of a plugin, while rest lists no modification": (
        [
            rest(1, A, C),
            page(1.1, A, C),
            listed(30),
            page(30.1, A, C, LINE),
            rest(99, A, C),
            page(99.1, A, C, LINE),
        ],
        (A, C),
        0,
    ),
    "a sentence of a theme, while rest lists no modification": (
        [
            rest(1, A, C),
            page(1.1, A, C),
            *(each for h in (30, 60, 90) for each in (listed(h), page(h, A, C, D))),
        ],
        (A, C),
        0,
    ),
    "other words of a theme, while rest lists no modification": (
        [
            rest(1, A, C),
            page(1.1, A, C),
            *(each for h in (30, 60, 90) for each in (listed(h), page(h, A, C2))),
        ],
        (A, C),
        0,
    ),
    "a paragraph that a theme leaves out, while rest lists no modification": (
        [rest(1, A, B, C), page(1.1, A, C), *(each for h in (30, 60) for each in (listed(h), page(h, A)))],
        (A, B, C),
        0,
    ),
    "the words of rest once a plugin is off, while rest lists no modification": (
        [rest(1, A, C), page(1.1, A, C2), listed(30), page(30.1, A, C)],
        (A, C),
        0,
    ),
    "other words, and the list was read long ago": (
        [rest(1, A, C), page(1.1, A, C), listed(30), page(32, A, C2)],
        (A, C2),
        1,
    ),
    "nothing in common": ([rest(1, B, D), page(1.1, A, C)], (A, C), 0),
    "a post without words": ([rest(1), page(1.1, "The Lamps Gazette")], (), 0),
    "a post without words whose page has prose": ([rest(1), page(1.1, A, C)], (A, C), 0),
    "a page without text": ([rest(1, A, C), page(1.1)], (A, C), 0),
}


@pytest.mark.parametrize("name", STORIES)
def test_story_ends_in_its_text_and_edits(archive, name):
    steps, text, number = STORIES[name]
    for step in steps:
        save(archive, step)
    assert (shown(archive), edits(archive)) == (text, number)


def test_edit_keeps_what_was_shown_as_a_version(archive):
    for step in (rest(1, A, B, C), page(1.1, A, C), page(90, A, C2)):
        save(archive, step)
    [version] = archive.db.query("SELECT text, changed FROM article_versions")
    assert version["text"].split("\n\n") == [A, B, C]
    assert json.loads(version["changed"]) == ["text"]


def test_first_use_of_a_copy_makes_no_version(archive):
    for step in (page(1, MENU, A, C), rest(30, A, B, C)):
        save(archive, step)
    [row] = archive.db.query("SELECT version_count, origins FROM articles")
    assert row["version_count"] == 1
    assert json.loads(row["origins"])["text"] == "page:trafilatura+rest"


def test_links_of_an_added_block_are_links_of_the_article(archive):
    linked = "See [the letter of the pilots](https://pilots.example/letter) as well"
    save(archive, page(1, MENU, A, C), links=("https://gazette.example/", "https://gazette.example/sport/"))
    save(archive, rest(30, A, linked, C))
    links = [row["url"] for row in archive.db.query("SELECT url FROM links")]
    assert (links, edits(archive)) == (["https://pilots.example/letter"], 0)


def test_replay_in_any_order_ends_in_the_same_text(archive):
    for step in (page(1, A, C), rest(30, A, B, C)):
        save(archive, step)
    for step in (rest(30, A, B, C), page(1, A, C), rest(30, A, B, C)):
        save(archive, step, again_at=NOON + timedelta(days=9))
    assert (shown(archive), edits(archive)) == ((A, B, C), 0)


def test_block_that_could_not_be_put_in_place_is_a_problem(archive):
    for step in (rest(1, A, C), page(1.1, A, C2)):
        save(archive, step)
    [problem] = archive.db.query("SELECT url, code, detail FROM problems")
    assert (problem["url"], problem["code"]) == (URL, "blocks-missing")
    assert C[:40] in problem["detail"]
    save(archive, page(1.2, A, C))
    assert archive.db.execute("SELECT count(*) FROM problems WHERE ended_at IS NULL").fetchone()[0] == 0


def test_prose_below_the_text_is_kept_and_named(archive):
    for step in (rest(1, A, C), page(1.1, A, C, D)):
        save(archive, step)
    assert shown(archive) == (A, C, D)
    [problem] = archive.db.query("SELECT code, detail FROM problems")
    assert (problem["code"], D[:40] in problem["detail"]) == ("blocks-alien", True)


def test_completion_tells_the_fate_of_each_block():
    own = tuple((plain(block), block) for block in (MENU, A, C))
    written = tuple((block, block) for block in (A, B, C))
    fates = {verdict.words: verdict.fate for verdict in complete_text(own, written).verdicts}
    assert fates == {A: "taken", B: "added", C: "taken", plain(MENU): "dropped"}


def test_divided_article_keeps_its_further_parts(archive):
    """The feed gives only the first part."""
    save(archive, page(1, A), parts=2)
    save(archive, page(1, C), part=2, parts=2, further=True)
    for step in (feed(2, A, B), page(2.1, A)):
        save(archive, step, parts=2)
    assert (shown(archive), edits(archive)) == ((A, B, C), 0)


def test_each_part_of_a_divided_article_ends_for_itself(archive):
    """What stands below the words of a part is no text, though the words of the next part follow."""
    for hour, first, second in (
        (1, "Rope, half price!", "Two buoys for one"),
        (30, "New oilskins", "Old nets"),
    ):
        save(archive, rest(hour, A, C), parts=2)
        save(archive, page(hour + 0.1, A, first), parts=2)
        save(archive, page(hour + 0.2, C, second), part=2, parts=2, further=True)
        assert (shown(archive), edits(archive)) == ((A, C), 0)


def test_edit_between_the_list_and_the_page_does_not_freeze_the_text(archive):
    """REST still has the old words when the page shows the new ones, and tells of them an hour later."""
    for step in (rest(0, A, C), page(0.1, A, C), listed(5), page(5.4, A, C2), rest(6, A, C2, modified=5.3)):
        save(archive, step)
    save(archive, page(6.1, A, C2))
    assert (edits(archive), shown(archive)) == (1, (A, C2))
    save(archive, page(30, A, D2, modified=29))
    assert (edits(archive), shown(archive)) == (2, (A, D2))


@pytest.mark.parametrize(
    ("route", "text", "number"),
    [("posts", (A, C2), 1), ("pages", (A, C), 0)],
)
def test_words_of_a_plugin_on_a_static_page_are_judged_by_the_list_of_its_type(archive, route, text, number):
    for step in (rest(1, A, C), page(1.1, A, C)):
        save(archive, step, type="page", route="pages")
    save(archive, listed(30), route=route)
    save(archive, page(30.1, A, C2), type="page")
    assert (shown(archive), edits(archive)) == (text, number)
