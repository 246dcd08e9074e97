"""Reaching a server, so that it can be broken off at any moment: even while a name is looked up."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, cast

# RFC 8305 section 8: the recommended delay between two attempts.
STAGGER_SECONDS = 0.25

Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]
"""An address of a host, as the system's look-up returns it."""

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


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
    """Connect; raises OSError (gaierror for an unknown name, TimeoutError) or ValueError.

    And what else went wrong on this computer, such as a lack of memory.
    """
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
        self._answers: SimpleQueue[socket.socket | Exception] = SimpleQueue()
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
        result: socket.socket | Exception
        try:
            result = race(look_up(self._host, self._port), self._timeout)
        except Exception as error:  # noqa: BLE001 # raised by whoever waits: else it is a time-out
            result = error
        with self._lock:
            if not self._given_up:
                self._answers.put(result)
            elif isinstance(result, socket.socket):
                result.close()


def look_up(host: str, port: int) -> list[Found]:
    """Return the addresses of a host, the best first, the families in turn (RFC 8305 section 4).

    Raises OSError or ValueError, as `dial` does.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    return [one for pair in zip_longest(first, others) for one in pair if one is not None]


def race(addresses: Sequence[Found], timeout: float) -> socket.socket:
    """Connect to whichever address answers first (RFC 8305 section 5); raises OSError.

    They are tried a quarter of a second apart, or as soon as one has failed; none is given up
    before the time is over, so that one that swallows what it is sent costs next to nothing.
    """
    deadline = monotonic() + timeout
    waiting, tried = list(addresses), list[socket.socket]()
    failure = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    winner: socket.socket | None = None
    try:
        with selectors.DefaultSelector() as under_way:
            while winner is None and (waiting or under_way.get_map()):
                left = deadline - monotonic()
                if left <= 0:
                    raise TimeoutError
                try:
                    if waiting:
                        left = min(left, STAGGER_SECONDS)
                        tried.append(_begun(waiting.pop(0)))
                        under_way.register(tried[-1], selectors.EVENT_WRITE)
                    winner = _first(under_way, left)
                except OSError as error:
                    failure = _more_telling(failure, error)
        if winner is None:
            raise failure
        return winner
    finally:
        for sock in tried:
            if sock is not winner:
                sock.close()


def _begun(found: Found) -> socket.socket:
    """Begin to connect, and do not wait."""
    family, kind, protocol, _, address = found
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(0)
        with suppress(BlockingIOError):
            sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _first(under_way: selectors.BaseSelector, seconds: float) -> socket.socket | None:
    """Return the first that is connected within so long; raises OSError for one that failed."""
    for key, _ in under_way.select(seconds):
        sock = cast("socket.socket", key.fileobj)
        under_way.unregister(sock)
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))
        return sock
    return None


def _more_telling(one: OSError, other: OSError) -> OSError:
    """Return which failure to tell of: that there is no way there says least."""
    return one if other.errno in _NO_WAY and one.errno not in _NO_WAY else other


def _shut(sock: socket.socket) -> None:
    # Not SSLSocket.shutdown: that one would let what is still written leave unencrypted.
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
