"""A service on this computer that takes messages by HTTP: it answers, breaks off, holds, fails."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Literal, TypeVar


@dataclass(frozen=True)
class Raw:
    """Bytes as they are in the place of an answer, and then ``more`` of these, again and again."""

    answer: bytes
    more: bytes = b""


def no_http(words: str) -> Iterator[Raw]:
    """Yield what no answer is, each with words that its reader may find worth telling."""
    chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for answer in (words, f"HTTP/1.1 {words}", f"HTTP/1.1 2{words} OK", f"HTTP/{words} 200 OK"):
        yield Raw(f"{answer}\r\n\r\n".encode())
    for size in (words, f"-{words}", f"5\r\nhello{words}"):
        yield Raw(f"{chunked}{size}\r\n".encode())


Answered = tuple[int, bytes, Mapping[str, str]]
"""A status, a content, and headers."""
Act = tuple[int, bytes] | Answered | Raw | Literal["go", "close", "hold", "drip"]
"""What comes instead of an answer: a status and a content, the end, nothing, or no end.

``go`` stands for an answer as it would be without: what comes is for one of the next.
"""


@dataclass
class Service:
    """What was asked, and what is answered next. ``wrong`` is what no client may send.

    ``host``: as whom it is asked, if that is not a port of this computer.
    ``ends``: the connection is closed after the answer, without a word of it before. ``headers``
    go with each answer.
    """

    port: int = 0
    host: str = ""
    posts: int = 0
    connections: int = 0
    ended: int = 0
    flooded: int = 0
    acts: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ends: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    released: Event = field(default_factory=Event)

    def early(self, _headers: Mapping[str, str]) -> Act | None:
        """Return the answer to a post whose body is not even read; None: it is read."""
        return None

    def judge(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Act:
        """Return the answer to a request."""
        raise NotImplementedError


S = TypeVar("S", bound=Service)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, service: Service, context: ssl.SSLContext | None) -> None:
        self.service = service
        self.context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        self.service.connections += 1
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()
            self.service.ended += 1

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        """Say nothing: clients that break off are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:  # as the base has it
        early = self.server.service.early(self._lowered())
        if early is not None:
            self._say(early)
            self.close_connection = True
            return
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        self._answer("POST", body)

    def do_GET(self) -> None:  # as the base has it
        self._answer("GET", b"")

    def _lowered(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _answer(self, method: str, body: bytes) -> None:
        service = self.server.service
        headers = self._lowered()
        if headers["host"] not in {service.host, f"127.0.0.1:{service.port}"}:
            service.wrong.append(headers["host"])
        service.posts += method == "POST"
        self._say(service.judge(method, self.path, headers, body))

    def _say(self, act: Act) -> None:
        service = self.server.service
        released = service.released
        if act == "hold":
            released.wait(60)
        if act == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not released.wait(0.2):
                self.wfile.write(b"x")
        if isinstance(act, Raw):
            self.wfile.write(act.answer)
            while act.more and not released.is_set():
                service.flooded += self.wfile.write(act.more)
        if isinstance(act, str | Raw):
            self.close_connection = True
            return
        status, content, *more = act
        self.send_response(status)
        if status in {301, 302, 307}:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        for name, value in {**service.headers, **(more[0] if more else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = service.ends

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def served(service: S, context: ssl.SSLContext | None = None) -> Iterator[S]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    server = _Server(service, context)
    service.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.05,), name="service")
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert service.wrong == []
