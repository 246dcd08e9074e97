"""Several addresses of one host: the first that answers wins, whatever the others do."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from tests.support.sending import account
from tests.support.sink import serve
from tests.support.wait import until
from traymail.core.secret import ToldSecrets
from traymail.core.texts import Text
from traymail.senders.dial import STAGGER_SECONDS, Cutoff, Found, dial, look_up, race
from traymail.senders.probe import connection_test

pytestmark = pytest.mark.skipif(
    not Path("/proc/net/tcp").exists(), reason="a full backlog swallows packets on Linux"
)

SYN_SENT = "02"


def found(host: str, port: int) -> Found:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]


@contextmanager
def listening(host: str) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        yield listener


@contextmanager
def black_hole(host: str) -> Iterator[socket.socket]:
    """A listener whose backlog is full: whoever knocks gets no answer, until it is emptied."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, 0))
        listener.listen(0)
        while True:
            filler = stack.enter_context(socket.socket(family))
            filler.settimeout(0.1)
            try:
                filler.connect(listener.getsockname())
            except TimeoutError:
                break
        yield listener


def empty(hole: socket.socket) -> None:
    """Take all who wait at a black hole."""
    hole.settimeout(0.1)
    with suppress(TimeoutError):
        while True:
            hole.accept()[0].close()


def knocking(port: int) -> int:
    """How many wait for the answer of a port."""
    lines = "".join(Path(f"/proc/net/{table}").read_text("ascii") for table in ("tcp", "tcp6"))
    rows = (line.split() for line in lines.splitlines())
    return sum(row[2].endswith(f":{port:04X}") and row[3] == SYN_SENT for row in rows)


@pytest.mark.parametrize(("dead", "alive"), [("::1", "127.0.0.1"), ("127.0.0.2", "127.0.0.3")])
def test_a_black_hole_does_not_keep_the_next_address_waiting(dead: str, alive: str) -> None:
    with black_hole(dead) as hole, listening(alive) as listener:
        addresses = [found(*one.getsockname()[:2]) for one in (hole, listener)]
        won: list[socket.socket] = []
        calling = Thread(target=lambda: won.append(race(addresses, 60.0)))
        calling.start()
        # Half of the time would be the black hole's, were they tried one after the other.
        until(lambda: won, what="a connection")
        calling.join()
        with won[0] as sock:
            assert sock.getpeername()[0] == alive
        assert knocking(hole.getsockname()[1]) <= 1  # the one that fills it


def test_each_dead_address_costs_a_quarter_of_a_second() -> None:
    assert STAGGER_SECONDS == 0.25  # RFC 8305, section 5
    with ExitStack() as stack, listening("127.0.0.9") as listener:
        holes = [stack.enter_context(black_hole(f"127.0.0.{last}")) for last in (2, 3, 4, 5)]
        addresses = [found(*one.getsockname()) for one in (*holes, listener)]
        begun = monotonic()
        with race(addresses, 120.0) as sock:
            taken = monotonic() - begun
            assert sock.getpeername()[0] == "127.0.0.9"
    # One after the other, each would have a share of the two minutes.
    assert 4 * STAGGER_SECONDS <= taken < 10


def test_an_address_that_answers_late_is_still_waited_for() -> None:
    with black_hole("127.0.0.2") as hole, ExitStack() as stack:
        gone = []
        for last in range(3, 10):
            with listening(f"127.0.0.{last}") as listener:
                gone.append(found(*listener.getsockname()))
        port = hole.getsockname()[1]
        won: list[socket.socket] = []
        addresses = [found("127.0.0.2", port), *gone]
        fillers = knocking(port)
        calling = Thread(target=lambda: won.append(race(addresses, 8.0)))
        calling.start()
        until(lambda: knocking(port) > fillers, what="the first knock")
        while calling.is_alive():
            empty(hole)
        sock = stack.enter_context(won[0])
        assert sock.getpeername() == ("127.0.0.2", port)


def test_when_all_fail_the_more_telling_failure_is_told() -> None:
    with listening("127.0.0.1") as listener:
        refused = found(*listener.getsockname())
    nowhere = found("255.255.255.255", 25)
    for addresses in ([refused, nowhere], [nowhere, refused]):
        with pytest.raises(ConnectionRefusedError):
            race(addresses, 5.0)
    with pytest.raises(OSError, match=r"\[Errno \d+\]") as caught:
        race([nowhere], 5.0)
    assert caught.value.errno in {errno.ENETUNREACH, errno.EACCES}
    with black_hole("127.0.0.1") as hole, pytest.raises(TimeoutError):
        race([refused, found(*hole.getsockname())], 0.5)


def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = [found(host, 25) for host in ("::1", "::1", "127.0.0.1", "127.0.0.2", "127.0.0.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: boxes)
    order = [one[4][0] for one in look_up("mail.example", 25)]
    assert order == ["::1", "127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"]


class Now:
    """The clock of a connection test."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - no certificate is looked at

    def monotonic(self) -> float:
        return monotonic()

    def passing(self) -> float:
        return monotonic()


def test_the_doctor_shows_both_families(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(security="none") as sink, black_hole("::1") as hole:
        boxes = [found("::1", hole.getsockname()[1]), found("127.0.0.1", sink.port)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: boxes)
        steps = {
            step.step: step
            for step in connection_test(account(sink.port), None, Now(), ToldSecrets())
        }
    assert steps["dns"].detail == "::1, 127.0.0.1"
    assert steps["tcp"].ok is True
    detail = steps["tcp"].detail
    assert isinstance(detail, Text)
    assert str(detail) == f"127.0.0.1, {sink.port}; IPv6: timed out"


def test_what_goes_wrong_on_our_side_is_no_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_asked: object, **_how: object) -> list[object]:
        raise MemoryError

    monkeypatch.setattr(socket, "getaddrinfo", no_room)
    with pytest.raises(MemoryError):
        dial("localhost", 25, 5.0, Cutoff())
