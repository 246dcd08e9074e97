"""A session bus of one's own, a loop for what lives on it, and a peer that asks it questions."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    Properties,
    message_bus,
    new_method_call,
)
from jeepney.io.blocking import open_dbus_connection

from tests.support.wait import PATIENCE_SECONDS
from traymail.core.errors import TraymailError

T = TypeVar("T")
Act = Callable[[], object]
_TURN = 0.01


@contextmanager
def session_bus(address: str) -> Iterator[str]:
    """Run a bus at an address (or below a folder) until the block ends; yield its address."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1", f"--address={address}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as daemon:
        try:
            assert daemon.stdout is not None
            yield daemon.stdout.readline().decode().strip()
        finally:
            daemon.send_signal(signal.SIGTERM)


def address_below(folder: Path) -> str:
    """Return an address in a folder, to be given to `session_bus` again and again."""
    return f"unix:path={folder / 'bus'}"


class SelectLoop:
    """`traymail.ui.tray.loop.Loop` without Tk: it runs while somebody waits for something."""

    def __init__(self) -> None:
        self._selector = DefaultSelector()
        self._timers: list[tuple[float, int, Act]] = []
        self._numbers = count()
        self._cancelled: set[int] = set()
        self._posted: SimpleQueue[Act] = SimpleQueue()
        self._threads: list[Thread] = []

    def after(self, seconds: float, act: Act) -> Act:
        number = next(self._numbers)
        heappush(self._timers, (monotonic() + seconds, number, act))
        return lambda: self._cancelled.add(number)

    def watch(self, fileno: int, readable: Act) -> None:
        self._selector.register(fileno, EVENT_READ, readable)

    def unwatch(self, fileno: int) -> None:
        self._selector.unregister(fileno)

    def background(
        self,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[TraymailError], object],
    ) -> None:
        def run() -> None:
            try:
                result = work()
            except TraymailError as error:
                told = error
                self.post(lambda: failed(told))
            else:
                self.post(lambda: done(result))

        thread = Thread(target=run)
        self._threads.append(thread)
        thread.start()

    def post(self, act: Act) -> None:
        self._posted.put(act)

    def turn(self) -> None:
        """Run what is due; wait a moment for more."""
        for key, _ in self._selector.select(_TURN):
            # An earlier one may have taken it away.
            if key.fd in self._selector.get_map():
                key.data()
        while self._timers and self._timers[0][0] <= monotonic():
            _, number, act = heappop(self._timers)
            if number not in self._cancelled:
                act()
        while True:
            try:
                act = self._posted.get_nowait()
            except Empty:
                return
            act()

    def until(
        self, condition: Callable[[], T], timeout: float = PATIENCE_SECONDS, what: str = ""
    ) -> T:
        """Run until the condition holds."""
        deadline = monotonic() + timeout
        while not (answer := condition()):
            assert monotonic() < deadline, f"not within {timeout:g} s: {what or condition!r}"
            self.turn()
        return answer

    def settle(self, seconds: float = 0.15) -> None:
        """Run for a moment, to see that something does not happen."""
        end = monotonic() + seconds
        while monotonic() < end:
            self.turn()

    def close(self) -> None:
        for thread in self._threads:
            thread.join(5)
        self._selector.close()


class Peer:
    """Another client of the bus. The loop runs while it waits for an answer."""

    def __init__(self, address: str, turn: Act) -> None:
        self._connection = open_dbus_connection(bus=address, auth_timeout=PATIENCE_SECONDS)
        self._turn = turn
        self.signals: list[tuple[str, tuple[Any, ...]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._connection.close()

    def call(
        self, address: DBusAddress, method: str, signature: str | None = None, *values: object
    ) -> tuple[Any, ...]:
        """Call a method; raises DBusErrorResponse."""
        return self.ask(new_method_call(address, method, signature, values))

    def get(self, address: DBusAddress, name: str) -> Any:  # noqa: ANN401 # whatever it is
        """Return a property."""
        return self.ask(Properties(address).get(name))[0][1]

    def owns(self, name: str) -> bool:
        """Tell whether somebody has a name."""
        return bool(self.call(message_bus, "NameHasOwner", "s", name)[0])

    def listen(self, interface: str) -> None:
        """Collect the signals of an interface in `signals`."""
        self.ask(message_bus.AddMatch(MatchRule(type="signal", interface=interface)))

    def ask(self, message: Message, timeout: float = PATIENCE_SECONDS) -> tuple[Any, ...]:
        """Send a call and return the answer; raises DBusErrorResponse."""
        serial = next(self._connection.outgoing_serial)
        self._connection.send(message, serial=serial)
        deadline = monotonic() + timeout
        while monotonic() < deadline:
            for received in self._received():
                fields = received.header.fields
                if fields.get(HeaderFields.reply_serial) == serial:
                    if received.header.message_type is MessageType.error:
                        raise DBusErrorResponse(received)
                    body: tuple[Any, ...] = received.body
                    return body
        raise AssertionError(f"no answer to {message}")

    def heard(self, name: str) -> list[tuple[Any, ...]]:
        """Return what the signals of a name carried, after a look at what has come."""
        list(self._received())
        return [body for member, body in self.signals if member == name]

    def _received(self) -> Iterator[Message]:
        self._turn()
        while True:
            try:
                message = self._connection.receive(timeout=0)
            except TimeoutError:
                return
            if message.header.message_type is MessageType.signal:
                self.signals.append((message.header.fields[HeaderFields.member], message.body))
            yield message
