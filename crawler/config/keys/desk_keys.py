"""Keys of `[desk]`: whether named readers keep collections with the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from crawler.config.key_model import KeyTable, truth
from crawler.config.toml_reader import TomlTable


class DeskTable(KeyTable, frozen=True):
    """Keys of `[desk]`."""

    open: Annotated[bool, truth("Whether named readers keep collections with the archive.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """Configuration of readers' desks; they are closed without `open`."""

    open: bool = False


def read_desk_keys(table: TomlTable) -> DeskConfig:
    """Return the configuration of desks. Raises ConfigError."""
    return DeskConfig(open=table.table("desk").read(DeskTable).open)
