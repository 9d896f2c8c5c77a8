"""Collects what ACA-Py agents tell their controller."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhooks:
    """A controller that only listens. `of(topic)` lists the bodies in order of arrival."""

    def __init__(self):
        self._calls: list[tuple[str, dict]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def of(self, topic: str) -> list[dict]:
        with self._lock:
            return [body for name, body in self._calls if name == topic]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, path: str, body: bytes) -> None:
        with self._lock:
            self._calls.append((path.strip("/").removeprefix("topic/"), json.loads(body)))

    def _handler(self):
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                keep(self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
