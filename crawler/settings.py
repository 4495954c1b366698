"""Scrapy's settings for every crawl; the spider sets what differs by source."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("backissue")
except PackageNotFoundError:  # run from a source tree that was never installed
    VERSION = "0"

BOT_NAME = "backissue"
SPIDER_MODULES = ["crawler.spiders"]
USER_AGENT = f"Backissue/{VERSION} (news archiving crawler)"  # the spider adds the contact
BACKISSUE_ARCHIVE = "archive.db"
BACKISSUE_VISITOR = None  # the spider sets it: how requests are signed
BACKISSUE_RENDER = False  # `crawler.render.browser.render_articles` sets it

# Politeness: one request at a time, robots.txt obeyed, no shell and no console listening.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1  # without a delay Scrapy 2.19 sends as many at once, despite a setting for a domain
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.0
AUTOTHROTTLE_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
COOKIES_ENABLED = False
HTTPCACHE_ENABLED = False

# Bounds on the responses of a site.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 32 * 2**20  # bytes of one response
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 8
HTTPERROR_ALLOW_ALL = True  # a refusal is a fact about a page, and saved as one
RETRY_TIMES = 3
RETRY_HTTP_CODES = [408, 500, 502, 503, 504, 522, 524]  # 429 and Retry-After: crawler.fetch.retry
RETRY_PRIORITY_ADJUST = 0
TWISTED_DNS_RESOLVER = "crawler.fetch.offsite.PublicResolver"
DOWNLOAD_VERIFY_CERTIFICATES = True  # the spider sets it from the source's verify_tls

DOWNLOAD_HANDLERS = {
    "http": "crawler.fetch.transport.BoundedHandler",
    "https": "crawler.fetch.tls.SecureHandler",
}
# Scrapy imports all entries of its own lists, also those set to None: cookies and the remote control bring
# requests and aiohttp, a tenth of a second each. So the lists are named whole here.
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": 49,
    "crawler.fetch.offsite.GuardMiddleware": 50,
    "crawler.fetch.robots.RobotsMiddleware": 100,
    # 200: crawler.render.middleware, where a source is rendered (`crawler.render.browser.render_articles`)
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": 300,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    "crawler.fetch.retry.PatienceMiddleware": 550,
    "crawler.fetch.transport.RefreshMiddleware": 580,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
    "crawler.fetch.offsite.PrivateAddressMiddleware": 640,
    "crawler.fetch.redirect_loops.RedirectLoopMiddleware": 650,  # nearer to the site than redirects
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    "crawler.fetch.request_budget.BudgetMiddleware": 840,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": 850,
}
FEED_EXPORTERS = {
    "json": "crawler.runs.feed_export.JsonExporter",
    **dict.fromkeys(("jl", "jsonl", "jsonlines"), "crawler.runs.feed_export.LinesExporter"),
}
EXTENSIONS_BASE: dict[str, int] = {}
EXTENSIONS = {
    "scrapy.extensions.corestats.CoreStats": 0,
    "scrapy.extensions.logcount.LogCount": 0,
    "scrapy.extensions.closespider.CloseSpider": 0,
    "scrapy.extensions.spiderstate.SpiderState": 0,
    "crawler.runs.recorder.RunRecorder": 100,
    "crawler.runs.progress.Progress": 200,
    "crawler.fetch.time_limit.TimeLimit": 300,
}

LOG_LEVEL = "WARNING"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%dT%H:%M:%S%z"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
