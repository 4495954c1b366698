"""A real Isso on the loopback, its API as its readers' browsers use it, and its own database."""

import html
import json
import sqlite3
import subprocess
import urllib.error
import urllib.request
from datetime import UTC, datetime

from tests.builders.patience import until
from tests.builders.require import need
from tests.builders.server_process import ServerProcess
from tests.paths import ROOT

PROGRAM = ROOT / ".cache" / "isso" / "bin" / "isso"
_CONFIG = """[general]
dbpath = {db}
host = {origin}
max-age = 1d
[moderation]
enabled = false
[server]
listen = http://127.0.0.1:{port}
[guard]
enabled = false
"""


class Isso(ServerProcess):
    """A server for the site at `origin`."""

    def __init__(self, folder, origin, port):
        self.db, self.url = folder / "isso.db", f"http://127.0.0.1:{port}"
        self.config = folder / "isso.cfg"
        self.config.write_text(_CONFIG.format(db=self.db, origin=origin, port=port))
        self.cookies: dict[int, str] = {}

    def __enter__(self):
        need("isso", missing=[] if PROGRAM.is_file() else ["isso"])
        self.process = subprocess.Popen(
            [str(PROGRAM), "-c", str(self.config), "run"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, "Isso did not start.")
        return self

    def _answers(self):
        try:
            self.ask("GET", "/?uri=%2F")
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def ask(self, method, path, data=None, cookie=None):
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json", "Origin": self.url}
        if cookie:
            headers["Cookie"] = cookie
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        with urllib.request.urlopen(request) as response:
            cookies = response.headers.get_all("Set-Cookie") or []
            return json.loads(response.read() or b"null"), cookies

    @property
    def changeable(self):
        """The numbers of the comments that their authors may change."""
        return self.cookies.keys()

    def write(self, key, text, author, parent=None, website=None):
        """Write a comment, and return its number."""
        data = {"text": text, "author": author, "parent": parent, "website": website, "title": key}
        said, cookies = self.ask("POST", f"/new?uri={urllib.request.quote(key, safe='')}", data)
        self.cookies[said["id"]] = "; ".join(cookie.partition(";")[0] for cookie in cookies)
        return said["id"]

    def edit(self, number, text):
        _, cookies = self.ask("PUT", f"/id/{number}", {"text": text}, self.cookies[number])
        self.cookies[number] = "; ".join(cookie.partition(";")[0] for cookie in cookies)

    def delete(self, number):
        self.ask("DELETE", f"/id/{number}", cookie=self.cookies[number])

    def moderate(self, number, mode):
        """Hide (2) or show (1) a comment, as a moderator's tool writes it."""
        with sqlite3.connect(self.db) as db:
            db.execute("UPDATE comments SET mode = ? WHERE id = ?", (mode, number))

    def shown(self):
        """Every comment that visitors are shown, as the server's database has it."""
        db = sqlite3.connect(self.db)
        db.row_factory = sqlite3.Row
        sql = "SELECT comments.*, uri FROM comments JOIN threads ON threads.id = tid WHERE mode = 1"
        rows = {row["id"]: dict(row) for row in db.execute(sql)}
        every = {row["id"]: row for row in db.execute("SELECT id, created, parent FROM comments")}
        waiting = {row[0] for row in db.execute("SELECT id FROM comments WHERE mode = 2")}
        rows = {number: row for number, row in rows.items() if row["parent"] not in waiting}
        db.close()
        for row in rows.values():
            row["key"] = f"isso:{row['id']}@{int(row['created'])}"
            above = every.get(row["parent"])
            row["parent_key"] = f"isso:{above['id']}@{int(above['created'])}" if above else None
            row["moment"] = datetime.fromtimestamp(int(row["created"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            row["author"] = html.unescape(row["author"]) if row["author"] else "Anonymous"
        return rows
