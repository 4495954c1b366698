"""Charsets as in browsers: every label of the WHATWG Encoding Standard, and the bytes of each as text.

Does not: parse markup beyond the few bytes that declare a charset.
Invariant: a body always becomes text; one bad byte costs one character; guesses and losses are counted.
"""

from __future__ import annotations

import codecs
import re
import threading
from dataclasses import dataclass
from typing import cast

REPLACEMENT = "\ufffd"
_LABELS = """
utf-8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
cp866 866 cp866 csibm866 ibm866
iso8859-2 csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
iso8859-3 csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
iso8859-4 csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
iso8859-5 csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
iso8859-6 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e
iso8859-6 iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
iso8859-7 csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7
iso8859-7 iso_8859-7:1987 sun_eu_greek
iso8859-8 csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8
iso8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical
iso8859-10 csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso8859-13 iso-8859-13 iso8859-13 iso885913
iso8859-14 iso-8859-14 iso8859-14 iso885914
iso8859-15 csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
iso8859-16 iso-8859-16
koi8-r cskoi8r koi koi8 koi8-r koi8_r
koi8-u koi8-ru koi8-u
mac-roman csmacintosh mac macintosh x-mac-roman
cp874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
cp1250 cp1250 windows-1250 x-cp1250
cp1251 cp1251 windows-1251 x-cp1251
cp1252 ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591
cp1252 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 x-user-defined
cp1253 cp1253 windows-1253 x-cp1253
cp1254 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5
cp1254 windows-1254 x-cp1254
cp1255 cp1255 windows-1255 x-cp1255
cp1256 cp1256 windows-1256 x-cp1256
cp1257 cp1257 windows-1257 x-cp1257
cp1258 cp1258 windows-1258 x-cp1258
mac-cyrillic x-mac-cyrillic x-mac-ukrainian
gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030
big5hkscs big5 big5-hkscs cn-big5 csbig5 x-x-big5
euc_jp cseucpkdfmtjapanese euc-jp x-euc-jp
iso2022_jp_ext csiso2022jp iso-2022-jp
cp932 csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
cp949 cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989
cp949 ksc5601 ksc_5601 windows-949
hz hz-gb-2312
iso2022_kr csiso2022kr iso-2022-kr
utf-16-be unicodefffe utf-16be
utf-16-le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
"""
"""Python's codec, and the labels for it. https://encoding.spec.whatwg.org/#names-and-labels

Of the labels that a browser answers with one replacement character (hz-gb-2312, iso-2022-kr, iso-2022-cn)
the first two are read, since what is read here is never run.
"""
CODECS = {label: codec for codec, *labels in map(str.split, _LABELS.split("\n")[1:-1]) for label in labels}
_SLIPS = {"utf_8": "utf-8", "utf8mb4": "utf-8", "latin-1": "cp1252", "cp936": "gb18030", "utf-8-sig": "utf-8"}
"""Labels of no standard that sites write for one that is."""
_BY_LANGUAGE = {
    **dict.fromkeys(("bg", "be", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "tt", "uk"), "cp1251"),
    **dict.fromkeys(("cs", "hu", "pl", "sk", "sl", "bs", "hr", "ro"), "cp1250"),
    **dict.fromkeys(("et", "lt", "lv"), "cp1257"),
    **dict.fromkeys(("tr", "ku", "az"), "cp1254"),
    **dict.fromkeys(("ar", "fa", "ur"), "cp1256"),
    "el": "cp1253",
    "he": "cp1255",
    "iw": "cp1255",
    "ja": "cp932",
    "ko": "cp949",
    "th": "cp874",
    "vi": "cp1258",
    "zh": "gb18030",
    "zh-tw": "big5hkscs",
    "zh-hk": "big5hkscs",
    "zh-hant": "big5hkscs",
}
"""The fallback for the language that a page names; https://html.spec.whatwg.org/#determining-the-character-encoding
has most of them.
"""
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = re.compile(r"""charset\s{0,9}=\s{0,9}["']?\s{0,9}([a-zA-Z0-9_.:-]{1,40})""", re.IGNORECASE)
_META = re.compile(
    rb"""<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([a-zA-Z0-9_.:-]{1,40})""", re.IGNORECASE
)
_XML = re.compile(rb"""\s{0,9}<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}["']([a-zA-Z0-9_.:-]{1,40})""")
_LANGUAGE = re.compile(
    rb"""<html[^>]{0,400}?\blang\s{0,9}=\s{0,9}["']?([a-zA-Z]{2,3}(?:-[a-zA-Z]{2,4})?)""", re.IGNORECASE
)
_HEAD_BYTES = 4096
_SAMPLE_BYTES = 64 * 1024
_FEW = 20
"""A declared charset is believed where not more than one in so many of its letters is none of it."""
_MOST = 3
"""No declaration is believed where more than one in so many is none of it."""
_NO_CHANCE = 10
"""Letters from which on a body that is UTF-8 throughout is in UTF-8."""
_counts = threading.local()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body as text. `charset` is Python's codec name.

    `guessed` is True if no declaration was used; `stray` counts bytes of another charset (windows-1252 in
    UTF-8) that were read all the same; `lost` counts the characters that could not be read.
    """

    text: str
    charset: str
    declared: str | None = None
    guessed: bool = False
    stray: int = 0
    lost: int = 0

    @property
    def misfits(self) -> int:
        """Return the number of bytes outside the charset."""
        return self.stray + self.lost

    @property
    def letters(self) -> int:
        """Return the number of characters outside ASCII."""
        return len(self.text) - len(self.text.encode("ascii", "ignore"))

    @property
    def fits(self) -> bool:
        """True if few enough bytes are outside the charset.

        UTF-8 letters rarely occur by chance, so a few of them outweigh many stray bytes.
        """
        if not self.misfits:
            return True
        letters = self.letters
        fitting = letters - self.misfits
        likely = self.charset == "utf-8" and self.misfits <= 4 * fitting
        return likely or self.misfits * _FEW <= letters


def codec_of(label: str | None) -> str | None:
    """Return the codec of a charset label, if valid."""
    known = (label or "").strip().lower()
    return CODECS.get(known) or _SLIPS.get(known)


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode a body by its declarations, or by a guess.

    A declaration that the bytes contradict yields to the next one.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _by(body[len(mark) :], name, None)
    header = _HEADER.search((content_type or "")[:1000])
    stated = declared_in(body)
    labels = []
    if header:
        labels.append(header[1])
    if stated:
        labels.append(stated)
    tries = []
    for number, label in enumerate(labels):
        is_header = header is not None and number == 0
        codec = _heeded(label, body, by_header=is_header)
        if codec is not None:
            if codec != "utf-8" and (text := _surely_utf8(body)) is not None:
                return Decoded(text, "utf-8", label, guessed=True)
            found = _by(body, codec, label)
            if found.fits:
                return _checked(found, labels, body)
            tries.append(found)
    best = min(tries, key=lambda found: found.misfits, default=None)
    if best is not None and best.charset != "utf-8" and best.misfits * _MOST <= best.letters:
        return _checked(best, labels, body)
    return _guess(body, labels)


def _surely_utf8(body: bytes) -> str | None:
    """Return a body's text if it is surely UTF-8, in spite of what it declares.

    So many letters are not valid UTF-8 by chance.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if len(text) - len(text.encode("ascii", "ignore")) >= _NO_CHANCE:
        return text
    return None


