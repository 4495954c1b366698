"""A site whose articles and comments exist only in a browser: every page is one shell, and a script fills it.

Its script also wants what no archive needs: a tracker on another host by every means that a browser has, a
number of visits that it sends back, a style sheet, a font and a picture.
"""

# ruff: noqa: E501  (markup and script read better in one line)

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from tests.fakesite.platforms.markup import html, rss, rss_item, sitemap
from tests.fakesite.platforms.paper import Answer, Story, System

SCRIPT = """
const number = location.pathname.split("/")[2];
const root = document.getElementById("root");
document.cookie = "visitor=42";
async function json(url) { const answer = await fetch(url, {headers: {"X-Token": "open"}}); return answer.json(); }
function say(name, text, more = {}) { const made = document.createElement(name); made.textContent = text; for (const key in more) made.setAttribute(key, more[key]); return made; }
async function story() {
  const told = await json(`/api/stories/${number}`);
  document.title = told.title;
  const body = document.createElement("article");
  body.append(say("h1", told.title), say("p", "By " + told.author, {class: "byline"}), say("time", told.at, {datetime: told.at}));
  const text = document.createElement("div"); text.className = "article-body"; text.innerHTML = told.html;
  body.append(text);
  const talk = document.createElement("section"); talk.id = "comments";
  root.replaceChildren(body, talk);
  new IntersectionObserver(async (seen, watch) => {
    if (!seen.some(each => each.isIntersecting)) return;
    watch.disconnect();
    const thread = await json(`/api/stories/${number}/comments`);
    talk.append(say("h2", `${thread.length} Comments`));
    const list = document.createElement("ol"); list.className = "comment-list"; talk.append(list);
    const boxes = {};
    for (const each of thread) {
      const box = document.createElement("li"); box.id = `comment-${each.id}`; box.className = "comment";
      const who = document.createElement("article"); who.className = "comment-body";
      who.append(say("b", each.author, {class: "fn"}), say("time", each.at, {datetime: each.at}));
      const words = document.createElement("div"); words.className = "comment-content"; words.append(say("p", each.text)); who.append(words);
      box.append(who); boxes[each.id] = box;
      if (each.parent && boxes[each.parent]) { let below = boxes[each.parent].querySelector("ol"); if (!below) { below = document.createElement("ol"); below.className = "children"; boxes[each.parent].append(below); } below.append(box); } else list.append(box);
    }
  }).observe(talk);
}
const tracker = document.documentElement.dataset.tracker;
for (const wish of [
  () => fetch(tracker + "/collect?page=" + number, {mode: "no-cors"}).catch(() => null),
  () => { new Image().src = tracker + "/pixel.gif"; },
  () => navigator.sendBeacon(tracker + "/beacon", "x"),
  () => navigator.sendBeacon("/visits", "x"),
  () => fetch("/visits", {method: "POST", body: "x"}).catch(() => null),
  () => new WebSocket(tracker.replace("http", "ws") + "/socket"),
  () => new EventSource(tracker + "/events"),
  () => window.open(tracker + "/advertisement"),
  () => { const frame = document.createElement("iframe"); frame.src = tracker + "/frame"; document.body.append(frame); },
  () => { const link = document.createElement("a"); link.href = tracker + "/popup"; link.target = "_blank"; document.body.append(link); link.click(); },
  () => { const call = new RTCPeerConnection({iceServers: [{urls: "stun:" + tracker.slice(7)}]}); call.createDataChannel("x"); call.createOffer().then(offer => call.setLocalDescription(offer)); },
  () => fetch("file:///etc/hostname").then(answer => answer.text()).then(text => { root.dataset.leak = text; }),
  () => { navigator.serviceWorker.register("/worker.js").catch(() => null); },
]) { try { const made = wish(); if (made && made.catch) made.catch(() => null); } catch (error) { void error; } }
async function front() {
  const told = await json("/api/stories");
  const list = document.createElement("main");
  for (const each of told) { const head = document.createElement("h2"); head.append(say("a", each.title, {href: each.path})); list.append(head); }
  root.replaceChildren(list);
}
if (number) story(); else front();
"""


@dataclass
class Scripted(System):
    """It has a feed of titles and a sitemap with the days of changes; `tracker` is another host's URL.

    Without `lists` it has neither feed nor sitemap. `scripts` maps numbers of stories to a script of their own in place of the usual one.
    """

    tracker: str = ""
    lists: bool = True
    scripts: dict[int, str] = field(default_factory=dict)
    changed: dict[int, datetime] = field(default_factory=dict)
    slug, label = "scripted", ""

    def path(self, story: Story) -> str:
        return f"/story/{story.number}"

    def shell(self, script: str = '<script src="/app.js" type="module"></script>') -> Answer:
        made = html(
            '<title>The Quay</title><link rel="alternate" type="application/rss+xml" href="/feed.xml" title="The Quay">'
            f'<link rel="stylesheet" href="/app.css"><script async src="{self.tracker}/tracker.js"></script>',
            f'<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>{script}',
        )
        return made[0], made[1].replace("<html ", f'<html data-tracker="{self.tracker}" ', 1)

    def answers(self) -> dict[str, Answer]:
        found = {"/": self.shell(), "/app.js": ("text/javascript", SCRIPT)}
        titles = [{"title": story.title, "path": self.path(story)} for story in self.stories]
        found["/api/stories"] = ("application/json", json.dumps(titles))
        found["/feed.xml"] = rss("The Quay", [rss_item(s, self.url(s)) for s in self.page(1)])
        found["/sitemap.xml"] = sitemap(
            [(self.url(s), self.changed.get(s.number, s.at).isoformat()) for s in self.stories]
        )
        if not self.lists:
            del found["/feed.xml"], found["/sitemap.xml"]
        for story in self.stories:
            own = self.scripts.get(story.number)
            found[self.path(story)] = self.shell() if own is None else self.shell(f"<script>{own}</script>")
            api = f"/api/stories/{story.number}"
            told = {
                "title": story.title,
                "author": story.author,
                "at": story.at.isoformat(),
                "html": story.html,
            }
            thread = [{**vars(each), "at": each.at.isoformat()} for each in story.remarks]
            found[api] = ("application/json", json.dumps(told))
            found[f"{api}/comments"] = ("application/json", json.dumps(thread))
        return found
