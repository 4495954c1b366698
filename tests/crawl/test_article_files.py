"""Pictures and documents of articles: kept once, within limits, asked for again conditionally, never run."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import pytest

from archive.files.media_files import MediaFiles, media_beside
from archive.operations import backup, doctor
from archive.operations.doctor import Verdict
from archive.public.render.article_files import files_of
from tests.builders.crawling import Crawls
from tests.builders.room_server import Room
from tests.fakesite import Fault, SampleSite
from tests.fakesite.wire import Response

PNG = b"\x89PNG\r\n\x1a\n" + b"harbour" * 20
OTHER = b"\x89PNG\r\n\x1a\n" + b"ferries" * 20
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PDF = b"%PDF-1.4 fares of the ferry"


@dataclass(slots=True, kw_only=True)
class Files(Fault):
    """Files below /wp-content/uploads, with validators; `asked` are the paths that were answered."""

    match: str = "/wp-content/uploads/*"
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)

    def answer(self, request, ordinary):
        name = request.path.rpartition("/")[2]
        if name not in self.files:
            self.asked.append((name, 404))
            return Response(status=404, headers=[("Content-Type", "text/html")], body=b"<p>no")
        kind, body = self.files[name]
        tag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        known = {key.lower(): value for key, value in request.headers.items()}.get("if-none-match")
        status = 304 if known == tag else 200
        self.asked.append((name, status))
        headers = [("Content-Type", kind), ("ETag", tag)]
        return Response(status=status, headers=headers, body=b"" if status == 304 else body)


@dataclass(slots=True, kw_only=True)
class Shown(Fault):
    """Puts markup at the end of one article's text."""

    markup: bytes = b""

    def answer(self, request, ordinary):
        answer = ordinary()
        mark = b'class="entry-content">'
        return replace(answer, body=answer.body.replace(mark, mark + self.markup, 1))


