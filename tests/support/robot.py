"""The robot of a WeCom group on this computer: it checks what is posted as the real one does.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_service import Act, Service, served
from tests.support.schema import misfits

KEY = "693axxx6-7aoc-4bc4-97a0-0ec2sifa5aaa"
ADDRESS = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
MOST_BYTES = {"text": 2048, "markdown": 4096}


_WORDS = {"type": "string", "minLength": 1}
_PEOPLE = {"type": "array", "items": _WORDS, "minItems": 1, "maxItems": 100}


def _schema(kind: str, needed: tuple[str, ...], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 # a schema
    inner = {"type": "object", "properties": fields, "required": needed}
    outer = {"msgtype": {"enum": [kind]}, kind: {**inner, "additionalProperties": False}}
    whole = {"type": "object", "properties": outer, "required": ("msgtype", kind)}
    return {**whole, "additionalProperties": False}


SCHEMAS = {
    "text": _schema(
        "text",
        ("content",),
        content={"type": "string"},
        mentioned_list=_PEOPLE,
        mentioned_mobile_list=_PEOPLE,
    ),
    "markdown": _schema("markdown", ("content",), content={"type": "string"}),
    "image": _schema("image", ("base64", "md5"), base64=_WORDS, md5=_WORDS),
    "file": _schema("file", ("media_id",), media_id=_WORDS),
}


def coded(code: int, words: str = "") -> Act:
    """An answer with an error code."""
    return 200, json.dumps({"errcode": code, "errmsg": words or f"error {code}"}).encode()


@dataclass
class Robot(Service):
    """What was posted, and what is answered next."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    @property
    def contents(self) -> list[str]:
        """The words of the messages."""
        return [words for kind, words in self.told if kind in MOST_BYTES]

    @property
    def told(self) -> list[tuple[str, Any]]:
        """Each message: its kind, and its words, its picture, or the name and bytes of its file."""
        return [(one["msgtype"], self._shown(one)) for one in self.messages]

    def _shown(self, message: dict[str, Any]) -> Any:  # noqa: ANN401 # see above
        match message["msgtype"]:
            case "image":
                return base64.b64decode(message["image"]["base64"])
            case "file":
                return self.uploads[message["file"]["media_id"]]
            case kind:
                return message[kind]["content"]

    def judge(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Act:
        """Return the answer to a post."""
        url = urlsplit(path)
        query, given = parse_qs(url.query), headers.get("content-type", "")
        upload = url.path == "/cgi-bin/webhook/upload_media"
        kind = given.partition(";")[0]
        if (method, url.path, kind) not in {
            ("POST", "/cgi-bin/webhook/send", "application/json"),
            ("POST", "/cgi-bin/webhook/upload_media", "multipart/form-data"),
        }:
            self.wrong.append(f"{method} {url.path} {headers}")
        if upload and query.pop("type", None) != ["file"]:
            self.wrong.append(path)
        name, content = _form(given, body) if upload else ("", b"")
        document = {} if upload else json.loads(body.decode("utf-8"))
        if not upload and (wrong := next(misfits(document, SCHEMAS[document["msgtype"]]), None)):
            self.wrong.append(f"{wrong}: {document}")
        if self.acts:
            act = self.acts.pop(0)
            if act != "go":
                return act
        if query != {"key": [KEY]}:
            return coded(93000, f"invalid webhook url {path}")
        if upload:
            return self._kept(name, content)
        if not self._takes(document):
            return coded(40058, "Invalid Request Parameter")
        self.messages.append(document)
        return coded(0, "ok")

    def _kept(self, name: str, content: bytes) -> Act:
        if not 5 < len(content) <= 20 * 1024 * 1024:
            return coded(40006, "invalid media size")
        number = f"media-{len(self.uploads)}"
        self.uploads[number] = (name, content)
        told = {"errcode": 0, "errmsg": "ok", "type": "file", "media_id": number}
        return 200, json.dumps({**told, "created_at": "1380000000"}).encode()

    def _takes(self, document: dict[str, Any]) -> bool:
        kind = document["msgtype"]
        if kind == "file":
            return document["file"]["media_id"] in self.uploads
        if kind == "image":
            picture = base64.b64decode(document["image"]["base64"], validate=True)
            right = hashlib.md5(picture).hexdigest() == document["image"]["md5"]  # noqa: S324 # theirs
            drawn = picture.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"))
            return right and drawn and len(picture) <= 2 * 1024 * 1024
        return 0 < len(document[kind]["content"].encode()) <= MOST_BYTES[kind]


def _form(content_type: str, body: bytes) -> tuple[str, bytes]:
    """Return the name and the content of the one file in a form, to the byte as documented."""
    boundary = content_type.partition("boundary=")[2].encode()
    head, _, rest = body.partition(b"\r\n\r\n")
    found = re.fullmatch(
        rb"--%s\r\nContent-Disposition: form-data; name=\"media\"; filename=\"([^\"\r\n]+)\"; "
        rb"filelength=(\d+)\r\nContent-Type: application/octet-stream" % re.escape(boundary),
        head,
    )
    end = b"\r\n--%s--\r\n" % boundary
    assert boundary
    assert found, head
    assert rest.endswith(end), rest[-100:]
    content = rest.removesuffix(end)
    assert int(found[2]) == len(content)
    return found[1].decode("utf-8"), content


@contextmanager
def robot(context: ssl.SSLContext | None = None) -> Iterator[Robot]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    with served(Robot(), context) as one:
        yield one
