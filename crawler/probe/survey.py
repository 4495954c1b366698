"""Survey of a site before it is archived: surfaces, totals and limits.

About ten requests, as polite as a crawl (robots.txt, our own user agent, one at a time), and nothing is
stored. `fetch_page` does the same for a single page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scrapy.http import HtmlResponse

from archive.core import urls
from archive.core.answers import json_text
from archive.core.errors import SiteError
from archive.core.records import Page, PageKind, Site
from crawler.config.config import Source
from crawler.discovery import declared, feeds, rest, sitemaps
from crawler.fetch import walls
from crawler.frontier import addresses
from crawler.frontier.addresses import Listed
from crawler.probe.spider import ProbeSpider, probe_site
from crawler.probe.survey_notes import SiteSurvey, survey_notes
from crawler.render import script_filled
from crawler.render.browser import Chromium, lacking, require_browser
from crawler.render.page_requests import PageRequests, ScriptCache
from crawler.render.rendering import RenderFailedError, page_in_browser
from crawler.render.script_filled import RenderingCost
from pipeline import process
from pipeline.comments import systems
from pipeline.html import document
from pipeline.platforms import detection, feed_pages
from pipeline.platforms.adapter import Platform
from pipeline.platforms.json_values import object_in, objects_in, string_in
from pipeline.platforms.registry import may_be_wordpress
from pipeline.platforms.wordpress import rest_urls, site_urls
from pipeline.threads import readers

MAX_EXAMINED_LINKS = 5  # of the newest articles, whose hosts are compared
MAX_SITEMAP_FILES = 30  # files of a sitemap whose articles are counted

_READ_ALL = Site(name="survey", url="", foreign_comments=True, thread_keys=tuple(readers.READERS))
_WPDISCUZ = re.compile(rb"wpdiscuz|wpd-comment", re.IGNORECASE)
_OWN_COMMENT = re.compile(rb"""id=["'](?:li-|div-)?comment-\d+""", re.IGNORECASE)


def survey_site(url: str, contact: str | None) -> SiteSurvey:
    """Return the survey of a site.

    Raises SiteError when its home page cannot be read.
    """
    return probe_site(_SurveySpider, url, contact)  # type: ignore[no-any-return]


def fetch_page(url: str, contact: str | None, source: Source | None = None) -> Page:
    """Fetch one page, as an article of a source, where one is given.

    Raises SiteError when it fails, ConfigError where it needs a browser that is not there.
    """
    if source is not None and source.rendering.is_on:
        require_browser(source.name)
    rendering = None
    if source is not None:
        rendering = source.rendering
    page: Page = probe_site(_PageSpider, url, contact, rendering)
    if page.status != 200:
        raise SiteError(
            f"{url} could not be fetched: {walls.refusal_clause(page)}.",
            hint="Open it in a browser to check that everybody can see it.",
        )
    return page


class _PageSpider(ProbeSpider):
    async def look(self) -> Page:
        return await self.session.fetch(PageKind.ARTICLE, self.session.home)


