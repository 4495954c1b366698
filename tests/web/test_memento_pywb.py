"""A thousand random moments: our time gate leads to the memento that pywb gives over the same WARC."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from click.testing import CliRunner

from archive.core.records import Article, Extract, Site, Surface
from archive.files.raw_pages import Pages, raw_pages_path
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.pages import HTML, made_page
from tests.builders.pywb_server import pywb_server
from tests.builders.room_server import Room

SITE = Site(name="gazette", url="https://gazette.example")
URLS = tuple(f"{SITE.url}/2026/03/{slug}/" for slug in ("ice", "calm", "ferry?p=7"))
FIRST = datetime(2009, 3, 1, tzinfo=UTC)
DAYS = 6_000
QUESTIONS = 1_000


def fill(path: Path, dice: random.Random) -> None:
    """Keep forty states of each page, seconds to years apart."""
    with Archive.open(path) as archive, Pages.open(raw_pages_path(path)) as pages:
        archive.add_source(SITE, "2009-03-01T00:00:00Z")
        for url in URLS:
            gaps = [dice.choice((1, 2, 60, 86_400, 86_400 * 300)) for _ in range(40)]
            moments = sorted(FIRST + timedelta(seconds=sum(gaps[: place + 1])) for place in range(40))
            for place, moment in enumerate(dict.fromkeys(moments)):
                body = f"<html><title>{url}</title><p>State {place} of it.</p></html>"
                page = made_page(url, body, headers=HTML, fetched_at=moment)
                pages.keep(page)
                article = Article(url=url, title=url, published=FIRST, text=f"State {place} of it.")
                archive.save(page, Extract(surface=Surface.PAGE, articles=(article,)))


def test_time_gate_leads_where_pywb_leads(tmp_path: Path) -> None:
    dice = random.Random(7)
    path, warc = tmp_path / "archive.db", tmp_path / "news.warc.gz"
    fill(path, dice)
    config = tmp_path / "backissue.toml"
    config.write_text(f"[sources.gazette]\nurl = '{SITE.url}'\n")
    done = CliRunner().invoke(main, ["--config", str(config), "export", "warc", "--output", str(warc)])
    assert done.exit_code == 0, done.output
    room = Room(path, metadata={"plugins": {"backissue": {"replay": True}}})
    (tmp_path / "pywb").mkdir()
    with pywb_server(warc, tmp_path / "pywb") as pywb:
        for _ in range(QUESTIONS):
            url = dice.choice(URLS)
            moment = FIRST + timedelta(seconds=dice.randrange(-86_400, DAYS * 86_400))
            header = {"accept-datetime": format_datetime(moment, usegmt=True)}
            ours = room.get(f"/memento/timegate/{url}", headers=header).headers["location"]
            assert ours.partition("/memento/")[2][:14] == pywb.memento_of(url, moment), (url, moment)
