"""What of an archive is found, kept up to date, hidden and built anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive.copies import update
from archive.copies.update import rebuild_copies, update_after_run, update_copies
from archive.copies.wording import Worded, prints_of, words_of
from archive.core.database import rehearsal
from archive.core.errors import BusyError
from archive.core.locks import hold
from archive.files import fingerprints
from archive.files.redaction_store import Hidden, redaction_store_path
from archive.queries import same_words
from archive.storage.archive import Archive
from archive.storage.redaction import redact_item, unredact_item
from tests import bench_copies
from tests.builders.fixtures_archive import START, Filler

TIDE = (
    "The tide mill stood still for nine winters because nobody could agree"
    " who was to pay for its wheel of oak"
)
NEAR = TIDE.replace("nine", "ten").replace("oak", "elm")
QUOTED = f"As the paper wrote then: “{TIDE}.” I have kept the cutting, as my mother kept it, in a drawer."
REPLY = f"> {TIDE}\n\nNot so."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An article that is quoted below it, copies of its sentence in two other threads, and a reply."""
    path = tmp_path / "archive.db"
    fill = Filler(path)
    fill.article(1, START, text=f"{TIDE}. {'The rest of it is about boats and how they are painted. ' * 9}")
    fill.article(2, START, text="Another article, of a dozen words or more, that has nothing to do with it.")
    fill.comment(1, START + timedelta(days=1), text=QUOTED, author="Marten")
    fill.article(3, START, text=None)
    fill.comment(3, START + timedelta(days=2), text=NEAR, author="noor")
    fill.comment(2, START + timedelta(days=3), text=TIDE, author="Priya K.")
    fill.comment(2, START + timedelta(days=4), text=REPLY, author="The Baker", parent_id=3)
    fill.comment(2, START + timedelta(days=5), text="Thanks!", author="Marten")
    fill.comment(2, START + timedelta(days=5), text="Thanks!", author="noor")
    fill.finish()
    return path


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    with Archive.open(path) as archive:
        yield archive


def found(archive: Archive) -> tuple[set[frozenset[int]], set[tuple[str, int, str, int]]]:
    """Groups of comments, and pairs that share a passage."""
    groups: dict[int, set[int]] = {}
    for kind, item_id, group in archive.db.execute("SELECT * FROM copies").fetchall():
        assert kind == "comment"
        groups.setdefault(group, set()).add(item_id)
    sql = "SELECT kind, item_id, other_kind, other_id FROM passages"
    pairs = {max(each, each[2:] + each[:2]) for each in archive.db.execute(sql).fetchall()}
    return {frozenset(each) for each in groups.values()}, pairs


def check(archive: Archive) -> None:
    groups, pairs = found(archive)
    assert groups == {frozenset({2, 3})}
    assert pairs, "one of the copies may stand for both"
    assert pairs <= {("comment", 3, "article", 1), ("comment", 2, "article", 1)}


def test_copies_and_passages_of_other_threads_are_found(archive: Archive) -> None:
    """A comment that quotes the article above it, or the comment that it answers, is no copy."""
    assert update_copies(archive.db, archive.path) == 0, "all of it was built at once"
    check(archive)
    places = same_words.find_places(archive.db.conn, "comment", 3)
    assert [(each["kind"], each["item_id"], bool(each["words"])) for each in places] == [
        ("article", 1, True),
        ("comment", 2, False),
        ("comment", 3, False),
    ]
    [network] = same_words.find_networks(archive.db.conn)
    assert (network["items"], network["names"], network["comment_id"]) == (2, 2, 2)
    assert same_words.count_elsewhere(archive.db.conn, "comment", [2, 3, 4, 5]) == {2: 2, 3: 2}


def test_item_by_item_finds_the_same(archive: Archive) -> None:
    with fingerprints.Fingerprints.open(fingerprints.fingerprints_path(archive.path)):
        pass
    assert update_copies(archive.db, archive.path) == 8
    check(archive)
    before = found(archive)
    assert update_copies(archive.db, archive.path) == 0
    rebuild_copies(archive.db, archive.path)
    check(archive)
    assert found(archive)[0] == before[0]


