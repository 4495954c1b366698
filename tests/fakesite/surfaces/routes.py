"""Which address leads to what, with WordPress' redirects and its guesses.

It knows paths and queries. It does not know how a page, feed or REST answer looks. Its law: what is not there
is an HTML 404, and every redirect is a 301 that says WordPress made it, save where WordPress sends a 302.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote

from crawler.demo import art
from crawler.demo.pages import style
from tests.fakesite.model import Post, Term
from tests.fakesite.paper import Paper
from tests.fakesite.wire import Request, Response, moved, text

from . import feeds, pages, rest, sitemaps
from .pages import Listing


def answer(paper: Paper, request: Request) -> Response:
    """Return the answer to a request, faults aside."""
    path = unquote(request.path)
    if path.startswith("/wp-json"):
        return rest.answer(paper, request, path[len("/wp-json") :])
    if "rest_route" in request.params:
        return rest.answer(paper, request, request.params["rest_route"])
    if request.method == "POST":
        return text("Comments and forms of the sample newspaper are not taken.\n", status=405)
    found = _file(paper, path) or _cleaned(paper, request, path) or _by_query(paper, request, path)
    return found or _page(paper, request, path) or pages.not_found(paper)


def _file(paper: Paper, path: str) -> Response | None:
    """robots.txt, sitemaps and the files of the theme."""
    if path == "/robots.txt":
        return sitemaps.robots(paper)
    if path == "/sitemap.xml":
        return moved(f"{paper.base}/wp-sitemap.xml", 302)
    if path.startswith("/wp-sitemap"):
        return sitemaps.sitemap(paper, path)
    if path in ("/wp-admin", "/wp-admin/"):
        return moved(
            f"{paper.base}/wp-login.php?redirect_to={quote(paper.base, safe='')}%2Fwp-admin%2F&reauth=1", 302
        )
    if path == "/wp-login.php":
        return text("<title>Log In</title><h1>The newsroom only.</h1>", "text/html")
    return _picture(path)


def _picture(path: str) -> Response | None:
    if path == "/wp-content/themes/packet/style.css":
        return text(style(), "text/css")
    if path == "/wp-includes/js/comment-reply.min.js":
        return text("/* replying needs no script here */\n", "application/javascript")
    if path in ("/favicon.ico", "/wp-content/themes/packet/icon.svg"):
        return text(art.initial("P", 6), art.TYPE)
    if found := re.fullmatch(r"/wp-content/avatars/([A-Z0-9])-(\d+)\.svg", path):
        return text(art.initial(found.group(1), int(found.group(2))), art.TYPE)
    if found := re.fullmatch(r"/wp-content/uploads/\d{4}/\d\d/([\w-]+)\.svg", path):
        return text(art.landscape(found.group(1)), art.TYPE)
    return None


def _cleaned(paper: Paper, request: Request, path: str) -> Response | None:
    """A redirect to the address as WordPress writes it."""
    clean = re.sub(r"//+", "/", path)
    clean = clean.removeprefix("/index.php") or "/"
    if len(clean) > 1 and clean.endswith("/") and not re.search(r"/comment-page-\d+/$", clean):
        clean = clean.rstrip("/")
    clean = re.sub(r"/page/1$", "", clean) or "/"
    if clean == path:
        return None
    query = f"?{request.query}" if request.query else ""
    return moved(paper.base + quote(clean) + query)


def _by_query(paper: Paper, request: Request, path: str) -> Response | None:
    """Plain addresses: `?p=ID`, `?page_id=ID`, `?author=ID`, `?s=words`, `?feed=rss2`."""
    params = request.params
    if path != "/":
        return None
    number = params.get("p") or params.get("page_id") or ""
    if number.isdigit():
        post = paper.posts.get(int(number))
        if post is None or post.status != "publish":
            return pages.not_found(paper)
        return _on_page(paper, request, post) if "cpage" in params else moved(paper.url(post))
    if params.get("author", "").isdigit():
        user = next((u for u in paper.writers() if u.id == int(params["author"])), None)
        return moved(paper.user_url(user)) if user else pages.not_found(paper)
    if "s" in params:
        return _search(paper, params["s"], 1)
    if params.get("feed") in ("rss2", "rss", "atom"):
        return feeds.posts_feed(
            paper, request, paper.published(), paper.options.name, params["feed"] == "atom"
        )
    return None


def _search(paper: Paper, words: str, number: int) -> Response:
    wanted = words.lower().split()

    def matches(post: Post) -> bool:
        body = " ".join((post.title, *post.paragraphs)).lower()
        return not post.password and all(word in body for word in wanted)

    found = [post for post in paper.published() if matches(post)]
    heading, suffix = f"Search results for: {words}", f"?s={quote(words)}"
    what = Listing("search", "search", found, number, f"{paper.base}/", heading, suffix=suffix)
    return pages.listing(paper, what)


def _on_page(paper: Paper, request: Request, post: Post) -> Response:
    value = request.params.get("cpage", "")
    return pages.article(paper, post, 1, int(value) if value.isdigit() else None)


Handler = Callable[[Paper, Request, re.Match[str]], "Response | None"]


def _home(paper: Paper, request: Request, found: re.Match[str]) -> Response:
    if "s" in request.params:
        return _search(paper, request.params["s"], int(found.group(1)))
    number, base = int(found.group(1) or 1), f"{paper.base}/"
    kind = "home blog" if number == 1 else f"home blog paged paged-{number}"
    return pages.listing(paper, Listing("home", kind, paper.published(), number, base))


def _feed(paper: Paper, request: Request, found: re.Match[str]) -> Response:
    return feeds.posts_feed(paper, request, paper.published(), paper.options.name, found.group(1) == "/atom")


def _comments_feed(paper: Paper, request: Request, found: re.Match[str]) -> Response:
    return feeds.comments_feed(paper, request, None, found.group(1) == "/atom")


def _static_page(paper: Paper, _request: Request, found: re.Match[str]) -> Response | None:
    post = next((post for post in paper.published("page") if post.slug == found.group(1)), None)
    return pages.article(paper, post) if post else None


def _single(paper: Paper, request: Request, found: re.Match[str]) -> Response | None:
    year, month, slug, rest_ = found.groups()
    posts = [post for post in paper.published() if f"{paper.local(post.date):%Y%m}" == year + month]
    post = next((post for post in posts if post.slug == slug), None)
    if post:
        return _part(paper, request, post, rest_ or "")
    if rest_ in ("/feed", "/feed/atom"):
        return feeds.nobodys_feed(paper, request, rest_.endswith("atom"))
    renamed = next((post for post in paper.published() if slug in post.old_slugs), None)
    guess = renamed or next(
        (post for post in sorted(posts, key=lambda p: p.id) if post.slug.startswith(slug)), None
    )
    return moved(paper.url(guess)) if guess else None


def _part(paper: Paper, request: Request, post: Post, rest_: str) -> Response | None:
    """Return the answer below a permalink: feeds, comment pages, further parts of the text."""
    if rest_ in ("/feed", "/feed/atom", "/feed/rss2"):
        return feeds.comments_feed(paper, request, post, rest_.endswith("atom"))
    if found := re.fullmatch(r"/comment-page-(\d+)/?", rest_):
        return pages.article(paper, post, 1, int(found.group(1)))
    if found := re.fullmatch(r"/(\d+)", rest_):
        number = int(found.group(1))
        inside = 1 < number <= len(post.pages)
        return pages.article(paper, post, number) if inside else moved(paper.url(post))
    if rest_ in ("/trackback", "/embed"):
        return moved(paper.url(post), 302)
    return _on_page(paper, request, post) if not rest_ else None


def _without_php(paper: Paper, _request: Request, found: re.Match[str]) -> Response | None:
    year, month, slug = found.groups()
    for post in paper.published():
        if post.slug == slug and f"{paper.local(post.date):%Y%m}" == year + month:
            return moved(paper.url(post))
    return None


def _term(paper: Paper, request: Request, found: re.Match[str]) -> Response | None:
    kind, slug, feed, number = found.groups()
    taxonomy = "post_tag" if kind == "tags" else "category"
    term = next((t for t in paper.terms.values() if (t.taxonomy, t.slug) == (taxonomy, slug)), None)
    if term is None:
        return None
    if feed:
        return feeds.posts_feed(
            paper, request, paper.filed(term), f"{term.name} – {paper.options.name}", "atom" in feed
        )
    return pages.listing(paper, _term_listing(paper, term, int(number or 1)))


def _term_listing(paper: Paper, term: Term, number: int) -> Listing:
    tag, url = term.taxonomy == "post_tag", paper.term_url(term)
    kind = f"archive {'tag' if tag else 'category'} {'tag' if tag else 'category'}-{term.slug}"
    heading = f"Tag: {term.name}" if tag else term.name
    return Listing("archive", kind, paper.filed(term), number, url, heading, "", f"{url}/feed", term.slug)


def _author(paper: Paper, request: Request, found: re.Match[str]) -> Response | None:
    slug, feed, number = found.groups()
    user = next((user for user in paper.writers() if user.slug == slug), None)
    if user is None:
        return None
    posts, url = [post for post in paper.published() if post.author.id == user.id], paper.user_url(user)
    if feed:
        return feeds.posts_feed(paper, request, posts, f"{user.name} – {paper.options.name}", "atom" in feed)
    kind = f"archive author author-{user.slug}"
    return pages.listing(paper, Listing("archive", kind, posts, int(number or 1), url, user.name, user.bio))


def _dates(paper: Paper, _request: Request, found: re.Match[str]) -> Response | None:
    year, month, number = found.groups()
    stamp = year + (month or "")
    posts = [post for post in paper.published() if f"{paper.local(post.date):%Y%m}".startswith(stamp)]
    heading = f"{paper.local(posts[0].date):%B} {year}" if posts and month else year
    url = f"{paper.base}/archives/{year}" + (f"/{month}" if month else "")
    what = Listing("archive", "archive date", posts, int(number or 1), url, heading)
    return pages.listing(paper, what) if posts else None


_ROUTES: list[tuple[re.Pattern[str], Handler]] = [
    (re.compile(pattern), handler)
    for pattern, handler in (
        (r"/(?:page/(\d+))?", _home),
        (r"/feed(/atom|/rss2)?", _feed),
        (r"/comments/feed(/atom|/rss2)?", _comments_feed),
        (r"/archives/(\d{4})/(\d\d)/([^/]+)\.php(/.*)?", _single),
        (r"/archives/(\d{4})(?:/(\d\d))?(?:/page/(\d+))?", _dates),
        (r"/archives/(\d{4})/(\d\d)/([^/.]+)", _without_php),
        (r"/(archives/category|tags)/([^/]+?)(/feed(?:/atom)?)?(?:/page/(\d+))?", _term),
        (r"/archives/author/([^/]+?)(/feed(?:/atom)?)?(?:/page/(\d+))?", _author),
        (r"/([\w-]+)\.php", _static_page),
    )
]


def _page(paper: Paper, request: Request, path: str) -> Response | None:
    for pattern, handler in _ROUTES:
        if found := pattern.fullmatch(path):
            return handler(paper, request, found)
    return None
