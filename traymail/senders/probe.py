"""The doctor: a session with a server, step by step, each timed and explained."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from traymail.core.account import Account, Auth, Security
from traymail.core.errors import Stage
from traymail.core.examination import Step
from traymail.core.ports import Clock
from traymail.core.replies import diagnose
from traymail.core.secret import Secret
from traymail.core.texts import Text, text
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import Session, connect
from traymail.senders.smtp_wire import SmtpError, Wire, detail_of, trouble_at, trouble_of

STEPS = ("dns", "tcp", "banner", "tls", "ehlo", "auth", "clock")
# So much may a clock be off before it is worth a word; logins by time-based codes allow as much.
CLOCK_TOLERANCE = timedelta(minutes=5)

# The date some servers put into their banner, as in mail (RFC 5322 section 3.3).
_DATE = re.compile(r"\w{3}, +\d{1,2} \w{3} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}")


def examine(account: Account, secret: Secret | None, clock: Clock) -> Generator[Step, None, None]:
    """Try an account's server up to the login, and yield the seven steps in their order.

    Nothing is sent but the login, and that only over an encrypted line. Without a ``secret`` the
    login is left out. The work may take another order than the steps (implicit TLS comes before
    the banner): a step is yielded as soon as those before it are known. Closed early, the
    connection ends.
    """
    examination = _Examination(account, secret, clock)
    known: dict[str, Step] = {}
    waiting = list(STEPS)
    try:
        for step in examination.run():
            known[step.step] = step
            while waiting and waiting[0] in known:
                yield known[waiting.pop(0)]
    finally:
        examination.close()
    for name in waiting:
        yield known.get(name, Step(name, None))


class _Examination:
    """The work, in the order that the account's kind of protection asks for."""

    def __init__(self, account: Account, secret: Secret | None, clock: Clock) -> None:
        self._account = account
        self._secret = secret
        self._clock = clock
        self._wire: Wire | None = None
        self._banner = ""
        self._healthy = True

    def run(self) -> Iterator[Step]:
        """Yield each step that was tried; a failed one is the last but for the clock."""
        for name, work in self._plan():
            step = self._timed(name, work)
            self._healthy = step.ok is not False
            # Before STARTTLS the server is greeted too, but only what it says after it counts.
            if not (name == "ehlo" and step.ok and self._is_still_plain()):
                yield step
            if not self._healthy:
                break
        yield self._compare_clocks()

    def close(self) -> None:
        """End the session, politely if that is possible."""
        if self._wire is None:
            return
        if self._healthy:
            with suppress(SmtpError):
                Session(self._wire, self._account).quit()
        self._wire.close()

    def _is_still_plain(self) -> bool:
        wire = self._wire
        return self._account.security is Security.STARTTLS and not (wire and wire.encrypted)

    def _plan(self) -> Iterator[tuple[str, Callable[[], Text | str | None]]]:
        yield "dns", self._look_up
        yield "tcp", self._connect
        if self._wire is None:
            return
        session = Session(self._wire, self._account)
        if self._account.security is Security.TLS:
            yield "tls", lambda: self._encrypt(session)
        yield "banner", lambda: self._greet(session)
        if self._account.security is Security.STARTTLS:
            yield "ehlo", lambda: self._hello(session)
            yield "tls", lambda: self._start_tls(session)
        yield "ehlo", lambda: self._hello(session)
        if self._account.auth is not Auth.NONE:
            yield "auth", lambda: self._login(session)

    def _timed(self, name: str, work: Callable[[], Text | str | None]) -> Step:
        began = self._clock.monotonic()
        try:
            detail, ok, advice = work(), True, None
        except SmtpError as error:
            found = diagnose(error.reply, self._account.provider, trouble=error.trouble)
            said = f"{error.reply.code or ''} {error.reply.text}".strip()
            detail, ok, advice = (
                text("{title}: {reply}", title=found.title, reply=said),
                False,
                found.advice,
            )
        ms = round((self._clock.monotonic() - began) * 1000)
        if detail is None:
            return Step(name, None, None, text("left out: there is no secret to log in with"))
        return Step(name, ok, ms, detail, advice)

    def _look_up(self) -> str:
        host, port = self._account.host, self._account.port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            trouble = trouble_of(error, Stage.CONNECT)
            raise trouble_at(Stage.CONNECT, trouble, detail_of(error)) from error
        return ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _connect(self) -> str:
        self._wire = connect(self._account, Cutoff())
        return f"{self._wire.peer}, {self._account.port}"

    def _greet(self, session: Session) -> str:
        self._banner = session.greet().text
        return self._banner

    def _hello(self, session: Session) -> str:
        session.hello()
        return ", ".join(f"{name} {more}".strip() for name, more in session.features.items())

    def _start_tls(self, session: Session) -> Text | str:
        session.start_tls()
        return self._encrypt(session)

    def _encrypt(self, session: Session) -> Text | str:
        session.encrypt()
        found = session.wire.protection
        return text(
            "{version}, the certificate is valid until {date}",
            version=found.version if found else "",
            date=found.ends.date().isoformat() if found else "",
        )

    def _login(self, session: Session) -> str | None:
        if self._secret is None:
            return None
        reply = session.login(self._secret)
        return f"{reply.code} {reply.text}"

    def _compare_clocks(self) -> Step:
        """Compare with what the server showed of the time; no other server is asked."""
        now = self._clock.now()
        told = _date_in(self._banner)
        if told is not None:
            seconds = round((now - told).total_seconds())
            ok = abs(now - told) <= CLOCK_TOLERANCE
            detail = text("differs from the server's clock by {seconds} s", seconds=seconds)
            return Step("clock", ok, 0, detail, None if ok else _SET_THE_CLOCK)
        protection = self._wire.protection if self._wire and self._wire.encrypted else None
        if protection is None:
            return Step("clock", None, None, text("the server told nothing to compare with"))
        ok = protection.begins <= now <= protection.ends
        detail = text(
            "compared with the certificate's validity, {begins} to {ends}",
            begins=protection.begins.date().isoformat(),
            ends=protection.ends.date().isoformat(),
        )
        return Step("clock", ok, 0, detail, None if ok else _SET_THE_CLOCK)


_SET_THE_CLOCK = text("Set date and time of this computer; certificates depend on them.")


def _date_in(banner: str) -> datetime | None:
    found = _DATE.search(banner)
    if found is None:
        return None
    with suppress(ValueError):
        return parsedate_to_datetime(found[0])
    return None
