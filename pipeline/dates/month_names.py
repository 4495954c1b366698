"""Names of months in the languages of WordPress, and the comparison of terms of dates.

Uses dateparser's tables and adds what they lack: genitives, Levantine and Maghrebi Arabic, Persian months.
Does not: parse dates.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import import_module
from typing import Any

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_COMMON = ("de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "tr", "ru")
_SLAVIC = "januara februara marta aprila maja juna jula avgusta septembra oktobra novembra decembra"
_MORE = {
    "ar": (
        "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
        "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
        "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
    ),
    "sr": (
        "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра децембра",
        "januar februar mart april maj jun jul avgust septembar oktobar novembar decembar",
        _SLAVIC,
    ),
    "bs": (_SLAVIC, _SLAVIC.replace("avgusta", "augusta")),
    "sl": (_SLAVIC.replace("juna jula", "junija julija"),),
    "mk": ("јануари февруари март април мај јуни јули август септември октомври ноември декември",),
    "lv": (
        "janvāra februāra marta aprīļa maija jūnija jūlija augusta septembra oktobra novembra decembra",
        "janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā septembrī oktobrī novembrī decembrī",
    ),
    "eu": (
        "urtarrilaren otsailaren martxoaren apirilaren maiatzaren ekainaren uztailaren abuztuaren irailaren "
        "urriaren azaroaren abenduaren",
        "urtarrila otsaila martxoa apirila maiatza ekaina uztaila abuztua iraila urria azaroa abendua",
    ),
    "vi": (
        "tháng_một tháng_hai tháng_ba tháng_tư tháng_năm tháng_sáu tháng_bảy tháng_tám tháng_chín tháng_mười "
        "tháng_mười_một tháng_mười_hai",
        " ".join(f"tháng_{number}" for number in range(1, 13)),
        " ".join(f"tháng_{number:02}" for number in range(1, 13)),
    ),
    "ku": (
        "rêbendan reşemî adar nîsan gulan pûşper tîrmeh gelawêj rezber kewçêr sermawez berfanbar",
        "çile sibat adar avrêl gulan hezîran tîrmeh tebax îlon cotmeh mijdar kanûn",
    ),
    "ckb": (
        "کانوونی_دووەم شوبات ئازار نیسان ئایار حوزەیران تەمووز ئاب ئەیلوول تشرینی_یەکەم تشرینی_دووەم "
        "کانوونی_یەکەم",
        "کانونی_دووەم شوبات ئازار نیسان ئایار حوزەیران تەمموز ئاب ئەیلول تشرینی_یەکەم تشرینی_دووەم "
        "کانونی_یەکەم",
    ),
    "oc": ("genièr febrièr març abril mai junh julhet agost setembre octòbre novembre decembre",),
    "eo": ("januaro februaro marto aprilo majo junio julio aŭgusto septembro oktobro novembro decembro",),
    "tg": ("январ феврал март апрел май июн июл август сентябр октябр ноябр декабр",),
    "tt": ("гыйнвар февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",),
    "uz": (
        "yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr",
        "январ феврал март апрел май июн июл август сентябр октябр ноябр декабр",
    ),
    "mn": (
        " ".join(f"{number}-р_сарын" for number in range(1, 13)),
        "нэгдүгээр_сарын хоёрдугаар_сарын гуравдугаар_сарын дөрөвдүгээр_сарын тавдугаар_сарын "
        "зургаадугаар_сарын долоодугаар_сарын наймдугаар_сарын есдүгээр_сарын аравдугаар_сарын "
        "арван_нэгдүгээр_сарын арван_хоёрдугаар_сарын",
    ),
    "jv": (
        "januari pebruari maret april mei juni juli agustus september oktober nopember desember",
        "januari februari maret april mei juni juli agustus september oktober november desember",
    ),
    "su": ("januari pébruari maret april méi juni juli agustus séptémber oktober nopémber désémber",),
    "hr": (
        "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
    ),
    "ceb": (
        "enero pebrero marso abril mayo hunyo hulyo agosto septiyembre oktubre nobyembre disyembre",
        "ene peb mar abr may hun hul ago sep okt nob dis",
    ),
    "sd": ("جنوري فيبروري مارچ اپريل مئي جون جولاءِ آگسٽ سيپٽمبر آڪٽوبر نومبر ڊسمبر",),
    "tk": (
        "ýanwar fewral mart aprel maý iýun iýul awgust sentýabr oktýabr noýabr dekabr",
        "ýan few mart apr maý iýun iýul awg sen okt noý dek",
    ),
    "mi": (
        "hānuere pēpuere māehe āperira mei hune hūrae ākuhata hepetema oketopa noema tīhema",
        "hān pēp māe āpe mei hun hūr āku hep oke noe tīh",
    ),
    "so": (
        "janaayo febraayo maarso abriil maayo juun luulyo agosto sebtembar oktoobar noofeembar diseembar",
        "jan feb mar abr may jun lul ogs seb okt nof dis",
    ),
    "wo": (
        "samwiyee fewriyee mars awril mee suwe sulet ut sàttumbar oktoobar nowàmbar desàmbar",
        "sam few mar awr mee suw sul ut sàt okt now des",
    ),
    "gd": (
        "dhen_fhaoilleach dhen_ghearran dhen_mhàrt dhen_ghiblean dhen_chèitean dhen_ògmhios "
        "dhen_iuchar dhen_lùnastal dhen_t-sultain dhen_dàmhair dhen_t-samhain dhen_dùbhlachd",
        "faoi gearr màrt gibl cèit ògmh iuch lùna sult dàmh samh dùbh",
    ),
    "si": ("ජනවාරි පෙබරවාරි මාර්තු අප්‍රේල් මැයි ජූනි ජූලි අගෝස්තු සැප්තැම්බර් ඔක්තෝබර් නොවැම්බර් දෙසැම්බර්",),
    "ta": ("தை மாசி பங்குனி சித்திரை வைகாசி ஆனி ஆடி ஆவணி புரட்டாதி ஐப்பசி கார்த்திகை மார்கழி",),
    "sw": ("januari febuari machi aprili mei juni julai agosti septemba oktoba novemba disemba",),
    "fa": (
        "ژانویه فوریه مارس آوریل مه ژوئن جولای آگوست سپتامبر اکتبر نوامبر دسامبر",
        "ژانویه فوریه مارس آوریل می ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    ),
    "bn": (
        "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই অগাষ্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
        "জানুয়ারী ফেব্রুয়ারী মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    ),
    "my": ("ဇန်နဝါရီ ေဖေဖာ်ဝါရီ မတ် ဧြပီ ေမ ဇွန် ဇူလိုင် ဩဂုတ် စက်တင်ဘာ ေအာက်တိုဘာ နိုဝင်ဘာ ဒီဇင်ဘာ",),
}
"""Names that dateparser's tables lack, in the order of the year; "_" stands for a space."""
_SOLAR = (
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
)
"""The months of the Persian year, in Iran and in Afghanistan."""
_ENDINGS = {
    "ckb": ("", "ی"),
    "ku": ("", "a", "ê"),
    "bo": ("", "འི་ཚེས་", "ཚེས་"),
    "dz": ("", "ཚེས་", " ཚེས་", " ཚེས"),
}
"""What a language hangs to a month between a day and a year."""
_CLDR = {"az": ("az", "az_Cyrl"), "uz": ("uz", "uz_Cyrl"), "sr": ("sr", "sr_Latn"), "bs": ("bs", "bs_Cyrl")}
"""Locales of languages that are written in two scripts."""
_NUMBERED = re.compile(r"M?\d+")
"""Months that CLDR only numbers."""
_FORMS = tuple((use, width) for use in ("format", "stand-alone") for width in ("wide", "abbreviated"))
_PREFIXES = {"he": ("", "ב", "ל")}
_DOTLESS = frozenset({"th", "lo"})
"""Languages whose dots inside of a name are left out before it is looked for."""
_SAME = {
    "ary": "ar",
    "arq": "ar",
    "no": "nb",
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "sh": "sr",
    "me": "sr",
    "tl": "fil",
    "mo": "ro",
}
_VOWELS = re.compile("[\u064b-\u0652\u0640\u200c-\u200f\u0307]")
_ARABIC = str.maketrans("أإآٱىیکﻻ’ʼ", "ااااييكل''")
_COMBINING = "".join(
    chr(code) for code in range(0x300, 0x1C00) if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
_LETTER = rf"[^\W\d_{_COMBINING}]"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = rf"(?<![{_COMBINING}])(?<!{_LETTER})", rf"(?!{_LETTER}|[{_COMBINING}])"


@lru_cache(maxsize=64)
def date_words(tongue: str) -> dict[str, tuple[str, ...]]:
    """Return dateparser's terms of one language by their meaning.

    Empty for a language that it lacks.
    """
    try:
        info = import_module(f"dateparser.data.date_translation_data.{tongue}").info
    except ImportError:
        return {}
    return {
        key: tuple(words)
        for key, words in info.items()
        if isinstance(words, list) and all(isinstance(w, str) for w in words)
    }


@lru_cache(maxsize=64)
def month_numbers(tongue: str) -> dict[str, int]:
    """Return month names of one language and of English, folded.

    Of no language: those of many.
    """
    table: dict[str, int] = {}
    for source in ("en", tongue) if tongue else _COMMON:
        words = date_words(source)
        for number, month in enumerate(_MONTHS, 1):
            for word in words.get(month, ()):
                said = (
                    fold_date_word(word).replace(".", "")
                    if source in _DOTLESS
                    else fold_date_word(word).rstrip(".")
                )
                for prefix in _PREFIXES.get(tongue, ("",)):
                    table.setdefault(prefix + said, number)
        for listed in _MORE.get(source, ()):
            for number, word in enumerate(listed.split(), 1):
                for ending in _ENDINGS.get(source, ("",)):
                    table[fold_date_word(word.replace("_", " ") + ending)] = number
    for number, word in _cldr_names(tongue) if tongue else ():
        for ending in _ENDINGS.get(tongue, ("",)):
            table.setdefault(fold_date_word(word + ending).rstrip("."), number)
    table.pop("", None)
    return table


def _locale_data(name: str, which: str) -> Any:
    """Return CLDR's "months" or "day_periods" of a locale, empty for one that it lacks.

    Its library is loaded with the first printed date.
    """
    babel = import_module("babel.core")
    try:
        return getattr(babel.Locale.parse(name), which)
    except (babel.UnknownLocaleError, ValueError):
        return {}


def _cldr_names(tongue: str) -> list[tuple[int, str]]:
    """Return the months of one language by CLDR, with their numbers; nothing for one that it lacks."""
    found: list[tuple[int, str]] = []
    for name in _CLDR.get(tongue, (tongue,)):
        months = _locale_data(name, "months")
        for use, width in _FORMS:
            said = months.get(use, {}).get(width, {}).items()
            found += [(number, word) for number, word in said if not _NUMBERED.fullmatch(word)]
    return found


@lru_cache(maxsize=128)
def day_halves(tongue: str, half: str) -> tuple[str, ...]:
    """Return the words of one language for a half of the day, "am" or "pm", without dots and spaces."""
    said = [name for name in date_words(tongue).get(half, ()) if len(name) > 1]
    for name in _CLDR.get(tongue, (tongue,)):
        periods = _locale_data(name, "day_periods")
        said += [periods.get(use, {}).get(width, {}).get(half, "") for use, width in _FORMS]
    folded = (re.sub(r"[\s.]+", "", name).lower() for name in said)
    return tuple(dict.fromkeys(name for name in folded if len(name) > 1))


@lru_cache(maxsize=64)
def pattern(tongue: str) -> re.Pattern[str]:
    """Return a pattern for a whole month's name in a folded text, the longest first."""
    return _whole_words(month_numbers(tongue))


@lru_cache(maxsize=1)
def solar_numbers() -> dict[str, int]:
    """Return the Persian months by their folded names."""
    return {
        fold_date_word(word): number for listed in _SOLAR for number, word in enumerate(listed.split(), 1)
    }


@lru_cache(maxsize=1)
def solar_pattern() -> re.Pattern[str]:
    """Return what matches a month of the Persian year in a folded text."""
    return _whole_words(solar_numbers())


def _whole_words(table: dict[str, int]) -> re.Pattern[str]:
    longest_first = sorted(table, key=len, reverse=True)
    names = "|".join(re.escape(name) + (r"(?!\d)" if name[-1:].isdigit() else "") for name in longest_first)
    return re.compile(rf"{_NO_LETTER_BEFORE}(?:{names}){_NO_LETTER_AFTER}[.॰]?")


def fold_date_word(text: str) -> str:
    """Return text in lower case, composed, and without vowel signs, to compare terms of dates."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFC", text.lower()).replace("ه\u200c", "ە")
    return _VOWELS.sub("", composed).translate(_ARABIC)


def tongue(language: str | None) -> str:
    """Return the bare language of a tag such as de-AT.

    English by default.
    """
    tongue = (language or "en").replace("_", "-").split("-")[0].lower()
    return _SAME.get(tongue, tongue) if re.fullmatch(r"[a-z]{2,3}", tongue) else "en"


def month_first(language: str | None) -> bool:
    """True if a language writes the month first, as Americans do and pages that name no language."""
    known = (language or "en").replace("_", "-").lower()
    return known in ("en", "en-us", "en-ph", "fil")
