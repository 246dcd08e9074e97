"""Mail leaves by SMTP: the Sender of accounts with a mail server."""

from __future__ import annotations

from contextlib import closing, suppress

from traymail.core.account import Account, Auth
from traymail.core.errors import (
    AccountFailure,
    DeliveryError,
    RecipientReply,
    Reply,
    Stage,
    TransientFailure,
)
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal, SenderTools
from traymail.core.replies import Diagnosis, as_error, diagnose, refused_recipient
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import (
    FINAL_SECONDS,
    SERVICE_CLOSING,
    SmtpSession,
    Taken,
    open_session,
)
from traymail.senders.smtp_wire import SmtpError

# Refusals that leave the connection in order, and those found before anything was said.
_OF_A_MAIL = {Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.FINAL}
_OURS = {Trouble.TOO_LARGE, Trouble.BAD_ADDRESS, Trouble.NO_SMTPUTF8}
# A kept connection may have died unnoticed: no fault of the mail, if nothing of it was sent.
_DIED = {Trouble.LOST, Trouble.TIMEOUT, Trouble.NETWORK}
_BEFORE_BODY = {Stage.MAIL, Stage.RCPT}


class SmtpSender:
    """Sends the mails of one account, over one connection that is kept between them.

    Where the account's secret has been accepted before, QQ's refusal means "too often", not
    "wrong".
    """

    def __init__(
        self, account: Account, tools: SenderTools, final_seconds: float = FINAL_SECONDS
    ) -> None:
        """``final_seconds``: how long the answer to the final dot is waited for at least."""
        self._account = account
        self._tools = tools
        self._final_seconds = final_seconds
        self._cutoff = Cutoff()
        self._session: SmtpSession | None = None
        self._secret: Secret | None = None
        self._place = ""  # where the secret is

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        """Hand the mail over; see `traymail.core.ports.Sender`.

        Raises CredentialError when there is no secret, SourceError when an attachment is gone.
        """
        reused, renewed = self._is_open(), False
        while True:
            try:
                return self._attempt(mail, journal)
            except SmtpError as error:
                diagnosis = self._diagnose(error.reply, error.trouble)
                self._tidy_up(error, diagnosis)
                if not renewed and self._has_another_token(error):
                    renewed = True
                    continue
                if reused and _worth_a_new_connection(error, diagnosis):
                    reused = False
                    continue
                raise self._failure(error, diagnosis) from error
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        """Say goodbye, if a session is open; never raises."""
        if self._session is not None:
            with suppress(SmtpError):
                self._session.quit()
            self._drop()

    def abort(self) -> None:
        """Make `send` end at once, now and from now on; from any thread, never raises."""
        self._cutoff.cut()

    def _attempt(self, mail: Mail, journal: Journal) -> Receipt:
        if self._session is None:
            account = self._account
            # Asked for before the server is: a keyring may wait long for its user.
            needed = account.auth is not Auth.NONE
            secret = self._tools.credentials.get(account) if needed else None
            self._secret = secret
            self._place = secret.place if secret else ""
            self._session = open_session(
                account, secret, self._cutoff, self._tools.told, self._final_seconds
            )
        with closing(mail.chunks(self._tools.open_attachment)) as chunks:
            return self._receipt(mail, self._session.deliver(mail, chunks, journal))

    def _has_another_token(self, error: SmtpError) -> bool:
        """Tell whether a refused access token may be renewed: it ends when its server says so."""
        account, secret = self._account, self._secret
        refused = error.reply.stage is Stage.AUTH and error.reply.code in _REFUSED
        if not refused or not account.signs_in or secret is None:
            return False
        return self._tools.credentials.another(account, secret)

    def _receipt(self, mail: Mail, taken: Taken) -> Receipt:
        refused = self._as_refused(taken.refused)
        boxes = {one.mailbox for one in refused}
        accepted = tuple(box for box in mail.envelope.recipients if box not in boxes)
        return Receipt(taken.reply.code or 0, taken.reply.text, accepted, refused)

    def _as_refused(self, refused: tuple[tuple[str, Reply], ...]) -> tuple[RecipientReply, ...]:
        return tuple(refused_recipient(box, reply, self._diagnose(reply)) for box, reply in refused)

    def _diagnose(self, reply: Reply, trouble: Trouble | None = None) -> Diagnosis:
        worked = reply.stage is Stage.AUTH and self._tools.login_worked()
        return diagnose(
            reply,
            self._account.provider,
            trouble=trouble,
            login_worked=worked,
            place=self._place,
            oauth=self._account.auth is Auth.OAUTH2,
        )

    def _failure(self, error: SmtpError, diagnosis: Diagnosis) -> DeliveryError:
        """Return the error to raise; of several recipients' refusals, the one that decides."""
        if not error.refused or error.reply.stage is not Stage.RCPT:
            return as_error(diagnosis, error.reply, self._as_refused(error.refused))
        found = [(self._diagnose(reply), reply) for _, reply in error.refused]
        decides, reply = min(found, key=lambda one: _weight(one[0].kind))
        return as_error(decides, reply, self._as_refused(error.refused))

    def _is_open(self) -> bool:
        """Return whether the kept session can be used; one that the server ended is dropped."""
        if self._session is not None and not self._session.wire.silent():
            self._drop()
        return self._session is not None

    def _tidy_up(self, error: SmtpError, diagnosis: Diagnosis) -> None:
        """Keep the connection after a plain refusal, drop it after anything else."""
        if self._session is None or error.trouble in _OURS:
            return
        plain = error.trouble is None and error.reply.stage in _OF_A_MAIL
        if not plain or diagnosis.new_connection or error.reply.code == SERVICE_CLOSING:
            self._drop()
        elif error.reply.stage is not Stage.FINAL:
            try:
                self._session.reset()
            except SmtpError:
                self._drop()

    def _drop(self) -> None:
        if self._session is not None:
            self._session.wire.close()
            self._session = None


_REFUSED = range(500, 600)


def _worth_a_new_connection(error: SmtpError, diagnosis: Diagnosis) -> bool:
    died = error.trouble in _DIED and error.reply.stage in _BEFORE_BODY
    limit = diagnosis.new_connection and error.reply.stage is not Stage.FINAL
    return died or limit


def _weight(kind: type[DeliveryError]) -> int:
    """Return what counts most when recipients were refused for different reasons."""
    if issubclass(kind, AccountFailure):
        return 0
    return 1 if issubclass(kind, TransientFailure) else 2
