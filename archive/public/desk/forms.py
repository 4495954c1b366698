"""A selection of a desk as a file: CSV, JSON, Markdown, and what reference managers read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from archive.core.formatting import disarmed
from archive.public.render.citations import citations, comment_citations
from archive.public.sql.downloads import csv_text
from archive.public.web import Row

_COLUMNS = ("kind", "title", "date", "page", "url", "note", "tags", "saved", "state", "text")
_BOM = "\ufeff"

Place = Callable[[str], str]
"""From a path of ours to its URL."""


def as_csv(described: list[Row], place: Place) -> str:
    """Return CSV; cells that a spreadsheet would run are disarmed."""
    rows = [_fields(row, place) for row in described]
    lines = [[disarmed(fields[name]) for name in _COLUMNS] for fields in rows]
    return csv_text([_COLUMNS, *lines])


def as_excel_csv(described: list[Row], place: Place) -> str:
    """Return CSV that a spreadsheet takes for UTF-8."""
    return _BOM + as_csv(described, place)


def as_json(described: list[Row], place: Place) -> str:
    """Return JSON that another desk, or another browser, can import."""
    items = [{**_fields(row, place), "path": f"/{row['path']}"} for row in described]
    return json.dumps({"items": items}, ensure_ascii=False, indent=1) + "\n"


def as_markdown(described: list[Row], place: Place) -> str:
    """Return a list of links with notes."""
    lines = []
    for row in described:
        fields = _fields(row, place)
        title = _inert(re.sub(r"[\[\]\\]", "", fields["title"]))
        facts = [_inert(fields["note"])]
        if fields["state"]:
            facts.append(f"({fields['state']})")
        tags = [f"#{_inert(tag).replace(' ', '-')}" for tag in row["tags"]]
        line = [f"- [{title}]({fields['page']})", *facts, *tags]
        lines.append(" ".join(filter(None, line)))
    return "\n".join(lines) + "\n"


def as_bibtex(described: list[Row], place: Place) -> str:
    """Return BibTeX of the articles and comments."""
    return "\n\n".join(_cited(described, place, "BibTeX")) + "\n"


def as_ris(described: list[Row], place: Place) -> str:
    """Return RIS of the articles and comments."""
    return "\n".join(_cited(described, place, "RIS")) + "\n"


def as_csl(described: list[Row], place: Place) -> str:
    """Return CSL-JSON of the articles and comments."""
    texts = _cited(described, place, "CSL-JSON")
    entries = [entry for text in texts for entry in json.loads(text)]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


FORMS: dict[str, tuple[str, str, str, Callable[[list[Row], Place], str]]] = {
    "csv": ("CSV", "csv", "text/csv", as_csv),
    "excel": ("for Excel", "csv", "text/csv", as_excel_csv),
    "json": ("JSON", "json", "application/json", as_json),
    "md": ("Markdown", "md", "text/markdown", as_markdown),
    "bib": ("BibTeX", "bib", "application/x-bibtex", as_bibtex),
    "ris": ("RIS", "ris", "application/x-research-info-systems", as_ris),
    "csl": ("CSL-JSON", "json", "application/vnd.citationstyles.csl+json", as_csl),
}
"""For each form: its name for readers, the ending of the file, its type, and its writer."""


def _inert(text: str) -> str:
    """Return a text as one line of Markdown that makes neither a link nor an element of HTML."""
    return re.sub(r"([\\\[\]<`])", r"\\\1", " ".join(text.split()))


def _fields(row: Row, place: Place) -> dict[str, Any]:
    cited = row["cited"] or {}
    state = {"missing": "no longer in this archive", "hidden": "hidden by the operator"}.get(row["state"], "")
    return {
        "kind": row["kind"],
        "title": row["title"],
        "date": row["date"],
        "page": place(row["path"]),
        "url": cited.get("permalink") or cited.get("url") or "",
        "note": row["note"],
        "tags": ", ".join(row["tags"]),
        "saved": row["saved"],
        "state": state or ("removed from the site" if row["gone_at"] else ""),
        "text": cited.get("text") or "",
    }


def _cited(described: list[Row], place: Place, form: str) -> list[str]:
    write = {"article": citations, "comment": comment_citations}
    found = []
    for row in described:
        if row["cited"] is not None:
            page = place(row["path"])
            cites = dict(write[row["kind"]](row["cited"], page))
            found.append(cites[form])
    return found
