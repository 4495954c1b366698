"""The seals by which the archive verifies the content of `hidden.db`, without any of its text.

A seal sums up an item and all that were kept before it for the same redaction. It is made with a key that
never leaves `hidden.db`, so nobody can test guessed text against it.
"""

from __future__ import annotations

import hmac
import sqlite3
from contextlib import suppress
from dataclasses import dataclass

from archive.core.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Number of a redaction's stored rows, and their last seal."""

    things: int
    value: str


def sealed(key: bytes, before: str, place: str, row: str) -> str:
    """Return a row's seal, chained to the one `before`.

    64 hexadecimal digits; `before` is "" for the first.
    """
    message = f"{before}\n{place}\n{row}".encode()
    return hmac.digest(key, message, "sha256").hex()


def write_seal(db: Database, redaction: int, seal: Seal) -> None:
    """Write into the archive what `hidden.db` must have."""
    db.execute(
        "INSERT INTO redaction_seals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " things = excluded.things, seal = excluded.seal",
        [redaction, seal.things, seal.value],
    )


def read_seals(archive: sqlite3.Connection) -> dict[int, Seal | None]:
    """Return the seals of redactions, None for unsealed ones."""
    numbers = [row[0] for row in archive.execute("SELECT id FROM main.redactions ORDER BY id").fetchall()]
    found: dict[int, Seal | None] = dict.fromkeys(numbers)
    with suppress(sqlite3.OperationalError):  # an archive that was not brought up to date has no seals
        sql = "SELECT redaction_id, things, seal FROM main.redaction_seals"
        for number, things, value in archive.execute(sql).fetchall():
            found[number] = Seal(things=things, value=value)
    return found
