"""The services behind webhooks, on this computer: each checks what is posted as its pages say.

https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages,
https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot, https://sct.ftqq.com,
https://bark.day.app/#/tutorial, https://core.telegram.org/bots/api, https://docs.ntfy.sh/publish,
https://gotify.net/api-docs
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import http_service
from tests.support.http_service import Act, served

SECRET = "SEC000000000000000000000fixture"
FEISHU_SECRET = "kxBVYwFIXTURE"
BOT = "bot123456:AAF-fixture_token"
NTFY_TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Posted:
    """One message as it came."""

    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


def answer(status: int, **keys: object) -> Answer:
    return status, json.dumps(keys, ensure_ascii=False).encode()


def _signed(key: str, words: str) -> str:
    return base64.b64encode(
        hmac.new(key.encode(), words.encode(), hashlib.sha256).digest()
    ).decode()


def _strange(document: object, shape: object) -> bool:
    """Tell whether a message has other keys, or other values, than its service documents."""
    if isinstance(shape, dict):
        return (
            not isinstance(document, dict)
            or document.keys() != shape.keys()
            or any(_strange(document[key], shape[key]) for key in shape)
        )
    return document != shape if isinstance(shape, str) else not isinstance(document, str)


def dingtalk(one: Posted, secret: str) -> Answer:
    url = urlsplit(one.path)
    query = parse_qs(url.query)
    if url.path != "/robot/send" or query.get("access_token") != ["tok0123456789abcdef"]:
        return answer(200, errcode=300005, errmsg="token is not exist")
    if secret:
        stamp, sign = query.get("timestamp", [""])[0], query.get("sign", [""])[0]
        if not stamp.isdigit() or abs(time() * 1000 - int(stamp)) > 3_600_000:
            return answer(200, errcode=310000, errmsg="invalid timestamp, more: [link]")
        if sign != _signed(secret, f"{stamp}\n{secret}"):
            return answer(200, errcode=310000, errmsg="sign not match, more: [link]")
    document = one.document
    at = document.pop("at", {})
    people = [*at.get("atMobiles", []), *at.get("atUserIds", [])]
    if (
        at.keys() - {"atMobiles", "atUserIds", "isAtAll"}
        or at.get("isAtAll", True) is not True
        # Who is called stands in the text as well.
        or not all(f"@{name}" in document["text"]["content"] for name in people)
        or _strange(document, {"msgtype": "text", "text": {"content": None}})
    ):
        return answer(200, errcode=400105, errmsg="unsupported msgtype")
    if len(one.body) > 20_000:
        return answer(200, errcode=460101, errmsg="message too long, exceed 20000 bytes")
    return answer(200, errcode=0, errmsg="ok")


def feishu(one: Posted, secret: str) -> Answer:
    if one.path != "/open-apis/bot/v2/hook/9f2c7f5e-hook":
        words = "param invalid: incoming webhook access token invalid"
        return answer(400, code=19001, data={}, msg=words)
    document = one.document
    if secret:
        stamp, sign = document.pop("timestamp", ""), document.pop("sign", "")
        if (
            not stamp.isdigit()
            or abs(time() - int(stamp)) > 3600
            or sign != _signed(f"{stamp}\n{secret}", "")
        ):
            words = "sign match fail or timestamp is not within one hour from current time"
            return answer(200, code=19021, data={}, msg=words)
    if (
        _strange(document, {"msg_type": "text", "content": {"text": None}})
        or len(one.body) > 20_000
    ):
        return answer(400, code=9499, data={}, msg="Bad Request")
    return answer(200, StatusCode=0, StatusMessage="success", code=0, data={}, msg="success")


def serverchan(one: Posted, _secret: str) -> Answer:
    document = one.document
    if one.path != "/SCT12345Tabcdefg.send":
        return answer(400, message="[AUTH]错误的Key", code=40001, info="错误的Key", args=[None])
    if _strange(document, {"title": None, "desp": None}) or not 0 < len(document["title"]) <= 32:
        return answer(400, message="[INPUT]title", code=40002)
    data = {"pushid": "1", "readkey": "R", "error": "SUCCESS", "errno": 0}
    return answer(200, code=0, message="", data=data)


def bark(one: Posted, _secret: str) -> Answer:
    if one.path != "/ynJ5Ft4atkMkWeo2PAvFhF":
        words = "failed to get device token: failed to get [x] device token from database"
        return answer(400, code=400, message=words, timestamp=1)
    if _strange(one.document, {"title": None, "body": None}) or len(one.body) > 4096:
        return answer(
            500, code=500, message="push failed: APNS push failed: PayloadTooLarge", timestamp=1
        )
    return answer(200, code=200, message="success", timestamp=1699000000)


def telegram(one: Posted, _secret: str) -> Answer:
    url = urlsplit(one.path)
    bot, _, method = url.path.rpartition("/")
    if bot != f"/{BOT}":
        return answer(401, ok=False, error_code=401, description="Unauthorized")
    if parse_qs(url.query) != {"chat_id": ["-100200300"]}:
        return answer(400, ok=False, error_code=400, description="Bad Request: chat not found")
    if method != "sendMessage":
        wrong = wrong_files(method, one)
        if wrong:
            return answer(400, ok=False, error_code=400, description=f"Bad Request: {wrong}")
        return answer(200, ok=True, result={"message_id": 1})
    document = one.document
    if _strange(document, {"text": None}) or not 0 < len(document["text"].encode("utf-16")) <= 8194:
        words = "Bad Request: message text is empty, or too long"
        return answer(400, ok=False, error_code=400, description=words)
    return answer(200, ok=True, result={"message_id": 1, "text": document["text"]})


def parts_of(one: Posted) -> dict[str, tuple[str | None, bytes]]:
    """The parts of a form as RFC 7578 has them: by name, the file's name and the content."""
    boundary = one.headers["content-type"].removeprefix("multipart/form-data; boundary=").encode()
    before, *pieces, after = one.body.split(b"--" + boundary)
    assert (before, after) == (b"", b"--\r\n")
    found = {}
    for piece in pieces:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        line = head.decode().split("\r\n")[0]
        told = re.fullmatch(
            'Content-Disposition: form-data; name="(\\w+)"(?:; filename="([^"]+)")?', line
        )
        assert told is not None, line
        found[told[1]] = (told[2], content.removesuffix(b"\r\n"))
    return found


