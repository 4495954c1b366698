"""Pages as a WordPress theme writes them, made from a number: the same number gives the same page.

A page has 60-150 kB: a head and a foot that all pages share, 600-1,500 words as common as in a language, what
is newest in the sidebar, and 0-150 comments, few below most articles and many below some.
"""

# ruff: noqa: E501  (markup as a theme writes it, in one line)

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import accumulate, product

_SYLLABLES = ["".join(parts) for parts in product("bdfgklmnrst", "aeiou", ["", "n", "r", "l", "st"])]
WORDS = [a + b for a, b in product(_SYLLABLES[:200], _SYLLABLES[::3])]
_WEIGHTS = list(accumulate(1 / (rank + 3) for rank in range(len(WORDS))))
_START = datetime(2012, 3, 1, 8, tzinfo=UTC)


class Theme:
    """The pages of one site."""

    def __init__(self, seed: int = 0, *, base: str = "https://gazette.example") -> None:
        dice = random.Random(seed)
        self.seed, self.base = seed, base
        self.words = dice.sample(WORDS, len(WORDS))
        self._head = "".join(self._rule(dice) for _ in range(420))
        self._scripts = "".join(self._script(dice) for _ in range(60))
        self._menu = "".join(
            f'<li id="menu-item-{n}" class="menu-item menu-item-type-taxonomy menu-item-object-category menu-item-{n}">'
            f'<a href="{base}/category/{word}/">{word.title()}</a></li>'
            for n, word in enumerate(dice.choices(self.words, k=40), 100)
        )
        self._readers = ["".join(word.title() for word in dice.choices(self.words, k=2)) for _ in range(3000)]

    def text(self, dice: random.Random, words: int) -> str:
        """Return some sentences of so many words."""
        chosen = dice.choices(self.words, cum_weights=_WEIGHTS, k=words)
        parts, start = [], 0
        while start < words:
            end = start + dice.randint(6, 22)
            parts.append(" ".join(chosen[start:end]).capitalize() + ".")
            start = end
        return " ".join(parts)

    def url(self, number: int) -> str:
        """Return the URL of an article."""
        when = _START + timedelta(hours=7 * number)
        return f"{self.base}/{when:%Y/%m}/{self.title(number).lower().replace(' ', '-')}-{number}/"

    def title(self, number: int) -> str:
        """Return the title of an article."""
        dice = random.Random(f"{self.seed} title {number}")
        return " ".join(dice.choices(self.words, cum_weights=_WEIGHTS, k=dice.randint(4, 9))).title()

    def comments(self, number: int) -> int:
        """Return how many comments an article has."""
        return min(150, int(random.Random(f"{self.seed} size {number}").paretovariate(0.75) * 7) - 7)

    def page(self, number: int, *, nonce: int = 0) -> bytes:
        """Return the page of an article; `nonce` is what differs when nothing has changed."""
        dice = random.Random(f"{self.seed} page {number}")
        when = _START + timedelta(hours=7 * number)
        paragraphs = "\n".join(
            f"<p>{self.text(dice, dice.randint(30, 90))}</p>" for _ in range(dice.randint(14, 22))
        )
        fresh = "".join(
            f'<li><a href="{self.url(n)}">{self.title(n)}</a></li>' for n in range(max(0, number - 8), number)
        )
        token = md5(f"{number} {nonce}".encode()).hexdigest()[:10]
        thread = "\n".join(
            self._comment(dice, number, place, when, token) for place in range(self.comments(number))
        )
        title = self.title(number)
        return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title} - The Gazette</title>
<link rel="canonical" href="{self.url(number)}"><meta property="og:title" content="{title}">
<meta property="article:published_time" content="{when:%Y-%m-%dT%H:%M:%S}+00:00">
<meta name="author" content="Staff"><style>{self._head}</style>
<script>var site_ajax = {{"url":"{self.base}/wp-admin/admin-ajax.php","nonce":"{token}"}};</script></head>
<body class="single single-post postid-{number}"><header><nav><ul class="menu">{self._menu}</ul></nav></header>
<main><article id="post-{number}" class="post-{number} post type-post status-publish hentry">
<h1 class="entry-title">{title}</h1><div class="entry-meta"><time class="entry-date published"
 datetime="{when:%Y-%m-%dT%H:%M:%S}+00:00">{when:%d %B %Y}</time> by
<span class="author vcard"><a class="url fn n" href="{self.base}/author/staff/" rel="author">Staff</a></span></div>
<div class="entry-content">{paragraphs}</div></article>
<div id="comments" class="comments-area"><ol class="comment-list">{thread}</ol></div></main>
<aside class="sidebar"><ul class="recent">{fresh}</ul></aside>
<footer><script>{self._scripts}</script></footer></body></html>""".encode()

    def _comment(self, dice: random.Random, article: int, place: int, when: datetime, token: str) -> str:
        number, at = article * 1000 + place, when + timedelta(minutes=13 * place + dice.randint(1, 12))
        name = dice.choice(self._readers)
        face = md5(name.encode()).hexdigest()
        link = f"{self.url(article)}#comment-{number}"
        said = self.text(dice, 3 + int(dice.expovariate(1 / 40)))
        parity = "even thread-even" if place % 2 == 0 else "odd alt thread-odd thread-alt"
        return f"""<li id="comment-{number}" class="comment {parity} depth-1">
<article id="div-comment-{number}" class="comment-body"><footer class="comment-meta">
<div class="comment-author vcard"><img alt="" src="https://faces.example/avatar/{face}?s=56&#038;d=mm&#038;r=g"
 srcset="https://faces.example/avatar/{face}?s=112&#038;d=mm&#038;r=g 2x" class="avatar avatar-56 photo" height="56"
 width="56" loading="lazy"> <b class="fn">{name}</b> <span class="says">says:</span></div>
<div class="comment-metadata"><a href="{link}"><time datetime="{at:%Y-%m-%dT%H:%M:%S}+00:00">{at:%d %B %Y}
 at {at:%H:%M}</time></a></div></footer><div class="comment-content"><p>{said}</p></div>
<div class="reply"><a rel="nofollow" class="comment-reply-link" href="{self.url(article)}?replytocom={number}#respond"
 data-commentid="{number}" data-postid="{article}" data-belowelement="div-comment-{number}"
 data-respondelement="respond" data-nonce="{token}" aria-label="Reply to {name}">Reply</a></div></article></li>"""

    @staticmethod
    def _rule(dice: random.Random) -> str:
        names = [dice.choice(WORDS) for _ in range(3)]
        return (
            f".{names[0]}-{names[1]} .{names[2]}{{margin:{dice.randint(0, 40)}px {dice.randint(0, 40)}px;"
            f"color:#{dice.randrange(2**24):06x};font:{dice.randint(11, 32)}px/1.{dice.randint(1, 9)} serif}}"
        )

    @staticmethod
    def _script(dice: random.Random) -> str:
        names = [dice.choice(WORDS) for _ in range(5)]
        return (
            f"window.{names[0]}=function({names[1]},{names[2]}){{if({names[1]}.{names[3]}>{dice.randint(1, 999)})"
            f"{{return {names[2]}.{names[4]}({names[1]},{dice.random():.6f});}}return null;}};"
        )
