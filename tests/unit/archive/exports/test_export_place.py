"""How an export takes its place: whole or not at all, and over nothing that is not one."""

from __future__ import annotations

import gzip
import re
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.builders.export_town import export, exported, is_whole
from tests.builders.patience import PATIENCE
from tests.paths import ROOT


@pytest.mark.parametrize("form", ["jsonl", "csv", "db", "wacz"])
def test_what_is_there_stays_unless_it_is_an_export_and_force_is_said(
    town: Path, tmp_path: Path, form: str
) -> None:
    place = exported(town, form, tmp_path / "out", "--source", "uplands")
    before = contents(tmp_path)
    again = export(town, form, "--output", place)
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert contents(tmp_path) == before
    exported(town, form, place, "--force")
    assert contents(tmp_path) != before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_is_no_export_and_a_device_are_never_replaced(town: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Keep me.")
    for form, place in (("csv", tmp_path / "mine"), ("jsonl", tmp_path / "mine"), ("db", Path("/dev/null"))):
        done = export(town, form, "--output", place, "--force")
        assert (done.exit_code, "Choose another place." in done.stderr) == (1, True)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "Keep me."


def test_a_folder_may_be_a_zip_file(town: Path, tmp_path: Path) -> None:
    path = exported(town, "markdown", tmp_path / "archive.zip", "--source", "uplands")
    with zipfile.ZipFile(path) as packed:
        packed.extractall(tmp_path / "unpacked")
    assert is_whole(tmp_path / "unpacked")["filters"] == {"source": "uplands"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.zip", "unpacked"]


def test_forms_of_several_files_cannot_go_to_standard_output(town: Path) -> None:
    for form in ("csv", "db"):
        assert "--output" in export(town, form, "--output", "-").stderr
    assert export(town, "sql", "--joined").exit_code == 2
    assert gzip.decompress(export(town, "warc", "--output", "-").stdout_bytes).startswith(b"WARC/1.1")


def program(town: Path, *arguments: str) -> list[str]:
    config = str(town / "backissue.toml")
    return [sys.executable, str(ROOT / "scheduler.py"), "--config", config, "export", *arguments]


@pytest.mark.parametrize("form", ["jsonl", "csv", "markdown", "folder", "site", "db", "warc", "wacz"])
def test_a_full_disk_is_said_and_leaves_nothing(town: Path, tmp_path: Path, form: str) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = subprocess.run(
        program(town, form, "--output", str(tmp_path / "out")),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small,
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (1, []), done.stderr
    assert re.match(r"Error: .*out cannot be written: .*\nHint: Is the disk full", done.stderr)


def test_a_full_disk_behind_standard_output_is_said_too(town: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            program(town, "jsonl"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Standard output cannot be written: No space left on device.")
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_export_leaves_nothing(town: Path, tmp_path: Path, number: int) -> None:
    code = 0
    while code == 0:  # an export that was done before the signal came is made again
        (tmp_path / "out.zip").unlink(missing_ok=True)
        running = subprocess.Popen(
            program(town, "folder", "--output", str(tmp_path / "out.zip")),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - & of a shell ignores it
        )
        while not list(tmp_path.iterdir()) and running.poll() is None:
            time.sleep(0.001)
        running.send_signal(number)
        code = running.wait(PATIENCE)
    assert code == 130
    assert list(tmp_path.iterdir()) == []
