"""Mail leaves through the robot of a WeCom group: a message each.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from traymail.core.errors import CredentialError, Reply, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal
from traymail.core.reply_rules import Trouble
from traymail.core.robots import (
    NO_KEY,
    WHERE_KEYS_ARE,
    Overflow,
    WecomAccount,
    key_in,
    message_of,
)
from traymail.core.secret import Secret
from traymail.senders.http import Answer, Body, HttpSession
from traymail.senders.http_sender import HttpSender, unsure_about
from traymail.senders.smtp_wire import SmtpError, trouble_at

PATH = "/cgi-bin/webhook/send"
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "traymail"}
_TAKEN, _WRONG_KEY = 0, 93000
# What a number of WeCom's may be; one beyond is no answer of its.
_CODES = range(-(2**31), 2**31)


class WecomSender(HttpSender[WecomAccount]):
    """`traymail.core.ports.Sender` of one robot, over one connection that is kept."""

    def require(self, mail: Mail) -> None:
        """Raise SmtpError for a mail that a robot cannot send as it is."""
        if mail.envelope.recipients != (self.account.address.mailbox,):
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if mail.placed:
            raise SmtpError(Reply(None, "", Stage.DATA))
        _words, whole = message_of(self.account.format, mail.subject, mail.text)
        if not whole and self.account.overflow is Overflow.REFUSE:
            raise SmtpError(Reply(None, "", Stage.MAIL))

    def key(self, found: Secret) -> Secret:
        """Return the key, given alone or as the whole address."""
        key = key_in(found.reveal())
        if not key:
            raise CredentialError(NO_KEY, WHERE_KEYS_ARE)
        return Secret(key, found.place)

    def deliver(self, mail: Mail, journal: Journal, session: HttpSession, key: Secret) -> Receipt:
        """Post the message."""
        journal.progress(0, mail.size)

        def before_final() -> None:
            journal.progress(mail.size, mail.size)
            journal.before_final()

        words, _whole = message_of(self.account.format, mail.subject, mail.text)
        kind = self.account.format.value
        document = {"msgtype": kind, kind: {"content": words}}
        body = Body.of(json.dumps(document, ensure_ascii=False).encode())
        path = f"{PATH}?{urlencode({'key': key.reveal()})}"
        answer = session.post(path, _HEADERS, body, before_final)
        reply = _reply(answer, session)
        return Receipt(HTTPStatus.OK, reply.text, mail.envelope.recipients)


def _reply(answer: Answer, session: HttpSession) -> Reply:
    """Return what the robot said when it took the message; raises SmtpError when not."""
    said = session.wire.words(answer.content)
    if answer.status != HTTPStatus.OK:
        raise SmtpError(Reply(answer.status, said, Stage.FINAL), unsure_about(answer))
    found: Any = None
    with suppress(ValueError, RecursionError):
        found = json.loads(answer.content)
    code = found.get("errcode") if isinstance(found, dict) else None
    if not isinstance(code, int) or isinstance(code, bool) or code not in _CODES:
        raise trouble_at(Stage.FINAL, Trouble.UNSURE, said)
    words = found.get("errmsg")
    if isinstance(words, str):
        said = session.wire.words(words.encode("utf-8", "replace"))
    reply = Reply(code, said, Stage.AUTH if code == _WRONG_KEY else Stage.FINAL)
    if code != _TAKEN:
        raise SmtpError(reply)
    return reply
