"""Mail leaves through a webhook: a message each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from time import time

from traymail.core.errors import CredentialError, DeliveryError, InputError, Reply, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal, SenderTools
from traymail.core.replies import as_error, diagnose
from traymail.core.reply_rules import Trouble
from traymail.core.robots import Overflow
from traymail.core.secret import Secret
from traymail.core.webhook_address import HookAddress, reached, read_address
from traymail.core.webhook_answers import Heard, heard
from traymail.core.webhook_body import message
from traymail.core.webhooks import WebhookAccount
from traymail.senders.dial import Cutoff
from traymail.senders.http import Answer, Body, HttpSession, open_http
from traymail.senders.http_sender import unsure_about
from traymail.senders.smtp_wire import SmtpError, trouble_at

_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "traymail"}
_FINE = range(200, 300)


class WebhookSender:
    """`traymail.core.ports.Sender` of one webhook, over one connection that is kept."""

    def __init__(self, account: WebhookAccount, tools: SenderTools) -> None:
        self._account = account
        self._tools = tools
        self._cutoff = Cutoff()
        self._session: HttpSession | None = None
        self._address: HookAddress | None = None
        self._own: tuple[Secret, ...] = ()
        # Where the address was found, for what is told of it once the session is over.
        self._place = ""
        self._heard: Heard | None = None

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        """Post the message; raises CredentialError when there is no address."""
        self._heard = None
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
        account = self._account
        if mail.envelope.recipients != (account.address.mailbox,):
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if mail.placed:
            raise SmtpError(Reply(None, "", Stage.DATA))
        if self._session is not None and (self._session.over or not self._session.wire.silent()):
            self._drop()
        address, now = self._address or self._find(), time()
        body = self._body(mail, address, address.more(account.preset, now))
        session = self._session or self._open(address)
        journal.progress(0, mail.size)

        def before_final() -> None:
            journal.progress(mail.size, mail.size)
            journal.before_final()

        headers: Mapping[str, str] = {**_HEADERS, **address.headers(account.preset)}
        target = address.target(account.preset, now)
        answer = session.post(target, headers, Body.of(body), before_final)
        reply = self._reply(answer, session)
        return Receipt(answer.status, reply.text, mail.envelope.recipients)

    def _find(self) -> HookAddress:
        found = self._tools.credentials.get(self._account)
        self._place = found.place
        try:
            self._address = read_address(found.reveal(), self._account.preset)
        except InputError as error:
            raise CredentialError(error.title, error.advice) from error
        own = dict.fromkeys((found.reveal(), *self._address.keys))
        self._own = tuple(Secret(one, found.place) for one in own)
        return self._address

    def _open(self, address: HookAddress) -> HttpSession:
        account, told = reached(self._account, address), self._tools.told
        own = tuple((one, account.username) for one in self._own)
        self._session = open_http(account, self._own[0], self._cutoff, told)
        # Of an address, the keys alone may be said, too.
        self._session.wire.hide = lambda words: told.strike_out(words, *own)
        return self._session

    def _body(self, mail: Mail, address: HookAddress, more: Mapping[str, str]) -> bytes:
        """Return the message; raises SmtpError for one that is too long."""
        one = self._account
        written = (mail.subject, mail.text)
        content, whole = message(one.body, one.room, written, more, address.topic)
        if not whole and one.overflow is Overflow.REFUSE:
            raise SmtpError(Reply(None, "", Stage.MAIL))
        return content

    def _reply(self, answer: Answer, session: HttpSession) -> Reply:
        """Return what the service said when it took the message; raises SmtpError when not."""
        found = heard(
            self._account.success, answer.status, answer.content, answer.retry_after, time()
        )
        self._heard = found
        words = answer.content if found.words is None else found.words.encode("utf-8", "replace")
        said = session.wire.words(words)
        if found.taken:
            return Reply(answer.status, said, Stage.FINAL)
        if found.taken is None:
            raise trouble_at(Stage.FINAL, Trouble.UNSURE, said)
        preset, code = self._account.preset, found.code
        # Where the status says no more than that something is wrong, the service's own code counts.
        if answer.status not in _FINE and not (
            preset.coded and answer.status == HTTPStatus.BAD_REQUEST and code
        ):
            code = answer.status
        key = re.search(preset.refused, f"{code} {said}", re.IGNORECASE)
        stage = Stage.AUTH if key else Stage.FINAL
        raise SmtpError(Reply(code, said, stage), unsure_about(answer))

    def _failure(self, error: SmtpError) -> DeliveryError:
        provider, place = self._account.provider, self._place
        found = diagnose(error.reply, provider, trouble=error.trouble, place=place)
        rest = self._heard.rest if self._heard is not None else None
        if found.hold and rest is not None:
            found = replace(found, hold=rest)
        return as_error(found, error.reply)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        self._address = None
        self._own = ()
