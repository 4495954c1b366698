"""All systems with a name."""

from __future__ import annotations

from pipeline.platforms.adapter import Platform
from pipeline.platforms.blogger.platform import BLOGGER
from pipeline.platforms.drupal.platform import DRUPAL
from pipeline.platforms.ghost.platform import GHOST
from pipeline.platforms.joomla.platform import JOOMLA
from pipeline.platforms.movable_type.platform import MOVABLE_TYPE
from pipeline.platforms.static_sites.platform import STATIC_SITES
from pipeline.platforms.substack.platform import SUBSTACK
from pipeline.platforms.typepad.platform import TYPEPAD
from pipeline.platforms.wordpress.platform import WORDPRESS

PLATFORMS = (
    WORDPRESS,
    GHOST,
    DRUPAL,
    JOOMLA,
    MOVABLE_TYPE,
    TYPEPAD,
    BLOGGER,
    SUBSTACK,
    *STATIC_SITES,
)
"""Known systems. The first whose generator fits is taken, else the first with a mark."""

_BY_NAME = {platform.name: platform for platform in PLATFORMS}


def may_be_wordpress(platform: Platform | None) -> bool:
    """True for WordPress, for an unknown system, and for one behind which WordPress may lie."""
    return platform is None or platform is WORDPRESS or platform.is_front


def platform_named(name: str | None) -> Platform | None:
    """Return the system of a name, if there is one."""
    return _BY_NAME.get(name or "")
