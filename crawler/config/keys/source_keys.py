"""Model of `[sources.NAME]`: one site to archive."""

from __future__ import annotations

from typing import Annotated

import msgspec

from crawler.config import value_checks as checks
from crawler.config.key_model import (
    KeyTable,
    choice,
    choices,
    described_key,
    described_number,
    truth,
)
from crawler.config.site_url import check_address
from crawler.schedule.cron import DEFAULT_SCHEDULE, EXPECTED_SCHEDULE

AUTO = "auto"
COMMENT_STYLES = ("auto", "native", "wpdiscuz", "none")
FILE_KINDS = ("image", "document", "data", "audio")
DEFAULT_MEGABYTES = 16
LARGEST_MEGABYTES = 32
DEFAULT_PER_CRAWL = 500
EXPECTED_URL = "the URL of a site, such as https://www.example.org"
EXPECTED_SPAN = "a span of time, such as 10m, 1h30m or 2d"
EXPECTED_DELAY = "a number of seconds, 0 or more"
EXPECTED_QUIET = 'hours of the day, such as "22:00-06:00", or several with commas between'
EXPECTED_TIMES = f'{EXPECTED_SCHEDULE}, or "{AUTO}"'
_HOSTS = 'a list of host names without a path, such as ["www.example.org"]'
_SELECTORS = 'a list of CSS selectors, such as [".byline", "#ad"]'
_COMMENT_KEYS = 'a table of texts, such as comment_keys.disqus = "${DISQUS_KEY}"'
EXPECTED_API_KEY = "a key of the site's API, or a variable as ${NAME}"
_TYPES = "a list, each the name of a content type, such as post, page or map"


class SourceTable(KeyTable, frozen=True):
    """Keys of one site."""

    url: Annotated[
        str | None,
        described_key(
            "The URL of the site's front page, http:// or https://.",
            EXPECTED_URL,
            check=check_address,
        ),
    ] = None
    profile: Annotated[
        str | None,
        described_key("A known site, whose keys apply unless they are set here.", "the name of a known site"),
    ] = None
    schedule: Annotated[
        str | None,
        described_key("When to crawl, as crontab fields.", EXPECTED_TIMES, default=DEFAULT_SCHEDULE),
    ] = None
    every: Annotated[
        str | None, described_key("When to crawl, as an interval instead of a schedule.", EXPECTED_SPAN)
    ] = None
    shortest: Annotated[
        str | None, described_key("The shortest time between crawls, with an auto schedule.", EXPECTED_SPAN)
    ] = None
    longest: Annotated[
        str | None, described_key("The longest time between crawls, with an auto schedule.", EXPECTED_SPAN)
    ] = None
    quiet: Annotated[str | None, described_key("Hours in which no crawl begins.", EXPECTED_QUIET)] = None
    jitter: Annotated[
        str | None, described_key("How much later than planned a crawl may begin.", EXPECTED_SPAN)
    ] = None
    limit: Annotated[
        str | None, described_key("How long one crawl may take.", EXPECTED_SPAN, default="12h")
    ] = None
    delay: Annotated[float, described_key("Seconds between two requests.", EXPECTED_DELAY, ge=0)] = 1.0
    verify_tls: Annotated[bool, truth("Whether the site's TLS certificate must be valid.")] = True
    hosts: Annotated[
        tuple[str, ...],
        described_key(
            "Further hosts on which the site has its articles.",
            _HOSTS,
            check=checks.check_host_name,
        ),
    ] = ()
    comments: Annotated[str, choice("How readers' comments are marked up.", COMMENT_STYLES)] = "auto"
    article_pattern: Annotated[
        str | None,
        described_key(
            "Which paths are articles, if articles are not recognised.",
            "a regular expression",
            check=checks.check_regular_expression,
        ),
    ] = None
    language: Annotated[
        str | None,
        described_key(
            "The site's language, for names of months.",
            "a language tag, such as en or de-AT",
            check=checks.check_language,
        ),
    ] = None
    timezone: Annotated[
        str,
        described_key(
            "The time zone of printed dates.",
            "an IANA time zone, such as Europe/Berlin",
            check=checks.check_zone_name,
        ),
    ] = "UTC"
    title: Annotated[str | None, described_key("The site's name, for people.", "a text")] = None
    keep: Annotated[
        tuple[str, ...],
        described_key("Where the text of an article is.", _SELECTORS, check=checks.check_selector),
    ] = ()
    drop: Annotated[
        tuple[str, ...],
        described_key(
            "What to remove from a page before its text is read.", _SELECTORS, check=checks.check_selector
        ),
    ] = ()
    types: Annotated[
        tuple[str, ...],
        described_key(
            "The content types to archive. By default all that visitors see.",
            _TYPES,
            check=checks.check_type_name,
        ),
    ] = ()
    exclude_types: Annotated[
        tuple[str, ...],
        described_key("The content types to leave out.", _TYPES, check=checks.check_type_name),
    ] = ()
    files: Annotated[
        tuple[str, ...], choices("The files of articles that are archived with them.", FILE_KINDS)
    ] = ()
    file_megabytes: Annotated[
        int, described_number("The largest file to archive, in MiB.", LARGEST_MEGABYTES)
    ] = DEFAULT_MEGABYTES
    files_per_crawl: Annotated[int, described_number("How many files one crawl requests.", 1_000_000)] = (
        DEFAULT_PER_CRAWL
    )
    foreign_comments: Annotated[
        bool, truth("Whether threads that a comment system keeps elsewhere are read.")
    ] = True
    comment_keys: Annotated[
        dict[str, str],
        described_key("Your own keys for comment systems that require one.", _COMMENT_KEYS, secret=True),
    ] = msgspec.field(default_factory=dict)
    api_key: Annotated[
        str | None,
        described_key("Your own key for the API of the site's system.", EXPECTED_API_KEY, secret=True),
    ] = None
    render: Annotated[bool, truth("Whether articles are read as a browser shows them.")] = False
    render_hosts: Annotated[
        tuple[str, ...],
        described_key(
            "Further hosts from which the site's scripts may load data.",
            _HOSTS,
            check=checks.check_host_name,
        ),
    ] = ()
