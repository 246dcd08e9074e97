"""A real SMTP server on 127.0.0.1 that keeps what it is sent and can be told to misbehave.

It is a good citizen of the protocol: its misbehaviour is what real servers do (a refusal, a
closed connection, slowness). Each happens once or as often as told, and then the sink is well.
"""

import asyncio
import base64
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
_GOODBYE_SECONDS = 5.0
_TURNS = 5


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
    instead: tuple[str, ...] = ()
    """What it offers besides, each a line of its answer to EHLO."""
    connections: int = 0
    """Connections accepted so far."""
    logins: list[tuple[str, bool]] = field(default_factory=list)
    """Each login tried: its user name and whether it was right."""
    by_token: bool = False
    """Whether logins are by OAuth2."""
    tokens: dict[str, str] = field(default_factory=dict, repr=False)
    """The access tokens that are good, each with its user."""
    answers: list[bytes] = field(default_factory=list, repr=False)
    """What was sent in such logins, each line to the letter."""
    refusal: str = "535 5.7.8 Username and Password not accepted"
    """What a wrong access token is answered in the end."""
    _acts: list[_Act] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def reply(self, stage: Stage, line: str, *, times: int = 1, only: str = "") -> None:
        """Answer `line` ("451 4.3.0 later") at `stage`; `only` where the address contains it."""
        self._add(_Act(stage, times, reply=line, only=only))

    def drop(self, stage: Stage, *, times: int = 1) -> None:
        """Close the connection at `stage` without a word."""
        self._add(_Act(stage, times, drop=True))

    def hold(self, stage: Stage, until_set: Event, *, times: int = 1, only: str = "") -> None:
        """Keep the client waiting at `stage` until the event is set; then go on as usual.

        `only` where the address contains it.
        """
        self._add(_Act(stage, times, hold=until_set, only=only))

    def wait_for(self, count: int, timeout: float = PATIENCE_SECONDS) -> list[Arrival]:
        """Wait until `count` mails have come and return all."""
        until(lambda: len(self.arrivals) >= count, timeout, f"{count} mails at the sink")
        return list(self.arrivals)

    def _add(self, act: _Act) -> None:
        with self._lock:
            self._acts.append(act)

    def next_act(self, stage: Stage, subject: str) -> _Act | None:
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
        """Close the connection at once and without a word.

        Also one that is closing: with TLS, it would wait for the goodbye of its client.
        """
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

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


class _TokenServer(_Server):
    """One connection at which one logs in with access tokens, which are long."""

    line_length_limit = 16_384
    command_size_limits = defaultdict(lambda: 16_384)  # noqa: RUF012 - as the base has it

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult | None:  # noqa: N802 - aiosmtpd's name
        """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol"""
        user, found, rest = self._initial(args).partition(b"\x01auth=Bearer ")
        right = user.startswith(b"user=") and found and rest.endswith(b"\x01\x01")
        return await self._judge(user.removeprefix(b"user="), rest if right else b"", b"")

    async def auth_OAUTHBEARER(self, _server: SMTP, args: list[str]) -> AuthResult | None:  # noqa: N802 - aiosmtpd's name
        """RFC 7628"""
        head, *pairs, last, end = self._initial(args).split(b"\x01")
        port = f"port={self._sink.port}".encode()
        right = head.startswith(b"n,a=") and head.endswith(b",") and (last, end) == (b"", b"")
        right = right and pairs[:2] == [b"host=127.0.0.1", port]
        token = pairs[2].removeprefix(b"auth=Bearer ") + b"\x01\x01" if right else b""
        user = head[4:-1].replace(b"=2C", b",").replace(b"=3D", b"=")
        return await self._judge(user, token, b"AQ==")

    def _initial(self, args: list[str]) -> bytes:
        self._sink.answers.append(" ".join(("AUTH", *args)).encode())
        return base64.b64decode(args[1], validate=True)

    async def _judge(self, user: bytes, rest: bytes, surrender: bytes) -> AuthResult | None:
        name, token = user.decode(), rest.removesuffix(b"\x01\x01").decode()
        right = self._sink.tokens.get(token) == name
        self._sink.logins.append((name, right))
        if right:
            return AuthResult(success=True, auth_data=name)
        said = b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}'
        await self.push(b"334 " + base64.b64encode(said))
        self._sink.answers.append((await self._reader.readline()).rstrip(b"\r\n"))
        if self._sink.answers[-1] != surrender:
            await self.push("501 5.5.2 no such answer")
            return None
        await self.push(self._sink.refusal)
        return None


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
        kept = [one for one in responses if one[4:] not in self._sink.without]
        return [*kept[:-1], *self._sink.instead, *kept[-1:]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        server: _Server,
        session: Session,
        envelope: Envelope,
        address: str,
        mail_options: list[str],
    ) -> str:
        if (self._sink.user or self._sink.by_token) and not session.authenticated:
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
    act = sink.next_act(stage, subject)
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
    tokens: dict[str, str] | None = None,
) -> Iterator[Sink]:
    """Run a sink until the block ends. With `user`, mail is taken only after that login.

    With `tokens`, only after one with one of them, each with its user.
    """
    assert (context is None) == (security == "none"), "TLS needs a certificate, its absence none"
    with socket.create_server(("127.0.0.1", port)) as listener:
        sink = Sink(
            listener.getsockname()[1],
            security,
            user,
            password,
            tokens={} if tokens is None else tokens,
        )
        sink.by_token = tokens is not None
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
            kind = _TokenServer if self._sink.by_token else _Server
            alive.append(kind(self._sink, self._context, loop))
            return alive[-1]

        server = await loop.create_server(connect, sock=self._listener, ssl=implicit)
        self._ready.set()
        await ending.wait()
        # What is accepted just now gets its transport first: a closed server gives it none.
        with suppress(NotImplementedError):  # of Windows
            loop.remove_reader(self._listener)
        await _some_turns()
        server.close()
        for connection in alive:
            connection.hang_up()
        await server.wait_closed()
        await _some_turns()  # the aborted transports close their sockets
        # Python 3.11 waits for no connection; some have ended their handshake only now.
        deadline = loop.time() + _GOODBYE_SECONDS
        while getattr(server, "_active_count", 0) and loop.time() < deadline:
            for connection in alive:
                connection.hang_up()
            await asyncio.sleep(0.01)
        # What is cancelled closes its socket some turns later, and the loop has none behind this.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await _some_turns()


async def _some_turns() -> None:
    """Let the loop do what is to be done soon, and what that leads to."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _ignore_rude_goodbyes(loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
    # Clients of these tests refuse certificates and are killed: that is no error of the sink.
    if not isinstance(details.get("exception"), OSError):
        loop.default_exception_handler(details)
