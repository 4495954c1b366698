"""What the demo shows within its first minute, by hand: story.json, laid over the generated newspaper.

An outward link or two, words that several readers have posted, a headline that is edited and an article that
moves while it runs, a comment below a page that is no article, and what a library has kept of earlier states.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("story.json")

Content = dict[str, Any]


@cache
def story() -> Content:
    """Return the story as its file has it."""
    found: Content = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def told(content: Content) -> Content:
    """Return the content of paper.json.gz with the story laid over it."""
    tale = story()
    articles = [_extended(row, tale["articles"]) for row in content["articles"]]
    comments = [
        row | {"html": tale["comments"].get(str(row["id"]), row["html"])} for row in content["comments"]
    ]
    rows = {row["id"]: row for row in articles}
    own = [
        {**event, "articles": [rows[row["id"]] | row for row in event["articles"]]}
        for event in tale["events"]
    ]
    later = [
        {**event, "articles": [_extended(row, tale["articles"]) for row in event.get("articles", ())]}
        for event in content["events"]
    ]
    events = sorted([*own, *later], key=lambda event: float(event["after"]))
    return {**content, "articles": articles, "comments": comments, "events": events, "strays": tale["strays"]}


def _extended(row: Content, further: Content) -> Content:
    added = further.get(str(row["id"]), "")
    return row | {"html": f"{row['html']}\n\n{added}"} if added else row