class _SurveySpider(ProbeSpider):
    async def look(self) -> SiteSurvey:
        home = await self.look_at(self.session.home)
        if home.status != 200:
            reason = walls.refusal_clause(home)
            raise SiteError(
                f"{self.session.home} cannot be read: {reason}.",
                hint="Check the URL in a browser. A site that refuses crawlers is not archived.",
            )
        language = _first(rb"""<html[^>]*\blang=["']([\w-]+)""", home)
        found = SiteSurvey(url=_base(home.final_url), language=language)
        self.session.home = found.url
        if self.session.robots is not None:
            agent = self.settings["USER_AGENT"]
            found = replace(found, crawl_delay=self.session.robots.crawl_delay(agent))
        detected = detection.detect(home)
        if detected is not None:
            self.platform = detected.platform
            found = replace(found, platform=detected.label)
        found = await self._rest(found, home)
        found = await self._api(found, home)
        found = await self._sitemaps(found)
        found = await self._feeds(found, home)
        found = await self._comments(found)
        found = await self._scripts(found, home)
        return replace(found, notes=tuple(survey_notes(found, detected)))

    def _rest_roots(self, found: SiteSurvey, home: Page) -> list[str]:
        """Return the stated root of REST, then the usual ones."""
        roots: list[str] = []
        if stated := declared.read_declared(home, found.url).rest:
            roots.append(stated)
        if may_be_wordpress(self.platform):
            roots += rest_urls.roots(found.url)
        return list(dict.fromkeys(roots))

    async def _rest(self, found: SiteSurvey, home: Page) -> SiteSurvey:
        for root in self._rest_roots(found, home):
            posts_url = rest_urls.route_url(root, "posts", per_page=MAX_EXAMINED_LINKS, _fields="id,link")
            posts = await self.look_at(posts_url)
            if rest.read_array(posts) is None:
                continue
            comments_url = rest_urls.route_url(root, "comments", per_page=1, _fields="id")
            comments = await self.look_at(comments_url)
            about = _object(await self.look_at(root))
            links = _links(posts)
            self.article = next(iter(links), None)
            comments_total = None
            if comments.status == 200:
                comments_total = rest.total(comments)
            return replace(
                found,
                hosts=_further_hosts(links, found.url),
                url=_own_home(about, found.url),
                rest=True,
                title=about.get("name") or None,
                timezone=about.get("timezone_string") or None,
                posts_total=rest.total(posts),
                comments_total=comments_total,
            )
        return replace(found, title=_first(rb"<title[^>]*>([^<]+)</title", home))

    async def _api(self, found: SiteSurvey, home: Page) -> SiteSurvey:
        """Add whether the API of another system lists articles."""
        url = declared.read_declared(home, found.url).api
        if self.platform is None or self.platform.api is None:
            return found
        if url is None or not urls.same_host(url, found.url):
            return found
        api = self.platform.api
        entries = api.entries(await self.look_at(url))
        if entries and self.article is None:
            self.article = entries[0].url
        return replace(found, api=bool(entries))

    async def _sitemaps(self, found: SiteSurvey) -> SiteSurvey:
        """Add the sitemaps of robots.txt, or the usual ones.

        Where REST is closed, their articles are counted.
        """
        named = self.session.sitemaps
        if found.rest:
            return replace(found, sitemaps=named)
        for url in named or sitemaps.sitemap_candidates(found.url, self.platform):
            count = await self._count(url)
            if count:
                return replace(found, sitemaps=named or (url,), posts_total=count)
        return found

    async def _count(self, url: str) -> int:
        """Return a sitemap's number of articles, with its files.

        At most MAX_SITEMAP_FILES files are fetched.
        """
        waiting = [url]
        count = 0
        looked = 0
        while waiting and looked < MAX_SITEMAP_FILES:
            sitemap = sitemaps.read_sitemap(await self.look_at(waiting.pop(0)))
            looked += 1
            if sitemap is not None:
                waiting += sitemap.sitemaps
                articles = [entry for entry in sitemap.listed if self._is_article(entry)]
                count += len(articles)
                if articles and self.article is None:
                    self.article = articles[-1].url  # the newest
        return count

    def _is_article(self, entry: Listed) -> bool:
        """True if a sitemap's entry is an article by its URL."""
        lists = None
        if self.platform is not None:
            lists = self.platform.lists
        return addresses.is_article(entry, self.session.home, None, lists)

    async def _feed(self, kind: PageKind, usual: str, home: Page) -> Page | None:
        """Fetch a feed at its usual, declared or guessed URL.

        WordPress' URL is first, if WordPress may run the site; guesses are used only where the home page
        declares no feed.
        """
        declarations = declared.read_declared(home, self.session.home)
        said = declared.feed_of(declarations, kind)
        candidates = list(declared.guessed_feed_urls(kind, self.session.home, self.platform))
        if said:
            candidates = [said]
        if may_be_wordpress(self.platform):
            candidates.insert(0, usual)
        page: Page | None = None
        for url in candidates:
            page = await self.look_at(url)
            if feed_pages.read_entries(page) is not None:
                break
        return page

    async def _feeds(self, found: SiteSurvey, home: Page) -> SiteSurvey:
        posts_url = site_urls.posts_feed_url(found.url)
        posts = await self._feed(PageKind.POSTS_FEED, posts_url, home)
        listed = posts and feeds.read_posts_feed(posts)
        if posts and listed:
            self.article = self.article or listed[0].url
            links = [entry.url for entry in listed]
            hosts = found.hosts or _further_hosts(links, found.url)
            found = replace(found, feed=posts.final_url, hosts=hosts)
        comments_url = site_urls.comments_feed_url(found.url)
        comments = await self._feed(PageKind.COMMENTS_FEED, comments_url, home)
        if comments and feeds.read_comments_feed(comments) is not None:
            found = replace(found, comments_feed=comments.final_url)
        return found

    async def _comments(self, found: SiteSurvey) -> SiteSurvey:
        if not self.article:
            return found
        page = self.shown = await self.look_at(self.article)
        if name := _foreign_system(page):
            found = replace(found, comment_system=name)
            if thread := readers.thread_in(page, _READ_ALL):
                found = replace(found, comment_server=thread.server)
        if _WPDISCUZ.search(page.body):
            found = replace(found, comment_style="wpdiscuz")
        return found

    async def _scripts(self, found: SiteSurvey, home: Page) -> SiteSurvey:
        """Add what of an article only a script fills in, and what it takes a browser; else of the front
        page."""
        page = replace(self.shown or home, kind=PageKind.ARTICLE)
        if found.comment_system is not None:
            return found
        part = script_filled.missing_part(page, process(page, _READ_ALL))
        if part is None or lacking() is not None:
            return replace(found, script_fills=part)
        return replace(found, script_fills=part, rendering=await self._measured(page))

    async def _measured(self, page: Page) -> RenderingCost | None:
        """Return what it takes to render a page; None where the browser fails."""
        served = HtmlResponse(page.final_url, headers=dict(page.headers), body=page.body)
        requests = PageRequests(crawler=self.crawler, served=served, cache=ScriptCache())
        browser = Chromium(self.settings["USER_AGENT"])
        try:
            shown = await page_in_browser(browser, requests)
        except RenderFailedError:
            return None
        finally:
            await browser.close()
        body = shown.html.encode("utf-8", "replace")
        read = process(replace(page, body=body), _READ_ALL)
        texts = [article.text or "" for article in read.articles[:1]]
        return RenderingCost(
            url=page.final_url,
            seconds=shown.notes.seconds,
            megabytes=shown.notes.bytes / 1e6,
            requests=shown.notes.requests,
            words=len(" ".join(texts).split()),
            comments=len(read.comments),
            refused_hosts=shown.refused_hosts,
        )

    article: str | None = None
    shown: Page | None = None
    platform: Platform | None = None


