"""Systems that run sites, by the marks of their front pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive.core.records import Page
from pipeline.platforms.detection import PLATFORMS, Platform, detect, proof_sentences
from tests.builders.pages import made_page
from tests.paths import ROOT

HOME = "https://gazette.example/"


def front(head: str, body: str = "<p>News</p>", *headers: tuple[str, str]) -> Page:
    html = f"<html><head>{head}</head><body>{body}</body></html>"
    return made_page(HOME, html, headers=headers, fetched_at=datetime(2024, 5, 1, tzinfo=UTC))


def generator(text: str) -> str:
    return f'<meta name="Generator" content="{text}">'


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (generator("WordPress 6.5.2"), "WordPress 6.5.2"),
        (generator("Ghost 5.87"), "Ghost 5.87"),
        (generator("Drupal 10 (https://www.drupal.org)"), "Drupal 10"),
        (generator("Joomla! - Open Source Content Management"), "Joomla"),
        (generator("Movable Type Pro 4.21-en"), "Movable Type 4.21"),
        (generator("http://www.typepad.com/"), "TypePad"),
        (generator("blogger"), "Blogger"),
        (generator("Hugo 0.124.1"), "Hugo 0.124.1"),
        (generator("Jekyll v4.3.3"), "Jekyll 4.3.3"),
        (generator("Eleventy v2.0.1"), "Eleventy 2.0.1"),
        (generator("Hexo 7.2.0"), "Hexo 7.2.0"),
        (generator("Gatsby 5.13.4"), "Gatsby 5.13.4"),
        (generator("Elementor 3.2") + generator("WordPress 6.1"), "WordPress 6.1"),
        ('<link rel="https://api.w.org/" href="/wp-json/">', "WordPress"),
        ('<script data-ghost="https://gazette.example/" data-key="9"></script>', "Ghost"),
        ('<script data-drupal-selector="drupal-settings-json">{}</script>', "Drupal"),
        ('<link rel="preconnect" href="https://substackcdn.com">', "Substack"),
        ('<link href="https://www.blogger.com/static/v1/widgets/1.css" rel="stylesheet">', "Blogger"),
        (generator("Quartz Press 1.0"), None),
        ("<title>On WordPress, Ghost and Drupal</title>", None),
    ],
)
def test_system_is_named_with_stated_version(head: str, label: str | None) -> None:
    found = detect(front(head))
    assert (found.label if found else None) == label


def test_every_system_is_in_the_table_of_the_documentation() -> None:
    told = (ROOT / "docs/platforms.md").read_text(encoding="utf-8")
    assert not [each.name for each in PLATFORMS if f"\n| {each.name} | " not in told]


def test_generator_header_names_the_system() -> None:
    found = detect(front("", "<p>News</p>", ("x-generator", "Drupal 11 (https://www.drupal.org)")))
    assert found is not None
    assert found.label == "Drupal 11"


def test_stated_generator_wins_over_other_marks() -> None:
    """A blog on Ghost may link to pictures of its time under WordPress."""
    body = '<img src="/wp-content/themes/old/a.png">'
    found = detect(front(generator("Ghost 5.87"), body))
    assert found is not None
    assert found.platform.name == "Ghost"


def test_empty_page_names_no_system() -> None:
    assert detect(replace(front(""), body=b"")) is None


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_every_system_but_wordpress_says_its_proofs(platform: Platform) -> None:
    name = platform.name
    found = detect(front(generator(name)))
    assert found is not None
    with_sitemap = proof_sentences(found, has_sitemap=True)
    without = proof_sentences(found, has_sitemap=False)
    if name == "WordPress":
        assert (with_sitemap, without) == ((), ())
    else:
        assert "by its sitemap and its feed" in with_sitemap[0]
        assert "cannot be proved" in without[0]
        assert with_sitemap[1] == without[1] == found.platform.comments
