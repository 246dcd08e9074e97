"""One kept connection over which messages leave by HTTP, one POST each.

The standard library's parser over a connection of our own: so it is dialled, encrypted, timed and
cut off as mail is. No redirect is followed, and no proxy asked.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, cast

from traymail.core.account import HTTP_PORTS, Account, Security
from traymail.core.answers import json_table
from traymail.core.errors import Stage
from traymail.core.reply_rules import Trouble, details
from traymail.core.secret import Secret, ToldSecrets
from traymail.core.texts import Text
from traymail.senders.dial import Cutoff
from traymail.senders.smtp_session import connect, refuse_unprotected
from traymail.senders.smtp_wire import SmtpError, Wire, client_context, trouble_at

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Of an answer, so much is read: a hostile server must not fill the memory.
LONGEST_ANSWER = 65_536
# What tells of an answer to come; that a connection becomes another one is never asked for.
_TO_COME = {*range(100, 200)} - {HTTPStatus.SWITCHING_PROTOCOLS}
_STATUSES = range(200, 600)
# With all that stands around it.
_MOST_BYTES = 8 * LONGEST_ANSWER


class _Patient(io.RawIOBase):
    """Reads a connection until a deadline, and no more than an answer may be.

    A server that says a byte now and then never ends, nor does one that says all it can.
    """

    def __init__(self, sock: socket.socket, deadline: float, ahead: bytes) -> None:
        self._sock = sock
        self._deadline = deadline
        self._ahead = ahead  # what was read already
        self._left = _MOST_BYTES

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what there is."""
        if self._ahead:
            room = memoryview(buffer).cast("B")
            taken, self._ahead = self._ahead[: len(room)], self._ahead[len(room) :]
            room[: len(taken)] = taken
            return len(taken)
        wait = self._deadline - monotonic()
        if wait <= 0:
            raise TimeoutError
        self._sock.settimeout(wait)
        count = self._sock.recv_into(memoryview(buffer)[: self._left]) if self._left else 0
        self._left -= count
        return count


class _Reader(io.BufferedReader):
    """Is read by one answer after the other, as a socket is; none of them ends it."""

    def makefile(self, _mode: str) -> Self:
        """Be read by the standard library."""
        return self

    def close(self) -> None:
        """Stay for the next answer; the connection is closed where it was opened."""


@dataclass(frozen=True, slots=True)
class HttpBody:
    """What is posted: its length, and its bytes in blocks, of which none is empty."""

    length: int
    blocks: Iterable[bytes] = field(repr=False)

    @classmethod
    def of(cls, content: bytes) -> HttpBody:
        """Return bytes that are at hand as what is posted."""
        return cls(len(content), (content,))


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, the headers (their names in small letters) and the content of an answer.

    ``early``: it came before all was sent, so nothing was taken.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    early: bool = False

    @property
    def table(self) -> dict[str, Any]:
        """Return the object that the content is in JSON; {} for anything else."""
        return json_table(self.content)

    @property
    def retry_after(self) -> str:
        """Return after how long to ask again, as it is told."""
        return self.headers.get("retry-after", "")


