"""All imitated systems, by their names in tests."""

from __future__ import annotations

from tests.fakesite.platforms.blogger import Blogger
from tests.fakesite.platforms.drupal import Drupal
from tests.fakesite.platforms.generators import Eleventy, Hugo, Jekyll
from tests.fakesite.platforms.ghost import Ghost
from tests.fakesite.platforms.joomla import Joomla
from tests.fakesite.platforms.paper import System
from tests.fakesite.platforms.plain import NewsOnly, Plain
from tests.fakesite.platforms.six_apart import MovableType, TypePad
from tests.fakesite.platforms.substack import Substack

_ALL = (
    Ghost,
    Drupal,
    MovableType,
    TypePad,
    Blogger,
    Joomla,
    Hugo,
    Jekyll,
    Eleventy,
    Substack,
    Plain,
    NewsOnly,
)
SYSTEMS: dict[str, type[System]] = {each.slug: each for each in _ALL}
