"""docs/reference.md agrees with the program, and every link of the documentation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import reference
from tests.paths import ROOT

PAGES = {page.name: page for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have on the web."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_reference_page_equals_generated_page() -> None:
    """`python -m tests.reference` writes it."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_package_map_equals_generated_map() -> None:
    text = reference.MAP.read_text(encoding="utf-8")
    assert reference.BEGIN in text
    assert text == reference.with_map(text)


@pytest.mark.parametrize("name", PAGES)
def test_links_of_documentation_lead_somewhere(name: str) -> None:
    page = PAGES[name]
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{name}: {target}"
        assert not anchor or anchor in anchors(found), f"{name}: {target}"
