"""Shortcuts to an element's text give what the long way gives."""

from __future__ import annotations

import re
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import HtmlElement

from pipeline.html.document import to_tree
from pipeline.html.dom import beginning, fold, raw_text, text_of, tokens

PAGE = """<html><body class="Single  post"><p>One &amp; <b>two</b> three<br>four&nbsp;five</p>
<div><script>var a = "<p>";</script> tail <i></i><span>six\u2003seven</span> &bogus; eight</div>
<ul><li><a href="/">Nine</a> <em>ten</em> <em>eleven</em> twelve</li></ul><p></p></body></html>"""


def elements() -> list[HtmlElement]:
    tree = to_tree(PAGE)
    assert tree is not None
    return list(tree.iter("*"))


@given(st.text())
def test_fold_leaves_letters_and_digits_of_any_script(text: str) -> None:
    assert fold(text) == re.sub(r"[\W_]+", "", text).casefold()


@pytest.mark.parametrize("element", elements(), ids=lambda element: element.tag)
def test_texts_of_an_element_are_those_of_its_pieces(element: HtmlElement) -> None:
    whole = "".join(element.itertext())
    assert raw_text(element) == whole
    assert text_of(element) == re.sub(r"\s+", " ", whole).strip()
    for length in (3, 8, 60):
        assert beginning(element, length) == "".join(islice(element.itertext(), 3))[:length]


def test_classes_are_in_lower_case_however_many() -> None:
    body = elements()[0][0]
    assert tokens(body) == {"single", "post"}
    body.set("class", "Long " * 400)
    assert tokens(body) == {"long"}
