"""Ways into the published archive, for what is read outside of it. Pure; it knows the paths of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is the address at which the pages are published, None where they are not."""

    base: str | None

    def to(self, path: str, **query: str) -> str | None:
        """Return a page, such as "article/17"; None where nothing is published."""
        asked = urlencode({name: value for name, value in query.items() if value})
        return self.base and f"{self.base}/{path}" + (f"?{asked}" if asked else "")
