"""`[fleet]`: what it may say, and what else is refused in words that help."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.core.errors import ConfigError
from crawler.config.config import load_config
from crawler.config.keys.fleet_keys import FleetKeys

SOURCE = "[sources.town]\nurl = 'http://127.0.0.1:9'\n"


def read(folder: Path, text: str) -> FleetKeys:
    file = folder / "backissue.toml"
    file.write_text(f"[fleet]\n{text}\n{SOURCE}", encoding="utf-8")
    return load_config(file).fleet


def test_all_keys_are_read(tmp_path: Path) -> None:
    keys = read(
        tmp_path, "queue = 'postgresql://a:${W}@h/q'\nstore = 's3://b/x'\nlease = '30s'\nslice = '1h'"
    )
    assert (keys.store_url(), keys.lease, keys.slice) == (
        "s3://b/x",
        timedelta(seconds=30),
        timedelta(hours=1),
    )
    assert keys.queue_url({"W": "w$1"}) == "postgresql://a:w$1@h/q"
    assert "postgresql" not in repr(keys), "its password is not repeated"


def test_folder_starts_at_the_configuration(tmp_path: Path) -> None:
    assert read(tmp_path, "store = 'shared'").store_url() == str(tmp_path / "shared")
    assert read(tmp_path, "store = '/mnt/shared'").store_url() == "/mnt/shared"


def test_defaults_are_a_minute_and_half_an_hour(tmp_path: Path) -> None:
    keys = read(tmp_path, "")
    assert (keys.lease, keys.slice) == (timedelta(minutes=1), timedelta(minutes=30))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("queue = 'redis://h'", "fleet.queue: expected the URL of a PostgreSQL database"),
        ("queue = 3", "fleet.queue: expected the URL of a PostgreSQL database"),
        ("lease = '1s'", "fleet.lease: expected a span of time from 2s to 1h"),
        ("lease = '2h'", "fleet.lease: expected a span of time from 2s to 1h"),
        ("slice = 'soon'", "it is not made of numbers"),
        ("slize = '1h'", "did you mean “slice”"),
    ],
)
def test_other_values_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read(tmp_path, text)


def test_missing_queue_store_and_variable_are_named(tmp_path: Path) -> None:
    keys = read(tmp_path, "queue = 'postgresql://a:${QUEUE_WORD}@h/q'")
    with pytest.raises(ConfigError, match="QUEUE_WORD"):
        keys.queue_url({})
    with pytest.raises(ConfigError, match=r"fleet\.store"):
        keys.store_url()
    with pytest.raises(ConfigError, match=r"fleet\.queue"):
        FleetKeys().queue_url({})
