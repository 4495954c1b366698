"""A folder with a configuration, in which imports run."""

import pytest

from tests.builders.warcs import CONFIG


@pytest.fixture
def desk(tmp_path, monkeypatch):
    (tmp_path / "backissue.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path
