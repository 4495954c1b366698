"""Random lives of threads elsewhere: what their systems show, and what of it the archive has.

All is real but the network and the clock: the walk through a thread, its reading, and the archive.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from scrapy.http import Request, Response

from archive.core.records import Article, Extract, Page, PageKind, Site, Surface
from archive.storage.archive import Archive
from crawler.frontier.foreign_threads import ForeignThreads
from pipeline.process import process
from pipeline.threads import readers
from tests.builders.comment_systems import SYSTEMS, Discourse, Voice
from tests.builders.keyed_comment_systems import KEYED
from tests.builders.pages import made_page

HOME, NOON = "https://gazette.example", datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(name="gull", url=HOME, foreign_comments=True, thread_keys=tuple(readers.READERS))
CHANGES, ROUNDS = 60, 6
WORDS = ["lamp", "tide", "rope", "anchor", "keel", "gull", "mast", "harbour", "fog", "bell", "buoy", "oar"]


class Thread:
    """An archive, and one system below some of its articles."""

    def __init__(self, archive, talk):
        self.archive, self.talk, self.moment = archive, talk, NOON
        archive.add_source(SITE, "2026-03-01T12:00:00Z")

    def _page(self, key):
        widget = self.talk.widget.format(url="https://talk.example")
        widget = widget.replace("{path}", key).replace("{name}", key.strip("/").rpartition("/")[2])
        facts = {"source": "gull", "kind": PageKind.ARTICLE, "final_url": HOME + key}
        return made_page(HOME + key, f"<body>{widget}</body>", fetched_at=self.moment, **facts)

    def look(self, times=3):
        """Read all pages and threads; an emptied thread is believed once another was read since."""
        for _ in range(times):
            self.moment += timedelta(hours=2)
            session = SimpleNamespace(resting=set(), servers=set())
            facts = SimpleNamespace(hides=lambda _: False)
            crawl = SimpleNamespace(facts=facts, session=session, home=HOME, source="gull", site=SITE)
            threads = ForeignThreads(crawl)
            for number, key in enumerate(self.talk.threads, 1):
                page = self._page(key)
                article = Article(url=HOME + key, post_id=number, title=key, text=f"Of {key}.")
                self.archive.save(page, Extract(surface=Surface.PAGE, articles=(article,)))
                waiting = list(threads.requests_for(page))
                while waiting:
                    waiting = [*self._followed(waiting[0]), *waiting[1:]]

    def _followed(self, found):
        """Save what a walk gives; of a request, what its answer leads to."""
        if isinstance(found, Request):
            self.moment += timedelta(seconds=1)
            parts = urlsplit(found.url)
            known = self.talk.routes()
            say = known[max((route for route in known if parts.path.startswith(route)), key=len)]
            status, _, said = say(found.method, f"{parts.path}?{parts.query}", found.body)
            response = Response(found.url, status=status, body=said.encode(), request=found)
            return list(found.callback(response))
        if isinstance(found, Page):
            page = replace(found, fetched_at=self.moment)
            self.archive.save(page, process(page, SITE))
        else:
            self.archive.note_look(replace(found, looked_at=self.moment))
        return []

    def held(self):
        rows = self.archive.db.query("SELECT * FROM comments WHERE gone_at IS NULL AND missed_at IS NULL")
        facts = ("author", "text", "site_parent", "published")
        return {row["key"]: tuple(row[fact] for fact in facts) for row in rows}

    def shown(self):
        talk = self.talk
        return {
            f"{talk.slug}:{talk.key_of(key, voice)}": (
                voice.author,
                voice.text,
                self._parent(key, voice),
                f"{voice.at}Z",
            )
            for key in talk.threads
            for voice in talk.shown(key)
        }

    def _parent(self, key, voice):
        if voice.parent is None:
            return None
        above = next(each for each in self.talk.threads[key] if each.id == voice.parent)
        return f"{self.talk.slug}:{self.talk.key_of(key, above)}"

    def told(self):
        sql = "SELECT events.kind, key FROM events JOIN comments ON comments.id = comment_id"
        return Counter((row["kind"], row["key"]) for row in self.archive.db.query(sql))


class People:
    """Readers and moderators at random; each change is one that visitors can see."""

    def __init__(self, talk, seed):
        self.talk, self.random, self.written, self.deleted = talk, random.Random(seed), 0, set()

    def words(self):
        self.written += 1
        return f"{' '.join(self.random.choices(WORDS, k=9))} {self.written}"

    def write(self, key, parent=None):
        number = 10 + self.written
        at = (NOON + timedelta(minutes=self.written)).replace(tzinfo=None)
        author = self.random.choice(WORDS).title()
        self.talk.threads[key].append(Voice(str(number), self.words(), author, parent, at.isoformat()))

    def change(self):
        talk = self.talk
        shown = [(key, voice) for key in talk.threads for voice in talk.shown(key)]
        hidden = [v for vs in talk.threads.values() for v in vs if v.removed and v.id not in self.deleted]
        kinds = ["new", "reply", "edit", "delete", "hide"] if len(shown) > 4 else ["new", "reply"]
        kind = self.random.choice([*kinds, "show"] if hidden else kinds)
        key, voice = self.random.choice(shown) if shown else (next(iter(talk.threads)), None)
        if kind == "new" or voice is None:
            self.write(self.random.choice(list(talk.threads)))
        elif kind == "reply":
            top = voice.id if talk.nests or voice.parent is None else voice.parent
            self.write(key, parent=top)
        elif kind == "edit":
            voice.text = self.words()
        elif kind == "show":
            self.random.choice(hidden).removed = False
        else:
            voice.removed = True
            if kind == "delete":
                self.deleted.add(voice.id)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("system", [*SYSTEMS, *KEYED], ids=lambda system: system.slug)
def test_sixty_changes_are_told_and_nothing_else(tmp_path, system, seed):
    """Ids, parents, authors, times, edits, removals and returns are as the system's own truth has them."""
    names = ("mole",) if issubclass(system, Discourse) else ("mole", "quay", "weir")
    talk = system({f"/2026/{name}/": [] for name in names})
    people = People(talk, seed)
    for key in [*talk.threads] * 3:
        people.write(key)
    with Archive.open(tmp_path / "archive.db") as archive:
        life = Thread(archive, talk)
        life.look(1)
        assert life.held() == life.shown()
        before, ever, expected = life.shown(), life.shown(), Counter()
        for _ in range(ROUNDS):
            for _ in range(CHANGES // ROUNDS):
                people.change()
            life.look()
            now = life.shown()
            assert life.held() == now
            expected.update(("removed", key) for key in before.keys() - now.keys())
            expected.update(("returned", key) for key in now.keys() & ever.keys() - before)
            expected.update(("edited", key) for key in now.keys() & ever.keys() if ever[key] != now[key])
            before, ever = now, ever | now
        assert life.told() == expected
