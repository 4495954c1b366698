"""Captions of pictures, made paragraphs of the text before trafilatura, which drops them.

Covers WordPress' markup of a caption, and its place.
Invariant: a caption is below its picture in a paragraph of its own, in italics; one outside of the article's
text is left out.
"""

from __future__ import annotations

from lxml.html import HtmlElement

from pipeline.html.dom import Index, below_body, drop, elsewhere, has_class, text_of, words

_MARKS = words("wp-caption-text wp-element-caption gallery-caption blocks-gallery-caption")
_PLAIN = words("em i strong b p div span")
_WHOLES = words("wp-caption gallery wp-block-gallery wp-block-image wp-block-media-text__media")
_NO_TEXT = words("related widget sidebar comments comment-respond jp-relatedposts yarpp-related recent-posts")
_LONGEST = 800
"""A longer caption is prose that a theme has put into a figure."""


def place(index: Index, boxes: frozenset[str]) -> list[HtmlElement]:
    """Put each caption into a paragraph after its picture.

    Returns what is to be in italics. `boxes` are the classes of the elements that contain an article's text.
    """
    placed = []
    last: dict[HtmlElement, HtmlElement] = {}
    before = ""
    for caption in index.ordered([*index.tagged("figcaption"), *index.having(_MARKS)]):
        said = text_of(caption)
        if not said or len(said) > _LONGEST or not _in_text(caption, boxes) or elsewhere(caption, _NO_TEXT):
            continue
        whole = _whole(caption)
        paragraph, italics = _paragraph(caption)
        if said != before:  # once for several pictures in a row
            last.get(whole, whole).addnext(paragraph)
            last[whole] = paragraph
            placed.append(italics)
        drop(caption)
        before = said
    return placed


def _paragraph(caption: HtmlElement) -> tuple[HtmlElement, HtmlElement]:
    """Return a caption's text and links in a paragraph of their own, and its part in italics."""
    paragraph, italics = caption.makeelement("p"), caption.makeelement("em")
    italics.text = caption.text
    italics.extend(list(caption))
    for inner in list(italics.iterdescendants()):
        inner.attrib.pop("class", None)
        if inner.tag in _PLAIN:
            inner.drop_tag()
    paragraph.append(italics)
    return paragraph, italics


def _in_text(caption: HtmlElement, boxes: frozenset[str]) -> bool:
    return any(has_class(outer, boxes) for outer in below_body(caption))


def _whole(caption: HtmlElement) -> HtmlElement:
    """Return the picture with all that belongs to it.

    Of a gallery all pictures.
    """
    whole = caption
    for outer in below_body(caption):
        if outer is not caption and (outer.tag in ("figure", "dl") or has_class(outer, _WHOLES)):
            whole = outer
    return whole
