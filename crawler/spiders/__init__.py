"""The project's spiders, in the package that Scrapy searches."""
