"""What the archive holds can be proved to others, and no change by another hand goes unseen."""

from __future__ import annotations

import base64
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from archive.core.errors import SiteError
from archive.core.records import Article, Comment, Extract, Page, Site, Surface
from archive.files import redaction_store
from archive.files.raw_pages import Pages, raw_pages_path
from archive.proof import log, merkle, states
from archive.proof.check import differences
from archive.storage import redaction
from archive.storage.archive import Archive
from crawler.config.keys.proof_keys import ProofConfig
from crawler.runs.sealing import seal_after_run, seal_now
from scheduler import main
from tests.builders.pages import made_page
from tests.builders.time_authority import openssl, time_authority

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://gazette.example/2026/03/the-ferry-toll/"
ARTICLE = Article(
    url=URL, post_id=7, title="The ferry toll", authors=("Ida Quill",), published=NOON, text="It rises.",
    tags=("ferry", "toll"), links=("https://toll.example/",),
    origins={"title": "page:h1", "text": "page:body"},
)  # fmt: skip
TALK = tuple(
    Comment(id=str(number), author=f"Reader {number}", text=f"Word {number} of it.", published=NOON)
    for number in range(11, 31)
)
AGENT = "Backissue/test"


def page(day: int, body: bytes = b"<p>It rises.</p>") -> Page:
    at = NOON + timedelta(days=day)
    return made_page(URL, body, fetched_at=at)


def save(path: Path, day: int, article: Article = ARTICLE, talk: tuple[Comment, ...] = TALK) -> None:
    with Archive.open(path) as archive, Pages.open(raw_pages_path(path)) as pages:
        archive.add_source(Site(name="gazette", url="https://gazette.example"), "2026-03-01T12:00:00Z")
        taken = page(day, f"<p>{article.text}</p>".encode())
        pages.keep(taken)
        archive.save(taken, Extract(surface=Surface.PAGE, articles=(article,), comments=talk))


def seal(path: Path, day: int, proof: ProofConfig | None = None) -> int:
    with Archive.open(path) as archive:
        return seal_now(archive, proof or ProofConfig(), NOON + timedelta(days=day), agent=AGENT)[0]


def named(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        return [*differences(archive.db, path)]


def sealed_twice(folder: Path) -> Path:
    """An archive of one article, edited once, with twenty comments; all of it is sealed."""
    path = folder / "archive.db"
    save(path, 0)
    seal(path, 0)
    save(path, 2, replace(ARTICLE, text="It falls."))
    seal(path, 2)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return sealed_twice(tmp_path)


def run(path: Path, *words: str) -> Result:
    config = path.with_name("backissue.toml")
    if not config.exists():
        config.write_text(
            'contact = "a@gazette.example"\n[sources.gazette]\nurl = "https://gazette.example"\n'
        )
    return CliRunner().invoke(main, ["--config", str(config), *words], prog_name="backissue")


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")], capture_output=True, text=True, check=False
    )


