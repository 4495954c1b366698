"""What people install: the wheel on its own, units for systemd, and the container's recipe."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from click.testing import CliRunner, Result

from scheduler import main
from tests.builders.patience import PATIENCE, free_port, until
from tests.fakesite import SampleSite
from tests.paths import ROOT

ROOMS = ("archive", "crawler", "pipeline")


# -- the wheel ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `make dist` builds it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_has_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    rooms = (file for room in ROOMS for file in (ROOT / room).rglob("*"))
    wanted = {
        str(file.relative_to(ROOT)) for file in rooms if file.is_file() and "__pycache__" not in file.parts
    }
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
    assert held == {*wanted, "scheduler.py"}


def test_installed_from_the_wheel_it_archives_searches_and_serves_without_the_sources(
    wheel: Path, tmp_path: Path
) -> None:
    place, folder = tmp_path / "place", tmp_path / "folder"
    folder.mkdir()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(place), str(wheel)], check=True, capture_output=True)
    environ = {**os.environ, "PYTHONPATH": str(place)}  # before the sources, which a test's environment has

    def program(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(place / "bin" / "backissue"), *words],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    ask = "import archive, crawler, pipeline, scheduler as s; print(archive, crawler, pipeline, s, sep='\\n')"
    told = subprocess.run(
        [sys.executable, "-c", ask], cwd=folder, env=environ, capture_output=True, text=True, check=True
    )
    assert all(f"from '{place}" in line for line in told.stdout.splitlines()), told.stdout
    with SampleSite(articles=3, comments=5) as site:
        assert program("init", site.url, "--name", "town").returncode == 0
        crawled = program("crawl", "--no-progress")
        assert crawled.returncode == 0, crawled.stderr
    assert "longwarjournal" in program("init", "nowhere").stderr, "the known sites came along"
    assert site.articles[0].url in program("search", "--", site.articles[0].title).stdout
    port = free_port()
    serving = subprocess.Popen(
        [str(place / "bin" / "backissue"), "serve", "--port", str(port), "--quiet"], cwd=folder, env=environ
    )
    try:
        until(lambda: _answers(port, "/-/health") is not None, "the pages answer")
        assert "town" in str(_answers(port, "/-/health"))
        home = str(_answers(port, "/"))
        for address in re.findall(r'(?:href|src)="(/[^"]*\.(?:css|js)[^"]*)"', home):
            assert _answers(port, address), f"{address} came along"
        assert "/search" in home
    finally:
        serving.terminate()
        assert serving.wait(PATIENCE) == 0


def test_demo_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    place, port = tmp_path / "place", free_port()
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(place), str(wheel)], check=True, capture_output=True)
    assert not (place / "tests").exists()
    words = ["demo", "--port", str(port), "--sample-port", str(free_port())]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [str(place / "bin" / "backissue"), *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(place)},
            stdout=log,
            stderr=log,
        )
    try:
        query = "/demo.json?_shape=arrayfirst&sql=select+count(*)+from+comments"
        until(lambda: (_answers(port, query) or "[0]") not in {"[0]", "[]"}, (tmp_path / "log").read_text)
    finally:
        running.terminate()
        assert running.wait(PATIENCE) == 0


def _answers(port: int, path: str) -> str | None:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.read().decode()
    except OSError:
        return None


# -- systemd --------------------------------------------------------------------------------------


def units(folder: Path, *options: str) -> Result:
    command = ["--config", str(folder / "backissue.toml"), "init", "--systemd", *options]
    return CliRunner().invoke(main, command, prog_name="backissue")


def read(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(text)
    return unit


def test_units_start_the_program_as_its_owner_with_little_to_write(tmp_path: Path) -> None:
    folder = tmp_path / "the news 100%"
    folder.mkdir()
    (folder / "backissue.toml").write_text(
        "archive = '/srv/elsewhere/archive.db'\n[sources.town]\nurl = 'http://127.0.0.1'\n", encoding="utf-8"
    )
    assert units(folder, "--output", str(tmp_path / "units")).exit_code == 0
    found = {file.name: read(file.read_text()) for file in (tmp_path / "units").iterdir()}
    assert set(found) == {"backissue.service", "backissue-crawl.service", "backissue-crawl.timer"}
    service = found["backissue.service"]["Service"]
    command = shlex.split(service["ExecStart"])
    assert Path(command[0]).is_file()
    assert command[-3:] == ["--config", f"{tmp_path}/the news 100%%/backissue.toml", "up"]
    assert service["User"] == folder.owner()
    assert shlex.split(service["ReadWritePaths"]) == [f"{tmp_path}/the news 100%%", "/srv/elsewhere"]
    assert service["WorkingDirectory"] == f"{tmp_path}/the news 100%%"
    crawl = found["backissue-crawl.service"]["Service"]
    assert shlex.split(crawl["ExecStart"])[-2:] == ["crawl", "--no-progress"]
    assert "ExecStopPost" not in crawl, "nobody is to be told"
    printed = units(folder).stdout
    assert all(f"# {name}\n" in printed for name in found)


def test_units_tell_people_where_that_is_configured_and_need_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backissue.toml").write_text(
        "[notify]\nurls = ['${HOOK}']\n[sources.town]\nurl = 'http://127.0.0.1'\n", encoding="utf-8"
    )
    assert "notify --quiet\n" in units(tmp_path).stdout
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    monkeypatch.delenv("BACKISSUE_CONFIG", raising=False)
    refused = CliRunner().invoke(main, ["init", "--systemd"], prog_name="backissue")
    assert (refused.exit_code, "There is no backissue.toml in" in refused.stderr) == (1, True)
    refused = units(tmp_path, "--output", "/proc/units")
    assert (refused.exit_code, "cannot be written to /proc/units" in refused.stderr) == (1, True)


# -- the container --------------------------------------------------------------------------------


def test_the_image_copies_what_the_wheel_is_made_of_and_the_context_lets_it_in() -> None:
    recipe = (ROOT / "Dockerfile").read_text()
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE)
        for name in line.split()
    }
    assert {*ROOMS, "scheduler.py", "pyproject.toml", "README.md", "LICENSE", "requirements"} == copied
    assert 'install --require-hashes --requirement "requirements/${REQUIREMENTS}.txt"' in recipe
    assert "ARG REQUIREMENTS=run\n" in recipe
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    assert allowed == copied
    final = recipe.rpartition("\nFROM ")[2]
    assert re.search(r"^USER backissue$", final, re.MULTILINE)
    assert "/-/health" in final
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    service = services.pop("backissue")
    assert service["volumes"] == ["archive:/archive"]
    assert service["ports"] == ["127.0.0.1:8001:8001"], "nothing is published to the world by itself"
    assert all(other["profiles"] == ["fleet"] and "ports" not in other for other in services.values())


def test_composed_fleet_has_libraries_and_a_command_that_exist() -> None:
    worker = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["worker"]
    assert (ROOT / "requirements" / f"{worker['build']['args']['REQUIREMENTS']}.txt").exists()
    asked = CliRunner().invoke(main, [*worker["command"][2:], "--help"], prog_name="backissue")
    assert asked.exit_code == 0, asked.output
    final = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert all(place in final for place in ("/work", "/store")), "its volumes belong to the image's user"


FORM_ATTRIBUTES = {"label", "description", "placeholder", "value", "render", "options", "multiple"}


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.stem
)
def test_issue_forms_have_the_attributes_that_forms_have(form: Path) -> None:
    for element in yaml.safe_load(form.read_text(encoding="utf-8"))["body"]:
        assert set(element["attributes"]) <= FORM_ATTRIBUTES, element


def test_workflows_check_out_without_keeping_the_key() -> None:
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
        steps = [step for job in jobs.values() for step in job["steps"]]
        checkouts = [step for step in steps if str(step.get("uses", "")).startswith("actions/checkout@")]
        assert checkouts
        assert all(step["with"]["persist-credentials"] is False for step in checkouts), workflow.name
