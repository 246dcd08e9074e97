"""SendGrid's HTTP way as an account, and what is posted there of a mail.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send tells the document.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from traymail.core.account import ServiceAccount
from traymail.core.address import clean, whole_characters
from traymail.core.errors import InputError
from traymail.core.given import read_given
from traymail.core.headers import RULE_HEADER
from traymail.core.message import (
    Address,
    Attachment,
    Mail,
    OpenAttachment,
    Placed,
    contents_of,
)
from traymail.core.provider import SENDGRID_HTTP
from traymail.core.texts import text

SENDGRID_HOST = "api.sendgrid.com"
KEYS_PAGE = "https://app.sendgrid.com/settings/api_keys"
NO_KEY = text("This is no API key of SendGrid.")
WHERE_KEYS_ARE = text("Make one on SendGrid's page for API keys, and copy all of it.")
# To, Cc and Bcc together.
MOST_RECIPIENTS = 1000
# "Less than 30 MB", attachments included.
MOST_BYTES = 30_000_000
_CONTENT_ID = re.compile(rb"^Content-ID: <([!-;=?-~]+)>\r$", re.MULTILINE)
_KEY = re.compile(r"[!-~]{1,200}")
# What SendGrid takes of the headers that a mail of ours has; it writes the others itself.
_HEADERS = {
    "message-id": "Message-ID",
    "x-mailer": "X-Mailer",
    "auto-submitted": "Auto-Submitted",
    "x-auto-response-suppress": "X-Auto-Response-Suppress",
    RULE_HEADER.casefold(): RULE_HEADER,
}
_MAILER = "traymail/"
# Nothing is put into the mail, and no link in it leads elsewhere.
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SendgridAccount(ServiceAccount):
    """An account whose mail is posted to SendGrid."""

    kind: str = "sendgrid"
    provider: str = SENDGRID_HTTP
    max_message_bytes: int = MOST_BYTES


def key_in(pasted: str) -> str:
    """Return the API key that was pasted; raises InputError for what cannot be one."""
    words = pasted.strip()
    if not _KEY.fullmatch(words):
        raise InputError(NO_KEY, WHERE_KEYS_ARE)
    return words


def headers_of(mail: Mail) -> dict[str, str]:
    """Return the headers that go along; {} for a message that another program wrote."""
    head = mail.skeleton.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    fields = {one.name: one.words for one in read_given(head).fields}
    if not fields.get("x-mailer", "").startswith(_MAILER):
        return {}
    return {name: fields[key] for key, name in _HEADERS.items() if key in fields}


def document_of(mail: Mail, sender: Address) -> dict[str, Any]:
    """Return what is posted of a mail but for its files; ``sender`` names its mailbox."""
    named = sender if sender.mailbox == mail.envelope.sender else Address(mail.envelope.sender)
    contents = [{"type": "text/plain", "value": _filled(mail.text)}]
    if mail.html is not None:
        contents.append({"type": "text/html", "value": _filled(mail.html)})
    return {
        "personalizations": _personalizations(mail),
        "from": _person(named),
        "subject": clean(mail.subject),
        "content": contents,
        "headers": headers_of(mail),
        "tracking_settings": _NO_TRACKING,
    }


def posted(
    mail: Mail, sender: Address, open_attachment: OpenAttachment
) -> tuple[int, Iterator[bytes]]:
    """Return the document with its files: its length, and its bytes in blocks.

    At most 76 KB of a file is in memory at a time. The blocks raise SourceError for a file that is
    no longer as long as it was: before the last of them.
    """
    document = json.dumps(document_of(mail, sender), ensure_ascii=False).encode()
    files = [place.attachment for place in mail.placed]
    if not files:
        return len(document), iter((document,))
    frames = [_frame(place.attachment, _content_id(mail, place)) for place in mail.placed]
    opening = document[:-1] + b', "attachments": ['
    between = len(b", ") * (len(files) - 1)
    contents = sum(
        len(frame) + _encoded(file.size) for frame, file in zip(frames, files, strict=True)
    )
    length = len(opening) + contents + len(b'"}') * len(files) + between + len(b"]}")
    return length, _blocks(opening, frames, files, open_attachment)


def _blocks(
    opening: bytes,
    frames: Iterable[bytes],
    files: Iterable[Attachment],
    open_attachment: OpenAttachment,
) -> Iterator[bytes]:
    before = opening
    for frame, file in zip(frames, files, strict=True):
        yield before + frame
        # One byte more than was announced would end the document before it is whole.
        for block in contents_of(file, open_attachment):
            yield binascii.b2a_base64(block, newline=False)
        before = b'"}, '
    yield b'"}]}'


def _frame(file: Attachment, content_id: str) -> bytes:
    """Return what stands before the content of a file; one with an id is shown in the HTML."""
    shown = {"disposition": "inline", "content_id": content_id}
    told = {
        "type": file.mime_type,
        "filename": clean(file.name).strip(" ") or "attachment",
        **(shown if content_id else {"disposition": "attachment"}),
        "content": "",
    }
    return json.dumps(told, ensure_ascii=False).encode().removesuffix(b'"}')


def _content_id(mail: Mail, place: Placed) -> str:
    """Return the id by which the HTML shows a picture, or ""; it stands before its content."""
    part = mail.skeleton[mail.skeleton.rfind(b"\r\n--", 0, place.offset) : place.offset]
    found = _CONTENT_ID.search(part)
    return found[1].decode("ascii") if found else ""


def _encoded(size: int) -> int:
    return (size + 2) // 3 * 4


def _personalizations(mail: Mail) -> list[dict[str, Any]]:
    """Return who gets it, each once: one message to all, or one to each where all are hidden."""
    waiting = {box.casefold(): Address(box) for box in mail.envelope.recipients}
    shown = {
        name: [one for one in addresses if waiting.pop(one.mailbox.casefold(), None)]
        for name, addresses in (("to", mail.to), ("cc", mail.cc))
    }
    hidden = list(waiting.values())
    if not any(shown.values()):
        return [{"to": [_person(one)]} for one in hidden]
    if not shown["to"]:
        # Somebody has to be there: those of Cc see each other all the same.
        shown = {"to": shown["cc"], "cc": []}
    parts = {**shown, "bcc": hidden}
    return [{name: [_recipient(one) for one in there] for name, there in parts.items() if there}]


def _person(address: Address) -> dict[str, str]:
    name = clean(address.name).strip(" ")
    return {"email": address.mailbox} | ({"name": name} if name else {})


def _recipient(address: Address) -> dict[str, str]:
    # Names of recipients must not have these.
    name = " ".join(address.name.replace(",", " ").replace(";", " ").split())
    return _person(Address(address.mailbox, name))


def _filled(words: str) -> str:
    """Return a text as it is posted, where an empty one is refused."""
    return whole_characters(words) or "\n"
