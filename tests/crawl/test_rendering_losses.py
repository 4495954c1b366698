"""Rendered pages that lose something by their scripts: nothing of it becomes an edit or a removal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.builders import browser
from tests.builders.crawling import SOON, Crawls
from tests.builders.life import Life
from tests.builders.require import need
from tests.fakesite.platforms.paper import Remark, Running, Story, serving, stories
from tests.fakesite.platforms.scripted import Scripted

pytestmark = pytest.mark.browser
LENGTH = "SELECT text FROM articles WHERE url = ?"
PAGE = """
const number = location.pathname.split("/")[2], root = document.getElementById("root");
const get = async path => (await fetch(`/api/${path}/${number}`));
(async () => {
  const told = await (await get("stories")).json();
  const body = await get("body");
  const words = body.ok ? await body.text() : "<p>Sorry, we could not fetch this story. Try again later.</p>";
  document.title = told.title;
  root.innerHTML = `<article class="article"><h1>${told.title}</h1><time datetime="${told.at}"></time>
    <div class="article-body">${words}</div></article><section id="comments"></section>`;
  const thread = await (await fetch(`/api/stories/${number}/comments`)).json();
  const items = thread.map(each => `<li id="comment-${each.id}" class="comment">
    <b class="fn">${each.author}</b><div class="comment-content"><p>${each.text}</p></div></li>`);
  document.getElementById("comments").innerHTML =
    `<h2>${thread.length} Comments</h2><ol class="comment-list">${items.join("")}</ol>`;
  LAST
})();
"""
NEXT_ARTICLE = """
  document.querySelector(".article-body").style.minHeight = "4000px";
  new IntersectionObserver(async (seen, watch) => {
    if (!seen.some(each => each.isIntersecting)) return;
    watch.disconnect();
    const next = await (await fetch("/api/stories/102")).json();
    root.insertAdjacentHTML("beforeend", `<article class="article"><h1>${next.title}</h1>
      <time datetime="${next.at}"></time><div class="article-body">${next.html}</div></article>`);
    history.pushState(null, "", "/story/102");
    document.title = next.title;
  }).observe(document.getElementById("comments"));
"""


def page(last: str = "") -> str:
    return PAGE.replace("LAST", last)


@pytest.fixture
def site() -> Iterator[Running]:
    need("browser", missing=browser.missing())
    with serving(lambda base: Scripted(base=base, tracker="http://127.0.0.1:9")) as running:
        running.system.stories[1:] = []
        for story in running.system.stories:
            story.remarks = [Remark(story.number, "Ann Reed", "I saw it from the slipway.", story.at)]
            running.system.scripts[story.number] = page()
            running.system.more[f"/api/body/{story.number}"] = ("text/html", story.html)
        yield running


def crawled(folder: Path, site: Running) -> tuple[Crawls, Life]:
    crawls = Crawls(folder, site.url, {"render": True}, dict(SOON))
    crawls.program("crawl")
    return crawls, Life(SimpleNamespace(permalinks="/"), crawls, {"rest"})


def visit_twice(crawls: Crawls, life: Life) -> None:
    for _ in range(2):
        life.pass_time(hours=30)
        life.look_again()
        crawls.program("crawl")


def check_kept(crawls: Crawls, site: Running, story: Story) -> None:
    """The article is as it was written, at its URL, with its thread, and nothing is told of it."""
    [row] = crawls.rows(LENGTH, site.system.url(story))
    assert [words for words in story.paragraphs if words not in str(row["text"])] == []
    shown = crawls.rows("SELECT text FROM comments WHERE gone_at IS NULL AND missed_at IS NULL")
    assert len(shown) == len(site.system.stories)
    assert crawls.rows("SELECT * FROM events") == []


def test_url_that_only_a_script_writes_is_no_move(site, tmp_path):
    crawls, life = crawled(tmp_path, site)
    story = site.system.stories[0]
    rewritten = "history.replaceState(null, '', location.pathname + '/a-slug?ref=app#top');"
    site.system.scripts[story.number] = page(rewritten)
    visit_twice(crawls, life)
    check_kept(crawls, site, story)


def test_next_article_below_the_comments_is_not_taken_for_this_one(site, tmp_path):
    story, [other] = site.system.stories[0], [each for each in stories() if each.number == 102]
    told = {"title": other.title, "at": other.at.isoformat(), "html": other.html}
    site.system.more["/api/stories/102"] = ("application/json", json.dumps(told))
    site.system.scripts[story.number] = page(NEXT_ARTICLE)
    crawls, life = crawled(tmp_path, site)
    visit_twice(crawls, life)
    check_kept(crawls, site, story)
    [row] = crawls.rows("SELECT title FROM articles WHERE url = ?", site.system.url(story))
    assert row["title"] == story.title
    [problem] = crawls.rows("SELECT detail FROM problems WHERE code = 'incomplete-page'")
    assert "went on to another article" in str(problem["detail"])


def test_page_whose_script_leads_to_another_site_is_read_as_it_was(site, tmp_path):
    """Chromium keeps a page that may not be left; it would show its own error page otherwise."""
    story = site.system.stories[0]
    site.system.scripts[story.number] = page("location = 'http://127.0.0.1:9/landing';")
    crawls, life = crawled(tmp_path, site)
    check_kept(crawls, site, story)
    [problem] = crawls.rows("SELECT detail FROM problems WHERE code = 'incomplete-page'")
    assert "which is another site" in str(problem["detail"])
    visit_twice(crawls, life)
    check_kept(crawls, site, story)


def test_error_message_in_place_of_a_refused_text_is_no_edit(site, tmp_path):
    crawls, life = crawled(tmp_path, site)
    story = site.system.stories[0]
    site.system.faults[f"/api/body/{story.number}"] = 403
    visit_twice(crawls, life)
    check_kept(crawls, site, story)
    told = crawls.rows("SELECT code FROM problems WHERE url = ?", site.system.url(story))
    assert "metered" in {row["code"] for row in told}


def test_article_that_a_script_takes_away_is_read_as_the_server_sent_it(site, tmp_path):
    story = site.system.stories[0]
    thread = f'<li id="comment-{story.number}" class="comment"><b class="fn">Ann Reed</b>'
    whole = (
        f"<!doctype html><html><head><title>{story.title}</title></head><body><article class='article'>"
        f"<h1>{story.title}</h1><time datetime='{story.at.isoformat()}'></time>"
        f"<div class='article-body'>{story.html}</div></article><section id='comments'><h2>1 Comment</h2>"
        f"<ol class='comment-list'>{thread}<div class='comment-content'>"
        "<p>I saw it from the slipway.</p></div>"
        "</li></ol></section><script src='/break.js'></script></body></html>"
    )
    site.system.more[site.system.path(story)] = ("text/html", whole)
    broken = "document.body.innerHTML = '<h2>A client-side exception has occurred.</h2>';"
    site.system.more["/break.js"] = ("text/javascript", broken)
    crawls, life = crawled(tmp_path, site)
    check_kept(crawls, site, story)
    visit_twice(crawls, life)
    check_kept(crawls, site, story)
    [problem] = crawls.rows("SELECT detail FROM problems WHERE code = 'incomplete-page'")
    assert "took away most of its words" in str(problem["detail"])
