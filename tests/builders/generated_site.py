"""Sites that a real generator writes on this machine, Eleventy or Hexo, and their server on the loopback.

The generators come from npm (`make generators`); the sources are the paper of the imitations, in Markdown.
"""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.builders.require import need
from tests.fakesite.platforms.paper import Story, stories
from tests.paths import ROOT

MODULES = ROOT / ".cache/generators/node_modules"
NODE = shutil.which("node")
_HEXO = """title: The Quay
author: The desk
language: en
timezone: UTC
url: {url}
permalink: :year/:month/:day/:title/
theme: landscape
per_page: 5
index_generator: {{per_page: 5, order_by: -date}}
feed: {{type: atom, path: atom.xml, limit: 5}}
sitemap: {{path: sitemap.xml}}
"""
_ELEVENTY = """
import { feedPlugin } from "@11ty/eleventy-plugin-rss";
export default function (config) {
    config.addPlugin(feedPlugin, {
        type: "atom", outputPath: "/feed/feed.xml", collection: { name: "posts", limit: 5 },
        metadata: { language: "en", title: "The Quay", base: "URL/", author: { name: "The desk" } },
    });
    config.addFilter("iso", (date) => new Date(date).toISOString());
    return { dir: { input: "content", includes: "../layouts", output: "public" } };
}
"""
_BASE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<meta name="generator" content="{{ eleventy.generator }}">
<link rel="alternate" href="/feed/feed.xml" type="application/atom+xml" title="The Quay"></head><body>
<header><a href="/">The Quay</a></header><main>{{ content | safe }}</main></body></html>
"""
_POST = """---
layout: base.njk
---
<article><h1>{{ title }}</h1><ul class="post-metadata">
<li><time datetime="{{ date | iso }}">{{ date | iso }}</time></li>
<li>By <span class="byline">{{ author }}</span></li>
{% for tag in tags %}{% if tag != "posts" %}
<li><a href="/tags/{{ tag }}/" class="post-tag" rel="tag">{{ tag }}</a></li>
{% endif %}{% endfor %}</ul>{{ content | safe }}</article>
"""
_LIST = """---
title: The Quay
layout: base.njk
pagination: { data: collections.posts, size: 5, reverse: true, alias: some }
permalink: "{% if pagination.pageNumber %}/page/{{ pagination.pageNumber + 1 }}{% endif %}/"
---
<ol class="postlist">{% for post in some %}
<li><h2><a href="{{ post.url }}" class="postlist-link">{{ post.data.title }}</a></h2></li>{% endfor %}</ol>
{% if pagination.href.next %}<a rel="next" href="{{ pagination.href.next }}">Older</a>{% endif %}
"""
_MAP = """---
permalink: /sitemap.xml
eleventyExcludeFromCollections: true
---
<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{% for page in collections.all %}
<url><loc>URL{{ page.url }}</loc><lastmod>{{ page.date | iso }}</lastmod></url>{% endfor %}
</urlset>
"""


@dataclass
class Generated:
    """A site that is written anew with `build`; `log` has the requests since the last look."""

    folder: Path
    url: str
    stories: list[Story] = field(default_factory=stories)
    log: list[str] = field(default_factory=list)

    def build(self) -> None:
        raise NotImplementedError

    def address(self, story: Story) -> str:
        raise NotImplementedError

    def taken(self) -> list[str]:
        taken, self.log[:] = list(self.log), []
        return taken

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, program: str, *words: str) -> None:
        if not (self.folder / "node_modules").exists():
            (self.folder / "node_modules").symlink_to(MODULES)
        command = [str(NODE), str(MODULES / program), *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


class Hexo(Generated):
    """With its theme Landscape, its feed of the newest, and its sitemap."""

    def address(self, story: Story) -> str:
        return f"{self.url}/{story.at:%Y/%m/%d}/{story.slug}/"

    def build(self) -> None:
        shutil.rmtree(self.folder / "source", ignore_errors=True)
        self.write("_config.yml", _HEXO.format(url=self.url))
        wanted = ("index", "archive", "tag", "feed", "sitemap")
        plugins = [f"hexo-generator-{name}" for name in wanted] + [
            "hexo-renderer-marked",
            "hexo-renderer-ejs",
        ]
        named = dict.fromkeys([*plugins, "hexo", "hexo-theme-landscape"], "*")
        self.write("package.json", json.dumps({"name": "quay", "hexo": {}, "dependencies": named}))
        for story in self.stories:
            head = {"title": story.title, "date": f"{story.at:%Y-%m-%d %H:%M:%S}", "tags": story.tags}
            head |= {"author": story.author}
            text = "\n\n".join(story.paragraphs)
            self.write(f"source/_posts/{story.slug}.md", f"{json.dumps(head)[1:-1]}\n;;;\n{text}\n")
        self.run("hexo/bin/hexo", "clean")
        self.run("hexo/bin/hexo", "generate")


class Eleventy(Generated):
    """With the layouts of its own blog, in short: feed of the newest, sitemap, listing pages."""

    def address(self, story: Story) -> str:
        return f"{self.url}/blog/{story.slug}/"

    def build(self) -> None:
        shutil.rmtree(self.folder / "content", ignore_errors=True)
        shutil.rmtree(self.folder / "public", ignore_errors=True)
        self.write("package.json", json.dumps({"name": "quay", "type": "module"}))
        self.write("eleventy.config.js", _ELEVENTY.replace("URL", self.url))
        for name, text in (("base.njk", _BASE), ("post.njk", _POST)):
            self.write(f"layouts/{name}", text)
        self.write("content/index.njk", _LIST)
        self.write("content/sitemap.njk", _MAP.replace("URL", self.url))
        for story in self.stories:
            head = {
                "title": story.title,
                "author": story.author,
                "date": story.at.isoformat(),
                "tags": ["posts", *story.tags],
                "layout": "post.njk",
            }
            text = "\n\n".join(story.paragraphs)
            self.write(f"content/blog/{story.slug}.md", f"---json\n{json.dumps(head)}\n---\n{text}\n")
        self.run("@11ty/eleventy/cmd.cjs")


GENERATORS: dict[str, type[Generated]] = {"eleventy": Eleventy, "hexo": Hexo}


@contextmanager
def generated(name: str, folder: Path) -> Iterator[Generated]:
    """Write a site with a real generator and serve it; skips the test, or fails it, where there is none."""
    absent = "" if (MODULES / "hexo").is_dir() and (MODULES / "@11ty").is_dir() else "Eleventy and Hexo"
    need("generators", missing=["" if NODE else "node", absent])
    (folder / "public").mkdir(parents=True)
    log: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            log.append(self.path)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    handler = partial(Handler, directory=str(folder / "public"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site = GENERATORS[name](folder, f"http://127.0.0.1:{server.server_address[1]}", log=log)
    site.build()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
