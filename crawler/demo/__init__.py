"""The demo: a small invented newspaper, served on the loopback and archived.

`backissue demo` runs it, so that there is an archive to read before there is a site to archive. Its files are
its own. The newspaper responds as a WordPress site does (pages, feeds, sitemap, REST), and changes while it
runs: readers comment, and the newsroom publishes, edits and removes. Its text is in paper.json.gz, and what
the first minute shows in story.json. Does not: take part in archiving a real site.
"""

FILE, ARCHIVE, SOURCE = "demo.toml", "demo.db", "sample"
PORT_VARIABLE, PORT = "BACKISSUE_SAMPLE_PORT", 8002
