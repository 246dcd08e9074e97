"""A real SMTP server on 127.0.0.1 that keeps what it is sent and can be told to misbehave.

It is a good citizen of the protocol: its misbehaviour is what real servers do (a refusal, a
closed connection, slowness). Each happens once or as often as told, and then the sink is well.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.wait import PATIENCE_SECONDS, until

Security = Literal["tls", "starttls", "none"]
Stage = Literal["mail", "rcpt", "data", "final", "answer"]
"""Where a script applies: before the reply to MAIL, RCPT, DATA, or the final dot; "answer" is the
reply to the final dot too, but the sink has taken the mail when it gives it, or fails to."""

_LARGEST_MAIL = 200 * 10**6


@dataclass(frozen=True)
class Arrival:
    """One mail as it came: the bytes after dot-unstuffing and the envelope they travelled in."""

    content: bytes
    sender: str
    recipients: tuple[str, ...]
    mail_options: tuple[str, ...]
    user: str | None
    encrypted: bool
    connection: int
    """The number of the connection, counted from 1."""


@dataclass
class _Act:
    stage: Stage
    times: int
    reply: str | None = None
    drop: bool = False
    hold: Event | None = None
    only: str = ""


@dataclass
class Sink:
    """What a test sees of the server. Every member may be used from the test's thread."""

    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    arrivals: list[Arrival] = field(default_factory=list)
    without: tuple[str, ...] = ()
    """What it does not offer, of the features that EHLO tells."""
    connections: int = 0
    """Connections accepted so far."""
    logins: list[tuple[str, bool]] = field(default_factory=list)
    """Each login tried: its user name and whether it was right."""
    _acts: list[_Act] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def reply(self, stage: Stage, line: str, *, times: int = 1, only: str = "") -> None:
        """Answer `line` ("451 4.3.0 later") at `stage`; `only` where the address contains it."""
        self._add(_Act(stage, times, reply=line, only=only))

    def drop(self, stage: Stage, *, times: int = 1) -> None:
        """Close the connection at `stage` without a word."""
        self._add(_Act(stage, times, drop=True))

    def hold(self, stage: Stage, until_set: Event, *, times: int = 1) -> None:
        """Keep the client waiting at `stage` until the event is set; then go on as usual."""
        self._add(_Act(stage, times, hold=until_set))

    def wait_for(self, count: int, timeout: float = PATIENCE_SECONDS) -> list[Arrival]:
        """Wait until `count` mails have come and return all."""
        until(lambda: len(self.arrivals) >= count, timeout, f"{count} mails at the sink")
        return list(self.arrivals)

    def _add(self, act: _Act) -> None:
        with self._lock:
            self._acts.append(act)

    def _next_act(self, stage: Stage, subject: str) -> _Act | None:
        with self._lock:
            for act in self._acts:
                if act.stage == stage and act.times and act.only in subject:
                    act.times -= 1
                    return act
        return None


class _Server(SMTP):
    """One connection."""

    def __init__(
        self, sink: Sink, context: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._sink = sink
        self.number = 0
        starttls = context if sink.security == "starttls" else None
        super().__init__(
            _Handler(sink),
            hostname="sink.localhost",
            data_size_limit=_LARGEST_MAIL,
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_require_tls=starttls is not None,
            auth_exclude_mechanism=None if sink.user else ("LOGIN", "PLAIN"),
            authenticator=self._check_login,
            loop=loop,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self.number:  # STARTTLS comes here a second time
            self._sink.connections += 1
            self.number = self._sink.connections
        super().connection_made(transport)

    def hang_up(self) -> None:
        """Close the connection at once and without a word."""
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.abort()

    def _check_login(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        right = (user, password) == (self._sink.user, self._sink.password)
        self._sink.logins.append((user, right))
        return AuthResult(success=right, handled=False, auth_data=user)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        refusal = await _perform(self._sink, "data", self)
        if refusal:
            await self.push(refusal)
        else:
            await super().smtp_DATA(arg)


class _Handler:
    """What aiosmtpd asks of a mail's taker."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self,
        server: _Server,  # noqa: ARG002 - aiosmtpd's signature
        session: Session,
        envelope: Envelope,  # noqa: ARG002 - aiosmtpd's signature
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        return [one for one in responses if one[4:] not in self._sink.without]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: _Server,
        session: Session,
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        if self._sink.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        refusal = await _perform(self._sink, "mail", server, address)
        if not refusal:
            envelope.mail_from = address
            envelope.mail_options.extend(mail_options)
        return refusal or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: _Server,
        session: Session,  # noqa: ARG002 - aiosmtpd's signature
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        refusal = await _perform(self._sink, "rcpt", server, address)
        if not refusal:
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(rcpt_options)
        return refusal or "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: _Server, session: Session, envelope: Envelope
    ) -> str:
        refusal = await _perform(self._sink, "final", server)
        if refusal:
            return refusal
        self._sink.arrivals.append(
            Arrival(
                content=bytes(envelope.original_content or b""),
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                mail_options=tuple(envelope.mail_options),
                user=session.auth_data if session.authenticated else None,
                encrypted=session.ssl is not None or self._sink.security == "tls",
                connection=server.number,
            )
        )
        return await _perform(self._sink, "answer", server) or "250 2.0.0 OK: taken"


async def _perform(sink: Sink, stage: Stage, server: _Server, subject: str = "") -> str | None:
    """Play the next act of this stage; return the refusal to give, None to go on as usual."""
    act = sink._next_act(stage, subject)
    if act is None:
        return None
    while act.hold is not None and not act.hold.is_set():
        await asyncio.sleep(0.005)
    if act.drop:
        server.hang_up()
        await asyncio.Event().wait()  # until the loss of the connection cancels this task
    return act.reply


@contextmanager
def serve(
    context: ssl.SSLContext | None = None,
    *,
    security: Security = "tls",
    user: str = "",
    password: str = "",
    port: int = 0,
) -> Iterator[Sink]:
    """Run a sink until the block ends. With `user`, mail is taken only after that login."""
    assert (context is None) == (security == "none"), "TLS needs a certificate, its absence none"
    with socket.create_server(("127.0.0.1", port)) as listener:
        sink = Sink(listener.getsockname()[1], security, user, password)
        runner = _Runner(sink, listener, context)
        runner.start()
        try:
            yield sink
        finally:
            runner.stop()


class _Runner:
    """Owns the thread of the server's event loop."""

    def __init__(self, sink: Sink, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        self._sink = sink
        self._listener = listener
        self._context = context
        self._ready = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="sink")
        self._end: Callable[[], object] = lambda: None

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS), "the sink did not start"

    def stop(self) -> None:
        self._end()
        self._thread.join()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_ignore_rude_goodbyes)
        ending = asyncio.Event()
        self._end = lambda: loop.call_soon_threadsafe(ending.set)
        implicit = self._context if self._sink.security == "tls" else None
        alive: list[_Server] = []

        def connect() -> _Server:
            alive.append(_Server(self._sink, self._context, loop))
            return alive[-1]

        server = await loop.create_server(connect, sock=self._listener, ssl=implicit)
        self._ready.set()
        await ending.wait()
        server.close()
        for connection in alive:
            connection.hang_up()
        await server.wait_closed()
        await asyncio.sleep(0)  # the aborted transports close their sockets in the next turn


def _ignore_rude_goodbyes(loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
    # Clients of these tests refuse certificates and are killed: that is no error of the sink.
    if not isinstance(details.get("exception"), OSError):
        loop.default_exception_handler(details)
