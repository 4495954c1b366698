"""Whole crawls of the sample newspaper by the real program, over HTTP, in fair weather and foul."""

import json
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.core.locks import hold
from tests.builders.crawling import Crawls
from tests.builders.patience import PATIENCE, until
from tests.fakesite import (
    Challenge,
    EmptyList,
    Fault,
    Missing,
    Redirect,
    RedirectLoop,
    RestClosed,
    RobotsDisallow,
    SampleSite,
    Status,
    TooMany,
)

STATIC_PAGES = 2  # of the newspaper
FACES = {
    "by REST": (),
    "by sitemap": (RestClosed(match="/wp-json*"), RestClosed(match="*rest_route*")),
    "by feed": (
        RestClosed(match="/wp-json*"),
        RestClosed(match="*rest_route*"),
        Missing(match="*sitemap*"),
    ),
    "by listing pages": (
        RestClosed(match="/wp-json*"),
        RestClosed(match="*rest_route*"),
        Missing(match="*sitemap*"),
        Missing(match="/feed*"),
    ),
}


@pytest.fixture
def site():
    with SampleSite(articles=20, comments=100) as site:
        yield site


@pytest.fixture
def crawls(tmp_path, site):
    return Crawls(tmp_path, site.url, {"timezone": "America/New_York"})


def asked(site, since=0):
    return [request.target for request in site.requests[since:]]


def words(text):
    return re.findall(r"\w+", (text or "").casefold())


@pytest.mark.parametrize("faults", FACES.values(), ids=list(FACES))
def test_the_archive_holds_what_the_paper_published_and_a_second_crawl_changes_nothing(site, crawls, faults):
    for fault in faults:
        site.faults.add(fault)
    run = crawls.crawl()
    assert run.outcome == "ok", run.sentence
    open_articles = {article.id: article for article in site.articles if not article.protected}
    held = {held.article.post_id: held for held in crawls.held() if held.article.type == "post"}
    assert held.keys() == open_articles.keys()
    pages = STATIC_PAGES if len(faults) < 3 else 0  # neither the feed nor lists of posts name pages
    assert len(crawls.held()) == len(held) + pages
    for number, truth in open_articles.items():
        article = held[number].article
        assert (article.url, article.title, article.published) == (truth.url, truth.title, truth.date)
        assert article.authors == (truth.author,)
        assert set(article.tags) == set(truth.tags)
    kept = {c.comment.id: (post, c.comment) for post, h in held.items() for c in h.comments}
    for truth in site.comments:
        if truth.article_id not in held or (faults and not truth.shown):
            continue
        post, comment = kept[str(truth.id)]
        assert (post, comment.kind.value) == (truth.article_id, truth.kind)
        assert comment.author == (truth.author or "Anonymous")
        if truth.kind == "comment":
            assert comment.published == truth.date
            assert words(comment.text) == words(truth.text)
        if not faults:
            assert comment.parent == (str(truth.parent) if truth.parent else None)
    before, requests = crawls.content(), len(site.requests)
    assert not crawls.crawl().saved
    assert crawls.content() == before
    assert len(site.requests) - requests <= 8


class Forgetful(Fault):
    """A REST listing that leaves its first entry out."""

    def answer(self, request, ordinary):
        response = ordinary()
        return replace(response, body=json.dumps(json.loads(response.body)[1:]).encode())


def test_an_article_that_rest_leaves_out_is_found_in_the_sitemap(site, crawls):
    site.faults.add(Forgetful(match="/wp-json/wp/v2/posts*"))
    crawls.crawl()
    sql = "SELECT post_id FROM articles WHERE text IS NOT NULL AND type = 'post'"
    expected = {article.id for article in site.articles if not article.protected}
    assert {row["post_id"] for row in crawls.rows(sql)} == expected


