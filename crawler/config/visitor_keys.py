"""Keys of `[visitor]`: how our requests are signed, so that a site can tell who comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.config.toml_reader import TomlTable

VISITOR_KEYS = ("sign", "key", "directory")
DEFAULT_KEY = "visitor.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorConfig:
    """Configuration of signed requests (Web Bot Auth).

    `key` is the file of an Ed25519 private key (PEM), `directory` the URL of the site that publishes its
    public half, None where it is published nowhere. Nothing is signed without `sign`.
    """

    sign: bool = False
    key: Path | None = None
    directory: str | None = None


def read_visitor(table: TomlTable) -> VisitorConfig:
    """Return the configuration of signed requests. Raises ConfigError."""
    visitor = table.table("visitor")
    visitor.only(VISITOR_KEYS)
    key = visitor.text("key", "the path of a private key, as `backissue visitor key` makes one")
    return VisitorConfig(
        sign=visitor.truth("sign", default=False),
        key=table.file.parent / Path(key or DEFAULT_KEY).expanduser(),
        directory=visitor.address("directory"),
    )
