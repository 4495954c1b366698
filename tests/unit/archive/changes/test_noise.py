"""What plugins and caches change by themselves is no edit, and a real edit is found in it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.changes.text_blocks import blocks, compare
from archive.core.link_identity import identity
from archive.storage.archive import Archive
from pipeline import process
from tests.builders.fragments import FRAGMENTS
from tests.builders.pages import made_page
from tests.builders.stories import NAMES, NOON, SITE, Story, visit

STEP = timedelta(hours=6)
EDIT = ("paid for the eleven masts", "paid for the twelve masts")
SAME_TARGET = [
    ("http://gazette.example/pier.php", "https://www.gazette.example/pier.php/"),
    ("https://a.example/x?b=2&a=1", "https://a.example/x?a=1&b=2"),
    ("https://a.example/x?utm_source=mail&id=7", "https://a.example/x?id=7"),
    ("https://a.example/x;jsessionid=0A1B", "https://a.example/x"),
    ("https://a.example/f.pdf?Expires=1700000000&Signature=aB3", "https://a.example/f.pdf?Expires=1&Signature=x"),
    ("https://a.example/x?zq=0123456789abcdef0123", "https://a.example/x?zq=fedcba98765432100000"),
    ("https://a.example:443/x#respond", "https://a.example/x"),
    ("https://a.example/caf%C3%A9", "https://a.example/café"),
]  # fmt: skip
OTHER_TARGET = [
    ("https://a.example/x?p=12", "https://a.example/x?p=13"),
    ("https://a.example/x", "https://b.example/x"),
    ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abd"),
    ("https://a.example/minutes#item-4", "https://a.example/minutes#item-5"),
    ("https://a.example/story?id=0123456789abcdef0123", "https://a.example/story?id=fedcba98765432100000"),
    ("mailto:ida@gazette.example", "mailto:odo@gazette.example"),
]  # fmt: skip


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        yield archive


def events(archive):
    return [(row["kind"], row["at"][:13]) for row in archive.db.query("SELECT * FROM events ORDER BY id")]


def looks(archive, stories):
    """Visit each state of a story, six hours apart."""
    for number, story in enumerate(stories):
        visit(archive, story, NOON + number * STEP)


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragment_varies_and_only_the_edit_is_told(archive, name):
    """Twenty visits to an article with a plugin's fragment, and one real edit at the tenth."""
    story = Story(number=1)
    looks(
        archive,
        [
            replace(story, fragment=FRAGMENTS[name](n * 7), changed=(EDIT,) if n >= 10 else ())
            for n in range(20)
        ],
    )
    assert events(archive) == [("edited", "2026-03-04T00")]
    [version] = archive.db.query("SELECT changed FROM article_versions")
    assert "text" in json.loads(version["changed"])


def test_counter_of_every_article_is_known_at_once(archive):
    """A number that only one article had would wait; one that all have is furniture at its first change."""
    for n in range(5):
        visit(archive, Story(number=n, fragment="<p>Zorbs: 12</p>"), NOON)
    visit(archive, Story(number=0, fragment="<p>Zorbs: 31</p>"), NOON + STEP)
    assert events(archive) == []
    assert list(archive.db.query("SELECT * FROM pending_changes")) == []


def test_plugin_switched_on_later_is_no_edit(archive):
    """A counter that comes into every article, seen in one of them often before the others are visited."""
    for n in range(6):
        visit(archive, Story(number=n), NOON)
    for look in range(1, 5):
        visit(archive, Story(number=0, fragment=f"<p>{204 + look} views</p>"), NOON + look * STEP)
    for look in range(5, 11):
        for n in range(6):
            story = Story(number=n, fragment=f"<p>{190 + look * 31} views</p>")
            visit(archive, story, NOON + look * STEP)
    assert events(archive) == []


def test_advert_that_happens_to_repeat_is_no_edit_where_other_articles_have_some_too(archive):
    """A plugin with a few lines shows the same one four times in an article that is visited often."""
    for number in range(6):
        visit(archive, Story(number=number), NOON)
    for look in range(1, 5):
        visit(archive, Story(number=0, fragment="<p>Rope, half price!</p>"), NOON + look * STEP)
        for number in range(1, 6 if look == 1 else 1):
            fragment = f"<p>Quills of {NAMES[number]}, two for one</p>"
            visit(archive, Story(number=number, fragment=fragment), NOON + 1.5 * STEP)
    assert events(archive) == []


