"""The web site of the tests: an invented newspaper that answers as WordPress 6.5 does, and takes faults.

It imitates REST, feeds, sitemaps and pages in detail, has an editor's desk that changes it, states its own
ground truth, and misbehaves as it is asked to. It knows nothing of Backissue, which meets it over HTTP only.
The demo that ships with the program (`crawler/demo`) is one newspaper out of its generator (write_demo.py).

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