def test_news_are_found_wherever_they_appear(site, crawls):
    crawls.crawl()
    old = min(site.articles, key=lambda article: article.date)
    reply = site.reply(old.id, 0, "Late reader", "Only now did I read this.", at=datetime.now(UTC))
    ping = site.reply(old.id, 0, "Another paper", "…", url="http://paper.invalid/x", kind="pingback")
    site.edit_article(old.id, title="Another headline", at=datetime.now(UTC))
    new = site.publish("A new article", "With a first paragraph.\n\nAnd a second.", at=datetime.now(UTC))
    site.faults.add(
        Forgetful(match="/wp-json/wp/v2/posts*modified_after=*")
    )  # the feed names it all the same
    run = crawls.crawl()
    assert (run.saved.articles_new, run.saved.articles_changed, run.saved.comments_new) == (1, 1, 2)
    held = {held.article.post_id: held for held in crawls.held()}
    assert {str(reply), str(ping)} <= {c.comment.id for c in held[old.id].comments}
    assert held[new].article.text == "With a first paragraph.\n\nAnd a second."
    [version] = crawls.rows("SELECT title, changed FROM article_versions")
    assert version == {"title": old.title, "changed": '["title"]'}


@pytest.mark.parametrize(
    ("face", "told"),
    [
        ("by REST", "Articles are listed by REST; new comments are listed by REST and the comments feed."),
        ("by sitemap", "listed by the sitemap; new comments are listed by the comments feed. REST is closed"),
    ],
)
def test_the_status_says_how_a_site_is_read_and_what_refuses_us(site, crawls, face, told):
    for fault in FACES[face]:
        site.faults.add(fault)
    crawls.crawl()
    assert told in crawls.program("status").stdout


def test_a_source_without_comments_is_not_asked_for_any(site, tmp_path):
    crawls = Crawls(tmp_path, site.url, {"comments": "none"})
    assert crawls.crawl().saved.comments_new == 0
    assert not any("comment" in target.partition("_fields")[0] for target in asked(site))


def test_new_comments_are_found_without_rest(site, crawls):
    for fault in FACES["by sitemap"]:
        site.faults.add(fault)
    old = min(site.articles, key=lambda article: article.date)
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # until then the feed was last modified tomorrow
    early = site.reply(old.id, 0, "A traveller in time", "I have read it already.", at=tomorrow)
    crawls.crawl()
    number = site.reply(old.id, 0, "Late reader", "Only now did I read this.", at=datetime.now(UTC))
    assert crawls.crawl().saved.comments_new == 1
    assert crawls.rows("SELECT author FROM comments WHERE key = ?", str(number)) == [
        {"author": "Late reader"}
    ]
    site.faults.clear()  # REST is open again, and lists comments out of a cache
    site.faults.add(EmptyList(match="/wp-json/wp/v2/comments*"))
    site.publish("A new article", "With a paragraph.", at=datetime.now(UTC))
    site.delete_comment(early)
    quiet = [article.id for article in site.articles if not article.protected and article.id != old.id]
    for number in quiet[:12]:
        site.reply(number, 0, "Another reader", "So did I.", at=datetime.now(UTC))
    assert crawls.crawl().saved.comments_new == 12, "more than the feed shows"


def test_we_say_who_we_are_and_carry_no_cookies(site, tmp_path):
    Crawls(tmp_path, site.url, {}).crawl()
    agents = {request.headers["user-agent"] for request in site.requests}
    assert all(agent.startswith("Backissue/") for agent in agents)
    assert not any("cookie" in request.headers for request in site.requests)


# -- manners --------------------------------------------------------------------------------------------


def test_what_robots_forbids_is_not_fetched(site, crawls):
    site.faults.add(RobotsDisallow(match="/robots.txt"))
    run = crawls.crawl(expect=3)
    assert run.outcome == "failed"
    assert set(asked(site)) == {"/robots.txt"}


def test_a_robots_txt_that_cannot_be_given_forbids_everything(site, crawls):
    site.faults.add(Status(match="/robots.txt", status=503))
    crawls.crawl(expect=3)
    assert set(asked(site)) == {"/robots.txt"}


def test_a_robots_txt_that_is_not_there_forbids_nothing(site, crawls):
    site.faults.add(Missing(match="/robots.txt"))
    assert crawls.crawl().outcome == "ok"


