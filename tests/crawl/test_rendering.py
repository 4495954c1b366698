"""Whole crawls of a site that only a script fills, in a real browser."""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.core.records import PageKind
from archive.core.rendered import how_rendered
from archive.files.mementos import mementos
from archive.files.raw_pages import Pages, raw_pages_path
from tests.builders import browser
from tests.builders.crawling import SOON, Crawls
from tests.builders.life import Life
from tests.builders.require import need
from tests.fakesite.platforms.paper import Remark, Running, Story, System, serving
from tests.fakesite.platforms.scripted import Scripted
from tests.program.test_platforms import program

pytestmark = pytest.mark.browser
QUICK = {**SOON, "crawler.render.rendering.STILL_SECONDS": 0.3}
THREAD = """
SELECT c.author, c.text, substr(c.published, 1, 16) AS at, p.text AS answers FROM comments AS c
LEFT JOIN comments AS p ON p.id = c.parent_id WHERE c.article_id = ? AND c.gone_at IS NULL AND c.missed_at
IS NULL
"""


class Nobody(System):
    """A tracker, which is never to be asked for anything."""

    def answers(self):
        return {}


@pytest.fixture
def tracker() -> Iterator[Running]:
    need("browser", missing=browser.missing())
    with serving(lambda base: Nobody(base=base)) as running:
        yield running


@pytest.fixture
def site(tracker: Running) -> Iterator[Running]:
    with serving(lambda base: Scripted(base=base, tracker=tracker.url)) as running:
        running.system.stories[4:] = []
        yield running


def rendered(folder: Path, site: Running, **options: object) -> Crawls:
    return Crawls(folder, site.url, {"render": True, **options}, dict(QUICK))


def thread(crawls: Crawls, number: object) -> set[tuple[object, ...]]:
    return {tuple(row.values()) for row in crawls.rows(THREAD, number)}


def truth(story: Story) -> set[tuple[object, ...]]:
    words = {each.id: each.text for each in story.remarks}
    return {
        (each.author, each.text, each.at.isoformat()[:16], words.get(each.parent)) for each in story.remarks
    }


def check_all(crawls: Crawls, site: Running) -> None:
    for story in site.system.stories:
        [row] = crawls.rows("SELECT * FROM articles WHERE url = ?", site.system.url(story))
        assert (row["title"], row["byline"]) == (story.title, story.author)
        assert str(row["published"])[:16] == story.at.isoformat()[:16]
        assert [words for words in story.paragraphs if words not in str(row["text"])] == []
        assert thread(crawls, row["id"]) == truth(story)


def test_articles_and_comments_are_read_as_scripts_leave_them(site, tracker, tmp_path):
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    check_all(crawls, site)
    assert tracker.log == []
    assert site.cookies == set()
    assert {agent.partition("/")[0] for agent in site.agents} == {"Backissue"}
    assert site.log.count("/app.js") == 1
    leaked = [row["text"] for row in crawls.rows("SELECT text FROM articles WHERE text LIKE '%data-leak%'")]
    assert leaked == []
    assert_kept_as_rendered(crawls, site)
    assert "read as a browser shows them" in crawls.program("status").stdout


def assert_kept_as_rendered(crawls: Crawls, site: Running) -> None:
    """The raw page is what the browser made, marked; the server's answer is kept, and exported, beside it."""
    url = site.system.url(site.system.stories[0])
    with Pages.open(raw_pages_path(crawls.path)) as pages:
        pages.choose(addresses=[("site", url)])
        served, shown = pages.chosen()
    assert (served.kind, shown.kind) == (PageKind.SERVED, PageKind.ARTICLE)
    assert b'<div id="root"></div>' in served.body
    assert site.system.stories[0].paragraphs[0].encode() in shown.body
    assert b"data-leak" not in shown.body
    assert (how_rendered(shown) or "").startswith("Chromium/")
    assert how_rendered(served) is None
    [memento] = mementos(crawls.path, url)
    assert memento.rendered == how_rendered(shown)
    exported = crawls.folder / "raw.warc.gz"
    assert crawls.program("export", "warc", "--output", str(exported)).returncode == 0
    with exported.open("rb") as file:
        records = [
            (record.rec_type, record.content_stream().read())
            for record in ArchiveIterator(file)
            if record.rec_headers.get_header("WARC-Target-URI") == url
        ]
    found = dict(records)
    assert {"response": served.body, "resource": shown.body}.items() <= found.items()
    assert b"rendered-by: Chromium/" in found["metadata"]
    packed = crawls.folder / "raw.wacz"
    assert crawls.program("export", "wacz", "--output", str(packed)).returncode == 0
    with zipfile.ZipFile(packed) as opened:
        index = gzip.decompress(opened.read("indexes/index.cdx.gz")).decode().splitlines()
    entries = [json.loads(line.split(" ", 2)[2]) for line in index if f'"{url}"' in line]
    assert [entry["mime"] for entry in entries] == ["text/html"]


