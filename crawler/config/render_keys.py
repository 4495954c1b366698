"""Keys of a source whose pages are filled by scripts: `render` and `render_hosts`."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.toml_reader import TomlTable

RENDER_KEYS = ("render", "render_hosts")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderConfig:
    """Whether a source's articles are rendered in a browser.

    `hosts` are further hosts from which its scripts may have data, each with its port where that is not the
    default.
    """

    is_on: bool = False
    hosts: tuple[str, ...] = ()


def read_render(table: TomlTable) -> RenderConfig:
    """Return a source's configuration of rendering. Raises ConfigError."""
    return RenderConfig(is_on=table.truth("render", default=False), hosts=table.hosts("render_hosts"))