def test_the_tree_is_that_of_rfc_6962() -> None:
    """The leaves and roots that Certificate Transparency's own tests have."""
    data = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in data]
    assert (
        merkle.root_of(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert merkle.root_of(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that a leaf and its path lead to (RFC 9162, section 2.1.3.2).

    Raises ValueError for a path of the wrong length.
    """
    root = leaf
    place = index
    last = size - 1
    for step in path:
        if last == 0:
            raise ValueError("the path is too long")
        if place % 2 or place == last:
            root = merkle.node_hash(step, root)
            while not place % 2 and place:
                place = place >> 1
                last = last >> 1
        else:
            root = merkle.node_hash(root, step)
        place = place >> 1
        last = last >> 1
    if last:
        raise ValueError("the path is too short")
    return root


@given(st.integers(1, 200), st.data())
def test_every_path_leads_to_the_root_and_no_other_leaf_does(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(size)]
    index, root = data.draw(st.integers(0, size - 1)), merkle.root_of(leaves)
    path = merkle.audit_path(leaves, index)
    assert root_by_path(leaves[index], index, size, path) == root
    assert root_by_path(merkle.leaf_hash(b"other"), index, size, path) != root


ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Text of all characters, with halves of pairs that stand alone, as broken pages have them."""


@given(
    st.dictionaries(ANY_TEXT, st.none() | st.integers(-(2**63), 2**63 - 1) | ANY_TEXT | st.lists(ANY_TEXT))
)
def test_a_state_is_hashed_as_json_has_it(state: dict[str, object]) -> None:
    """The bytes under every seal ever made: whoever checks evidence writes them with any JSON library."""
    whole = {"kind": "comment", "id": 7, "version": 2, "state": state}
    said = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert states.encoded("comment", 7, 2, state) == said.encode("utf-8", "surrogatepass")


def test_an_edit_is_a_new_leaf_and_nothing_else_is_logged_again(path: Path) -> None:
    with Archive.open(path) as archive:
        first = "(SELECT last FROM proof_seals LIMIT 1)"
        edits = f"SELECT kind, item_id, version FROM proof_leaves WHERE id > {first}"
        new = archive.db.execute(edits).fetchall()
    assert sorted(new) == [("article", 1, 2), ("event", 1, 1), ("page", 2, 1), ("seals", 1, 1)]
    assert seal(path, 3) == 0
    assert named(path) == []


NEW_COMMENT = """
INSERT INTO comments (article_id, source, key, kind, author, text, position, version_count, first_seen, changed_at, origins)
SELECT 1, source, 'x', kind, author, text, 99, 1, first_seen, changed_at, origins FROM comments WHERE id = 1
"""  # noqa: E501
EARLIER = "'2020-01-01T00:00:00Z'"
ALTERED = [
    ("archive.db", "UPDATE comments SET text = 'Word 15 of ut.' WHERE id = 5", "The comment 5 (version 1)"),
    ("archive.db", "UPDATE comments SET author = 'Reader 99' WHERE id = 5", "The comment 5 (version 1)"),
    ("archive.db", f"UPDATE comments SET gone_at = {EARLIER} WHERE id = 6", "The comment 6 (address"),
    ("archive.db", "UPDATE articles SET title = 'The ferry tolL'", "The article 1 (version 2)"),
    ("archive.db", f"UPDATE articles SET first_seen = {EARLIER}", "The article 1 (address or dates)"),
    ("archive.db", "UPDATE article_versions SET text = 'It rose.'", "The article 1 (version 1)"),
    ("archive.db", "DELETE FROM article_tags WHERE position = 1", "The article 1 (version 2)"),
    ("archive.db", "DELETE FROM comments WHERE id = 20", "The comment 20 is in the log"),
    ("archive.db", NEW_COMMENT, "The comment 21 was added past Backissue"),
    ("archive.db", "UPDATE proof_leaves SET leaf = zeroblob(32) WHERE id = 3", "an entry from 1 to"),
    ("archive.db", "UPDATE proof_leaves SET version = 9 WHERE kind = 'page'", "The raw page 1 of"),
    ("archive.db", f"UPDATE proof_seals SET at = {EARLIER} WHERE number = 1", "The seal 1 of 2020-01-01"),
    ("archive.db", "DELETE FROM proof_seals WHERE number = 1", "does not follow the seal before it"),
    ("pages.db", f"UPDATE pages SET fetched_at = {EARLIER} WHERE id = 2", "The raw page 2 of"),
    ("pages.db", "UPDATE pages SET digest = (SELECT max(digest) FROM pages)", "of https://gazette.example"),
    ("pages.db", "DELETE FROM pages WHERE id = 1", "The raw page 1 of an unknown address"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "statement", "told"), ALTERED)
def test_a_change_past_the_program_is_named(path: Path, file: str, statement: str, told: str) -> None:
    with sqlite3.connect(path.with_name(file)) as other:
        other.execute(statement)
    other.close()
    assert any(told in sentence for sentence in named(path)), named(path)
    findings = json.loads(run(path, "doctor", "--offline", "--json").stdout)["findings"]
    finding = next(each for each in findings if each["check"] == "evidence")
    assert finding["verdict"] == "bad"
    assert told in finding["sentence"]


def test_evidence_is_checked_by_the_script_in_its_folder(path: Path, tmp_path: Path) -> None:
    done = run(path, "prove", "article", "1", "--out", str(tmp_path / "told"), "--page")
    assert done.exit_code == 0, done.output
    folder = tmp_path / "told"
    assert sum(file.stat().st_size for file in folder.iterdir()) < 10_000
    checked = verified(folder)
    assert checked.returncode == 0, checked.stderr
    assert "It rises." in checked.stdout
    assert "It falls." in checked.stdout
    assert (folder / "page.bin").read_bytes() == b"<p>It falls.</p>"
    proof = folder / "proof.json"
    proof.write_text(proof.read_text().replace("It falls.", "It fails."))
    assert "Not proved" in verified(folder).stderr
    again = run(path, "prove", "article", "1", "--out", str(folder))
    assert again.exit_code == 1
    assert "already exists" in again.output


def test_a_comment_is_proved_with_the_raw_page_it_stood_on(path: Path, tmp_path: Path) -> None:
    done = run(path, "prove", "comment", "5", "--out", str(tmp_path / "told"))
    assert done.exit_code == 0, done.output
    out = verified(tmp_path / "told").stdout
    assert out.count("Proved:") == 3
    assert "Word 15 of it." in out
    assert '"kind":"page"' in out


def test_evidence_does_not_grow_with_later_seals(path: Path, tmp_path: Path) -> None:
    """Its page is received again each day, and each day is sealed."""
    for day in range(5, 125):
        save(path, day)
        seal(path, day)
    done = run(path, "prove", "comment", "5", "--out", str(tmp_path / "told"))
    assert done.exit_code == 0, done.output
    assert sum(file.stat().st_size for file in (tmp_path / "told").iterdir()) < 10_000
    out = verified(tmp_path / "told").stdout
    assert '"kind":"page"' in out
    assert out.count("Proved:") == 3


def test_what_is_not_sealed_yet_is_no_evidence(path: Path, tmp_path: Path) -> None:
    save(path, 4, replace(ARTICLE, text="It stays."))
    done = run(path, "prove", "article", "1", "--out", str(tmp_path / "told"))
    assert done.exit_code == 1
    assert "backissue seal" in done.output
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize("words", [("articel", "1"), ("1",), ("comment", "1", "2")])
def test_what_is_no_item_is_named(path: Path, words: tuple[str, ...]) -> None:
    done = run(path, "prove", *words)
    assert done.exit_code == 2
    assert "not an item" in done.output


def test_hiding_one_comment_keeps_every_other_proof_and_leaves_no_salt(path: Path, tmp_path: Path) -> None:
    with Archive.open(path) as archive:
        with redaction_store.Hidden.open(redaction_store.redaction_store_path(path), create=True) as hidden:
            made = redaction.redact_item(archive.db, hidden, "comment", 5, reason="Asked", at=NOON)
        salts = (
            "SELECT count(*) FROM proof_leaves WHERE kind = 'comment' AND item_id = 5 AND salt IS NOT NULL"
        )
        assert archive.db.execute(salts).fetchone()[0] == 0
    assert named(path) == []
    assert seal(path, 5) == 0
    refused = run(path, "prove", "comment", "5", "--out", str(tmp_path / "hidden"))
    assert refused.exit_code == 1
    assert "hidden" in refused.output
    run(path, "prove", "comment", "6", "--out", str(tmp_path / "other"))
    assert verified(tmp_path / "other").returncode == 0
    with (
        Archive.open(path) as archive,
        redaction_store.Hidden.open(redaction_store.redaction_store_path(path), create=True) as hidden,
    ):
        redaction.unredact_item(archive.db, hidden, made.id)
    assert seal(path, 6) == 2
    assert named(path) == []
    run(path, "prove", "comment", "5", "--out", str(tmp_path / "again"))
    assert verified(tmp_path / "again").returncode == 0


def test_a_log_longer_than_one_seal_is_a_chain(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MAX_LEAVES", 7)
    more = tuple(replace(each, id=str(int(each.id or 0) + 100)) for each in TALK)
    save(path, 4, replace(ARTICLE, text="It falls."), TALK + more)
    seal(path, 4)
    assert named(path) == []
    with Archive.open(path) as archive:
        assert archive.db.execute("SELECT count(*) FROM proof_seals").fetchone()[0] == 8
    run(path, "prove", "comment", "21", "--out", str(tmp_path / "told"))
    assert verified(tmp_path / "told").returncode == 0


def test_runs_of_one_day_share_a_seal(path: Path) -> None:
    for day, seals in ((2.2, 2), (3.1, 3), (3.4, 3), (4.0, 4)):
        save(path, int(day * 10), replace(ARTICLE, text=f"Day {day}."))
        with Archive.open(path) as archive:
            seal_after_run(archive, ProofConfig(), NOON + timedelta(days=day), agent=AGENT)
            assert archive.db.execute("SELECT count(*) FROM proof_seals").fetchone()[0] == seals


@pytest.fixture
def key(tmp_path: Path, path: Path) -> Path:
    made = run(path, "seal", "--make-key", str(tmp_path / "proof.key"))
    assert made.exit_code == 0, made.output
    assert (tmp_path / "proof.key").stat().st_mode & 0o077 == 0
    assert run(path, "seal", "--make-key", str(tmp_path / "proof.key")).exit_code == 1
    with path.with_name("backissue.toml").open("a") as config:
        config.write('[proof]\nkey = "proof.key"\n')
    return tmp_path / "proof.key"


def test_a_seal_is_signed_and_stamped_and_openssl_says_so(path: Path, key: Path, tmp_path: Path) -> None:
    (tmp_path / "authority").mkdir()
    with time_authority(tmp_path / "authority") as authority:
        with path.with_name("backissue.toml").open("a") as config:
            config.write(f'timestamp = "{authority.url}"\n')
        done = run(path, "seal")
        assert done.exit_code == 0, done.output
        assert "signed and time-stamped" in done.output
        run(path, "prove", "comment", "5", "--out", str(tmp_path / "told"))
        folder = tmp_path / "told"
        assert sum(file.stat().st_size for file in folder.iterdir()) < 10_000
        assert verified(folder).returncode == 0
        signed = ("-verify", folder / "key.pem", "-signature", folder / "head.sig", folder / "head.bin")
        assert openssl("dgst", "-sha256", *signed) == b"Verified OK\n"
        stamped = ("-data", folder / "head.bin", "-in", folder / "head.tsr", "-CAfile", authority.certificate)
        openssl("ts", "-verify", *stamped)
        (folder / "head.bin").write_bytes(bytes(32))
        with pytest.raises(subprocess.CalledProcessError):
            openssl("ts", "-verify", *stamped)


def test_a_silent_authority_holds_up_nothing_and_is_asked_again(path: Path, tmp_path: Path) -> None:
    (tmp_path / "authority").mkdir()
    with time_authority(tmp_path / "authority") as authority:
        proof, authority.silent = ProofConfig(timestamp=authority.url), True
        save(path, 4, replace(ARTICLE, text="It stays."))
        with Archive.open(path) as archive:
            seal_after_run(archive, proof, NOON + timedelta(days=4), agent=AGENT)
            last = log.newest_seal(archive.db)
            assert last is not None
            assert (last.number, last.stamp) == (3, None)
            with pytest.raises(SiteError, match="gave no stamp"):
                seal_now(archive, proof, NOON + timedelta(days=4), agent=AGENT)
            authority.silent = False
            seal_after_run(archive, proof, NOON + timedelta(days=4.1), agent=AGENT)
            last = log.newest_seal(archive.db)
            assert last is not None
            assert last.stamp


@pytest.fixture
def wacz(path: Path, key: Path, tmp_path: Path) -> Iterator[zipfile.ZipFile]:
    done = run(path, "export", "wacz", "--output", str(tmp_path / "told.wacz"))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "told.wacz") as packed:
        yield packed


def test_a_wacz_is_signed_as_wacz_auth_says(wacz: zipfile.ZipFile) -> None:
    told = json.loads(wacz.read("datapackage-digest.json"))
    signed = told["signedData"]
    assert signed["hash"] == told["hash"]
    raw = base64.b64decode(signed["signature"])
    numbers = (int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big"))
    public = serialization.load_der_public_key(base64.b64decode(signed["publicKey"]))
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(encode_dss_signature(*numbers), signed["hash"].encode(), ec.ECDSA(hashes.SHA256()))
