"""Alerts: which events each asks for, on an archive that saw them, sent to a webhook on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.core.errors import ConfigError
from archive.core.records import Article, Comment, Extract, Page, PageKind, Site, Surface
from archive.notifications.alerts import Alert
from archive.storage.archive import Archive
from archive.tables.observations import ThreadLook
from crawler.config.config import load_config
from crawler.config.keys.notify_keys import Notify
from crawler.notifications.sender import send_due, services
from tests.builders.webhook import Webhook

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = Site(name="gazette", url="https://gazette.example")
TEXT = "Ice closed the harbour on Monday, and nobody at the Lower Quay was surprised by it."
HARBOUR = Article(
    url=f"{SITE.url}/harbour/", post_id=7, title="The harbour freezes", authors=("Ida Quill",), text=TEXT
)
BRIDGE = replace(HARBOUR, url=f"{SITE.url}/bridge/", post_id=8, title="A bridge of oak", text="It stands.")
FIRST = Comment(id="11", author="E", text="Bring skates.", published=NOON)
REPLY = Comment(id="12", author="Marten", text="I did.", published=NOON)


def save(archive: Archive, hours: float, article: Article, *comments: Comment, **page: Any) -> None:
    """Save a reading of an article's page, at a time after noon."""
    facts = {"source": SITE.name, "kind": PageKind.ARTICLE, "headers": (), "status": 200, **page}
    at = {"fetched_at": NOON + timedelta(hours=hours), "body": b""}
    article = replace(article, comments_stated=len(comments))
    articles = (article,) if facts["status"] == 200 else ()
    extract = Extract(surface=Surface.PAGE, articles=articles, comments=comments)
    archive.save(Page(url=article.url, final_url=article.url, **facts, **at), extract)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive.db") as archive:
        archive.add_source(SITE, "2026-03-01T12:00:00Z")
        save(archive, 0, HARBOUR, FIRST)
        save(archive, 0, BRIDGE)
        yield archive


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as hook:
        yield hook


def look(archive: Archive, hook: Webhook, hours: float, *alerts: Alert) -> None:
    wanted = Notify(alerts=alerts, public_url="https://archive.example.org")
    send_due(archive, wanted, services([hook.url]), NOON + timedelta(hours=hours))


def live(archive: Archive) -> None:
    """Edit a headline, few words, many words and a comment; remove a comment and an article."""
    save(archive, 2, replace(HARBOUR, title="The harbour thaws"), FIRST, REPLY)
    save(
        archive, 4, replace(HARBOUR, title="The harbour thaws", text=TEXT.replace("Ice", "Fog")), FIRST, REPLY
    )
    longer = replace(HARBOUR, title="The harbour thaws", text=f"Fog, frost and a strike of pilots. {TEXT}")
    save(archive, 6, longer, replace(FIRST, text="Bring sledges."), REPLY)
    save(archive, 20, BRIDGE, status=410)
    for hours in (30, 60):
        save(archive, hours, longer, REPLY)
        at = NOON + timedelta(hours=hours)
        archive.note_look(
            ThreadLook(source=SITE.name, url=HARBOUR.url, shown=frozenset({"12"}), looked_at=at)
        )
    save(archive, 70, BRIDGE, status=410)


