"""Bodies of raw pages take little room, and every one is readable whatever happens to the file."""

from __future__ import annotations

import gzip
import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner
from sqlite_utils import Database

from archive.core.records import Page
from archive.files import bodies
from archive.files.bodies import ALONE, DICTIONARY, PATCH
from archive.files.raw_pages import PAGE_BYTES, Altered, Pages, migrations
from archive.operations import backup
from archive.storage.archive import Archive
from scheduler import main
from tests.builders.pages import made_page
from tests.builders.patience import until
from tests.builders.theme import Theme

THEME = Theme()
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def page(number: int, *, nonce: int = 0, theme: Theme = THEME, body: bytes | None = None) -> Page:
    """Return the page of an article of a made site, as it was received at some time."""
    return made_page(
        theme.url(number),
        theme.page(number, nonce=nonce) if body is None else body,
        headers=(("content-type", "text/html"),),
        fetched_at=WHEN + timedelta(hours=nonce),
    )


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    """The raw pages of an empty archive."""
    with Pages.open(tmp_path / "pages.db") as kept:
        yield kept


def keep_all(kept: Pages, received: list[Page]) -> dict[int, Page]:
    """Keep pages; return each by its id."""
    return {kept.keep(each): each for each in received}


def must_be_readable(kept: Pages, received: dict[int, Page]) -> None:
    """Fail unless each page is as it was received."""
    for number, each in received.items():
        assert kept.get(number) == each
    assert list(kept.altered()) == []


def codings(kept: Pages) -> list[str]:
    """Return how the body of each page is packed, in order of receipt."""
    sql = "SELECT coding FROM pages JOIN bodies USING (digest) ORDER BY pages.id"
    return [row[0] for row in kept.db.execute(sql)]


def test_bodies_of_a_source_are_packed_with_its_dictionary(pages: Pages) -> None:
    """The first ones as well, once it is trained; together they take less than half of what gzip needs."""
    received = keep_all(pages, [page(number) for number in range(60)])
    assert set(codings(pages)) == {DICTIONARY}
    [[stored]] = pages.db.execute("SELECT sum(length(body)) FROM bodies").fetchall()
    assert stored < 0.45 * sum(len(gzip.compress(each.body)) for each in received.values())
    must_be_readable(pages, received)


def test_revisit_that_changed_a_little_is_a_patch(pages: Pages) -> None:
    """It takes less than 3 % of what gzip needs, and each is of the first: a patch of a patch is none."""
    received = keep_all(pages, [page(7, nonce=nonce) for nonce in range(6)])
    assert codings(pages) == [ALONE] + 5 * [PATCH]
    rows = pages.db.execute("SELECT base, length(body) FROM bodies WHERE coding = ?", [PATCH]).fetchall()
    assert len({base for base, _ in rows}) == 1
    assert max(length for _, length in rows) < 0.03 * len(gzip.compress(page(7).body))
    must_be_readable(pages, received)


def test_revisit_that_changed_much_is_kept_whole(pages: Pages) -> None:
    """It is then what later revisits are patches of."""
    other = Theme(5)
    rewritten = [other.page(7), other.page(7, nonce=1)]
    received = keep_all(pages, [page(7), *(page(7, body=body) for body in rewritten)])
    assert codings(pages) == [ALONE, ALONE, PATCH]
    must_be_readable(pages, received)