def wrong_files(method: str, one: Posted) -> str:
    """Return what is wrong with files for Telegram, "" for nothing."""
    parts = parts_of(one)
    files = {name: part for name, part in parts.items() if part[0] is not None}
    said = {name: part[1].decode() for name, part in parts.items() if part[0] is None}
    if any(not content for _, content in files.values()):
        return "file must be non-empty"
    if method == "sendDocument":
        fine = files.keys() == {"document"} and said.keys() <= {"caption"}
        captions = [said.get("caption", "")]
    else:
        media = json.loads(said.get("media", "[]"))
        wanted = [f"attach://{name}" for name in files]
        fine = method == "sendMediaGroup" and said.keys() == {"media"} and 2 <= len(media) <= 10
        fine = fine and [row["media"] for row in media] == wanted
        fine = fine and all(row.keys() - {"caption"} == {"type", "media"} for row in media)
        captions = [row.get("caption", "") for row in media]
    if any(len(words.encode("utf-16-le")) > 2048 for words in captions):
        return "message caption is too long"
    return "" if fine else "wrong form"


def ntfy(one: Posted, secret: str) -> Answer:
    if secret and one.headers.get("authorization") != f"Bearer {secret}":
        return answer(401, code=40101, http=401, error="unauthorized", link="https://ntfy.sh/docs")
    url = urlsplit(one.path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    if url.path == "/alerts-7f3k" and query.get("filename") and one.body:
        if query.keys() - {"title", "message", "filename"}:
            return answer(400, code=40000, http=400, error="invalid request")
        return answer(200, id="x", time=1, event="message", topic="alerts-7f3k", **query)
    document = one.document
    shape = {"topic": "alerts-7f3k", "title": None, "message": None}
    if one.path != "/" or _strange(document, shape):
        return answer(400, code=40024, http=400, error="invalid request: request body must be JSON")
    # Of a document it reads twice what a message may have.
    words = [document["message"].encode(), document["title"].encode()]
    if len(one.body) > 8192 or len(words[0]) > 4096 or len(words[1]) > 1024:
        return answer(413, code=41303, http=413, error="JSON body too large")
    return answer(200, id="x", time=1, event="message", topic="alerts-7f3k", message="m")


def gotify(one: Posted, _secret: str) -> Answer:
    if one.path != "/message?token=AsqDfixture.token":
        words = "you need to provide a valid access token or user credentials to access this api"
        return answer(401, error="Unauthorized", errorCode=401, errorDescription=words)
    if _strange(one.document, {"title": None, "message": None}) or not one.document["message"]:
        words = "Field 'message' is required"
        return answer(400, error="Bad Request", errorCode=400, errorDescription=words)
    return answer(200, id=25, appid=5, message="m", title="t", priority=0)


def custom(one: Posted, _secret: str) -> Answer:
    if one.path != "/hook/T0000000/B1111111?v=1":
        return answer(404, error="no such hook")
    return answer(200, errcode=0)


@dataclass(frozen=True)
class Service:
    """A service: its address (without scheme and host), the answers it gives, its second secret."""

    name: str
    path: str
    judge: Callable[[Posted, str], Answer]
    secret: str = ""

    def address(self, port: int) -> str:
        return f"http://127.0.0.1:{port}{self.path}"


SERVICES = {
    one.name: one
    for one in (
        Service("dingtalk", "/robot/send?access_token=tok0123456789abcdef", dingtalk, SECRET),
        Service("feishu", "/open-apis/bot/v2/hook/9f2c7f5e-hook", feishu, FEISHU_SECRET),
        Service("serverchan", "/SCT12345Tabcdefg.send", serverchan),
        Service("bark", "/ynJ5Ft4atkMkWeo2PAvFhF", bark),
        Service("telegram", f"/{BOT}/sendMessage?chat_id=-100200300", telegram),
        Service("ntfy", "/alerts-7f3k", ntfy, NTFY_TOKEN),
        Service("gotify", "/message?token=AsqDfixture.token", gotify),
        Service("custom", "/hook/T0000000/B1111111?v=1", custom),
    )
}


def _type_of(path: str) -> str:
    if "/sendDocument" in path or "/sendMediaGroup" in path:
        return "multipart/form-data; "
    return "application/octet-stream" if "filename=" in path else "application/json; charset=utf-8"


@dataclass
class Hook(http_service.Service):
    """A service at work. ``secret``: what it is to be signed with, "" for nothing.

    ``refuses_early``: what is answered before a body is read.
    """

    service: Service = SERVICES["dingtalk"]
    secret: str = ""
    taken: list[Posted] = field(default_factory=list)
    refused: list[Posted] = field(default_factory=list)
    refuses_early: Act | None = None

    @property
    def address(self) -> str:
        return self.service.address(self.port)

    def early(self, _headers: Mapping[str, str]) -> Act | None:
        return self.refuses_early

    def judge(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Act:
        one = Posted(path, {**headers}, body)
        if method != "POST":
            self.wrong.append(method)
        if headers.get("content-type", "").partition("boundary=")[0] != _type_of(path):
            self.wrong.append(f"{path} {headers}")
        if self.acts:
            return self.acts.pop(0)
        found = self.service.judge(one, self.secret)
        told = json.loads(found[1])
        fine = found[0] == 200 and told.get("errcode", told.get("code", 0)) in {0, 200}
        (self.taken if fine else self.refused).append(one)
        return found


@contextmanager
def hook(name: str, secret: str = "", context: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """Serve one of `SERVICES` on a free port until the block ends."""
    with served(Hook(service=SERVICES[name], secret=secret), context) as one:
        yield one