@pytest.mark.parametrize("end", [False, True], ids=["within", "at the end"])
@pytest.mark.parametrize("pause", [STEP / 60, STEP], ids=["at once", "one by one"])
def test_sentence_that_comes_into_all_articles_is_no_edit_of_the_first(archive, end, pause):
    note = "<p>This story was first told in the weekly letter, which comes on Fridays.</p>"
    final = "as they had always done before.</p>"
    stories = [Story(number=number) for number in range(10)]
    for story in stories:
        visit(archive, story, NOON)
    stories[0] = replace(stories[0], changed=(EDIT,))
    visit(archive, stories[0], NOON + STEP)
    for number, story in enumerate(stories):
        noted = (*story.changed, (final, final + note)) if end else story.changed
        story = replace(story, fragment="" if end else note, changed=noted)
        visit(archive, story, NOON + 2 * STEP + number * pause)
    assert events(archive) == [("edited", "2026-03-01T18")]


def test_sentence_that_greets_each_visitor_is_no_edit(archive):
    for look in range(6):
        for number in range(6):
            hour = ("morning", "evening")[(number + look) % 2]
            greeting = f"<p>Good {hour}, dear reader, and thank you for coming by.</p>"
            visit(archive, Story(number=number, fragment=greeting), NOON + look * STEP)
    assert events(archive) == []


TOWNS = ("Arlow", "Benwick", "Corram", "Dunmoor", "Eskley")
OPENING = "<p>The harbour council met"
WITHIN = {
    "a greeting": lambda n: f"<p>Good {('morning', 'afternoon', 'evening')[n % 3]}, dear reader. ",
    "a greeting now and then": lambda n: "<p>Good evening, dear reader. " if n % 3 else "<p>",
    "a town": lambda n: f"<p>You read this in {TOWNS[n % 5]}, where it rains. ",
    "an invitation": lambda n: "<p>Sign up for our weekly letter and miss no tide. " if n % 2 else "<p>",
}


@pytest.mark.parametrize("name", WITHIN)
@pytest.mark.parametrize("since", [0, 3])
def test_sentence_that_varies_within_a_paragraph_is_no_edit_and_one_beside_it_is(archive, name, since):
    for look in range(11):
        for number in range(8):
            varied = OPENING.replace("<p>", WITHIN[name](number + look)) if look >= since else OPENING
            edits = [(OPENING, varied)]
            if number == 2 and look >= 7:
                edits.append((", for the wind had turned", ", though the wind had turned"))
            if number == 3 and look >= 8:
                edits.append(EDIT)
            visit(archive, Story(number=number, changed=tuple(edits)), NOON + look * STEP)
    sql = "SELECT article_id, kind, at FROM events ORDER BY id"
    told = [(row["article_id"], row["kind"], row["at"][:13]) for row in archive.db.query(sql)]
    assert told == [(3, "edited", "2026-03-03T06"), (4, "edited", "2026-03-03T12")]


STARRED = (("the old bell", "the *** b**l"), ("the ledger", "the [removed]"))


def test_words_that_are_starred_now_and_then_are_no_edit(archive):
    clean, starred = Story(number=1), Story(number=1, changed=STARRED)
    edited = replace(starred, changed=(*STARRED, EDIT))
    looks(archive, [clean, starred, starred, clean, starred, clean, clean, starred, starred, clean, edited])
    assert events(archive) == [("edited", "2026-03-04T00")]
    [text] = [row["text"] for row in archive.db.query("SELECT text FROM articles")]
    assert "twelve" in text


def test_words_that_are_shown_instead_of_stars_are_no_edit(archive):
    clean, starred = Story(number=1), Story(number=1, changed=STARRED)
    looks(archive, [starred, clean, starred, clean])
    assert events(archive) == []
    assert "the old bell" in next(archive.db.query("SELECT text FROM articles"))["text"]


def test_words_that_are_starred_for_good_are_told(archive):
    clean, starred = Story(number=1), Story(number=1, changed=STARRED)
    looks(archive, [clean, *[starred] * 7])
    assert [kind for kind, _ in events(archive)] == ["edited"]


def in_german(story):
    """The page of a story as a plugin translates it for some visitors."""
    kept = story.markup().replace('lang="en-US"', 'lang="de"')
    for word in ("The", "Nobody", "clerk", "pilots", "people", "council", "board", "of", "masts", "and"):
        kept = kept.replace(f" {word} ", f" {word[::-1]}en ").replace(f">{word} ", f">{word[::-1]}en ")
    return made_page(story.url, kept, source="gull")


