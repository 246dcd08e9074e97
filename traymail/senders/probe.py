"""The doctor: a session with a server, step by step, each timed and explained."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial

from traymail.core.account import Account, Auth, Security
from traymail.core.connection_test import Step
from traymail.core.errors import Reply, Stage
from traymail.core.ports import Clock
from traymail.core.replies import as_error, diagnose, remedy_for, what_failed
from traymail.core.reply_rules import Trouble
from traymail.core.secret import Secret, ToldSecrets
from traymail.core.texts import Text, text
from traymail.senders.dial import Cutoff, Found, look_up, race
from traymail.senders.http import HttpSession
from traymail.senders.smtp_session import SmtpSession, connect, opening, refuse_unprotected
from traymail.senders.smtp_wire import (
    SmtpError,
    Wire,
    client_context,
    detail_of,
    trouble_at,
    trouble_of,
)

STEPS = ("dns", "tcp", "banner", "tls", "ehlo", "auth", "clock")
HTTP_STEPS = ("dns", "tcp", "tls", "clock")
HTTP_LOGIN_STEPS = ("dns", "tcp", "tls", "auth", "clock")
# How long the family of addresses that lost the race is waited for.
OTHER_FAMILY_SECONDS = 2.0
# So much may a clock be off before it is worth a word; logins by time-based codes allow as much.
CLOCK_TOLERANCE = timedelta(minutes=5)

HttpLogin = Callable[[HttpSession, Secret], str]
"""Asks a server about a secret; returns what was found, or raises SmtpError."""

_VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}

# The date some servers put into their banner, as in mail (RFC 5322 section 3.3).
_DATE = re.compile(r"\w{3}, +\d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")


def connection_test(
    account: Account,
    secret: Secret | None,
    clock: Clock,
    told: ToldSecrets,
    *,
    login_worked: bool = False,
) -> Generator[Step, None, None]:
    """Try an account's server up to the login, and yield the seven steps in their order.

    Nothing is sent but the login, and that only over an encrypted line. Without a ``secret`` the
    login is left out. The work may take another order than the steps (implicit TLS comes before
    the banner): a step is yielded as soon as those before it are known. Closed early, the
    connection ends. ``login_worked``: this secret has been accepted before.
    """
    test = _ConnectionTest(account, secret, clock, told, login_worked=login_worked)
    yield from _in_order(test, STEPS)


def http_connection_test(
    account: Account,
    clock: Clock,
    told: ToldSecrets,
    secret: Secret | None = None,
    login: HttpLogin | None = None,
) -> Generator[Step, None, None]:
    """Try the server of an account whose mail leaves by HTTP, up to the encryption.

    With ``login``, which asks the server about the ``secret``, up to that. No mail is sent, so
    without it whether the login works stays open. Closed early, the connection ends.
    """
    steps = HTTP_STEPS if login is None else HTTP_LOGIN_STEPS
    yield from _in_order(_HttpConnectionTest(account, secret, clock, told, login), steps)


def _in_order(test: _ConnectionTest, steps: Sequence[str]) -> Generator[Step, None, None]:
    known: dict[str, Step] = {}
    waiting = list(steps)
    try:
        for step in test.run():
            known[step.step] = step
            while waiting and waiting[0] in known:
                yield known[waiting.pop(0)]
    finally:
        test.close()
    for name in waiting:
        yield known.get(name, Step(name, None))


class _ConnectionTest:
    """The work, in the order that the account's kind of protection asks for."""

    def __init__(
        self,
        account: Account,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        *,
        login_worked: bool,
    ) -> None:
        self._account = account
        self._secret = secret
        self._clock = clock
        self._told = told
        self._login_worked = login_worked
        self._addresses: list[Found] = []
        self._wire: Wire | None = None
        self._session: SmtpSession | None = None
        self._banner = ""
        self._failed: SmtpError | None = None

    def run(self) -> Iterator[Step]:
        """Yield each step that was tried; a failed one is the last but for the clock."""
        for name, work in self._plan():
            step = self._timed(name, work)
            # Before STARTTLS the server is greeted too, but only what it says after it counts.
            if not (name == "ehlo" and step.ok and self._is_still_plain()):
                yield step
            if self._failed is not None:
                break
        else:
            yield from self._left_out()
        if (clock := self._compare_clocks()) is not None:
            yield clock

    def close(self) -> None:
        """End the session, politely if that is possible."""
        if self._session is not None and self._failed is None:
            with suppress(SmtpError):
                self._session.quit()
        if self._wire is not None:
            self._wire.close()

    def _is_still_plain(self) -> bool:
        wire = self._wire
        return self._account.security is Security.STARTTLS and not (wire and wire.encrypted)

    def _plan(self) -> Iterator[tuple[str, Callable[[], Text | str]]]:
        yield "dns", self._look_up
        yield "tcp", self._connect
        if self._wire is None:
            return
        yield from self._talk(self._wire)

    def _talk(self, wire: Wire) -> Iterator[tuple[str, Callable[[], Text | str]]]:
        """Yield what is done once the server is reached."""
        session = self._session = SmtpSession(wire, self._account)
        for name, work in opening(session, self._account, self._secret):
            yield name, partial(self._step, session, name, work)

    def _step(
        self, session: SmtpSession, name: str, work: Callable[[], Reply | None]
    ) -> Text | str:
        """Do one step of a session; return what it found."""
        reply = work()
        match name:
            case "tls":
                return _protection(session.wire)
            case "ehlo":
                return session.offers
            case "banner":
                self._banner = reply.text if reply else ""
                return self._banner
            case _:
                return f"{reply.code} {reply.text}" if reply else ""

    def _left_out(self) -> Iterator[Step]:
        if self._account.security is Security.NONE:
            yield Step("tls", None, None, text("no encryption is asked for"))
        if self._account.auth is Auth.NONE:
            yield Step("auth", None, None, text("no login is asked for"))
        elif self._secret is None:
            yield Step("auth", None, None, text("there is no secret to log in with"))

    def _timed(self, name: str, work: Callable[[], Text | str]) -> Step:
        began = self._clock.monotonic()
        try:
            detail = work()
        except SmtpError as error:
            self._failed = error
            return self._failure(name, error, self._since(began))
        return Step(name, True, self._since(began), detail)  # noqa: FBT003 # ok

    def _since(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)

    def _failure(self, name: str, error: SmtpError, ms: int) -> Step:
        reply = error.reply
        worked = reply.stage is Stage.AUTH and self._login_worked
        found = diagnose(
            reply,
            self._account.provider,
            trouble=error.trouble,
            login_worked=worked,
            place=self._secret.place if self._secret else "",
            oauth=self._account.auth is Auth.OAUTH2,
        )
        return Step(
            name,
            False,  # noqa: FBT003 # ok
            ms,
            what_failed(found.title, reply.code, reply.text),
            remedy_for(found.advice_id, self._account.name),
            as_error(found, reply),
        )

    def _look_up(self) -> str:
        try:
            self._addresses = look_up(self._account.host, self._account.port)
        except (OSError, ValueError) as error:
            trouble = trouble_of(error, Stage.CONNECT)
            raise trouble_at(Stage.CONNECT, trouble, detail_of(error)) from error
        return ", ".join(dict.fromkeys(str(found[4][0]) for found in self._addresses))

    def _connect(self) -> Text | str:
        wire = self._wire = connect(self._account, self._secret, Cutoff(), self._told)
        if self._account.name:  # a server that is only visited is told nothing to be protected
            refuse_unprotected(wire, self._account)
        reached = f"{wire.peer}, {self._account.port}"
        version = ipaddress.ip_address(wire.peer).version
        others = [one for one in self._addresses if _VERSIONS.get(one[0]) not in {version, None}]
        if not others:
            return reached
        # The mail went the faster way; that the other is closed is worth a word all the same.
        try:
            race(others, OTHER_FAMILY_SECONDS).close()
            outcome: Text | str = text("answers, too")
        except OSError as error:
            outcome = detail_of(error)
        other = f"IPv{_VERSIONS[others[0][0]]}"
        return text("{reached}; {other}: {outcome}", reached=reached, other=other, outcome=outcome)

    def _compare_clocks(self) -> Step | None:
        """Compare with what the server showed of the time; no other server is asked."""
        now, told, dates = self._clock.now(), _date_in(self._banner), None
        accepted = self._wire is not None and self._wire.encrypted
        if self._wire is not None and accepted:
            protection = self._wire.protection
            dates = (protection.begins, protection.ends) if protection else None
        elif self._wire is not None and self._failed and self._failed.trouble in _DATES_REFUSED:
            dates = self._wire.refused_dates
        if dates is not None:
            return _judge(now, told, dates, accepted=accepted)
        return None if told is None else _differing(now, told)