def test_we_wait_as_long_as_we_are_asked_to(site, crawls):
    site.faults.add(TooMany(match="/archives/*", times=1, retry_after=2))
    assert crawls.crawl().outcome == "ok"
    refused = next(n for n, request in enumerate(site.requests) if request.status == 429)
    same = [r for r in site.requests[refused:] if r.target == site.requests[refused].target]
    assert (same[1].at - same[0].at).total_seconds() >= 2


def test_a_site_that_asks_for_a_long_pause_gets_it(site, crawls):
    site.faults.add(TooMany(match="/archives/*", retry_after=86400))
    run = crawls.crawl(expect=3)
    assert run.outcome == "blocked"
    assert "86400" in (run.sentence or "").replace(",", "")
    assert len([request for request in site.requests if request.status == 429]) <= 4


# -- hostile and broken input ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to", ["http://elsewhere.invalid/", "http://169.254.169.254/latest", "http://127.0.0.1:9/"]
)
def test_no_redirect_leads_us_off_the_site(site, crawls, to):
    page = next(article for article in site.articles if not article.protected)
    site.faults.add(Redirect(match=page.url.removeprefix(site.url), to=to))
    run = crawls.crawl(expect=3)
    assert run.outcome == "partial"
    [problem] = crawls.rows("SELECT detail FROM problems WHERE url = ? AND ended_at IS NULL", page.url)
    assert to in problem["detail"]


@pytest.mark.parametrize(
    "fault",
    [Challenge, RedirectLoop, lambda match: Status(match=match, status=404)],
    ids=["challenge", "redirect loop", "404"],
)
def test_a_page_that_is_refused_is_a_recorded_problem_and_the_rest_is_held(site, crawls, fault):
    page = next(article for article in site.articles if not article.protected)
    site.faults.add(fault(match=page.url.removeprefix(site.url)))
    crawls.crawl(expect=3)
    assert crawls.rows("SELECT text FROM articles WHERE url = ?", page.url) == [{"text": None}]
    assert crawls.rows("SELECT code FROM problems WHERE url = ?", page.url)
    others = len([article for article in site.articles if not article.protected]) - 1
    assert crawls.rows("SELECT count(text) AS n FROM articles WHERE type = 'post'") == [{"n": others}]
    site.faults.clear()


def test_a_site_that_is_not_there_is_said_so(tmp_path):
    crawls = Crawls(tmp_path, "http://127.0.0.1:9")
    run = crawls.crawl(expect=3)
    assert run.outcome == "failed"


# -- interruptions --------------------------------------------------------------------------------------


def started(crawls, site, pages):
    """A crawl under way that has asked for so many pages of articles."""
    crawl = crawls.start("crawl")
    until(lambda: len(site.asked("/archives/*")) >= pages, "pages of articles are asked for")
    return crawl


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_crawl_loses_nothing_and_the_next_one_goes_on(site, tmp_path, sign):
    crawls = Crawls(tmp_path, site.url, {"delay": 0.2})
    crawl = started(crawls, site, 4)
    os.kill(crawl.pid, sign)
    assert crawl.wait().returncode in (130, -sign)
    assert crawls.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    kept = crawls.rows("SELECT count(text) AS n FROM articles")[0]["n"]
    assert kept >= 2
    first = len(site.requests)
    crawls.options["delay"] = 0
    assert crawls.crawl().outcome == "ok"
    outcomes = [row["outcome"] for row in crawls.rows("SELECT outcome FROM runs ORDER BY id")]
    assert outcomes == ["interrupted", "ok"]
    total = len([article for article in site.articles if not article.protected])
    assert crawls.rows("SELECT count(text) AS n FROM articles WHERE type = 'post'") == [{"n": total}]
    again = [t for t in asked(site, first) if t.endswith(".php") and t in asked(site)[:first]]
    assert len(again) <= 2, "only what was under way is asked for again"


def test_two_crawls_of_one_source_never_overlap(site, crawls):
    crawls.command()
    with hold(crawls.path, "crawl-site"):
        done = crawls.program("crawl")
    assert done.returncode == 4
    assert "Hint" in done.stderr
    assert asked(site) == []