@pytest.mark.parametrize("stays", [1, 2, 8])
def test_page_in_another_language_is_no_edit_before_it_lasts(archive, stays):
    stories = [Story(number=number) for number in range(3)]
    for look in range(12):
        for story in stories:
            page = made_page(story.url, story.markup(), source="gull")
            if 3 <= look < 3 + stays:
                page = in_german(story)
            page = replace(page, fetched_at=NOON + look * STEP)
            archive.save(page, process(page, SITE))
    assert len(events(archive)) == (3 if stays == 8 else 0)


@pytest.mark.parametrize(
    ("stays", "told"), [(1, 0), (2, 0), (6, 6)], ids=["a visit", "two visits", "for good"]
)
def test_title_of_another_article_is_no_edit_before_it_lasts(archive, stays, told):
    """A small site mixes up its pages: each has the title of the next article for a while."""
    titles = [Story(number=number).title for number in range(6)]
    for look in range(8):
        for number, title in enumerate(titles):
            mixed_up = ((title, titles[(number + 1) % 6]),) if 2 <= look < 2 + stays else ()
            visit(archive, Story(number=number, changed=mixed_up), NOON + look * STEP)
    assert len(events(archive)) == told


def test_short_lines_of_an_editor_are_told_where_other_articles_have_none(archive):
    for look in range(6):
        for number in range(10):
            line = f"<p>Portrait of the keeper {NAMES[number]}</p>" if look and number < 3 else ""
            visit(archive, Story(number=number, fragment=line), NOON + look * STEP)
    assert len(events(archive)) == 3


def test_counter_in_a_text_of_one_paragraph_waits(archive):
    old, new = (
        compare(blocks("One sentence is all of it."), blocks(f"One sentence is all of it.{more}"))
        for more in ("\n\n47,540 views", "\n\nA second sentence.")
    )
    assert [hunk.suspect for hunk in (*old.hunks, *new.hunks)] == [True, False]


def test_number_of_one_article_is_an_edit_when_it_lasts(archive):
    plain, edited = (Story(number=1, fragment=f"<p>Masts lost: {n}</p>") for n in (3, 4))
    looks(archive, [plain, plain, edited, edited, edited, edited])
    assert events(archive) == [("edited", "2026-03-02T12")]


def test_new_paragraph_is_an_edit_at_once(archive):
    update = "<p>UPDATE: The bridge has reopened.</p>"
    looks(archive, [Story(number=1), Story(number=1, fragment=update)])
    assert events(archive) == [("edited", "2026-03-01T18")]


def test_learned_position_leaves_edits_of_sentences(archive):
    """Where three articles have noise, a fourth one's widget is noise at once, but its sentences are not."""
    for number in range(4):
        for n in range(4 if number < 3 else 2):
            fragment = f"<p>{('Gannet', 'Puffin', 'Tern', 'Skua')[n]} of day {number}</p>"
            visit(archive, Story(number=number, fragment=fragment), NOON + n * STEP)
    assert events(archive) == []
    assert list(archive.db.query("SELECT * FROM pending_changes WHERE item_id = 4")) == []
    visit(archive, Story(number=3, fragment="<p>A new sentence stands here now.</p>"), NOON + 9 * STEP)
    assert len(events(archive)) == 1


def test_stale_copy_returns_and_is_told_once(archive):
    """Two nodes of a CDN, one of them stale: the edit is told, and then no going to and fro."""
    old, new = Story(number=1), Story(number=1, changed=(EDIT,))
    looks(archive, [old, new, old, new, new, old, new, old, old, new, new, old, new])
    assert events(archive) == [("edited", "2026-03-01T18")]
    [row] = archive.db.query("SELECT text FROM articles")
    assert "twelve" in row["text"]


def test_state_that_returns_for_good_is_told(archive):
    old, new = Story(number=1), Story(number=1, changed=(EDIT,))
    looks(archive, [old, new, *[old] * 7])
    assert [kind for kind, _ in events(archive)] == ["edited", "edited"]
    [row] = archive.db.query("SELECT text FROM articles")
    assert "eleven" in row["text"]


def test_third_state_after_a_flip_is_told_at_once(archive):
    old, new = Story(number=1), Story(number=1, changed=(EDIT,))
    third = replace(old, changed=(("eleven masts", "thirteen masts"),))
    looks(archive, [old, new, old, third])
    assert [at for _, at in events(archive)] == ["2026-03-01T18", "2026-03-02T06"]


def test_headline_in_two_forms_is_told_once(archive):
    one = Story(number=1)
    other = replace(one, changed=((">The masts of Birch</h1>", ">Eleven masts, one town</h1>"),))
    looks(archive, [one, other, one, one, other, other, one, other, one, other, other, one])
    assert len(events(archive)) == 1


