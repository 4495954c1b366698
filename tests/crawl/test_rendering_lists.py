"""Rendered lists of articles that grow: by a button, or when a reader reaches their end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import browser
from tests.builders.crawling import SOON, Crawls
from tests.builders.require import need
from tests.fakesite.platforms.paper import Answer, serving
from tests.fakesite.platforms.scripted import Scripted

pytestmark = pytest.mark.browser
FRONT = """
const root = document.getElementById("root");
const main = document.createElement("main"), end = document.createElement("footer");
root.replaceChildren(main, end);
let next = 0;
const add = async () => {
  const some = await (await fetch(`/api/list?from=${next}`)).json();
  next += some.length;
  for (const each of some) {
    const head = document.createElement("h2"), link = document.createElement("a");
    [link.textContent, link.href] = [each.title, each.path];
    head.style.minHeight = "600px";
    head.append(link);
    main.append(head);
  }
  return some.length;
};
const menu = '<nav><button onclick="location=`/left`">Show more</button></nav>';
document.body.insertAdjacentHTML("afterbegin", menu);
await add();
GROWS
"""
BUTTON = """
const made = document.createElement("button");
made.textContent = "Load more articles ↓";
made.onclick = async () => { if (!await add()) made.remove(); };
end.append(made);
"""
SCROLL = """
end.style.height = "9px";
const watch = new IntersectionObserver(async seen => {
  if (seen.some(each => each.isIntersecting) && !await add()) watch.disconnect();
});
watch.observe(end);
"""
ENDLESS = """
const made = document.createElement("button");
made.textContent = "Mehr laden";
made.onclick = () => main.insertAdjacentHTML("beforeend", `<h2><a href="/tag/${Math.random()}">T</a></h2>`);
end.append(made);
await add();
await add();
await add();
await add();
await add();
"""


class Growing(Scripted):
    """A front page that shows two articles more at a time, and no other list."""

    grows = BUTTON

    def answers(self) -> dict[str, Answer]:
        found = super().answers()
        titles = json.loads(found["/api/stories"][1])
        script = FRONT.replace("GROWS", self.grows)
        found["/"] = self.shell(f'<script type="module">{script}</script>')
        for start in range(0, len(titles) + 3, 2):
            found[f"/api/list?from={start}"] = ("application/json", json.dumps(titles[start : start + 2]))
        return found


class Scrolled(Growing):
    grows = SCROLL


class Endless(Growing):
    grows = ENDLESS


@pytest.mark.parametrize("system", [Growing, Scrolled, Endless])
def test_list_that_grows_is_followed_to_its_end(system: type[Growing], tmp_path: Path) -> None:
    """The first crawl reads all of it, a quiet one its first screen alone."""
    need("browser", missing=browser.missing())
    with serving(lambda base: system(base=base, lists=False, tracker="http://127.0.0.1:9")) as site:
        site.system.stories[8:] = []
        crawls = Crawls(
            tmp_path, site.url, {"render": True}, {**SOON, "crawler.render.rendering.MAX_LIST_STEPS": 6}
        )
        done = crawls.program("crawl")
        urls = {str(row["url"]) for row in crawls.rows("SELECT url FROM articles")}
        assert urls == {site.system.url(story) for story in site.system.stories}
        assert ("its list may go on" in done.stderr + done.stdout) == (system is Endless)
        assert "/left" not in site.taken()
        before = crawls.content()
        crawls.crawl()
        assert set(site.taken()) <= {"/", *(f"/api/list?from={start}" for start in range(0, 10, 2))}
        assert len(site.taken()) <= 7
        assert crawls.content() == before
