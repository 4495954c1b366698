"""Key `api_key` of a source: the operator's own key for the API of the system that runs the site.

It is kept verbatim, and a value from the environment is inserted only when a crawl begins. No error repeats
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crawler.config.keys.source_keys import EXPECTED_API_KEY, SourceTable
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.config.variables import value_of


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The operator's key for a site's API, verbatim; None where there is none."""

    stated: str | None = field(default=None, repr=False)

    def value(self, environ: Mapping[str, str]) -> str | None:
        """Return the key with its values from the environment, if there is one.

        Raises ConfigError for a variable that is empty or not set.
        """
        if self.stated is None:
            return None
        return value_of(self.stated, environ, key="api_key")


def read_api_key(table: TomlTable, keys: SourceTable) -> ApiKey:
    """Return a source's own key for its site's API. Raises ConfigError."""
    stated = keys.api_key
    if stated is None:
        return ApiKey()
    if not stated.strip():
        table.refuse("api_key", EXPECTED_API_KEY, describe_value(stated))
    if stated.split() != [stated]:
        table.refuse("api_key", EXPECTED_API_KEY, "a space")
    return ApiKey(stated)
