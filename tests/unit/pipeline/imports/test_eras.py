"""Threads across eras: each template is read, and a comment under two systems is one comment."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.core.records import Site
from archive.identity.likeness import split_words
from pipeline.process import process
from tests.builders.eras import (
    BY_HAND,
    ERAS,
    HOST,
    PROSE,
    THREAD,
    TITLE,
    URL,
    Letter,
    curly,
    kubrick,
    wordpress,
)
from tests.builders.pages import HTML, made_page
from tests.builders.warcs import rows, run, warc

CONFIG = f"""contact = "desk@{HOST}"
[sources.gazette]
url = "http://{HOST}"
timezone = "America/New_York"
"""
SITE = Site(name="gazette", url=f"http://{HOST}", timezone="UTC")
TODAY = [curly(letter) for letter in THREAD]
ORDERS = ((0, 1), (1, 0))
ROWS = {
    "comments": (
        "SELECT c.author, c.text, c.published, c.version_count, c.gone_at, c.first_seen, p.author"
        " FROM comments AS c LEFT JOIN comments AS p ON p.id = c.parent_id"
        " ORDER BY c.published, c.author, c.text"
    ),
    "events": "SELECT kind, at, since, comment_id IS NULL FROM events ORDER BY 1, 2, 3, 4",
    "articles": "SELECT url, title, text, version_count FROM articles ORDER BY 1",
}


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(letter: Letter) -> tuple[str, list[str], datetime]:
    words = html.unescape(re.sub("<[^>]+>", " ", letter.markup))
    return letter.author, split_words(words), letter.at


@pytest.mark.parametrize("era", ERAS)
def test_thread_and_article_of_each_era_are_read(era: str) -> None:
    markup = ERAS[era](THREAD)
    page = made_page(URL, markup, headers=HTML, fetched_at=datetime(2011, 3, 1, tzinfo=UTC))
    found = process(page, SITE)
    said = [(each.author, split_words(each.text or ""), each.published) for each in found.comments]
    wanted = [(author, words, at.replace(tzinfo=UTC)) for author, words, at in map(told, THREAD)]
    if era == "Movable Type 4":
        said = [(author, words, at and at.replace(hour=at.hour - 5)) for author, words, at in said]
    assert said == wanted
    [article] = found.articles
    assert article.title == TITLE
    text = split_words(article.text or "")
    assert all(" ".join(split_words(each)) in " ".join(text) for each in PROSE)
    assert not {"thanks", "skates", "measured", "lamp"} & set(text)


@pytest.mark.parametrize("era", BY_HAND)
def test_one_comment_is_read_as_well(era: str) -> None:
    found = process(made_page(URL, BY_HAND[era](THREAD[:1]), headers=HTML), SITE)
    assert [(each.author, split_words(each.text or "")) for each in found.comments] == [told(THREAD[0])[:2]]


@pytest.mark.parametrize(
    "markup",
    [
        '<h3>Notes</h3><p><a name="1"></a>Printed on July 9, 2009, in the shop.</p>',
        "<h3>Comments</h3><p>They are closed.</p><ul><li>The lamp, July 9, 2009</li><li>The bell</li></ul>",
        '<h3>Replies</h3><p><a name="1"></a>The council wrote letters, and no answer came before winter.</p>',
    ],
)
def test_notes_and_lists_are_no_comments(markup: str) -> None:
    body = "".join(f"<p>{each}</p>" for each in PROSE)
    page = made_page(URL, f"<html><body><h1>{TITLE}</h1>{body}{markup}</body></html>", headers=HTML)
    assert process(page, SITE).comments == ()


def imported(desk, records, order, monkeypatch):
    """Import captures in an order, each from a file of its own; return the rows."""
    folder = desk / "-".join(map(str, order))
    folder.mkdir()
    (folder / "backissue.toml").write_text(CONFIG)
    monkeypatch.chdir(folder)
    for number in order:
        run("--witness", "library", warc(folder / f"{number}.warc.gz", records[number]))
    return {name: rows(folder, sql) for name, sql in ROWS.items()}


def one_thread(found):
    """Check that each comment is there once, below the one that it answers, and nothing happened to it."""
    assert [(split_words(row[0]), row[3], row[4], row[5][:4]) for row in found["comments"]] == [
        (split_words(letter.author), 1, None, "2010") for letter in THREAD
    ]
    parents = [row[6] and split_words(row[6]) for row in found["comments"]]
    authors = {letter.place: split_words(letter.author) for letter in THREAD}
    assert parents == [letter.answers and authors[letter.answers] for letter in THREAD]
    assert found["events"] == []
    assert [row[3] for row in found["articles"]] == [1]


@pytest.mark.parametrize(
    "era",
    [
        "Movable Type 2",
        "Movable Type 3",
        "Movable Type 4",
        "TypePad",
        "Kubrick",
        "anchor, number",
        "bullets in a table",
    ],
)
def test_comment_of_two_eras_is_one_comment(desk, monkeypatch, era: str) -> None:
    records = ((URL, 2010, ERAS[era](THREAD).encode()), (URL, 2015, wordpress(TODAY).encode()))
    found = [imported(desk, records, order, monkeypatch) for order in ORDERS]
    assert found[0] == found[1]
    one_thread(found[0])


class Day(Letter):
    """A comment of which a template prints the day alone."""

    @property
    def date(self) -> str:
        return f"{self.at:%B %d, %Y}"


def test_numbers_of_another_era_are_never_those_of_today(desk, monkeypatch) -> None:
    """There they count from 1 on each page; today the same numbers are other comments' of the same day."""
    fields = [{name: getattr(letter, name) for name in Letter.__dataclass_fields__} for letter in THREAD]
    numbered = [Day(**each | {"number": each["place"]}) for each in fields]
    today = [replace(letter, today=7 - letter.place) for letter in TODAY]
    markup = re.sub(r"(\d)th, (\d{4}) at [\d: APM]+", r"\1th, \2", kubrick(numbered))
    assert ":05" not in markup
    records = ((URL, 2010, markup.encode()), (URL, 2015, wordpress(today).encode()))
    found = [imported(desk, records, order, monkeypatch) for order in ORDERS]
    assert found[0] == found[1]
    one_thread(found[0])
