"""Bytes to and from an SMTP server: connect, encrypt, write, read replies; all with deadlines.

Every failure leaves as an SmtpError: the one place where exceptions of sockets and TLS are
translated. What the commands mean is `traymail.senders.smtp_session`'s matter.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from traymail.core.errors import Reply, Stage
from traymail.core.replies import readable
from traymail.core.reply_rules import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from traymail.senders.dial import Cutoff

# RFC 5321 allows 512 bytes a line and RFC 4954 12,288 for a challenge; more is no SMTP server.
LONGEST_LINE = 16_384
MOST_LINES = 200

_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?")

# OpenSSL's reasons, https://docs.openssl.org/master/man3/SSL_get_error/ and <openssl/sslerr.h>.
_PLACE_IN_SOURCE = re.compile(r"^_ssl\.c:\d+: ")
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "UNKNOWN_PROTOCOL",
}
_OLD_TLS = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW"}
# X509_V_ERR_CERT_NOT_YET_VALID, CERT_HAS_EXPIRED; HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH.
_CERT_TIME = {9, 10}
_CERT_HOST = {62, 64}


class SmtpError(Exception):
    """A session, or one command of it, went wrong.

    ``reply`` is what the server said, or with ``trouble`` what happened instead of an answer.
    ``refused``: the recipients it is about, each with its reply.
    """

    def __init__(
        self,
        reply: Reply,
        trouble: Trouble | None = None,
        refused: tuple[tuple[str, Reply], ...] = (),
    ) -> None:
        super().__init__(f"{reply.stage.value}: {reply.code or ''} {reply.text}")
        self.reply = reply
        self.trouble = trouble
        self.refused = refused


def trouble_at(stage: Stage, trouble: Trouble, detail: str) -> SmtpError:
    """Make the error of something that is not the server's answer."""
    return SmtpError(Reply(None, detail, stage), trouble)


class _Encrypted(ssl.SSLSocket):
    """A TLS socket that is closed also when the other end was gone before TLS began."""

    def getpeername(self) -> Any:  # noqa: ANN401 # as ssl declares it
        # Asked by Python's ssl once it has taken the connection over. When there is none any more,
        # it raises, and leaves the descriptor open that nobody else has.
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)) from error


def client_context(ca_file: str) -> ssl.SSLContext:
    """Return the only kind of TLS there is: checked certificates and names, TLS 1.2 or newer.

    ``ca_file``: trusted in addition to the system's authorities; "" for none.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = _Encrypted
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(Path(ca_file).expanduser())
        except OSError as error:  # SSLError is one, for what is no PEM file
            raise trouble_at(Stage.TLS, Trouble.CA_FILE, f"{ca_file}: {error.strerror}") from error
    return context


@dataclass(frozen=True, slots=True)
class Protection:
    """The version of TLS in use, and from when until when the server's certificate is valid."""

    version: str
    begins: datetime
    ends: datetime


