"""Links into the published archive, for use outside of it. Pure; it contains the paths of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Links:
    """`base` is the URL at which the pages are published, if they are."""

    base: str | None

    def to(self, path: str, **query: str) -> str | None:
        """Return the URL of a page, such as "article/17", if the pages are published."""
        if not self.base:
            return self.base
        url = f"{self.base}/{path}"
        given = {name: value for name, value in query.items() if value}
        if given:
            url += f"?{urlencode(given)}"
        return url
