"""Evidence folder of one item: what was logged of it, and how that leads to a seal.

Whoever gets the folder needs neither the archive nor Backissue: `verify.py` in it is a page of plain
Python, and openssl checks the signature and the time-stamp.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.core.connection import Database
from archive.core.database import connect
from archive.core.errors import ArchiveError, NotFoundError
from archive.core.records import Page
from archive.files.raw_pages import Altered, Pages, raw_pages_path
from archive.proof.log import LogSeal, digest, leaves_between, newest_seal, seals_from
from archive.proof.merkle import Step
from archive.proof.paths import links_to_head, steps_in_seal
from archive.proof.states import State, encoded, page_states, states_of

CHECKER = Path(__file__).with_name("verify_template.py")
BLOCK_READER = Path(__file__).with_name("block_template.py")
_SEALED = "SELECT id, version, salt, leaf FROM proof_leaves WHERE kind = ? AND item_id = ? ORDER BY id"
_RAW = """
SELECT id FROM pages WHERE kind = 'article' AND witness IS NULL AND status = 200 AND source = ?
    AND url IN (SELECT value FROM json_each(?))
"""
_LOGGED_PAGE = """
SELECT item_id FROM proof_leaves WHERE kind = 'page' AND salt IS NOT NULL
    AND item_id IN (SELECT value FROM json_each(:pages)) AND id <= (SELECT max(last) FROM proof_seals)
    ORDER BY id BETWEEN :first AND :last DESC, item_id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceEntry:
    """One log entry of an item that its state still bears out."""

    id: int
    salt: bytes
    content: bytes


def write_evidence(
    db: Database, archive: Path, kind: str, item_id: int, folder: Path, *, body: bool
) -> list[str]:
    """Write the evidence folder of an "article" or a "comment"; return the names of its files.

    With `body` the raw page of the article is in it too, the newest one that its seals cover. Raises
    NotFoundError where there is no such item, ArchiveError where it is hidden, not sealed yet or not as it
    was logged, or the folder exists.
    """
    states = _states(db, kind, item_id)
    entries = [*_entries(db, kind, item_id, states)]
    article_id = item_id
    if kind == "comment":
        article_id = _article_of(db, item_id)
    raw, page = _raw_page(db, raw_pages_path(archive), article_id, _span(db, entries))
    if raw:
        number, state = raw
        entries += _entries(db, "page", number, {1: state})
    seals = _seals(db, entries)
    files = {
        "proof.json": _proof(db, kind, item_id, entries, seals),
        "head.bin": seals[-1].head,
        "verify.py": CHECKER.read_bytes(),
        "README.txt": _readme(kind, item_id, seals[-1]).encode(),
    }
    if seals[-1].signature:
        files |= {"head.sig": seals[-1].signature, "key.pem": str(seals[-1].public_key).encode()}
    if seals[-1].stamp:
        files["head.tsr"] = seals[-1].stamp
    if seals[-1].ots:
        files |= {"head.bin.ots": seals[-1].ots, "block.py": BLOCK_READER.read_bytes()}
    if body and page:
        files["page.bin"] = page
    try:
        folder.mkdir()
    except FileExistsError as error:
        raise ArchiveError(f"{folder} already exists.", hint="Choose another folder with --out.") from error
    except OSError as error:
        raise ArchiveError(f"{folder} cannot be made: {error.strerror}.") from error
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [*files]


def _states(db: Database, kind: str, item_id: int) -> dict[int, State]:
    found = states_of(db, kind, [item_id])
    if item_id not in found:
        raise NotFoundError(f"The archive holds no {kind} {item_id}.")
    states = found[item_id]
    if states is None:
        raise ArchiveError(f"The {kind} {item_id} is hidden, wholly or in part: nothing of it is handed out.")
    return states


def _article_of(db: Database, comment_id: int) -> int:
    return int(db.execute("SELECT article_id FROM comments WHERE id = ?", [comment_id]).fetchone()[0])


def _entries(db: Database, kind: str, item_id: int, states: dict[int, State]) -> Iterator[EvidenceEntry]:
    """Yield the newest entry of each state. Raises ArchiveError for a state that is not as it was logged."""
    found = db.execute(_SEALED, [kind, item_id])
    newest = {version: (number, salt, leaf) for number, version, salt, leaf in found}
    for version, state in sorted(states.items()):
        number, salt, leaf = newest.get(version, (0, None, b""))
        if salt is None or digest(kind, item_id, version, state, salt) != leaf:
            raise ArchiveError(
                f"The {kind} {item_id} is not as it was last logged.",
                hint="Run `backissue seal` if a crawl was interrupted, else `backissue doctor`.",
            )
        content = encoded(kind, item_id, version, state)
        yield EvidenceEntry(id=number, salt=salt, content=content)


def _span(db: Database, entries: Iterable[EvidenceEntry]) -> tuple[int, int]:
    """Return the first and the last entry of the seals from the oldest of some entries to the newest."""
    ids = [entry.id for entry in entries]
    sql = "SELECT min(first), max(last) FROM proof_seals WHERE last >= ? AND first <= ?"
    first, last = db.execute(sql, [min(ids), max(ids)]).fetchone()
    return first or 1, last or 0


