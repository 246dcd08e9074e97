"""The place on this computer that a browser is led back to (RFC 8252 section 7.3)."""

from __future__ import annotations

import selectors
import socket
import sys
import threading
from contextlib import suppress
from html import escape
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from traymail.core.errors import SignInLater
from traymail.core.texts import text
from traymail.disk import current_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from traymail.core.texts import Text, Translate

_TRIES = 20
_LONGEST_REQUEST = 32_768
_MOST_VISITORS = 16
# How long it waits before it looks whether it is to be given up.
_LOOK_SECONDS = 0.2
_ANSWER_SECONDS = 5.0


class Visit:
    """A browser that was led back; it waits for its page."""

    def __init__(self, sock: socket.socket, values: dict[str, str]) -> None:
        self._sock = sock
        self.values = values

    def answer(self, title: Text, words: Text, translate: Translate, language: str) -> None:
        """Show a page; a browser that is gone is no error."""
        page = _PAGE.format(
            language=escape(language.replace("_", "-")),
            title=escape(title.translated(translate)),
            words=escape(words.translated(translate)),
        )
        _send(self._sock, "200 OK", page)


class Doorstep:
    """Listens on this computer alone, by IPv4 and, where there is one, IPv6: on one port."""

    def __init__(self, port: int = 0) -> None:
        """``port`` 0: any one. Raise SignInLater where it, or every one, is taken."""
        self._listeners = _listeners(port)
        self.port: int = self._listeners[0].getsockname()[1]

    def wait(self, until: float, cancelled: threading.Event) -> Visit | None:
        """Return the browser that comes back; None when the time is over, or it is cancelled.

        ``until``: a time of `time.monotonic`. What else comes gets a page that says nothing.
        """
        heard: dict[socket.socket, bytearray] = {}
        with selectors.DefaultSelector() as doors:
            for one in self._listeners:
                doors.register(one, selectors.EVENT_READ)
            try:
                while not cancelled.is_set() and (left := until - monotonic()) > 0:
                    for key, _ in doors.select(min(left, _LOOK_SECONDS)):
                        sock = key.fileobj
                        assert isinstance(sock, socket.socket)  # noqa: S101 # what was registered
                        if sock in self._listeners:
                            _let_in(sock, doors, heard)
                        elif visit := _listen(sock, doors, heard):
                            return visit
            finally:
                for sock in heard:
                    sock.close()
        return None

    def close(self) -> None:
        """Stop to listen."""
        for one in self._listeners:
            one.close()


def _listeners(port: int) -> list[socket.socket]:
    for _ in range(1 if port else _TRIES):
        first = socket.socket(socket.AF_INET)
        try:
            if port and sys.platform != "win32":
                # The sign-in before may just have ended. On Windows, it would share the port.
                first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            first.bind(("127.0.0.1", port))
            first.listen(_MOST_VISITORS)
            first.setblocking(False)  # noqa: FBT003 # as the library has it
        except OSError:
            first.close()
            continue
        try:
            second = _by_ipv6(first.getsockname()[1])
        except OSError:  # somebody else has that port: a browser would come to them
            first.close()
            continue
        return [first] if second is None else [first, second]
    if port:
        raise SignInLater(
            text("Port {port}, to which the browser is to come back, is taken.", port=port),
            text(
                "End the program that listens there, then sign in again; or register another port "
                "with the provider, and change redirect_port."
            ),
        )
    raise SignInLater(
        text("No port of this computer is free for the browser to come back to."),
        text("End programs that listen on this computer, then sign in again."),
    )


def _by_ipv6(port: int) -> socket.socket | None:
    """Listen on ::1, too; None where there is none. Raises OSError when the port is taken."""
    try:
        sock = socket.socket(socket.AF_INET6)
    except OSError:
        return None
    try:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("::1", port))
        sock.listen(_MOST_VISITORS)
        sock.setblocking(False)  # noqa: FBT003 # as the library has it
    except OSError:
        sock.close()
        if _there_is_ipv6():
            raise
        return None
    return sock


def _there_is_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def _let_in(
    door: socket.socket, doors: selectors.BaseSelector, heard: dict[socket.socket, bytearray]
) -> None:
    with suppress(OSError):
        sock, _ = door.accept()
        if not _may_come_in(sock):
            sock.close()
            return
        if len(heard) >= _MOST_VISITORS:  # browsers open connections on which they say nothing
            first = next(iter(heard))
            _show_out(first, doors, heard)
        sock.setblocking(False)  # noqa: FBT003 # as the library has it
        heard[sock] = bytearray()
        doors.register(sock, selectors.EVENT_READ)


