"""backissue.toml: what it may say, and that everything else is refused in words that help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.core.errors import ConfigError
from crawler.config import config, writer
from crawler.config.lookup import site_for
from crawler.config.site_url import check_address

LOCAL = '[sources.town]\nurl = "http://127.0.0.1:8002"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backissue.toml"


def refusal(file: Path, text: str) -> ConfigError:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load_config(file)
    return refused.value


def test_everything_that_can_be_said_is_read(file: Path) -> None:
    file.write_text(
        """
archive = "kept/papers.db"
contact = "desk@example.org"

[sources.the-packet]
url = "https://WWW.Example.org/news/"
title = "The Packet"
schedule = "15 6 * * 1-5 Europe/Berlin"
delay = 0
comments = "wpdiscuz"
article_pattern = '/\\d{4}/'
language = "de-AT"
timezone = "Europe/Vienna"
keep = [".entry-content"]
drop = ["aside.author", "#share"]
""",
        encoding="utf-8",
    )
    read = config.load_config(file)
    (source,) = read.sources
    assert (read.path, read.archive, read.contact) == (
        file,
        file.parent / "kept/papers.db",
        "desk@example.org",
    )
    assert (source.name, source.delay, source.contact, source.is_local) == (
        "the-packet",
        0.0,
        "desk@example.org",
        False,
    )
    assert source.schedule.rule.timezone == "Europe/Berlin"
    site = source.site
    assert (site.url, site.title, site.comments) == ("https://www.example.org/news", "The Packet", "wpdiscuz")
    assert (site.language, site.timezone, site.article_pattern) == ("de-AT", "Europe/Vienna", r"/\d{4}/")
    assert (site.keep, site.drop) == ((".entry-content",), ("aside.author", "#share"))


def test_what_is_not_said_has_modest_defaults(file: Path) -> None:
    file.write_text(LOCAL, encoding="utf-8")
    read = config.load_config(file)
    (source,) = read.sources
    assert (read.archive, read.contact) == (file.parent / "archive.db", None)
    assert (source.delay, source.schedule.text) == (1.0, "17 * * * *")
    assert (source.site.comments, source.site.timezone, source.site.language) == ("auto", "UTC", None)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "arcive = 'a.db'\n" + LOCAL,
            ["arcive: expected one of archive, contact, public_url, sources", "did you mean “archive”?"],
        ),
        (
            LOCAL + "shedule = '* * * * *'",
            ["sources.town.shedule", "an unknown key (did you mean “schedule”?)"],
        ),
        (
            LOCAL + "schedule = 5",
            ["sources.town.schedule: expected five crontab fields", "found the number 5"],
        ),
        (LOCAL + "schedule = '61 * * * *'", ["sources.town.schedule", "the minute “61”"]),
        (LOCAL + "every = '10'", ["sources.town.every: expected a span of time", "such as 1h30m"]),
        (LOCAL + "every = '30s'", ["sources.town.every", "from 1m to 366d; found “30s”"]),
        (LOCAL + "every = '1h'\nschedule = '@daily'", ["sources.town.every", "either schedule or every"]),
        (LOCAL + "limit = '0s'", ["sources.town.limit", "from 1s to 366d"]),
        (LOCAL + "quiet = '22-6'", ["sources.town.quiet", "“22-6” is not made of two times"]),
        (
            LOCAL + "schedule = '0 23 * * *'\nquiet = '22:00-06:00'",
            ["sources.town.quiet", "every time of “0 23 * * *” lies in them"],
        ),
        (
            LOCAL + "quiet = '00:00-12:00, 12:00-24:00'",
            ["sources.town.quiet", "they leave no minute of the day"],
        ),
        (
            LOCAL + "every = '10m'\njitter = '10m'",
            ["sources.town.jitter", "shorter than 10m, the time from one crawl to the next"],
        ),
        (
            LOCAL + "schedule = '0 6 * * * Europe/Berln'",
            ["sources.town.schedule", "did you mean “Europe/Berlin”?"],
        ),
        (
            LOCAL + "delay = -1",
            ["sources.town.delay: expected a number of seconds, 0 or more; found the number -1"],
        ),
        (LOCAL + "delay = nan", ["sources.town.delay", "found the number nan"]),
        (LOCAL + "delay = inf", ["sources.town.delay", "found the number inf"]),
        (LOCAL + "delay = true", ["sources.town.delay", "found the truth value true"]),
        (LOCAL + "delay = '1'", ["sources.town.delay", "found “1”"]),
        (
            LOCAL + "comments = 'natif'",
            ["expected one of auto, native, wpdiscuz, none", "did you mean “native”?"],
        ),
        (
            LOCAL + "article_pattern = '('",
            ["sources.town.article_pattern: expected a regular expression", "position 0"],
        ),
        (
            LOCAL + "timezone = 'Amerika/New_York'",
            ["sources.town.timezone", "did you mean “America/New_York”?"],
        ),
        (LOCAL + "language = 'english language'", ["sources.town.language: expected a language tag"]),
        (LOCAL + "drop = 'aside'", ["sources.town.drop: expected a list of CSS selectors", "found “aside”"]),
        (LOCAL + "keep = ['p[[']", ["sources.town.keep", "“p[[”"]),
        (LOCAL + "title = ''", ["sources.town.title: expected a text; found an empty text"]),
        (LOCAL + r'title = "a\nb"', [r"sources.town.title", r"found “a\nb”"]),
        (LOCAL + "profile = 'longwarjurnal'", ["sources.town.profile", "did you mean “longwarjournal”?"]),
        (
            "contact = 'nobody'\n" + LOCAL,
            ["contact: expected an e-mail address or a URL", "found “nobody”"],
        ),
        ("archive = 3\n" + LOCAL, ["archive: expected the path of a file; found the number 3"]),
        (
            "[sources.Town]\nurl = 'http://127.0.0.1'",
            ["sources.Town: expected a name of at most 60 small letters"],
        ),
        (f"[sources.{'t' * 61}]\nurl = 'http://127.0.0.1'", ["expected a name of at most 60 small letters"]),
        ("[sources.town]", ["sources.town.url: expected the URL of a site; found nothing"]),
        ("sources = 3", ["sources: expected a table; found the number 3"]),
        ("[sources]\ntown = 3", ["sources.town: expected a table"]),
        ("", ["sources: expected a table [sources.NAME] for each site; found nothing"]),
        ("contact = \n", ["is not TOML", "line 1"]),
    ],
)
def test_what_cannot_be_is_refused_with_file_key_and_the_nearest_name(
    file: Path, text: str, sentences: list[str]
) -> None:
    message = str(refusal(file, text))
    assert str(file) in message
    for sentence in sentences:
        assert sentence in message


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org",
        "example.org",
        "https://",
        "https://user:secret@example.org",
        "https://example.org?x=1",
        "https://example.org/#top",
        "http://10.0.0.1",
        "http://192.168.1.1:8080",
        "http://169.254.169.254",
        "http://0.0.0.0",
        "http://[fd00::1]",
        "http://[::ffff:10.0.0.1]",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.1",
        "http://localhost:99999",
        "http://exa mple.org",
        'https://example.org"; x="',
        "https://example.org/a paper",
        "https://example.org/<paper>",
        "http://[::1",
    ],
)
def test_an_address_that_is_private_or_none_is_refused(file: Path, url: str) -> None:
    error = refusal(file, f"[sources.town]\nurl = '{url}'")
    assert "sources.town.url: expected the URL of a site" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8002", "http://localhost", "http://[::1]:80/x", "https://example.org"]
)
def test_public_sites_and_this_machine_are_taken(url: str) -> None:
    assert check_address(f"{url}/") == url


def test_a_site_elsewhere_is_told_whom_to_write_to(file: Path) -> None:
    error = refusal(file, "[sources.packet]\nurl = 'https://example.org'")
    assert "contact: expected an e-mail address" in str(error)
    assert "sources.packet is not on this machine" in str(error)
    assert 'contact = "' in str(error.hint)
    assert config.load_config(file, fetching=False).sources[0].contact is None, (
        "reading what is there needs no contact"
    )


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.toml does not exist"):
        config.load_config(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match=r"elsewhere.toml does not exist"):
        config.load_config(environ={"BACKISSUE_CONFIG": str(tmp_path / "elsewhere.toml")})


def test_the_option_wins_over_the_environment_over_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("backissue", "environment", "option"):
        (tmp_path / f"{name}.toml").write_text(LOCAL.replace("town", name), encoding="utf-8")
    environ = {"BACKISSUE_CONFIG": "environment.toml"}
    assert config.load_config(Path("option.toml"), environ=environ).sources[0].name == "option"
    assert config.load_config(environ=environ).sources[0].name == "environment"
    assert config.load_config(environ={}).sources[0].name == "backissue"


def test_with_no_file_the_folder_and_the_way_on_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=re.escape(f"There is no backissue.toml in {tmp_path}")) as refused:
        config.load_config(environ={})
    assert "backissue init https://" in str(refused.value.hint)
    assert "backissue demo" in str(refused.value.hint)


def test_a_file_of_another_encoding_is_refused_and_a_byte_order_mark_is_not(file: Path) -> None:
    file.write_bytes("# Bücher\n".encode("latin-1") + LOCAL.encode())
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load_config(file)
    file.write_bytes(b"\xef\xbb\xbf" + LOCAL.encode())
    assert config.load_config(file).sources[0].name == "town"


# -- known sites ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", config.profiles())
def test_every_profile_reads_is_polite_and_explains_its_lines(name: str) -> None:
    source = config.profile(name)
    assert source.delay >= 1
    assert source.name == name
    lines = config.profile_path(name).read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith("#") for line in lines) >= 6


def test_the_long_war_journal_is_known() -> None:
    site = config.profile("longwarjournal").site
    assert (site.url, site.language, site.timezone) == (
        "https://www.longwarjournal.org",
        "en",
        "America/New_York",
    )
    pattern = re.compile(site.article_pattern or "")
    assert pattern.search("/archives/2009/07/a_name.php")
    assert pattern.search("/threat-matrix/archives/2013/05/another.php")
    assert not pattern.search("/archives/2009/07/")
    assert not pattern.search("/tags/somewhere")


def test_a_key_in_the_file_wins_over_the_profile(file: Path) -> None:
    file.write_text(
        "contact = 'a@example.org'\n[sources.lwj]\nprofile = 'longwarjournal'\ndelay = 5\n", encoding="utf-8"
    )
    (source,) = config.load_config(file).sources
    assert (source.name, source.delay, source.site.timezone) == ("lwj", 5.0, "America/New_York")


def test_an_unknown_source_or_profile_is_answered_with_the_nearest(file: Path) -> None:
    file.write_text(LOCAL, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"no source “twon” \(did you mean “town”\?\)"):
        config.load_config(file).source("twon")
    with pytest.raises(ConfigError, match=r"did you mean “longwarjournal”"):
        config.profile("longwarjournl")


def test_an_address_is_read_as_the_site_at_home_there(file: Path) -> None:
    file.write_text(LOCAL, encoding="utf-8")
    read = config.load_config(file)
    assert site_for(read.sources, None, "http://127.0.0.1:8002/2026/a/").name == "town"
    known = "https://longwarjournal.org/archives/2009/07/a.php"
    assert site_for(read.sources, None, known).name == "longwarjournal"
    assert site_for(read.sources, "longwarjournal", "file:///a.html").timezone == "America/New_York"
    assert site_for(read.sources, None, "http://127.0.0.1:8003/a").url == "http://127.0.0.1:8003"
    with pytest.raises(ConfigError):
        site_for(read.sources, "nobody", "http://127.0.0.1:8002/")


# -- writing it -----------------------------------------------------------------------------------


def test_what_is_written_reads_back(file: Path) -> None:
    block = writer.site_block("packet", "https://example.org", title='The "Packet"\\', delay=2, language="en")
    writer.write_config(file, writer.new_config_text(block, "a@example.org"), "packet")
    (source,) = config.load_config(file).sources
    assert (source.site.title, source.delay, source.site.language) == ('The "Packet"\\', 2.0, "en")
    assert "# " in file.read_text(encoding="utf-8")


def test_adding_a_site_changes_no_line_that_is_there(file: Path) -> None:
    before = f"# mine\n{LOCAL}delay = 0 # as fast as it goes"
    file.write_text(before, encoding="utf-8")
    text = writer.extended_config_text(
        file, writer.profile_block("lwj", "longwarjournal"), "lwj", "a@example.org"
    )
    writer.write_config(file, text, "lwj")
    assert before in file.read_text(encoding="utf-8")
    read = config.load_config(file)
    assert [source.name for source in read.sources] == ["town", "lwj"]
    assert read.contact == "a@example.org"


def test_a_source_that_is_there_is_never_written_over(file: Path) -> None:
    file.write_text(LOCAL, encoding="utf-8")
    with pytest.raises(ConfigError, match="already has a source “town”; nothing was changed"):
        writer.extended_config_text(file, writer.site_block("town", "https://example.org"), "town", None)


def test_a_file_that_cannot_be_added_to_stays_as_it_was(file: Path) -> None:
    before = 'sources = { town = { url = "http://127.0.0.1" } }\n'
    file.write_text(before, encoding="utf-8")
    text = writer.extended_config_text(file, writer.site_block("b", "http://127.0.0.1:81"), "b", None)
    with pytest.raises(ConfigError, match="nothing was changed"):
        writer.write_config(file, text, "b")
    assert file.read_text(encoding="utf-8") == before
    assert list(file.parent.iterdir()) == [file], "no half-written file is left"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.the-packet.co.uk", "the-packet"),
        ("https://news.example.org/x", "news"),
        ("http://127.0.0.1:8", "site"),
        ("https://日本.example", "site"),
    ],
)
def test_a_source_is_named_after_its_address(url: str, name: str) -> None:
    assert writer.name_for(url) == name


def test_quiet_hours_go_by_the_zone_of_the_schedule_else_of_the_site(file: Path) -> None:
    zones = []
    for key in ("schedule = '15 6 * * * Europe/Berlin'", "schedule = '15 12 * * *'", "every = '1h'"):
        text = f"{LOCAL}{key}\nquiet = '22:00-06:00'\ntimezone = 'America/New_York'"
        file.write_text(text)
        [source] = config.load_config(file).sources
        assert source.schedule.quiet is not None
        zones.append(source.schedule.quiet.timezone)
    assert zones == ["Europe/Berlin", "America/New_York", "America/New_York"]


def test_an_interval_takes_the_place_of_the_schedule_that_a_profile_has(file: Path) -> None:
    text = "[sources.lwj]\nprofile = 'longwarjournal'\nevery = '3h'\njitter = '5m'\nquiet = '01:00-02:00'"
    file.write_text(text)
    [source] = config.load_config(file, fetching=False).sources
    assert source.schedule.text == "every 3h, up to 5m later, not 01:00-02:00 America/New_York"


def test_rendering_is_off_unless_configured(file: Path) -> None:
    file.write_text(LOCAL)
    [source] = config.load_config(file).sources
    assert (source.rendering.is_on, source.rendering.hosts) == (False, ())
    file.write_text(LOCAL + "render = true\nrender_hosts = ['API.example.org:8443']\n")
    [source] = config.load_config(file).sources
    assert (source.rendering.is_on, source.rendering.hosts) == (True, ("api.example.org:8443",))


@pytest.mark.parametrize(
    "text",
    [
        "[notify]\nurls = 'slack://token-a/token-b'\n",
        "[notify]\nurls = ['slack://token-a/token-b', 5]\n",
        "[fleet]\nqueue = 'redis://token-a'\n",
        "[fleet]\nqueue = ['postgresql://token-a']\n",
        f"{LOCAL}comment_keys = {{ disqus = ['token-a'] }}\n",
        f"{LOCAL}comment_keys = ['token-a']\n",
        f"{LOCAL}api_key = ['token-a']\n",
        f"{LOCAL}api_key = 'token-a token-b'\n",
        f"{LOCAL}api_key = ' '\n",
    ],
)
def test_secret_is_not_repeated_by_an_error(file: Path, text: str) -> None:
    message = str(refusal(file, text if LOCAL in text else text + LOCAL))
    assert "expected" in message
    assert "token" not in message


def test_error_names_the_line_and_the_item_of_a_list(file: Path) -> None:
    error = refusal(file, f"{LOCAL}keep = [\n  '.text',\n  7,\n]\n")
    assert f"{file}, line 3: sources.town.keep: expected a list of CSS selectors" in str(error)
    assert "found the number 7" in str(error)


def test_value_of_a_profile_that_is_refused_has_no_line(file: Path) -> None:
    text = "contact = 'a@example.org'\n[sources.lwj]\nprofile = 'longwarjournal'\nquiet = '00:00-24:00'\n"
    assert f"{file}, line 4: sources.lwj.quiet" in str(refusal(file, text))


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("token-a", "no URL of a server before the key"),
        ("${TALK_KEY}", "no URL of a server before the key"),
        ("talk.example.org token-a", "no URL of a server before the key"),
        ("https://talk.example.org", "a URL without a key"),
        ("https://talk.example.org token-a token-b", "more than a URL and a key"),
    ],
)
def test_key_of_a_system_with_own_servers_needs_its_server(file: Path, stated: str, why: str) -> None:
    message = str(refusal(file, f"{LOCAL}comment_keys.coral = '{stated}'\n"))
    assert message.endswith(f"found {why}.")
    assert "token" not in message


@pytest.mark.parametrize("environ", [{}, {"WORD": ""}])
def test_variable_that_is_empty_or_not_set_is_named(file: Path, environ: dict[str, str]) -> None:
    file.write_text(
        "[notify]\nurls = ['json://${WORD}']\n[fleet]\nqueue = 'postgresql://${WORD}'\n"
        f"{LOCAL}api_key = '${{WORD}}'\ncomment_keys.giscus = '${{WORD}}'\n"
    )
    read = config.load_config(file)
    [source] = read.sources
    for asked in (
        read.notify.addresses,
        read.fleet.queue_url,
        source.foreign.secrets,
        source.api_key.value,
    ):
        with pytest.raises(ConfigError, match=r"needs \$WORD, which is empty or not in the environment"):
            asked(environ)
