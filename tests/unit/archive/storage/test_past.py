"""The past by other witnesses: whatever arrives first, the archive holds the same rows."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml.html import fromstring

from archive.files.redaction_store import Hidden, redaction_store_path
from archive.storage.redaction import redact_item
from tests.builders.room_server import Room
from tests.builders.witnessed import ICE, PLAIN, WORDS, Desk, article, remark, rows_of, stamp, years


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_a_comment_captured_before_us_is_removed_between(desk):
    kept, lost = remark(1), remark(2, author="Marten", parent="1")
    desk.crawl(16, article(kept), kept)
    desk.take(2, article(kept, lost), kept, lost)
    desk.take(4, article(kept, lost), kept, lost)
    first, second = desk.thread()
    assert (first["witness"], first["first_seen"], first["seen_at"], first["gone_at"]) == (
        "web.archive.example",
        stamp(2),
        stamp(16),
        None,
    )
    assert (second["author"], second["parent"], second["seen_at"]) == ("Marten", kept.text, None)
    assert (second["first_seen"], second["gone_at"]) == (stamp(2), stamp(16))
    [event] = desk.db.query("SELECT kind, at, since, witness, version FROM events")
    assert event == {
        "kind": "removed",
        "at": stamp(16),
        "since": stamp(4),
        "witness": "web.archive.example",
        "version": None,
    }


def test_an_older_capture_becomes_an_older_version(desk):
    old = replace(article(), text=WORDS.format("upper"))
    desk.crawl(16, article())
    desk.crawl(17, replace(article(), text=WORDS.format("northern")))
    desk.take(3, old)
    desk.take(5, article())
    versions = list(
        desk.db.query(
            "SELECT version, since, until, text, cause, witness FROM article_versions ORDER BY version"
        )
    )
    assert [(v["version"], v["since"], v["until"], v["cause"], v["witness"]) for v in versions] == [
        (1, stamp(3), stamp(5), "captured", "web.archive.example"),
        (2, stamp(5), stamp(17), "edited", None),
    ]
    assert "upper" in versions[0]["text"]
    events = list(desk.db.query("SELECT kind, at, since, version, witness FROM events ORDER BY at"))
    assert [(e["at"], e["since"], e["version"], e["witness"]) for e in events] == [
        (stamp(5), stamp(3), 1, "web.archive.example"),
        (stamp(17), stamp(5), 2, None),
    ]
    [now] = desk.db.query("SELECT text, version_count, first_seen, seen_at FROM articles")
    assert "northern" in now["text"]
    assert (now["version_count"], now["first_seen"], now["seen_at"]) == (3, stamp(3), stamp(16))


def test_a_state_of_a_moment_reaches_back_to_the_first_capture(desk):
    desk.crawl(16, article())
    desk.take(3, replace(article(), text=WORDS.format("upper")))
    sql = "SELECT text FROM article_states WHERE since <= ? AND (until > ? OR until IS NULL)"
    for year, word in ((4, "upper"), (18, "lower")):
        [state] = desk.db.query(sql, [stamp(year), stamp(year)])
        assert word in state["text"]


def test_ids_of_another_era_never_meet(desk):
    mine, theirs = remark(5), remark(9, author="Old Ferryman", text="We counted every plank of it twice.")
    desk.crawl(16, article(mine), mine)
    desk.take(2, article(theirs), replace(theirs, id="5"))
    first, second = desk.thread()
    assert (first["text"], first["witness"], first["version_count"]) == (mine.text, None, 1)
    assert (second["text"], second["seen_at"], second["gone_at"]) == (theirs.text, None, stamp(16))


def test_one_comment_of_two_eras_is_one_row(desk):
    now = remark(5000)
    then = replace(now, id="31", published=now.published - timedelta(hours=5))
    desk.take(2, article(then), then)
    desk.crawl(16, article(now), now)
    [only] = desk.thread()
    assert (only["first_seen"], only["seen_at"], only["gone_at"]) == (stamp(2), stamp(16), None)
    assert list(desk.db.query("SELECT * FROM events")) == []


def test_a_comment_keeps_its_number_when_we_see_it(desk):
    desk.take(2, article(remark(5)), remark(5))
    [[number]] = desk.db.execute("SELECT id FROM comments").fetchall()
    [[article_id]] = desk.db.execute("SELECT id FROM articles").fetchall()
    desk.crawl(16, article(remark(5)), remark(5))
    assert desk.db.execute("SELECT id, key FROM comments").fetchall() == [(number, "5")]
    assert desk.db.execute("SELECT id, post_id FROM articles").fetchall() == [(article_id, 7)]


def test_a_short_thread_proves_no_removal(desk):
    shown, lost = remark(1), remark(2)
    desk.crawl(16, replace(article(), comments_stated=40), shown)
    desk.take(2, article(shown, lost), shown, lost)
    assert [row["gone_at"] for row in desk.thread()] == [None, None]


def worded(word):
    return replace(article(), text=WORDS.format(word))


@pytest.mark.parametrize("order", ["after", "before"])
def test_a_state_between_our_visits_is_a_version(desk, order):
    """What a reader saw between two of our visits is told once, with who saw it."""
    if order == "before":
        desk.take(12, worded("northern"))
    desk.crawl(10, worded("lower"))
    desk.crawl(16, worded("western"))
    if order == "after":
        desk.take(12, worded("northern"))
    desk.take(11, worded("lower"))
    desk.take(14, worded("western"))
    sql = "SELECT version, since, until, witness FROM article_states JOIN (SELECT version AS v, witness FROM"
    sql += " article_versions UNION SELECT 3, NULL) ON v = version ORDER BY version"
    assert [tuple(row.values()) for row in desk.db.query(sql)] == [
        (1, stamp(10), stamp(12), None),
        (2, stamp(12), stamp(16), "web.archive.example"),
        (3, stamp(16), None, None),
    ]
    events = "SELECT at, version, since, witness FROM events ORDER BY at"
    assert desk.db.execute(events).fetchall() == [
        (stamp(12), 1, stamp(10), "web.archive.example"),
        (stamp(16), 1, stamp(10), None),
    ]


def test_what_others_saw_between_two_equal_visits_is_no_version(desk):
    """A page of a moment may be a copy out of a cache, or a test of two headlines."""
    desk.crawl(10, worded("lower"))
    desk.take(12, worded("northern"))
    desk.crawl(16, worded("lower"))
    assert desk.db.execute("SELECT count(*) FROM article_versions").fetchone() == (0,)


LEDGER = "SELECT kind, at, since, witness FROM events ORDER BY at"


def test_a_comment_that_others_missed_and_saw_again_has_returned(desk):
    kept, back = remark(1), remark(2)
    desk.take(2, article(kept, back), kept, back)
    desk.take(4, article(kept), kept)
    desk.take(6, article(kept, back), kept, back)
    desk.take(8, article(kept), kept)
    assert desk.db.execute(LEDGER).fetchall() == [
        ("removed", stamp(4), stamp(2), "web.archive.example"),
        ("returned", stamp(6), stamp(4), "web.archive.example"),
        ("removed", stamp(8), stamp(6), "web.archive.example"),
    ]
    assert [row["gone_at"] for row in desk.thread()] == [None, stamp(8)]


def test_reply_that_is_counted_and_not_shown_is_no_gap(desk):
    """WordPress counts the replies below a removed comment, and shows none of them."""
    lost, reply, kept = remark(1), remark(2, parent="1"), remark(3)
    desk.take(2, article(lost, reply, kept), lost, reply, kept)
    desk.take(4, replace(article(kept), comments_stated=2), kept)
    assert [row["gone_at"] for row in desk.thread()] == [stamp(4), stamp(4), None]


def test_part_of_a_thread_proves_no_removal(desk):
    first, *others = map(remark, range(1, 6))
    desk.take(2, replace(article(), comments_stated=5), first, *others)
    desk.take(4, replace(article(), comments_stated=5), *others)
    assert [row["gone_at"] for row in desk.thread()] == [None] * 5


def test_comments_that_answer_each_other_are_read(desk):
    """Two eras number comments anew, and what answers what may be turned around."""
    one, two = remark(1), remark(2, parent="1")
    desk.take(2, article(one, two), one, two)
    desk.take(4, article(one, two), replace(one, id="8", parent="9"), replace(two, id="9", parent=None))
    desk.take(6, replace(article(), comments_stated=1))
    assert len(desk.thread()) == 2


@pytest.mark.parametrize("after", [{"hours": 3}, {"hours": 23}])
def test_a_copy_of_the_same_day_proves_no_removal(desk, after):
    kept, back = remark(1), remark(2)
    desk.take(2, article(kept, back), kept, back)
    desk.take(2, article(kept), kept, later=timedelta(**after))
    desk.take(4, article(kept, back), kept, back)
    assert desk.db.execute(LEDGER).fetchall() == []


def test_a_capture_says_nothing_of_the_present(desk):
    desk.crawl(16, article(remark(1)), remark(1))
    before = desk.db.execute("SELECT text, changed_at, version_count FROM articles").fetchall()
    desk.take(17, replace(article(), text=WORDS.format("western")))
    assert desk.db.execute("SELECT text, changed_at, version_count FROM articles").fetchall() == before
    assert [row["gone_at"] for row in desk.thread()] == [None]


def hide(desk, kind, item):
    with Hidden.open(redaction_store_path(desk.archive.path), create=True) as hidden:
        redact_item(desk.db, hidden, kind, item, reason="asked for", at=years(17))


def everything(desk):
    return "\n".join(map(str, desk.db.conn.iterdump()))


@pytest.mark.parametrize("ours", [False, True])
def test_a_hidden_comment_is_not_brought_back(desk, ours):
    shown, secret = remark(1), remark(2, author="Marten")
    if ours:
        desk.crawl(16, article(shown, secret), shown, secret)
    desk.take(2, article(shown, secret), shown, secret)
    hide(desk, "comment", desk.db.execute("SELECT id FROM comments WHERE author = 'Marten'").fetchone()[0])
    again = replace(secret, id="77")
    desk.take(3, article(shown, again), shown, again)
    desk.take(4, article(shown, secret), shown, secret)
    desk.crawl(17, article(shown, secret), shown, secret)
    desk.take(5, article(shown, secret), shown, secret)
    assert desk.db.execute("SELECT count(*) FROM comments").fetchone() == (2,)
    assert secret.text not in everything(desk)
    assert "Marten" not in everything(desk)


def test_a_hidden_name_is_not_brought_back(desk):
    secret = remark(2, author="Marten")
    desk.take(2, article(secret), secret)
    hide(desk, "commenter", "Marten")
    other = remark(3, author="Marten")
    desk.take(3, article(secret, other), secret, other)
    desk.crawl(17, article(secret, other), secret, other)
    assert desk.db.execute("SELECT count(*) FROM comments").fetchone() == (2,)
    assert "Marten" not in everything(desk)


@pytest.mark.parametrize("ours", [False, True])
def test_a_hidden_article_is_not_brought_back(desk, ours):
    if ours:
        desk.crawl(16, article())
    desk.take(2, article())
    hide(desk, "article", 1)
    desk.take(3, article())
    desk.crawl(17, article())
    assert "harbour on Sunday" not in everything(desk)
    assert ICE not in everything(desk)


def test_pages_tell_who_saw_what(desk, tmp_path):
    kept, lost = remark(1), remark(2, author="Marten")
    desk.crawl(16, article(kept), kept)
    desk.take(2, replace(article(kept, lost), text=WORDS.format("upper")), kept, lost)
    room = Room(tmp_path / "archive.db")
    said = " ".join(fromstring(room.text("/article/1")).text_content().split())
    assert "Removed before this archive saw it, between 1 January 2012 and" in said
    assert "kept by web.archive.example" in said
    assert "1 observation by others" in said
    changes = " ".join(fromstring(room.text("/changes")).text_content().split())
    assert changes.count("by web.archive.example, not by this archive") == 2
    assert "as web.archive.example kept it" in " ".join(
        fromstring(room.text("/article/1/versions")).text_content().split()
    )
    assert "observations" in " ".join(fromstring(room.text("/article/1")).text_content().split())
    number = desk.db.execute("SELECT id FROM comments WHERE author = 'Wren'").fetchone()[0]
    looks = " ".join(fromstring(room.text(f"/comment/{number}/versions")).text_content().split())
    assert "Observations (2)" in looks
    assert looks.index("web.archive.example") < looks.index("this archive, for the first time")
    coverage = " ".join(fromstring(room.text("/coverage")).text_content().split())
    assert "Kept by others" in coverage
    assert "web.archive.example201211" in coverage.replace(" ", "")


def life(dice):
    """Moments of one article's life: (year, by us, what the page says)."""
    comments, text, number = [], "lower", 0
    moments = []
    for year in range(12):
        for _ in range(dice.randint(0, 2)):
            number += 1
            parent = dice.choice(comments).id if comments and dice.random() < 0.4 else None
            comments.append(remark(number, author=dice.choice("EFGH"), parent=parent))
        if comments and dice.random() < 0.4:
            gone = dice.choice(comments)
            comments = [c for c in comments if gone.id not in (c.id, c.parent)]
        if comments and dice.random() < 0.3:
            place = dice.randrange(len(comments))
            new = f"{comments[place].text} Edited in {year}."
            comments[place] = replace(comments[place], text=new, html=new)
        if dice.random() < 0.3:
            text = dice.choice(("lower", "upper", "northern", "western"))
        said = replace(article(*comments), text=WORDS.format(text))
        moments.append((year, year > 6 and dice.random() < 0.5, said, tuple(comments)))
    return moments


@pytest.mark.parametrize("way", ["crawl", "crawl_with_rest"])
@pytest.mark.parametrize("seed", range(101, 105))
def test_any_order_of_arrivals_gives_the_same_rows(tmp_path, seed, way):
    dice = random.Random(seed)
    moments = life(dice)
    ours = [moment for moment in moments if moment[1]]
    found = []
    for number in range(3):
        order = [moment for moment in moments if not moment[1]]
        dice.shuffle(order)
        for at, moment in zip(sorted(dice.randint(0, len(order)) for _ in ours), ours, strict=True):
            order.insert(at + ours.index(moment), moment)  # crawls come in the order of time
        desk = Desk(tmp_path / str(number))
        for year, by_us, said, comments in order:
            (getattr(desk, way) if by_us else desk.take)(year, said, *comments)
        found.append(rows_of(desk))
        assert desk.db.execute("PRAGMA foreign_key_check").fetchall() == []
        desk.close()
    for one, other in itertools.pairwise(found):
        for table in PLAIN:
            assert one[table] == other[table], table
