"""The phrases and classes with which themes label a byline, and which part of it is a name.

Contains vocabulary only. The readers of declarations and of bylines share it.
"""

from __future__ import annotations

import re

from pipeline.dates.parse import looks_dated
from pipeline.html.dom import words

BYLINE_PREFIX = re.compile(
    r"^\W*(?:(?:posted|written|published|story|article|words|text|geschrieben|verfasst|erstellt|pressemitteilung|"
    r"eingestellt|gepostet|ein artikel|ver[öo]ffentlicht|publi[ée]|escrito|scritto)\s+)?"
    r"(?:(?:by|von|par|por|di|door|av|af|autor(?:in)?|author|auteur|autore|автор|yazar|redakteur(?:in)?)\b\s*:?|"
    r"(?:text|interview|words|protokoll|reportage|bericht|kommentar)\s*:|(?:του|της|των)\s|"
    r"(?:文|作者|著者|筆者|記者|记者|撰文|글|기자|بقلم|كتب|الكاتب|نویسنده|מאת)\s*[:：])\s*"
    r"(?:\S+-(?:experte|expertin|(?:redakteur|korrespondent|reporter|autor)(?:in)?)\s+(?=\S+\s\S))?",
    re.IGNORECASE,
)
_POSTS = r"(?:posts|stories|articles|artikel|beitr[äa]ge|entradas|entries)"
LABEL = re.compile(
    r"\W*(?:(?:posted|written|published|geschrieben|verfasst|erstellt|ver[öo]ffentlicht)\s+)?"
    r"(?:by|von|par|por|autor(?:in|en)?|authors?|auteurs?|autore|автор|yazar|redakteur(?:in)?|بقلم|كتب|الكاتب|"
    r"نویسنده|מאת|作者|撰文|文|記者|기자|글|συντάκτης|του|szerző|tác giả|penulis)\s*[:：]?",
    re.IGNORECASE,
)
"""A label that announces a name."""
_PARTICLES = "van|von|de|del|der|den|da|di|du|dos|la|le|el|al|bin|ter"
HOUSE = re.compile(
    rf"^[a-z\d]+(?:[._-][a-z\d]+)+$|^(?!(?:{_PARTICLES})\s)(?-i:[a-zß-ÿ])\S*\s|"
    r"\.(?:com|org|net|info|de|at|ch|fr|es|it|uk|eu|tv)\b|"
    r"\b(?:redaktion|redaction|redacci[óo]n|news ?desk|gmbh|e\.\s?v\.|inc\.?|ltd\.?|verlag|pressestelle)\b|"
    r"^(?:the )?(?:staff|editors)\b|\bteam\b|\b(?:magazine?|zeitung|stiftung|verband|news|media|online|"
    r"agentur|agency|presse?|university|universit[äé]t?|institut[eo]?|foundation|journal|gazette|tribune)$",
    re.IGNORECASE,
)
"""What signs for a house or an account, and not for a person."""
ALL_BY = re.compile(
    rf"^(?:view all|all|more|zeige alle|alle|weitere|mehr|tous les|ver todas? las?)\s+(?:{_POSTS}\s+)?"
    r"(?:by|from|von|par|de|por)\s+",
    re.IGNORECASE,
)
CUT = re.compile(
    r"\s+(?:[-–—|•·]\s+.*|(?:on|am|le|el|il|op|den)\s+\S*\d.*|(?:on|am)\s+\w+(?:day|tag)\b.*|on\s+[A-Z]\w+\s\d.*|"
    r"\d{1,2}[./ ].*|"
    r"(?i:jan(?:uary?)?|feb(?:ruary?)?|mar(?:ch)?|märz|apr(?:il)?|ma[iy]|june?|juni|july?|juli|aug(?:ust)?|"
    r"sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?\s+\d.*|"
    r"(?i:(?:ph)?fotos?|photo(?:s|graphs?)?|pictures?|illustrations?|bilder|videos?)\s+(?i:by|von|par|por)\s.*|"
    r"\S+@\S+\.\w+.*|@\w+.*|(?i:special to)\s.*|(?:發表[在於]|发表[在于])\s?.*|"
    r"(?i:is|was|has|covers|writes|ist|war|est)\s+(?i:an?|the|been|about|for|eine?|une?|seit)\s.*)$"
)
"""What follows a name: a date, a rubric, an address, an account, the person's life."""
ROLE = re.compile(
    r"(?:[A-Z]\.?){2,5}|Ph\.?\s?D\.?|M\.?Sc\.?|(?i:the|die|der|das)\s.+|(?i:dpa|epd)|(?i:.*\b(?:writer|reporter|"
    r"correspondent|editor|columnist|contributor|staff|redakteur(?:in)?|korrespondent(?:in)?|redacci[óo]n))"
)
"""What stands behind a name and a comma and is none: a degree, an agency, a paper, an office."""
SAYS = re.compile(
    r"\W*(?:(?:(?P<signed>posted|written|published|words|text|ein (?:artikel|beitrag|text)|geschrieben|"
    r"verfasst|ver[öo]ffentlicht|publi[ée]|escrito|scritto)\s+)?(?:by|von|par|por|di|door)(?:\s+|\s*:\s*)|"
    r"(?:text(?:e|s)?|autor(?:in|en)?|authors?|auteur|autore|автор|yazar|words)"
    r"(?:\s*(?:&|\+|/|und|and|et)\s*(?:fotos?|photos?|pictures|bilder|interview))?\s*:\s*|"
    r"(?:文|作者|著者|筆者|記者|记者|撰文|글|بقلم|كتب|الكاتب|نویسنده|מאת)\s*[:：]\s*)"
    r"(?=\S|$)",
    re.IGNORECASE,
)
META = re.compile(
    r"(?:^|[\s|•·,])(?:(?:posted|written|published|geschrieben|verfasst|gepostet|erstellt|eingestellt|"
    r"ver[öo]ffentlicht|publi[ée]|escrito|scritto)\b.{0,40}?\s)?(?:by|von|par|por|door|author|autor(?:in)?)"
    r"(?=[\s:,])[\s:,|]*(?P<name>(?!\d|of\b|the\b)\S.{0,50}?)\s*"
    r"(?:$|[|·•–—/,;(]|\s-\s|\s(?:on|am|in|at|um|le|el|il|op|den|under|unter|dans|en)\s)",
    re.IGNORECASE,
)
"""A byline in a line of metadata: after "by" or "von", and before a date, a rubric or a sign."""
_CAPITAL = "".join(chr(code) for code in (*range(0x41, 0x590), *range(0x1E00, 0x2000)) if chr(code).isupper())
_PART = rf"[{_CAPITAL}][\w.'’-]*"
_CASELESS = r"[֐-ۿऀ-෿฀-๿぀-ヿ㐀-鿿가-힯]+"
_ANY_SCRIPT = re.compile(rf"{_CASELESS}(?:[\s·・]{_CASELESS}){{0,3}}")
_PERSON = rf"{_PART}(?:\s(?:(?:van|von|de|der|den|da|di|du|la|le|bin|al|el|y)\s)*{_PART}){{1,3}}"
FULL_NAME = re.compile(rf"{_PERSON}(?:(?:\s*[,/]\s*|\s+(?:and|und|et|y|e|&)\s+){_PERSON}){{0,4}}")
_CREDIT = (
    r"^\W*(?i:(?:(?:an?|the|this|eine?|une?)\s+)?(?:guest\s+)?(?:gastbeitrag|gastkommentar|beitrag|artikel|"
    r"blog-?\s?(?:beitrag|post)|interview|kolumne|kommentar|essay|reportage|analyse|rezension|glosse|meinungsbeitrag|standpunkt|bericht|"
    r"post|article|column|commentary|opinion|review|report|story|tribune|chronique|entretien)\s+(?:by|von|par))"
)
CREDIT = re.compile(rf"{_CREDIT}\s+(?P<name>{_PERSON}(?:\s+(?:and|und|et)\s+{_PERSON})?)(?=$|[\s.,:|–—-])")
"""The text's own word for itself, and its author."""
CREDIT_HEAD = re.compile(rf"{_CREDIT}(?!\w)")
_AGENCY = (
    r"(?:AP|AFP|dpa|APA|Reuters|JIJI|Kyodo|ANSA|EFE|Europa Press|KNA|epd|sid|ots|PTI|ANI|IANS|UPI|Belga|ANP|"
    r"NTB|PAP|Xinhua|TASS|Bloomberg|Lusa|(?:Keystone-)?SDA|(?:The )?Associated Press|Agence France-Presse)"
)
IS_AGENCY = re.compile(_AGENCY)
AGENCY = re.compile(
    rf"^(?:\(?(?P<alone>{_AGENCY}(?:/\w{{2,8}})*)\)?(?:, [{_CAPITAL}]{{4,20}})?$|[^\W\d_][\w ./-]{{1,40}},? "
    rf"\((?P<opening>{_AGENCY}(?:/\w{{2,8}})*)\)\s*[–—-])"
)
IS = re.compile(
    r"^(?:\s+[-–—]|\s*\(|\s+(?:is|was|has|ist|war|hat|est|es|è|é|writes|covers|serves|works|schreibt|arbeitet)\b)",
    re.IGNORECASE,
)
FIRST_WORDS = re.compile(_PERSON)
AND = re.compile(r"\s*(?:[,/&]|(?:and|und|et|y|e)\b)")
IN_PLACE = re.compile(rf"(?P<name>{_PERSON})\s+in\s+\S.*")
"""A name, and the rubric or the place that it is printed in."""
NEWSROOM = re.compile(
    r"red\.?|(?i:(?:news )?agenc(?:y|ies)|agentur(?:en)?|agences?|agencias?|agenzi[ae]|wires?)"
)
"""What stands beside names for the desk and the agencies that have helped."""
BOX = re.compile(
    r"^(?:post-|about-?|the-?|entry-)?author[-_]{0,2}(?:bio|box|info|description|card|profile)(?![a-z])|"
    r"^about-author|(?:^|-)author-bio(?![a-z])|^biography$"
)
AUTHOR = re.compile(
    r"(?:^|[\s_-])(?:co|post|entry|article|news|blog|meta|story|the|td)?-?"
    r"(?:authors?|autor(?:in|en|es)?|auteurs?|by-?lines?|verfasser|redakteur|writers?|contributors?)(?:$|[\s_-])|"
    r"(?:^|[\s_-])(?:posted|written|published|post|entry|article|meta)[-_]?by(?:$|[\s_-])|(?:^|\s)by(?:$|\s)|"
    r"^elementor-post-info__item--type-custom$|(?:^|[\s_-])author[a-z]*(?:name|link|wrap|meta|list)(?:$|[\s_-])"
)
ABOUT = re.compile(
    r"^(?:about|über|à propos de|sobre|acerca de)\s+(?:(?:the author|the writer|den autor|die autorin)\W+)?",
    re.IGNORECASE,
)
PROFILE = re.compile(
    r"/(?:authors?|autor(?:en|es)?|auteurs?|staff|redakteure|contributors?|writers?)/[^/]+/?$"
)
PEOPLE = re.compile(
    r"/(?:redaktion|team|personen|profil(?:e|es|s)?|columnists?|journalists?|journalisten?|experten?|members?|"
    r"users?|bloggers?|reporters?|editors?)/([^/]+?)(?:[-.]\d+|\.html?)?/?$"
)
"""Where people are presented, not all of them authors."""
ACCOUNT = re.compile(r"admin(?:istrator)?|editor|webmaster|root", re.IGNORECASE)
"""Names of accounts that come with a site."""
LICENCE = re.compile(
    r"creativecommons\.org|commons\.wikimedia\.org|flickr\.com|unsplash\.com|pixabay\.com|pexels\.com"
)
"""Where the author of a picture is linked to."""
OTHER_ROLES = re.compile(
    r"licen[cs]e|copyright|translator|reviewer|photographer|(?:photo|image|picture)[-_]?(?:credit|source)|"
    r"^(?!no-|has-|with-).*\bcomments?(?:[-_](?:list|section|area|thread|wrap\w*|container|box|item|content))?$"
)
"""Classes of blocks that tell of readers, and of those who translated, checked or drew."""
HELPS = re.compile(
    r"\W*(?:translat|übersetz|tradu|vertal|(?:medically |fact[- ]?)?(?:reviewed|checked)|edited by|"
    r"updated by|editors?\s*:|redaktur|penyunting|ph?oto|foto|bild|illustration|image)",
    re.IGNORECASE,
)
"""Words before a name that is not the author's."""
CAPTIONS = words("wp-caption wp-caption-text wp-element-caption gallery-caption")
SIDE_CLASSES = words("widget sidebar comment comments commentlist")
ELSEWHERE = words(
    "related yarpp widget sidebar comment comments commentlist recent-posts "
    "wp-block-latest-posts jp-relatedposts author-list footer"
)
NAMED = words(
    "entry-author-name author-name post-author-name tdb-author-name wp-block-post-author__name "
    "wp-block-post-author-name__link wp-block-post-author-name td-post-author-name byline-author "
    "author__name saboxplugin-authorname m-a-box-name pp-author-boxes-name author-box-name "
    "elementor-post-info__item--type-author"
)
LINES = words(
    "byline entry-author post-by author-by author posted-by the-author writer article-author meta-author "
    "ee-post__meta--author post-footers"
)
METADATA_CLASSES = words(
    "postmetadata entry-meta post-meta post_meta postmeta meta entry-info post-info postinfo post-details "
    "entry-details metadata post-byline article-meta entry-header-meta post-header-meta posted-on date "
    "posted postdate post-date entry-date dateline"
)
_ROLE = (
    r"(?:(?:senior|chief|associate|assistant|managing|contributing|deputy|guest|political|foreign|national|"
    r"digital|news|sports?|business|crime|education|health|science|special|freelance)\s+)*(?:staff\s+)?"
    r"(?:writers?|reporters?|editors?|correspondents?|columnists?|contributors?|authors?|producers?|"
    r"journalists?|bloggers?)(?:[- ]in[- ]chief)?|editorial (?:staff|team|board)|staff|"
    r"(?:(?:co-?)?founder\s*(?:and|&|,)\s*)?(?:ceo|cto|cfo|coo)|co-?founder"
)
BEHIND = re.compile(
    rf"(?:[\s,|·•–—-]+(?:{_ROLE}|\d+[- ]?min(?:ute)?s?\.?(?: read)?|(?:published|updated|last updated|posted|"
    r"aktualisiert|veröffentlicht|publicado|publié|stand)\b.*|"
    r"\([^()]*\s[^()]*\)|follow(?: on (?:twitter|x))?|view (?:bio|profile)|"
    r"\d+ shares?|read time.*|lesezeit.*))+\s*$",
    re.IGNORECASE,
)
"""What stands behind a name in its line: an office, a time of reading, a date."""
_NOT_A_NAME = re.compile(
    r"https?:|@\w+\.|^[\W\d]*$|^(?:admin|editor|by|author|posted|guest|share|"
    rf"{_ROLE}|"
    r"(?:no|\d+|leave a|add a|post a|write a|your|keine?|aucun|sin|nessun|geen|brak|нет)\s+"
    r"(?:comments?|repl(?:y|ies)|responses?|thoughts?|kommentare?|antworte?n?|commentaires?|comentarios?|"
    r"respuestas?|comment[oi]|reacties?|komentarzy|комментари\w*)|comments?(?: off| closed)?(?: on .*)?|"
    r".*\bwordpress\b.*|.*\bpowered by\b.*|proudly .*|theme:?\s.*|copyright.*|all rights reserved.*|"
    r"\d+[- ]?min(?:ute)?s?\.?(?: read)?|(?:your |first |last |full |e-?mail |user)+\s?(?:name|address)\W*|"
    r"e-?mail|website|url|home|menu|search|login|log in|uncategori[sz]ed|related (?:posts|articles)|"
    r"editorial (?:policy|policies|guidelines|board)|(?:guide|information|instructions) (?:to|for) authors?|"
    r".*\bedited by\b.*|submission guidelines|"
    r"(?:illustrat(?:ions?|ed)|photo(?:s|graphs?|graphy|graphed)?|art(?:work)?|graphics?|drawings?|cartoons?|"
    r"videos?|translat(?:ions?|ed)) by .*|"
    r"@\w+|(?:this|the)(?: (?:author|writer))?|"
    r"(?:(?:getty|ap|afp|epa) (?:images?|photos?)|shutterstock|i?stock(?:photo)?|adobe ?stock|unsplash|"
    r"pixabay|pexels|alamy|imago(?: images)?|dreamstime|depositphotos|flickr|wikimedia(?: commons)?|"
    r"file (?:photo|image)|handout)(?:[/.].*)?|"
    r"(?:photo|foto|bild|image|picture|credit|source|quelle|illustration)s?(?:\s+(?:by|von|credit))?\s*[:/©].*|"
    r"(?:nachrichten|news|noticias|notizie|actualités?|aktuelles?|politi(?:k|cs|que|ca)|world|wirtschaft|"
    r"business|economy|econom[íi]a|sports?|deportes|kultur|culture|local|regional|opinion|opini[óo]n|technology|"
    r"lifestyle|entertainment|panorama|blog|press releases?|pressemitteilung(?:en)?)|"
    r"the end|photo gallery|print|last(?: updated.*)?|member list|stand|"
    r"name(?: \(.*\)| ?\*)?|follow|read more|weiter|no author|null|unknown|about the author|"
    r"über (?:den autor|die autorin|mich)|sign up|subscribe|"
    r".*\b(?:facebook|twitter|whatsapp|newsletter)\b.*|"
    r"(?:view all|all|more|zeige alle|alle|weitere|tous les|voir tous|ver todas?) (?:posts|articles|artikel|"
    r"beitr[äa]ge|entries).*|"
    r"(?:see|view|show|read) (?:all|more|(?:full )?(?:bio(?:graphy)?|profile)|.*\bprofile)|"
    r".*→|.*(?:\.\.\.|…)|(?:view )?archives?|archiv(?: anzeigen)?)$",
    re.IGNORECASE,
)


def is_person(name: str) -> bool:
    """True if a text is a full name (a few terms in a script without capitals), for labelled names."""
    return bool(FULL_NAME.fullmatch(name) or _ANY_SCRIPT.fullmatch(name))


def is_no_name(said: str) -> bool:
    """True if the text in a name's place is a label, URL or date."""
    return bool(_NOT_A_NAME.search(said)) or (
        any(letter.isdigit() for letter in said) and looks_dated(said, None)
    )
