"""Installs and seeds each kind of WordPress once, and keeps it for every later start.

A prepared site lies in the cache under a name made of its version, its time zone and the digest of
the PHP that made it, so a changed seed makes a new one. Its law: complete or not there at all, since
it is built aside and renamed into place; several test processes may ask at the same moment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path

from . import php
from .needs import CACHE, DRIVER

ADDRESS = "http://wordpress.invalid"
"""The address a prepared site believes to have; php/configure.php puts the real one in its place."""

THEMES = Path(__file__).resolve().parent / "themes"
BULK = "wp-includes"
UNWANTED = ("wp-content/database/", "wp-config.php", "wordpress-remote-asset-paths")


def prepared(version: str, timezone: str) -> Path:
    """The directory of an installed and seeded site, which nobody may change."""
    place = CACHE / "prepared" / f"{version}-{timezone.replace('/', '_')}-{_digest()}"
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix="building-", dir=place.parent))
        try:
            _build(aside, version, timezone)
            _move(aside, place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return place


def copy(version: str, timezone: str, workdir: Path) -> None:
    """Copy a prepared site, but for the bulk of WordPress' own code, which no site changes."""
    original = prepared(version, timezone)
    shutil.copytree(original, workdir, ignore=_bulk, dirs_exist_ok=True)
    (workdir / "htdocs" / BULK).symlink_to(original / "htdocs" / BULK)


def _bulk(folder: str, names: list[str]) -> set[str]:
    return {BULK} if Path(folder).name == "htdocs" else set()


def _digest() -> str:
    """Stands for the content of everything a prepared site is made of, WordPress itself aside."""
    digest = hashlib.sha256()
    for file in sorted([*php.HERE.rglob("*.php"), *THEMES.rglob("*.*")]):
        digest.update(str(file.name).encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _build(place: Path, version: str, timezone: str) -> None:
    htdocs = place / "htdocs"
    (place / "url").write_text(ADDRESS)
    (place / "database").mkdir()
    _unpack(htdocs, version)
    shutil.copy(php.HERE / "wp-config.php", htdocs)
    shutil.copytree(THEMES, htdocs / "wp-content/themes", dirs_exist_ok=True)
    (htdocs / "wp-content/mu-plugins").mkdir()
    shutil.copy(php.HERE / "doors.php", htdocs / "wp-content/mu-plugins")
    php.run_file(htdocs, "install.php", installing=True, timezone=timezone)
    php.run_file(htdocs, "seed/seed.php")


def _unpack(htdocs: Path, version: str) -> None:
    with zipfile.ZipFile(CACHE / f"wp-{version}.zip") as archive:
        archive.extractall(htdocs, [name for name in archive.namelist() if not name.startswith(UNWANTED)])
    plugins = htdocs / "wp-content/plugins"
    with zipfile.ZipFile(CACHE / DRIVER) as archive:
        archive.extractall(plugins)
    driver = (plugins / "sqlite-database-integration-main").rename(plugins / "sqlite-database-integration")
    shutil.copy(driver / "db.copy", htdocs / "wp-content/db.php")


def _move(aside: Path, place: Path) -> None:
    try:
        os.rename(aside, place)  # noqa: PTH104  # another process may have been quicker: then the target is not empty
    except OSError:
        if not place.is_dir():
            raise
