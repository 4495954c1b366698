"""A small static site on the loopback, as a generator of static pages makes it: a sitemap, and no feed."""

import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = [
    "ferry",
    "ledger",
    "lamp",
    "board",
    "silver",
    "coal",
    "pilot",
    "bell",
    "frost",
    "stone",
    "mole",
    "pier",
    "tide",
    "clerk",
    "rope",
    "widow",
    "bread",
    "mayor",
    "chart",
    "lantern",
    "harvest",
    "orchard",
    "kettle",
    "bridge",
    "miller",
    "letter",
    "winter",
    "anchor",
    "candle",
    "garden",
    "saddle",
    "thunder",
]


def sentences(name):
    """Four sentences that no other article has."""
    chosen = random.Random(name)
    return [f"In {name} " + " ".join(chosen.choices(WORDS, k=18)) + "." for _ in range(4)]


class StaticSite:
    """Articles by their names; `widget` is put below each as markup, with {path} for its own path."""

    def __init__(self, names, widget="", routes=None):
        self.widget, self.names, self.asked, self.answers = widget, list(names), [], dict(routes or {})
        self.headers: list[dict[str, str]] = []

    def __enter__(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                site.asked.append(f"{self.command} {self.path}")
                site.headers.append(dict(self.headers))
                status, kind, said = site.answer(self.command, self.path, body)
                data = said.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET  # noqa: N815 - as http.server calls it

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def path(self, name):
        return f"/2026/{name}/"

    def answer(self, method, path, body):
        """The status, type and text of an answer; `answers` has those of other paths, or functions."""
        known = [route for route in self.answers if path.startswith(route)]
        if known:
            said = self.answers[max(known, key=len)]
            return said(method, path, body) if callable(said) else (200, "application/json", said)
        if path == "/":
            links = "".join(f'<a href="{self.path(name)}">{name}</a>' for name in self.names)
            return 200, "text/html", f"<html><body>{links}</body></html>"
        if path == "/sitemap.xml":
            locs = "".join(f"<url><loc>{self.url}{self.path(name)}</loc></url>" for name in self.names)
            schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
            return 200, "application/xml", f'<urlset xmlns="{schema}">{locs}</urlset>'
        for name in self.names:
            if path == self.path(name):
                return 200, "text/html", self.page(name)
        return 404, "text/html", "<html><body>Not here.</body></html>"

    def page(self, name):
        url, said = f"{self.url}{self.path(name)}", "".join(f"<p>{each}</p>" for each in sentences(name))
        widget = self.widget.replace("{path}", self.path(name)).replace("{name}", name)
        return f"""<!DOCTYPE html><html lang="en"><head><title>The lamp of {name}</title>
<link rel="canonical" href="{url}"><meta property="og:type" content="article">
<meta property="article:published_time" content="2026-03-01T12:00:00Z"></head><body><article>
<h1>The lamp of {name}</h1><div class="entry-content">{said}</div></article>{widget}</body></html>"""
