"""The wish that the program ends: from a signal, another process, or one of its own threads."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType


class Ending:
    """Set once; `wait` sleeps until then without waking up in between.

    Signals come through a socket: a handler of Python's own runs only when the main thread gets
    its turn, and one that arrives just before a wait on a lock would be noticed never.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)  # noqa: FBT003 # socket's word

    def ask(self) -> None:
        """Wish for the end; may be called from any thread."""
        self.asked.set()
        with contextlib.suppress(OSError):
            self._writer.send(b"x")

    @property
    def fileno(self) -> int:
        """What becomes readable when somebody may have asked; `heed` reads it."""
        return self._reader.fileno()

    def heed(self) -> bool:
        """Tell whether somebody has asked, or all is over; waits until that may be so."""
        try:
            self._reader.recv(64)
        except OSError:  # closed
            return True
        return self.asked.is_set()

    def wait(self) -> None:
        """Sleep until somebody asks; for the main thread."""
        while not self.asked.is_set():
            self.heed()

    @contextlib.contextmanager
    def by_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT ask; what handled them before does so again afterwards."""

        def asked(_number: int, _frame: FrameType | None) -> None:
            self.asked.set()

        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, asked) for number in numbers}
        fd_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(fd_before)
            for number, handler in before.items():
                signal.signal(number, handler)

    def close(self) -> None:
        """Close the sockets."""
        self._reader.close()
        self._writer.close()
