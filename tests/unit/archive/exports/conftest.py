"""One archive for all tests of exports: it is only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.export_town import make_town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an archive of everything that is hard to take along, and its raw pages."""
    return make_town(tmp_path_factory)
