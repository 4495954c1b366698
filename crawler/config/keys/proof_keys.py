"""Keys of `[proof]`: how the seals of the archive are signed and time-stamped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from crawler.config.key_model import KeyTable, described_key
from crawler.config.keys.source_keys import EXPECTED_URL
from crawler.config.site_url import check_address
from crawler.config.toml_reader import TomlTable

_CALENDARS = 'a list of URLs, such as ["https://alice.btc.calendar.opentimestamps.org"]'
_KEY = "the path of a private key, as `backissue seal --make-key` makes one"


class ProofTable(KeyTable, frozen=True):
    """Keys of `[proof]`."""

    key: Annotated[str | None, described_key("The key that signs the seals.", _KEY)] = None
    timestamp: Annotated[
        str | None, described_key("The URL of a time-stamp authority.", EXPECTED_URL, check=check_address)
    ] = None
    calendars: Annotated[
        tuple[str, ...],
        described_key("OpenTimestamps calendars that stamp seals.", _CALENDARS, check=check_address),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofConfig:
    """Configuration of seals.

    `key` is the file of a private key (ECDSA, P-384, PEM), `timestamp` the URL of an RFC 3161 authority,
    `calendars` are the URLs of OpenTimestamps calendars.
    """

    key: Path | None = None
    timestamp: str | None = None
    calendars: tuple[str, ...] = ()


def read_proof(table: TomlTable) -> ProofConfig:
    """Return the configuration of seals. Raises ConfigError."""
    keys = table.table("proof").read(ProofTable)
    key_file = table.file.parent / Path(keys.key).expanduser() if keys.key else None
    return ProofConfig(key=key_file, timestamp=keys.timestamp, calendars=keys.calendars)
