"""Mail leaves through the robot of a WeCom group: its text, then each of its files, a message each.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import binascii
import hashlib
import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from traymail.core.answers import CODES
from traymail.core.errors import Reply, Stage
from traymail.core.headers import quoted_name
from traymail.core.message import Attachment, Mail, contents_of
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal
from traymail.core.reply_rules import Trouble
from traymail.core.robots import (
    GROUP,
    MOST_PICTURE_BYTES,
    PICTURES,
    MessageFormat,
    Overflow,
    WecomAccount,
    file_problem,
    is_mention,
    key_in,
    mentions_of,
    message_of,
)
from traymail.core.secret import Secret
from traymail.senders.http import Answer, HttpBody, HttpSession
from traymail.senders.http_sender import HttpSender, unsure_about
from traymail.senders.smtp_wire import SmtpError, trouble_at

PATH = "/cgi-bin/webhook/send"
UPLOAD_PATH = "/cgi-bin/webhook/upload_media"
_JSON = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "traymail"}
_TAKEN, _WRONG_KEY = 0, 93000
_FINE = range(200, 300)


class WecomSender(HttpSender[WecomAccount]):
    """`traymail.core.ports.Sender` of one robot, over one connection that is kept."""

    def require(self, mail: Mail) -> None:
        """Raise SmtpError for a mail that a robot cannot send as it is."""
        boxes = mail.envelope.recipients
        named = [one for one in boxes if one != GROUP.mailbox]
        text_only = self.account.format is MessageFormat.TEXT
        if not all(map(is_mention, named)) or (named and not text_only):
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if any(file_problem(place.attachment) for place in mail.placed):
            raise SmtpError(Reply(None, "", Stage.DATA))
        _words, whole = message_of(self.account.format, mail.subject, mail.text)
        if not whole and self.account.overflow is Overflow.REFUSE:
            raise SmtpError(Reply(None, "", Stage.MAIL))

    def key(self, found: Secret) -> Secret:
        """Return the key, given alone or as the whole address."""
        return Secret(key_in(found.reveal()), found.place)

    def deliver(self, mail: Mail, journal: Journal, session: HttpSession, key: Secret) -> Receipt:
        """Post the messages that are not taken yet, one after the other."""
        parts = [None, *(place.attachment for place in mail.placed)]
        words, _whole = message_of(self.account.format, mail.subject, mail.text)
        if not words and len(parts) > 1:
            del parts[0]
        several = len(parts) > 1
        if several:
            journal.part_taken(mail.parts, len(parts))
        reply = Reply(None, "", Stage.FINAL)
        done = 0
        for number, part in enumerate(parts):
            size = mail.size * (number + 1) // len(parts)
            if number >= mail.parts:
                journal.progress(done, mail.size)
                document = self._document(mail, words, part)
                # Some servers end the connection after each answer.
                session, key = self.opened()

                def before_final(size: int = size) -> None:
                    journal.progress(size, mail.size)
                    journal.before_final()

                body = HttpBody.of(json.dumps(document, ensure_ascii=False).encode())
                answer = session.post(_path(PATH, key), _JSON, body, before_final)
                reply = _reply(answer, session)
                if number + 1 < len(parts):
                    journal.part_taken(number + 1, len(parts))
            done = size
        return Receipt(HTTPStatus.OK, reply.text, mail.envelope.recipients)

    def _document(self, mail: Mail, words: str, part: Attachment | None) -> dict[str, Any]:
        """Return a message; a file that is no picture is uploaded for it."""
        if part is None:
            kind = self.account.format.value
            mentions = mentions_of(mail.envelope.recipients)
            return {"msgtype": kind, kind: {"content": words, **mentions}}
        picture = self._picture(part)
        if picture is not None:
            told = {
                "base64": binascii.b2a_base64(picture, newline=False).decode("ascii"),
                "md5": hashlib.md5(picture, usedforsecurity=False).hexdigest(),
            }
            return {"msgtype": "image", "image": told}
        return {"msgtype": "file", "file": {"media_id": self._uploaded(part)}}

    def _picture(self, file: Attachment) -> bytes | None:
        """Return a picture that is a message of its own; None: it is another file."""
        if file.size > MOST_PICTURE_BYTES:
            return None
        content = b"".join(contents_of(file, self.tools.open_attachment))
        return content if content.startswith(PICTURES) else None

    def _uploaded(self, file: Attachment) -> str:
        """Upload a file, which nobody sees by that; return its number, good for three days."""
        session, key = self.opened()
        boundary = f"traymail-{os.urandom(16).hex()}"
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="media"; filename={quoted_name(file.name)}; '
            f"filelength={file.size}\r\nContent-Type: application/octet-stream\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def blocks() -> Iterator[bytes]:
            yield head
            yield from contents_of(file, self.tools.open_attachment)
            yield tail

        headers = {**_JSON, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        body = HttpBody(len(head) + file.size + len(tail), blocks())
        path = f"{_path(UPLOAD_PATH, key)}&type=file"
        try:
            answer = session.post(path, headers, body, lambda: None)
            _reply(answer, session)
        except SmtpError as error:
            if error.trouble is not Trouble.UNSURE:
                raise
            # Whether it is there or not: nothing was said in the group.
            raise trouble_at(Stage.DATA, Trouble.LOST, error.reply.text) from error
        found = answer.table.get("media_id")
        if not isinstance(found, str) or not found:
            raise trouble_at(Stage.DATA, Trouble.NONSENSE, session.wire.words(answer.content))
        return found


def _path(path: str, key: Secret) -> str:
    return f"{path}?{urlencode({'key': key.reveal()})}"


def _reply(answer: Answer, session: HttpSession) -> Reply:
    """Return what the robot said when it took the message; raises SmtpError when not."""
    said = session.wire.words(answer.content)
    if answer.status not in _FINE:
        raise SmtpError(Reply(answer.status, said, Stage.FINAL), unsure_about(answer))
    code = answer.table.get("errcode")
    if not isinstance(code, int) or isinstance(code, bool) or code not in CODES:
        raise trouble_at(Stage.FINAL, Trouble.UNSURE, said)
    words = answer.table.get("errmsg")
    if isinstance(words, str):
        said = session.wire.words(words.encode("utf-8", "replace"))
    reply = Reply(code, said, Stage.AUTH if code == _WRONG_KEY else Stage.FINAL)
    if code != _TAKEN:
        raise SmtpError(reply)
    return reply
