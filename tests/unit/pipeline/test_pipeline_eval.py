"""The ruler itself: a measure that cannot fail measures nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.core.records import Article, Comment
from tests.eval import copied_comments, facts, labels, static_copies
from tests.eval.copies import Copies
from tests.eval.facts import Facts, Told
from tests.eval.labels import Labelled
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
    page = Labelled(url="https://g.example/a", body=b"", authors=label)
    table = Facts()
    table.add(
        page, {"ours": facts.ours(Article(url=page.url, authors=authors)), "trafilatura": facts.theirs(None)}
    )
    assert table.right["authors", "all", "ours"] == same
    assert table.wrong["authors", "all", "ours"] == (bool(authors) and not same)


def test_words_that_a_text_must_have_and_must_not_have() -> None:
    page = Labelled(url="https://g.example/a", body=b"", holds=("the lamps",), lacks=("Read more",))
    table = Facts()
    table.add(page, {"ours": Told("Here are\nthe lamps.", "", frozenset(), None)})
    table.add(page, {"ours": Told("Read more", "", frozenset(), None)})
    assert table.asked["holds", "all"] == 2
    assert (table.right["holds", "all", "ours"], table.right["lacks", "all", "ours"]) == (1, 1)


def test_readability_page_is_read_with_its_truth(tmp_path: Path) -> None:
    folder = tmp_path / "test" / "test-pages" / "lamps"
    folder.mkdir(parents=True)
    (folder / "source.html").write_text('<link rel="canonical" href="https://g.example/lamps">')
    (folder / "expected.html").write_text(f"<p>{PROSE}</p>")
    (folder / "expected-metadata.json").write_text('{"title": "Lamps", "byline": null}')
    (page,) = labels.readability_pages(tmp_path)
    assert (page.url, page.title, page.authors, page.text) == (
        "https://g.example/lamps",
        "Lamps",
        None,
        PROSE,
    )


FEED = (
    '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<channel><item><title>Lamps</title><link>https://g.example/2021/lamps/</link><dc:creator>Ida</dc:creator>"
    "<pubDate>Wed, 22 Sep 2021 10:00:00 +0000</pubDate><category>Town</category><category>Unseen</category>"
    "<content:encoded><![CDATA["
    '<p>{}</p><p><a href="/a">A linked paragraph.</a></p><figure><figcaption>A lamp.</figcaption></figure>]]>'
    "</content:encoded></item></channel></rss>"
)
PROSE = "The harbour council sat until the last ferry had gone, and the lamps were lit. " * 4


@pytest.mark.parametrize("name", ["feed.xml", "docs/feed/index.html"])
def test_feed_beside_a_page_is_its_truth(name: str, tmp_path: Path) -> None:
    file = tmp_path / "gazette" / name
    root = tmp_path / "gazette" / "docs" if "docs" in name else tmp_path / "gazette"
    page = root / "2021" / "lamps" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(
        f"<html><title>Lamps</title><h1>Lamps</h1><p>By Ida, 2021, in <i>Town</i></p><p>{PROSE}</p>"
        '<p><a href="/a">A linked paragraph.</a></p><figure><figcaption>A lamp.</figcaption></figure></html>'
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(FEED.format(PROSE))
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


THREAD = (
    '<ol class="commentlist"><li class="comment even" id="comment-7"><cite class="fn">Ida</cite> says:'
    '<a href="#comment-7">September 23, 2021 at 10:00</a><p>Well lit.</p></li></ol>'
)
COMMENTS = (
    '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<channel><item><title>By: Ida</title><link>https://g.example/lamps/#comment-7</link><dc:creator>Ida</dc:creator>"
    "<pubDate>Thu, 23 Sep 2021 10:00:00 +0000</pubDate><content:encoded><![CDATA[<p>In reply to "
    '<a href="https://g.example/lamps/#comment-6">Tove</a>.</p><p>Well lit.</p>]]></content:encoded></item>'
    "<item><link>https://g.example/lamps/#comment-8</link></item></channel></rss>"
)


@pytest.mark.parametrize(("author", "right"), [("Ida", 4), ("Tove", 3)])
def test_feed_of_comments_is_the_truth_of_those_in_the_page(author: str, right: int, tmp_path: Path) -> None:
    page = tmp_path / "gazette" / "lamps" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<html><h1>Lamps</h1>{THREAD}</html>")
    feed = tmp_path / "gazette" / "comments" / "feed" / "index.html"
    feed.parent.mkdir(parents=True)
    feed.write_text(COMMENTS)
    day = datetime(2021, 9, 23, 10, tzinfo=UTC)
    told = Comment(id="7", author=author, text="Well lit.", published=day)
    counts = copied_comments.compare(tmp_path, lambda body, url: (told,))
    assert dict(counts.asked) == {"found": 1, "author": 1, "day": 1, "text": 1}
    assert sum(counts.right.values()) == right
