"""Keys of `[visitor]`: how our requests are signed, so that a site can identify the crawler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from crawler.config.key_model import KeyTable, described_key, truth
from crawler.config.keys.source_keys import EXPECTED_URL
from crawler.config.site_url import check_address
from crawler.config.toml_reader import TomlTable

DEFAULT_KEY = "visitor.key"
_KEY = "the path of a private key, as `backissue visitor key` makes one"


class VisitorTable(KeyTable, frozen=True):
    """Keys of `[visitor]`."""

    sign: Annotated[bool, truth("Whether requests are signed.")] = False
    key: Annotated[str, described_key("The key that signs requests.", _KEY)] = DEFAULT_KEY
    directory: Annotated[
        str | None,
        described_key("The site that publishes its public half.", EXPECTED_URL, check=check_address),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorConfig:
    """Configuration of signed requests (Web Bot Auth).

    `key` is the file of an Ed25519 private key (PEM), `directory` the URL of the site that publishes its
    public half, None where it is not published. Nothing is signed without `sign`.
    """

    sign: bool = False
    key: Path | None = None
    directory: str | None = None


def read_visitor(table: TomlTable) -> VisitorConfig:
    """Return the configuration of signed requests. Raises ConfigError."""
    keys = table.table("visitor").read(VisitorTable)
    key_file = table.file.parent / Path(keys.key).expanduser()
    return VisitorConfig(sign=keys.sign, key=key_file, directory=keys.directory)
