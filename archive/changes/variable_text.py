"""Patterns of what varies in a text by itself: numbers, dates, spans of time, counters. Pure.

Does not: decide what is an edit; `blocks` does.
"""

from __future__ import annotations

import re

WHITE_SPACE = re.compile(r"\s+")
LINK = re.compile(
    r"!?\[((?:[^\[\]\\]|\\.|\[[^\]]*\])*)\]\(<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s[^)]*)?\)"
)
LEAD = re.compile(r"^(?:\s*(?:>|[-*+]|#{1,6}|\d{1,3}[.)])(?=\s|$))+\s*|^\s*\|")
DRESS = re.compile(r"(?<!\\)[*_`|]+|\\(?=[^\w\s])")
RULE = re.compile(r"^[\s|:-]*$")
END = re.compile(r"[.?…。？．؟।۔][\"'”’»)\]*]*(?:\s*\[\d{1,3}\])?$")
WORD = re.compile(r"\w+")
MAIL = re.compile(r"\[email.{0,3}protected\]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?<!\S)[-+])?\d+(?:[.,:/'’ \u202f]\d+)*(?:\s?(?:[kKmM]|mln|mio|tys)\b\.?)?")
_SPAN = (
    r"(?:sec(?:ond)?|min(?:ute)?|hour|day|week|month|year|sekunde|stunde|tag|woche|monat|jahr|seconde|heure|jour|semaine|"
    r"moi|an|segundo|minuto|hora|día|dia|semana|mes|año|mês|ano|ora|giorno|settimana|mese|anno|uur|dag|maand|jaar)\w{0,3}"
)
_AGO = re.compile(
    rf"\b(?:about |over |almost )?(?:\d+|an?|one|two|three)\s+{_SPAN}"
    r"\s+(?:ago|fa|geleden|sedan|siden|atrás|önce|temu)\b|"
    rf"\b(?:vor|il y a|hace|há)\s+(?:\d+|\w{{2,6}})\s+{_SPAN}\b|"
    r"\b\d+\s+(?:дн|час|мин|недел|месяц|год|лет)\w*\s+назад",
    re.IGNORECASE,
)
_MONTHS = (
    r"jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[ée]vrier|mar(?:ch|s|zo)?|m[äa]rz|apr(?:il)?|avril|abril|may|mai|mayo|"
    r"june?|juni|juin|junio|july?|juli|juillet|julio|aug(?:ust)?|ao[uû]t|agosto|sep(?:t(?:ember|embre)?)?|"
    r"oct(?:ober|obre)?|okt(?:ober)?|octubre|nov(?:ember|embre)?|dec(?:ember)?|dez(?:ember)?|d[ée]cembre|diciembre"
)
_DATE = re.compile(
    rf"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
    rf"(?:\b(?:{_MONTHS})\.?\s+#(?:st|nd|rd|th)?(?:,?\s+#)?|#(?:st|nd|rd|th|\.)?\s+(?:de\s+)?(?:{_MONTHS})\b\.?(?:,?\s+(?:de\s+)?#)?)"
    r"(?:,?\s+(?:at\s+)?#)?(?:\s*[ap]\.?m\b\.?)?",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"view|read|hit|visit|click|impression|share|tweet|pin(?:s|ned)?\b|like|love|react|upvote|downvote|thumb|clap|"
    r"favo|bookmark|comment|respon|repl(?:y|ies)|vote|poll|rating|rated|star|score|point|follow|subscri|member|"
    r"online|download|play(?:s|ed)|listen|watch|sign(?:ed|ature)|petition|donat|raised|goal|support|backer|"
    r"remaining|left\b|countdown|until|°|humidity|wind|"
    r"aufruf|ansicht|gelesen|geteilt|kommentar|stimme|bewertung|lesezeit|vues?\b|lecture|partage|commentaire|avis|"
    r"visita|lectura|vista|veces|compartid|comentario|voto|visualiz|leitura|letto|condivi|commenti|voti|"
    r"weergave|gelezen|reactie|просмотр|прочт|комментар|голос|görüntülen|okunma|wyświetl|visning|阅读|浏览|閲覧|조회",
    re.IGNORECASE,
)
"""Words beside which a number counts what readers do, or is a widget's."""


def without_spans(words: str) -> str:
    """Return a text with spans such as "3 days ago" as "~"."""
    return _AGO.sub("~", words)


def skeleton(words: str) -> str:
    """Return a text in which spans are "~", numbers and dates "#"."""
    return _DATE.sub("#", _NUMBER.sub("#", without_spans(words)))
