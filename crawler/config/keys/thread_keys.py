"""Keys of comment systems elsewhere: `foreign_comments` and `[sources.NAME.comment_keys]`.

Some systems give their threads only to who has a key. It is kept verbatim, and a value from the environment
is inserted only when a crawl begins, so that reading the archive needs no secret. No error repeats a key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.config.keys.source_keys import SourceTable
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.config.variables import value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignComments:
    """Configuration of comments that are kept elsewhere.

    `is_on` is False where they are left alone. `keys` maps short names of systems to keys, verbatim.
    """

    is_on: bool = True
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secrets(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the keys with their values from the environment.

        Raises ConfigError for a variable that is empty or not set.
        """
        return {
            system: value_of(key, environ, key=f"comment_keys.{system}") for system, key in self.keys.items()
        }


def read_foreign_comments(table: TomlTable, keys: SourceTable) -> ForeignComments:
    """Return a source's configuration of comments that are kept elsewhere. Raises ConfigError."""
    given = table.table("comment_keys")
    if not given.values:
        return ForeignComments(is_on=keys.foreign_comments)
    has_own_servers = _systems_with_keys()
    given.only(tuple(has_own_servers))
    for name, stated in keys.comment_keys.items():
        if has_own_servers[name] and (why := _why_no_server_and_key(stated)):
            given.refuse(name, _expected_with_server(), why)
        if not has_own_servers[name] and not (stated.strip() and " " not in stated):
            given.refuse(
                name, _expected_key(name), describe_value(stated) if not stated.strip() else "a space"
            )
    return ForeignComments(is_on=keys.foreign_comments, keys=keys.comment_keys)


def _expected_key(system: str) -> str:
    return f"the key of {system}, or a variable as ${{NAME}}"


def _expected_with_server() -> str:
    return 'the URL of your server and its key, as "https://talk.example.org ${NAME}"'


def _why_no_server_and_key(stated: str) -> str | None:
    """Return what is wrong with the URL of a server and its key, if so. It repeats neither."""
    server, *keys = stated.split() or [""]
    if not re.match(r"https?://.", server):
        return "no URL of a server before the key"
    if len(keys) != 1:
        return "more than a URL and a key" if keys else "a URL without a key"
    return None


def _systems_with_keys() -> dict[str, bool]:
    """Return the systems that want a key, each with whether its sites have servers of their own."""
    from pipeline.threads.readers import READERS  # noqa: PLC0415  (it loads the readers of HTML)

    return {slug: reader.has_own_servers for slug, reader in READERS.items() if reader.needs_key}
