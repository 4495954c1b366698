"""Variables of the environment in values of the configuration, written as `${NAME}`.

Values are kept verbatim, and filled in only when they are used, so that reading the archive needs no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from archive.core.errors import ConfigError

_VARIABLE = re.compile(r"\$\{(\w+)\}", re.ASCII)


def variables_in(value: str) -> list[str]:
    """Return the names of the variables in a value, in their order."""
    return _VARIABLE.findall(value)


def must_be_set(names: Iterable[str], environ: Mapping[str, str], *, key: str, hint: str) -> None:
    """Raise ConfigError for the first variable that is empty or not set; `key` is what needs it."""
    for name in names:
        if not environ.get(name):
            raise ConfigError(f"{key} needs ${name}, which is empty or not in the environment.", hint=hint)


def value_of(value: str, environ: Mapping[str, str], *, key: str) -> str:
    """Return a secret value with its variables filled in; `key` is where it is configured.

    Raises ConfigError for a variable that is empty or not set.
    """
    hint = "Set it where Backissue is started: a unit's EnvironmentFile, for example."
    must_be_set(variables_in(value), environ, key=key, hint=hint)
    return filled(value, environ)


def filled(value: str, environ: Mapping[str, str]) -> str:
    """Return a value with its variables, all of which are set, replaced by what they contain."""
    return _VARIABLE.sub(lambda found: environ[found[1]], value)
