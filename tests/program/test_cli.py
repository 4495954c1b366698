"""The program from outside: what each command prints, how it ends, and that the manual says the same."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner, Result

from archive.core.errors import SiteError
from archive.core.locks import hold
from archive.queries import json_schema
from crawler import demo
from crawler.config import config
from crawler.config.key_model import key_names
from crawler.config.keys import fleet_keys, notify_keys, question_keys, source_keys
from crawler.probe import survey
from scheduler import main
from tests.builders.patience import PATIENCE
from tests.fakesite import Missing, SampleSite
from tests.paths import ROOT

COMMANDS_MD = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


def program(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a process, as a shell would."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scheduler.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@dataclass
class Town:
    """A small newspaper that was archived by the real program, and the program's own words about it."""

    folder: Path
    site: SampleSite
    crawl: subprocess.CompletedProcess[str]

    def run(self, *arguments: str) -> Result:
        """Run a command that only reads, in this process."""
        command = ["--config", str(self.folder / "backissue.toml"), *arguments]
        return CliRunner().invoke(main, command, prog_name="backissue")

    def page(self) -> tuple[str, bytes]:
        """The address and the page of the article with the most comments."""
        (busiest, _), *_ = Counter(comment.article_id for comment in self.site.comments).most_common()
        url = self.site.article(busiest).url
        with urlopen(url) as answer:
            return url, answer.read()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with SampleSite(articles=8, comments=60) as site:
        (folder / "backissue.toml").write_text(
            f"[sources.town]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8"
        )
        yield Town(folder, site, program("crawl", "--json", folder=folder))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no configuration in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKISSUE_CONFIG", raising=False)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="backissue")


# -- the manual -----------------------------------------------------------------------------------