MARKUP = (
    b'<p><img src="/wp-content/uploads/quay.png" alt="The quay"> <img src="/wp-content/uploads/same.png">'
    b'<img src="/wp-content/uploads/drawing.svg"><img src="/wp-content/uploads/gone.png">'
    b'<a href="/wp-content/uploads/fares.pdf">The fares</a>'
    b'<a href="/wp-content/uploads/large.pdf">All minutes</a>'
    b'<a href="/wp-content/uploads/talk.mp3">Talk</a></p>'
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A crawl with pictures and documents, once for all."""
    with SampleSite(articles=6, comments=4, seed=3) as site:
        folder = tmp_path_factory.mktemp("files")
        crawls = Crawls(
            folder,
            site.url,
            options={"media": ["pictures", "documents"], "media_file_mb": 1, "comments": "none"},
        )
        article = next(each for each in site.articles if not each.protected and each.pages == 1)
        files = Files(
            files={
                "quay.png": ("image/png", PNG),
                "same.png": ("image/png", PNG),
                "drawing.svg": ("image/svg+xml", SVG),
                "fares.pdf": ("application/pdf", PDF),
                "large.pdf": ("application/pdf", PDF + b"x" * 2**20),
                "talk.mp3": ("audio/mpeg", b"ID3"),
            }
        )
        site.faults.add(Shown(match=urlsplit(article.url).path, markup=MARKUP))
        site.faults.add(files)
        crawls.crawl()
        yield crawls, site, files, article


def media(crawls: Crawls) -> MediaFiles:
    return MediaFiles.open(media_beside(crawls.path), create=False)


def states(crawls: Crawls) -> dict[str, str]:
    with media(crawls) as found:
        rows = found.db.query("SELECT url, state FROM files")
        return {row["url"].rpartition("/")[2]: row["state"] for row in rows}


def digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def article_id(crawls: Crawls) -> int:
    [row] = crawls.rows("SELECT article_id FROM article_files WHERE url LIKE '%/quay.png'")
    return int(str(row["article_id"]))


def test_files_are_kept_once_and_refusals_have_a_reason(kept):
    crawls, _, files, _ = kept
    found = {name: state for name, state in states(crawls).items() if name.encode() in MARKUP}
    assert found == {
        "quay.png": "kept",
        "same.png": "kept",
        "drawing.svg": "kept",
        "gone.png": "no file",
        "fares.pdf": "kept",
        "large.pdf": "too large",
    }
    assert "talk.mp3" not in {name for name, _ in files.asked}, "audio was not wanted"
    with media(crawls) as found:
        assert found.db.execute("SELECT count(*) FROM bodies").fetchone()[0] == 3, "two pictures are one file"
        assert found.body(digest_of(PDF)) == PDF
    codes = {row["code"] for row in crawls.rows("SELECT code FROM problems WHERE ended_at IS NULL")}
    assert {"file-missing", "file-too-large"} <= codes


def test_served_files_cannot_run(kept):
    crawls, *_ = kept
    room = Room(crawls.path)
    picture = room.get(f"/file/{digest_of(PNG)}")
    assert (picture.status_code, picture.content) == (200, PNG)
    assert picture.headers["content-type"] == "image/png"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["content-disposition"] == "inline"
    drawing = room.get(f"/file/{digest_of(SVG)}")
    assert drawing.headers["content-type"] == "application/octet-stream"
    assert drawing.headers["content-disposition"] == 'attachment; filename="drawing.svg"'
    again = room.get(f"/file/{digest_of(PNG)}", headers={"if-none-match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert room.get(f"/file/{'0' * 64}").status_code == 404


def test_article_page_shows_the_archived_picture(kept):
    crawls, *_ = kept
    page = Room(crawls.path).text(f"/article/{article_id(crawls)}")
    assert f'<img src="/file/{digest_of(PNG)}" alt="The quay"' in page
    assert f'href="/file/{digest_of(PDF)}?download=1">The fares</a>' in page
    assert f'<img src="/file/{digest_of(SVG)}"' not in page


def test_replaced_file_is_a_state_of_its_url(kept, tmp_path):
    crawls, _, files, _ = kept
    copy = Crawls(tmp_path, crawls.url, options=crawls.options)
    for each in crawls.folder.glob("*.db*"):
        shutil.copy(each, tmp_path)
    before = dict(files.files)
    files.asked.clear()
    copy.crawl()
    assert files.asked == [], "nothing is due yet"
    with media(copy) as found:
        found.db.execute("UPDATE files SET due_at = '2020-01-01T00:00:00Z'")
    files.files["quay.png"] = ("image/png", OTHER)
    copy.crawl()
    files.files.clear()
    files.files.update(before)
    assert dict(files.asked)["same.png"] == 304
    assert dict(files.asked)["quay.png"] == 200
    with sqlite3.connect(copy.path) as connection:
        [quay] = [row for row in files_of(connection, article_id(copy)) if row["url"].endswith("/quay.png")]
    assert [state.digest for state in quay["copies"]] == [digest_of(OTHER), digest_of(PNG)]


def test_warc_has_the_files_and_a_hidden_article_takes_them_along(kept, tmp_path):
    crawls, *_ = kept
    copy = Crawls(tmp_path, crawls.url, options=crawls.options)
    for each in crawls.folder.glob("*.db*"):
        shutil.copy(each, tmp_path)
    from warcio.archiveiterator import ArchiveIterator

    def exported(name: str) -> set[str]:
        done = copy.program("export", "warc", "--output", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        with (tmp_path / name).open("rb") as file:
            return {
                record.rec_headers.get_header("WARC-Target-URI").rpartition("/")[2]
                for record in ArchiveIterator(file)
                if record.rec_type in ("response", "revisit")
            }

    assert {"quay.png", "same.png", "fares.pdf", "drawing.svg"} <= exported("all.warc.gz")
    done = copy.program("redact", "article", str(article_id(copy)), "--reason", "asked", "--yes")
    assert done.returncode == 0, done.stderr
    assert not {"quay.png", "same.png", "fares.pdf", "drawing.svg"} & exported("less.warc.gz")
    assert Room(copy.path).get(f"/file/{digest_of(PNG)}").status_code == 404


def test_backup_brings_files_back_and_doctor_finds_altered_ones(kept, tmp_path):
    crawls, *_ = kept
    backup.make(crawls.path, None, tmp_path / "copy", replace=False)
    backup.check(tmp_path / "copy")
    (tmp_path / "new").mkdir()
    restored = tmp_path / "new" / "archive.db"
    backup.restore(tmp_path / "copy", restored, replace=False)
    path = media_beside(restored)
    assert doctor.article_files(path).verdict is Verdict.OK
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE bodies SET body = ? WHERE digest = ?", [b"forged", digest_of(PDF)])
    finding = doctor.article_files(path)
    assert finding.verdict is Verdict.BAD
    assert "fares.pdf" in finding.sentence


def test_robots_keeps_files_away(tmp_path):
    with SampleSite(articles=3, comments=1, seed=3) as site:
        article = next(each for each in site.articles if not each.protected and each.pages == 1)

        @dataclass(slots=True, kw_only=True)
        class Robots(Fault):
            def answer(self, request, ordinary):
                return Response(
                    200,
                    headers=[("Content-Type", "text/plain")],
                    body=b"User-agent: *\nDisallow: /wp-content/uploads/\n",
                )

        files = Files(files={"quay.png": ("image/png", PNG)})
        site.faults.add(
            Shown(match=urlsplit(article.url).path, markup=b'<img src="/wp-content/uploads/quay.png">')
        )
        site.faults.add(files)
        site.faults.add(Robots(match="/robots.txt"))
        crawls = Crawls(tmp_path, site.url, options={"media": ["pictures"], "comments": "none"})
        crawls.crawl()
        assert files.asked == []
        assert states(crawls)["quay.png"] == "refused"
        problem = json.dumps(crawls.rows("SELECT code, detail FROM problems WHERE code LIKE 'file-%'"))
        assert "robots.txt" in problem
