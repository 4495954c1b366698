"""Keys of a source that say which files of its articles are archived."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.toml_reader import TomlTable, describe_value

FILE_KEYS = ("files", "file_megabytes", "files_per_crawl")
FILE_KINDS = ("image", "document", "data", "audio")
DEFAULT_MEGABYTES = 16
LARGEST_MEGABYTES = 32
DEFAULT_PER_CRAWL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Which files are archived: their kinds, the bytes of one, and how many one crawl asks for.

    None where `kinds` is empty.
    """

    kinds: tuple[str, ...] = ()
    bytes: int = DEFAULT_MEGABYTES * 2**20
    per_crawl: int = DEFAULT_PER_CRAWL


def read_limits(table: TomlTable) -> FileLimits:
    """Return the limits of a source. Raises ConfigError for what cannot be."""
    expected = f"a list of {', '.join(FILE_KINDS)}"
    kinds = table.texts("files", expected)
    for kind in kinds:
        if kind not in FILE_KINDS:
            table.refuse("files", expected, describe_value(kind))
    return FileLimits(
        kinds=kinds,
        bytes=_number(table, "file_megabytes", DEFAULT_MEGABYTES, LARGEST_MEGABYTES) * 2**20,
        per_crawl=_number(table, "files_per_crawl", DEFAULT_PER_CRAWL, 1_000_000),
    )


def _number(table: TomlTable, key: str, default: int, most: int) -> int:
    value = table.values.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        table.refuse(key, f"a whole number from 1 to {most:,}", describe_value(value))
    return value
