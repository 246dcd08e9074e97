"""Mail leaves through SendGrid's HTTP interface: one document each, its files streamed.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from traymail.core.errors import InputError, Reply, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret
from traymail.core.sendgrid import (
    MOST_RECIPIENTS,
    SendgridAccount,
    headers_of,
    key_in,
    posted,
)
from traymail.senders.http import Answer, HttpBody, HttpSession
from traymail.senders.http_sender import HttpSender, unsure_about
from traymail.senders.smtp_wire import SmtpError

PATH = "/v3/mail/send"
SCOPES_PATH = "/v3/scopes"
_MAY_SEND = "mail.send"
# Whatever a server says, it is not left alone for longer.
_LONGEST_HOLD = timedelta(hours=1)
_SHORTEST_HOLD = timedelta(seconds=1)
# Where each refusal belongs: the key, the sender, the mail.
_STAGES: dict[int, Stage] = {HTTPStatus.UNAUTHORIZED: Stage.AUTH, HTTPStatus.FORBIDDEN: Stage.MAIL}
_MOST_DIGITS = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SendgridSender(HttpSender[SendgridAccount]):
    """`traymail.core.ports.Sender` of one account, over one connection that is kept."""

    def require(self, mail: Mail) -> None:
        """Raise SmtpError for a mail that SendGrid does not take as it is."""
        if not headers_of(mail):
            raise SmtpError(Reply(None, "", Stage.EHLO))
        if not mail.subject.strip():
            raise SmtpError(Reply(None, "", Stage.MAIL))
        if len(mail.envelope.recipients) > MOST_RECIPIENTS:
            raise SmtpError(Reply(None, "", Stage.RCPT))
        if any(not place.attachment.size for place in mail.placed):
            raise SmtpError(Reply(None, "", Stage.DATA))

    def key(self, found: Secret) -> Secret:
        """Return the API key."""
        return Secret(key_in(found.reveal()), found.place)

    def deliver(self, mail: Mail, journal: Journal, session: HttpSession, key: Secret) -> Receipt:
        """Post the mail."""
        length, blocks = posted(mail, self.account.address, self.tools.open_attachment)

        def progress(done: int) -> None:
            journal.progress(done * mail.size // length, mail.size)

        def before_final() -> None:
            journal.progress(mail.size, mail.size)
            journal.before_final()

        headers = {**_headers(key), "Content-Type": "application/json"}
        body = HttpBody(length, blocks)
        answer = session.post(PATH, headers, body, before_final, progress)
        if answer.status != HTTPStatus.ACCEPTED or answer.early:
            raise _refusal(answer, session)
        number = session.wire.words(answer.headers.get("x-message-id", "").encode("latin-1"))
        reply = f"X-Message-Id: {number}" if number else HTTPStatus.ACCEPTED.phrase
        spent = answer.headers.get("x-ratelimit-remaining") == "0"
        hold = _hold(answer) if spent else None
        return Receipt(
            HTTPStatus.ACCEPTED, reply, mail.envelope.recipients, hold=hold or timedelta(0)
        )


def try_key(session: HttpSession, key: Secret) -> str:
    """Ask what a key may do; return what was found. Raises SmtpError when it may send no mail."""
    try:
        own = Secret(key_in(key.reveal()))
    except InputError as error:
        raise SmtpError(Reply(None, "", Stage.AUTH)) from error
    answer = session.get(SCOPES_PATH, _headers(own))
    if answer.status == HTTPStatus.FORBIDDEN:
        return str(answer.status)  # a key that may send, and not ask
    scopes = answer.table.get("scopes")
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer, session)
    if not isinstance(scopes, list):
        raise SmtpError(Reply(answer.status, session.wire.words(answer.content), Stage.AUTH))
    if _MAY_SEND not in scopes:
        raise SmtpError(Reply(HTTPStatus.FORBIDDEN, "", Stage.MAIL))
    return f"{answer.status} {_MAY_SEND}"


def _headers(key: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.reveal()}", "User-Agent": "traymail"}


def _refusal(answer: Answer, session: HttpSession) -> SmtpError:
    """Return the error of an answer that is no success."""
    stage = _STAGES.get(answer.status, Stage.FINAL)
    reply = Reply(answer.status, session.wire.words(_told(answer)), stage)
    success = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    unsure = Trouble.UNSURE if success else unsure_about(answer)
    too_often = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    return SmtpError(reply, unsure, hold=_hold(answer) if too_often else None)


def _told(answer: Answer) -> bytes:
    """Return the list of errors in an answer as words, else the answer itself."""
    errors = answer.table.get("errors")
    if not isinstance(errors, list):
        return answer.content
    words = []
    for one in errors:
        message = one.get("message") if isinstance(one, dict) else None
        if isinstance(message, str):
            field = one.get("field")
            named = isinstance(field, str) and field not in {"", "null"}
            words.append(f"{field}: {message}" if named else message)
    return "; ".join(words).encode("utf-8", "replace") or answer.content


def _hold(answer: Answer) -> timedelta | None:
    """Return how long to wait until SendGrid takes more, by its own clock; None: it does not say.

    X-RateLimit-Reset is in seconds since 1970.
    """
    told = answer.headers.get("x-ratelimit-reset", "")
    if not (told.isascii() and told.isdecimal() and len(told) <= _MOST_DIGITS):
        return None
    with suppress(ValueError, OverflowError, TypeError):
        now = parsedate_to_datetime(answer.headers.get("date", ""))
        now = now if now.tzinfo is not None else now.replace(tzinfo=UTC)
        # Windows makes no date of a number as large as a stranger may send.
        pause = _EPOCH + timedelta(seconds=int(told)) - now
        return min(max(pause, _SHORTEST_HOLD), _LONGEST_HOLD)
    return None
