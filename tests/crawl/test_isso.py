"""Threads that a real Isso keeps for a static site: what its database has is what the archive shows."""

import random
from collections import Counter
from types import SimpleNamespace

import pytest

from tests.builders.crawling import Crawls
from tests.builders.isso_server import Isso
from tests.builders.life import Life
from tests.builders.patience import free_port
from tests.builders.static_site import StaticSite

NAMES = ("harbour", "mole", "quay", "weir")
WORDS = ["lamp", "tide", "rope", "anchor", "keel", "gull", "mast", "harbour", "fog", "bell", "buoy", "oar"]


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


def held(crawls):
    rows = crawls.rows("SELECT * FROM comments WHERE gone_at IS NULL AND missed_at IS NULL")
    return {row["key"]: row for row in rows}


def assert_same(isso):
    """The archive shows what the server's database has for visitors, field by field."""
    truth = {row["key"]: row for row in isso.server.shown().values()}
    found = held(isso.crawls)
    assert found.keys() == truth.keys()
    articles = {row["id"]: row["url"] for row in isso.crawls.rows("SELECT id, url FROM articles")}
    for key, row in found.items():
        other = truth[key]
        assert articles[row["article_id"]] == isso.site.url + other["uri"]
        assert row["author"] == other["author"]
        assert row["author_url"] == other["website"]
        assert row["text"] == other["text"]
        assert row["published"] == other["moment"]
        if other["parent_key"] in truth:
            assert row["site_parent"] == other["parent_key"]


def look(isso, times=1):
    """Crawls of the next hours, in which the pages of all articles are due."""
    for _ in range(times):
        isso.life.look_again()
        isso.life.tick(hours=2)


def told(isso):
    """How often each kind of event was noted of each comment."""
    joined = "events JOIN comments ON comments.id = comment_id"
    sql = f"SELECT events.kind, key, count(*) AS n FROM {joined} GROUP BY 1, 2"
    return {(row["kind"], row["key"]): row["n"] for row in isso.crawls.rows(sql)}


def test_thread_of_isso_is_archived(isso):
    key = isso.site.path("mole")
    first = isso.server.write(key, "The lamp was out.", "Ada & Sons", website="https://ada.example/")
    isso.server.write(key, "It was not.", "Bo", parent=first)
    isso.crawls.crawl()
    assert_same(isso)
    assert isso.crawls.rows("SELECT * FROM problems WHERE ended_at IS NULL AND field = 'comments'") == []


class Readers:
    """Readers and moderators of an Isso, at random; each change is one that visitors can see."""

    def __init__(self, server, site, seed):
        self.server, self.random = server, random.Random(seed)
        self.keys, self.hidden, self.written = [site.path(name) for name in NAMES], [], 0
        self.done = Counter()

    def text(self):
        self.written += 1
        return f"{' '.join(self.random.choices(WORDS, k=9))} {self.written}"

    def change(self):
        """Make one change: of a kind that is possible now."""
        shown = self.server.shown()
        own = [number for number in shown if number in self.server.cookies]
        kinds = ["new", "reply", "edit", "delete", "hide", "show"] if len(own) > 4 else ["new", "reply"]
        kind = self.random.choice([kind for kind in kinds if kind != "show" or self.hidden])
        self.done[kind] += 1
        number = self.random.choice(own)
        if kind == "new":
            self.server.write(self.random.choice(self.keys), self.text(), self.random.choice(WORDS).title())
        elif kind == "reply":
            self.server.write(shown[number]["uri"], self.text(), "Answering", parent=number)
        elif kind == "edit":
            self.server.edit(number, self.text())
        elif kind == "delete":
            self.server.delete(number)
        elif kind == "hide":
            self.server.moderate(number, 2)
            self.hidden.append(number)
        else:
            self.server.moderate(self.hidden.pop(self.random.randrange(len(self.hidden))), 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_sixty_changes_of_isso_are_told_and_nothing_else(isso, seed):
    """New comments, replies, edits, removals and returns are known as the server's own database has them."""
    readers = Readers(isso.server, isso.site, seed)
    for key in readers.keys * 2:
        isso.server.write(key, readers.text(), "Beginner")
    isso.crawls.crawl()
    before, expected = isso.server.shown(), Counter()
    ever = {row["key"]: row["text"] for row in before.values()}
    for _ in range(6):
        for _ in range(10):
            readers.change()
        look(isso, 3)  # an emptied thread is believed once another was read since
        assert_same(isso)
        was = {row["key"] for row in before.values()}
        now = {row["key"]: row["text"] for row in isso.server.shown().values()}
        expected.update(("removed", key) for key in was - now.keys())
        expected.update(("returned", key) for key in now.keys() & ever.keys() - was)
        expected.update(("edited", key) for key in now.keys() & ever.keys() if ever[key] != now[key])
        before, ever = isso.server.shown(), ever | now
    assert sum(readers.done.values()) == 60
    assert told(isso) == expected
