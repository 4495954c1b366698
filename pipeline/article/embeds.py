"""Embedded objects of an article: players, maps, charts, posts of other networks, documents, Flash.

Each leaves a line in the text, such as "[Embedded map: https://…]", at its place, and an entry in the list.
Invariant: content of the text's box never vanishes; advertisements and share buttons are not embeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement
from w3lib.url import url_query_cleaner

from archive.core import urls
from pipeline.html.dom import Index, attribute, drop, elsewhere, text_of, tokens, words

_FRAMES = words(
    "iframe frame embed object applet video audio video-js model-viewer tableau-viz"
    " amp-iframe amp-youtube amp-vimeo amp-twitter lite-youtube lite-vimeo"
)
_SOURCES = (
    "src",
    "data-src",
    "data-lazy-src",
    "data-litespeed-src",
    "data-cmp-src",
    "data-href",
    "data",
    "href",
)
_MADE = {
    "lite-youtube": (("videoid", "https://www.youtube.com/watch?v={}"),),
    "amp-youtube": (("data-videoid", "https://www.youtube.com/watch?v={}"),),
    "lite-vimeo": (("videoid", "https://vimeo.com/{}"),),
    "amp-vimeo": (("data-videoid", "https://vimeo.com/{}"),),
    "amp-twitter": (("data-tweetid", "https://twitter.com/i/status/{}"),),
    "blockquote": (("data-tweet-id", "https://twitter.com/i/status/{}"),),
    "script": (("data-telegram-post", "https://t.me/{}"),),
    "div": (
        ("data-tf-widget", "https://form.typeform.com/to/{}"),
        ("data-tf-live", "https://form.typeform.com/to/{}"),
        ("data-pym-src", "{}"),
    ),
    "applet": (("archive", "{}"), ("code", "{}")),
}
"""Elements, their attributes, and the addresses that scripts or browsers make of them."""
_SCRIPTS = re.compile(
    r"gist\.github\.com/[\w-]+/\w|documentcloud\.org/(?:documents|notes|projects)/"
    r"|cdn\.jwplayer\.com/players/|content\.jwplatform\.com/players/",
    re.IGNORECASE,
)
"""Scripts that write one thing at their place; others are libraries."""
_PERMALINKS = ("data-instgrm-permalink", "cite", "data-href", "data-url", "data-text-post-permalink")
_QUOTES = {
    "twitter-tweet": "tweet",
    "twitter-video": "tweet",
    "instagram-media": "post",
    "tiktok-embed": "video",
    "bluesky-embed": "post",
    "mastodon-embed": "post",
    "reddit-embed-bq": "post",
    "text-post-media": "post",
    "fb-post": "post",
    "fb-video": "video",
    "flourish-embed": "chart",
    "infogram-embed": "chart",
    "tableauplaceholder": "chart",
    "datawrapper-embed": "chart",
    "typeform-widget": "form",
}
"""Classes of elements that a script turns into what they stand for."""
_KINDS = (
    ("flash", r"\.swf(?:[?#]|$)"),
    (
        "map",
        r"//(?:www\.|maps\.)?google\.[\w.]+/maps|//maps\.google|openstreetmap\.org|arcgis\.com|umap\."
        r"|mapbox\.com|\.carto\.com|felt\.com/embed|bing\.com/maps|/mapa?s?/embed|storymap",
    ),
    (
        "chart",
        r"datawrapper|dwcdn\.net|flourish\.studio|flo\.uri\.sh|infogram|tableau\.com|plot\.?ly|everviz"
        r"|piktochart|docs\.google\.com/spreadsheets|ourworldindata\.org/grapher|highcharts|knightlab|timeline",
    ),
    (
        "audio",
        r"soundcloud\.com|spotify\.com|megaphone\.fm|libsyn\.com|buzzsprout|bandcamp\.com|podcasts?\."
        r"|anchor\.fm|audioboom|omny\.fm|\.(?:mp3|ogg|oga|m4a|wav|opus)(?:[?#]|$)",
    ),
    (
        "video",
        r"youtu\.?be|vimeo\.com|dailymotion|wistia|jwplayer|jwplatform|brightcove|rumble\.com|videopress"
        r"|tiktok\.com|facebook\.com/plugins/video|ted\.com|twitch\.tv"
        r"|\.(?:mp4|webm|ogv|mov|m3u8)(?:[?#]|$)",
    ),
    ("tweet", r"//(?:\w+\.)*(?:twitter|x)\.com/"),
    (
        "post",
        r"instagram\.com|facebook\.com/plugins/post|bsky\.app|threads\.net|pinterest\.\w+/pin/|reddit(?:media)?\.com|//t\.me/",
    ),
    (
        "document",
        r"scribd\.com|documentcloud\.org|gist\.github\.com|issuu\.com|slideshare"
        r"|docs\.google\.com/(?:document|viewer|presentation)|\.(?:pdf|docx?|pptx?)(?:[?#]|$)",
    ),
    ("form", r"docs\.google\.com/forms|typeform|jotform|polldaddy|crowdsignal"),
)
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)
_NONE = re.compile(
    r"doubleclick|googlesyndication|adservice|adsystem|googletagmanager|taboola|outbrain|recaptcha"
    r"|facebook\.com/plugins/(?:like|share|follow|page|comments)|/widgets/(?:tweet_button|follow_button)"
    r"|flourish\.studio/resources/|addthis|sharethis|^about:blank$|^javascript:|/xd_arbiter|syncframe|reddit\.com/(?:static/)?button|/widgets\.wp\.com/(?:likes|notes)"
    r"|//(?:\w+\.)*(?:gigya|criteo|adnxs|amazon-adsystem|teads|moatads|rubiconproject|pubmatic|connatix|adition)\."
    r"|//(?:ad|ads|adv|adserver|banners?|pixel|sync|tags?)\d*\.|/(?:ads?|adserver|banners?|reklam[ae]?)/",
    re.IGNORECASE,
)
"""Addresses of advertisements, counters, share buttons and boxes for comments."""
_UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$)"
)
_LONG = 100
"""Characters from which on the address of an unknown frame stands without its query in the line."""
_TRACKING = ("ref_src", "ref_url", "utm_source", "utm_medium", "utm_campaign", "feature", "dnt", "app_id")
"""Parts of a query that say who embeds a thing, not which."""
_ELSEWHERE = words("widget sidebar related comments comment-respond site-header site-footer")
_WRAPPERS = frozenset({"p", "span", "a", "figure", "center", "noscript", "i", "b", "em", "strong", "picture"})
_EDGES = frozenset({"body", "html", "article", "main", "section", "li", "td", "blockquote"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """Embedded object: its `kind` (map, chart, video …) and URL."""

    kind: str
    url: str

    @property
    def entry(self) -> str:
        """Return the entry in the list of an article, as "kind:address"."""
        return f"{self.kind}:{self.url}"

    @property
    def line(self) -> str:
        """Return the line that represents it in the text."""
        url = url_query_cleaner(self.url, _TRACKING, remove=True, unique=False)
        if self.kind == "frame" and len(url) > _LONG:
            url, _, _ = url.partition("?")
        return f"[Embedded {self.kind}: {url}]"


def place_embeds(index: Index, boxes: Iterable[HtmlElement], base: str) -> tuple[Embed, ...]:
    """Replace each embedded object of the text by a paragraph, and return all in order.

    `boxes` are the elements that the theme labels as the text; without any, all but sidebars counts.
    """
    inside = list(boxes)
    found: list[Embed] = []
    for node in index.ordered(_candidates(index)):
        if not _is_in_text(node, inside):
            continue
        embed = _read(node, base)
        if embed is None:
            continue
        if embed not in found:
            found.append(embed)
            _write(node, embed, inside)
        if node.tag in _FRAMES:
            drop(node)
    return tuple(found)


def _candidates(index: Index) -> Iterator[HtmlElement]:
    for node in index.tagged(*_FRAMES):
        if not any(outer.tag in ("object", "video", "audio") for outer in node.iterancestors()):
            yield node
    yield from index.having(_QUOTES)
    for node in index.tagged("script"):
        address = node.get("src") or ""
        if _kind_of(address) in {"chart", "map", "form"} or _SCRIPTS.search(address):
            yield node
    for node in index.tagged("div", "script"):
        if _made(node):
            yield node
    for node in index.tagged("a"):
        if node.get("data-pin-do") == "embedPin":
            yield node


def _is_in_text(node: HtmlElement, boxes: list[HtmlElement]) -> bool:
    if elsewhere(node, _ELSEWHERE):
        return False
    if not boxes:
        return not any(outer.tag in ("header", "footer") for outer in node.iterancestors())
    return any(outer in boxes for outer in node.iterancestors())


def _read(node: HtmlElement, base: str) -> Embed | None:
    marks = sorted(tokens(node))
    kind = next((_QUOTES[mark] for mark in marks if mark in _QUOTES), None)
    if kind is None and _is_unseen(node):
        return None
    address = _framed(node) if kind is None else _quoted(node, kind)
    if address and _NONE.search(address.strip()):
        return None
    url = urls.absolute(address, base)
    if url is None or not urlsplit(url).hostname:
        return None
    return Embed(kind=kind or _kind_of(url) or _kind_by_tag(node), url=url)


def _is_unseen(node: HtmlElement) -> bool:
    """True for a frame that shows nothing, as those have by which scripts of other sites talk."""
    if node.tag not in ("iframe", "frame"):
        return False
    for name in ("width", "height"):
        if node.get(name, "").strip() in ("0", "1", "0px", "1px"):
            return True
    return _UNSEEN.search(node.get("style", "")) is not None


def _framed(node: HtmlElement) -> str | None:
    """Return the address of a frame, player or script."""
    if made := _made(node):
        return made
    if own := attribute(node, *_SOURCES):
        return own
    for inner in node.iter("source", "param", "embed"):
        name = inner.get("name", "").lower()
        if inner.tag == "param" and name == "name" and "tableauviz" in tokens(node):
            return f"https://public.tableau.com/views/{inner.get('value', '')}"
        if inner.tag == "param" and name not in {"movie", "src", "url"}:
            continue
        if address := attribute(inner, "src", "data-src", "value"):
            return address
    return None


def _made(node: HtmlElement) -> str | None:
    """Return the address that a script or browser makes of an element's attributes."""
    if node.tag in {"video", "video-js"}:
        video, account = node.get("data-video-id"), node.get("data-account")
        player = node.get("data-player") or "default"
        if video and account:
            return f"https://players.brightcove.net/{account}/{player}_default/index.html?videoId={video}"
    for name, form in _MADE.get(node.tag, ()):
        if stated := node.get(name):
            return stated if stated.startswith("http") else form.format(stated)
    return None


