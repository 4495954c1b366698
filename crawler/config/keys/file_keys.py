"""Which files of a source's articles are archived with them."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.config.keys.source_keys import DEFAULT_MEGABYTES, DEFAULT_PER_CRAWL, SourceTable

_MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Which files are archived: their kinds, the bytes of one, and how many one crawl requests.

    No files if `kinds` is empty.
    """

    kinds: tuple[str, ...] = ()
    bytes: int = DEFAULT_MEGABYTES * _MEBIBYTE
    per_crawl: int = DEFAULT_PER_CRAWL


def file_limits(keys: SourceTable) -> FileLimits:
    """Return the limits of a source."""
    return FileLimits(kinds=keys.files, bytes=keys.file_megabytes * _MEBIBYTE, per_crawl=keys.files_per_crawl)
