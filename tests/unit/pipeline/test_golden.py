"""The extractor's declared version agrees with what it reads from the golden pages."""

from __future__ import annotations

import json

import pytest

from pipeline.extractor_version import EXTRACTOR_VERSION, extractor_version, is_current
from tests import golden

RECORDED = json.loads(golden.RECORDED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def read() -> dict[str, dict[str, str]]:
    return golden.outputs()


@pytest.mark.parametrize("name", sorted(golden.inputs()))
def test_golden_page_reads_as_recorded(name: str, read: dict[str, dict[str, str]]) -> None:
    """Another output needs another EXTRACTOR_VERSION; then `python -m tests.golden` records it."""
    assert read[name] == RECORDED["outputs"][name]


def test_recorded_version_is_the_declared_one() -> None:
    assert RECORDED["version"] == EXTRACTOR_VERSION


def test_digest_of_the_code_counts_as_version_one() -> None:
    """Archives made before the version was declared have such digests, and read no page again."""
    assert is_current("0123456789abcdef") == (EXTRACTOR_VERSION == 1)
    assert is_current(extractor_version())
    assert not is_current(None)
    assert not is_current("an older one")
