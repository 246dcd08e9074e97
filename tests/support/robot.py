"""The robot of a WeCom group on this computer: it checks what is posted as the real one does.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_service import Act, Service, served

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
MOST_BYTES = {"text": 2048, "markdown": 4096}


def coded(code: int, words: str = "") -> Act:
    """An answer with an error code."""
    return 200, json.dumps({"errcode": code, "errmsg": words or f"error {code}"}).encode()


@dataclass
class Robot(Service):
    """What was posted, and what is answered next."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def contents(self) -> list[str]:
        """The words of the messages."""
        return [one[one["msgtype"]]["content"] for one in self.messages]

    def judge(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Act:
        """Return the answer to a post."""
        url = urlsplit(path)
        kind = headers.get("content-type", "").split(";")[0]
        if (method, url.path, kind) != ("POST", "/cgi-bin/webhook/send", "application/json"):
            self.wrong.append(f"{method} {url.path} {headers}")
        document = json.loads(body.decode("utf-8"))
        kind = document.get("msgtype")
        if document != {"msgtype": kind, kind: {"content": document[kind]["content"]}}:
            self.wrong.append(f"keys: {document}")
        if self.acts:
            return self.acts.pop(0)
        if parse_qs(url.query) != {"key": [KEY]}:
            return coded(93000, f"invalid webhook url {path}")
        size = len(document[kind]["content"].encode())
        if not 0 < size <= MOST_BYTES[kind]:
            return coded(40058, "Invalid Request Parameter")
        self.messages.append(document)
        return coded(0, "ok")


@contextmanager
def robot(context: ssl.SSLContext | None = None) -> Iterator[Robot]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    with served(Robot(), context) as one:
        yield one
