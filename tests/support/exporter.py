"""Metrics that a test sets, for a real Prometheus to scrape."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Exporter:
    """Metrics that the test sets; None: it does not answer."""

    def __init__(self) -> None:
        self.values: dict[str, float] | None = {"errors_ratio": 0.002}
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if exporter.values is None:
                    self.send_error(503)
                    return
                text = "".join(f"{name} {value}\n" for name, value in exporter.values.items())
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
