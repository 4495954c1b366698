"""Phrases by which walls and error pages name themselves, in the most frequent languages.

They give a refusal its name and nothing more. A page that no phrase here matches is still refused unless it
proves to be the requested article, and an article with such a title is no wall.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def _any(*phrases: str) -> str:
    return "|".join(phrases)


WALLS: dict[str, tuple[str, str]] = {
    "soft-404": (
        "The page says that there is nothing, with a status that says otherwise",
        _any(
            r"^\W*404\b",
            r"\b(?:error|erreur|fehler|errore|erro|błąd|chyba|fel|fejl|hata|ошибка|помилка)\W{1,3}404\b",
            r"^(?:page )?not found|^nothing found|^oops",
            r"^page (?:does not|doesn.t) exist|^page no longer",
            r"(?:seite|beitrag|artikel) (?:wurde )?(?:nicht gefunden|existiert nicht)",
            r"page (?:introuvable|non trouvée|inexistante)|article introuvable",
            r"página no (?:encontrada|existe)|no se (?:ha )?encontr[aó]",
            r"página não (?:encontrada|existe)|não encontrad[ao]",
            r"pagina (?:non trovata|inesistente)",
            r"(?:pagina|artikel) niet gevonden|pagina (?:nu a fost|negăsită)",
            r"nie znaleziono|strona nie istnieje",
            r"stránka (?:nenalezena|neexistuje|nebola nájdená)|nenalezeno",
            r"(?:sidan|sida) (?:hittades inte|finns inte)",
            r"siden (?:ble ikke funnet|blev ikke fundet|findes ikke)",
            r"sivua ei löyt|lehte ei leitud|lapa nav atrasta",
            r"puslapis nerastas|az oldal nem található|nem található",
            r"(?:страница|запись) не найдена|сторінк[аи] не знайдено",
            r"страницата не е намерена|страница није пронађена",
            r"stranica nije pronađena|stran ni (?:bila )?najdena|η σελίδα δεν βρέθηκε|δεν βρέθηκε",
            r"sayfa bulunamadı|halaman tidak ditemukan|không tìm thấy",
            r"ไม่พบหน้า|الصفحة غير موجودة|لم يتم العثور",
            r"صفحه (?:مورد نظر )?(?:یافت|پیدا) نشد|הדף לא נמצא",
            r"पृष्ठ नहीं मिला|পৃষ্ঠা(?:টি)? পাওয়া যায়নি",
            r"ページが(?:見つかりません|存在しません)|お探しのページ",
            r"(?:页面|頁面|网页|網頁)(?:不存在|未找到|找不到)|找不到(?:页面|頁面)",
            r"페이지를 찾을 수 없|존재하지 않는 페이지",
        ),
    ),
    "database-error": (
        "The site cannot reach its database",
        _any(
            r"error establishing a database connection", r"database (?:error|unavailable)", r"datenbankfehler"
        ),
    ),
    "maintenance": (
        "The site is being maintained",
        _any(
            r"\bmaintenance\b|under construction|be(?:en)? right back|we.ll be back|coming soon",
            r"wartung(?:sarbeiten|smodus)?\b|in wartung",
            r"mantenimiento|manutenção|manutenzione|onderhoud",
            r"konserwacj|údržb|underhåll|vedlikehold",
            r"vedligeholdelse|huoltokatko|karbantartás|întreținere",
            r"технически[ех] работ|техническое обслуживание",
            r"технічн[іих]+ робот|bakım|صيانة|تعمیر|メンテナンス",
            r"维护|維護|점검 중",
        ),
    ),
    "consent-wall": (
        "The site asks for consent before it shows anything",
        _any(
            r"before you continue|cookie (?:consent|notice|settings|policy)",
            r"your privacy|we value your privacy|^privacy settings$|your choices regarding cookies",
            r"accept (?:all )?cookies|store and/?(?:or)? access information on|website tracking technologies",
            r"accept and continue|accepter et continuer|aceptar y continuar|accetta e continua",
            r"mit werbung (?:und (?:cookies|tracking) )?(?:weiter)?lesen|\bpur-abo\b|akzeptieren und weiter",
            r"bevor sie (?:fortfahren|weiterlesen)",
            r"datenschutzeinstellungen|ihre privatsphäre|zustimmung",
            r"avant de (?:continuer|poursuivre)|votre vie privée|gestion des cookies|consentement",
            r"antes de continuar|tu privacidad|su privacidad",
            r"sua privacidade|consentimiento|consentimento",
            r"prima di continuare|la tua privacy|voordat je verder|uw privacy|je privacy|toestemming",
            r"zanim przejdziesz|twoja prywatność|než budete pokračovat",
            r"innan du fortsätter|før du fortsætter",
            r"политика cookie|使用\s*cookie|cookie\s*の使用|쿠키",
        ),
    ),
    "too-many-requests": (
        "The site asks us to come less often",
        _any(
            r"too many requests|slow down|rate limit|zu viele anfragen",
            r"trop de requêtes|demasiadas (?:peticiones|solicitudes)",
            r"muitas (?:solicitações|requisições)|troppe richieste|te veel verzoeken|zbyt wiele",
            r"слишком много запросов|リクエストが多すぎ|请求过于频繁",
        ),
    ),
    "suspended": (
        "The account of the site is suspended",
        _any(
            r"account (?:has been )?suspended|site suspended",
            r"website suspended|bandwidth limit exceeded",
            r"konto gesperrt|compte suspendu|cuenta suspendida",
            r"conta suspensa|account sospeso|account geschorst",
            r"аккаунт (?:заблокирован|приостановлен)",
        ),
    ),
    "parked": (
        "The domain is parked or for sale",
        _any(
            r"domain (?:is |may be )?(?:for sale|parked|expired)",
            r"buy this domain|this domain|domain parking",
            r"domain steht zum verkauf|diese domain",
            r"domaine (?:est )?à vendre|dominio en venta|dominio in vendita",
            r"domein te koop|домен продаётся|домен продается",
        ),
    ),
    "metered-wall": (
        "The site shows no more articles without a subscription",
        _any(
            r"subscribe to (?:continue|read)|continue reading|article limit|free articles",
            r"jetzt (?:weiterlesen|abonnieren)|réservé aux abonnés",
            r"solo para suscriptores|exclusivo para assinantes",
            r"riservato agli abbonati|alleen voor abonnees|tylko dla prenumeratorów",
        ),
    ),
    "blocked-region": (
        "The site is not shown in our country",
        _any(
            r"not available in your (?:country|region)|451\W{1,3}unavailable",
            r"unavailable (?:due to|for) legal",
            r"from a country belonging to the european|(?:in ihrem|in deinem) land nicht verfügbar",
            r"nicht in (?:ihrem|deinem) land verfügbar|pas (?:disponible|accessible) dans votre pays",
            r"no (?:está )?disponible en (?:su|tu) (?:país|región)|non (?:è )?disponibile nel tuo paese",
            r"não (?:está )?disponível no seu país|niet beschikbaar in (?:uw|jouw|je) land",
            r"недоступ\w+ в вашей стране",
        ),
    ),
    "challenge-page": (
        "The site asks for proof of a browser instead of showing the page",
        _any(
            r"checking your browser|verify (?:that )?you are (?:a )?human",
            r"are you (?:a )?(?:human|robot)|think you (?:are|were|might be) a (?:ro)?bot",
            r"access denied|request blocked|you have been blocked",
            r"web application firewall|security check",
            r"zugriff verweigert|accès refusé|acceso denegado",
            r"acesso negado|accesso negato|toegang geweigerd",
            r"доступ (?:запрещён|запрещен|ограничен)|アクセスが拒否|访问被拒绝",
        ),
    ),
    "login-wall": (
        "The site asks for a login",
        _any(
            r"^(?:please )?(?:log ?in|sign ?in)\b|^anmelden\b|^einloggen\b|^connexion\b|^se connecter",
            r"^iniciar sesión|^entrar\b|^accedi\b|^inloggen\b|^logga in|^zaloguj",
        ),
    ),
}
"""Codes of walls, each with a sentence and the pattern of titles and headings that name it."""


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {code: re.compile(pattern, re.IGNORECASE) for code, (_, pattern) in WALLS.items()}


def find_wall(shown: Iterable[str]) -> tuple[str, str] | None:
    """Return the wall that titles name, if any.

    Its code, with the title that names it.
    """
    titles = list(shown)
    for code, pattern in _patterns().items():
        if said := next(filter(pattern.search, titles), None):
            return code, said
    return None
