"""Imports that are killed at any commit, and go on: no row is lost, none is doubled."""

import os
import signal
import sqlite3
from contextlib import closing
from itertools import count

from tests.builders.warcs import CONFIG, FIRST, ICE, READ, SECOND, html, run, warc

SQL = {
    "captures": "SELECT witness, at, url, comments, article_id FROM captures ORDER BY 1, 2, 3",
    "articles": "SELECT url, title, text, witness, first_seen, version_count FROM articles ORDER BY 1",
    "versions": "SELECT version, since, until, title, text, witness FROM article_versions ORDER BY 1, 2",
    "comments": "SELECT key, author, text, first_seen, gone_at, witness FROM comments ORDER BY 1",
    "events": "SELECT at, kind, since, witness FROM events ORDER BY 1, 2",
    "places": "SELECT count(*), count(DISTINCT comment_id) FROM captured_comments",
}
PAGES = "SELECT url, fetched_at, witness, digest, said, rules FROM pages ORDER BY 1, 2"
STEP = 3
"""Every third COMMIT is one at which an import is killed; a page has four, so all of its moments are met."""


def files(folder):
    """Write two files of captures of two articles; the second file repeats a page of the first."""
    both = html(comments=(FIRST, SECOND))
    warc(folder / "one.warc.gz", (ICE, 2010, both), (READ, 2011, html(READ, "The lamp", ())))
    warc(folder / "two.warc.gz", (ICE, 2012, html(comments=(FIRST,), word="upper")), (ICE, 2013, both))
    return "one.warc.gz", "two.warc.gz"


def killed_at(commit):
    """Import in a process that is killed before its nth COMMIT; return the signal, 0 for one that ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    left, connect = [commit], sqlite3.connect

    def see(sql):
        left[0] -= sql == "COMMIT"
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*args, **more):
        connection = connect(*args, **more)
        connection.set_trace_callback(see)
        return connection

    sqlite3.connect = traced
    try:
        run("--witness", "library", "one.warc.gz", "two.warc.gz")
    finally:
        os._exit(0)


def rows_in():
    with (
        closing(sqlite3.connect("archive.db")) as db,
        closing(sqlite3.connect("pages.db")) as raw,
    ):
        found = {name: db.execute(sql).fetchall() for name, sql in SQL.items()}
        found["pages"] = raw.execute(PAGES).fetchall()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return found


def test_killed_import_goes_on_without_loss_or_double(desk, monkeypatch):
    def begin(name):
        folder = desk / name
        folder.mkdir()
        (folder / "backissue.toml").write_text(CONFIG)
        monkeypatch.chdir(folder)
        return files(folder)

    names = begin("whole")
    run("--witness", "library", *names)
    wanted = rows_in()
    assert len(wanted["captures"]) == 4
    for commit in count(step=STEP):
        names = begin(f"kill-{commit}")
        ended = killed_at(commit)
        run("--witness", "library", *names)
        assert rows_in() == wanted, f"killed before COMMIT {commit}"
        if ended != -signal.SIGKILL:
            break
    assert commit > 5 * STEP
