"""Places of docs/scale.md into which figures are written, and the forms of these figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT

PAGE = ROOT / "docs" / "scale.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A part of the page between two comments; `name` says what writes it."""

    name: str

    def write(self, page: Path, text: str) -> None:
        """Put a text into the place of the older one. Raises SystemExit where the page has no such place."""
        begin, end = f"<!-- {self.name} -->\n", f"<!-- end of {self.name.partition(',')[0]} -->"
        there = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
        content = page.read_text(encoding="utf-8")
        if not there.search(content):
            raise SystemExit(f"{page} has no place for {self.name.partition(',')[0]}.")
        page.write_text(there.sub(lambda _: f"{begin}\n{text}\n{end}", content), encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def spans(values: Sequence[float]) -> str:
    """Return the median, the 95th and the 99th percentile of spans in seconds."""
    ordered = sorted(values)
    if not ordered:
        return "–"
    return ", ".join(span(ordered[int(share * (len(ordered) - 1))]) for share in (0.5, 0.95, 0.99))


def span(seconds: float) -> str:
    """Return a span as people say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
