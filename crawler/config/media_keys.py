"""Keys of a source on the files of its articles."""

from __future__ import annotations

from archive.core.records import MEDIA_WORDS, Media
from crawler.config.toml_reader import TomlTable, describe_value

MEDIA_KEYS = ("media", "media_file_mb", "media_crawl_mb")
USUAL_FILE_MB = 20
USUAL_CRAWL_MB = 500
_MOST_MB = 2**20


def read_media(table: TomlTable) -> Media | None:
    """Return which files of articles are kept, None for none."""
    expected = f"a list of {', '.join(MEDIA_WORDS)}"
    kinds = table.texts("media", expected)
    for kind in kinds:
        if kind not in MEDIA_WORDS:
            table.refuse("media", expected, describe_value(kind))
    file_mb = _megabytes(table, "media_file_mb", USUAL_FILE_MB)
    crawl_mb = _megabytes(table, "media_crawl_mb", USUAL_CRAWL_MB)
    if not kinds:
        return None
    return Media(kinds=kinds, file_bytes=file_mb * 2**20, crawl_bytes=crawl_mb * 2**20)


def _megabytes(table: TomlTable, key: str, usual: int) -> int:
    value = table.values.get(key, usual)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MOST_MB:
        table.refuse(key, "a whole number of megabytes, 1 or more", describe_value(value))
    return value
