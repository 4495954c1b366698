"""Embeds of an article's text: maps, charts, players, posts of other sites, Flash.

Each embed leaves one line in the text, and a record with its URL and kind. Knows the markup of common
services. Invariant: no embed inside the text vanishes; one that is an advertisement or invisible is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urldefrag

from lxml.html import HtmlElement

from archive.core import urls
from archive.core.records import Embed
from pipeline.html.dom import Index, attribute, drop, elsewhere, tokens, words

_FRAMES = ("iframe", "embed", "object", "video", "audio", "frame")
_SOURCES = ("data-src", "data-lazy-src", "data-litespeed-src", "data-cmplz-src", "src", "data", "data-href")
_QUOTES = {
    "twitter-tweet": "tweet",
    "twitter-video": "tweet",
    "twitter-timeline": "timeline",
    "instagram-media": "post",
    "tiktok-embed": "video",
    "fb-post": "post",
    "fb-video": "video",
    "bluesky-embed": "post",
    "mastodon-embed": "post",
    "reddit-embed-bq": "post",
    "reddit-card": "post",
    "imgur-embed-pub": "picture",
    "flourish-embed": "chart",
    "infogram-embed": "chart",
    "tableauplaceholder": "chart",
    "dc-embed": "document",
}
"""Classes of elements that a service's script turns into an embed."""
_KINDS = (
    (
        "map",
        r"google\.[a-z.]+/maps|maps\.google|openstreetmap|umap\.|mapbox|arcgis|carto(?:db)?\.com|mapy\.cz|bing\.com/maps",
    ),
    (
        "chart",
        r"datawrapper|dwcdn\.net|flourish\.studio|flo\.uri\.sh|infogram|infogr\.am|public\.tableau|plot\.ly|"
        r"plotly|highcharts|everviz|chartblocks|visme\.co|piktochart|public\.domo",
    ),
    ("tweet", r"platform\.twitter\.com|platform\.x\.com|//(?:mobile\.)?(?:twitter|x)\.com/"),
    (
        "video",
        r"youtube|youtu\.be|vimeo|dailymotion|wistia|brightcove|jwplatform|jwplayer|kaltura|twitch\.tv|rumble|"
        r"tiktok|videopress|streamable|bitchute|odysee|c-span|ustream|livestream|blip\.tv|\.(?:mp4|webm|ogv|mov)(?:$|\?)",
    ),
    (
        "audio",
        r"soundcloud|spotify|bandcamp|mixcloud|podbean|libsyn|simplecast|megaphone|acast|buzzsprout|transistor\.fm|"
        r"anchor\.fm|audioboom|podcasts\.apple|omny\.fm|\.(?:mp3|ogg|m4a|wav|opus)(?:$|\?)",
    ),
    (
        "document",
        r"scribd|documentcloud|issuu|docs\.google|drive\.google|slideshare|calameo|docdroid|\.pdf(?:$|\?)",
    ),
    ("timeline", r"timeline\.knightlab|knightlab"),
    ("form", r"docs\.google\.com/forms|typeform|jotform|surveymonkey|polldaddy|crowdsignal|strawpoll"),
    (
        "post",
        r"facebook|instagram|bsky\.app|/@[\w.]+/\d+/embed|reddit|threads\.net|linkedin|pinterest|tumblr",
    ),
    ("code", r"gist\.github|codepen|jsfiddle|observablehq"),
    ("picture", r"imgur|giphy|flickr|juxtapose|gettyimages"),
)
_BY_URL = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)
_FLASH = re.compile(r"\.swf(?:$|[?#])|shockwave-flash|clsid:d27cdb6e", re.IGNORECASE)
_SCRIPT = re.compile(
    r"gist\.github\.com/|dwcdn\.net/[^/]+/|infogram|flourish|documentcloud|polldaddy|crowdsignal|playbuzz|apester|"
    r"riddle\.com|brightcove|jwplatform\.com/players|knightlab|(?:^|/)embed[./?]",
    re.IGNORECASE,
)
"""Scripts that put something of their own in their place."""
_LOADER = re.compile(
    r"/(?:widgets|embeds?|sdk|embed-player|async-embed|loader)(?:\.min)?\.js(?:\?|$)", re.IGNORECASE
)
"""Scripts that only bring elements such as those of _QUOTES to life."""
_ADS = re.compile(
    r"doubleclick|googlesyndication|adservice|amazon-adsystem|taboola|outbrain|criteo|googletagmanager|"
    r"google-analytics|facebook\.com/(?:plugins/(?:like|share)|tr)\b|recaptcha|addthis|sharethis|disqus|"
    r"platform\.twitter\.com/widgets/(?:tweet|follow)_button",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_FRAME = words(
    "widget widget-area sidebar sharedaddy jp-relatedposts related related-posts comments comment-respond "
    "site-header site-footer addtoany_content newsletter advert advertisement ad ads adsbygoogle"
)
_THROUGH = frozenset({"figure", "p", "span", "a", "em", "strong", "b", "i", "center", "noscript", "div"})
_LONGEST_URL = 500  # characters that the line in the text shows


def take_embeds(index: Index, boxes: Sequence[HtmlElement], base: str) -> tuple[Embed, ...]:
    """Return the embeds of the text in their order, and put one line for each in its place.

    `boxes` are the elements that hold the text; where there is none, the page's article or main counts.
    """
    places = list(boxes) or contents(index)
    found: list[Embed] = []
    known: set[tuple[str, str | None]] = set()
    for node in index.tagged(*_FRAMES, "script", "blockquote", "div"):
        if not is_inside(node, places):
            continue
        embed = _read(node, base)
        if embed is None:
            continue
        if embed.url is None or (embed.kind, embed.url) not in known:
            known.add((embed.kind, embed.url))
            found.append(embed)
            _put(node, embed_line(embed), places)
        if node.tag in _FRAMES:
            drop(node)
    return tuple(found)


def embed_line(embed: Embed) -> str:
    """Return the line that stands for an embed in the text."""
    if embed.url is None:
        return f"[Embedded {embed.kind}]"
    return f"[Embedded {embed.kind}: {embed.url[:_LONGEST_URL]}]"


def missing_lines(embeds: Iterable[Embed], text: str) -> Iterator[str]:
    """Yield the lines of embeds that a text lacks."""
    return (said for embed in embeds if (said := embed_line(embed)) not in text)


def contents(index: Index) -> list[HtmlElement]:
    """Return the one article or main element of a page; empty where there is none, or several."""
    for name in ("article", "main"):
        found = index.tagged(name)
        if len(found) == 1:
            return found
    return []


def is_inside(node: HtmlElement, places: Sequence[HtmlElement]) -> bool:
    """True if an element stands in the text, and not in its frame, a form or another embed."""
    if not any(above in places for above in node.iterancestors()) or elsewhere(node, _FRAME):
        return False
    return not any(above.tag in ("form", "footer", *_FRAMES) for above in node.iterancestors())


def _read(node: HtmlElement, base: str) -> Embed | None:
    """Return what an element embeds, None where it embeds nothing that a reader would see."""
    if node.tag in ("blockquote", "div"):
        return _quoted(node, base)
    url = _url(node, base)
    if node.tag == "script":
        is_embed = (
            url is not None and _SCRIPT.search(url) and not _LOADER.search(url) and not _ADS.search(url)
        )
        return Embed(kind=_kind(node, url or ""), url=url) if is_embed else None
    if _is_invisible(node) or (url is not None and _ADS.search(url)):
        return None
    if url is None and not node.get("srcdoc") and node.tag not in ("video", "audio", "object"):
        return None
    return Embed(kind=_kind(node, url or ""), url=url)


def _quoted(node: HtmlElement, base: str) -> Embed | None:
    mark = next((mark for mark in tokens(node) if mark in _QUOTES), None)
    if mark is None:
        return None
    stated = attribute(node, "data-instgrm-permalink", "cite", "data-href", "data-bluesky-uri", "data-src")
    if mark == "infogram-embed" and (name := attribute(node, "data-id")):
        stated = f"https://infogram.com/{name}"
    if mark == "flourish-embed" and stated:
        stated = f"https://flo.uri.sh/{stated}/embed"
    links = [link.get("href") or "" for link in node.iter("a")]
    url = urls.absolute(stated or (links[-1] if links else None), base)
    return Embed(kind=_QUOTES[mark], url=urldefrag(url)[0] if url else stated or None)


def _url(node: HtmlElement, base: str) -> str | None:
    """Return the URL of what an element embeds, without a fragment; None where it has none."""
    stated = [value for name in _SOURCES if (value := attribute(node, name))]
    inner = [child for child in node.iter("source", "param", "embed") if child is not node]
    stated += [attribute(child, "src", "data-src", "value") for child in inner if _names_source(child)]
    for value in stated:
        url = urls.absolute(value, base)
        if url and url.startswith(("http://", "https://")):
            return urldefrag(url)[0]
    return None


def _names_source(child: HtmlElement) -> bool:
    return child.tag != "param" or (child.get("name") or "").lower() in ("movie", "src", "url", "filename")


def _kind(node: HtmlElement, url: str) -> str:
    marks = " ".join(filter(None, (node.get("type"), node.get("classid"))))
    if _FLASH.search(f"{url} {marks}") and not url.startswith("https://www.youtube"):
        return "Flash"
    if node.tag in ("video", "audio"):
        return str(node.tag)
    if "wp-embedded-content" in tokens(node):
        return "article"
    return next((kind for kind, pattern in _BY_URL if pattern.search(url)), "page")


def _is_invisible(node: HtmlElement) -> bool:
    sizes = {(node.get(name) or "").strip().removesuffix("px") for name in ("width", "height")}
    return bool(sizes & {"0", "1"}) or bool(_HIDDEN.search(node.get("style") or ""))


def _put(node: HtmlElement, words_of_it: str, places: Sequence[HtmlElement]) -> None:
    """Put a paragraph beside the outermost element that holds nothing but the embed, or its paragraph."""
    at = node
    while (parent := at.getparent()) is not None and parent not in places and parent.tag in _THROUGH:
        if parent.tag == "div" and (_own_text(parent) or len(parent) > 1):
            break
        at = parent
    paragraph = at.makeelement("p")
    paragraph.text = words_of_it
    paragraph.tail, at.tail = at.tail, None
    at.addnext(paragraph)


def _own_text(element: HtmlElement) -> bool:
    return bool((element.text or "").strip() or any((child.tail or "").strip() for child in element))
