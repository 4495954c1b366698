"""Strict reader of a TOML table by its model, with exact errors.

Every key must be defined, every value of its type. An error has the file, the line where it is found, the
key's path, the expected and the actual value, and the nearest valid name. Does not: know the meaning of any
key.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import msgspec

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest
from crawler.config.key_model import KeyNote, KeyTable, key_names, key_notes
from crawler.config.line_finder import line_of

Model = TypeVar("Model", bound=KeyTable)
_PLACE = re.compile(r"at `\$\.(\w+)(?:\[(\d+)\])?")
"""Place of an error in msgspec's messages: a key, and the position in its list."""
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class TomlTable:
    """Table of a TOML file, with its path in the file, such as ("sources", "gazette")."""

    file: Path
    place: tuple[str, ...]
    values: dict[str, Any]

    def refuse(self, key: str, expected: str, found: str, hint: str | None = None) -> NoReturn:
        """Raise ConfigError for one key."""
        path = (*self.place, key)
        line = line_of(self.file, path)
        at = "" if line is None else f", line {line}"
        where = ".".join(path)
        raise ConfigError(f"{self.file}{at}: {where}: expected {expected}; found {found}.", hint=hint)

    def only(self, known: Collection[str]) -> None:
        """Raise ConfigError for a key that is not in `known`."""
        for key in self.values:
            if key not in known:
                expected = f"one of {', '.join(known)}"
                self.refuse(key, expected, f"an unknown key{nearest(key, known)}")

    def table(self, key: str) -> TomlTable:
        """Return a table below this one; empty when absent."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.refuse(key, "a table", describe_value(value))
        return TomlTable(self.file, (*self.place, key), value)

    def read(self, model: type[Model]) -> Model:
        """Return the values of the table as its model. Raises ConfigError.

        Texts are without blanks around them, and in the canonical form of their check.
        """
        self.only(key_names(model))
        try:
            found = msgspec.convert(self.values, model)
        except msgspec.ValidationError as error:
            self._refuse_invalid(model, str(error))
        notes = key_notes(model)
        checked = {key: self._checked(key, getattr(found, key), notes[key]) for key in self.values}
        return msgspec.structs.replace(found, **checked)

    def choose(self, key: str, value: str | None, choices: Collection[str]) -> str | None:
        """Return a value that is in `choices`, or None for None. Raises ConfigError."""
        if value is not None and value not in choices:
            expected = f"one of {', '.join(choices)}"
            self.refuse(key, expected, f"{describe_value(value)}{nearest(value, choices)}")
        return value

    def _refuse_invalid(self, model: type[KeyTable], message: str) -> NoReturn:
        """Raise ConfigError for a value of another type than the model's."""
        place = _PLACE.search(message)
        if place is None:
            raise ConfigError(f"{self.file}: {'.'.join(self.place)}: {message}.")
        key, position = place.groups()
        value = self.values[key]
        item = value if position is None else value[int(position)]
        note = key_notes(model)[key]
        self.refuse(key, note.expected, _found(item, note))

    def _checked(self, key: str, value: Any, note: KeyNote) -> Any:
        """Return a value in canonical form. Raises ConfigError."""
        if isinstance(value, tuple):
            return tuple(self._checked_text(key, item, note, is_item=True) for item in value)
        if isinstance(value, str):
            return self._checked_text(key, value, note, is_item=False)
        return value

    def _checked_text(self, key: str, text: str, note: KeyNote, *, is_item: bool) -> str:
        stripped = text.strip()
        is_one_line = is_item or text.isprintable()
        if not stripped or not is_one_line:
            self.refuse(key, note.expected, _found(text, note))
        if note.choices and stripped not in note.choices:
            similar = nearest(stripped, note.choices)
            self.refuse(key, note.expected, f"{describe_value(text)}{similar}")
        if note.check is None:
            return stripped
        try:
            return note.check(stripped)
        except ValueError as error:
            self.refuse(key, note.expected, _with_reason(text, str(error)))


def _found(value: object, note: KeyNote) -> str:
    if note.secret:
        return "another value, which is not repeated here"
    return describe_value(value)


def describe_value(value: object) -> str:
    """Return a value in the file's format, cut when it is long.

    A user name and a password in a URL are not repeated.
    """
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, str):
        return _describe_text(value)
    names = {int: "the number", float: "the number", list: "the list", dict: "the table"}
    name = names.get(type(value), "the value")
    return f"{name} {_cut(str(value))}"


def _describe_text(text: str) -> str:
    if not text.strip():
        return "an empty text"
    shown = text if text.isprintable() else text.encode("unicode_escape").decode()
    discreet = re.sub(r"//[^/]*@", "//…@", shown)
    return f"“{_cut(discreet)}”"


def _with_reason(text: str, reason: str) -> str:
    described = describe_value(text)
    return f"{described}: {reason}" if reason else described


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_SHOWN:
        return text
    return text[: _LONGEST_SHOWN - 1] + "…"
