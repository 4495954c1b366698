"""A folder that Datasette serves by itself: the archive, its descriptions, and the reading room's code.

`datasette FOLDER` shows the tables with what they mean; with the few libraries of requirements.txt it
shows the same pages as `backissue serve`. Nothing of it needs Backissue to be installed.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path
from textwrap import dedent

from archive.core.connection import Database
from archive.exports.as_db import insert_rows, new_file
from archive.exports.dataset_cards import add_cards, archive_title
from archive.exports.selection import METADATA_FILE, TAKEN, Snapshot
from archive.exports.target import PROGRAM, Bundle, facts
from archive.migrations import migrations
from archive.operations.serve import SETTINGS

PACKAGE = Path(__file__).parents[1]
_LIBRARIES = (
    *("datasette", "markdown-it-py", "nh3", "prometheus-client", "sqlite-utils", "tldextract", "w3lib"),
    "zstandard",
)

_PLUGIN = '''
"""Opens the reading room that lies in this folder, unless an installed Backissue has opened its own."""

import sys
from pathlib import Path

from datasette.plugins import pm

if not pm.has_plugin("backissue"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "room"))
    try:
        import archive.public

        pm.register(archive.public, "backissue")
    except ImportError as error:
        print(f"Only tables: {error}. Try `pip install -r requirements.txt`.", file=sys.stderr)
'''

_README = """\
# An archive to read

{title}: articles and the comments below them, as {program} kept them.

    python3 -m venv .venv
    .venv/bin/pip install -r requirements.txt
    .venv/bin/datasette .

Then open http://127.0.0.1:8001. An installed Datasette without the further libraries shows the tables.

| | |
|---|---|
| `archive.db` | the archive, one SQLite file |
| `metadata.json`, `settings.json` | what its tables mean, and how Datasette serves it |
| `plugins/`, `room/` | the pages: code of Backissue, under the licence in `LICENSE` |
| `manifest.json` | what was taken, when, and how it was limited |
| `SHA256SUMS` | `sha256sum --check SHA256SUMS` says whether all is as it was |
"""


def write_folder(snapshot: Snapshot, bundle: Bundle) -> None:
    """Write the folder."""
    _write_archive(snapshot, bundle.folder / "archive.db")
    bundle.add("archive.db")
    told = json.loads(METADATA_FILE.read_text(encoding="utf-8"))
    metadata = {"databases": {"archive": told}}
    settings = {name: _setting(value) for name, value in SETTINGS.items()}
    texts = {
        "README.md": _README.format(title=archive_title(snapshot), program=PROGRAM),
        "LICENSE": distribution("backissue").read_text("licenses/LICENSE") or "",
        "metadata.json": json.dumps(metadata, ensure_ascii=False, indent=1),
        "settings.json": json.dumps(settings, indent=1),
        "requirements.txt": "".join(f"{line}\n" for line in _requirements()),
        "plugins/reading_room.py": dedent(_PLUGIN).lstrip(),
    }
    for name, text in texts.items():
        with bundle.text(name) as out:
            out.write(text)
    room = bundle.folder / "room" / "archive"
    shutil.copytree(PACKAGE, room, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sorted((bundle.folder / "room").rglob("*")):
        if path.is_file():
            bundle.add(path.relative_to(bundle.folder).as_posix())
    add_cards(bundle, snapshot, {"archive": "archive.db"})
    bundle.close(facts(snapshot, "folder", snapshot.counts()))


def _write_archive(snapshot: Snapshot, path: Path) -> None:
    """Return a whole archive of the newest schema.

    Its full-text indexes are built at the end, in one go.

    The months of comments are recorded as these are inserted; what other triggers would write is copied.
    """
    with closing(new_file(path)) as out:
        migrations.apply(Database(out))
        triggers = _made(out, "type = 'trigger' AND name <> 'comment_months_insert'")
        for name, _ in triggers:
            out.execute(f"DROP TRIGGER {name}")
        out.execute("BEGIN")
        for table in TAKEN:
            insert_rows(out, table, snapshot.rows(table), snapshot)
        for name, _ in _made(out, "sql LIKE '%USING fts5(%'"):
            out.execute(f"INSERT INTO {name}({name}) VALUES ('rebuild')")
        for _, sql in triggers:
            out.execute(sql)
        out.execute("COMMIT")


def _made(db: sqlite3.Connection, where: str) -> list[tuple[str, str]]:
    return db.execute(f"SELECT name, sql FROM sqlite_master WHERE {where}").fetchall()


def _setting(value: str) -> int | bool:
    if value.isdigit():
        return int(value)
    return value == "on"


def _requirements() -> Iterator[str]:
    """Yield those of our requirements that the pages have."""
    for line in distribution("backissue").requires or ():
        name = re.split(r"[^\w.-]", line)[0]
        if name in _LIBRARIES and "extra ==" not in line:
            yield line