def _foreign_system(page: Page) -> str | None:
    """Return the foreign comment system of an article's page.

    No result where the page shows comments of the site itself, or names no system.
    """
    parsed = document.parse(page)
    if parsed is None or _WPDISCUZ.search(page.body) or _OWN_COMMENT.search(page.body):
        return None
    return systems.foreign_system(parsed.index)


def _own_home(about: dict[str, Any], url: str) -> str:
    """Return the home URL that REST states, or the URL.

    They differ where the front page redirects below the home, as to /en/.
    """
    home = about.get("home")
    if not isinstance(home, str) or not urls.same_host(home, url):
        return url
    base = _base(home)
    stated = urlsplit(base).path.rstrip("/") + "/"
    here = urlsplit(url).path.rstrip("/") + "/"
    if here == stated or not here.startswith(stated):
        return url
    return urlunsplit(urlsplit(url)._replace(path=urlsplit(base).path))


def _base(url: str) -> str:
    """Return a home page's URL without query and trailing slash.

    That is its form in the configuration.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path, query="", fragment=""))


def _first(pattern: bytes, page: Page) -> str | None:
    found = re.search(pattern, page.body, re.IGNORECASE)
    if found:
        return found[1].decode("utf-8", "replace").strip() or None
    return None


def _object(page: Page) -> dict[str, Any]:
    try:
        value = json_text.parse_json(page.body).value
    except ValueError:
        return {}
    return object_in(value)


def _links(page: Page) -> list[str]:
    """Return the posts' URLs in a listing of REST."""
    items = objects_in(rest.read_array(page))
    links = [string_in(item.get("link")) for item in items]
    return [link for link in links if link is not None]


def _further_hosts(links: Iterable[str], home: str) -> tuple[str, ...]:
    """Return the hosts of articles, if the home's own has no articles."""
    found = [link for link in links if urlsplit(link).netloc]
    if any(urls.same_host(link, home) for link in found):
        return ()
    hosts = (urlsplit(link).netloc.lower() for link in found)
    return tuple(dict.fromkeys(hosts))