def _raw_page(
    db: Database, path: Path, article_id: int, span: tuple[int, int]
) -> tuple[tuple[int, State] | None, bytes | None]:
    """Return a raw page of an article, with its number, and its body, if any.

    The newest one logged within a span of the log, so that no later seal is needed; else the newest one.
    """
    if not path.exists():
        return None, None
    addresses = db.execute("SELECT url FROM addresses WHERE article_id = ?", [article_id])
    urls = [row[0] for row in addresses.fetchall()]
    source = db.execute("SELECT source FROM articles WHERE id = ?", [article_id]).fetchone()[0]
    with closing(connect(path, create=False)) as pages:
        numbers = [number for (number,) in pages.execute(_RAW, [source, json.dumps(urls)])]
        values = {"pages": json.dumps(numbers), "first": span[0], "last": span[1]}
        logged = db.execute(_LOGGED_PAGE, values).fetchone()
        if logged is None:
            return None, None
        state = next(page_states(pages, above=logged[0] - 1))
        page: Page | Altered = Pages(pages).get(logged[0])
        if not isinstance(page, Page):
            return state, None
        return state, page.body


def _seals(db: Database, entries: Iterable[EvidenceEntry]) -> list[LogSeal]:
    """Return the seals from that of the oldest entry to the best witnessed one after the newest entry."""
    ids = [entry.id for entry in entries]
    last = newest_seal(db)
    if last is None or last.last < max(ids):
        raise ArchiveError("It is logged, but not sealed yet.", hint="Seal it: `backissue seal`.")
    sealed = db.execute("SELECT number FROM proof_seals WHERE last >= ? ORDER BY number", [min(ids)])
    first = sealed.fetchone()[0]
    seals = [*seals_from(db, first)]
    newest = max(ids)
    able = [seal for seal in seals if seal.last >= newest]
    best = max(able, key=lambda seal: (seal.witness_rank, -seal.number))
    return [seal for seal in seals if seal.number <= best.number]


def _proof(
    db: Database, kind: str, item_id: int, entries: list[EvidenceEntry], seals: list[LogSeal]
) -> bytes:
    """Return proof.json: one line for each link and entry."""
    covering = [seal for seal in seals if _covers(seal, entries)]
    links = links_to_head(db, seals, {seal.number for seal in covering})
    link_lines = [_line({"node": _text(link.node), "steps": _steps(link.steps)}) for link in links]
    entry_lines = []
    for seal in covering:
        leaves = leaves_between(db, seal.first, seal.last)
        for entry in entries:
            if seal.first <= entry.id <= seal.last:
                steps = steps_in_seal(leaves, seal, entry.id)
                entry_lines.append(_entry_line(entry, steps))
    item = json.dumps(f"{kind} {item_id}")
    parts = (
        f'{{"item": {item},',
        '"entries": [',
        ",\n".join(entry_lines),
        '],\n"links": [',
        ",\n".join(link_lines),
        "]}\n",
    )
    return "\n".join(parts).encode()


def _entry_line(entry: EvidenceEntry, steps: Sequence[Step]) -> str:
    content = entry.content.decode("utf-8", "surrogatepass")
    return _line({"content": content, "salt": entry.salt.hex(), "steps": _steps(steps)})


def _steps(steps: Sequence[Step]) -> list[str]:
    """Return steps as text: what comes before and after the hash, in Base64."""
    return [f"{_text(before)},{_text(after)}" for before, after in steps]


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _line(facts: dict[str, Any]) -> str:
    return json.dumps(facts, separators=(",", ":"))


def _covers(seal: LogSeal, entries: Iterable[EvidenceEntry]) -> bool:
    return any(seal.first <= entry.id <= seal.last for entry in entries)


def _readme(kind: str, item_id: int, seal: LogSeal) -> str:
    lines = [
        f"Evidence of {kind} {item_id}, from an archive kept by Backissue.",
        "",
        "proof.json  what was logged, and how it leads to the head of a seal",
        "head.bin    that head, 32 bytes",
        f"verify.py   checks both: python3 verify.py (the seal is number {seal.number}, of {seal.at})",
    ]
    if seal.signature:
        lines += [
            "head.sig    the archive's signature:",
            "            openssl dgst -sha256 -verify key.pem -signature head.sig head.bin",
        ]
    if seal.stamp:
        lines += [
            f"head.tsr    the time-stamp of {seal.authority}:",
            "            openssl ts -verify -data head.bin -in head.tsr -CAfile CERTIFICATES-OF-IT",
        ]
    if seal.ots:
        lines += [
            "head.bin.ots  the OpenTimestamps proof: python3 block.py names the Bitcoin block and its Merkle",
            "            root, which any block explorer shows; or: ots verify head.bin.ots",
        ]
        if seal.ots_pending:
            lines.append("            It names no block yet: make this folder again in a day.")
    if not seal.stamp and not seal.ots:
        lines.append("No authority has stamped this seal: only the archive itself says when it was made.")
    return "\n".join([*lines, ""])
