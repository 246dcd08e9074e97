"""An SMTP server that plays a script over a raw socket: every rudeness a real one may show."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.support.certificates import Certificates
from tests.support.wait import PATIENCE_SECONDS


class Peer:
    """One connection, as the script sees it."""

    def __init__(self, sock: socket.socket, heard: bytearray) -> None:
        self.sock = sock
        self.heard = heard
        self._buffer = bytearray()

    def say(self, *lines: str | bytes) -> None:
        """Send lines, all in one write."""
        raw = (line if isinstance(line, bytes) else line.encode() for line in lines)
        self.sock.sendall(b"".join(line + b"\r\n" for line in raw))

    def say_raw(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def line(self) -> str:
        """Read one line; "" at the end."""
        while b"\n" not in self._buffer:
            data = self.sock.recv(65536)
            if not data:
                return ""
            self.heard += data
            self._buffer += data
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        return line.rstrip(b"\r").decode()

    def expect(self, *starts: str) -> str:
        """Read a line for each of `starts`; return the last."""
        line = ""
        for start in starts:
            line = self.line()
            assert line.upper().startswith(start), f"expected {start}, heard {line!r}"
        return line

    def waiting(self) -> bool:
        """Whether more was sent together with what was read."""
        return bool(self._buffer)

    def greet(self, *features: str) -> None:
        """Say the banner and answer EHLO."""
        self.say("220 scripted.test ESMTP")
        self.hello(*features)

    def hello(self, *features: str) -> None:
        self.expect("EHLO")
        lines = ["scripted.test", *features]
        self.say(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def body(self) -> list[str]:
        """Read up to the lone dot; the lines before it, as they came."""
        lines = []
        while (line := self.line()) != ".":
            assert line or self.sock.fileno() >= 0, "the end of the mail never came"
            lines.append(line)
        return lines

    def start_tls(self, context: ssl.SSLContext) -> None:
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def take(self, answer: str = "250 2.0.0 taken") -> list[str]:
        """Take a mail for one recipient, command by command."""
        for start in ("MAIL", "RCPT"):
            self.expect(start)
            self.say("250 ok")
        self.expect("DATA")
        self.say("354 go on")
        body = self.body()
        self.say(answer)
        return body

    def until_closed(self) -> bytes:
        """Read all there still is, or until the client says goodbye; allow it to begin anew."""
        rest = bytes(self._buffer)
        with suppress(OSError):
            while not rest.endswith(b"QUIT\r\n") and (data := self.sock.recv(65536)):
                self.heard += data
                rest += data
                if rest.endswith(b"RSET\r\n"):
                    self.say("250 ok")
        return rest


Script = Callable[[Peer], object]


class Scripted:
    """The server as the test sees it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard = bytearray()
        """All that was received in the clear, or decrypted."""
        self.connections = 0
        self.problems: list[BaseException] = []


@contextmanager
def scripted(*scripts: Script, implicit_tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve one connection for each script, one after the other; fails if a script did."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        server = Scripted(listener.getsockname()[1])
        thread = Thread(target=_play, args=(listener, scripts, implicit_tls, server))
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):  # wakes an accept that nobody called
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()
    for problem in server.problems:
        raise AssertionError(f"the script failed: {problem!r}") from problem


def _play(
    listener: socket.socket,
    scripts: tuple[Script, ...],
    implicit_tls: ssl.SSLContext | None,
    server: Scripted,
) -> None:
    for script in scripts:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        sock.settimeout(PATIENCE_SECONDS)
        peer = Peer(sock, server.heard)
        try:
            if implicit_tls is not None:
                peer.start_tls(implicit_tls)
            script(peer)
        except ssl.SSLError:  # the client refused the certificate
            pass
        except (AssertionError, OSError) as error:
            server.problems.append(error)
        finally:
            peer.sock.close()
            sock.close()


def starttls_script(certificates: Certificates, then: Script) -> Script:
    """A polite start by STARTTLS with the good certificate, then `then`."""

    def script(peer: Peer) -> None:
        peer.greet("STARTTLS", "PIPELINING")
        peer.expect("STARTTLS")
        peer.say("220 go on")
        peer.start_tls(certificates.good.server_context())
        then(peer)

    return script
