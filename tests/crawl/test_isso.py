"""Threads that a real Isso keeps for a static site: what its database has is what the archive shows."""

from types import SimpleNamespace

import pytest

from tests.builders.crawling import Crawls
from tests.builders.isso_server import Isso
from tests.builders.life import Life
from tests.builders.patience import free_port
from tests.builders.static_site import StaticSite
from tests.builders.talk_life import NAMES, assert_same, check_sixty_changes


@pytest.fixture
def isso(tmp_path):
    """A site with Isso below each article, its server, and the archive's life."""
    port = free_port()
    widget = (
        f'<script data-isso="http://127.0.0.1:{port}/" src="http://127.0.0.1:{port}/js/embed.min.js"></script>'
        '<section id="isso-thread"><noscript>Scripts are needed to comment.</noscript></section>'
    )
    with StaticSite(NAMES, widget) as site, Isso(tmp_path, site.url, port) as server:
        life = Life(SimpleNamespace(permalinks="/%postname%/"), Crawls(tmp_path, site.url), {"rest"})
        yield SimpleNamespace(site=site, server=server, life=life, crawls=life.crawls)


def test_thread_of_isso_is_archived(isso):
    key = isso.site.path("mole")
    first = isso.server.write(key, "The lamp was out.", "Ada & Sons", website="https://ada.example/")
    isso.server.write(key, "It was not.", "Bo", parent=first)
    isso.crawls.crawl()
    assert_same(isso)
    assert isso.crawls.rows("SELECT * FROM problems WHERE ended_at IS NULL AND field = 'comments'") == []


@pytest.mark.parametrize("seed", [1, 2])
def test_sixty_changes_of_isso_are_told_and_nothing_else(isso, seed):
    """New comments, replies, edits, removals and returns are known as the server's own database has them."""
    check_sixty_changes(isso, seed)
