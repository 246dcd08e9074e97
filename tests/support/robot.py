"""The robot of a WeCom group on this computer: it checks what is posted as the real one does.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
MOST_BYTES = {"text": 2048, "markdown": 4096}


@dataclass(frozen=True)
class Raw:
    """Bytes as they are in the place of an answer, and then ``more`` of these, again and again."""

    answer: bytes
    more: bytes = b""


Act = tuple[int, bytes] | Raw | Literal["close", "hold", "drip"]
"""What comes instead of an answer: a status and a content, the end, nothing, or no end."""


def coded(code: int, words: str = "") -> Act:
    """An answer with an error code."""
    return 200, json.dumps({"errcode": code, "errmsg": words or f"error {code}"}).encode()


@dataclass
class Robot:
    """What was posted, and what is answered next. ``wrong`` is what no client may send.

    ``ends``: the connection is closed after the answer, without a word of it before. ``headers``
    go with each answer.
    """

    port: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    posts: int = 0
    connections: int = 0
    ended: int = 0
    flooded: int = 0
    acts: list[Act] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ends: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    released: Event = field(default_factory=Event)

    @property
    def contents(self) -> list[str]:
        """The words of the messages."""
        return [one[one["msgtype"]]["content"] for one in self.messages]

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Act:
        """Return the answer to a post."""
        self.posts += 1
        url = urlsplit(path)
        if headers["host"] != f"127.0.0.1:{self.port}":
            self.wrong.append(headers["host"])
        if url.path != "/cgi-bin/webhook/send" or headers.get("content-type", "").split(";")[0] != (
            "application/json"
        ):
            self.wrong.append(f"{url.path} {headers}")
        document = json.loads(body.decode("utf-8"))
        kind = document.get("msgtype")
        if document != {"msgtype": kind, kind: {"content": document[kind]["content"]}}:
            self.wrong.append(f"keys: {document}")
        if self.acts:
            return self.acts.pop(0)
        if parse_qs(url.query) != {"key": [KEY]}:
            return 200, json.dumps(
                {"errcode": 93000, "errmsg": f"invalid webhook url {path}"}
            ).encode()
        size = len(document[kind]["content"].encode())
        if not 0 < size <= MOST_BYTES[kind]:
            return coded(40058, "Invalid Request Parameter")
        self.messages.append(document)
        return coded(0, "ok")


R = TypeVar("R", bound=Robot)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, robot: Robot, context: ssl.SSLContext | None) -> None:
        self.robot = robot
        self.context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        self.robot.connections += 1
        if self.context is not None:
            request = self.context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            request.close()
            self.robot.ended += 1

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 # as the base has it
        """Say nothing: clients that break off are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:  # as the base has it
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # broken off: nothing was posted
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.robot.judge(self.path, headers, body)
        if answer == "hold":
            self.server.robot.released.wait(60)
        if answer == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.server.robot.released.wait(0.2):
                self.wfile.write(b"x")
        if isinstance(answer, Raw):
            self.wfile.write(answer.answer)
            while answer.more and not self.server.robot.released.is_set():
                self.server.robot.flooded += self.wfile.write(answer.more)
        if isinstance(answer, str | Raw):
            self.close_connection = True
            return
        status, content = answer
        self.send_response(status)
        if status in {301, 302, 307}:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        for name, value in self.server.robot.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.server.robot.ends

    def log_message(self, *_args: object) -> None:
        pass


@contextmanager
def robot(context: ssl.SSLContext | None = None) -> Iterator[Robot]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    with serving(Robot(), context) as one:
        yield one


@contextmanager
def serving(one: R, context: ssl.SSLContext | None = None) -> Iterator[R]:
    """`robot` of another service."""
    server = _Server(one, context)
    one.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.05,), name="robot")
    thread.start()
    try:
        yield one
    finally:
        one.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert one.wrong == []
