"""Exports of tables, read back by other libraries and compared with the archive, row by row."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyarrow import parquet

from archive.exports import as_parquet
from archive.exports.selection import TAKEN, described
from archive.storage.archive import Archive
from tests.builders.export_town import FORMULAS, export, exported, is_whole, joined, rows
from tests.paths import ROOT


def as_cells(row: tuple[Any, ...]) -> list[str]:
    return ["" if value is None else str(value) for value in row]


def test_raw_csv_gives_back_every_table(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "csv", tmp_path / "csv", "--raw")
    for table in TAKEN:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            names, *lines = list(csv.reader(file))
        expected = sorted((as_cells(row) for row in rows(town / "archive.db", table)), key=repr)
        assert sorted(lines, key=repr) == expected, table
        assert set(names) <= set(described()[table]["columns"])
    manifest = is_whole(folder)
    assert (manifest["form"], manifest["raw"], manifest["filters"]) == ("csv", True, {})
    assert manifest["counts"]["comments"] == len(rows(town / "archive.db", "comments"))
    assert (manifest["archive"], manifest["program"][:10]) == ("archive.db", "backissue ")


def test_csv_for_a_spreadsheet_holds_no_formula(town: Path) -> None:
    bare = joined(town, "--raw")
    safe = joined(town)
    changed = {
        cell
        for old, new in zip(bare, safe, strict=True)
        for cell, to in zip(old, new, strict=True)
        if cell != to
    }
    assert changed >= set(FORMULAS)
    for old, new in zip(bare, safe, strict=True):
        for cell, shown in zip(old, new, strict=True):
            assert shown == cell or (shown == f"'{cell}" and cell[0] in "=+-@\t\r\n＝")
            assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_the_joined_csv_has_a_row_for_each_comment_and_each_article_without(town: Path) -> None:
    lines = joined(town, "--raw")
    columns = ", ".join(f"{table}s.{column}" for table, _, column in (n.partition("_") for n in lines[0]))
    sql = f"SELECT {columns} FROM articles LEFT JOIN comments ON comments.article_id = articles.id"
    with closing(sqlite3.connect(town / "archive.db")) as db:
        order = "ORDER BY articles.id, comments.published, comments.id"
        assert lines[1:] == [as_cells(row) for row in db.execute(f"{sql} {order}")]
    assert {"article_text", "comment_text", "comment_parent_id"} <= set(lines[0])


def test_the_sql_dump_loads_into_a_plain_sqlite(town: Path, tmp_path: Path) -> None:
    dump = exported(town, "sql", tmp_path / "dump.sql").read_bytes().decode()
    assert "fts5" not in dump
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        db.executescript(dump)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE type = 'index'").fetchone()[0] > 20
    for table in TAKEN:
        assert rows(tmp_path / "new.db", table) == rows(town / "archive.db", table), table


def test_parquet_gives_back_every_table_in_bounded_row_groups(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_parquet, "GROUP_ROWS", 20)
    monkeypatch.setattr(as_parquet, "PORTION_ROWS", 10)
    folder = exported(town, "parquet", tmp_path / "parquet")
    for table in TAKEN:
        file = parquet.ParquetFile(folder / f"{table}.parquet")
        found = sorted((tuple(row.values()) for row in file.read().to_pylist()), key=repr)
        assert found == rows(town / "archive.db", table), table
        groups = [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)]
        assert max(groups, default=0) < 20 + 10, table
    assert parquet.ParquetFile(folder / "comments.parquet").num_row_groups >= 105 // 30
    field = parquet.read_schema(folder / "comments.parquet").field("parent_id")
    assert field.metadata[b"description"] == b"The comment it answers, in this archive."
    assert is_whole(folder)["form"] == "parquet"


@pytest.mark.parametrize("form", ["csv", "parquet", "folder"])
def test_a_data_set_describes_itself_in_three_forms(town: Path, tmp_path: Path, form: str) -> None:
    folder = exported(town, form, tmp_path / form, "--since", "2009")
    is_whole(folder)
    package = json.loads((folder / "datapackage.json").read_text())
    croissant = json.loads((folder / "croissant.json").read_text())
    citation = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert "since 2009" in package["description"] == croissant["description"] == citation["abstract"]
    paths = {each["path"]: each for each in package["resources"]}
    assert {each["contentUrl"] for each in croissant["distribution"]} == set(paths)
    for path, each in paths.items():
        data = (folder / path).read_bytes()
        assert each["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert each["bytes"] == len(data)
        assert each.get("type") == ("file" if form == "parquet" else None)
    records = {each["name"]: each for each in croissant["recordSet"]}
    if form == "folder":
        assert (list(paths), records) == (["archive.db"], {})
        return
    assert set(records) == set(TAKEN) == {each["name"].replace("-", "_") for each in paths.values()}
    for table, record in records.items():
        fields = paths[f"{table}.{form}"]["schema"]["fields"]
        assert [field["name"] for field in fields] == [field["name"] for field in record["field"]]
        if form == "csv":
            with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
                assert next(csv.reader(file)) == [field["name"] for field in fields]


def test_without_pagefind_a_site_says_what_to_install(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pagefind_bin", None)
    done = export(town, "site", "--output", tmp_path / "site")
    assert (done.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "backissue[site]" in done.output


def test_a_static_site_has_a_page_for_each_article(town: Path, tmp_path: Path) -> None:
    folder = exported(town, "site", tmp_path / "site")
    is_whole(folder)
    with Archive.open(town / "archive.db") as archive:
        numbers = {row[0] for row in archive.db.execute("SELECT id FROM articles")}
    assert {int(path.stem) for path in (folder / "article").iterdir() if "-" not in path.stem} == numbers
    pages = [*folder.glob("*.html"), *folder.glob("*/*.html")]
    linked = {
        (page.parent / link).resolve()
        for page in pages
        for link in re.findall(r'(?:href|src)="((?:\.\./)?[\w/-]+\.(?:html|css|js))', page.read_text())
    }
    assert not [path for path in linked if not path.exists()]
    assert set(pages) <= linked | {folder / "index.html"} | {folder / "search.html"}
    assert exported(town, "site", folder, "--force") == folder


def test_without_pyarrow_parquet_says_what_to_install(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    done = export(town, "parquet", "--output", tmp_path / "out")
    assert (done.exit_code, "backissue[parquet]" in done.stderr, list(tmp_path.iterdir())) == (1, True, [])


def test_the_portable_file_holds_all_tables_their_meaning_and_right_checksums(
    town: Path, tmp_path: Path
) -> None:
    path = exported(town, "db", tmp_path / "portable.db")
    assert [file.name for file in tmp_path.iterdir()] == ["portable.db"]
    for table in TAKEN:
        assert rows(path, table) == rows(town / "archive.db", table), table
    with closing(sqlite3.connect(path)) as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names == {*TAKEN, "_about", "_columns", "_checksums"}
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        about = dict(db.execute("SELECT name, value FROM _about"))
        assert (about["form"], about["archive"], about["filters"]) == ("db", "archive.db", "{}")
        told = set(db.execute('SELECT "table", "column" FROM _columns WHERE description <> \'\''))
        assert told == {
            (table, row[1]) for table in TAKEN for row in db.execute(f"PRAGMA table_info({table})")
        }


def test_the_checksums_are_made_as_the_manual_says(town: Path, tmp_path: Path) -> None:
    path = exported(town, "db", tmp_path / "archive-export.db")
    manual = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", manual, re.DOTALL)
    assert found
    run = [sys.executable, "-c", found[1]]
    well = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Counter(line.split()[-1] for line in well.stdout.splitlines()) == {"ok": len(TAKEN)}
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE comments SET text = text || '.' WHERE id = 1")
    ill = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert [line for line in ill.stdout.splitlines() if not line.endswith("ok")] == ["comments CHANGED"]