@pytest.mark.parametrize(
    ("asked", "title", "words"),
    [
        (
            {},
            "4 edited, 2 removed",
            ["removed: a comment by E", "removed: A bridge of oak", "edited: a comment"],
        ),
        (
            {"events": ("edited",), "fields": ("title",)},
            "1 edited",
            ["title", "“The harbour freezes” → “The harbour thaws”"],
        ),
        ({"events": ("edited",), "words": 5}, "1 edited", ["text (7 words added or removed)"]),
        ({"events": ("edited",), "words": 2}, "3 edited", ["text (2 words added or removed)"]),
        ({"events": ("removed",)}, "2 removed", ["/article/2", "/comment/1"]),
        ({"events": ("new",)}, "1 new", ["new: a comment by Marten under The harbour thaws", "/comment/2"]),
        ({"of": ("comments",)}, "1 edited, 1 removed", ["/comment/1/versions"]),
        ({"article": BRIDGE.url}, "1 removed", ["A bridge of oak"]),
        ({"article": "2"}, "1 removed", ["A bridge of oak"]),
        ({"query": "sledges"}, "1 edited, 1 removed", ["a comment by E"]),
        ({"query": "author:Quill strike", "events": ("edited",)}, "3 edited", ["/article/1/versions"]),
    ],
)
def test_alert_tells_what_it_asks_for_and_once(
    archive: Archive, hook: Webhook, asked: dict[str, Any], title: str, words: list[str]
) -> None:
    alert = Alert(name="desk", **asked)
    look(archive, hook, 1, alert)
    assert hook.titles == [], "what was there before is not told"
    live(archive)
    look(archive, hook, 120, alert)
    look(archive, hook, 121, alert)
    assert hook.titles == [f"desk: {title}"]
    told = hook.messages[0]["message"]
    assert [each for each in words if each not in told] == [], told


@pytest.mark.parametrize(
    "asked",
    [
        {"events": ("edited",), "fields": ("description",)},
        {"words": 500, "events": ("edited",)},
        {"article": BRIDGE.url, "events": ("edited",)},
        {"article": f"{SITE.url}/nowhere/"},
        {"query": "walrus"},
        {"source": "packet"},
        {"events": ("returned", "moved")},
    ],
)
def test_alert_is_silent_about_everything_else(
    archive: Archive, hook: Webhook, asked: dict[str, Any]
) -> None:
    alert = Alert(name="desk", **asked)
    look(archive, hook, 1, alert)
    live(archive)
    look(archive, hook, 120, alert)
    assert hook.titles == []


def test_changed_alert_begins_anew(archive: Archive, hook: Webhook) -> None:
    look(archive, hook, 1, Alert(name="desk", words=2))
    live(archive)
    look(archive, hook, 120, Alert(name="desk"))
    assert hook.titles == []
    kept = [
        row["subject"]
        for row in archive.db.query("SELECT subject FROM notified WHERE subject GLOB 'alert *'")
    ]
    assert kept == [Alert(name="desk").subject], "the other is forgotten"


CONFIG = 'contact = "desk@example.org"\n[sources.gazette]\nurl = "https://gazette.example"\n[alerts.desk]\n'


def test_alert_is_read_from_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(CONFIG + 'events = ["edited"]\nfields = ["title", "text"]\nwords = 50\narticle = "7"\n')
    read = Alert(name="desk", events=("edited",), fields=("title", "text"), words=50, article="7")
    assert load_config(file).notify.alerts == (read,)


@pytest.mark.parametrize(
    ("lines", "events"),
    [
        ("", ("edited", "removed", "returned")),
        ("words = 5", ("edited",)),
        ('fields = ["title"]', ("edited",)),
    ],
)
def test_alert_that_narrows_edits_asks_for_edits(tmp_path: Path, lines: str, events: tuple[str, ...]) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(CONFIG + lines)
    assert [alert.events for alert in load_config(file).notify.alerts] == [events]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('events = ["edit"]', "found “edit” (did you mean “edited”?)"),
        ('fields = ["headline"]', "expected a list of author, "),
        ("words = 0", "expected a whole number from 1 to 1,000,000"),
        ('events = ["removed"]\nwords = 5', "expected events with “edited”, since it narrows edits"),
        ('fields = ["title"]\nwords = 5', "expected fields with “text”, whose words it counts"),
        ('article = "harbour"', "expected the URL of an article, or its number as a text"),
        ('query = "***"', "it contains nothing to search for"),
        ('source = "gazete"', "did you mean “gazette”?"),
        ("wrods = 5", "did you mean “words”?"),
    ],
)
def test_mistaken_alert_is_refused_with_the_reason(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "backissue.toml"
    file.write_text(CONFIG + line + "\n")
    with pytest.raises(ConfigError) as refused:
        load_config(file)
    assert sentence in str(refused.value)
