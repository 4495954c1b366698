"""Dates as CLDR prints them, in the languages into which WordPress is translated."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from babel.dates import format_date, format_datetime

from pipeline.dates import month_names, parse

LOCALES = (
    "af am ar as az az_Cyrl be bg bn br bs ca ceb ckb cs cy da de dsb el en en_GB eo es et eu fa fi fil "
    "fo fr fur fy ga gd gl gu ha he hi hr hsb hu hy id is it ja jv ka kab kk km kn ko ku ky lb lij lo lt "
    "lv mg mi mk ml mn mr ms my nb ne nl nn oc or pa pl ps pt pt_BR rm ro ru rw sc sd si sk sl so sq sr "
    "sr_Latn su sv sw szl ta te tg th ti tk tr tt ug uk ur uz uz_Cyrl vec vi wo xh zh_Hans zh_Hant zu "
)
DAYS = [date(2009, month, 21) for month in range(1, 13)]
TIMES = (
    "az bg cs da de el en en_GB es et fi fr he hi hr hu id is it ja ka ko lt lv mk nl pl pt ro ru sk sq "
    "sv tr uk vi "
)
DIGITS = {"ar": "٠", "bn": "০", "fa": "۰", "hi": "०", "km": "០", "my": "၀", "ne": "०", "th": "๐", "ur": "۰"}


def _tag(locale: str) -> str:
    return locale.replace("_", "-")


def _day(said: str, locale: str) -> date | None:
    found = parse.printed(said, "UTC", _tag(locale))
    return None if found is None else parse.day_of(found)


@pytest.mark.parametrize("locale", LOCALES.split())
def test_each_month_of_each_language_is_read(locale: str) -> None:
    for length in ("full", "long", "medium"):
        said = [format_date(day, length, locale=locale) for day in DAYS]
        composed = [_day(unicodedata.normalize("NFC", text), locale) for text in said]
        apart = [_day(unicodedata.normalize("NFD", text), locale) for text in said]
        assert (composed, apart) == (DAYS, DAYS), said


@pytest.mark.parametrize("locale", TIMES.split())
def test_time_of_day_is_read_beside_the_day(locale: str) -> None:
    moments = [datetime(2009, month, 21, 15, 4, 5, tzinfo=UTC) for month in range(1, 13)]
    said = [format_datetime(moment, "medium", tzinfo=UTC, locale=locale) for moment in moments]
    assert [parse.printed(text, "UTC", _tag(locale)) for text in said] == moments, said


@pytest.mark.parametrize("locale", DIGITS)
def test_digits_of_a_script_are_read(locale: str) -> None:
    own = {ord("0") + number: chr(ord(DIGITS[locale]) + number) for number in range(10)}
    said = [format_date(day, "long", locale=locale).translate(own) for day in DAYS]
    assert [_day(text, locale) for text in said] == DAYS, said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ko", "2009. 2. 21. PM 3:04:05"),
        ("en", "February 21, 2009 PM 3:04:05"),
        ("my", "2009၊ ဖေဖော်ဝါရီ 21 15:04:05"),
        ("ps", "اونۍ د 2009 د فبروري 21 15:04:05"),
        ("lo", "ວັນເສົາ ທີ 21 ກຸມພາ ຄ.ສ. 2009 15:04:05"),
        ("de", "21. Februar 2009 am 12:04:05"),
    ],
)
def test_dates_of_other_editions_of_cldr_are_read(language: str, said: str) -> None:
    hour = 12 if language == "de" else 15
    assert parse.printed(said, "UTC", language) == datetime(2009, 2, 21, hour, 4, 5, tzinfo=UTC)


def test_buddhist_years_are_common_ones() -> None:
    said = [format_date(day, "long", locale="th").replace("2009", "2552") for day in DAYS]
    assert [_day(text, "th") for text in said] == DAYS


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("si-LK", "2009 පෙබරවාරි 21"),
        ("ug-CN", "2009-يىل 21-فېۋرال"),
        ("zh-HK", "2009年二月21日"),
        ("ta-LK", "மாசி 21, 2009"),
        ("sw", "Febuari 21, 2009"),
        ("jv-ID", "21 Pebruari 2009"),
        ("ckb", "21. شوبات 2009"),
        ("my-MM", "ေဖ\u200cေဖာ်ဝါရီ 21, 2009"),
        ("he-IL", "21 בFeb 2009"),
    ],
)
def test_wordpress_own_names_of_months_are_read(language: str, said: str) -> None:
    assert parse.printed(said, "UTC", language) == date(2009, 2, 21)


def test_language_without_data_has_the_english_months_only() -> None:
    assert parse.printed("21 February 2009", "UTC", "xx") == date(2009, 2, 21)
    assert month_names.day_halves("xx", "pm") == ()