def declared_in(body: bytes) -> str | None:
    """Return the charset that the body declares, if any."""
    head = body[:_HEAD_BYTES]
    found = _XML.match(head) or _META.search(head)
    if not found:
        return None
    return found[1].decode("ascii")


def _heeded(label: str, body: bytes, *, by_header: bool) -> str | None:
    """Return a declaration's codec; UTF-16 only where plausible."""
    codec = codec_of(label)
    is_utf16 = codec in ("utf-16-le", "utf-16-be")
    if is_utf16 and (not by_header or b"\0" not in body[:_HEAD_BYTES]):
        return "utf-8"  # what could be read as ASCII is not in UTF-16
    return codec


def _checked(found: Decoded, labels: list[str], body: bytes) -> Decoded:
    """Return the reading, as a guess where a declaration failed."""
    is_other = codec_of(labels[0]) is not None and found.declared != labels[0]
    if is_other and not body.isascii():
        return Decoded(found.text, found.charset, labels[0], guessed=True, stray=found.stray, lost=found.lost)
    return found


def _guess(body: bytes, labels: list[str]) -> Decoded:
    """Decode as UTF-8 where valid, or by language."""
    declared = None
    if labels:
        declared = labels[0]
    if body.isascii():
        return Decoded(body.decode("ascii"), "utf-8", declared)
    utf_8 = _by(body, "utf-8", declared)
    if not utf_8.stray and not utf_8.lost:
        return Decoded(utf_8.text, "utf-8", declared, guessed=bool(declared))
    language = _LANGUAGE.search(body[:_HEAD_BYTES])
    tag = ""
    if language:
        tag = language[1].decode("ascii").lower()
    primary = tag.partition("-")[0]
    codec = _BY_LANGUAGE.get(tag) or _BY_LANGUAGE.get(primary) or "cp1252"
    if utf_8.fits:
        return utf_8
    found = _by(body, codec, declared)
    return Decoded(found.text, codec, declared, guessed=True, lost=found.lost)


