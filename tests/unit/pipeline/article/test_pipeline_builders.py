# ruff: noqa: E501  (markup reads better in one line)
"""Pages made by builders of pages, and pages of several articles: what is the text, and what is none."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.test_pipeline_kinds import PROSE, article, codes, read, read_page

WORDS = "The lamp house is open on Sundays"
MODULES = {
    "elementor heading": '<div class="elementor-widget elementor-widget-heading"><h3>{}</h3></div>',
    "elementor icon box": (
        '<div class="elementor-widget-wrap"><div class="elementor-widget elementor-widget-icon-box">'
        '<div class="elementor-icon-box-content"><h3><span>{}</span></h3></div></div></div>'
    ),
    "elementor caption": (
        '<figure><img src="/a.jpg"><figcaption class="widget-image-caption wp-caption-text">{}</figcaption></figure>'
    ),
    "part of another plugin": '<div class="elementor-element elementor-widget-shop_icon_heading"><h3>{}</h3></div>',
    "site origin": (
        '<div class="so-panel widget widget_sow-editor"><div class="panel-widget-style">'
        '<div class="so-widget-sow-editor"><p>{}</p></div></div></div>'
    ),
    "beaver builder": '<div class="fl-module fl-module-rich-text"><div class="fl-rich-text"><p>{}</p></div></div>',
}
NONE = {
    "elementor share buttons": '<div class="elementor-widget elementor-widget-share-buttons"><p>{}</p></div>',
    "sidebar": '<div class="widget widget_recent_entries"><p>{}</p></div>',
    "facts for machines": '<script type="application/ld+json">"{}"</script>',
}


@pytest.mark.parametrize("module", [*MODULES, *NONE])
def test_part_that_a_builder_calls_a_widget_is_text(module: str) -> None:
    markup = (MODULES | NONE)[module].format(WORDS)
    extract = read(words=PROSE.replace("</p><p>Nobody", f"</p>{markup}<p>Nobody", 1))
    assert (WORDS in (article(extract).text or "")) == (module in MODULES)
    assert codes(extract) == []


@pytest.mark.parametrize("kind", ["wp-page", "wp-post"])
def test_box_of_a_builder_is_the_box_of_the_text(kind: str) -> None:
    html = (
        '<html><head><title>Lights</title><link href="/wp-content/themes/a.css"></head><body>'
        f'<div class="elementor" data-elementor-type="{kind}"><div><h3>{WORDS}</h3></div>'
        "<div><p>Come by the steps of the mole.</p></div></div>"
        f'<div class="strip">{PROSE}</div></body></html>'
    )
    assert article(read_page(html)).text == f"{WORDS}\n\nCome by the steps of the mole."


OWN = (
    '<div class="{mark}"><div class="cover"><h1>Harbour lights</h1><a rel="author" href="/author/ida/">Ida Marsh</a>'
    f'</div><article class="article-content">{PROSE}</article></div>'
)
NEXT = (
    '<div class="{mark}"><div class="cover"><h1>A late herring</h1><a rel="author" href="/author/tove/">Tove Reed</a>'
    '</div><article class="article-content"><p>The herring of this year came in June, and it was thin.</p></article></div>'
)


@pytest.mark.parametrize("title", ["Harbour lights", "Lamps for the mole"])
@pytest.mark.parametrize("mark", ["article-wrapper", "post"])
def test_article_that_follows_another_is_no_part_of_it(mark: str, title: str) -> None:
    html = f"<html><head><title>{title} | The Gazette</title></head><body><main>{OWN}{NEXT}{NEXT}</main></body></html>"
    found = article(read_page(html.replace("{mark}", mark)))
    assert (found.text or "").split("\n\n") == PROSE.strip("</p>").split("</p><p>")
    assert found.authors == ("Ida Marsh",)


def test_sections_with_first_headings_are_one_article() -> None:
    parts = "".join(
        f'<section class="part"><h1>Part {n} of the harbour</h1>{PROSE}</section>' for n in (1, 2, 3)
    )
    html = (
        "<html><head><title>Part 1 of the harbour</title></head><body><main>"
        f'<div class="entry-content">{parts}</div></main></body></html>'
    )
    assert (article(read_page(html)).text or "").count("The harbour council sat") == 3


CAPTION = "The mole at low tide in March, before the repairs. It was photographed for the council."


@pytest.mark.parametrize("wordpress", [True, False])
@pytest.mark.parametrize("mark", ["photo-caption", "article__image"])
def test_caption_is_put_in_place_only_where_the_system_is_known(mark: str, wordpress: bool) -> None:
    theme = '<link rel="stylesheet" href="/wp-content/themes/a.css">' if wordpress else ""
    figure = f'<div class="{mark}"><img src="/wp-content/uploads/a.jpg"><div>{CAPTION}</div></div>'
    html = (
        f"<html><head><title>Lights</title>{theme}</head><body><h1>Lights</h1>"
        f'<div class="story">{PROSE.replace("</p><p>Nobody", f"</p>{figure}<p>Nobody", 1)}</div></body></html>'
    )
    assert (CAPTION in (article(read_page(html)).text or "")) == wordpress


def test_empty_article_beside_the_text_is_not_its_place() -> None:
    html = (
        "<html><head><title>Lights</title></head><body><article></article><h1>Lights</h1>"
        f'<div class="story">{PROSE.replace("<p>", "").replace("</p>", "<br>")}</div></body></html>'
    )
    assert "The harbour council sat" in (article(read_page(html)).text or "")
