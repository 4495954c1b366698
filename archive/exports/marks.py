"""By what an earlier export is recognised, in each of its forms; nothing else is ever replaced.

A folder, and a zip file of one, has a manifest that names the program and a list of checksums that names
every file. Other files say in their first lines who wrote them. It only reads, and never more than it needs.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from archive.queries.json_schema import ARTICLE_FIELDS

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
_PROGRAM = "backissue "
HEAD = 65_536  # bytes of a file that are read to recognise it
_ALWAYS = ("first_seen", "last_seen", "gone_at", "hidden_at", "comments")
_CACHES = {"__pycache__"}
_UNREADABLE = (OSError, ValueError, KeyError, BadZipFile, zlib.error, EOFError, csv.Error, sqlite3.Error)


def is_export(path: Path) -> bool:
    """True if a file or folder is an earlier export, and contains only that."""
    try:
        if path.is_dir():
            return _is_folder(path)
    except _UNREADABLE:
        return False
    return path.is_file() and any(_holds(is_form, path) for is_form in _FILES)


def is_portable(path: Path) -> bool:
    """True if a file is the SQLite file that `export db` writes."""
    with path.open("rb") as file:
        if not file.read(16).startswith(b"SQLite format 3"):
            return False
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        try:
            about = dict(db.execute("SELECT name, value FROM _about WHERE name IN ('form', 'program')"))
        except sqlite3.Error:
            return False
    return about.get("form") == "db" and str(about.get("program")).startswith(_PROGRAM)


def _is_folder(folder: Path) -> bool:
    """True if a folder has an export's manifest, and no file that the export did not bring."""
    if not _is_manifest((folder / MANIFEST).read_bytes()):
        return False
    paths = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    files = (path.relative_to(folder) for path in paths)
    names = [path.as_posix() for path in files if not _CACHES & set(path.parts)]
    return _are_listed((folder / SUMS).read_bytes(), names)


def _is_packed(path: Path) -> bool:
    """True for a zip file of a folder, or a WACZ."""
    if not is_zipfile(path):
        return False
    with ZipFile(path) as packed:
        names = packed.namelist()
        if MANIFEST in names:
            names_listed = _are_listed(packed.read(SUMS), names)
            return _is_manifest(packed.read(MANIFEST)) and names_listed
        about = json.loads(packed.read("datapackage.json"))
        return "wacz_version" in about and str(about["software"]).startswith(_PROGRAM)


def _is_manifest(text: bytes) -> bool:
    said = json.loads(text)
    if not isinstance(said, dict) or "form" not in said:
        return False
    return str(said.get("program")).startswith(_PROGRAM)


def _are_listed(sums: bytes, names: Iterable[str]) -> bool:
    lines = sums.decode().splitlines()
    listed = {line.partition("  ")[2] for line in lines}
    return listed.issuperset(set(names) - {SUMS})


def _is_warc(path: Path) -> bool:
    with path.open("rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return False
    with gzip.open(path) as packed:
        head = packed.read(2048)
    software = b"\r\nsoftware: " + _PROGRAM.encode()
    return head.startswith(b"WARC/1.1\r\n") and software in head


def _is_sql(path: Path) -> bool:
    return _head(path).startswith(f"-- {_PROGRAM}")


def _is_jsonl(path: Path) -> bool:
    """True for a file whose first line is an article as `export jsonl` promises it; or an empty one."""
    with path.open("rb") as file:
        line = file.readline()
    said: Any = {}
    if line:
        said = json.loads(line)
    wanted = {*ARTICLE_FIELDS, *_ALWAYS}
    is_article = isinstance(said, dict) and wanted <= said.keys()
    return not line or (is_article)


def _is_joined(path: Path) -> bool:
    """True for a file with the column names of `export csv --joined`."""
    rows = csv.reader(io.StringIO(_head(path)))
    names = next(rows, [])
    known = all(name.startswith(("article_", "comment_")) for name in names)
    return known and {"article_id", "article_url", "comment_id", "comment_text"} <= set(names)


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(HEAD).decode("utf-8", errors="ignore")


def _holds(is_form: Callable[[Path], bool], path: Path) -> bool:
    """True if a file is of a form.

    What cannot be read as one is not.
    """
    try:
        return is_form(path)
    except _UNREADABLE:
        return False


_FILES = (is_portable, _is_packed, _is_warc, _is_sql, _is_jsonl, _is_joined)
