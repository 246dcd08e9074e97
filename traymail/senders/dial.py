"""Reaching a server, so that it can be broken off at any moment: even while a name is looked up."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue


class Cutoff:
    """Ends, from any thread and for good, whatever a sender waits for in another."""

    def __init__(self) -> None:
        self.done = False
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self._call: Call | None = None

    def cut(self) -> None:
        """Break off what goes on; what is begun later ends at once."""
        with self._lock:
            self.done = True
            if self._call is not None:
                self._call.give_up()
            if self._sock is not None:
                _shut(self._sock)

    def watch(self, sock: socket.socket) -> None:
        """Take charge of a socket, in place of the one before."""
        with self._lock:
            self._sock = sock
            if self.done:
                _shut(sock)

    def watch_call(self, call: Call | None) -> None:
        """Take charge of a connection that is being made."""
        with self._lock:
            self._call = call
            if call is not None and self.done:
                call.give_up()

    def forget(self) -> None:
        """Let the socket go: its owner closes it."""
        with self._lock:
            self._sock = None


def dial(host: str, port: int, timeout: float, cutoff: Cutoff) -> socket.socket:
    """Connect; raises OSError (gaierror for an unknown name, TimeoutError) or ValueError."""
    call = Call(host, port, timeout)
    cutoff.watch_call(call)
    try:
        return call.answer()
    finally:
        cutoff.watch_call(None)


class Call:
    """One try to connect, in a thread of its own: a name look-up cannot be interrupted.

    The thread ends when the system's look-up and the time-out of the connection do; a connection
    that comes too late is closed.
    """

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._lock = threading.Lock()
        self._answers: SimpleQueue[socket.socket | OSError | ValueError] = SimpleQueue()
        self._given_up = False

    def answer(self) -> socket.socket:
        """Make the connection and wait for it."""
        if not self._given_up:
            threading.Thread(target=self._run, name="connect", daemon=True).start()
        try:
            answer = self._answers.get(timeout=self._timeout)
        except Empty:
            self.give_up()
            answer = self._answers.get()
        if isinstance(answer, socket.socket):
            return answer
        raise answer

    def give_up(self) -> None:
        """Make `answer` return: with a connection that is there, else TimeoutError."""
        with self._lock:
            self._given_up = True
            self._answers.put(TimeoutError("timed out"))

    def _run(self) -> None:
        result: socket.socket | OSError | ValueError
        try:
            result = _connected(self._host, self._port, self._timeout)
        except (OSError, ValueError) as error:  # ValueError: a name that IDNA refuses
            result = error
        with self._lock:
            if not self._given_up:
                self._answers.put(result)
            elif isinstance(result, socket.socket):
                result.close()


def _connected(host: str, port: int, timeout: float) -> socket.socket:
    """Try each address of a host; they share the time, so that a dead one leaves some."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout / len(addresses))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _shut(sock: socket.socket) -> None:
    # Not SSLSocket.shutdown: that one would let what is still written leave unencrypted.
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
