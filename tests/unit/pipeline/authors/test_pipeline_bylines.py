"""One article in the byline of many themes and page builders: its authors are read, and nobody else's.

The people are invented; only the shapes are those of the themes. Shapes of a turn of phrase stand in
test_pipeline_facts.py.
"""

from __future__ import annotations

import pytest

from tests.paths import FIXTURES
from tests.unit.pipeline.article.test_pipeline_facts import PROSE, TITLE, read

AUTHORS = {"author": "Ida Marsh", "second": "Tove Reed", "third": "Ann Lind"}
DATE = '<time class="entry-date published" datetime="2021-05-03T10:00:00+00:00">May 3, 2021</time>'
SHAPES = {path.stem: path for path in sorted((FIXTURES / "bylines").glob("*.html"))}
"""An article in the markup of each theme, with names in braces for what changes."""
RELATED = (
    '<div class="related-posts"><article class="post"><h3><a href="/tides/">All about tides</a></h3>'
    '<span class="author vcard"><a class="url fn n" rel="author" href="/author/wren/">Wren Alder</a></span>'
    "</article></div>"
)


@pytest.mark.parametrize("theme", SHAPES)
def test_the_byline_of_a_theme(theme: str) -> None:
    shape = SHAPES[theme].read_text(encoding="utf-8")
    page = shape.format(
        title=TITLE,
        prose=PROSE,
        date=DATE,
        url="https://gazette.example/author/ida/",
        second_url="https://gazette.example/author/tove/",
        **AUTHORS,
    )
    wanted = tuple(name for place, name in AUTHORS.items() if f"{{{place}}}" in shape)
    assert read(page + RELATED).authors == wanted
