"""A real Ghost on the loopback, with its own comments and its own database.

Its desk writes by the Admin API, its readers by the API of their browsers, each logged in as a member.
"""

import html
import json
import os
import re
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from types import SimpleNamespace

from tests.builders.patience import free_port, until
from tests.builders.require import need
from tests.builders.server_process import ServerProcess
from tests.paths import ROOT

PACKAGE = ROOT / ".cache/ghost/package"
NODE = shutil.which("node")
_OWNER = {
    "name": "Ada Moor",
    "email": "ada@quay.example",
    "password": "a long pass word 1",
    "blogTitle": "Quay",
}
_STATUS = {1: "published", 2: "hidden"}


class Browser:
    """Somebody with cookies of their own."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, method, path, data=None):
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url, "Accept-Version": "v5.0"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        with self.opener.open(request) as response:
            said = response.read()
        return json.loads(said) if said.startswith(b"{") else None

    def admin(self, method, path, data=None):
        return self.ask(method, f"/ghost/api/admin/{path}", data)


class Ghost(ServerProcess):
    """A newspaper on Ghost, empty but for what Ghost itself puts into a new one."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.url, self.db = f"http://127.0.0.1:{self.port}", folder / "ghost.db"
        self.members, self.writers = {}, {}

    def __enter__(self):
        absent = "" if (PACKAGE / "node_modules/sqlite3/build/Release").is_dir() else "Ghost"
        need("ghost", missing=["" if NODE else "node", absent])
        shutil.copytree(PACKAGE / "content", self.folder / "content")
        (self.folder / "current").symlink_to(PACKAGE)  # as its own installer leaves it
        self._configure()
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(NODE), "current/index.js"],
                cwd=self.folder,
                env=os.environ | {"NODE_ENV": "production", "TZ": "UTC"},
                stdout=log,
                stderr=log,
            )
        until(self._answers, "Ghost did not start.")
        self.desk = Browser(self.url)
        self.desk.admin("POST", "authentication/setup/", {"setup": [_OWNER]})
        login = {"username": _OWNER["email"], "password": _OWNER["password"]}
        self.desk.admin("POST", "session/", login)
        settings = [{"key": "comments_enabled", "value": "all"}, {"key": "timezone", "value": "Etc/UTC"}]
        self.desk.admin("PUT", "settings/", {"settings": settings})
        return self

    @contextmanager
    def open_api(self):
        """Let crawlers read the Content API: the theme has a robots.txt of its own."""
        files = [theme / "robots.txt" for theme in (self.folder / "content/themes").iterdir()]
        for file in files:
            file.write_text("User-agent: *\nAllow: /ghost/api/content/\nDisallow: /ghost/\n")
        yield
        for file in files:
            file.unlink()

    @contextmanager
    def keyless_pages(self):
        """Have no page name a key: the theme leaves portal, search and announcements out."""
        files = list((self.folder / "content/themes").glob("*/default.hbs"))
        before = {file: file.read_text() for file in files}
        quiet = '\n    {{ghost_head exclude="portal,search,announcement,comment_counts"}}'
        for file, text in before.items():
            file.write_text(text.replace("\n    {{ghost_head}}", quiet))
        self._take_theme()
        yield
        for file, text in before.items():
            file.write_text(text)
        self._take_theme()

    def _take_theme(self):
        """Have the theme read anew, by a change to another and back."""
        [active] = [
            row["value"] for row in self._rows("SELECT value FROM settings WHERE key = 'active_theme'")
        ]
        other = "casper" if active != "casper" else "source"
        for name in (other, active):
            self.desk.admin("PUT", f"themes/{name}/activate/")

    def new_key(self):
        """Make an integration, and return its id and its key for the Content API."""
        asked = {"integrations": [{"name": f"Archive {free_port()}"}]}
        [made] = self.desk.admin("POST", "integrations/?include=api_keys", asked)["integrations"]
        [key] = [each["secret"] for each in made["api_keys"] if each["type"] == "content"]
        return made["id"], key

    def take_back(self, integration):
        """Remove an integration, and its keys."""
        self.desk.admin("DELETE", f"integrations/{integration}/")

    def _configure(self):
        database = {"client": "sqlite3", "connection": {"filename": str(self.db)}, "useNullAsDefault": True}
        private = ("useUpdateCheck", "useGravatar", "useRpcPing", "useTinfoil")
        config = {
            "url": self.url,
            "server": {"host": "127.0.0.1", "port": self.port},
            "database": database,
            "mail": {"transport": "stub", "from": "desk@quay.example"},
            "logging": {"level": "error", "transports": ["stdout"]},
            "paths": {"contentPath": str(self.folder / "content")},
            "privacy": dict.fromkeys(private, False),
            "security": {"staffDeviceVerification": False},
            "spam": {"content_api_key": {"freeRetries": 10_000}, "member_login": {"freeRetries": 10_000}},
        }
        (self.folder / "config.production.json").write_text(json.dumps(config))

    def _answers(self):
        try:
            urllib.request.urlopen(self.url).read()
        except OSError:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            return False
        return True

    # -- the desk ---------------------------------------------------------------------------------

    def publish(self, title, paragraphs, at, tags=(), slug=None):
        """Publish an article, and return its id."""
        post = {"title": title, "html": _paragraphs(paragraphs), "status": "published", "tags": list(tags)}
        post |= {"published_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", **({"slug": slug} if slug else {})}
        return self.desk.admin("POST", "posts/?source=html", {"posts": [post]})["posts"][0]["id"]

    def rewrite(self, post, paragraphs):
        """Give an article another text."""
        [was] = self.desk.admin("GET", f"posts/{post}/")["posts"]
        changed = {"html": _paragraphs(paragraphs), "updated_at": was["updated_at"]}
        self.desk.admin("PUT", f"posts/{post}/?source=html", {"posts": [changed]})

    def remove(self, post):
        """Delete an article."""
        self.desk.admin("DELETE", f"posts/{post}/")

    def articles(self):
        """Every post and page that visitors are shown, as the database has it, by its path."""
        sql = (
            "SELECT p.*, group_concat(t.name, '|') AS tags FROM posts AS p"
            " LEFT JOIN posts_tags ON post_id = p.id"
            " LEFT JOIN tags AS t ON t.id = tag_id AND t.visibility = 'public'"
            " WHERE p.status = 'published' GROUP BY p.id"
        )
        return {f"/{row['slug']}/": row for row in self._rows(sql)}

    # -- its readers -------------------------------------------------------------------------------

    def path(self, name):
        """Return the path of an article by its name."""
        return f"/{name}/"

    def _member(self, name):
        if name not in self.members:
            email = f"{re.sub('[^a-z]', '-', name.lower())}@quay.example"
            [made] = self.desk.admin("POST", "members/", {"members": [{"name": name, "email": email}]})[
                "members"
            ]
            [urls] = self.desk.admin("GET", f"members/{made['id']}/signin_urls/")["member_signin_urls"]
            self.members[name] = Browser(self.url)
            self.members[name].opener.open(urls["url"]).read()
        return self.members[name]

    @property
    def changeable(self):
        """The ids of the comments that their authors may change."""
        return self.writers.keys()

    def write(self, key, text, author, parent=None, website=None):
        """Write a comment, and return its id."""
        [post] = self._rows("SELECT id FROM posts WHERE slug = ?", key.strip("/"))
        comment = {"post_id": post["id"], "html": f"<p>{html.escape(text)}</p>"}
        if parent:
            [above] = self._rows("SELECT parent_id FROM comments WHERE id = ?", parent)
            root = above["parent_id"]
            comment |= {"parent_id": root, "in_reply_to_id": parent} if root else {"parent_id": parent}
        writer = self._member(author)
        said = writer.ask("POST", "/members/api/comments/", {"comments": [comment]})
        number = said["comments"][0]["id"]
        self.writers[number] = writer
        return number

    def edit(self, number, text):
        self._by_writer(number, {"html": f"<p>{html.escape(text)}</p>"})

    def delete(self, number):
        self._by_writer(number, {"status": "deleted"})

    def _by_writer(self, number, facts):
        self.writers[number].ask("PUT", f"/members/api/comments/{number}/", {"comments": [facts]})

    def moderate(self, number, mode):
        """Hide (2) or show (1) a comment."""
        facts = {"comments": [{"id": number, "status": _STATUS[mode]}]}
        self.desk.admin("PUT", f"comments/{number}/", facts)

    def shown(self):
        """Every comment that visitors are shown, as the database has it."""
        sql = (
            "SELECT c.*, m.name, p.slug FROM comments AS c JOIN posts AS p ON p.id = c.post_id"
            " LEFT JOIN members AS m ON m.id = c.member_id WHERE c.status = 'published'"
        )
        return {row["id"]: row | _named(row) for row in self._rows(sql)}

    def _rows(self, sql, *values):
        db = sqlite3.connect(self.db)
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute(sql, values)]
        db.close()
        return rows


def newspaper(ghost):
    """What `talk_life` calls the site: Ghost itself."""
    return SimpleNamespace(url=ghost.url, path=ghost.path)


def _named(row):
    above = row["in_reply_to_id"] or row["parent_id"]
    return {
        "key": f"ghost:{row['id']}",
        "parent_key": f"ghost:{above}" if above else None,
        "author": row["name"],
        "website": None,
        "text": html.unescape(re.sub("<[^>]*>", "", row["html"])),
        "uri": f"/{row['slug']}/",
        "moment": str(row["created_at"])[:19].replace(" ", "T") + "Z",
    }


def _paragraphs(paragraphs):
    return "".join(f"<p>{html.escape(each, quote=False)}</p>" for each in paragraphs)