def test_what_a_patch_is_of_cannot_be_removed(pages: Pages) -> None:
    """The file itself refuses it, and so it does for a dictionary in use."""
    keep_all(pages, [page(number) for number in range(bodies.FIRST_TRAINING + 2)])
    keep_all(pages, [page(3, nonce=1)])
    for sql in (
        "DELETE FROM bodies WHERE digest IN (SELECT base FROM bodies)",
        "DELETE FROM dictionaries",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            pages.db.execute(sql)


def test_damaged_base_is_named_and_mended(pages: Pages) -> None:
    """Its patches cannot be read meanwhile; they can again once the base is received again."""
    received = keep_all(pages, [page(7), page(7, nonce=1), page(7, nonce=2)])
    pages.db.execute("UPDATE bodies SET body = zeroblob(9) WHERE base IS NULL")
    assert all(isinstance(pages.get(number), Altered) for number in received)
    again = {pages.keep(page(7)): page(7)}
    must_be_readable(pages, received | again)
    assert codings(pages) == [ALONE, PATCH, PATCH, ALONE]


def test_revisit_of_a_damaged_page_is_kept_whole(pages: Pages) -> None:
    """Nothing is made to depend on what cannot be read."""
    pages.keep(page(7))
    pages.db.execute("UPDATE bodies SET body = zeroblob(1000000)")
    number = pages.keep(page(7, nonce=1))
    assert pages.get(number) == page(7, nonce=1)


def test_patch_of_itself_is_altered(pages: Pages) -> None:
    """A file that somebody has changed ends no program."""
    number = pages.keep(page(7))
    pages.db.execute("UPDATE bodies SET coding = 'zstd-patch', base = digest")
    found = pages.get(number)
    assert isinstance(found, Altered)
    assert "cannot be unpacked" in str(found)


def test_damaged_dictionary_is_used_no_more(tmp_path: Path) -> None:
    """What was packed with it is named; what comes is packed without."""
    with Pages.open(tmp_path / "pages.db") as kept:
        before = keep_all(kept, [page(number) for number in range(bodies.FIRST_TRAINING + 2)])
        kept.db.execute("UPDATE dictionaries SET body = ?", [zeroed(kept)])
    with Pages.open(tmp_path / "pages.db") as kept:
        assert len(list(kept.altered())) == len(before)
        number = kept.keep(page(100))
        assert kept.get(number) == page(100)
        assert codings(kept)[-1] == ALONE


def zeroed(kept: Pages) -> bytes:
    """Return the dictionary with a byte of another value in its middle."""
    data = bytearray(dictionary_of(kept))
    data[len(data) // 2] ^= 1
    return zstandard.compress(bytes(data))


def test_other_theme_has_a_dictionary_of_its_own(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that serves badly is replaced, and what was packed with it is read as before."""
    monkeypatch.setattr(bodies, "NEXT_TRAINING", 30)
    other = Theme(5)
    received = keep_all(pages, [page(number) for number in range(40)])
    received |= keep_all(pages, [page(number, theme=other) for number in range(100, 170)])
    [[known]] = pages.db.execute("SELECT count(*) FROM dictionaries").fetchall()
    shares = [row[0] for row in pages.db.execute(_SHARES)]
    assert known == 2
    assert sum(shares[-5:]) < 0.6 * sum(shares[42:47])
    must_be_readable(pages, received)


_SHARES = "SELECT length(body) * 1.0 / bodies.length FROM pages JOIN bodies USING (digest) ORDER BY pages.id"


def test_dictionary_that_serves_well_stays(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "NEXT_TRAINING", 10)
    keep_all(pages, [page(number) for number in range(60)])
    assert pages.db["dictionaries"].count == 1


def test_pages_without_a_likeness_are_packed_alone(pages: Pages) -> None:
    """Where no dictionary helps there is none."""
    received = keep_all(pages, [page(number, body=b"%d" % number) for number in range(60)])
    assert set(codings(pages)) == {ALONE}
    must_be_readable(pages, received)


def test_file_of_an_older_program_is_read_and_repacked(tmp_path: Path) -> None:
    """By one that may only read it, too; packed anew it takes less than half, and every page is the same."""
    path, received = tmp_path / "pages.db", older_file(tmp_path)
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    assert all(Pages(Database(connection)).get(number) == each for number, each in received.items())
    connection.close()
    with Pages.open(path) as kept:
        [[before]] = kept.db.execute("SELECT sum(length(body)) FROM bodies").fetchall()
        done = list(kept.bodies.repack())
        assert done[-1] == (80, 80)
        [[after]] = kept.db.execute("SELECT sum(length(body)) FROM bodies").fetchall()
        assert after < 0.5 * before
        assert codings(kept) == 40 * [DICTIONARY] + 40 * [PATCH]
        must_be_readable(kept, received)
        assert list(kept.bodies.repack()) == []


def older_file(folder: Path) -> dict[int, Page]:
    """Write raw pages as the program did that knew no dictionaries: 40, each twice."""
    db = Database(folder / "pages.db")
    migrations.apply(db, stop_before="m005_packing")
    db.close()
    received = [page(number, nonce=nonce) for nonce in (0, 1) for number in range(40)]
    return {number: each for number, each in enumerate(received, 1) if insert(folder, number, each)}


def insert(folder: Path, number: int, received: Page) -> bool:
    """Insert a page and its body as the older program did."""
    digest = hashlib.sha256(received.body).hexdigest()
    packed = zstandard.compress(received.body)
    with sqlite3.connect(folder / "pages.db") as connection:
        values = [digest, len(received.body), packed]
        connection.execute("INSERT INTO bodies VALUES (?, 'zstd', ?, ?)", values)
        connection.execute(
            "INSERT INTO pages (id, source, kind, url, final_url, status, headers, fetched_at, digest)"
            " VALUES (?, 'gazette', 'article', ?, ?, 200, ?, ?, ?)",
            [
                *(number, received.url, received.final_url, '[["content-type", "text/html"]]'),
                *(received.fetched_at.isoformat(), digest),
            ],
        )
    return True


def test_repack_gives_room_back_and_changes_no_page(tmp_path: Path) -> None:
    """By the command, on an archive of an older program; a second time there is nothing to do."""
    Archive.open(tmp_path / "archive.db").close()
    received = older_file(tmp_path)
    done = repacked(tmp_path)
    assert done["packed"] == len(received)
    assert done["after"] < 0.5 * done["before"]
    with Pages.open(tmp_path / "pages.db") as kept:
        must_be_readable(kept, received)
        assert kept.db.execute("PRAGMA page_size").fetchone() == (PAGE_BYTES,)
    assert repacked(tmp_path)["packed"] == 0


def test_repack_anew_leaves_no_word_of_a_deleted_page(tmp_path: Path) -> None:
    """Dictionaries are made of pages: what was deleted is in none that is made from then on."""
    Archive.open(tmp_path / "archive.db").close()
    secret = " ".join(f"whisper{number}" for number in range(300)).encode()
    with Pages.open(tmp_path / "pages.db") as kept:
        some = [page(number, body=page(number).body + secret) for number in range(30)]
        keep_all(kept, some)
        received = keep_all(kept, [page(number) for number in range(40, 70)])
        assert secret[:100] in dictionary_of(kept)
        kept.db.execute("DELETE FROM pages WHERE id <= ?", [len(some)])
        kept.db.execute("DELETE FROM bodies WHERE digest NOT IN (SELECT digest FROM pages)")
    repacked(tmp_path, "--anew")
    with Pages.open(tmp_path / "pages.db") as kept:
        assert b"whisper" not in dictionary_of(kept)
        must_be_readable(kept, received)
        assert set(codings(kept)) == {DICTIONARY}


def dictionary_of(kept: Pages) -> bytes:
    """Return the one dictionary."""
    [[packed]] = kept.db.execute("SELECT body FROM dictionaries").fetchall()
    return zstandard.decompress(packed)


def repacked(folder: Path, *options: str) -> dict[str, int]:
    """Run `backissue repack`; return what it says."""
    config = folder / "backissue.toml"
    config.write_text("[sources.gazette]\nurl = 'https://gazette.example'\n")
    done = CliRunner().invoke(main, ["--config", str(config), "repack", "--json", *options])
    assert done.exit_code == 0, done.output
    found: dict[str, int] = json.loads(done.stdout)
    return found


def test_backup_has_the_dictionaries(tmp_path: Path) -> None:
    Archive.open(tmp_path / "archive.db").close()
    with Pages.open(tmp_path / "pages.db") as kept:
        received = keep_all(kept, [page(number) for number in range(40)])
        received |= keep_all(kept, [page(3, nonce=1)])
        backup.make(tmp_path / "archive.db", None, tmp_path / "copy", replace=False)
    with Pages.open(tmp_path / "copy" / "pages.db") as copy:
        must_be_readable(copy, received)


KEEPER = """
import sys
from pathlib import Path
from archive.files.raw_pages import Pages
from tests.unit.archive.files.test_bodies import page
from tests.builders.pages import made_page
with Pages.open(Path(sys.argv[1])) as kept:
    for number in range(int(sys.argv[2]), 10_000):
        kept.keep(page(number // 2, nonce=number % 2))
"""


@pytest.mark.parametrize("least", [1, 23, 24, 25, 60])
def test_killed_keeper_leaves_every_body_readable(tmp_path: Path, least: int) -> None:
    """Killed by SIGKILL about the time of a first training: no body lacks what it is unpacked with."""
    path, killed = tmp_path / "pages.db", []
    for start in (0, 2 * least):
        with subprocess.Popen([sys.executable, "-c", KEEPER, str(path), str(start)]) as keeper:
            try:
                until(lambda start=start: count(path) >= start + least, "pages are kept")
            finally:
                keeper.kill()
            killed.append(keeper.wait())
    assert killed == 2 * [-signal.SIGKILL]
    with Pages.open(path) as kept:
        assert list(kept.altered()) == []
        assert kept.db["pages"].count >= 3 * least


def count(path: Path) -> int:
    """Return how many pages are kept, 0 where there is no file."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM pages").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
