"""Years of other calendars in printed dates.

Buddhist, Japanese, of the Republic of China, and Persian.

Does not: read names of months.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_BUDDHIST_YEARS = 543
_BUDDHIST = re.compile(r"(?<!\d)(2[456]\d\d)(?!\d)")
_THAI = re.compile("[\u0e00-\u0e7f]")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_ERA = re.compile(rf"({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)\s*年")
_LEAPS = (-61, 9, 38, 199, 426, 686, 756, 818, 1111, 1181, 1210, 1635, 2060, 2097, 2192, 2262, 2324)
"""Years of the Persian calendar in which the cycle of its leap years breaks."""


def common_years(text: str, tongue: str) -> str:
    """Return a printed date with the years of other eras as common ones."""
    if text.isascii() and tongue != "th":
        return text
    if tongue == "th" or _THAI.search(text):
        text = _BUDDHIST.sub(lambda match: str(int(match[1]) - _BUDDHIST_YEARS), text)
    return _ERA.sub(lambda match: f"{_ERAS[match[1]] + (1 if match[2] == '元' else int(match[2]))}年", text)


def from_persian(year: int, month: int, day: int) -> date | None:
    """Return the Gregorian day of a Persian day, if that exists."""
    if not (1300 <= year <= 1500 and 1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        return None
    days = (month - 1) * 31 - (month // 7) * (month - 7) + day - 1
    return _new_year(year) + timedelta(days=days)


def _new_year(year: int) -> date:
    """Return the first day of a Persian year, by the breaks of its cycles of 33 years."""
    common, leaps, jump = year + 621, -14, 0
    before = _LEAPS[0]
    for leap in _LEAPS[1:]:
        jump = leap - before
        if year < leap:
            break
        leaps += jump // 33 * 8 + jump % 33 // 4
        before = leap
    past = year - before
    leaps += past // 33 * 8 + (past % 33 + 3) // 4
    if jump % 33 == 4 and jump - past == 4:
        leaps += 1
    common_leaps = common // 4 - (common // 100 + 1) * 3 // 4 - 150
    return date(common, 3, 20 + leaps - common_leaps)
