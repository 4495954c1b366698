"""The article of a page built of widgets is the page's article; a widget beside it is none."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.article.test_pipeline_facts import H1, PROSE, TITLE, read

BYLINE = '<p><a rel="author" href="/author/ida/">Ida Marsh</a></p>'
NEXT = f'<div class="widget"><article><h1><a href="/fog/">Fog in the port</a></h1>{PROSE}</article></div>'
SITE = "The Gull of the North"
ABOUT = f'<div class="sidebar"><h1>{SITE}</h1><p>{"We write of boats and of weather. " * 3}</p>{BYLINE}</div>'


@pytest.mark.parametrize(
    "body",
    [
        f'<div class="widget post-partial"><article>{H1}{BYLINE}{PROSE}</article></div>',
        f'<div class="widget post-partial"><article>{H1}{BYLINE}{PROSE}</article></div>{NEXT}{NEXT}',
        f'<div class="widget hero">{H1}{BYLINE}</div><div class="widget">{PROSE}</div>',
        f'<div class="Sidebar"><div class="Widget">{H1}{BYLINE}{PROSE}</div></div>',
    ],
)
def test_the_article_may_be_a_widget(body: str) -> None:
    article = read(body, f"<title>{TITLE} - The Gull</title>")
    assert (article.title, article.authors) == (TITLE, ("Ida Marsh",))


@pytest.mark.parametrize(
    "head", [f"<title>{SITE} | {TITLE}, and what it costs</title>", f"<title>{TITLE} | {SITE}</title>"]
)
def test_the_name_of_the_site_in_a_sidebar_is_no_heading_of_an_article(head: str) -> None:
    article = read(f"{ABOUT}<article><h2 class='entry-title'>{TITLE}</h2>{PROSE}</article>", head)
    assert article.authors == ()
    assert article.title is not None
    assert SITE not in article.title
