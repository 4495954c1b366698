"""The address of a thread that is kept outside of its article's page, by a comment system.

A thread has no URL of its own: it is requested from an API, with the key of the page in that system. So it is
named by a URI with the scheme `comments:`, under which its responses, visits and problems are kept:
`comments:isso?article=https%3A%2F%2Fpaper.example%2Fice%2F&key=%2Fice%2F&server=https%3A%2F%2Ftalk.example`.
Does not: contain any API, or fetch. Invariant: an address contains no secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from archive.core import urls
from archive.core.records import Page

SCHEME = "comments:"
NATIVE = "site_id NOT GLOB '*:*'"
"""SQL for comments under the site's own ids; those of systems elsewhere begin with the system's name."""
_PART = "&part="


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAddress:
    """The address of one article's thread in one comment system.

    `system` is the short name of the system, `server` the URL of its API without a slash at the end, `key`
    what the system calls the page, `site` what it calls the site ("" where it needs no such name), and
    `article` the article's URL.
    """

    system: str
    server: str
    key: str
    article: str
    site: str = ""

    def __str__(self) -> str:
        facts = {"article": self.article, "key": self.key, "server": self.server}
        if self.site:
            facts["site"] = self.site
        return f"{SCHEME}{self.system}?{urlencode(facts)}"

    def part(self, number: int) -> str:
        """Return the URI of one answer about this thread, counted from 1."""
        return f"{self}{_PART}{number}"


def thread_of(uri: str) -> ThreadAddress | None:
    """Return the thread of a URI, with or without a part; no result for any other URL."""
    if not uri.startswith(SCHEME):
        return None
    system, _, query = without_answer_number(uri).removeprefix(SCHEME).partition("?")
    facts = dict(parse_qsl(query))
    try:
        return ThreadAddress(
            system=system,
            server=facts["server"],
            key=facts.get("key", ""),
            article=facts["article"],
            site=facts.get("site", ""),
        )
    except KeyError:
        return None


def without_answer_number(uri: str) -> str:
    """Return the URI of a thread without the number of an answer."""
    return uri.partition(_PART)[0]


def answer_number(uri: str) -> int:
    """Return the number of a response about a thread, 1 by default."""
    number = uri.partition(_PART)[2]
    if number.isascii() and number.isdecimal():
        return int(number)
    return 1


def article_key(page: Page) -> str | None:
    """Return the key of the article of a thread's response, if the page is one."""
    thread = thread_of(page.url)
    if not thread:
        return None
    return urls.page_key(thread.article)
