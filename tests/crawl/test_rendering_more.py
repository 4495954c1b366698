"""Rendered pages with more than a first screen: shadow roots, frames, buttons, lists that grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.builders import browser
from tests.builders.crawling import SOON, Crawls
from tests.builders.require import need
from tests.fakesite.platforms.paper import Remark, Running, Story, serving
from tests.fakesite.platforms.scripted import Scripted

pytestmark = pytest.mark.browser
PAGE = """
const number = location.pathname.split("/")[2], root = document.getElementById("root");
const json = async path => (await fetch(path)).json();
const item = each => `<li id="comment-${each.id}" class="comment"><b class="fn">${each.author}</b>
  <time datetime="${each.at}"></time><div class="comment-content"><p>${each.text}</p></div></li>`;
const box = '<section id="comments"><h2>COUNT Comments</h2><ol class="comment-list"></ol></section>';
const list = () => document.querySelector("#comments ol");
const add = some => list().insertAdjacentHTML("beforeend", some.map(item).join(""));
const button = (label, press) => {
  const made = document.createElement("button");
  made.textContent = label;
  made.onclick = () => press(made);
  document.querySelector("#comments").append(made);
};
(async () => {
  const told = await json(`/api/stories/${number}`), thread = await json(`/api/stories/${number}/comments`);
  const head = `<h1>${told.title}</h1><time datetime="${told.at}"></time>`;
  const text = `<div class="article-body">${told.html}</div>`;
  const whole = `<article>${head}${text}</article>`;
  document.title = told.title;
  SCRIPT
})();
"""
SHADOW = """
  root.innerHTML = `<article>${head}<story-text></story-text></article>${box}`;
  customElements.define("story-text", class extends HTMLElement {
    connectedCallback() { this.attachShadow({mode: "open"}).innerHTML = text; }
  });
  add(thread);
"""
FRAME = """
  root.innerHTML = whole + `<iframe src="/frame/${number}" width="600" height="800"></iframe>
    <iframe src="${document.documentElement.dataset.tracker}/frame" height="300"></iframe>`;
"""
MORE = """
  root.innerHTML = whole + box;
  add(thread.slice(0, 2));
  let next = 2;
  button("Load more comments", async made => {
    const all = await json(`/api/stories/${number}/comments`);
    add(all.slice(next, next + 2));
    next += 2;
    if (next >= all.length) made.remove();
  });
  button("Post a comment", () => { location = "/posted"; });
  document.querySelector("#comments").insertAdjacentHTML("beforeend",
    '<a href="/left">View all comments</a><form action="/sent"><button>Show more comments</button></form>');
"""
REPLIES = """
  root.innerHTML = whole + box;
  add(thread.slice(0, 1));
  button("View 3 replies", made => { add(thread.slice(1)); made.textContent = "Hide replies"; });
"""
SCROLLED = """
  root.innerHTML = `${whole}<div style="height: 3000px"></div>${box}<div id="end" style="height: 9px"></div>`;
  let next = 0;
  const some = () => {
    if (next >= thread.length) return;
    add(thread.slice(next, next + 1));
    next += 1;
    list().lastElementChild.style.minHeight = "2000px";
    list().lastElementChild.id ||= "last";
    new IntersectionObserver((seen, watch) => {
      if (seen.some(each => each.isIntersecting)) { watch.disconnect(); some(); }
    }).observe(document.getElementById("end"));
  };
  some();
"""
ENDLESS = """
  root.innerHTML = whole + box;
  add(thread);
  button("Show more comments", () => document.querySelector("#comments").append(document.createElement("p")));
"""
LEAVES = """
  root.innerHTML = whole + box;
  add(thread);
  button("Show all comments", () => { location = "/left"; });
"""
SCRIPTS = (SHADOW, FRAME, MORE, REPLIES, SCROLLED, ENDLESS, LEAVES)


def page(script: str, story: Story) -> str:
    return PAGE.replace("SCRIPT", script).replace("COUNT", str(len(story.remarks)))


def frame_of(story: Story) -> str:
    items = "".join(
        f'<li id="comment-{each.id}" class="comment"><b class="fn">{each.author}</b><time '
        f'datetime="{each.at.isoformat()}"></time><div class="comment-content"><p>{each.text}</p></div></li>'
        for each in story.remarks
    )
    return f'<body><section id="comments"><ol class="comment-list">{items}</ol></section></body>'


@pytest.fixture(scope="module")
def site() -> Iterator[Running]:
    need("browser", missing=browser.missing())
    with serving(lambda base: Scripted(base=base, tracker="http://127.0.0.1:9")) as running:
        running.system.stories[len(SCRIPTS) :] = []
        for story, script in zip(running.system.stories, SCRIPTS, strict=True):
            story.remarks = [
                Remark(
                    story.number * 10 + place,
                    f"Reader {place}",
                    f"I saw it {place} times from the slipway.",
                    story.at + timedelta(hours=place),
                )
                for place in range(1, 5)
            ]
            running.system.scripts[story.number] = page(script, story)
            running.system.more[f"/frame/{story.number}"] = ("text/html", frame_of(story))
        yield running


@pytest.fixture(scope="module")
def crawls(site: Running, tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    made = Crawls(tmp_path_factory.mktemp("rendered"), site.url, {"render": True}, dict(SOON))
    made.program("crawl")
    return made


def problems(crawls: Crawls, url: str) -> str:
    sql = "SELECT detail FROM problems WHERE url = ? AND code = 'incomplete-page'"
    return " ".join(str(row["detail"]) for row in crawls.rows(sql, url))


@pytest.mark.parametrize("place", range(len(SCRIPTS)))
def test_all_that_a_reader_would_see_is_read(site, crawls, place):
    """Each with its text and its four comments."""
    story = site.system.stories[place]
    [row] = crawls.rows("SELECT id, text FROM articles WHERE url = ?", site.system.url(story))
    assert [words for words in story.paragraphs if words not in str(row["text"])] == []
    found = crawls.rows("SELECT author, text FROM comments WHERE article_id = ?", row["id"])
    truth = [(each.author, each.text) for each in story.remarks]
    assert sorted((each["author"], each["text"]) for each in found) == truth


def test_nothing_is_pressed_that_leaves_or_sends(site, crawls):
    wanted = {path.partition("?")[0] for path in site.log}
    assert not wanted & {"/posted", "/left", "/sent"}
    assert crawls.rows("SELECT id FROM articles WHERE url LIKE '%/left'") == []


def test_list_without_end_is_named(site, crawls):
    named = [problems(crawls, site.system.url(story)) for story in site.system.stories]
    assert "its button “Show more comments” did not bring all" in named[SCRIPTS.index(ENDLESS)]
    assert [text for script, text in zip(SCRIPTS, named, strict=True) if text and script is not ENDLESS] == []
