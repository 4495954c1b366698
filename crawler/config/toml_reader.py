"""Strict reader of a TOML table, with exact errors.

Every key must be defined, every value of its type. An error has the file, the key's path, the expected and
the actual value, and the nearest valid name. Does not: know the meaning of any key.
"""

from __future__ import annotations

import ipaddress
import math
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from archive.core.errors import ConfigError
from archive.core.nearest_name import nearest


@dataclass(frozen=True, slots=True)
class TomlTable:
    """Table of a TOML file, with its path in the file.

    Each reader method returns None for a key that is absent, unless it states another default.
    """

    file: Path
    place: str
    values: dict[str, Any]

    def refuse(self, key: str, expected: str, found: str, hint: str | None = None) -> NoReturn:
        """Raise ConfigError for one key."""
        where = f"{self.place}.{key}" if self.place else key
        raise ConfigError(f"{self.file}: {where}: expected {expected}; found {found}.", hint=hint)

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
        place = f"{self.place}.{key}" if self.place else key
        return TomlTable(self.file, place, value)

    def text(self, key: str, expected: str = "a text") -> str | None:
        """Return a text of one line that is not empty."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            self.refuse(key, expected, describe_value(value))
        return value.strip()

    def texts(self, key: str, expected: str) -> tuple[str, ...]:
        """Return a list of texts; empty when absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.refuse(key, expected, describe_value(value))
        return tuple(item.strip() for item in value)

    def choice(self, key: str, choices: Collection[str]) -> str | None:
        """Return one of `choices`."""
        expected = f"one of {', '.join(choices)}"
        value = self.text(key, expected)
        if value is not None and value not in choices:
            self.refuse(key, expected, f"{describe_value(value)}{nearest(value, choices)}")
        return value

    def choices(self, key: str, choices: Collection[str]) -> tuple[str, ...]:
        """Return a list of some of `choices`; empty when absent."""
        expected = f"a list of {', '.join(choices)}"
        values = self.texts(key, expected)
        for value in values:
            if value not in choices:
                self.refuse(key, expected, f"{describe_value(value)}{nearest(value, choices)}")
        return values

    def number(self, key: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`; the default when absent."""
        value = self.values.get(key, default)
        if key in self.values and (
            not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most
        ):
            self.refuse(key, f"a whole number from 1 to {most:,}", describe_value(value))
        return int(value)

    def seconds(self, key: str) -> float | None:
        """Return a number of seconds, 0 or more."""
        value = self.values.get(key)
        if value is None:
            return None
        is_number = isinstance(value, int | float)
        fine = is_number and not isinstance(value, bool)
        if not fine or not math.isfinite(value) or value < 0:
            self.refuse(key, "a number of seconds, 0 or more", describe_value(value))
        return float(value)

    def pattern(self, key: str) -> str | None:
        """Return a regular expression that compiles."""
        value = self.text(key, "a regular expression")
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                self.refuse(
                    key, "a regular expression", f"{describe_value(value)}, in which there is {error}"
                )
        return value

    def selectors(self, key: str) -> tuple[str, ...]:
        """Return a list of valid CSS selectors; empty when absent."""
        expected = 'a list of CSS selectors, such as [".byline", "#ad"]'
        selectors = self.texts(key, expected)
        if not selectors:
            return ()
        from cssselect import SelectorError, parse  # noqa: PLC0415  (slow to import, and seldom needed)

        for selector in selectors:
            try:
                parse(selector)
            except SelectorError as error:
                self.refuse(key, expected, f"{describe_value(selector)}, which is invalid: {error}")
        return selectors

    def hosts(self, key: str) -> tuple[str, ...]:
        """Return a list of host names in lower case; empty when absent.

        Each may have a port.
        """
        expected = 'a list of host names without a path, such as ["www.example.org"]'
        names = self.texts(key, expected)
        for name in names:
            if not re.fullmatch(r"[\w.-]+(:\d{1,5})?", name):
                self.refuse(key, expected, describe_value(name))
        return tuple(name.lower() for name in names)

    def names(self, key: str, what: str) -> tuple[str, ...]:
        """Return a list of names of letters, digits, _ and -; empty when absent."""
        expected = f"a list, each {what}"
        names = self.texts(key, expected)
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
                self.refuse(key, expected, describe_value(name))
        return names

    def truth(self, key: str, *, default: bool = False) -> bool:
        """Return a boolean value; the default when absent."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false", describe_value(value))
        return value

    def address(self, key: str) -> str | None:
        """Return the URL of a site in canonical form.

        Lower-case host, no slash at the end.
        """
        value = self.text(key, "the URL of a site")
        if value is None:
            return None
        try:
            return check_address(value)
        except ValueError as error:
            found = re.sub(r"//[^/]*@", "//…@", value)  # a password is not repeated on the terminal
            expected = "the URL of a site, such as https://www.example.org"
            self.refuse(key, expected, f"{describe_value(found)}: {error}")


def describe_value(value: object) -> str:
    """Return a value in the file's format, cut when it is long."""
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, str):
        if not value.strip():
            return "an empty text"
        shown = value if value.isprintable() else value.encode("unicode_escape").decode()
        return f"“{_cut(shown)}”"
    names = {int: "the number", float: "the number", list: "the list", dict: "the table"}
    name = names.get(type(value), "the value")
    return f"{name} {_cut(str(value))}"


def _cut(text: str) -> str:
    if len(text) <= 60:
        return text
    return text[:59] + "…"


def check_address(text: str) -> str:
    """Return an allowed http(s) URL in canonical form.

    Its host is public, or this machine. Raises ValueError with the reason why not.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"}:
        raise ValueError("it does not begin with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it has a user name or password in it")
    if parts.query or parts.fragment:
        raise ValueError("it has a ? or # part")
    if not parts.hostname or re.search(r"[\s\\%]", parts.netloc):
        raise ValueError("it names no host")
    if re.search(r"[\x00-\x20\x7f\"<>\\^`{|}]", text):
        raise ValueError("it has a space, a quote or another character that stands in no URL")
    check_host(parts.hostname)
    port = "" if parts.port is None else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = parts.path.rstrip("/")
    return SplitResult(parts.scheme, host + port, path, "", "").geturl()


def check_host(host: str) -> None:
    """Raise ValueError for a private IP address that is not loopback."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        if _looks_like_number(host):
            raise ValueError("its host is an incomplete IP address") from None
        return
    if not number.is_loopback and (not number.is_global or number.is_multicast):
        raise ValueError("its host is a private address; only public sites and this machine are archived")


def is_loopback_url(url: str) -> bool:
    """True if a URL has a host of the loopback, without DNS."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _looks_like_number(host: str) -> bool:
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return True