class HttpSession:
    """A conversation with one server. Its calls may raise SmtpError; after that it is of no use.

    ``over``: the connection ends with the last answer.
    """

    def __init__(self, wire: Wire, account: Account) -> None:
        self.wire = wire
        self.over = False
        self._account = account

    def post(
        self,
        path: str,
        headers: Mapping[str, str],
        body: HttpBody,
        before_final: Callable[[], object],
        progress: Callable[[int], object] = lambda _done: None,
    ) -> Answer:
        """Send all but the last byte, call ``before_final``, then send it and hear the answer.

        What goes wrong before that has sent nothing; after it, nobody knows. ``progress`` is told
        of the bytes that are out. A refusal that comes while the body leaves is the answer.
        """
        wire = self.wire
        wire.stage = Stage.DATA
        line = self._begin("POST", path, {**headers, "Content-Length": str(body.length)})
        try:
            last = self._send_all_but_last(line, body, progress)
        except SmtpError as error:
            if error.trouble is not Trouble.LOST:
                raise
            return self._early(error)
        if not wire.silent():
            return self._early(trouble_at(Stage.DATA, Trouble.LOST, ""))
        before_final()
        wire.stage = Stage.FINAL
        try:
            with wire.translated():
                line.sock = wire.sock
                line.send(last)
            return self._answer("POST")
        except (SmtpError, HTTPException) as error:
            raise trouble_at(Stage.FINAL, Trouble.UNSURE, _words_of(error)) from error

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """Ask for something that changes nothing."""
        self.wire.stage = Stage.AUTH
        self._begin("GET", path, headers)
        try:
            return self._answer("GET")
        except HTTPException as error:
            raise trouble_at(self.wire.stage, Trouble.NONSENSE, _words_of(error)) from error

    def _begin(self, method: str, path: str, headers: Mapping[str, str]) -> HTTPConnection:
        """Send the head of a request."""
        account = self._account
        line = HTTPConnection(account.host, account.port)
        line.auto_open = 0
        line.default_port = HTTP_PORTS["http" if account.security is Security.NONE else "https"]
        with self.wire.translated():
            line.sock = self.wire.sock
            line.putrequest(method, path)
            for name, value in headers.items():
                line.putheader(name, value)
            line.endheaders()
        return line

    def _send_all_but_last(
        self, line: HTTPConnection, body: HttpBody, progress: Callable[[int], object]
    ) -> bytes:
        """Send a body but for its last byte, which is returned."""
        done, held = 0, b""
        for block in body.blocks:
            content = held + block
            held = content[-1:]
            if content[:-1]:
                with self.wire.translated():
                    line.sock = self.wire.sock
                    line.send(content[:-1])
                done += len(content) - 1
            if not self.wire.silent():
                raise trouble_at(Stage.DATA, Trouble.LOST, "")
            progress(done)
        return held

    def _early(self, error: SmtpError) -> Answer:
        """Return the refusal that came before all was sent; raises ``error`` when there is none."""
        self.over = True
        try:
            answer = self._answer("POST")
        except (SmtpError, HTTPException):
            raise error from None
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise error
        self.over = True
        return Answer(answer.status, answer.headers, answer.content, early=True)

    def _answer(self, method: str) -> Answer:
        """Read an answer; raises SmtpError, HTTPException."""
        wire = self.wire
        with wire.translated():
            deadline = monotonic() + self._account.timeout.total_seconds()
            reader = _Reader(_Patient(wire.sock, deadline, wire.heard()))
            with _understood(), _last_of(reader, method) as response:
                content = response.read(LONGEST_ANSWER)
                self.over = response.will_close or not response.isclosed()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, content)

    def close(self) -> None:
        """End the connection."""
        self.wire.close()


def _last_of(reader: _Reader, method: str) -> HTTPResponse:
    """Return the answer behind those that only say that one will come; raises HTTPException."""
    while True:
        response = HTTPResponse(cast("socket.socket", reader), method=method)
        response.begin()
        if response.status not in _TO_COME:
            break
    if response.status not in _STATUSES:
        raise HTTPException
    return response


@contextmanager
def _understood() -> Iterator[None]:
    """Let what is no answer leave as HTTPException, also numbers that no answer has.

    Its own words, which the log has with ``-v``, may be the server's, and those may be the key.
    """
    try:
        yield
    except OSError:  # the end of the connection is an HTTPException, too
        raise
    except (ValueError, HTTPException) as error:
        raise HTTPException(type(error).__name__) from None


def post_once(
    account: Account, path: str, headers: Mapping[str, str], body: bytes, *secrets: Secret
) -> tuple[Answer, Callable[[bytes], str]]:
    """Send one request over a connection of its own; return the answer, and what makes it words.

    Those words show none of the ``secrets``. Raises SmtpError.
    """
    told = ToldSecrets()
    for secret in secrets:
        told.add(secret, "")
    session = open_http(account, None, Cutoff(), told)
    try:
        return session.post(path, headers, HttpBody.of(body), lambda: None), session.wire.words
    finally:
        session.close()


def open_http(
    account: Account, secret: Secret | None, cutoff: Cutoff, told: ToldSecrets
) -> HttpSession:
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


def _words_of(error: SmtpError | HTTPException) -> Text | str:
    return error.reply.text if isinstance(error, SmtpError) else details.UNREADABLE
