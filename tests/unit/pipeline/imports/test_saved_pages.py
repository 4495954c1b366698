"""Pages that readers saved themselves: by a browser, by ArchiveBox, in one file or with a folder of parts."""

import json
from quopri import encodestring

import pytest

from tests.builders.warcs import ICE, html, rows, said, warc

CAPTURES = "SELECT url, at, witness FROM captures"
MOMENT = "2012-03-01T00:00:00Z"
OWN_PAGE = b"<h1>Ice in the harbour</h1><p>Archived with wget and five other programs on March 1, 2012.</p>"
SINGLE_FILE = (
    b"<!--\n Page saved with SingleFile \n url: %s\n saved date: Thu Mar 01 2012 01:00:00 GMT+0100 (CET)\n-->"
)


def snapshot(desk):
    """Write a folder of ArchiveBox with all forms of one page; return that of its snapshot."""
    folder = desk / "box" / "archive" / "1330560000"
    clone = folder / "gazette.example" / "2009" / "07"
    for each in (clone, folder / "warc", folder / "mercury"):
        each.mkdir(parents=True)
    (desk / "box" / "index.html").write_bytes(b"<h1>Archived pages</h1>")
    (folder / "index.json").write_text(json.dumps({"url": ICE, "timestamp": "1330560000.0"}))
    (folder / "index.html").write_bytes(OWN_PAGE)
    (folder / "mercury" / "content.html").write_bytes(b"<p>It closed the lower quay.</p>")
    (folder / "singlefile.html").write_bytes(SINGLE_FILE % ICE.encode() + html())
    (folder / "output.html").write_bytes(html())
    (clone / "ice.php.html").write_bytes(html())
    warc(folder / "warc" / "1330560000.warc.gz", (ICE, 2012, html()))
    return folder


@pytest.mark.parametrize(
    ("missing", "witness"),
    [
        ((), "1330560000.warc.gz"),
        (("warc/1330560000.warc.gz",), "singlefile.html"),
        (("warc/1330560000.warc.gz", "singlefile.html"), "output.html"),
        (("warc/1330560000.warc.gz", "singlefile.html", "output.html"), "ice.php.html"),
    ],
)
def test_the_best_form_of_a_snapshot_is_read_alone(desk, missing, witness):
    folder = snapshot(desk)
    for name in missing:
        (folder / name).unlink()
    assert said("box")["faults"] == []
    assert rows(desk, CAPTURES) == [(ICE, MOMENT, witness)]


def test_page_in_one_file_has_its_url_and_time(desk):
    head = (
        f"Snapshot-Content-Location: {ICE}\r\nDate: Thu, 1 Mar 2012 00:00:00 -0000\r\nMIME-Version: 1.0\r\n"
    )
    parts = (
        'Content-Type: multipart/related; type="text/html"; boundary="=line"\r\n\r\n--=line\r\n'
        "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    page = html().replace(f'<link rel="canonical" href="{ICE}">'.encode(), b"")
    end = b"\r\n--=line\r\nContent-Type: image/gif\r\n\r\nGIF\r\n--=line--\r\n"
    (desk / "Ice.mhtml").write_bytes((head + parts).encode() + encodestring(page) + end)
    assert said("Ice.mhtml")["comments_new"] == 1
    assert rows(desk, CAPTURES) == [(ICE, MOMENT, "Ice.mhtml")]


@pytest.mark.parametrize(
    "content", [b"", b"Date: never\r\n\r\nwords", b"Content-Type: multipart/related\r\n\r\n--"]
)
def test_file_without_a_page_is_a_fault(desk, content):
    (desk / "Ice.mhtml").write_bytes(content)
    [fault] = said("Ice.mhtml", expect=3)["faults"]
    assert "No page is in it" in fault["why"]


def test_parts_of_a_saved_page_are_passed_over(desk):
    parts = desk / "saved" / "Ice_files"
    parts.mkdir(parents=True)
    (parts / "frame.html").write_bytes(b"<p>Advertisement</p>")
    (desk / "saved" / "Ice.html").write_bytes(b"<!-- saved from url=(0040)%s -->\n" % ICE.encode() + html())
    told = said("saved")
    assert (told["read"], told["passed_over"]) == (1, {"parts of saved pages": 1})
