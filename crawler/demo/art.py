"""Pictures as SVG: landscapes for photographs, coloured initials for readers.

The same name gives the same picture.
"""

from __future__ import annotations

from random import Random

TYPE = "image/svg+xml"

_SKIES = [
    ("#f3d9b1", "#f7efe0", "#e8a35c"),
    ("#bcd6e6", "#eef4f6", "#fdf6d8"),
    ("#8fb3c9", "#dfe7ea", "#ffffff"),
    ("#e7b7a0", "#f6e3d3", "#d9705a"),
    ("#5f7f95", "#b9c7cf", "#f2ead0"),
]
_LANDS = [("#3f5f5a", "#27413f"), ("#5d6b4a", "#39472f"), ("#4f5a6b", "#2d3644"), ("#7a5f4a", "#4a382c")]


def landscape(name: str) -> str:
    """Return a view of sea and hills, 800 by 450 pixels."""
    dice = Random(name)
    high, low, sun = dice.choice(_SKIES)
    far, near = dice.choice(_LANDS)
    water = dice.randint(290, 350)
    parts = [
        f'<rect width="800" height="450" fill="{low}"/><rect width="800" height="{water}" fill="url(#s)"/>',
        _sun(dice, sun),
        _ridge(dice, water - 40, 70, far, 0.75),
        _ridge(dice, water - 5, 40, near, 1),
        f'<rect y="{water}" width="800" height="{450 - water}" fill="#2f6079" opacity=".85"/>',
        *(_ripple(dice, water) for _ in range(14)),
        *(_boat(dice, water) for _ in range(dice.randint(1, 3))),
    ]
    sky = f'<stop offset="0" stop-color="{high}"/><stop offset="1" stop-color="{low}"/>'
    shade = f'<defs><linearGradient id="s" x2="0" y2="1">{sky}</linearGradient></defs>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 450">{shade}{"".join(parts)}</svg>'


def _sun(dice: Random, colour: str) -> str:
    x, y, r = dice.randint(120, 680), dice.randint(70, 190), dice.randint(26, 46)
    return f'<circle cx="{x}" cy="{y}" r="{r}" fill="{colour}"/>'


def _ridge(dice: Random, base: int, height: int, colour: str, opacity: float) -> str:
    steps = " ".join(f"L{x} {base - dice.randint(0, height)}" for x in range(0, 801, 80))
    return f'<path d="M0 450 {steps} L800 450Z" fill="{colour}" opacity="{opacity}"/>'


def _ripple(dice: Random, water: int) -> str:
    x, y = dice.randint(0, 760), dice.randint(water + 6, 440)
    return f'<path d="M{x} {y}h{dice.randint(20, 90)}" stroke="#fff" stroke-width="2" opacity=".25"/>'


def _boat(dice: Random, water: int) -> str:
    x, y, size = dice.randint(60, 700), dice.randint(water + 14, 420), dice.randint(10, 22)
    hull = f'<path d="M{x} {y}h{size * 3}l-{size} {size}h-{size}z" fill="#23282b"/>'
    mast = f"M{x + size * 1.4:.0f} {y - 3}v-{size * 3}l{size * 1.4:.0f} {size * 2.4:.0f}z"
    return f'{hull}<path d="{mast}" fill="#f7f2e6"/>'


def initial(letter: str, hue: int) -> str:
    """Return a letter on a coloured ground, 48 pixels wide.

    `hue` counts twelfths of the colour circle.
    """
    ground = f'<rect width="48" height="48" fill="hsl({hue * 30},38%,62%)"/>'
    style = 'font-family="sans-serif" font-size="22" text-anchor="middle" fill="#fff"'
    sign = f'<text x="24" y="32" {style}>{letter}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">{ground}{sign}</svg>'
