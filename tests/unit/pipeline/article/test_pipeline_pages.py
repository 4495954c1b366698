"""Hand-written pages and what must be read from them: one test for each field, so that a failure names it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import pytest

from archive.core.records import Comment, Extract, Site
from pipeline import process
from pipeline.article import body
from pipeline.article.body import Prose
from pipeline.html.document import Document
from tests.builders.pages import HTML, made_page
from tests.paths import FIXTURES

PAGES = FIXTURES / "pages"
FETCHED = datetime(2026, 1, 5, 12, tzinfo=UTC)


@lru_cache
def expected(name: str) -> dict[str, Any]:
    return json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))


@lru_cache
def read(name: str) -> Extract:
    wanted = expected(name)
    page = made_page(
        wanted["url"],
        (PAGES / f"{name}.html").read_bytes(),
        source="gull",
        headers=HTML,
        fetched_at=FETCHED,
    )
    return process(page, Site(name="gull", url="https://gazette.example/", **wanted["site"]))


def plain(value: Any) -> Any:
    """A field as JSON tells it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


NAMES = sorted(path.stem for path in PAGES.glob("*.json"))
ARTICLE_FIELDS = [(name, field) for name in NAMES for field in (expected(name)["article"] or {})]
COMMENT_FIELDS = ["id", "parent", "author", "author_url", "published", "text", "kind", "depth"]


@pytest.mark.parametrize(("name", "field"), ARTICLE_FIELDS)
def test_article_field(name: str, field: str) -> None:
    (article,) = read(name).articles
    assert plain(getattr(article, field)) == expected(name)["article"][field]


@pytest.mark.parametrize("field", COMMENT_FIELDS)
@pytest.mark.parametrize("name", NAMES)
def test_comment_field(name: str, field: str) -> None:
    wanted = [comment[field] for comment in expected(name)["comments"]]
    assert [plain(getattr(comment, field)) for comment in read(name).comments] == wanted


@pytest.mark.parametrize("name", NAMES)
def test_problems(name: str) -> None:
    assert [problem.code for problem in read(name).problems] == expected(name)["problems"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_comment_is_in_the_article(name: str) -> None:
    """No commenter is an author, and no reader's sentence is body text."""
    for article in read(name).articles:
        for comment in read(name).comments:
            assert comment.author not in article.authors
            assert comment.text is None or len(comment.text) < 8 or comment.text not in (article.text or "")


@pytest.mark.parametrize("name", NAMES)
def test_every_field_has_an_origin(name: str) -> None:
    for article in read(name).articles:
        told = {field for field, _ in article.origins}
        held = {f for f in ("title", "authors", "published", "text", "tags", "image") if getattr(article, f)}
        assert held <= told


def test_permalinks_name_the_canonical_article() -> None:
    links = [comment.permalink for comment in read("comment-page").comments]
    assert links[0] == "https://gazette.example/archives/2009/07/harbour_lights.php#comment-101"


def same(one: Comment, other: Comment) -> bool:
    return (one.text, one.html, one.author, one.published) == (
        other.text,
        other.html,
        other.author,
        other.published,
    )


@pytest.mark.parametrize("name", ["xhtml", "block", "wpdiscuz", "divi", "votes", "emoji-images"])
def test_the_same_comment_reads_the_same_in_any_theme(name: str) -> None:
    for one, other in zip(read("html5").comments, read(name).comments, strict=False):
        assert same(one, other)


def test_a_list_that_libxml2_loses_is_found_in_a_browsers_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(read("unclosed-table").comments) == 3
    monkeypatch.setattr("pipeline.comments.extract.standard_tree", lambda source: None)
    assert read.__wrapped__("unclosed-table").comments != read("unclosed-table").comments


def test_the_text_is_read_from_the_tree_without_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    def look(document: Document, *rest: Any) -> Prose:
        held.append(document.tree.xpath("count(//*[@id='comment-101'])"))
        return plain(document, *rest)

    plain = body.extract_body
    monkeypatch.setattr("pipeline.article.body.extract_body", look)
    read.__wrapped__("unclosed-table")
    assert held == [0]
