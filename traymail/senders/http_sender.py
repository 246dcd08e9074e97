"""What senders over HTTP have in common: one connection that is kept, and a key for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from http import HTTPStatus
from typing import Generic, TypeVar

from traymail.core.account import Account
from traymail.core.errors import CredentialError, DeliveryError, InputError, Stage
from traymail.core.message import Mail
from traymail.core.outbox import Receipt
from traymail.core.ports import Journal, SenderTools
from traymail.core.replies import as_error, diagnose
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret
from traymail.senders.dial import Cutoff
from traymail.senders.http import Answer, HttpSession, open_http
from traymail.senders.smtp_wire import SmtpError

A = TypeVar("A", bound=Account)

# Its server broke off, or did not answer in time: https://developers.cloudflare.com/support
_OF_CLOUDFLARE = {520, 524}
# A gateway that got no answer does not know either.
_NOBODY_KNOWS = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, *_OF_CLOUDFLARE}


class HttpSender(ABC, Generic[A]):
    """`traymail.core.ports.Sender` of one account at a service that takes messages by HTTP."""

    def __init__(self, account: A, tools: SenderTools) -> None:
        self.account = account
        self.tools = tools
        self._cutoff = Cutoff()
        self._session: HttpSession | None = None
        self._key: Secret | None = None
        # Where the key was found, for what is shown of it once the session is over.
        self._place = ""

    def send(self, mail: Mail, journal: Journal) -> Receipt:
        """Post the message; raises CredentialError when there is no key."""
        try:
            self.require(mail)
            session, key = self.opened()
            return self.deliver(mail, journal, session, key)
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

    @abstractmethod
    def require(self, mail: Mail) -> None:
        """Raise SmtpError for a mail that cannot be sent so as it is, before anybody is asked."""

    @abstractmethod
    def key(self, found: Secret) -> Secret:
        """Return the key in a secret; raises InputError for what is none."""

    def open(self, key: Secret, cutoff: Cutoff) -> HttpSession:
        """Return a new session; raises SmtpError."""
        return open_http(self.account, key, cutoff, self.tools.told)

    @abstractmethod
    def deliver(self, mail: Mail, journal: Journal, session: HttpSession, key: Secret) -> Receipt:
        """Post the message in a session; raises SmtpError."""

    def opened(self) -> tuple[HttpSession, Secret]:
        """Return the session that is kept, if it is there still, else a new one."""
        if self._session is not None and (self._session.over or not self._session.wire.silent()):
            self._drop()
        if self._session is None or self._key is None:
            found = self.tools.credentials.get(self.account)
            self._place = found.place
            try:
                self._key = self.key(found)
            except InputError as error:
                raise CredentialError(error.title, error.advice) from error
            self._session = self.open(self._key, self._cutoff)
        return self._session, self._key

    def _failure(self, error: SmtpError) -> DeliveryError:
        found = diagnose(
            error.reply, self.account.provider, trouble=error.trouble, place=self._place
        )
        if error.hold is not None:
            found = replace(found, hold=error.hold)
        return as_error(found, error.reply)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        self._key = None


def unsure_about(answer: Answer) -> Trouble | None:
    """Return UNSURE for a status that leaves open whether the message was taken."""
    return Trouble.UNSURE if answer.status in _NOBODY_KNOWS and not answer.early else None
