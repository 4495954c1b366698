"""Readers and moderators of a real comment system below a static site, and what the archive has of them.

`talk` has the site, the server, the archive's life and its crawls. A server has `write`, `edit`, `delete`,
`moderate`, the numbers of those that are `changeable`, and `shown`: its own database's truth.
"""

import random
from collections import Counter

NAMES = ("harbour", "mole", "quay", "weir")
WORDS = ["lamp", "tide", "rope", "anchor", "keel", "gull", "mast", "harbour", "fog", "bell", "buoy", "oar"]


def held(crawls):
    rows = crawls.rows("SELECT * FROM comments WHERE gone_at IS NULL AND missed_at IS NULL")
    return {row["key"]: row for row in rows}


def assert_same(talk):
    """The archive shows what the server's database has for visitors, field by field."""
    truth = {row["key"]: row for row in talk.server.shown().values()}
    found = held(talk.crawls)
    assert found.keys() == truth.keys()
    articles = {row["id"]: row["url"] for row in talk.crawls.rows("SELECT id, url FROM articles")}
    for key, row in found.items():
        other = truth[key]
        assert articles[row["article_id"]] == talk.site.url + other["uri"]
        assert row["author"] == other["author"]
        assert row["author_url"] == other["website"]
        assert row["text"] == other["text"]
        assert row["published"] == other["moment"]
        if other["parent_key"] in truth:
            assert row["site_parent"] == other["parent_key"]


def look(talk, times=1):
    """Crawls of the next hours, in which the pages of all articles are due."""
    for _ in range(times):
        talk.life.look_again()
        talk.life.tick(hours=2)


def told(talk):
    """How often each kind of event was noted of each comment."""
    joined = "events JOIN comments ON comments.id = comment_id"
    sql = f"SELECT events.kind, key, count(*) AS n FROM {joined} GROUP BY 1, 2"
    return {(row["kind"], row["key"]): row["n"] for row in talk.crawls.rows(sql)}


class Readers:
    """Readers and moderators of a comment system, at random; each change is one that visitors can see."""

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
        own = [number for number in shown if number in self.server.changeable]
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


def check_sixty_changes(talk, seed):
    """Make changes, and compare after each ten; at the end, with all that was noted."""
    readers = Readers(talk.server, talk.site, seed)
    for key in readers.keys * 2:
        talk.server.write(key, readers.text(), "Beginner")
    talk.crawls.crawl()
    before, expected = talk.server.shown(), Counter()
    ever = {row["key"]: row["text"] for row in before.values()}
    for _ in range(6):
        for _ in range(10):
            readers.change()
        look(talk, 3)  # an emptied thread is believed once another was read since
        assert_same(talk)
        was = {row["key"] for row in before.values()}
        now = {row["key"]: row["text"] for row in talk.server.shown().values()}
        expected.update(("removed", key) for key in was - now.keys())
        expected.update(("returned", key) for key in now.keys() & ever.keys() - was)
        expected.update(("edited", key) for key in now.keys() & ever.keys() if ever[key] != now[key])
        before, ever = talk.server.shown(), ever | now
    assert sum(readers.done.values()) == 60
    assert told(talk) == expected
