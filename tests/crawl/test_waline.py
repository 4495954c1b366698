"""Threads that a real Waline keeps for a static site: what its database has is what the archive shows."""

from types import SimpleNamespace

import pytest

from tests.builders.crawling import Crawls
from tests.builders.life import Life
from tests.builders.patience import free_port
from tests.builders.static_site import StaticSite
from tests.builders.talk_life import NAMES, assert_same, check_sixty_changes, look
from tests.builders.waline_server import Waline


@pytest.fixture
def waline(tmp_path):
    """A site with Waline below each article, its server, and the archive's life."""
    port = free_port()
    widget = (
        '<div id="waline"></div><script type="module">'
        f'Waline.init({{el: "#waline", serverURL: "http://127.0.0.1:{port}"}});</script>'
    )
    with StaticSite(NAMES, widget) as site, Waline(tmp_path, port) as server:
        life = Life(SimpleNamespace(permalinks="/%postname%/"), Crawls(tmp_path, site.url), {"rest"})
        yield SimpleNamespace(site=site, server=server, life=life, crawls=life.crawls)


def test_thread_of_waline_is_archived(waline):
    key = waline.site.path("mole")
    first = waline.server.write(key, "The lamp was out.", "Ada & Sons", website="https://ada.example/")
    reply = waline.server.write(key, "It was not.", "Bo", parent=first)
    waline.server.write(key, "It was, at nine.", "Cy", parent=reply)
    waline.crawls.crawl()
    assert_same(waline)
    assert waline.crawls.rows("SELECT * FROM problems WHERE ended_at IS NULL AND field = 'comments'") == []


def test_hidden_comment_of_waline_goes_with_its_answers(waline):
    """The server goes on counting the answers, which it shows to nobody."""
    key = waline.site.path("mole")
    first = waline.server.write(key, "The lamp was out.", "Ada")
    waline.server.write(key, "It was not.", "Bo", parent=first)
    waline.server.write(key, "The tide was high.", "Cy")
    waline.crawls.crawl()
    waline.server.moderate(first, 2)
    look(waline, 3)
    assert_same(waline)
    waline.server.moderate(first, 1)
    look(waline, 2)
    assert_same(waline)


@pytest.mark.parametrize("seed", [1, 2])
def test_sixty_changes_of_waline_are_told_and_nothing_else(waline, seed):
    """New comments, replies, edits, removals and returns are known as the server's own database has them."""
    check_sixty_changes(waline, seed)
