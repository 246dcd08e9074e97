"""SendGrid's interface on this computer: it holds what is posted to the documented schema.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send, and the schema in
github.com/twilio/sendgrid-oai, spec/json/tsg_mail_v3.json. What the schema does not say but the
list of errors does is checked by hand, and answered with the message listed there.
"""

from __future__ import annotations

import base64
import binascii
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any

from tests.support.http_service import Act, Answered, Service, served
from tests.support.schema import misfits

API_KEY = "SG.aBcDeFgHiJkLmNoPqRsTuV.0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
VERIFIED = "me@example.com"
MOST_BYTES = 30 * 1024 * 1024
MOST_RECIPIENTS = 1000
NOT_VERIFIED = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this "
    "error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/"
    "sender-identity/ to see the Sender Identity requirements"
)


def _object(required: tuple[str, ...] = (), /, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 # a schema
    return {
        "type": "object",
        "properties": fields,
        "required": list(required),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least, "maxItems": 1000}


_WORDS = {"type": "string"}
_FILLED = {"type": "string", "minLength": 1}
_BOOLEAN = {"type": "boolean"}
_EMAIL = {"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"}
_PERSON = _object(("email",), email=_EMAIL, name=_WORDS)
_RECIPIENT = _object(("email",), email=_EMAIL, name={"type": "string", "pattern": "^[^;,]*$"})
_SWITCH = _object(enable=_BOOLEAN)
SCHEMA = _object(
    ("personalizations", "from", "subject", "content"),
    personalizations=_list(
        _object(
            ("to",),
            to=_list(_RECIPIENT, 1),
            cc=_list(_RECIPIENT),
            bcc=_list(_RECIPIENT),
        ),
        1,
    ),
    **{"from": _PERSON},
    reply_to=_PERSON,
    subject=_FILLED,
    content=_list(_object(("type", "value"), type=_FILLED, value=_FILLED), 1),
    attachments=_list(
        _object(
            ("content", "filename"),
            content=_FILLED,
            type={"type": "string", "minLength": 1, "pattern": "^[^;\\r\\n]+$"},
            filename=_WORDS,
            disposition={"enum": ["inline", "attachment"]},
            content_id=_WORDS,
        )
    ),
    headers={"type": "object", "additionalProperties": {"type": "string", "pattern": "^[ -~]*$"}},
    tracking_settings=_object(
        click_tracking=_object(enable=_BOOLEAN, enable_text=_BOOLEAN),
        open_tracking=_object(enable=_BOOLEAN, substitution_tag=_WORDS),
        subscription_tracking=_SWITCH,
        ganalytics=_SWITCH,
    ),
)
_RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type"),
    *("content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc"),
}


def refused(status: int, message: str, name: str | None = None, **headers: str) -> Answered:
    """An answer with one error, as SendGrid lists them; ``headers`` with _ for -."""
    errors = [{"message": message, "field": name, "help": None}]
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    return status, json.dumps({"errors": errors}).encode(), told


def limited(seconds: int, *, clock_ahead: int = 0) -> Answered:
    """A 429; its clock may be ahead of ours."""
    now = int(time()) + clock_ahead
    told = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0"}
    told |= {"X-RateLimit-Reset": str(now + seconds), "Date": formatdate(now, usegmt=True)}
    status, content, _none = refused(429, "too many requests")
    return status, content, told


@dataclass
class Sendgrid(Service):
    """What was posted. ``scopes``: what the key may do; ``remaining``: the requests left."""

    mails: list[dict[str, Any]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=lambda: ["mail.send", "2fa_required"])
    remaining: int = 599
    asked: int = 0

    def early(self, headers: Mapping[str, str]) -> Act | None:
        """Refuse what is too large before it has come."""
        if int(headers["content-length"]) >= MOST_BYTES:
            self.posts += 1
            return refused(413, "content too large")
        return None

    def judge(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Act:
        """Return the answer to a request."""
        if (method, path) not in {("GET", "/v3/scopes"), ("POST", "/v3/mail/send")}:
            self.wrong.append(f"{method} {path}")
        if self.acts and (act := self.acts.pop(0)) != "go":
            return act
        if headers.get("authorization") != f"Bearer {API_KEY}":
            return refused(401, "The provided authorization grant is invalid, expired, or revoked")
        if method == "GET":
            self.asked += 1
            return 200, json.dumps({"scopes": self.scopes}).encode()
        if "mail.send" not in self.scopes:
            return refused(403, "access forbidden")
        return self._taken(headers, body)

    def _taken(self, headers: Mapping[str, str], body: bytes) -> Act:
        if headers.get("content-type") != "application/json":
            return refused(415, "Content-Type should be application/json.")
        try:
            document = json.loads(body.decode("utf-8"), object_pairs_hook=_without_doubles)
        except ValueError:
            return refused(400, "Bad Request")
        wrong = next(_faults(document), None)
        if wrong is not None:
            return refused(400, *wrong)
        if document["from"]["email"] != VERIFIED:
            return refused(403, NOT_VERIFIED, "from")
        self.mails.append(document)
        told = {"X-Message-Id": f"id-{len(self.mails)}", "X-RateLimit-Limit": "600"}
        told |= {"X-RateLimit-Remaining": str(self.remaining)}
        told |= {"X-RateLimit-Reset": str(int(time()) + 30)}
        return 202, b"", told


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(pairs)
    return found


def _faults(document: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 # JSON
    """Yield what is wrong, and where; beyond the schema only in what fits that."""
    for place, words in misfits(document, SCHEMA):
        yield words, place
    everybody = 0
    for one in document["personalizations"]:
        boxes = [each["email"].lower() for key in ("to", "cc", "bcc") for each in one.get(key, [])]
        everybody += len(boxes)
        if len({*boxes}) != len(boxes):
            yield "Each email address in the personalization block should be unique", "to"
    if everybody > MOST_RECIPIENTS:
        yield "There is a limit of 1000 total recipients (to + cc + bcc) per request.", "to"
    kinds = [one["type"] for one in document["content"]]
    if kinds not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
        yield "If present, text/plain and text/html may only be provided once, in order", "content"
    for name in document.get("headers", {}):
        if name.lower() in _RESERVED:
            yield f"The header {name} cannot be overridden", "headers"
    for one in document.get("attachments", []):
        try:
            base64.b64decode(one["content"], validate=True)
        except binascii.Error:
            yield "The attachment content must be base64 encoded.", "attachments.content"


@contextmanager
def sendgrid(context: ssl.SSLContext | None = None) -> Iterator[Sendgrid]:
    """Serve on a free port until the block ends; with TLS when there is a context."""
    with served(Sendgrid(), context) as one:
        yield one
