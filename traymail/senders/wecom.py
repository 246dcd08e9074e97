"""Mail leaves through the robot of a WeCom group: a message each.

https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from traymail.core.errors import CredentialError, DeliveryError, Reply, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal, SenderTools
from traymail.core.replies import as_error, diagnose
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
from traymail.senders.dial import Cutoff
from traymail.senders.http import Answer, HttpSession, open_http
from traymail.senders.smtp_wire import SmtpError, trouble_at

PATH = "/cgi-bin/webhook/send"
_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "traymail"}
_TAKEN, _WRONG_KEY = 0, 93000
# What a number of WeCom's may be; one beyond is no answer of its.
_CODES = range(-(2**31), 2**31)
# A gateway that got no answer does not know either.
_NOBODY_KNOWS = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


class WecomSender:
    """`traymail.core.ports.Sender` of one robot, over one connection that is kept."""

    def __init__(self, account: WecomAccount, tools: SenderTools) -> None:
        self._account = account
        self._tools = tools
        self._cutoff = Cutoff()
        self._session: HttpSession | None = None
        self._key: Secret | None = None
        # Where the key was found, for what is told of it once the session is over.
        self._place = ""

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        """Post the message; raises CredentialError when there is no key."""
        try:
            return self._attempt(mail, journal)
        except SmtpError as error:
            if error.trouble is not None or error.reply.stage is not Stage.FINAL:
                self._drop()
            raise self._failure(error) from error
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """End the connection, if one is open."""
        self._drop()

    def abort(self) -> None:
        """Make `send` end at once, now and from now on; from any thread, never raises."""
        self._cutoff.cut()

    def _attempt(self, mail: Mail, journal: Journal) -> Receipt:
        body = self._body(mail)
        if self._session is not None and (self._session.over or not self._session.wire.silent()):
            self._drop()
        if self._session is None or self._key is None:
            found = self._tools.credentials.get(self._account)
            self._place = found.place
            self._key = _key(found)
            self._session = open_http(self._account, self._key, self._cutoff, self._tools.told)
        journal.progress(0, mail.size)

        def before_final() -> None:
            journal.progress(mail.size, mail.size)
            journal.before_final()

        path = f"{PATH}?{urlencode({'key': self._key.reveal()})}"
        answer = self._session.post(path, _HEADERS, body, before_final)
        reply = self._reply(answer, self._session)
        return Receipt(HTTPStatus.OK, reply.text, mail.envelope.recipients)

    def _body(self, mail: Mail) -> bytes:
        """Return the message; raises SmtpError for a mail that a robot cannot send as it is."""
        if mail.envelope.recipients != (self._account.address.mailbox,):
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if mail.placed:
            raise SmtpError(Reply(None, "", Stage.DATA))
        words, whole = message_of(self._account.format, mail.subject, mail.text)
        if not whole and self._account.overflow is Overflow.REFUSE:
            raise SmtpError(Reply(None, "", Stage.MAIL))
        kind = self._account.format.value
        document = {"msgtype": kind, kind: {"content": words}}
        return json.dumps(document, ensure_ascii=False).encode()

    def _reply(self, answer: Answer, session: HttpSession) -> Reply:
        """Return what the robot said when it took the message; raises SmtpError when not."""
        said = session.wire.words(answer.content)
        if answer.status != HTTPStatus.OK:
            unsure = Trouble.UNSURE if answer.status in _NOBODY_KNOWS else None
            raise SmtpError(Reply(answer.status, said, Stage.FINAL), unsure)
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

    def _failure(self, error: SmtpError) -> DeliveryError:
        provider, place = self._account.provider, self._place
        found = diagnose(error.reply, provider, trouble=error.trouble, place=place)
        return as_error(found, error.reply)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        self._key = None


def _key(found: Secret) -> Secret:
    key = key_in(found.reveal())
    if not key:
        raise CredentialError(NO_KEY, WHERE_KEYS_ARE)
    return Secret(key, found.place)
