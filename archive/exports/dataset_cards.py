"""Descriptions of a data set, next to its files: Frictionless Data Package, Croissant, CITATION.cff.

One list of tables and columns, in three forms that catalogues and tools read. What a column means is taken
from the schema's description. It claims no licence: the texts belong to their authors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from archive.core.timestamps import to_text
from archive.exports.selection import Column, Snapshot, described
from archive.exports.target import PROGRAM, Bundle

NAME = "news-archive"
RIGHTS = "Articles and comments belong to their authors and publishers; this description grants no licence."
_TYPES = {"INTEGER": ("integer", "sc:Integer"), "TEXT": ("string", "sc:Text")}
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "db": "application/vnd.sqlite3",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context of Croissant 1.0, as its specification gives it."""


def add_cards(bundle: Bundle, snapshot: Snapshot, files: Mapping[str, str]) -> None:
    """Write the three descriptions of tables into a folder.

    `files` are the tables' names with their paths in the folder. Call it after they are written.
    """
    package = _package(bundle, snapshot, files)
    croissant = _croissant(bundle, snapshot, files)
    texts = {
        "datapackage.json": json.dumps(package, ensure_ascii=False, indent=1),
        "croissant.json": json.dumps(croissant, ensure_ascii=False, indent=1),
        "CITATION.cff": yaml.safe_dump(_citation(snapshot), allow_unicode=True, sort_keys=False),
    }
    for name, text in texts.items():
        with bundle.text(name) as out:
            out.write(text.rstrip("\n") + "\n")


def archive_title(snapshot: Snapshot) -> str:
    """Return the titles of the sources that are taken, in a row."""
    sources = snapshot.rows("sources")
    names = [title or name for name, _, title, *_ in sources]
    return ", ".join(names) or "No article"


def _about(snapshot: Snapshot) -> tuple[str, str]:
    """Return the title and the description of the data set."""
    title = f"News archive: {archive_title(snapshot)}"
    articles = snapshot.count("articles")
    comments = snapshot.count("comments")
    chosen = snapshot.selection.filters
    limits = ", ".join(f"{name} {value}" for name, value in chosen.items())
    part = ""
    if limits:
        part = f" Limited to: {limits}."
    return title, (
        f"{articles} articles and {comments} comments of {archive_title(snapshot)}, as kept by {PROGRAM}:"
        f" with earlier versions, what was removed, and when each was seen. Times are UTC.{part} {RIGHTS}"
    )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


# -- Frictionless ---------------------------------------------------------------------------------


def _package(bundle: Bundle, snapshot: Snapshot, files: Mapping[str, str]) -> dict[str, Any]:
    """Return a Data Package, https://specs.frictionlessdata.io/data-package/."""
    title, description = _about(snapshot)
    sources = [{"title": known or name, "path": url} for name, url, known, *_ in snapshot.rows("sources")]
    return {
        "profile": "data-package",
        "name": NAME,
        "title": title,
        "description": description,
        "created": to_text(datetime.now(UTC)),
        "sources": sources,
        "resources": [_resource(bundle, snapshot, table, path) for table, path in files.items()],
    }


def _resource(bundle: Bundle, snapshot: Snapshot, table: str, path: str) -> dict[str, Any]:
    form = _form(path)
    told = described().get(table, {})
    written = bundle.written[path]
    resource: dict[str, Any] = {
        "name": table.replace("_", "-"),
        "title": told.get("title", table),
        "description": told.get("description", ""),
        "path": path,
        "format": form,
        "mediatype": _MEDIA[form],
        "bytes": written.size,
        "hash": f"sha256:{written.digest}",
    }
    if form == "csv":
        resource |= {"profile": "tabular-data-resource", "encoding": "utf-8"}
    if form == "parquet":
        resource["type"] = "file"  # frictionless reads an empty number of it as "nan", which is no integer
    if form != "db":
        columns = snapshot.columns(table)
        resource["schema"] = {
            "fields": [_table_field(column) for column in columns],
            "primaryKey": snapshot.key(table),
            "missingValues": [""],
        }
    return resource


def _table_field(column: Column) -> dict[str, str]:
    type_, _ = _TYPES[column.type]
    return {"name": column.name, "type": type_, "description": column.description}


# -- Croissant ------------------------------------------------------------------------------------


def _croissant(bundle: Bundle, snapshot: Snapshot, files: Mapping[str, str]) -> dict[str, Any]:
    """Return Croissant 1.0, https://docs.mlcommons.org/croissant/docs/croissant-spec.html."""
    title, description = _about(snapshot)
    urls = [url for _, url, *_ in snapshot.rows("sources")]
    tables = {table: path for table, path in files.items() if _form(path) != "db"}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": NAME,
        "alternateName": title,
        "description": description,
        "usageInfo": RIGHTS,
        "url": next(iter(urls), ""),
        "datePublished": _today(),
        "version": f"{_today().replace('-', '.')}",
        "citeAs": f"{title}. Archived with {PROGRAM}, {_today()}.",
        "distribution": [_file_object(bundle, path) for path in dict.fromkeys(files.values())],
        "recordSet": [_record_set(snapshot, table, path) for table, path in tables.items()],
    }


def _file_object(bundle: Bundle, path: str) -> dict[str, Any]:
    written = bundle.written[path]
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentUrl": path,
        "contentSize": f"{written.size} B",
        "encodingFormat": _MEDIA[_form(path)].replace("vnd.apache.parquet", "x-parquet"),
        "sha256": written.digest,
    }


def _record_set(snapshot: Snapshot, table: str, path: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": described().get(table, {}).get("description", ""),
        "key": [{"@id": f"{table}/{name}"} for name in snapshot.key(table)],
        "field": list(_fields(table, path, snapshot.columns(table))),
    }


def _fields(table: str, path: str, columns: list[Column]) -> Iterator[dict[str, Any]]:
    for column in columns:
        yield {
            "@type": "cr:Field",
            "@id": f"{table}/{column.name}",
            "name": column.name,
            "description": column.description,
            "dataType": _TYPES[column.type][1],
            "source": {"fileObject": {"@id": path}, "extract": {"column": column.name}},
        }


# -- CITATION.cff ---------------------------------------------------------------------------------


def _citation(snapshot: Snapshot) -> dict[str, Any]:
    """Return a citation, https://citation-file-format.github.io (1.2.0)."""
    title, description = _about(snapshot)
    return {
        "cff-version": "1.2.0",
        "message": "If you use this data set, please cite it, and the articles and comments themselves.",
        "type": "dataset",
        "title": title,
        "abstract": description,
        "authors": [{"name": f"The archivists of {archive_title(snapshot)}"}],
        "date-released": _today(),
        "version": f"{_today()}, by {PROGRAM}",
        "references": [_reference(title or name, url) for name, url, title, *_ in snapshot.rows("sources")],
    }


def _reference(title: str, url: str) -> dict[str, Any]:
    return {"type": "website", "title": title, "url": url, "authors": [{"name": title}]}


def _form(path: str) -> str:
    return path.rpartition(".")[2]