def _by(body: bytes, codec: str, declared: str | None) -> Decoded:
    try:
        return Decoded(body.decode(codec), codec, declared)
    except UnicodeDecodeError:
        pass
    _counts.stray = _counts.lost = 0
    body[:_SAMPLE_BYTES].decode(codec, "backissue")
    if _counts.lost * 4 > len(body[:_SAMPLE_BYTES]):  # no text at all: not worth a call for each byte
        text = body.decode(codec, "replace")
        return Decoded(text, codec, declared, lost=text.count(REPLACEMENT))
    _counts.stray = _counts.lost = 0
    decoded = body.decode(codec, "backissue")
    return Decoded(decoded, codec, declared, stray=_counts.stray, lost=_counts.lost)


def _mend(error: UnicodeError) -> tuple[str, int]:
    """Decode with single bad bytes costing one character each."""
    failed = cast("UnicodeDecodeError", error)
    raw = failed.object
    start = failed.start
    end = failed.end
    name = failed.encoding.replace("-", "_").lower()
    if name == "utf_8":
        text = raw[start:end].decode("cp1252", "replace")
        _counts.stray += len(text)
        _counts.lost += text.count(REPLACEMENT)
        return text, end
    if name == "gb18030" and raw[start] == 0x80:
        return "€", start + 1
    pair = raw[start : start + 2]
    if name in ("euc_jp", "big5hkscs") and len(pair) == 2:
        try:
            if name == "euc_jp":
                return _nec(pair), start + 2
            return pair.decode("cp950"), start + 2
        except UnicodeDecodeError:
            pass
    _counts.lost += 1
    width = 1
    if name.startswith("utf_16"):
        width = end - start
    return REPLACEMENT, start + max(1, width)


def _nec(pair: bytes) -> str:
    """Return a vendor character of EUC-JP, through Shift_JIS."""
    row = pair[0] - 0xA1
    cell = pair[1] - 0xA1
    if row < 0 or cell < 0:
        raise UnicodeDecodeError("euc_jp", pair, 0, 1, "no such character")
    first = 0xC1
    if row < 62:
        first = 0x81
    lead = row // 2 + first
    if row % 2:
        trail = cell + 0x9F
    elif cell < 63:
        trail = cell + 0x40
    else:
        trail = cell + 0x41
    return bytes((lead, trail)).decode("cp932")


codecs.register_error("backissue", _mend)
