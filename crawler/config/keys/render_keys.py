"""Keys of a source whose pages are filled by scripts: `render` and `render_hosts`."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.keys.source_keys import SourceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderConfig:
    """Whether a source's articles are rendered in a browser.

    `hosts` are further hosts from which its scripts may have data, each with its port where that is not the
    default.
    """

    is_on: bool = False
    hosts: tuple[str, ...] = ()


def render_config(keys: SourceTable) -> RenderConfig:
    """Return a source's configuration of rendering."""
    return RenderConfig(is_on=keys.render, hosts=keys.render_hosts)
