"""Instants and days, from ISO dates, from feeds, and from dates printed for people.

Contains month names in many languages (dateparser's tables) and the possible orders of day and month. It uses
no clock: "two weeks ago" states a day only against the time of fetching, which is an argument.
Invariant: an aware UTC datetime where the source states the time, a date where it states only the day.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from archive.core.records import Moment
from pipeline.dates import calendars, month_names

_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*(Z|"
    r"UTC|[+-]\d{2}:?\d{2})?)?\s*$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d.:])(\d{1,2})(?:[:.]|\s?h\s?|\s*:\s*)(\d{2})(?:[:.](\d{2}))?(?![\d.])(?:\s*uhr)?\s*([ap]\.?\s?m\b\.?)?"
    r"|(?<!\d)(\d{1,2})\s*([ap]\.?m\b\.?)",
    re.IGNORECASE,
)
_YMD = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*[-/.年년]\s*(\d{1,2})\s*[-/.月월]\s*(\d{1,2})(?!\d)")
_SIGNS = {
    ord(sign): plain
    for sign, plain in zip("\xa0\u202f،၊：\u200e\u200f", (" ", " ", ",", ",", ":", "", ""), strict=True)
} | {
    code: str(unicodedata.digit(chr(code)))
    for code in (*range(0x660, 0x1A9A), *range(0xFF10, 0xFF1A))
    if unicodedata.category(chr(code)) == "Nd"
}
"""Spaces, signs and digits of all scripts as those of Europe."""
_HALVES = (
    (re.compile(r"(?:午前|上午|오전)\s*(\d{1,2}:\d{2}(?::\d{2})?)"), r"\1 am"),
    (re.compile(r"(?:午後|下午|오후)\s*(\d{1,2}:\d{2}(?::\d{2})?)"), r"\1 pm"),
    (re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)\s*(?:ص|صباحا?ً?)(?!\w)"), r"\1 am"),
    (re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?)\s*(?:م|مساءً?)(?!\w)"), r"\1 pm"),
)
"""The halves of the day where a language writes them before the time, or with one letter."""
_HAN_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_HAN_MONTH = re.compile(r"年\s*(十[一二]?|[一二三四五六七八九])月")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?((?:19|20)\d{2}|\d{2})(?!\d)")
_FULL_YEAR = re.compile(r"(?<![\d:.])(?:19|20)\d{2}(?!\d|[:.]\d)")
_NUMERIC_THEN_YEAR = re.compile(r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.?,?\s+((?:19|20)\d{2})(?!\d)")
_DAY_BEFORE = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º|ª|e|-a|-е|-го|ain|[یي]|ê|mh)?[\s,]*"
    r"(?:de|di|of|den|d['’]|ta['’]|a|ngày|dienas?)?[\s,/-]*$",
    re.IGNORECASE,
)
_OF_YEAR = (
    r"(?:m|gada|gads|г|год|года|р|рік|року|ж|жылы?|жылғы|оны|он|йил|yil|ييل|urteko|\(?e?\)?ko|năm|թ|թ․|د)"
)
"""Words for "year" between a year and a month."""
_YEAR_BEFORE = re.compile(
    rf"((?:19|20)\d{{2}})[\s.-]{{0,2}}(?:{_OF_YEAR}(?!\w)\.?)?[\s,./年-]*(?:\d{{1,2}}(?!\d))?[\s.,/-]*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s.,/-]*(?:(\d{1,2})(?:st|nd|rd|th|\.|a|an|ean|-нд?|-ны)?(?![\d:])\s?(?:d\.)?[\s,.]*)?"
    r"(?:del|dal|de su|de|do|of|năm|คศ|พศ|ຄສ|ພສ|ค\.ศ|พ\.ศ|жылы?|г\.?|av|i|ta['’]|y)?[\s,/-]*"
    r"(?:'|’)?((?:19|20)\d{2}|\d{2}(?![\d:.]))?",
    re.IGNORECASE,
)
_SOLAR_NUMERIC = re.compile(r"(?<!\d)(1[34]\d{2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)")
_SOLAR_YEAR = re.compile(r"(?<!\d)(1[34]\d{2})(?!\d)")
_SOLAR_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_SOLAR_TONGUES = frozenset({"fa", "ps", "haz", "azb", "glk", "prs"})
_HALF_BEFORE = re.compile(r"(?<![a-z])([ap])\.?m\.?\s*$", re.IGNORECASE)
_AT = frozenset({"de", "dsb", "hsb"})  # "am" before a time is a word
_DOTS = re.compile(r"[\s.]+")
_PERIOD = 20
"""Characters beside a time among which the half of the day is looked for."""
_DIGIT = re.compile(r"\d")
_NUMBERED = re.compile(r"#\d{1,9}(?!\d)")  # of a comment, which is no day
_DAY_SECONDS = 86400
_SPAN = re.compile(r"(?<!\d)(\d{1,3})\s{0,3}([^\W\d_]+)\.?")
_WORDS = re.compile(r"[^\W\d_]+")
_SHORTEST_WORD = 3  # letters of a unit of time that needs no other word beside it; "d." alone is no age
_LONGEST = 400  # characters of a text that may be a printed date
_THAI_DOTS = re.compile("(?<=[\u0e00-\u0eff])\\.")
_ZONE = re.compile(r"(?:\b(?:UTC|GMT)\b|(?<=[\d\s])Z\b)", re.IGNORECASE)


def zone(name: str | None) -> ZoneInfo:
    """Return the time zone of a name, UTC for an unknown name."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def iso(value: str | None, timezone: str = "UTC") -> Moment | None:
    """Return an ISO date, also with unpadded days.

    An instant, or a day where it states no time.
    """
    match = _ISO.match(value or "")
    if match is None:
        return _fromiso(value, timezone)
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        if hour is None:
            return _plausible(date(int(year), int(month), int(day)))
        naive = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
        if offset is None:
            return _plausible(_utc(naive, timezone))
        known = datetime.fromisoformat(naive.isoformat() + _offset(offset))
        return _plausible(known.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def gmt(value: str | None) -> Moment | None:
    """Return the instant of one of WordPress' `*_gmt` fields, which are in UTC.

    Its zero date is no date.
    """
    return None if not value or value.startswith("0000") else iso(value, "UTC")


def rfc822(value: str | None) -> Moment | None:
    """Return a date of an RSS feed or HTTP header."""
    try:
        known = parsedate_to_datetime((value or "").strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        aware = known.replace(tzinfo=UTC) if known.tzinfo is None else known
        return _plausible(aware.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def printed(
    raw: str | None,
    timezone: str,
    language: str | None,
    *,
    day_first: bool | None = None,
    since: date | None = None,
) -> Moment | None:
    """Return a date printed for people, in the site's language and time zone.

    `day_first` settles 3/4/2009 where other dates of the page show it; otherwise the language does. A date
    without a year is the first such day from `since` on, where that is given.
    """
    if not raw or len(raw) > _LONGEST:
        return None
    found = iso(raw, timezone)
    if found is not None:
        return found
    text = _familiar(raw, language)
    day = _day(text, language, day_first, since)
    if day is None:
        return None
    clock = _clock(text, language)
    if clock is None:
        return _plausible(day)
    try:
        naive = datetime(day.year, day.month, day.day, *clock)  # noqa: DTZ001
        return _plausible(naive.replace(tzinfo=UTC) if _ZONE.search(text) else _utc(naive, timezone))
    except (ValueError, OverflowError):
        return _plausible(day)


def tells_day_first(raws: list[str]) -> bool | None:
    """Return the day-month order of a page's numeric dates.

    No result if no number exceeds 12.
    """
    for raw in raws:
        if match := _NUMERIC.search(raw):
            if int(match[1]) > 12:
                return True
            if int(match[3]) > 12:
                return False
    return None


def looks_dated(text: str, language: str | None) -> bool:
    """True if a short text contains a full date."""
    if len(text) > _LONGEST or not _DIGIT.search(text):
        return False
    return _day(_familiar(text, language), language, None, None) is not None


def relative(raw: str | None, fetched_at: datetime, language: str | None) -> date | None:
    """Return the day of "2 weeks, 3 days ago" against the time of fetching, if valid.

    Each number must belong to a unit of time, and the smallest unit be no larger than a day: "3 years, 2 days
    ago" is rounded, and "2021 m. rugsėjo 22 d." is no age.
    """
    if not raw or len(raw) > 60:
        return None
    text = month_names.fold_date_word(raw.translate(_SIGNS))
    units = _units(month_names.tongue(language))
    seconds = smallest = 0
    rest = text
    for match in _SPAN.finditer(text):
        unit = units.get(match[2]) or units.get(match[2].removesuffix("s"))
        if unit is None:
            return None
        seconds, smallest = seconds + int(match[1]) * unit, unit
        rest = rest.replace(match[0], " ", 1)
    if not smallest or smallest > _DAY_SECONDS or _DIGIT.search(rest):
        return None
    if len(max(_WORDS.findall(text), key=len)) < _SHORTEST_WORD and not _WORDS.search(rest):
        return None
    return (fetched_at.astimezone(UTC) - timedelta(seconds=seconds)).date()


@lru_cache(maxsize=64)
def _units(tongue: str) -> dict[str, int]:
    """Return the seconds of each unit of time up to a week, by its names in one language."""
    seconds = {"week": 7 * _DAY_SECONDS, "day": _DAY_SECONDS, "hour": 3600, "minute": 60}
    names = month_names.date_words(tongue)
    return {
        month_names.fold_date_word(word).rstrip("."): length
        for unit, length in seconds.items()
        for word in names.get(unit, ())
    }


def day_of(moment: Moment) -> date:
    """Return the day of a moment, in UTC where it is an instant."""
    return moment.date() if isinstance(moment, datetime) else moment


def _familiar(raw: str, language: str | None) -> str:
    """Return a printed date with European digits and signs, common years and halves of the day."""
    plain = _NUMBERED.sub(" ", raw).translate(_SIGNS)
    text = calendars.common_years(plain, month_names.tongue(language))
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        text = _HAN_MONTH.sub(lambda match: f"年{_HAN_NUMBERS.index(match[1]) + 1}月", text)
        text = _THAI_DOTS.sub("", text)
        for pattern, half in _HALVES:
            text = pattern.sub(half, text)
    return text


@lru_cache(maxsize=1024)
def _day(text: str, language: str | None, day_first: bool | None, since: date | None) -> date | None:
    if match := _YMD.search(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _numbers(text):
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        ordered = (
            day_first if day_first is not None else match[2] == "." or not month_names.month_first(language)
        )
        if first <= 12 < second or (not ordered and first <= 12):
            return _date(year, first, second)
        return _date(year, second, first)
    if match := _NUMERIC_THEN_YEAR.search(text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    return _solar(text, language) or _worded(text, language, since)


def _numbers(text: str) -> re.Match[str] | None:
    """Return the first date in numbers; "15.04.05" beside a year of four digits is a time of day."""
    has_year = _FULL_YEAR.search(text) is not None
    found = _NUMERIC.finditer(text)
    return next((match for match in found if len(match[4]) == len("2021") or not has_year), None)


def _solar(text: str, language: str | None) -> date | None:
    """Return the day of a date of the Persian calendar."""
    if match := _SOLAR_NUMERIC.search(text):
        if month_names.tongue(language) in _SOLAR_TONGUES:
            return calendars.from_persian(int(match[1]), int(match[3]), int(match[4]))
        return None
    if text.isascii() or not (year := _SOLAR_YEAR.search(text)):
        return None
    folded = month_names.fold_date_word(text)
    month = month_names.solar_pattern().search(folded)
    day = _SOLAR_DAY.search(_SOLAR_YEAR.sub(" ", folded))
    if month is None or day is None:
        return None
    number = month_names.solar_numbers()[month[0].rstrip(".")]
    return calendars.from_persian(int(year[1]), number, int(day[1]))


def _worded(text: str, language: str | None, since: date | None) -> date | None:
    """Return a date with a named month.

    Any order of day, month and year.
    """
    folded = month_names.fold_date_word(text)
    for tongue in (month_names.tongue(language), ""):
        known = month_names.month_numbers(tongue)
        for match in month_names.pattern(tongue).finditer(folded):
            month = known.get(match[0]) or known[match[0].rstrip(".")]
            if found := _around(folded[: match.start()], month, folded[match.end() :], since):
                return found
    return None


def _around(before: str, month: int, after: str, since: date | None) -> date | None:
    """Return the date with its month between two pieces of text."""
    ahead, behind, earlier = _DAY_BEFORE.search(before), _AFTER.match(after), _YEAR_BEFORE.search(before)
    day = ahead[1] if ahead else behind[1] if behind else None
    year = behind[2] if behind and behind[2] else earlier[1] if earlier else None
    if day and year:
        return _date(_year(year), month, int(day))
    if day and since:
        found = _date(since.year, month, int(day))
        return found if found is None or found >= since else _date(since.year + 1, month, int(day))
    return None


def _clock(text: str, language: str | None) -> tuple[int, int, int] | None:
    rest = _YMD.sub(" ", text)
    if day := _numbers(rest):
        rest = f"{rest[: day.start()]} {rest[day.end() :]}"
    rest = _NUMERIC_THEN_YEAR.sub(" ", rest)
    for match in _TIME.finditer(rest):
        hour, minute, second = int(match[1] or match[5]), int(match[2] or 0), int(match[3] or 0)
        half = (match[4] or match[6] or "").lower()[:1]
        if half == "p" and hour < 12:
            hour += 12
        elif half == "a" and hour == 12:
            hour = 0
        elif (
            not half
            and hour <= 12
            and (shift := _half(rest[: match.start()], rest[match.end() :], language)) is not None
        ):
            hour = hour % 12 + shift
        if hour < 24 and minute < 60 and second < 60:
            return hour, minute, second
    return None


def _half(before: str, after: str, language: str | None) -> int | None:
    """Return the hours that a word for am or pm beside a time adds; null where there is no such word."""
    tongue = month_names.tongue(language)
    follows = _DOTS.sub("", after[:_PERIOD]).lower()
    for key, shift in (("pm", 12), ("am", 0)):
        if any(follows.startswith(name) for name in month_names.day_halves(tongue, key)):
            return shift
    if (half := _HALF_BEFORE.search(before)) and tongue not in _AT:
        return 12 * (half[1] in "pP")
    if before.isascii():
        return None
    leads = _DOTS.sub("", before[-_PERIOD:]).lower()
    for key, shift in (("pm", 12), ("am", 0)):
        if any(leads.endswith(name) for name in month_names.day_halves(tongue, key)):
            return shift
    return None


def _year(digits: str) -> int:
    number = int(digits)
    return number if number > 99 else number + (2000 if number < 70 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _utc(naive: datetime, timezone: str) -> datetime:
    return naive.replace(tzinfo=zone(timezone)).astimezone(UTC)


def _offset(text: str) -> str:
    if text.upper() in ("Z", "UTC"):
        return "+00:00"
    return text if ":" in text else f"{text[:3]}:{text[3:]}"


def _fromiso(value: str | None, timezone: str) -> Moment | None:
    """Return the rarer ISO spellings that Python itself reads."""
    text = (value or "").strip()
    if not 8 <= len(text) <= 40 or not text[:4].isdigit():
        return None
    try:
        known = datetime.fromisoformat(text)
        if "T" not in text and ":" not in text:
            return _plausible(known.date())
        return _plausible(_utc(known, timezone) if known.tzinfo is None else known.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def _plausible(moment: Moment) -> Moment | None:
    """Return a moment of a plausible year.

    A year outside is a slip of the markup, and has no result.
    """
    return moment if 1990 <= moment.year <= 2100 else None
