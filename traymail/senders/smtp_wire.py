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
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from traymail.core.errors import Reply, Stage
from traymail.core.replies import joined, readable
from traymail.core.reply_rules import Trouble, details
from traymail.core.texts import Text
from traymail.disk import in_home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from traymail.senders.dial import Cutoff

# RFC 5321 allows 512 bytes a line and RFC 4954 12,288 for a challenge; more is no SMTP server.
LONGEST_LINE = 16_384
MOST_LINES = 200

_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(.*))?")

# OpenSSL's reasons, https://docs.openssl.org/master/man3/SSL_get_error/ and <openssl/sslerr.h>.
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "UNKNOWN_PROTOCOL",
}
_OLD_TLS = {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "VERSION_TOO_LOW"}
# By <openssl/x509_vfy.h>: not yet valid, expired; not this host, not this address; self-signed,
# a self-signed authority; an authority that is not there. Everything else is distrust, too.
_CERTIFICATE = {
    9: (Trouble.CERT_NOT_YET, details.NOT_YET),
    10: (Trouble.CERT_TIME, details.EXPIRED),
    62: (Trouble.CERT_HOST, details.OTHER_NAME),
    64: (Trouble.CERT_HOST, details.OTHER_NAME),
    18: (Trouble.CERT_TRUST, details.SELF_SIGNED),
    19: (Trouble.CERT_TRUST, details.UNKNOWN_ISSUER),
    20: (Trouble.CERT_TRUST, details.UNKNOWN_ISSUER),
    21: (Trouble.CERT_TRUST, details.UNKNOWN_ISSUER),
}
# What a library says in words of its own, in ours; what is not here stays a name of the system's.
_NAMES = {
    socket.EAI_NONAME: details.NO_NAME,
    socket.EAI_AGAIN: details.NO_NAME_SERVER,
}
_NUMBERS = {
    errno.ECONNREFUSED: details.REFUSED,
    errno.ECONNRESET: details.RESET,
    errno.ECONNABORTED: details.RESET,
    errno.EPIPE: details.RESET,
    errno.ETIMEDOUT: details.TIMED_OUT,
    errno.ENETUNREACH: details.UNREACHABLE,
    errno.EHOSTUNREACH: details.UNREACHABLE,
    errno.EADDRNOTAVAIL: details.UNREACHABLE,
    errno.EACCES: details.BLOCKED,
    errno.EPERM: details.BLOCKED,
}


class SmtpError(Exception):
    """A session, or one command of it, went wrong.

    ``reply`` is what the server said, or with ``trouble`` what happened instead of an answer.
    ``refused``: the recipients refused until then, each with its reply. ``hold``: how long the
    server wants to be left alone, where it says so.
    """

    def __init__(
        self,
        reply: Reply,
        trouble: Trouble | None = None,
        refused: tuple[tuple[str, Reply], ...] = (),
        hold: timedelta | None = None,
    ) -> None:
        super().__init__(f"{reply.stage.value}: {reply.code or ''} {reply.text}")
        self.reply = reply
        self.trouble = trouble
        self.refused = refused
        self.hold = hold