def test_scrapys_own_commands_work(site, crawls):
    crawls.command()
    environment = {**os.environ, "BACKISSUE_CONFIG": str(crawls.folder / "backissue.toml")}
    root = os.fspath(crawls.command()[1]).rpartition("/")[0]
    out = crawls.folder / "out.jl"
    run = subprocess.run(
        [crawls.command()[0], "-m", "scrapy", "crawl", "news", "-a", "source=site", "-o", str(out)],
        cwd=root, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "Error" not in run.stderr, run.stderr
    pages = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert any("<html" in page.get("body", "") for page in pages)
    total = len([article for article in site.articles if not article.protected])
    assert len(crawls.held()) == total + STATIC_PAGES
    spiders = subprocess.run(
        [crawls.command()[0], "-m", "scrapy", "list"], cwd=root, capture_output=True, text=True, check=True
    )
    assert spiders.stdout.split() == ["news", "verify"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fetch", "--nolog", "SITE/robots.txt"), "User-agent"),
        (("shell", "--nolog", "SITE/", "-c", "response.status"), "200"),
        (("crawl", "news"), "No source is named."),
        (("crawl", "news", "-a", "source=sit"), "has no source “sit”"),
    ],
    ids=["fetch", "shell", "no source", "unknown source"],
)
def test_scrapys_tools_answer(site, crawls, words, said):
    crawls.command()
    root = os.fspath(crawls.command()[1]).rpartition("/")[0]
    done = subprocess.run(
        [crawls.command()[0], "-m", "scrapy", *(word.replace("SITE", site.url) for word in words)],
        cwd=root, env={**os.environ, "BACKISSUE_CONFIG": str(crawls.folder / "backissue.toml")},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if words[0] == "crawl" else 0)


def test_scrapy_parse_shows_one_page_and_records_nothing(site, crawls):
    root = os.fspath(crawls.command()[1]).rpartition("/")[0]
    article = next(article for article in site.articles if not article.protected)
    done = subprocess.run(
        [crawls.command()[0], "-m", "scrapy", "parse", "--spider=news", "-a", "source=site",
         article.url],
        cwd=root, env={**os.environ, "BACKISSUE_CONFIG": str(crawls.folder / "backissue.toml")},
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert f"'title': {article.title!r}" in done.stdout
    assert not crawls.path.exists(), "one page that was looked at is no run"


@pytest.mark.parametrize("faults", [(), FACES["by sitemap"]], ids=["by REST", "by sitemap"])
def test_what_a_killed_crawl_had_heard_of_is_read_by_the_next(site, tmp_path, faults):
    for fault in faults:
        site.faults.add(fault)
    crawls = Crawls(tmp_path, site.url)
    crawls.crawl()
    old, *wide = sorted((a for a in site.articles if not a.protected), key=lambda a: a.date)[:12]
    began = datetime.now(UTC)
    for number in range(1, 10, 2):
        at = began + timedelta(seconds=number)  # feeds tell no two changes of one second apart
        news = site.publish(f"News {number}", "With one paragraph.", at=at)
        replies = {  # more than the feed shows
            str(site.reply(below.id, 0, "Late reader", f"Reply {number}.", at=at)) for below in [old, *wide]
        }
        site.edit_article(old.id, title=f"Headline {number}", at=at)
        asked = len(site.requests)
        crawls.options["delay"] = 0.1
        crawl = crawls.start("crawl")
        while crawl.runs() and len(site.requests) < asked + number:
            time.sleep(0.005)
        with suppress(ProcessLookupError):
            os.kill(crawl.pid, signal.SIGKILL)
        crawl.wait()
        crawls.options["delay"] = 0
        crawls.crawl()
        held = {held.article.post_id: held for held in crawls.held()}
        assert held[news].article.text == "With one paragraph.", f"killed at request {number}"
        assert held[old.id].article.title == f"Headline {number}", f"killed at request {number}"
        comments = {c.comment.id for article in held.values() for c in article.comments}
        assert replies <= comments, f"killed at request {number}"
