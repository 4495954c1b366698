"""Captions of pictures stand below their pictures, in text and Markdown alike."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.article.test_pipeline_facts import H1, PROSE, TITLE, read

IMAGE = (
    '<a href="/wp-content/uploads/lamp.jpg"><img src="/wp-content/uploads/lamp-300x200.jpg" alt="A lamp"></a>'
)
CAPTION = "The lamp at dusk."
CAPTIONED = f"{IMAGE}<figcaption>{CAPTION}</figcaption>"
SHAPES = {
    "block": f'<figure class="wp-block-image">{CAPTIONED}</figure>',
    "aligned": f'<div class="wp-block-image"><figure>{CAPTIONED}</figure></div>',
    "inner": f'<figure>{IMAGE}<figcaption><p>The <em class="a">lamp</em> at dusk.</p></figcaption></figure>',
    "classic": f'<div class="wp-caption">{IMAGE}<p class="wp-caption-text">{CAPTION}</p></div>',
    "gallery": f'<div class="gallery"><dl class="gallery-item"><dt>{IMAGE}</dt>'
    f'<dd class="wp-caption-text gallery-caption">{CAPTION}</dd></dl>'
    f'<dl class="gallery-item"><dt>{IMAGE}</dt><dd class="gallery-caption">{CAPTION}</dd></dl></div>',
    "gallery of blocks": f'<figure class="wp-block-gallery"><figure class="wp-block-image">{IMAGE}</figure>'
    f'<figcaption class="blocks-gallery-caption">{CAPTION}</figcaption></figure>',
    "alone": f"<figcaption>{CAPTION}</figcaption>",
    "video": '<figure class="wp-block-video"><video src="/lamp.mp4"></video>'
    f"<figcaption>{CAPTION}</figcaption></figure>",
}


def page(figure: str, aside: str = "") -> str:
    return (
        f'<main><article class="post">{H1}<div class="entry-content">{PROSE}{figure}'
        "<p>In the end the pilots of the northern quay went home, and nobody had lit a lamp.</p></div>"
        f"{aside}</article></main>"
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_a_caption_is_a_paragraph_in_italics(shape: str) -> None:
    article = read(page(SHAPES[shape]), f"<title>{TITLE}</title>")
    assert (article.text or "").split("\n\n")[-2] == CAPTION
    assert (article.markdown or "").split("\n\n")[-2] == f"*{CAPTION}*"


def test_captions_of_a_gallery_stand_in_their_order_below_it() -> None:
    pictures = "".join(
        f'<figure class="wp-block-image">{IMAGE}'
        f'<figcaption>{name} lamp, <a href="/by/">lit</a>.</figcaption></figure>'
        for name in ("First", "Second")
    )
    article = read(page(f'<figure class="wp-block-gallery">{pictures}</figure>'))
    assert (article.markdown or "").split("\n\n")[-3:-1] == [
        f"*{name} lamp, [lit](https://gazette.example/by/).*" for name in ("First", "Second")
    ]


def test_a_caption_outside_of_the_text_is_none_of_it() -> None:
    aside = f'<div class="related"><figure>{IMAGE}<figcaption>{CAPTION}</figcaption></figure></div>'
    assert CAPTION not in (read(page("", aside)).text or "")
