"""Spans of time in the configuration, such as 10m or 1h30m, within bounds."""

from __future__ import annotations

from datetime import timedelta

from crawler.config.keys.source_keys import EXPECTED_SPAN
from crawler.config.toml_reader import TomlTable, describe_value
from crawler.schedule.timetable import format_span, parse_span


def read_span(
    table: TomlTable, key: str, text: str | None, shortest: timedelta, longest: timedelta
) -> timedelta | None:
    """Return the span of a key, or None for None. Raises ConfigError."""
    if text is None:
        return None
    try:
        span = parse_span(text)
    except ValueError as error:
        table.refuse(key, EXPECTED_SPAN, f"{describe_value(text)}: {error}")
    if not shortest <= span <= longest:
        bounds = f"a span of time from {format_span(shortest)} to {format_span(longest)}"
        table.refuse(key, bounds, describe_value(text))
    return span
