"""The nearest name to a misspelt one, for the messages of errors."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a suggestion such as " (did you mean “url”?)", or ""."""
    from difflib import get_close_matches  # noqa: PLC0415  (slow to import, and only errors need it)

    names = {name.casefold(): name for name in choices}
    wanted = word.casefold()
    found = get_close_matches(wanted, names, n=1, cutoff=0.6) or _parts(wanted, names)
    if found and names[found[0]] != word:
        return f" (did you mean “{names[found[0]]}”?)"
    return ""


def _parts(word: str, names: Iterable[str]) -> list[str]:
    """Return the first name with a similar part, in a list."""
    from difflib import get_close_matches  # noqa: PLC0415

    for name in names:
        if get_close_matches(word, name.split(), n=1, cutoff=0.8):
            return [name]
    return []
