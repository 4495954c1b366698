"""The demo: a small invented newspaper, served on the loopback and archived into files of its own.

`backissue demo` runs it, so that there is something to look at before there is a site to archive. The
newspaper answers as a WordPress site does (pages, feeds, sitemap, REST), and changes while it runs: readers
comment, and the newsroom publishes, edits and removes. All it says is in one file, paper.json.gz. Nothing
here is needed to archive a real site.
"""

from crawler.demo.workspace import ARCHIVE, FILE, PORT, PORT_VARIABLE, newspaper, port_in, prepare

__all__ = ["ARCHIVE", "FILE", "PORT", "PORT_VARIABLE", "newspaper", "port_in", "prepare"]
