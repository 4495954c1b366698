"""The sign of a link to a heading is no word of it."""

from __future__ import annotations

import pytest

from tests.unit.pipeline.article.test_pipeline_facts import H1, PROSE, read


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ('The lamps<a class="headerlink" href="#lamps" title="Permalink">¶</a>', "The lamps"),
        ('<a href="/lights/#lamps" id="lamps">#</a> The lamps', "The lamps"),
        ('The lamps <a href="#lamps"> 🔗 </a>', "The lamps"),
        ('The lamps of <a href="/c/">C</a><a href="/sharp/">#</a>', "The lamps of C#"),
        ("The lamps of § 4", "The lamps of § 4"),
    ],
)
def test_the_sign_of_a_link_to_a_heading_is_no_word(heading: str, wanted: str) -> None:
    article = read(f"<main>{H1}{PROSE}<h2>{heading}</h2>{PROSE}</main>")
    assert wanted in (article.text or "").split("\n")
