"""Whole crawls of sites that real generators write: Eleventy and Hexo."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.builders.crawling import Crawls
from tests.builders.generated_site import GENERATORS, generated
from tests.builders.life import Life


@pytest.mark.parametrize("name", GENERATORS)
def test_site_of_a_real_generator_is_archived(name: str, tmp_path: Path) -> None:
    """All articles with their facts, a quiet tick of two requests at most, and an edit is found."""
    with generated(name, tmp_path / "site") as site:
        crawls = Crawls(tmp_path, site.url)
        crawls.crawl()
        for story in site.stories:
            [row] = crawls.rows("SELECT * FROM articles WHERE url = ?", site.address(story))
            assert (row["title"], str(row["published"])[:16]) == (story.title, story.at.isoformat()[:16])
            text = " ".join(str(row["text"]).split())
            assert [words for words in story.paragraphs if words not in text] == []
        assert len(crawls.rows("SELECT id FROM articles")) == len(site.stories)
        before = crawls.content()
        site.taken()
        crawls.crawl()
        assert len(site.taken()) <= 2
        assert crawls.content() == before
        proved = crawls.program("verify").stdout
        assert "by the sitemap" in proved
        site.stories[0].paragraphs[0] = (
            "The ferry turned back at noon, for the fog had come in from the west."
        )
        site.build()
        life = Life(SimpleNamespace(permalinks="/"), crawls, {"rest"})
        life.look_again()
        life.tick(hours=2)
        [event] = crawls.rows("SELECT kind FROM events")
        assert event["kind"] == "edited"
        named = crawls.program("doctor").stdout
        assert "Open: sitemap, feed" in " ".join(named.split())