def test_page_that_says_it_is_older_changes_nothing(archive):
    """A stale copy of a state that was never held is known by the time of its last modification."""
    modified = '<meta property="article:modified_time" content="2026-02-{}T10:00:00+00:00"></head>'
    new = Story(number=1, changed=(EDIT, ("</head>", modified.format(20))))
    old = Story(number=1, changed=(("</head>", modified.format(11)),))
    looks(archive, [new, old, new, old, new])
    assert events(archive) == []


def test_likes_inside_comments_are_no_edit(archive):
    said = "<p>They were never dark in street 0 of ours.</p>"
    looks(
        archive,
        [
            Story(number=1, comments=1, changed=((said, f'{said}<p class="likes">{n} likes</p>'),))
            for n in (1, 4, 9, 9, 11)
        ],
    )
    assert events(archive) == []


def test_edited_comment_is_told_at_once(archive):
    edited = Story(number=1, comments=1, changed=(("never dark", "always dark"),))
    looks(archive, [Story(number=1, comments=1), edited])
    assert events(archive) == [("edited", "2026-03-01T18")]


@pytest.mark.parametrize(("one", "other"), SAME_TARGET)
def test_links_to_one_target_are_the_same(one, other):
    assert identity(one) == identity(other)


@pytest.mark.parametrize(("one", "other"), OTHER_TARGET)
def test_links_to_other_targets_differ(one, other):
    assert identity(one) != identity(other)


def test_many_changed_blocks_are_compared_in_bounds():
    """A page of many lines that all differ costs no comparison of each with each."""
    old, new = (blocks("\n".join(f"{word} line {n} is here." for n in range(5000))) for word in ("A", "The"))
    assert len(compare(old, new).hunks) == 1


def test_page_in_a_wrong_charset_is_no_edit_and_an_edit_in_it_is(archive):
    word = ("the old bell", "the old «clôche» of the café")
    garbled = (word[0], word[1].encode().decode("latin-1"))
    story = Story(number=1, changed=(word,))
    looks(archive, [story, *[replace(story, changed=(garbled,))] * 5])
    assert events(archive) == []
    looks(archive, [replace(story, changed=(word, EDIT))])
    [text] = [row["text"] for row in archive.db.query("SELECT text FROM articles")]
    assert word[1] in text


def test_comment_that_is_cut_short_is_no_edit(archive):
    """A plugin hides the end of long comments behind a link."""
    long = "They were never dark in street 1 of ours, and whoever says so has not walked there at night."
    said = "They were never dark in street 1 of ours."
    for number, words in enumerate((long, f"{long[:60]}… Read more", f"{long[:60]}… Read more")):
        visit(archive, Story(number=1, comments=2, changed=((said, words),)), NOON + number * STEP)
    assert events(archive) == []
    assert [row["text"] for row in archive.db.query("SELECT text FROM comments WHERE key LIKE '%01'")] == [
        long
    ]


def test_page_that_was_cut_off_on_its_way_is_no_edit_before_it_lasts(archive):
    whole = Story(number=1)
    markup = whole.markup()
    cut = markup[: markup.index("which ends in April")]
    for number, shown in enumerate((markup, cut, markup, cut, cut)):
        page = made_page(whole.url, shown, source="gull", fetched_at=NOON + number * STEP)
        archive.save(page, process(page, SITE))
        assert events(archive) == []
    shorter = markup.replace(", which ends in April with a line that nobody signed", "")
    page = made_page(whole.url, shorter, source="gull", fetched_at=NOON + 5 * STEP)
    archive.save(page, process(page, SITE))
    assert [kind for kind, _ in events(archive)] == ["edited"]


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S+00:00", "%Y-%m-%d"])
@pytest.mark.parametrize("from_the_first", [True, False])
def test_page_that_is_dated_today_at_each_visit_is_no_edit(archive, form, from_the_first):
    stories = [Story(number=n, comments=2) for n in range(3)]
    for look in range(0 if from_the_first else -1, 8):
        at = NOON + (look + 1) * timedelta(hours=23)
        for story in stories:
            today = story.date() if look < 0 else at.strftime(form)
            visit(archive, replace(story, changed=((story.date(), today),)), at)
    assert events(archive) == []


def test_article_that_is_published_anew_is_told_when_its_date_lasts(archive):
    story = Story(number=1)
    visit(archive, story, NOON)
    again = replace(story, changed=((story.date(), "2026-03-04T09:00:00+00:00"),))
    for look in range(12, 20):
        visit(archive, again, NOON + look * STEP)
        visit(archive, Story(number=2), NOON + look * STEP)
    assert [kind for kind, _ in events(archive)] == ["edited"]