def trouble_at(stage: Stage, trouble: Trouble, detail: Text | str) -> SmtpError:
    """Make the error of something that is not the server's answer.

    ``detail``: one of `details`, or what is the same in every language.
    """
    return SmtpError(Reply(None, str(detail), stage), trouble)


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
            context.load_verify_locations(in_home(ca_file))
        except OSError as error:  # SSLError is one, for what is no PEM file
            raise trouble_at(Stage.TLS, Trouble.CA_FILE, ca_file) from error
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
        with self.translated():
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
            raise self._trouble(Trouble.INJECTED, details.INJECTED)
        raise self._trouble(Trouble.LOST, details.CLOSED)

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS; the certificate must be trusted and be that of ``host``."""
        self.stage = Stage.TLS
        with self.translated():
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
        return Protection(self._sock.version() or "", *_validity(fields))

    @property
    def refused_dates(self) -> tuple[datetime, datetime] | None:
        """Return from when until when a certificate is valid that was not accepted."""
        # Public only since Python 3.13, and then without the fields.
        shown = getattr(getattr(self._sock, "_sslobj", None), "get_unverified_chain", None)
        chain = shown() if shown else None
        with suppress(ValueError, OSError, OverflowError):
            return _validity(chain[0].get_info()) if chain else None
        return None

    def write(self, data: bytes | bytearray) -> None:
        """Send all of it."""
        with self.translated():
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
                raise self._trouble(Trouble.NONSENSE, self.words(line))
            code = int(found[1])
            said.append(found[3] or b"")
            more = found[2] == b"-"
        return code, said

    def reply(self, timeout: float | None = None) -> Reply:
        """Read one reply as words for people, the secret struck out."""
        code, said = self.lines(timeout)
        return Reply(code, self.words(joined(said)), self.stage)

    def words(self, raw: bytes) -> str:
        """Return what the server said as words for people, the secret struck out."""
        return readable(raw, self.hide)

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

    def heard(self) -> bytes:
        """Return what `silent` has read, for another protocol."""
        heard = bytes(self._buffer)
        self._buffer.clear()
        return heard

    def close(self) -> None:
        """End the connection as it is: a mail that is half sent is thrown away by the server."""
        self._cutoff.forget()
        with suppress(OSError):
            self._sock.close()

    def _line(self, deadline: float) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise self._trouble(Trouble.NONSENSE, details.ENDLESS)
            with self.translated():
                # At least a moment: 0 would mean not to wait at all.
                self._sock.settimeout(max(deadline - monotonic(), 0.001))
                data = self._sock.recv(LONGEST_LINE)
            if not data:
                raise self._trouble(Trouble.LOST, details.CLOSED)
            self._buffer += data
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def _trouble(self, trouble: Trouble, detail: Text | str) -> SmtpError:
        if self._cutoff.done:
            trouble = Trouble.STOPPED
        return trouble_at(self.stage, trouble, self.hide(str(detail)))

    @property
    def sock(self) -> socket.socket:
        """Return the connection itself, for another protocol; its deadline is the account's."""
        self._sock.settimeout(self._timeout)
        return self._sock

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Let exceptions of sockets and TLS leave as SmtpError."""
        try:
            yield
        except (OSError, ValueError) as error:  # ValueError: a host name that TLS cannot check
            raise self._trouble(trouble_of(error, self.stage), detail_of(error)) from error


def _validity(fields: Mapping[str, object]) -> tuple[datetime, datetime]:
    begins, ends = (ssl.cert_time_to_seconds(str(fields[n])) for n in ("notBefore", "notAfter"))
    return datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)


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
        return _CERTIFICATE.get(error.verify_code, (Trouble.CERT_TRUST, ""))[0]
    if error.reason in _NOT_TLS:
        return Trouble.TLS_MODE
    return Trouble.TLS_OLD if error.reason in _OLD_TLS else Trouble.TLS_FAILED


def detail_of(error: OSError | ValueError) -> Text | str:
    """Return what an exception tells, in words that can be translated, or as a bare name."""
    match error:
        case ssl.SSLError():
            return _detail_of_tls(error)
        case socket.gaierror():
            return _NAMES.get(error.errno or 0, details.NO_ADDRESS)
        case TimeoutError():
            return details.TIMED_OUT
        case OSError():
            number = error.errno or 0
            return _NUMBERS.get(number) or errno.errorcode.get(number, "")
        case _:
            return details.BAD_NAME


def _detail_of_tls(error: ssl.SSLError) -> Text | str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, (None, f"X509 {error.verify_code}"))[1]
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return details.CLOSED
    if error.reason in _NOT_TLS:
        return details.NOT_TLS
    return details.OLD_TLS if error.reason in _OLD_TLS else error.reason or details.TLS_BROKE