def _quoted(node: HtmlElement, kind: str | None) -> str | None:
    """Return the address of what a script puts in an element's place."""
    stated = attribute(
        node, "data-instgrm-permalink", "cite", "data-href", "data-url", "data-text-post-permalink"
    )
    if stated:
        return stated
    marks = tokens(node)
    if "flourish-embed" in marks and (source := node.get("data-src")):
        return f"https://flo.uri.sh/{source.strip('/')}"
    if "infogram-embed" in marks and (name := node.get("data-id")):
        return f"https://infogram.com/{name}"
    links = [link.get("href") or "" for link in node.iter("a")]
    wanted = [href for href in links if "/status/" in href or _kind_of(href) == kind]
    found = wanted or links or [_made(node) or attribute(node, *_SOURCES)]
    return found[-1] or None


def _kind_of(url: str) -> str | None:
    for kind, pattern in _PATTERNS:
        if pattern.search(url):
            return kind
    return None


def _kind_by_tag(node: HtmlElement) -> str:
    """Return the kind of an unknown address."""
    if "shockwave" in (node.get("type") or "") or node.get("classid"):
        return "flash"
    if node.tag in ("video", "audio", "applet"):
        return str(node.tag)
    if node.tag == "model-viewer":
        return "model"
    if "wp-embedded-content" in tokens(node):
        return "article"
    return "frame"


def _write(node: HtmlElement, embed: Embed, boxes: list[HtmlElement]) -> None:
    """Write the line of an embedded object as a paragraph of its own.

    It is put after the element that wraps the object, and before a figure with a caption.
    """
    outer = node
    while (parent := outer.getparent()) is not None and parent not in boxes and parent.tag not in _EDGES:
        if parent.tag not in _WRAPPERS and text_of(parent):
            break
        outer = parent
    parent = outer.getparent()
    if parent is None:
        return
    line = parent.makeelement("p")
    line.text = embed.line
    is_captioned = node.tag in _FRAMES and outer.find(".//figcaption") is not None
    if not is_captioned:
        line.tail, outer.tail = outer.tail, None
    parent.insert(parent.index(outer) + (not is_captioned), line)
