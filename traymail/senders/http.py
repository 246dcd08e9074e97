"""One kept connection over which messages leave by HTTP, one POST each.

The standard library's parser over a connection of our own: so it is dialled, encrypted, timed and
cut off as mail is. No redirect is followed, and no proxy asked.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import TYPE_CHECKING, cast

from traymail.core.account import Account, Security
from traymail.core.errors import Stage
from traymail.core.reply_rules import Trouble, details
from traymail.core.secret import Secret, ToldSecrets
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import connect, refuse_unprotected
from traymail.senders.smtp_wire import SmtpError, Wire, client_context, trouble_at

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Of an answer, so much is read: a hostile server must not fill the memory.
LONGEST_ANSWER = 65_536
# With all that stands around it.
_MOST_BYTES = 8 * LONGEST_ANSWER


class _Patient(io.RawIOBase):
    """Reads a connection until a deadline, and no more than an answer may be.

    A server that says a byte now and then never ends, nor does one that says all it can.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = _MOST_BYTES

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Be read by the standard library as a socket is."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what there is."""
        wait = self._deadline - monotonic()
        if wait <= 0:
            raise TimeoutError
        self._sock.settimeout(wait)
        count = self._sock.recv_into(memoryview(buffer)[: self._left]) if self._left else 0
        self._left -= count
        return count


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the content of an answer, and after how long to ask again."""

    status: int
    content: bytes = field(repr=False)
    retry_after: str = ""


class HttpSession:
    """A conversation with one server. `post` may raise SmtpError; after that it is of no use."""

    def __init__(self, wire: Wire, account: Account) -> None:
        self.wire = wire
        self.over = False
        self._account = account

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, before_final: Callable[[], object]
    ) -> Answer:
        """Send all but the last byte, call ``before_final``, then send it and hear the answer.

        What goes wrong before that has sent nothing; after it, nobody knows.
        """
        wire, account = self.wire, self._account
        line = HTTPConnection(account.host, account.port)
        line.auto_open = 0
        line.default_port = 80 if account.security is Security.NONE else 443
        wire.stage = Stage.DATA
        with wire.translated():
            line.sock = wire.sock
            line.putrequest("POST", path)
            for name, value in headers.items():
                line.putheader(name, value)
            line.putheader("Content-Length", str(len(body)))
            line.endheaders(body[:-1])
        if not wire.silent():
            raise trouble_at(Stage.DATA, Trouble.LOST, "")
        before_final()
        wire.stage = Stage.FINAL
        try:
            with wire.translated():
                sock = line.sock = wire.sock
                line.send(body[-1:])
                patient = _Patient(sock, monotonic() + account.timeout.total_seconds())
                response = HTTPResponse(cast("socket.socket", patient), method="POST")
                with _understood():
                    response.begin()
                    content = response.read(LONGEST_ANSWER)
        except SmtpError as error:
            raise trouble_at(Stage.FINAL, Trouble.UNSURE, error.reply.text) from error
        except HTTPException as error:
            raise trouble_at(Stage.FINAL, Trouble.UNSURE, details.UNREADABLE) from error
        self.over = response.will_close or not response.isclosed()
        response.close()
        return Answer(response.status, content, response.headers.get("Retry-After", ""))

    def close(self) -> None:
        """End the connection."""
        self.wire.close()


@contextmanager
def _understood() -> Iterator[None]:
    """Let numbers that no answer has leave as HTTPException, as all else does."""
    try:
        yield
    except ValueError as error:  # a negative size of a chunk
        raise HTTPException(str(error)) from error


def open_http(account: Account, secret: Secret, cutoff: Cutoff, told: ToldSecrets) -> HttpSession:
    """Connect, and encrypt unless the server is this computer; raises SmtpError."""
    wire = connect(account, secret, cutoff, told)
    try:
        refuse_unprotected(wire, account)
        if account.security is not Security.NONE:
            wire.secure(client_context(account.ca_file), account.host)
    except BaseException:
        wire.close()
        raise
    return HttpSession(wire, account)
