"""What is installed: locked with hashes, allowed by pyproject.toml, and under licences that go with ours."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = {
    name: (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for name in ("run", "fleet", "dev")
}
EXTRAS = PROJECT["optional-dependencies"]
WANTED = {
    "run": PROJECT["dependencies"],
    "fleet": [*PROJECT["dependencies"], *EXTRAS["fleet"]],
    "dev": [
        *PROJECT["dependencies"],
        *EXTRAS["test"],
        *EXTRAS["lint"],
        *EXTRAS["browser"],
        *EXTRAS["parquet"],
        *EXTRAS["fleet"],
    ],
}
COPYLEFT = re.compile(r"\bA?GPL|Affero|General Public License", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL|Lesser General", re.IGNORECASE)


def locked(name: str) -> dict[str, set[Version]]:
    """The versions that a lock file names; more than one where they differ by platform or Python."""
    found: dict[str, set[Version]] = {}
    for distribution, version in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", LOCKS[name], re.MULTILINE):
        found.setdefault(canonicalize_name(distribution), set()).add(Version(version))
    return found


def allows(expression: str) -> bool:
    """True if a licence expression can be met without the GPL or the AGPL."""
    choices = re.split(r"\s+OR\s+", expression)
    return any(not COPYLEFT.search(LESSER.sub("", choice)) for choice in choices)


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_what_the_project_allows(name: str) -> None:
    """Run `make lock` after a change of the dependencies in pyproject.toml."""
    versions = locked(name)
    for text in WANTED[name]:
        wanted = Requirement(text)
        if wanted.name == PROJECT["name"]:
            continue
        found = versions.get(canonicalize_name(wanted.name))
        assert found, f"{wanted.name} is not locked"
        assert all(wanted.specifier.contains(version) for version in found), (text, found)


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_distribution_has_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[a-z])", LOCKS[name])
    entries = [entry for entry in entries if re.match(r"[a-z0-9._-]+==", entry)]
    assert len(entries) > 50
    assert [entry.partition("=")[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_host_and_no_path(name: str) -> None:
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links|--trusted-host", LOCKS[name])


@pytest.mark.parametrize("name", ["run", "fleet"])
def test_what_runs_is_locked_alike_for_developers(name: str) -> None:
    run, dev = locked(name), locked("dev")
    assert {name: dev.get(name) for name in run} == run


def listed() -> dict[str, str]:
    text = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| ([a-z0-9._-]+) \| (.+) \|$", text, re.MULTILINE)) | {}


def test_licences_of_all_that_runs_are_listed() -> None:
    found = listed()
    found.pop("distribution", None)
    assert set(found) == set(locked("fleet")), "it has all that runs, and what a fleet needs"


def test_no_licence_asks_for_more_than_ours() -> None:
    for name, licence in listed().items():
        assert allows(licence), (name, licence)
        try:
            told = metadata(name)
        except PackageNotFoundError:
            continue
        declared = told.get("License-Expression") or (told.get("License") or "").partition("\n")[0]
        assert allows(declared), (name, declared)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("AGPL-3.0-or-later", False),
        ("GPL-2.0-only", False),
        ("GNU Affero General Public License", False),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", True),
        ("LGPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
    ],
)
def test_licences_are_told_apart(licence: str, allowed: bool) -> None:
    assert allows(licence) == allowed
