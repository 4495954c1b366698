"""Which file of a picture is kept: one, the largest that a page offers, by whatever means it does."""

# ruff: noqa: E501  (markup reads better in one line)

import pytest

from pipeline.html.images import candidates
from tests.unit.pipeline.test_embeds import read

HOST = "https://gazette.example"
CASES = {
    "plain": ('<img src="/a.jpg">', ["a.jpg"]),
    "WordPress: of the same widths its own": (
        '<img width="1024" src="/a-1024x683.jpg" srcset="/a-1024x683.jpg 1024w, /a-300x200.jpg 300w">', ["a-1024x683.jpg"]),
    "WordPress: a larger one": (
        '<img width="1024" src="/a-1024x683.jpg" srcset="/a-1024x683.jpg 1024w, /a-300x200.jpg 300w, /a.jpg 2048w">', ["a.jpg"]),
    "Ghost: the original is larger than any candidate": (
        '<img src="/a.jpg" width="4000" srcset="/size/w600/a.jpg 600w, /size/w2400/a.jpg 2400w">', ["a.jpg"]),
    "densities": ('<img src="/a.jpg" width="500" srcset="/a@1.5x.jpg 1.5x, /a@2x.jpg 2x">', ["a@2x.jpg"]),
    "without src": ('<img srcset="/a-300.jpg 300w, /a-900.jpg 900w" sizes="100vw">', ["a-900.jpg"]),
    "one candidate without a size": ('<img srcset="/a.jpg">', ["a.jpg"]),
    "no space behind the comma": ('<img src="/a.jpg" srcset="/a.jpg 1x,/a2.jpg 2x,/a3.jpg 3x">', ["a3.jpg"]),
    "commas in an address": ('<img srcset="/w_300,h_200/a.jpg 300w, /w_900,h_600/b.jpg 900w">', ["b.jpg"]),
    "picture of several formats": (
        '<picture><source type="image/avif" srcset="/a.avif"><source type="image/webp" srcset="/a.webp"><img src="/a.jpg"></picture>', ["a.jpg"]),
    "picture with a larger crop": (
        '<picture><source media="(min-width: 60em)" srcset="/a-1240.jpg 1240w, /a-620.jpg 620w"><img src="/a-445.jpg" width="445"></picture>', ["a-1240.jpg"]),
    "picture without src in its image": ('<picture><source srcset="/a.webp"><img alt=""></picture>', ["a.webp"]),
    "lazy: data-src": ('<img class="lazy" src="data:image/gif;base64,R0" data-src="/a.jpg">', ["a.jpg"]),
    "lazy: placeholder file": ('<img src="/blank.gif" data-src="/a.jpg">', ["a.jpg"]),
    "lazy: data-original": ('<img src="/blank.gif" data-original="/a.jpg">', ["a.jpg"]),
    "lazy: data-srcset over a tiny preview": (
        '<img src="/a-20.jpg" width="1600" data-srcset="/a-600.jpg 600w, /a-1200.jpg 1200w">', ["a-1200.jpg"]),
    "lazy: only data-srcset": ('<img src="data:image/gif;base64,R0" data-srcset="/a.jpg 900w">', ["a.jpg"]),
    "lazy: picture": (
        '<picture><source data-srcset="/a.webp 900w"><img src="data:image/gif;base64,R0" data-src="/a.jpg"></picture>', ["a.webp"]),
    "lazy: with noscript": ('<img src="data:image/gif;base64,R0" data-src="/a.jpg"><noscript><img src="/a.jpg"></noscript>', ["a.jpg"]),
    "Jetpack: the original": ('<img src="/a-300x200.jpg" data-orig-file="/a.jpg" data-large-file="/a-1024.jpg">', ["a.jpg"]),
    "gallery that links to files": ('<a href="/a.jpg"><img src="/a-150x150.jpg"></a>', ["a-150x150.jpg", "a.jpg"]),
    "cover with a fixed background": (
        '<div class="wp-block-cover has-parallax" style="background-image:url(/a.jpg)"><p>Words.</p></div>', ["a.jpg"]),
    "cover, newer": (
        """<div class="wp-block-cover"><div role="img" class="wp-block-cover__image-background" style="background-position:50% 50%;background-image:url('/a.jpg')"></div></div>""", ["a.jpg"]),
    "AMP": ('<amp-img src="/a.jpg" width="300" srcset="/a.jpg 300w, /b.jpg 640w"></amp-img>', ["b.jpg"]),
    "an empty list": ('<img src="/a.jpg" srcset=" , ,">', ["a.jpg"]),
    "sizes of nonsense": ('<img src="/a.jpg" srcset="/b.jpg wide, /c.jpg -3w">', ["a.jpg"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_one_file_of_a_picture_is_kept_the_largest(name):
    markup, expected = CASES[name]
    names = [entry.rpartition("/")[2] for entry in read(markup).files]
    assert sorted(names) == sorted(expected)
    assert all(entry.startswith(f"image:{HOST}/") for entry in read(markup).files)


def test_a_hostile_list_of_candidates_is_cut():
    assert list(candidates("," * 1_000_000)) == []
    assert len(list(candidates("/a.jpg 1w," * 100_000))) < 10_000
