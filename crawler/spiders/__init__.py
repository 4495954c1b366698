"""The project's spiders, where Scrapy looks for them."""