class Wire:
    """One connection. ``stage`` is kept by the caller and named in every error."""

    def __init__(self, sock: socket.socket, timeout: float, cutoff: Cutoff) -> None:
        self.stage = Stage.CONNECT
        self.encrypted = False
        self.hide: Callable[[str], str] = str
        self._sock = sock
        self._timeout = timeout
        self._cutoff = cutoff
        self._buffer = bytearray()
        cutoff.watch(sock)
        # Body and final dot go out apart; with Nagle's algorithm that costs 45 ms a mail.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def peer(self) -> str:
        """Return the address at the other end, without a scope."""
        with self._translated():
            return str(self._sock.getpeername()[0]).partition("%")[0]

    @property
    def to_loopback(self) -> bool:
        """Return whether the other end is on this computer: by the real address, not the name."""
        return ipaddress.ip_address(self.peer).is_loopback

    def refuse_injection(self) -> None:
        """Refuse bytes behind the go-ahead for TLS: whoever is in between put them there."""
        if self.silent():
            return
        if self._buffer:
            raise self._trouble(Trouble.INJECTED, "plain text behind the go-ahead for TLS")
        raise self._trouble(Trouble.LOST, "connection closed")

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS; the certificate must be trusted and be that of ``host``."""
        self.stage = Stage.TLS
        with self._translated():
            self._sock.settimeout(self._timeout)
            # The handshake apart, so that the socket that can be cut off is the one in use.
            encrypted = context.wrap_socket(
                self._sock, server_hostname=host.rstrip("."), do_handshake_on_connect=False
            )
            self._sock = encrypted
            self._cutoff.watch(encrypted)
            encrypted.do_handshake()
        self.encrypted = True

    @property
    def protection(self) -> Protection | None:
        """Return how the connection is encrypted; None while it is not."""
        if not isinstance(self._sock, ssl.SSLSocket):
            return None
        fields = self._sock.getpeercert() or {}
        begins, ends = (ssl.cert_time_to_seconds(str(fields[n])) for n in ("notBefore", "notAfter"))
        return Protection(
            self._sock.version() or "",
            datetime.fromtimestamp(begins, UTC),
            datetime.fromtimestamp(ends, UTC),
        )

    def write(self, data: bytes | bytearray) -> None:
        """Send all of it."""
        with self._translated():
            self._sock.settimeout(self._timeout)
            self._sock.sendall(data)

    def lines(self, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """Read one reply, all of it within ``timeout`` seconds: its code and its lines."""
        deadline = monotonic() + (self._timeout if timeout is None else timeout)
        code, said = 0, list[bytes]()
        more = True
        while more:
            line = self._line(deadline)
            found = _REPLY_LINE.fullmatch(line)
            if not found or (said and int(found[1]) != code) or len(said) >= MOST_LINES:
                raise self._trouble(Trouble.NONSENSE, readable(line, self.hide))
            code = int(found[1])
            said.append(found[3] or b"")
            more = found[2] == b"-"
        return code, said

    def reply(self, timeout: float | None = None) -> Reply:
        """Read one reply as words for people, the secret struck out."""
        code, said = self.lines(timeout)
        return Reply(code, readable(b" ".join(said), self.hide), self.stage)

    def silent(self) -> bool:
        """Return whether the server is there and has said nothing that was not read yet."""
        if self._buffer:
            return False
        try:
            self._sock.settimeout(0)
            self._buffer += self._sock.recv(LONGEST_LINE)
        except (BlockingIOError, ssl.SSLWantReadError):  # nothing, or only TLS's own records
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """End the connection as it is: a mail that is half sent is thrown away by the server."""
        self._cutoff.forget()
        with suppress(OSError):
            self._sock.close()

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise self._trouble(Trouble.NONSENSE, "a line without an end")
            with self._translated():
                # At least a moment: 0 would mean not to wait at all.
                self._sock.settimeout(max(deadline - monotonic(), 0.001))
                data = self._sock.recv(LONGEST_LINE)
            if not data:
                raise self._trouble(Trouble.LOST, "connection closed")
            self._buffer += data
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def _trouble(self, trouble: Trouble, detail: str) -> SmtpError:
        if self._cutoff.done:
            trouble = Trouble.STOPPED
        return trouble_at(self.stage, trouble, detail)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:  # ValueError: a host name that TLS cannot check
            raise self._trouble(trouble_of(error, self.stage), detail_of(error)) from error


def trouble_of(error: OSError | ValueError, stage: Stage) -> Trouble:
    """Return what an exception of sockets or TLS means at a stage."""
    if isinstance(error, ssl.SSLError) and stage is Stage.TLS:
        return _trouble_of_tls(error)
    if isinstance(error, ConnectionError) and stage is Stage.TLS:
        return Trouble.TLS_FAILED
    return next(
        (trouble for kind, trouble in _TROUBLES if isinstance(error, kind)), Trouble.NETWORK
    )


_TROUBLES: tuple[tuple[type[Exception], Trouble], ...] = (
    (socket.gaierror, Trouble.NAME),
    (ValueError, Trouble.NAME),
    (ConnectionRefusedError, Trouble.REFUSED),
    (TimeoutError, Trouble.TIMEOUT),
    (ConnectionError, Trouble.LOST),
    (ssl.SSLError, Trouble.LOST),
)


def _trouble_of_tls(error: ssl.SSLError) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _CERT_TIME:
            return Trouble.CERT_TIME
        return Trouble.CERT_HOST if error.verify_code in _CERT_HOST else Trouble.CERT_TRUST
    if error.reason in _NOT_TLS:
        return Trouble.TLS_MODE
    return Trouble.TLS_OLD if error.reason in _OLD_TLS else Trouble.TLS_FAILED


def detail_of(error: OSError | ValueError) -> str:
    """Return an exception's own words, without the numbers and file names around them."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return _PLACE_IN_SOURCE.sub("", words)
