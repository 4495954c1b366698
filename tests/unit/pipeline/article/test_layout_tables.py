"""Tables of old pages: those that place columns are opened, and those of data stay tables."""

from __future__ import annotations

import pytest

from archive.core.records import Site
from pipeline.process import process
from tests.builders.pages import HTML, made_page

FIRST = "The council met on Tuesday evening to decide about the new bridge over the river, and it took long."
SECOND = "Nobody had expected that the oldest of them would speak against it, and nobody answered him then."
LAST = "By Tuesday the ferry lane was open again, and the tide tables were printed anew in the shop."
CELL = f"<p>{SECOND}</p><p>{FIRST}</p>"
NAMED = "<tr><th>Party</th><th>Position</th></tr>"
ROWS = "<tr><td><h3>Alpha</h3></td><td>12</td></tr><tr><td><h3>Beta</h3></td><td>3</td></tr>"
LONG = f"<tr><td>Alpha</td><td>{CELL}</td></tr><tr><td>Beta</td><td>{CELL}</td></tr>"


def markdown_of(inner: str) -> str:
    page = f"<html><head><title>The bridge</title></head><body>{inner}</body></html>"
    address = "http://gazette.example/2004/bridge.html"
    site = Site(name="gazette", url="http://gazette.example")
    [article] = process(made_page(address, page, headers=HTML), site).articles
    return article.markdown or ""


@pytest.mark.parametrize("shell", ["{}", "<table><tr><td>Menu</td><td>{}</td></tr></table>"])
@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        (NAMED + LONG, ("| Party | Position |", "| Alpha | Nobody", "| Beta | Nobody")),
        (f"<caption>Parties</caption>{LONG}", ("| Alpha | Nobody", "| Beta | Nobody")),
        (ROWS, ("Alpha | 12 |", "Beta | 3 |")),
        (NAMED + ROWS, ("| Party | Position |", "Alpha | 12 |", "Beta | 3 |")),
    ],
)
def test_table_of_data_stays_a_table(table: str, wanted: tuple[str, ...], shell: str) -> None:
    inner = f"<h1>The bridge</h1><p>{FIRST}</p><p>{SECOND}</p><table>{table}</table><p>{LAST}</p>"
    told = markdown_of(shell.format(inner))
    assert [each for each in wanted if each not in told] == []
    assert f"\n\n{LAST}" in told


def test_cell_of_a_layout_table_with_words_in_fonts_alone_is_a_paragraph() -> None:
    loose = f"<font><b>Too little?</b><br></font><font>{FIRST}</font>"
    told = markdown_of(
        f"<table><tr><td>Menu</td><td>{loose}</td></tr><tr><td></td><td><p>{SECOND}</p><p>{LAST}</p></td></tr></table>"
    )
    assert FIRST in told
    assert f"\n\n{SECOND}\n\n{LAST}" in told
    assert "|" not in told
