"""The documentation as a site: every page has its place in it."""

from __future__ import annotations

import re

from tests.paths import ROOT


def test_every_page_stands_in_the_navigation_once() -> None:
    """`make docs` finds broken links; a page that nobody is led to is found here, without mkdocs."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    named = re.findall(r": (\S+\.md)$", navigation, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
