"""Keys of `[desk]`: whether named readers keep collections with the archive."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.toml_reader import TomlTable

DESK_KEYS = ("open",)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskConfig:
    """Configuration of readers' desks; they are closed without `open`."""

    open: bool = False


def read_desk_keys(table: TomlTable) -> DeskConfig:
    """Return the configuration of desks. Raises ConfigError."""
    desk = table.table("desk")
    desk.only(DESK_KEYS)
    return DeskConfig(open=desk.truth("open", default=False))