class _HttpConnectionTest(_ConnectionTest):
    """The work where the protocol is HTTP: there is nothing to say before a message."""

    def __init__(
        self,
        account: Account,
        secret: Secret | None,
        clock: Clock,
        told: ToldSecrets,
        login: HttpLogin | None,
    ) -> None:
        super().__init__(account, secret, clock, told, login_worked=False)
        self._login = login

    def _talk(self, wire: Wire) -> Iterator[tuple[str, Callable[[], Text | str]]]:
        if self._account.security is Security.TLS:
            yield "tls", lambda: self._encrypt(wire)
        login, secret = self._login, self._secret
        if login is not None and secret is not None:
            yield "auth", lambda: login(HttpSession(wire, self._account), secret)

    def _encrypt(self, wire: Wire) -> Text:
        wire.secure(client_context(self._account.ca_file), self._account.host)
        return _protection(wire)

    def _left_out(self) -> Iterator[Step]:
        if self._account.security is Security.NONE:
            yield Step("tls", None, None, text("no encryption is asked for"))
        if self._login is not None and self._secret is None:
            yield Step("auth", None, None, text("there is no secret to log in with"))


def _protection(wire: Wire) -> Text:
    found = wire.protection
    return text(
        "{version}, the certificate is valid until {date}",
        version=found.version if found else "",
        date=found.ends.date().isoformat() if found else "",
    )