def started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of Chromium; the file that it writes when it is started."""
    told, program = folder / "started", folder / "chromium"
    program.write_text(f'#!/bin/sh\ntouch {told}\nexec {browser.CHROMIUM} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("BACKISSUE_CHROMIUM", str(program))
    return told


def test_quiet_crawl_starts_no_browser(site, tmp_path, monkeypatch):
    told = started(tmp_path, monkeypatch)
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    assert told.exists()
    told.unlink()
    before = crawls.content()
    site.taken()
    crawls.crawl()
    assert len(site.taken()) <= 2
    assert crawls.content() == before
    assert not told.exists()


def changed(site: Running, story: Story) -> None:
    day = story.at + timedelta(days=400 + len(site.system.changed))
    site.system.changed[story.number] = day


def test_edits_answers_and_removals_are_told(site, tmp_path):
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    life = Life(SimpleNamespace(permalinks="/"), crawls, {"rest"})
    story = site.system.stories[3]
    story.paragraphs[1] = "The harbour board has taken back what it said of the mole on Tuesday."
    late = Remark(9999, "Fay Moor", "So did I, from the ferry.", story.at + timedelta(days=7), 1080)
    story.remarks[1:] = [*story.remarks[2:], late]
    for _ in range(2):
        life.look_again()
        life.tick(hours=2)
    check_all(crawls, site)
    events = [row["kind"] for row in crawls.rows("SELECT kind FROM events ORDER BY kind")]
    assert events == ["edited", "removed"]


HOSTILE = {
    "its scripts did not end": "document.body.append('x'); while (true) {}",
    "other pages without end": "document.body.append('x'); location.reload();",
    "request without end": (
        "setInterval(() => Array(25).fill('/api/stories/112?').map(url => fetch(url + Math.random())), 5)"
    ),
    "marks it as an article": "for (let n = 0; n < 1e4; n++) alert('Stay!')",
    "made a page of more than": "document.body.append('Words and words. '.repeat(1e5))",
    "crashed in the browser": "const all = []; while (true) all.push(new Array(1e6).fill(Math.random()))",
    "which is another site": "location = document.documentElement.dataset.tracker + '/landing'",
}


def test_hostile_pages_are_bounded_and_named(site, tracker, tmp_path):
    """Each ends within its limits, none takes another page with it, and each is a problem."""
    site.system.stories.extend(Scripted().stories[4 : 4 + len(HOSTILE) - 3])
    numbers = [story.number for story in site.system.stories[1:]]
    site.system.scripts |= dict(zip(numbers, HOSTILE.values(), strict=True))
    crawls = rendered(tmp_path, site)
    arguments = ["--js-flags=--max-old-space-size=64", "--host-resolver-rules=MAP * ~NOTFOUND"]
    crawls.values |= {
        "crawler.render.rendering.RENDER_SECONDS": 8,
        "crawler.render.rendering.MAX_DOM_CHARS": 10**6,
        "crawler.render.browser.ARGUMENTS": arguments,
    }
    done = crawls.program("crawl")
    assert "partial" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    [row] = crawls.rows("SELECT title FROM articles")
    assert row["title"] == site.system.stories[0].title
    for story, says in zip(site.system.stories[1:], HOSTILE, strict=True):
        sql = "SELECT detail FROM problems WHERE url = ?"
        said = " ".join(str(row["detail"]) for row in crawls.rows(sql, site.system.url(story)))
        assert says in said
    assert tracker.log == []


def test_comments_that_a_failing_api_withholds_are_not_removed(site, tmp_path):
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    life = Life(SimpleNamespace(permalinks="/"), crawls, {"rest"})
    number = site.system.stories[3].number
    site.system.faults[f"/api/stories/{number}/comments"] = 503
    for _ in range(2):
        life.look_again()
        crawls.program("crawl")
        life.pass_time(hours=2)
    check_all(crawls, site)
    assert crawls.rows("SELECT * FROM events") == []
    [row] = crawls.rows("SELECT detail FROM problems WHERE code = 'no-answer' AND url LIKE '%/story/%'")
    assert f"/api/stories/{number}/comments answered 503" in str(row["detail"])


def test_what_robots_forbids_to_the_page_is_not_requested(site, tmp_path):
    """Its scripts are bound by what binds us: the text is kept, what lacks is named, and nothing is
    removed."""
    rules = "User-agent: *\nDisallow: /api/stories/109/comments\n"
    site.system.more["/robots.txt"] = ("text/plain", rules)
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    assert "/api/stories/109/comments" not in site.log
    [row] = crawls.rows("SELECT text, id FROM articles WHERE url LIKE '%/109'")
    assert site.system.stories[3].paragraphs[0] in str(row["text"])
    [problem] = crawls.rows("SELECT detail FROM problems WHERE code = 'incomplete-page'")
    assert "robots.txt forbids it" in str(problem["detail"])


def test_wall_that_a_script_puts_up_is_no_article(site, tmp_path):
    story = site.system.stories[1]
    wall = "document.title = 'Log in'; document.getElementById('root').innerHTML ="
    site.system.scripts[story.number] = (
        f"{wall} '<h1>Please log in to continue</h1><p>Log in to read this.</p>'"
    )
    crawls = rendered(tmp_path, site)
    crawls.program("crawl")
    assert crawls.rows("SELECT * FROM articles WHERE url = ?", site.system.url(story)) == []
    assert crawls.rows("SELECT * FROM problems WHERE url = ?", site.system.url(story))


def test_challenge_is_never_opened_in_the_browser(site, tmp_path):
    story = site.system.stories[1]
    site.system.more[site.system.path(story)] = (
        "text/html",
        "<title>Just a moment...</title><script>fetch('/solve')</script><div class='cf-chl-widget'></div>",
    )
    crawls = rendered(tmp_path, site)
    crawls.program("crawl")
    assert "/solve" not in site.log
    assert crawls.rows("SELECT * FROM articles WHERE url = ?", site.system.url(story)) == []


def test_allowed_host_is_asked_and_graphql_is_sent(site, tracker, tmp_path):
    """Data of another host by `render_hosts`; queries of GraphQL are sent by POST, and mutations never."""
    host = tracker.url.removeprefix("http://")
    story = site.system.stories[1]
    site.system.scripts[story.number] = f"""
        const post = query => fetch("/graphql", {{method: "POST", body: JSON.stringify({{query}})}});
        post("mutation {{ visited }}").catch(() => null);
        post("query {{ story }}").catch(() => null);
        fetch("{tracker.url}/data.json").then(answer => answer.text()).then(text => {{
            document.body.innerHTML = `<article><h1>Ropes of the quay</h1><time
            datetime="2024-01-02"></time><p>${{text}}</p></article>`;
        }});
    """
    words = " ".join(site.system.stories[2].paragraphs)
    tracker.system.more["/data.json"] = ("application/json", words)
    crawls = rendered(tmp_path, site, render_hosts=[host])
    crawls.crawl()
    assert tracker.log.count("/data.json") == 1
    assert site.log.count("POST /graphql") == 1
    [row] = crawls.rows("SELECT text FROM articles WHERE url = ?", site.system.url(story))
    assert words in " ".join(str(row["text"]).split())


def test_missing_browser_is_said_before_anything_is_requested(site, tmp_path, monkeypatch):
    monkeypatch.setenv("BACKISSUE_CHROMIUM", "/nowhere/chromium")
    done = rendered(tmp_path, site).program("crawl")
    assert done.returncode != 0
    assert "render" in done.stderr
    assert "/nowhere/chromium" in done.stderr
    assert site.log == []


def test_init_says_what_scripts_fill_and_what_it_costs(site, tmp_path):
    done = program("init", site.url, "--name", "quay", "--dry-run", folder=tmp_path)
    assert done.stderr.splitlines() == [f"Checking {site.url} …"]
    assert "text of its articles is filled in by a script" in done.stdout
    assert re.search(r"took [\d.]+ s, 3 requests and [\d.]+ MB beside the page itself", done.stdout)
    assert "# render = true" in done.stdout
    assert "/wp-json/" in " ".join(site.log)  # it may be WordPress, for nothing names its system


def test_doctor_names_the_browser(site, tmp_path, monkeypatch):
    crawls = rendered(tmp_path, site)
    done = crawls.program("doctor", "--offline")
    assert "its articles are read as" in " ".join(done.stdout.split()).casefold()
    monkeypatch.setenv("BACKISSUE_CHROMIUM", "/nowhere/chromium")
    done = crawls.program("doctor", "--offline")
    assert "/nowhere/chromium" in done.stdout


def test_listing_that_a_script_fills_finds_the_articles(site, tmp_path):
    """Of a site without a feed and a sitemap; a crawl without news asks for its front page alone."""
    site.system.lists = False
    crawls = rendered(tmp_path, site)
    crawls.crawl()
    check_all(crawls, site)
    site.taken()
    crawls.crawl()
    assert set(site.taken()) == {"/", "/app.js", "/api/stories"}


def test_explain_shows_a_page_as_a_browser_shows_it(site, tmp_path):
    story = site.system.stories[3]
    done = rendered(tmp_path, site).program("explain", site.system.url(story), "--json")
    told = json.loads(done.stdout)
    assert told["article"]["title"] == story.title
    assert len(told["comments"]) == len(story.remarks)


def test_browser_that_does_not_start_is_said_once(site, tmp_path, monkeypatch):
    """Nothing more is requested then: the next crawl finds all of it."""
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("BACKISSUE_CHROMIUM", str(program))
    crawls = rendered(tmp_path, site)
    done = crawls.program("crawl")
    assert done.returncode != 0
    assert done.stderr.count("the browser cannot be started") == 1
    assert sum(path.startswith("/story/") for path in site.log) == 1
    monkeypatch.delenv("BACKISSUE_CHROMIUM")
    Life(SimpleNamespace(permalinks="/"), crawls, {"rest"}).tick(hours=2)
    check_all(crawls, site)
