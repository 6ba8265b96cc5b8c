"""A site on loopback whose pages a test writes, and which remembers what it was asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Request(BaseHTTPRequestHandler):
    """One request, and the means to answer it."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        site = self.server.site
        site.asked.append(self.path)
        site.requests.append((time.monotonic(), dict(self.headers)))
        answer = site.pages.get(self.path.partition("?")[0])
        if callable(answer):
            answer(self)
        elif answer is None:
            self.send(b"Nothing here.", status=404, kind="text/plain")
        else:
            self.send(answer)

    def send(self, body: bytes | str, status: int = 200, kind: str = "", **headers: str) -> None:
        """Answers; `Content_Encoding="gzip"` is that header."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        is_html = data[:100].lower().lstrip().startswith((b"<!doctype html", b"<html"))
        own = {"Content-Type": kind or ("text/html" if is_html else "application/xml"),
               "Content-Length": str(len(data))}  # fmt: skip
        for name, value in (own | {n.replace("_", "-"): v for n, v in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


Answer = str | bytes | Callable[[Request], None]


class Site:
    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.requests: list[tuple[float, dict[str, str]]] = []

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def pages_asked(self) -> list[str]:
        """The paths that were asked for since the last call, but for robots.txt."""
        asked = [path for path in self.asked if path != "/robots.txt"]
        self.asked.clear()
        return asked


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, *arguments: object) -> None:
        """Says nothing of connections that were cut, as some tests mean them to be."""


@contextmanager
def running() -> Iterator[Site]:
    with _Server(("0.0.0.0", 0), Request) as server:
        server.site = Site(server.server_address[1])
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.site
        server.shutdown()
