"""Values of our items in feed exports of Scrapy.

Bytes become text, sets become lists in their order, spans of time become seconds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scrapy.exporters import JsonItemExporter, JsonLinesItemExporter
from scrapy.utils.serialize import ScrapyJSONEncoder


class ItemEncoder(ScrapyJSONEncoder):
    """Scrapy's encoder, with the types of our items."""

    def default(self, o: Any) -> Any:
        """Return a value that JSON has for `o`. Raises TypeError for other types."""
        if isinstance(o, bytes):
            return o.decode("utf-8", "replace")
        if isinstance(o, frozenset):
            return sorted(o)
        if isinstance(o, timedelta):
            return o.total_seconds()
        return super().default(o)


class LinesExporter(JsonLinesItemExporter):
    """JSON Lines of our items."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.encoder = ItemEncoder(**self._kwargs)


class JsonExporter(JsonItemExporter):
    """One JSON array of our items."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.encoder = ItemEncoder(**self._kwargs)