_DATES_REFUSED = {Trouble.CERT_TIME, Trouble.CERT_NOT_YET}


def _judge(
    now: datetime, told: datetime | None, dates: tuple[datetime, datetime], *, accepted: bool
) -> Step:
    """Tell whose clock is wrong: the certificate's dates decide, for a banner may be wrong too."""
    begins, ends = dates
    said = {
        "now": now.date().isoformat(),
        "begins": begins.date().isoformat(),
        "ends": ends.date().isoformat(),
    }
    agreed = told is not None and abs(now - told) <= CLOCK_TOLERANCE
    known = accepted or (told is not None and begins <= told <= ends)
    if begins <= now <= ends:
        if told is not None and not begins <= told <= ends:
            words = text(
                "the server's clock is wrong: it says {told}, outside its certificate's validity",
                told=told.date().isoformat(),
            )
            return Step("clock", True, 0, words)  # noqa: FBT003 # ok
        if told is not None:
            return replace(_differing(now, told), ok=True)
        fits = text(
            "compared with the certificate's validity, {begins} to {ends}",
            begins=said["begins"],
            ends=said["ends"],
        )
        return Step("clock", True, 0, fits)  # noqa: FBT003 # ok
    if agreed:
        words = text(
            "right by the server's own; its certificate is valid {begins} to {ends}", **said
        )
        return Step("clock", True, 0, words)  # noqa: FBT003 # ok
    if now > ends and not known:
        words = text(
            "if the date here, {now}, is right, the certificate is out of date since {ends}", **said
        )
        return Step("clock", None, 0, words)
    words = text(
        "the clock of this computer is wrong: it says {now}, and the certificate is valid "
        "{begins} to {ends}",
        **said,
    )
    return Step("clock", False, 0, words, _SET_THE_CLOCK)  # noqa: FBT003 # ok


def _differing(now: datetime, told: datetime) -> Step:
    """Compare with the server's clock alone: which of the two is wrong is not known."""
    seconds = round((now - told).total_seconds())
    ok = True if abs(now - told) <= CLOCK_TOLERANCE else None
    return Step(
        "clock", ok, 0, text("differs from the server's clock by {seconds} s", seconds=seconds)
    )


_SET_THE_CLOCK = text("Set date and time of this computer; certificates depend on them.")


def _date_in(banner: str) -> datetime | None:
    found = _DATE.search(banner)
    if found is None:
        return None
    with suppress(ValueError, OverflowError):
        told = parsedate_to_datetime(found[0])
        # "-0000" is UTC of an unknown place (RFC 5322 section 3.3).
        return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
    return None
