"""The bundled sample newspaper: an invented WordPress site on the loopback, pleasant to read, easy to break.

It knows how WordPress 6.5 looks from outside. It knows nothing of Backissue, which meets it over HTTP only.
Its law: nothing here is needed to archive a real site.

    with SampleSite(articles=12) as site:
        site.faults.add(TooMany(match="/wp-json/*", times=2))
        number = site.reply(site.articles[0].id, 0, "E", "Was it not always so?")
"""

from .faults import Fault
from .mischief import Charset, Drip, GzipBomb, Hang, Huge, Reset, Truncated, WeakEtag
from .refusals import (
    Challenge,
    Empty,
    EmptyList,
    Endless,
    LoginWall,
    Maintenance,
    Missing,
    Redirect,
    RedirectLoop,
    RestClosed,
    RobotsDisallow,
    SoftNotFound,
    Status,
    TooMany,
)
from .site import SampleSite
from .truth import ArticleTruth, CommentTruth

__all__ = [
    "ArticleTruth",
    "Challenge",
    "Charset",
    "CommentTruth",
    "Drip",
    "Empty",
    "EmptyList",
    "Endless",
    "Fault",
    "GzipBomb",
    "Hang",
    "Huge",
    "LoginWall",
    "Maintenance",
    "Missing",
    "Redirect",
    "RedirectLoop",
    "Reset",
    "RestClosed",
    "RobotsDisallow",
    "SampleSite",
    "SoftNotFound",
    "Status",
    "TooMany",
    "Truncated",
    "WeakEtag",
]