def test_an_edited_text_is_compared_anew(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    archive.db.execute(
        "INSERT INTO comment_versions (comment_id, version, since, until, changed, cause, text)"
        " VALUES (3, 1, '2009', '2010', '[]', 'edited', ?)",
        [TIDE],
    )
    archive.db.execute("UPDATE comments SET text = 'I take it all back, and I am sorry' WHERE id = 3")
    assert found(archive)[0] == {frozenset({2})}, "its row goes in the same statement"
    assert same_words.find_networks(archive.db.conn) == []
    assert update_copies(archive.db, archive.path) == 2, "and the reply below it"
    check(archive)
    archive.db.execute("DELETE FROM comment_versions")
    assert update_copies(archive.db, archive.path) == 1
    assert found(archive)[0] == {frozenset({2})}


def test_a_deleted_comment_leaves(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    archive.db.execute("UPDATE comments SET parent_id = NULL")
    archive.db.execute("DELETE FROM comments WHERE id = 3")
    update_copies(archive.db, archive.path)
    groups, pairs = found(archive)
    assert groups == {frozenset({2})}
    assert ("comment", 3) not in {each for pair in pairs for each in (pair[:2], pair[2:])}
    with fingerprints.Fingerprints.open(fingerprints.fingerprints_path(archive.path)) as index:
        assert 3 not in {key.item_id for _, key, _ in index.texts() if key.kind == "comment"}


def test_an_interrupted_build_begins_anew(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(update, "_compare_all", broken)
        with pytest.raises(KeyboardInterrupt):
            update_copies(archive.db, archive.path)
    assert not fingerprints.fingerprints_path(archive.path).exists()
    assert not archive.db.execute("SELECT * FROM copies_queue").fetchall()
    update_copies(archive.db, archive.path)
    check(archive)


def test_what_is_hidden_during_a_build_is_not_in_it(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare_all = update._compare_all

    def hidden_meanwhile(*args: object) -> object:
        made = compare_all(*args)  # type: ignore[arg-type]
        fingerprints.forget_items(archive.path, [("comment", 3)])
        return made

    with monkeypatch.context() as patched:
        patched.setattr(update, "_compare_all", hidden_meanwhile)
        with pytest.raises(BusyError, match="hidden while"):
            rebuild_copies(archive.db, archive.path)
    assert not fingerprints.fingerprints_path(archive.path).exists()
    assert found(archive) == (set(), set())


def test_a_rolled_back_redaction_leaves_no_hole(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    fingerprints.forget_items(archive.path, [("comment", 3)])
    archive.db.execute("UPDATE comments SET text = text || '.' WHERE id = 2")
    assert update_copies(archive.db, archive.path) == 2
    check(archive)


def test_fingerprints_leave_the_bytes_of_the_file(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    place = fingerprints.fingerprints_path(archive.path)
    unique = set(prints_of(Worded.of(words_of(NEAR)))) - set(prints_of(Worded.of(words_of(TIDE))))
    assert unique

    def written() -> int:
        files = [place, place.with_name(f"{place.name}-wal")]
        held = b"".join(each.read_bytes() for each in files if each.exists())
        return sum(each.to_bytes(6, "big") in held for each in unique)

    assert written() == len(unique)
    fingerprints.forget_items(archive.path, [("comment", 2)])
    assert written() == 0


def test_a_file_that_is_damaged_is_thrown_away(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    place = fingerprints.fingerprints_path(archive.path)
    place.write_bytes(b"no database at all" * 500)
    update_after_run(archive.db, archive.path, 60)
    fingerprints.forget_items(archive.path, [("comment", 2)])
    assert not place.exists()
    archive.db.execute("UPDATE comments SET text = text || '.' WHERE id = 5")
    update_copies(archive.db, archive.path)
    check(archive)


def test_two_processes_do_not_build_at_once(archive: Archive) -> None:
    with hold(archive.path, "copies"):
        assert update_copies(archive.db, archive.path) == 0
        with pytest.raises(BusyError):
            rebuild_copies(archive.db, archive.path)
    assert found(archive) == (set(), set())


def test_planted_copies_are_found(tmp_path: Path) -> None:
    """The benchmark, on a few hundred comments."""
    planted = bench_copies.plant(tmp_path, 900, copies=80)
    score = bench_copies.measure(tmp_path, planted, new=20)
    assert score.recall >= 0.95
    assert score.precision >= 0.99
    assert score.quotations >= 0.95


def indexed(archive: Archive) -> set[tuple[str, int]]:
    with fingerprints.Fingerprints.open(fingerprints.fingerprints_path(archive.path)) as index:
        return {(key.kind, key.item_id) for _, key, _ in index.texts()}


@pytest.mark.parametrize(("kind", "number"), [("comment", 3), ("article", 1)])
def test_what_is_hidden_is_no_copy_any_more(archive: Archive, kind: str, number: int) -> None:
    update_copies(archive.db, archive.path)
    before = found(archive)
    assert (kind, number) in indexed(archive)
    with Hidden.open(redaction_store_path(archive.path), create=True) as hidden:
        done = redact_item(archive.db, hidden, kind, number, reason="Asked", at=START)
        assert len(same_words.find_places(archive.db.conn, kind, number)) == 1, "at once"
        assert (kind, number) not in indexed(archive)
        update_copies(archive.db, archive.path)
        rebuild_copies(archive.db, archive.path)
        assert len(same_words.find_places(archive.db.conn, kind, number)) == 1
        assert (kind, number) not in indexed(archive)
        unredact_item(archive.db, hidden, done.id)
    update_copies(archive.db, archive.path)
    assert found(archive)[0] == before[0]
    check(archive)


def test_a_redaction_that_fails_hides_nothing(archive: Archive) -> None:
    update_copies(archive.db, archive.path)
    with (
        Hidden.open(redaction_store_path(archive.path), create=True) as hidden,
        rehearsal(archive.db),
    ):
        redact_item(archive.db, hidden, "comment", 3, reason="Asked", at=START)
        assert found(archive)[0] == {frozenset({2})}
    check(archive)
    assert ("comment", 3) in indexed(archive)
