"""Evidence of states that lie many seals apart: it stays small, by the lists of seals in the log."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.proof import log, merkle
from archive.proof.bundle import CHECKER
from tests.unit.archive.proof.test_proof import ARTICLE, named, run, save, seal, sealed_twice, verified


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sealed_twice(tmp_path)


def years(path: Path, seals: int) -> None:
    """Let the text change in the first seal and the last one."""
    for day in range(5, 5 + seals):
        save(path, day, replace(ARTICLE, text="It falls." if day < 4 + seals else "It lies still."))
        seal(path, day)


TOP = "SELECT max(id) FROM proof_leaves"


@pytest.mark.parametrize("seals", [2, 7, 8, 9, 90])
def test_evidence_of_states_of_many_seals_stays_small(path: Path, tmp_path: Path, seals: int) -> None:
    years(path, seals)
    done = run(path, "prove", "article", "1", "--out", str(tmp_path / "told"))
    assert done.exit_code == 0, done.output
    assert sum(file.stat().st_size for file in (tmp_path / "told").iterdir()) < 8_000
    out = verified(tmp_path / "told").stdout
    assert [word in out for word in ("It rises.", "It falls.", "It lies still.")] == [True] * 3
    assert named(path) == []


def test_seals_of_an_older_program_are_listed_by_the_next_one(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(log, "_list_seals", lambda db, _: db.execute(TOP).fetchone()[0])
        years(path, 30)
    assert named(path) == []
    run(path, "prove", "article", "1", "--out", str(tmp_path / "before"))
    assert verified(tmp_path / "before").returncode == 0
    save(path, 40, replace(ARTICLE, text="It is gone."))
    seal(path, 40)
    run(path, "prove", "article", "1", "--out", str(tmp_path / "after"))
    assert verified(tmp_path / "after").returncode == 0
    before, after = (len((tmp_path / name / "proof.json").read_bytes()) for name in ("before", "after"))
    assert after < before - 1_000
    assert named(path) == []


@pytest.mark.parametrize("link", range(4))
@pytest.mark.parametrize("what", ["node", "steps"])
def test_an_altered_link_proves_nothing(path: Path, tmp_path: Path, link: int, what: str) -> None:
    years(path, 20)
    run(path, "prove", "article", "1", "--out", str(tmp_path / "told"))
    file = tmp_path / "told" / "proof.json"
    proof = json.loads(file.read_text())
    node = bytearray(base64.b64decode(proof["links"][link]["node"]))
    node[0] ^= 1
    altered = base64.b64encode(node).decode()
    proof["links"][link][what] = altered if what == "node" else [f"{altered},"]
    file.write_text(json.dumps(proof))
    assert verified(tmp_path / "told").returncode == 1


def told_by_hand(folder: Path, content: bytes, salt: bytes, steps: list[merkle.Step], leaf: bytes) -> int:
    """Write evidence of an entry under a seal of one leaf; return how verify.py ends."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode()

    prefix = log.head_prefix(1, 1, 1, "2026-03-01T12:00:00Z")
    entry = {
        "content": content.decode(),
        "salt": salt.hex(),
        "steps": [",".join(map(text, s)) for s in steps],
    }
    link = {"node": text(leaf), "steps": [f"{text(prefix)},{text(log.START)}"]}
    (folder / "proof.json").write_text(json.dumps({"entries": [entry], "links": [link]}))
    (folder / "head.bin").write_bytes(hashlib.sha256(prefix + leaf + log.START).digest())
    (folder / "verify.py").write_bytes(CHECKER.read_bytes())
    return verified(folder).returncode


def test_what_a_reader_wrote_is_no_step(tmp_path: Path) -> None:
    """A comment may contain the digest of an entry that never was."""
    salt, real, never = b"s" * 16, b'{"text":"yes"}', b'{"text":"no"}'
    leaf = merkle.leaf_hash(salt + real)
    assert told_by_hand(tmp_path, real, salt, [], leaf) == 0
    planted = merkle.leaf_hash(salt + never)
    around = (b"\0" + salt + b'{"text":"', b'"}')
    leaf = hashlib.sha256(around[0] + planted + around[1]).digest()
    assert told_by_hand(tmp_path, never, salt, [around], leaf) == 1


def test_the_end_of_an_entry_is_none(tmp_path: Path) -> None:
    salt, real = b"s" * 16, b'{"text":"no, yes"}'
    leaf = merkle.leaf_hash(salt + real)
    assert told_by_hand(tmp_path, real[9:], salt + real[:9], [], leaf) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("item_id = 99", "up to 99 in the log does not fit them"),
        ("item_id = item_id + 1", "up to 3 in the log does not fit them"),
        ("kind = 'seal'", "unknown kind"),
        ("leaf = zeroblob(32)", "does not fit"),
    ],
)
def test_an_altered_list_of_seals_is_named(path: Path, change: str, told: str) -> None:
    years(path, 3)
    with sqlite3.connect(path) as other:
        other.execute(f"UPDATE proof_leaves SET {change} WHERE kind = 'seals' AND item_id = 2")
    other.close()
    assert any(told in sentence for sentence in named(path)), named(path)


@given(st.integers(1, 200), st.data())
def test_steps_lead_to_the_root_of_a_list_that_grows(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    growing = merkle.GrowingRoot()
    for leaf in leaves:
        growing.add(leaf)
    index = data.draw(st.integers(0, size - 1))
    node = leaves[index]
    for before, after in merkle.steps_to_root(leaves, index):
        node = hashlib.sha256(before + node + after).digest()
    assert node == growing.root() == merkle.root_of(leaves)
