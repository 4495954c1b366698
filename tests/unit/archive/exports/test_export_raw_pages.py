"""Raw pages as WARC and WACZ, read back by warcio, and as Parquet."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from warcio.archiveiterator import ArchiveIterator

from archive.exports import as_pages
from tests.builders.export_town import export, exported, is_whole, raw_pages


def records(stream: Any) -> list[tuple[Any, bytes]]:
    return [
        (record, record.content_stream().read()) for record in ArchiveIterator(stream, check_digests="raise")
    ]


def test_pages_are_parquet_with_every_raw_page_and_its_digest(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_pages, "GROUP_PAGES", 1)
    monkeypatch.setattr(as_pages, "FILE_GROUPS", 2)
    folder = exported(town, "pages", tmp_path / "pages")
    files = sorted(folder.glob("pages-*.parquet"))
    told = [row for file in files for row in parquet.read_table(file).to_pylist()]
    kept = raw_pages()
    newest: dict[tuple[str, str], str] = {}
    for page in kept:
        at = f"{page.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
        newest[page.source, page.url] = max(at, newest.get((page.source, page.url), ""))
    assert [(row["url"], row["body"]) for row in told] == [(page.url, page.body) for page in kept]
    assert all(hashlib.sha256(row["body"]).hexdigest() == row["digest"] for row in told)
    assert {(row["source"], row["url"]): row["fetched_at"] for row in told if row["newest"]} == newest
    assert sum(row["newest"] for row in told) == len(newest)
    assert {parquet.ParquetFile(file).num_row_groups for file in files[:-1]} == {2}
    assert is_whole(folder)["counts"] == {"pages": len(told), "files": len(files)}


def test_the_warc_holds_every_page_as_it_was_kept(town: Path, tmp_path: Path) -> None:
    path = exported(town, "warc", tmp_path / "archive.warc.gz")
    with path.open("rb") as file:
        (info, about), *found = records(file)
    assert info.rec_type == "warcinfo"
    assert b"Set-Cookie headers" in about
    kept, first = raw_pages(), {}
    told = [(record, body) for record, body in found if record.rec_type != "metadata"]
    for page, (record, body) in zip(kept, told, strict=True):
        header = record.rec_headers.get_header
        at = f"{page.fetched_at:%Y-%m-%dT%H:%M:%SZ}"
        assert (header("WARC-Target-URI"), header("WARC-Date")) == (page.final_url, at)
        assert record.rec_headers.protocol == "WARC/1.1"
        assert record.http_headers.get_statuscode() == str(page.status)
        assert record.http_headers.get_header("content-length") == str(len(page.body))
        assert record.http_headers.get_header("x-orig-content-length") == "3"
        if page.body in first:
            assert (record.rec_type, body) == ("revisit", b"")
            assert (header("WARC-Refers-To-Target-URI"), header("WARC-Refers-To-Date")) == first[page.body]
        else:
            assert (record.rec_type, body) == ("response", page.body)
            first[page.body] = (page.final_url, at)
    ((beside, via),) = [(record, body) for record, body in found if record.rec_type == "metadata"]
    assert via == b"via: https://quayside.example/?p=12\r\n"
    assert beside.rec_headers.get_header("WARC-Target-URI") == "https://quayside.example/Harbour"


def test_a_part_of_the_raw_pages_is_that_of_its_articles(town: Path, tmp_path: Path) -> None:
    path = exported(town, "warc", tmp_path / "part.warc.gz", "--query", "Harbour OR Level", "--until", "2019")
    with path.open("rb") as file:
        urls = [record.rec_headers.get_header("WARC-Target-URI") for record, _ in records(file)]
    assert "https://quayside.example/harbour" in urls
    assert "https://quayside.example/feed/" not in urls
    assert "https://quayside.example/gone" not in urls


def test_the_wacz_leads_from_its_index_to_every_page(town: Path, tmp_path: Path) -> None:
    path = exported(town, "wacz", tmp_path / "archive.wacz")
    with zipfile.ZipFile(path) as packed:
        stored = {info.filename for info in packed.infolist() if info.compress_type == zipfile.ZIP_STORED}
        assert all(info.extra for info in packed.infolist()), "or ReplayWeb.page misreads zip64"
        about = json.loads(packed.read("datapackage.json"))
        digest = json.loads(packed.read("datapackage-digest.json"))
        files = {resource["path"]: packed.read(resource["path"]) for resource in about["resources"]}
        assert digest["hash"] == f"sha256:{hashlib.sha256(packed.read('datapackage.json')).hexdigest()}"
        assert {*files, "datapackage.json", "datapackage-digest.json"} == set(packed.namelist())
    assert (about["profile"], about["wacz_version"]) == ("data-package", "1.1.1")
    assert stored == {"archive/data.warc.gz", "indexes/index.cdx.gz"}
    for part in about["resources"]:
        data = files[part["path"]]
        assert part["bytes"] == len(data)
        assert part["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    lines = gzip.decompress(files["indexes/index.cdx.gz"]).decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == len(raw_pages())
    for line in lines:
        key, at, entry = line.split(" ", 2)
        facts = json.loads(entry)
        start = int(facts["offset"])
        one = files["archive/data.warc.gz"][start : start + int(facts["length"])]
        ((record, _),) = records(io.BytesIO(one))
        assert record.rec_headers.get_header("WARC-Target-URI") == facts["url"]
        assert record.rec_headers.get_header("WARC-Payload-Digest") == facts["digest"]
        assert re.sub(r"\D", "", record.rec_headers.get_header("WARC-Date")) == at
        assert key.startswith("example,quayside)/")
        assert (record.rec_type == "revisit") is (facts["mime"] == "warc/revisit")
    block = files["indexes/index.idx"].decode().splitlines()[1]
    assert block.startswith(" ".join(lines[0].split(" ")[:2]))
    header, *listed = [json.loads(line) for line in files["pages/pages.jsonl"].decode().splitlines()]
    assert header["format"] == "json-pages-1.0"
    assert [(page["id"], page["url"], page["ts"][:10]) for page in listed] == [
        ("3", "https://quayside.example/harbour", "2019-05-06"),
        ("10", "https://quayside.example/Harbour", "2019-05-07"),
    ]


def test_without_raw_pages_a_warc_says_where_they_should_be(town: Path, tmp_path: Path) -> None:
    exported(town, "folder", tmp_path / "copy")
    (tmp_path / "backissue.toml").write_text(
        "archive = 'copy/archive.db'\n[sources.quayside]\nurl = 'https://quayside.example'\n"
    )
    done = export(tmp_path, "warc", "--output", tmp_path / "out.warc.gz")
    assert (done.exit_code, "There are no raw pages at" in done.stderr) == (1, True)
    assert not (tmp_path / "out.warc.gz").exists()
