"""Which reader a file or folder of others' pages is read by."""

from __future__ import annotations

from pathlib import Path

from archive.core.errors import BackissueError
from archive.core.records import Site
from pipeline.imports import archivebox, exports, saved_pages, warc
from pipeline.imports.observed import Fault, Found

_KINDS = (
    "WARC and ARC (.warc, .arc, also .gz), WACZ (.wacz), WordPress or Disqus exports (.xml), and saved pages"
    " (.html, .mhtml)"
)


def files(path: Path) -> list[Path]:
    """Return the files that a path names, in the order of their names.

    Raises BackissueError for a path that is not there, and for a folder in which nothing can be imported.
    """
    if not path.exists():
        raise BackissueError(f"There is no file or folder {path}.", hint="Give the path of what to import.")
    if path.is_file():
        return [path]
    known = sorted(each for each in path.rglob("*") if each.is_file() and _is_known(each))
    found = list(archivebox.best_forms(known))
    if not found:
        raise BackissueError(f"{path} holds nothing that can be imported.", hint=f"It reads {_KINDS}.")
    return found


def read_container(path: Path, site: Site, witness: str | None) -> Found:
    """Yield the content of a file.

    `witness` is its receiver, by default the file's name.
    """
    name, who = path.name.lower(), witness or path.name
    if name.endswith(warc.WARCS):
        yield from warc.read_warc(path, site.name, who)
    elif name.endswith(".wacz"):
        yield from warc.read_wacz(path, site.name, who)
    elif name.endswith(".xml"):
        yield from _xml(path, site, who)
    elif name.endswith(saved_pages.PAGES):
        yield from saved_pages.read_saved_page(path, site.name, who)
    else:
        yield Fault(place=path.name, why=f"It is of no kind that can be imported: {_KINDS}.")


def _xml(path: Path, site: Site, witness: str) -> Found:
    match exports.kind_of(path):
        case "wxr":
            yield from exports.read_wxr(path, site, witness)
        case "disqus":
            yield from exports.read_disqus(path, site, witness)
        case _:
            yield Fault(place=path.name, why="It is neither a WordPress nor a Disqus export.")


def _is_known(path: Path) -> bool:
    return path.name.lower().endswith((*warc.WARCS, ".wacz", ".xml", *saved_pages.PAGES))
