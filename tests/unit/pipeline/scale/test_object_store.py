"""Kept pages in an object store (moto's S3 on the loopback): read as those of a folder, by ranges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.core.errors import BackissueError
from pipeline.scale import page_places
from pipeline.scale.page_files import find_page_files
from tests.builders.kept_pages import KeptPages, all_read
from tests.builders.patience import free_port
from tests.fleet.engines import BUCKET, object_store, require_store, store_environment

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def s3() -> Iterator[int]:
    require_store()
    with object_store() as port:
        yield port


@pytest.fixture(autouse=True)
def environment(s3: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in store_environment(s3).items():
        monkeypatch.setenv(name, value)
    page_places._store.cache_clear()
    yield
    page_places._store.cache_clear()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptPages:
    return KeptPages(tmp_path_factory.mktemp("kept"))


def put(name: str, file: Path) -> str:
    import obstore

    store = page_places._store(f"s3://{BUCKET}")
    obstore.put(store, name, file.read_bytes())
    return f"s3://{BUCKET}/{name}"


def test_pages_of_an_object_store_are_read_as_those_of_a_folder(kept: KeptPages, tmp_path: Path) -> None:
    for file in sorted(kept.pages.iterdir()):
        put(f"pages/{file.name}", file)
    put("pages/.hidden.parquet", next(kept.pages.glob("*.parquet")))
    there = f"s3://{BUCKET}/pages"
    assert [file.rpartition("/")[2] for file in find_page_files([there])] == [
        file.name for file in sorted(kept.pages.glob("*.parquet"))
    ]
    for place, out in ((there, tmp_path / "remote"), (kept.pages, tmp_path / "local")):
        done = kept.program("reextract", place, out, "--workers", 2, "--tasks", 3)
        assert done.returncode == 0, done.stderr
    assert list(all_read(tmp_path / "remote")) == list(all_read(tmp_path / "local"))
    again = kept.program("replay", "--from", tmp_path / "remote")
    assert again.returncode == 0, again.stderr


def test_any_key_is_read_and_a_folder_is_no_file(kept: KeptPages, tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(b"")
    file = next(kept.pages.glob("*.parquet"))
    put("odd/2012.parquet/", tmp_path / "none")  # as consoles of object stores mark a folder
    urls = [
        put(f"odd/{name}", file) for name in ("2012.parquet/a b%20c.parquet", "a#1.parquet", "a?2.parquet")
    ]
    empty = put("odd/b.parquet", tmp_path / "none")
    assert find_page_files([f"s3://{BUCKET}/odd"]) == [*urls, empty], "a file without content is named later"
    for url in urls:
        with page_places.open_place(url) as opened:
            assert opened.read() == file.read_bytes()


def test_warc_file_of_an_object_store_is_read(kept: KeptPages, tmp_path: Path) -> None:
    url = put("warc/pages.warc.gz", kept.warc)
    for place, out in ((url, tmp_path / "remote"), (kept.warc, tmp_path / "local")):
        done = kept.program("reextract", place, out, "--workers", 1)
        assert done.returncode == 0, done.stderr
    assert list(all_read(tmp_path / "remote")) == list(all_read(tmp_path / "local"))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (f"s3://{BUCKET}/nowhere", "There is nothing at"),
        ("s3://no-such-bucket/pages", "cannot be read"),
        ("ftp://example.org/pages", "cannot be read"),
    ],
)
def test_place_that_cannot_be_read_is_named(kept: KeptPages, tmp_path: Path, url: str, sentence: str) -> None:
    done = kept.program("reextract", url, tmp_path / "out")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert sentence in " ".join(done.stderr.split())
    assert (url if url.startswith("s3:") else "ftp://") in done.stderr


def test_store_that_fails_is_never_a_damaged_page(
    kept: KeptPages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = put("later/pages.parquet", next(kept.pages.glob("*.parquet")))
    file = page_places.open_place(url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    page_places._store.cache_clear()
    with pytest.raises(page_places.PlaceError):
        page_places.open_place(url)
    assert file.read(4) == b"PAR1", "the one that is open asks the store that it was opened at"
    assert not issubclass(page_places.PlaceError, OSError | ValueError), "or it would be a fault of the page"


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(BackissueError, match="not installed"):
        find_page_files(["s3://bucket/pages"])
