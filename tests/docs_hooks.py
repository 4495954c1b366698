"""Hooks of mkdocs: links out of docs/ become plain text, and pictures taken by `make docs` are shown.

They run in the environment of the documentation and import nothing of ours.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent.parent / ".cache" / "pictures"
SHOWN = {
    "home": "The front page of an archive",
    "search": "A search, with its filters",
    "changes": "Silent edits, removals and returns, word by word",
    "coverage": "What is held, month by month",
}
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./[^)]*\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Leave the text of links to files of the repository, and add the pictures to the first page."""
    markdown = _OUTSIDE.sub(r"\1", markdown)
    taken = [name for name in SHOWN if (PICTURES / f"{name}.png").exists()]
    if page.file.src_uri != "index.md" or not taken:
        return markdown
    shown = "\n\n".join(f"![{SHOWN[name]}](pictures/{name}.png)\n\n*{SHOWN[name]}*" for name in taken)
    return f"{markdown}\n## What it looks like\n\n{shown}\n"


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the pictures to the site."""
    from mkdocs.structure.files import File

    for path in sorted(PICTURES.glob("*.png")):
        files.append(File.generated(config, f"pictures/{path.name}", abs_src_path=str(path)))
    return files
