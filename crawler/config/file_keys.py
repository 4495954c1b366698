"""Keys of a source that say which files of its articles are archived."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.toml_reader import TomlTable

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
    return FileLimits(
        kinds=table.choices("files", FILE_KINDS),
        bytes=table.number("file_megabytes", DEFAULT_MEGABYTES, LARGEST_MEGABYTES) * 2**20,
        per_crawl=table.number("files_per_crawl", DEFAULT_PER_CRAWL, 1_000_000),
    )