def _may_come_in(sock: socket.socket) -> bool:
    """Tell whether it is this user who has come, or root; True where the system tells nobody.

    The list of processes shows everybody the address that a browser was started with: enough to
    come back with a sign-in of one's own, and be sent the mails. Who has gone again may not: of a
    connection that its owner has closed, Linux may say that it is root's.
    """
    if sys.platform != "linux":
        return True
    listed = False
    with suppress(OSError):
        peer, own = sock.getpeername()[:2], sock.getsockname()[:2]
        # A socket of IPv6 may have come by IPv4; it is listed with the others of its own kind.
        for family in dict.fromkeys((sock.family, socket.AF_INET6)):
            there, here = _in_table(family, *peer), _in_table(family, *own)
            for ends, user, number in _connections(family):
                if ends == [there, here]:
                    return number != "0" and int(user) in {0, current_user()}
                listed = listed or ends == [here, there]
        sock.getpeername()  # reset meanwhile, it is listed no more: that is an error then
        return not listed
    return False


def _connections(family: socket.AddressFamily) -> Iterator[tuple[list[str], str, str]]:
    """Yield both ends of each connection, the user at the first, and the number of its socket."""
    # https://docs.kernel.org/networking/proc_net_tcp.html
    table = Path("/proc/net/tcp6" if family == socket.AF_INET6 else "/proc/net/tcp")
    with suppress(OSError), table.open(encoding="ascii") as rows:
        for row in islice(rows, 1, None):
            words = row.split()
            yield words[1:3], words[7], words[9]


def _in_table(family: socket.AddressFamily, address: str, port: int) -> str:
    """Return an address and a port as the kernel lists them: in words of four bytes."""
    mapped = family == socket.AF_INET6 and ":" not in address
    raw = socket.inet_pton(family, f"::ffff:{address}" if mapped else address)
    words = (raw[at : at + 4] for at in range(0, len(raw), 4))
    shown = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{shown}:{port:04X}"


def _show_out(
    sock: socket.socket, doors: selectors.BaseSelector, heard: dict[socket.socket, bytearray]
) -> None:
    doors.unregister(sock)
    del heard[sock]
    sock.close()


def _listen(
    sock: socket.socket, doors: selectors.BaseSelector, heard: dict[socket.socket, bytearray]
) -> Visit | None:
    """Read on; return the visit of a browser that brings an answer."""
    said = heard[sock]
    try:
        block = sock.recv(_LONGEST_REQUEST)
    except BlockingIOError:
        return None
    except OSError:
        block = b""
    said += block
    if not block or len(said) > _LONGEST_REQUEST:
        _show_out(sock, doors, heard)
        return None
    if b"\r\n\r\n" not in said and b"\n\n" not in said:
        return None
    values = _values(bytes(said))
    doors.unregister(sock)
    del heard[sock]
    if values is not None:
        return Visit(sock, values)
    _send(sock, "404 Not Found", "")
    return None


def _values(request: bytes) -> dict[str, str] | None:
    """Return what an answer of the service brings; None for any other request."""
    words = request.split(b"\n", 1)[0].decode("ascii", "replace").split()
    if len(words) != 3 or words[0] != "GET":  # noqa: PLR2004 # method, target, version
        return None
    with suppress(ValueError):
        parts = urlsplit(words[1])
        values = dict(parse_qsl(parts.query, max_num_fields=50))
        if parts.path == "/" and ("code" in values or "error" in values):
            return values
    return None


def _send(sock: socket.socket, status: str, page: str) -> None:
    content = page.encode()
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\n"
        "Cache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Connection: close\r\n\r\n"
    )
    with suppress(OSError), sock:
        sock.settimeout(_ANSWER_SECONDS)
        sock.sendall(head.encode() + content)
        sock.shutdown(socket.SHUT_WR)


# The page closes itself where the browser lets it; its address, which has the code, is taken away.
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>traymail</title>
<meta name="color-scheme" content="light dark">
<style>body {{ font: 1.1rem/1.6 sans-serif; margin: 20vh auto; max-width: 32rem;
text-align: center }}</style></head>
<body><h1>{title}</h1><p>{words}</p>
<script>history.replaceState(null, "", "/"); setTimeout(() => window.close(), 3000)</script>
</body></html>
"""
