"""An SMTP server on 127.0.0.1 that hands on what it is sent: TLS, a login, nothing leaves here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from traymail.ui.model.inbox import Delivered

HOST = "127.0.0.1"
# aiosmtpd logs what it meets; the demo tells what matters itself.
logging.getLogger("mail.log").addHandler(logging.NullHandler())
LARGEST_MAIL = 100 * 10**6


@dataclass(frozen=True, slots=True)
class SinkLogin:
    """Who may send to the sink."""

    username: str
    password: str = field(repr=False)


class Sink:
    """A running sink: its port, and who is given each mail, on the sink's thread."""

    def __init__(self, login: SinkLogin, deliver: Callable[[Delivered], object]) -> None:
        self.port = 0
        self._login = login
        self._deliver = deliver

    async def handle_MAIL(  # noqa: N802 # aiosmtpd's name
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a sender's mail only after a login; called by aiosmtpd."""
        if not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(  # noqa: N802 # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Hand a mail on; called by aiosmtpd."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self._deliver(Delivered(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw))
        return "250 2.0.0 kept on this computer"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Check a login; called by aiosmtpd."""
        wanted = LoginPassword(self._login.username.encode(), self._login.password.encode())
        return AuthResult(success=given == wanted, handled=False)


@contextmanager
def running(
    login: SinkLogin, ca_file: Path, deliver: Callable[[Delivered], object]
) -> Iterator[Sink]:
    """Run a sink in a thread of its own; write the certificate to trust it by to ``ca_file``.

    ``deliver`` is called with each mail.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    sink = Sink(login, deliver)
    loop = asyncio.new_event_loop()

    def connection() -> SMTP:
        return SMTP(
            sink,
            hostname="sink.localhost",
            data_size_limit=LARGEST_MAIL,
            # The whole connection is TLS, but aiosmtpd only knows of STARTTLS: see handle_MAIL.
            auth_require_tls=False,
            authenticator=sink.authenticate,
            loop=loop,
        )

    server = loop.run_until_complete(loop.create_server(connection, HOST, 0, ssl=context))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="traymail-demo-sink", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    for task in others:
        with contextlib.suppress(asyncio.CancelledError):
            await task
