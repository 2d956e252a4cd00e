"""An OpenLineage receiver on this machine that answers as it is told, and keeps what it accepted."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Event = dict[str, Any]
Answer = Callable[[int, Event], int]
"""The number of the request, from 0, and the event → the status; `HANG`: none at all; `DIE`: the connection is cut."""

HANG, DIE = 0, -1


class Receiver(ThreadingHTTPServer):
    """`accepted` are the bodies answered with 201; `requests` counts all."""

    daemon_threads = True

    def __init__(self, answer: Answer, headers: dict[str, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.extra = headers or {}
        self.accepted: list[bytes] = []
        self.requests = 0
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number, self.server.requests = self.server.requests, self.server.requests + 1
        self.server.paths.append(self.path)
        self.server.keys.append(self.headers["Authorization"])
        status = self.server.answer(number, json.loads(body))
        if status == HANG:
            self.server.over.wait(20)
        if status in (HANG, DIE):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status == 201:
            self.server.accepted.append(body)
        self._reply(status)

    def do_GET(self) -> None:
        self._reply(200)

    def _reply(self, status: int) -> None:
        self.send_response(status)
        for name, value in self.server.extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the tests look at what was received."""


@contextmanager
def receiving(answer: Answer, headers: dict[str, str] | None = None) -> Iterator[Receiver]:
    """A receiver that runs as long as the block."""
    server = Receiver(answer, headers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
