"""The ruler itself: a measure that cannot fail measures nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.core.records import Article, Comment
from tests.eval import static_copies
from tests.eval.copies import Copies
from tests.eval.labels import Labelled, compare
from tests.eval.measure import Threads, overlap, scores

TRUTH = {
    "id": "1",
    "parent": None,
    "author": "E",
    "author_url": None,
    "date": None,
    "is_pingback": False,
    "body": "Yes.",
}


def test_equal_texts_score_one_and_strange_ones_nothing() -> None:
    assert scores([overlap("one two three four five", "one two three four five")]) == (1.0, 1.0, 1.0)
    assert scores([overlap("one two three four five", "six seven eight nine ten")])[2] == 0.0


def test_half_a_text_is_precise_and_incomplete() -> None:
    precision, recall, _ = scores([overlap("a b c d e f g h", "a b c d e")])
    assert precision == 1.0
    assert recall < 0.5


def test_a_thread_is_clean_only_without_errors() -> None:
    threads = Threads()
    threads.add("good", [TRUTH], [Comment(id="1", author="E", text="Yes.")])
    threads.add("bad", [TRUTH], [Comment(id="1", author="F", text="Yes."), Comment(id="2", author="X")])
    assert (threads.pages, threads.clean) == (2, 1)
    assert [error.split()[2].rstrip(":") for error in threads.errors] == ["author", "alien"]


@pytest.mark.parametrize(
    ("label", "authors", "same"),
    [
        ("Von Ida Marsh und Tove  REED", ("Tove Reed", "Ida Marsh"), True),
        ("Ida Marsh", ("Ida Marsh", "Tove Reed"), False),
        ("Ida Marsh", (), False),
    ],
)
def test_a_label_is_met_by_the_same_people_in_any_order(
    label: str, authors: tuple[str, ...], same: bool
) -> None:
    page = Labelled(url="https://g.example/a", body=b"", share="tuned", title=None, authors=label)
    article = Article(url=page.url, authors=authors)
    assert [good for _, _, good in compare(page, article)] == [same]


FEED = (
    '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<channel><item><title>Lamps</title><link>https://g.example/2021/lamps/</link><dc:creator>Ida</dc:creator>"
    "<pubDate>Wed, 22 Sep 2021 10:00:00 +0000</pubDate><category>Town</category><content:encoded><![CDATA["
    '<p>{}</p><p><a href="/a">A linked paragraph.</a></p><figure><figcaption>A lamp.</figcaption></figure>]]>'
    "</content:encoded></item></channel></rss>"
)
PROSE = "The harbour council sat until the last ferry had gone, and the lamps were lit. " * 4


def test_feed_beside_a_page_is_its_truth(tmp_path: Path) -> None:
    page = tmp_path / "gazette" / "2021" / "lamps" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<html><title>Lamps</title><p>{PROSE}</p></html>")
    (tmp_path / "gazette" / "feed.xml").write_text(FEED.format(PROSE))
    ((site, post),) = static_copies.posts(tmp_path)
    assert (site, post.page, post.title) == ("gazette", page, "Lamps")
    assert (post.authors, post.terms) == (("Ida",), {"Town"})
    assert [kind for kind, _ in post.blocks] == ["paragraph", "linked paragraph", "caption"]
    table = Copies()
    table.add(site, post, Article(url=post.url, title="Lamps", text=PROSE, tags=("Town", "Sea")), PROSE, ())
    assert dict(+table.right) == {
        "title": 1,
        "block: paragraph": 1,
        "terms: recall": 1,
        "terms: precision": 1,
    }
    assert table.asked["terms: precision"] == 2
    assert table.silent == 2
