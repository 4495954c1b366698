"""A real Waline on the loopback, its API as its readers' browsers use it, and its own database."""

import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request

from tests.builders.patience import until
from tests.builders.require import need
from tests.builders.server_process import ServerProcess
from tests.paths import ROOT

MODULES = ROOT / ".cache/waline/node_modules"
NODE = shutil.which("node")
_SERVER = """
const http = require("node:http");
const [port, module_] = process.argv.slice(2);
process.env.OAUTH_URL = `http://127.0.0.1:${port}/logins`;  // else each request asks a server on the Internet
const waline = require(module_)({ env: "production" });
http.createServer((request, response) =>
    request.url === "/logins" ? response.end('{"services": []}') : waline(request, response)
).listen(Number(port), "127.0.0.1");
"""
_TABLES = """
CREATE TABLE wl_Comment (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, comment TEXT,
    insertedAt TIMESTAMP DEFAULT CURRENT_TIMESTAMP, ip TEXT, link TEXT, mail TEXT, nick TEXT, pid INTEGER,
    rid INTEGER, sticky INTEGER,
    status TEXT NOT NULL DEFAULT '', "like" INTEGER, ua TEXT, url TEXT, createdAt TIMESTAMP,
    updatedAt TIMESTAMP);
CREATE TABLE wl_Counter (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER, url TEXT, createdAt TIMESTAMP,
    updatedAt TIMESTAMP);
CREATE TABLE wl_Users (id INTEGER PRIMARY KEY AUTOINCREMENT, display_name TEXT, email TEXT, password TEXT,
    type TEXT, url TEXT, avatar TEXT, label TEXT, github TEXT, twitter TEXT, facebook TEXT, google TEXT,
    weibo TEXT, qq TEXT, oidc TEXT, huawei TEXT, "2fa" TEXT, createdAt TIMESTAMP, updatedAt TIMESTAMP);
"""
_LOGIN = {"email": "desk@quay.example", "password": "a password"}


class Waline(ServerProcess):
    """A server on `port`, with a moderator who may change each comment."""

    def __init__(self, folder, port):
        self.folder, self.port, self.url = folder, port, f"http://127.0.0.1:{port}"
        self.db = folder / "waline.sqlite"
        self.token, self.changeable = "", set()

    def __enter__(self):
        absent = "" if (MODULES / "@waline/vercel").is_dir() else "Waline"
        need("waline", missing=["" if NODE else "node", absent])
        with sqlite3.connect(self.db) as db:
            db.executescript(_TABLES)
        program = self.folder / "server.cjs"
        program.write_text(_SERVER)
        settings = {"SQLITE_PATH": str(self.folder), "JWT_TOKEN": "secret", "IPQPS": "0", "TZ": "UTC"}
        self.process = subprocess.Popen(
            [str(NODE), str(program), str(self.port), str(MODULES / "@waline/vercel")],
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, "Waline did not start.")
        self.ask("POST", "/api/user", {"display_name": "Desk", "url": "", **_LOGIN})  # the first: a moderator
        self.token = self.ask("POST", "/api/token", _LOGIN)["token"]
        return self

    def _answers(self):
        try:
            self.ask("GET", "/api/comment?path=%2F&page=1&pageSize=1")
        except OSError:
            return False
        return True

    def ask(self, method, path, data=None, token=""):
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "a reader's browser"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        with urllib.request.urlopen(request) as response:
            said = json.loads(response.read())
        assert not said["errno"], said
        return said.get("data")

    def write(self, key, text, author, parent=None, website=None):
        """Write a comment, and return its number."""
        data = {"comment": text, "nick": author, "mail": "reader@quay.example", "url": key, "ua": ""}
        data["link"] = website or ""
        if parent:
            data |= {"pid": parent, "rid": self._root(parent), "at": author}
        number = self.ask("POST", "/api/comment", data)["objectId"]
        self.changeable.add(number)
        return number

    def _root(self, number):
        db = sqlite3.connect(self.db)
        [row] = db.execute("SELECT coalesce(rid, id) FROM wl_Comment WHERE id = ?", (number,))
        db.close()
        return row[0]

    def edit(self, number, text):
        self.ask("PUT", f"/api/comment/{number}", {"comment": text}, self.token)

    def delete(self, number):
        """Delete a comment, with what answers it."""
        self.ask("DELETE", f"/api/comment/{number}", token=self.token)

    def moderate(self, number, mode):
        """Hide (2) or show (1) a comment."""
        self.ask("PUT", f"/api/comment/{number}", {"status": {1: "approved", 2: "waiting"}[mode]}, self.token)

    def shown(self):
        """Every comment that visitors are shown, as the server's database has it."""
        db = sqlite3.connect(self.db)
        db.row_factory = sqlite3.Row
        every = {row["id"]: dict(row) for row in db.execute("SELECT * FROM wl_Comment")}
        db.close()
        approved = {number for number, row in every.items() if row["status"] == "approved"}
        shown = {
            number: row
            for number, row in every.items()
            if number in approved and (row["rid"] is None or row["rid"] in approved)
        }
        return {number: row | _named(row) for number, row in shown.items()}


def _named(row):
    return {
        "key": f"waline:{row['id']}",
        "parent_key": f"waline:{row['pid']}" if row["pid"] else None,
        "author": row["nick"],
        "website": row["link"] or None,
        "text": row["comment"],
        "uri": row["url"],
        "moment": row["insertedAt"].replace(" ", "T") + "Z",
    }