def commands(group: click.Command = main, path: str = "backissue") -> Iterator[tuple[str, click.Command]]:
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command, name
            if not command.hidden:
                yield from commands(command, f"{path} {name}")
    else:
        yield path, group


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_in_the_manual_and_helps(path: str, command: click.Command) -> None:
    found = re.search(
        rf"^### `{re.escape(path)}\b(.*?)(?=^##)", COMMANDS_MD + "\n## ", re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/commands.md has a section for {path}"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, f"{parameter.name} helps"
            for option in parameter.opts:
                assert f"`{option}" in found[1], f"{option} is described"
    assert command.help
    assert run(*path.split()[1:], "--help").exit_code == 0


def test_the_manual_names_no_option_that_is_not_there() -> None:
    known = {option for _, command in commands() for parameter in command.params for option in parameter.opts}
    known |= {option for parameter in main.params for option in parameter.opts} | {"--help"}
    assert set(re.findall(r"`(--[a-z-]+)", COMMANDS_MD)) <= known


def test_every_key_of_the_configuration_is_in_the_manual() -> None:
    manual = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z_]+)` \|", manual, re.MULTILINE))
    assert told == {
        *config.CONFIG_KEYS,
        *key_names(source_keys.SourceTable),
        *key_names(notify_keys.NotifyTable),
        *key_names(question_keys.SearchTable),
        *key_names(question_keys.AlertTable),
        *key_names(fleet_keys.FleetTable),
    }
    for choice in (
        *source_keys.COMMENT_STYLES,
        *config.profiles(),
        config.FILE_VARIABLE,
        config.ARCHIVE_VARIABLE,
        demo.PORT_VARIABLE,
    ):
        assert choice in manual


def test_help_teaches_and_version_is_told() -> None:
    told = run("--help").output
    for word in ("backissue up", "backissue init", "Exits with", "docs/commands.md"):
        assert word in told
    assert run("--version").output.startswith("backissue, version ")


@pytest.mark.parametrize("name", main.places)
def test_the_help_of_the_whole_is_the_help_of_each_command(name: str) -> None:
    """It is kept apart from the commands, so that none is loaded for it."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert str(command.help).replace("\n", " ").startswith(main.places[name].summary.removesuffix("."))
    assert not command.hidden


# -- how it ends ----------------------------------------------------------------------------------


def test_a_crawl_that_went_well_leaves_with_0_and_says_what_it_brought(town: Town) -> None:
    assert town.crawl.returncode == 0, town.crawl.stderr
    run = json.loads(town.crawl.stdout)
    assert (run["source"], run["outcome"], run["trigger"]) == ("town", "ok", "hand")
    assert run["saved"]["articles_new"] == len(town.site.readable)


def test_a_wrong_command_line_leaves_with_2() -> None:
    assert run("serach", "harbour").exit_code == 2
    assert run("search").exit_code == 2
    assert run("up", "--port", "0").exit_code == 2


def test_an_error_that_can_be_mended_is_a_sentence_and_a_hint(here: Path) -> None:
    done = program("search", "harbour", folder=here)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: There is no backissue.toml in .*\nHint: .*\n", done.stderr)
    (here / "backissue.toml").write_text("sauces = 1\n", encoding="utf-8")
    wrong = run("status")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "did you mean “sources”?" in wrong.stderr
    assert list(here.iterdir()) == [here / "backissue.toml"], "asking makes no file"


def test_a_crawl_with_something_missing_leaves_with_3_and_status_says_so(here: Path) -> None:
    with SampleSite(articles=2, comments=0) as site:
        site.faults.add(Missing(match="*"))
        (here / "backissue.toml").write_text(
            f"[sources.town]\nurl = '{site.url}'\ndelay = 0\n", encoding="utf-8"
        )
        done = program("crawl", folder=here)
    assert done.returncode == 3, done.stderr
    assert "town: failed" in done.stderr
    assert run("status").exit_code == 3


def test_while_another_run_holds_the_lock_a_crawl_leaves_with_4(town: Town) -> None:
    with hold(town.folder / "archive.db", "crawl-town"):
        done = program("crawl", "town", folder=town.folder)
    assert (done.returncode, done.stdout) == (4, "")
    assert "Traceback" not in done.stderr


def test_a_crawl_without_a_contact_never_leaves_this_machine(here: Path) -> None:
    (here / "backissue.toml").write_text("[sources.lwj]\nprofile = 'longwarjournal'\n", encoding="utf-8")
    for command in ("crawl", "up", "schedule"):
        done = run(command)
        assert done.exit_code == 1
        assert "contact: expected an e-mail address" in done.stderr
    assert run("sources").exit_code == 0, "what is configured can still be shown"


def test_up_says_which_port_is_taken_before_anything_starts(here: Path) -> None:
    with SampleSite(articles=1) as site:
        port = site.url.rpartition(":")[2]
        taken = run("demo", "--port", port)
        assert (taken.exit_code, f"Port {port} on 127.0.0.1 is in use" in taken.stderr) == (1, True)
        assert "--port" in taken.stderr
        sample = run("demo", "--port", "1024", "--sample-port", port)
        assert "--sample-port" in sample.stderr
    assert list(here.iterdir()) == []


def test_a_reader_that_has_enough_is_no_error(town: Town) -> None:
    command = f"{sys.executable} {ROOT / 'scheduler.py'} export jsonl | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=town.folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


# -- reading --------------------------------------------------------------------------------------


def test_search_finds_articles_and_comments_and_prints_pure_json(town: Town) -> None:
    comment = max(town.site.comments, key=lambda comment: len(comment.text))
    word = max(re.findall(r"[A-Za-z]{5,}", comment.text), key=len)
    told = town.run("search", word, "--json", "--in", "comments", "--limit", "50")
    found = json.loads(told.stdout)
    assert (
        comment.text.split()[0] in " ".join(hit["excerpt"] for hit in found["hits"])
        or found["counts"]["comments"]["count"]
    )
    assert all(hit["kind"] != "article" for hit in found["hits"])
    assert "\x02" not in told.stdout
    shown = town.run("search", word)
    assert "found" in shown.stderr
    assert word.lower() in shown.stdout.lower()


def test_show_prints_an_article_and_its_thread_by_id_and_by_address(town: Town) -> None:
    url, _ = town.page()
    by_url = json.loads(town.run("show", url, "--json").stdout)
    assert by_url["url"] == url
    held = by_url["comments"][0]
    text = town.run("show", f"{url}#comment-{held['id']}").stdout
    assert f"→ comment {held['number']} " in text
    assert town.run("show", "comment", str(held["number"])).stdout == text
    assert town.run("show", f"{url}#comment-999999").exit_code == 1
    assert by_url["title"] in text
    for comment in by_url["comments"]:
        assert (comment["author"] or "") in text
    assert town.run("show", "1").exit_code == 0
    assert town.run("show", "999999").exit_code == 1


def test_what_a_site_wrote_cannot_steer_the_terminal() -> None:
    from archive.core.formatting import plain

    assert plain("a\x1b[2J\x9b31mb\r\nc\u202e") == "a [2J 31mb \nc "


def test_status_and_sources_tell_people_and_programs(town: Town) -> None:
    (source,) = json.loads(town.run("status", "--json").stdout)["sources"]
    assert (source["name"], source["last_run"]["outcome"]) == ("town", "ok")
    assert "town" in town.run("status").stdout
    (planned,) = json.loads(town.run("sources", "--json").stdout)
    assert (planned["name"], planned["schedule"], planned["delay"]) == ("town", "17 * * * *", 0.0)
    assert planned["next_run"].endswith(":17:00Z")


# -- the contracts --------------------------------------------------------------------------------


def promised(section: str) -> dict[str, str]:
    """The fields and types that docs/contracts.md promises under a heading."""
    manual = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    part = manual.split(f"\n{section}\n")[1].split("\n#")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", part, re.MULTILINE))


def fits(value: Any, kind: str) -> bool:
    if value is None:
        return kind.endswith("or null")
    kind = kind.removesuffix(" or null")
    return {
        "text": isinstance(value, str) and value != "",
        "time": isinstance(value, str) and TIME.fullmatch(value) is not None,
        "integer": isinstance(value, int),
        "object": isinstance(value, dict),
        "array of texts": isinstance(value, list) and all(isinstance(item, str) and item for item in value),
        "array of objects": isinstance(value, list) and all(isinstance(item, dict) for item in value),
    }[kind]


def keeps(item: dict[str, Any], promise: dict[str, str]) -> None:
    assert list(item) == list(promise)
    for name, kind in promise.items():
        assert fits(item[name], kind), f"{name} is {item[name]!r}, and {kind} was promised"


ARTICLE = promised("### `article`")
COMMENT = promised("### each of `comments`")
PROBLEM = promised("### each of `problems`")
BLOCK = promised("### each of `blocks`")
COPY = promised("### `copy`")
HISTORY = promised("## `backissue export jsonl`")


def test_the_contracts_are_written_down() -> None:
    assert tuple(ARTICLE) == json_schema.ARTICLE_FIELDS
    assert tuple(COMMENT) == json_schema.COMMENT_FIELDS
    assert tuple(PROBLEM) == json_schema.PROBLEM_FIELDS
    assert set(HISTORY) == {"comments", *json_schema.HISTORY_FIELDS}


def test_explain_keeps_its_contract(town: Town, tmp_path: Path) -> None:
    comments = []
    for article in town.site.articles:
        page = tmp_path / f"{article.id}.html.gz"
        with urlopen(article.url) as answer:
            page.write_bytes(gzip.compress(answer.read()))
        explained = json.loads(town.run("explain", str(page), "--url", article.url, "--json").stdout)
        keeps(explained, promised("## `backissue explain FILE_OR_URL --json`"))
        assert (explained["article"] is None) is article.protected
        if explained["article"] is not None:
            keeps(explained["article"], ARTICLE)
        for problem in explained["problems"]:
            keeps(problem, PROBLEM)
        for block in explained["blocks"]:
            keeps(block, BLOCK)
        comments += explained["comments"]
    for comment in comments:
        keeps(comment, COMMENT)
    assert {comment["kind"] for comment in comments} > {"comment"}, "pings are among them"


def test_explain_compares_a_page_with_the_publishers_copy(town: Town, tmp_path: Path) -> None:
    url, body = town.page()
    page, copy = tmp_path / "page.html", tmp_path / "copy.json"
    page.write_bytes(body)
    listed = {"id": 0, "link": url, "title": {"rendered": "T"}}
    copy.write_text(
        json.dumps(listed | {"content": {"rendered": "<p>Only the publisher has these words.</p>"}})
    )
    explained = json.loads(town.run("explain", str(page), "--copy", str(copy), "--json").stdout)
    keeps(explained["copy"], COPY)
    for block in explained["copy"]["blocks"]:
        keeps(block, BLOCK)
    told = town.run("explain", str(page), "--copy", str(copy)).stdout
    assert "The publisher's own copy, from REST" in told
    assert "! missing  Only the publisher has these words." in told
    copy.write_text(json.dumps(listed | {"link": "https://gazette.example/other/", "id": 999_999}))
    failed = town.run("explain", str(page), "--copy", str(copy))
    assert (failed.exit_code, f"does not contain the text of {url}" in failed.stderr) == (1, True)


def test_explain_uses_the_copy_that_the_archive_holds(town: Town) -> None:
    url, _ = town.page()
    told = town.run("explain", url).stdout
    assert "The publisher's own copy, from REST" in told


def test_a_page_without_an_article_is_null_and_its_problems_keep_the_contract(
    town: Town, tmp_path: Path
) -> None:
    page = tmp_path / "empty.html"
    page.write_text("<!doctype html><title>Nothing</title>", encoding="utf-8")
    explained = json.loads(town.run("explain", str(page), "--json").stdout)
    assert explained["problems"] or explained["article"] is None
    for problem in explained["problems"]:
        keeps(problem, PROBLEM)


def test_export_keeps_its_contract(town: Town) -> None:
    lines = town.run("export", "jsonl").stdout.splitlines()
    articles = [json.loads(line) for line in lines]
    assert len(articles) == len(town.site.readable)
    assert any(article["comments"] for article in articles)
    history = {name: kind for name, kind in HISTORY.items() if name != "comments"}
    for article in articles:
        assert set(article) == {*ARTICLE, *HISTORY}
        keeps({name: article[name] for name in (*ARTICLE, *HISTORY)}, {**ARTICLE, **HISTORY})
        for comment in article["comments"]:
            keeps(comment, {**COMMENT, **history})


# -- explain, for people --------------------------------------------------------------------------


def test_explain_says_which_rule_read_each_field(town: Town, tmp_path: Path) -> None:
    _, body = town.page()
    page = tmp_path / "page.html"
    page.write_bytes(body)
    told = town.run("explain", str(page))
    assert re.search(r"title .* \[[a-z-]+\]", told.stdout)
    assert "the URL in the page" in told.stderr


def test_explain_fetches_an_address_and_stores_nothing(town: Town, here: Path) -> None:
    url, _ = town.page()
    done = program("explain", url, "--json", folder=here)
    assert (done.returncode, json.loads(done.stdout)["article"]["url"]) == (0, url)
    assert list(here.iterdir()) == []


def test_explain_says_what_it_cannot_read(town: Town, tmp_path: Path) -> None:
    missing = town.run("explain", str(tmp_path / "nothing.html"))
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (1, True)
    broken = tmp_path / "broken.html.gz"
    broken.write_bytes(b"\x1f\x8bnonsense that is no gzip")
    assert (town.run("explain", str(broken)).exit_code) == 1


# -- init -----------------------------------------------------------------------------------------


def test_init_looks_at_a_site_and_writes_a_file_that_reads(town: Town, here: Path) -> None:
    done = program("init", town.site.url, "--name", "packet", "--json", folder=here)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert list(answer) == ["name", "url", "found", "estimate", "file", "written", "text"]
    assert answer["found"]["rest"] is True
    assert answer["estimate"]["requests"] >= 8
    (source,) = config.load_config(here / "backissue.toml").sources
    assert (source.name, source.site.url, source.site.title) == (
        "packet",
        town.site.url,
        answer["found"]["title"],
    )


def test_init_says_what_it_found_what_it_costs_and_what_is_next(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = survey.SiteSurvey(
        url="https://www.example.org",
        title="The Example",
        rest=True,
        posts_total=21_000,
        comments_total=90_000,
        crawl_delay=10.0,
        timezone="UTC+2",
        notes=("The Example answers.",),
    )
    monkeypatch.setattr(survey, "survey_site", lambda url, contact: found)
    done = run("init", "example.org", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "The Example answers." in done.stdout
    assert "about 22,110 requests and 2.6 days" in done.stdout
    assert "one request every 10 s" in done.stdout
    assert "UTC+2" not in done.stdout, "what is no time zone here is not written"
    assert list(here.iterdir()) == []
    done = run("init", "example.org")
    assert "add your contact to this file" in done.stdout
    assert (
        config.load_config(here / "backissue.toml", fetching=False).sources[0].site.url
        == "https://www.example.org"
    )


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, contact: str | None) -> None:
        raise SiteError(f"{url} cannot be read: nobody answers.")

    monkeypatch.setattr(survey, "survey_site", refuse)


@pytest.mark.usefixtures("unreachable")
def test_init_of_a_known_site_works_without_the_network(here: Path) -> None:
    done = run("init", "longwarjournal", "--contact", "desk@example.org")
    assert done.exit_code == 0
    assert "Warning: https://www.longwarjournal.org cannot be read" in done.stderr
    (source,) = config.load_config(here / "backissue.toml").sources
    assert (source.name, source.contact, source.delay) == ("longwarjournal", "desk@example.org", 2.0)


@pytest.mark.usefixtures("unreachable")
def test_init_puts_the_schema_beside_the_configuration(here: Path) -> None:
    file, schema = here / "backissue.toml", here / "backissue.schema.json"
    assert run("init", "longwarjournal").exit_code == 0
    assert file.read_text(encoding="utf-8").splitlines()[0] == f"#:schema ./{schema.name}"
    assert schema.read_text(encoding="utf-8") == run("config", "schema").stdout
    schema.write_text("mine", encoding="utf-8")
    done = run("init", "longwarjournal", "--force")
    assert (done.exit_code, "was not replaced" in done.stderr) == (0, True)
    assert schema.read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("unreachable")
def test_init_of_an_address_that_does_not_answer_writes_nothing(here: Path) -> None:
    done = run("init", "https://www.example.org")
    assert (done.exit_code, done.stdout, list(here.iterdir())) == (1, "", [])
    assert "Error: https://www.example.org cannot be read: nobody answers." in done.stderr


@pytest.mark.usefixtures("unreachable")
def test_init_never_writes_over_what_is_there_unless_forced(here: Path) -> None:
    assert run("init", "longwarjournal").exit_code == 0
    before = (here / "backissue.toml").read_text(encoding="utf-8")
    again = run("init", "longwarjournal")
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert (here / "backissue.toml").read_text(encoding="utf-8") == before
    twin = run("init", "longwarjournal", "--name", "second", "--contact", "a@example.org")
    assert (twin.exit_code, "already, as source “longwarjournal”" in twin.stderr) == (1, True)
    assert (here / "backissue.toml").read_text(encoding="utf-8") == before
    assert run("init", "longwarjournal", "--force").exit_code == 0
    assert (here / "backissue.toml").read_text(encoding="utf-8") == before


def test_init_says_what_could_have_been_meant(here: Path) -> None:
    done = run("init", "longwarjurnal")
    assert (done.exit_code, "longwarjournal" in done.stderr) == (1, True)
    private = run("init", "http://10.0.0.1")
    assert (private.exit_code, "private address" in private.stderr) == (1, True)
