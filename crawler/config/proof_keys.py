"""Keys of `[proof]`: how the seals of the archive are signed and time-stamped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.config.toml_reader import TomlTable

PROOF_KEYS = ("key", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofConfig:
    """Configuration of seals.

    `key` is the file of a private key (ECDSA, P-384, PEM), `timestamp` the URL of an RFC 3161 authority.
    """

    key: Path | None = None
    timestamp: str | None = None


def read_proof(table: TomlTable) -> ProofConfig:
    """Return the configuration of seals. Raises ConfigError."""
    proof = table.table("proof")
    proof.only(PROOF_KEYS)
    key = proof.text("key", "the path of a private key, as `backissue seal --make-key` makes one")
    return ProofConfig(
        key=table.file.parent / Path(key).expanduser() if key else None,
        timestamp=proof.address("timestamp"),
    )
