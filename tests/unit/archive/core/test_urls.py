"""URLs as identities: one canonical form and one key, whatever the spelling."""

from __future__ import annotations

import socket

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.core import urls

SITE = "https://x.example"
ICE = f"{SITE}/2026/02/ice"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        (f"{ICE}/", f"{ICE}/"),
        (ICE, ICE),
        (f"{ICE}/comment-page-2/", f"{ICE}/"),
        (f"{ICE}/comment-page-2#comment-7", ICE),
        (f"{ICE}?cpage=2#comments", ICE),
        (f"{SITE}/?p=7&cpage=2", f"{SITE}/?p=7"),
        (f"{ICE}?replytocom=5#respond", ICE),
        (f"{ICE}?utm_source=a&utm_medium=b", ICE),
        (f"{ICE}?msclkid=1", ICE),
        (f"{ICE}?ref_src=twsrc", ICE),
        (f"{ICE}?fb_action_ids=1", ICE),
        (f"{ICE}?share=facebook&nb=1", ICE),
        (f"{ICE}?amp=1", ICE),
        (f"{ICE}?noamp=mobile", ICE),
        (f"{ICE}?m=1", ICE),
        (f"{SITE}/?m=202602", f"{SITE}/?m=202602"),
        (f"{ICE}/?doing_wp_cron=1.5", f"{ICE}/"),
        (f"{ICE}?_wpnonce=abc", ICE),
        (f"{ICE}?PHPSESSID=1", ICE),
        (f"{ICE};jsessionid=1A", ICE),
        (f"{ICE}?mc_foo=1", f"{ICE}?mc_foo=1"),
        (f"{ICE}?empty=", f"{ICE}?empty="),
        (f"{ICE}?b=2&a=1", f"{ICE}?a=1&b=2"),
        (f"{ICE}?q=a%20b", f"{ICE}?q=a+b"),
        (f"{ICE}?id=%41", f"{ICE}?id=A"),
        ("HTTPS://X.Example:443/a", f"{SITE}/a"),
        ("http://x.example:80/a", "http://x.example/a"),
        ("http://x.example:8080/a", "http://x.example:8080/a"),
        ("https://user:secret@x.example/a", f"{SITE}/a"),
        ("https://x.example./a", f"{SITE}/a"),
        (SITE, f"{SITE}/"),
        (f"{SITE}/a/../b/", f"{SITE}/b/"),
        (f"{SITE}/d%C3%A9j%C3%A0/", f"{SITE}/d%c3%a9j%c3%a0/"),
        (f"{SITE}/déjà/", f"{SITE}/d%c3%a9j%c3%a0/"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("http://[broken", "http://[broken"),
        ("mailto:desk@x.example", "mailto:desk@x.example"),
    ],
)
def test_clean_gives_the_canonical_form(url: str, canonical: str) -> None:
    assert urls.clean(url) == canonical


@pytest.mark.parametrize(
    ("stated", "final", "told"),
    [
        ("/a/index.html", "/a/", "/a/"),  # as Hexo states it
        ("/a/index.html", "/a/index.html", "/a/index.html"),
        ("/b/index.html", "/a/", "/b/index.html"),
        ("/a/reindex.html", "/a/", "/a/reindex.html"),
    ],
)
def test_file_behind_a_folder_is_the_folder(stated: str, final: str, told: str) -> None:
    assert urls.canonical(SITE + stated, SITE + final) == SITE + told


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text("aB%é/;:?&=#.2c@[]+ -", max_size=40),
    st.lists(
        st.sampled_from(["/", "comment-page-2", "a", "%C3%A9", "?p=7", "&cpage=2", "#x", "..", "utm_id=1"]),
        max_size=8,
    ).map("".join),
)  # fmt: skip


@given(st.sampled_from(["", "https://", f"{SITE}/", f"{SITE}/a?", "//x.example/"]), TEXTS)
@example("https://", "é..")
@settings(max_examples=400, deadline=None)
def test_canonical_form_is_idempotent(start: str, rest: str) -> None:
    for form in (urls.clean, urls.clean_page):
        once = form(start + rest)
        assert form(once) == once
    assert urls.key(urls.clean(start + rest)) == urls.key(start + rest)
    assert urls.page_key(urls.clean_page(start + rest)) == urls.page_key(start + rest)


@given(
    st.lists(st.text("abcé-0", min_size=1, max_size=6), min_size=1, max_size=3).map("/".join),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "?utm_source=a", "#c", "/comment-page-3"]),
)
@settings(max_examples=200, deadline=None)
def test_spellings_of_an_article_share_its_key(
    path: str, http: bool, www: bool, slash: bool, more: str
) -> None:
    host = ("www." if www else "") + "x.example"
    spelled = f"{'http' if http else 'https'}://{host}/{path}{'/' if slash else ''}"
    spelled = spelled.rstrip("/") + more if more.startswith("/") else spelled + more
    assert urls.key(spelled) == urls.key(f"{SITE}/{path}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{ICE}/", f"{SITE}/2026/02/nets/"),
        (f"{SITE}/?p=7", f"{SITE}/?p=8"),
        (f"{SITE}/Harbour", f"{SITE}/harbour"),
        (f"{SITE}/a", "https://blog.x.example/a"),
        (f"{SITE}/a", "https://x.example:8443/a"),
        (f"{ICE}/2/", f"{ICE}/3/"),
    ],
)
def test_different_articles_have_different_keys(one: str, other: str) -> None:
    assert urls.key(one) != urls.key(other)


def test_pages_of_a_thread_are_pages_of_their_own() -> None:
    pages = {urls.page_key(f"{ICE}/comment-page-{number}/") for number in (1, 2)} | {urls.page_key(ICE)}
    assert len(pages) == 3
    assert urls.page_key(f"{SITE}/?p=7&cpage=2") != urls.page_key(f"{SITE}/?p=7&cpage=3")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.paper.example/a", "http://paper.example/", True),
        ("https://m.paper.co.uk/a", "https://paper.co.uk/", True),
        ("https://amp.paper.com/a", "https://www.paper.com/", True),
        ("https://one.github.io/a", "https://two.github.io/", False),
        ("https://one.github.io/a", "https://github.io/", False),
        ("https://one.blogspot.com/", "https://two.blogspot.com/", False),
        ("https://one.govt.nz/", "https://two.govt.nz/", False),
        ("https://one.info.pl/", "https://two.info.pl/", False),
        ("https://one.wordpress.com/", "https://two.wordpress.com/", False),
        ("https://bbc.co.uk/", "https://itv.co.uk/", False),
        ("https://paper.example/", "https://paper.example.evil.test/", False),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/", False),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8001/", True),
        ("http://10.0.0.1/", "http://10.0.0.2/", False),
        ("http://[broken", "https://paper.example/", False),
    ],
)
def test_strangers_below_one_suffix_are_no_site(one: str, other: str, same: bool) -> None:
    assert urls.same_site(one, other) is same
    assert urls.same_site(other, one) is same


def test_public_suffixes_need_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    urls._suffixes.cache_clear()
    urls._registered.cache_clear()
    assert not urls.same_site("https://one.github.io/", "https://two.github.io/")


@pytest.mark.parametrize(
    ("url", "article"),
    [
        (f"{ICE}/amp/", f"{ICE}/"),
        (f"{ICE}/embed", ICE),
        (f"{SITE}/2026/02/amp/", f"{SITE}/2026/02/amp/"),
        (f"{SITE}/amp", f"{SITE}/amp"),
    ],
)
def test_views_of_an_article_lose_their_suffix(url: str, article: str) -> None:
    assert urls.without_view(url) == article
