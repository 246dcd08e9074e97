"""Mail leaves through a webhook: a message each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from time import time

from traymail.core.errors import Reply, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal
from traymail.core.reply_rules import Trouble
from traymail.core.robots import Overflow, is_mention
from traymail.core.secret import Secret
from traymail.core.webhook_address import HookAddress, reached, read_address
from traymail.core.webhook_answers import heard
from traymail.core.webhook_body import message
from traymail.core.webhook_files import caption, posted
from traymail.core.webhooks import Calling, WebhookAccount
from traymail.senders.dial import Cutoff
from traymail.senders.http import Answer, HttpBody, HttpSession, open_http
from traymail.senders.http_sender import HttpSender, unsure_about
from traymail.senders.smtp_wire import SmtpError

_JSON = "application/json; charset=utf-8"
_FINE = range(200, 300)


class WebhookSender(HttpSender[WebhookAccount]):
    """`traymail.core.ports.Sender` of one webhook, over one connection that is kept."""

    def require(self, mail: Mail) -> None:
        """Raise SmtpError for a mail that the service does not take as it is."""
        one = self.account
        named = one.called(mail.envelope.recipients)
        if named and (one.preset.calling is Calling.NOBODY or not all(map(is_mention, named))):
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if mail.placed and not one.preset.takes([place.attachment for place in mail.placed]):
            raise SmtpError(Reply(None, "", Stage.DATA))
        if one.overflow is Overflow.REFUSE and not self._fits(mail):
            raise SmtpError(Reply(None, "", Stage.MAIL))

    def key(self, found: Secret) -> Secret:
        """Return the address, and what stands behind it."""
        read_address(found.reveal(), self.account.preset)
        return found

    def open(self, key: Secret, cutoff: Cutoff) -> HttpSession:
        """Return a session with the server of the address."""
        address, told = read_address(key.reveal(), self.account.preset), self.tools.told
        account = reached(self.account, address)
        session = open_http(account, key, cutoff, told)
        # Of an address, the keys alone may be said, too.
        own = (key, *(Secret(one) for one in address.keys))
        told_it = tuple((one, account.username) for one in own)
        session.wire.hide = lambda words: told.strike_out(words, *told_it)
        return session

    def deliver(self, mail: Mail, journal: Journal, session: HttpSession, key: Secret) -> Receipt:
        """Post the message, all of it in one request."""
        address, now = read_address(key.reveal(), self.account.preset), time()
        target, kind, body = self._made(mail, address, now)

        def progress(done: int) -> None:
            journal.progress(done * mail.size // body.length, mail.size)

        def before_final() -> None:
            journal.progress(mail.size, mail.size)
            journal.before_final()

        headers: Mapping[str, str] = {
            "Content-Type": kind,
            "User-Agent": "traymail",
            **address.headers(self.account.preset),
        }
        answer = session.post(target, headers, body, before_final, progress)
        return Receipt(answer.status, self._reply(answer, session), mail.envelope.recipients)

    def _fits(self, mail: Mail) -> bool:
        one, to = self.account, mail.envelope.recipients
        written = one.written(mail.subject, mail.text, to)
        if mail.placed and one.preset.files is not None:
            return caption(one.preset.files, written)[1]
        return message(one.body, one.room, written, {}, beside=one.calls_of(to))[1]

    def _made(self, mail: Mail, address: HookAddress, now: float) -> tuple[str, str, HttpBody]:
        """Return where the message is posted, as what, and itself."""
        one = self.account
        files = one.preset.files
        if mail.placed and files is not None:
            made = posted(files, mail, address.path, address.query, self.tools.open_attachment)
            return made.target, made.content_type, HttpBody(made.length, made.blocks)
        to, more = mail.envelope.recipients, address.more(one.preset, now)
        written = one.written(mail.subject, mail.text, to)
        content, _whole = message(
            one.body, one.room, written, more, address.topic, beside=one.calls_of(to)
        )
        return address.target(one.preset, now), _JSON, HttpBody.of(content)

    def _reply(self, answer: Answer, session: HttpSession) -> str:
        """Return what the service said when it took the message; raises SmtpError when not."""
        preset = self.account.preset
        found = heard(
            self.account.success, answer.status, answer.content, answer.retry_after, time()
        )
        words = answer.content if found.words is None else found.words.encode("utf-8", "replace")
        said = session.wire.words(words)
        if found.taken and not answer.early:
            return said
        if found.taken is None and preset.flooded and re.search(preset.flooded, said):
            raise SmtpError(Reply(HTTPStatus.TOO_MANY_REQUESTS, said, Stage.FINAL), hold=found.rest)
        if found.taken is None and not answer.early:
            raise SmtpError(Reply(None, said, Stage.FINAL), Trouble.UNSURE)
        code = found.code
        # Where the status says no more than that something is wrong, the service's own code counts.
        if answer.status not in _FINE and not (
            preset.coded and answer.status == HTTPStatus.BAD_REQUEST and code
        ):
            code = answer.status
        key = re.search(preset.refused, f"{code} {said}", re.IGNORECASE)
        reply = Reply(code, said, Stage.AUTH if key else Stage.FINAL)
        raise SmtpError(reply, unsure_about(answer), hold=found.rest)
