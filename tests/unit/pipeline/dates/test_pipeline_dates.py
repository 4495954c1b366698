"""Dates in the languages of WordPress and other calendars, ages, and dates that are not the publication."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.dates import calendars, parse
from tests.unit.pipeline.test_pipeline_kinds import PROSE, article, read, read_page

DAY = date(2021, 9, 22)
PRINTED = {
    "ar": "22 سبتمبر، 2021",
    "ar-LB": "22 أيلول 2021",
    "ary": "22 شتنبر 2021",
    "az": "22 Sentyabr 2021",
    "be": "22 верасня 2021",
    "bn": "সেপ্টেম্বর 22, 2021",
    "bn-BD": "২২ সেপ্টেম্বর ২০২১",
    "ca": "22 de setembre del 2021",
    "ckb": "22ی ئەیلوولی 2021",
    "cs": "22. září 2021",
    "el": "22 Σεπτεμβρίου 2021",
    "eu": "2021(e)ko irailaren 22a",
    "fa-IR": "۳۱ شهریور ۱۴۰۰",
    "fa": "۱۴۰۰/۰۶/۳۱",
    "fi": "22.9.2021",
    "gu": "22 સપ્ટેમ્બર, 2021",
    "he": "22 בספטמבר 2021",
    "hi": "22 सितंबर 2021",
    "hr": "22. rujna 2021.",
    "hu": "2021. szeptember 22.",
    "hy": "22 սեպտեմբերի 2021",
    "id": "22 September 2021",
    "ja": "2021年9月22日",
    "ja-JP": "令和3年9月22日",
    "ka": "22 სექტემბერი 2021",
    "kk": "22 қыркүйек 2021",
    "km": "22 កញ្ញា 2021",
    "kn": "ಸೆಪ್ಟೆಂಬರ್ 22, 2021",
    "ko": "2021년 9월 22일",
    "lo": "22 ກັນຍາ 2021",
    "lt": "2021 m. rugsėjo 22 d.",
    "lv": "2021. gada 22. septembris",
    "mk": "22 септември 2021",
    "ml": "സെപ്റ്റംബർ 22, 2021",
    "mn": "2021 оны 9-р сарын 22",
    "mr": "22 सप्टेंबर 2021",
    "my": "22 စက်တင်ဘာ 2021",
    "ne": "22 सेप्टेम्बर 2021",
    "pl": "22 września 2021",
    "ps": "۳۱ سنبله ۱۴۰۰",
    "ro": "22 septembrie 2021",
    "sk": "22. septembra 2021",
    "sl": "22. septembra 2021",
    "sq": "22 Shtator 2021",
    "sr": "22. септембра 2021.",
    "sr-Latn": "22. septembra 2021",
    "ta": "செப்டம்பர் 22, 2021",
    "te": "22 సెప్టెంబర్ 2021",
    "th": "22 กันยายน 2564",
    "th-TH": "22 ก.ย. 2021",
    "tr": "22 Eylül 2021",
    "uk": "22 Вересня, 2021",
    "ur": "22 ستمبر 2021",
    "uz": "22 sentabr 2021",
    "vi": "22 Tháng 9, 2021",
    "vi-VN": "Tháng Chín 22, 2021",
    "zh": "2021-09-22",
    "zh-TW": "民國110年9月22日",
}


@pytest.mark.parametrize("language", PRINTED)
def test_printed_date_is_read_in_its_language(language: str) -> None:
    assert parse.printed(PRINTED[language], "UTC", language) == DAY
    assert parse.relative(PRINTED[language], datetime(2026, 1, 5, tzinfo=UTC), language) is None


@pytest.mark.parametrize(
    ("language", "listed"),
    [
        (
            "vi",
            "tháng một|tháng hai|tháng ba|tháng tư|tháng năm|tháng sáu|tháng bảy|tháng tám|tháng chín|"
            "tháng mười|tháng mười một|tháng mười hai",
        ),
        ("sr", "јануара|фебруара|марта|априла|маја|јуна|јула|августа|септембра|октобра|новембра|децембра"),
        ("ar", "كانون الثاني|شباط|آذار|نيسان|أيار|حزيران|تموز|آب|أيلول|تشرين الأول|تشرين الثاني|كانون الأول"),
        ("th", "ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค."),
        (
            "lv",
            "janvāris|februāris|marts|aprīlis|maijs|jūnijs|jūlijs|augusts|septembris|oktobris|novembris|"
            "decembris",
        ),
    ],
)
def test_all_twelve_months_are_known(language: str, listed: str) -> None:
    read_as = [parse.printed(f"22 {month} 2021", "UTC", language) for month in listed.split("|")]
    assert read_as == [date(2021, month, 22) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("persian", "common"),
    [
        ((1375, 1, 1), date(1996, 3, 20)),
        ((1399, 12, 30), date(2021, 3, 20)),
        ((1400, 1, 1), date(2021, 3, 21)),
        ((1403, 12, 30), date(2025, 3, 20)),
        ((1404, 7, 1), date(2025, 9, 23)),
        ((1404, 7, 31), None),
        ((1404, 13, 1), None),
    ],
)
def test_persian_day_is_the_common_one(persian: tuple[int, int, int], common: date | None) -> None:
    assert calendars.from_persian(*persian) == common


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("50 minutes ago", "en", date(2026, 1, 5)),
        ("3 days ago", "en", date(2026, 1, 2)),
        ("2 weeks, 3 days ago", "en", date(2025, 12, 19)),
        ("vor 2 Tagen", "de", date(2026, 1, 3)),
        ("3 years, 2 days ago", "en", None),
        ("2 weeks ago", "en", None),
        ("1 year ago", "en", None),
        ("22 d.", "lt", None),
        ("2 days and 5 comments", "en", None),
        ("some days ago", "en", None),
    ],
)
def test_age_names_a_day_or_none(said: str, language: str, day: date | None) -> None:
    assert parse.relative(said, datetime(2026, 1, 5, 12, tzinfo=UTC), language) == day


STAMP = "2013-08-16T20:44:54+00:00"


@pytest.mark.parametrize(
    ("above", "below", "day"),
    [
        (f'<time datetime="{STAMP}">16 August</time>', "", 2013),
        (f'<time itemprop="dateModified" datetime="{STAMP}">16 August 2013</time>', "", None),
        (f'<time class="updated" datetime="{STAMP}">16 August 2013</time>', "", None),
        (f'<time class="published updated" datetime="{STAMP}">16 August</time>', "", 2013),
        ('<p class="date">Last updated 16 August 2013</p>', "", None),
        ("", f'<div class="wall"><p>New</p><time datetime="{STAMP}">6 hours ago</time></div>', None),
        ("", f'<div class="widget"><time datetime="{STAMP}">16 August 2013</time></div>', None),
    ],
)
def test_publication_is_no_other_date(above: str, below: str, day: int | None) -> None:
    found = article(read(f"</main>{below}", above=above)).published
    assert (found.year if found else None) == day


@pytest.mark.parametrize(
    ("menu", "below", "year"),
    [
        ("", "<p>16 August 2013 | Ida Marsh</p>", 2013),
        ("", "<p><br>16 August 2013, Ida Marsh</p>", 2013),
        ("<h2>Topics</h2>" + "<i>Sea</i>" * 40, "<p>16 August 2013 |</p>", 2013),
        ("<h2>Topics of 16 August 2013</h2><p>16 August 2013</p>", "", None),
        ("", "<p>On 16 August 2013 the council of the harbour sat until late.</p>", None),
    ],
)
def test_date_alone_below_the_title_is_the_publication(menu: str, below: str, year: int | None) -> None:
    shown = f"{menu}<h1>Harbour lights</h1>{below}{PROSE}"
    html = f"<html><head><title>Lights</title></head><body>{shown}</body></html>"
    found = article(read_page(html, "https://gazette.example/lights/")).published
    assert (found.year if found else None) == year


@pytest.mark.parametrize(
    ("markup", "tags", "categories"),
    [
        ('<p class="tags">Tags: <a href="/tag/sea/" rel="tag">sea</a></p>', ("sea",), ()),
        (
            '<p class="post-tags"><a href="/tag/sea/">sea</a> <a href="/tag/f/">fog</a></p>',
            ("sea", "fog"),
            (),
        ),
        ('<p>Tags: <a href="/t/sea">sea</a>, <a href="/t/fog">fog</a></p>', ("sea", "fog"), ()),
        ('<p><b>Tagged:</b> <a href="/t/sea">#sea</a></p>', ("sea",), ()),
        ('<p>Filed under: <a href="/c/town">Town</a></p>', (), ("Town",)),
        ('<span class="cat-links"><a href="/category/town/">Town</a></span>', (), ("Town",)),
        ('<a rel="category" href="/town/">Town</a>', (), ("Town",)),
        ('<div id="sidebar"><a href="/tag/eu/" class="tag-link-3" rel="tag">EU</a></div>', (), ()),
        ('<div class="rsidebar"><h2>Tags</h2><a href="/tag/eu/" rel="tag">EU</a></div>', (), ()),
        ('<div class="tagcloud"><a href="/tag/eu/" rel="tag">EU</a></div>', (), ()),
        (
            '<p>Tags: none so far, but <a href="/x">a word</a> on how the desk of the paper chooses them</p>',
            (),
            (),
        ),
    ],
)
def test_terms_are_the_articles_own(markup: str, tags: tuple[str, ...], categories: tuple[str, ...]) -> None:
    found = article(read(markup))
    assert (found.tags, found.categories) == (tags, categories)


def test_post_class_names_the_terms() -> None:
    html = (
        '<div class="hentry tag-sea-fog category-town"><a href="/tag/sea-fog/" rel="tag">Sea fog</a></div>'
        '<div><a href="/tag/eu/" rel="tag">EU</a></div>'
    )
    found = article(read(html))
    assert (found.tags, found.categories) == (("Sea fog",), ("town",))
