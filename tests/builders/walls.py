"""Pages with status 200 that are not the article that was asked for, in many languages. All words are invented."""

# ruff: noqa: E501  (invented markup reads better in one line)

from __future__ import annotations

WALLS = {
    "consent, English": ("Before you continue", "The paper and the 12 firms it works with would like to put small files on your machine. Choose what you allow, and change your mind whenever you like."),
    "consent, German": ("Bevor Sie weiterlesen", "Die Zeitung und ihre Partner legen kleine Dateien auf Ihrem Gerät ab. Wählen Sie, was Sie erlauben möchten, und ändern Sie es jederzeit."),
    "consent, French": ("Votre vie privée nous importe", "Le journal et ses partenaires déposent de petits fichiers sur votre appareil. Choisissez ce que vous acceptez avant de lire la suite."),
    "consent, Polish": ("Twoja prywatność", "Gazeta i jej partnerzy zapisują małe pliki na Twoim urządzeniu. Wybierz, na co się zgadzasz, zanim przejdziesz dalej."),
    "consent, Japanese": ("クッキーの使用について", "この新聞は小さなファイルをあなたの機械に保存します。続ける前に許可するものを選んでください。"),
    "maintenance, English": ("We'll be back soon", "Our mechanics are below deck. The paper returns to its berth before the evening tide, so please look in again later."),
    "maintenance, Spanish": ("Estamos en mantenimiento", "Nuestros mecánicos trabajan bajo cubierta. El periódico vuelve antes de la marea de la tarde."),
    "maintenance, Russian": ("Сайт закрыт на технических работах", "Наши механики работают под палубой. Газета вернётся до вечернего прилива, загляните позже."),
    "maintenance, Turkish": ("Bakım çalışması", "Ustalarımız güvertenin altında çalışıyor. Gazete akşam gelgitinden önce geri dönecek."),
    "not found, Dutch": ("Pagina niet gevonden", "Deze bladzijde is er niet meer. Zoek verder op de voorpagina van de krant."),
    "not found, Czech": ("Stránka nenalezena", "Tato stránka už zde není. Hledejte prosím dál na titulní straně novin."),
    "not found, Finnish": ("Sivua ei löytynyt", "Tätä sivua ei enää ole. Etsi lisää lehden etusivulta tai kysy toimitukselta."),
    "not found, Greek": ("Η σελίδα δεν βρέθηκε", "Αυτή η σελίδα δεν υπάρχει πια. Ψάξτε στην πρώτη σελίδα της εφημερίδας."),
    "not found, Arabic": ("الصفحة غير موجودة", "هذه الصفحة لم تعد هنا. ابحث في الصفحة الأولى من الجريدة من فضلك."),
    "not found, Chinese": ("页面不存在", "您要看的这一页已经不在这里了。请回到报纸的首页继续查找。"),
    "not found, Welsh": ("Ddaethpwyd ddim o hyd iddi", "Nid yw'r dudalen hon yma mwyach. Chwiliwch eto ar dudalen flaen y papur newydd."),
    "database error": ("Database Error", "Error establishing a database connection. The keeper of this site has been told."),
    "database error, Swedish": ("Fel i databasen", "Tidningen når inte sitt arkiv just nu. Försök igen om en liten stund är du snäll."),
    "challenge": ("One more step", "Please show that you are a person by drawing a boat in the box below before the page can be shown."),
    "firewall": ("Request rejected", "The requested address was rejected by the guard of this house. Your support number is 77120094431."),
    "parked": ("harbour.example", "This domain has been registered and waits for its owner. Related searches: ropes, lamps, buoys, charts."),
    "login": ("Sign in", "Members of the paper sign in here with their name and their word. Not a member? Ask the clerk for a card."),
    "meter, English": ("You have read your five free pages", "Readers may see five pages in a month without paying. Take a subscription to go on reading today."),
    "meter, Portuguese": ("Continue a ler por um euro", "Leu as cinco páginas que oferecemos neste mês. Assine o jornal para continuar a ler hoje."),
    "suspended": ("Account Suspended", "This account has been suspended. Please write to your provider as soon as you can for more information."),
    "slow down": ("Slow down", "Too many pages in too short a time. Wait a little while, and then try it once more."),
    "slow down, Italian": ("Troppe richieste", "Troppe pagine in troppo poco tempo. Aspetta un momento e poi prova ancora una volta."),
    "geography": ("Not here", "The paper may not be shown where you seem to be. We regret this and work on a way for you to read it."),
    "server page": ("It works!", "The web server is well, and nobody has given it anything to show at this address so far."),
    "binary noise": ("\x1f\ufffd\x08", "\x1f\ufffd\x08\x00\ufffd\ufffdz\ufffdk q\ufffdw \ufffde7 \ufffd"),
}  # fmt: skip


def markup(name: str) -> str:
    """Return the page of a wall."""
    title, words = WALLS[name]
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><div><h1>{title}</h1><p>{words}</p></div></body></html>"
