"""One running program per home, and how others talk to it: real locks, sockets, processes."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from traymail.core.errors import AlreadyRunning, NotRunning
from traymail.desktop.instance import Instance, Request

HOLD = """
import sys
from pathlib import Path
from traymail.desktop.instance import Instance
instance = Instance(Path(sys.argv[1]))
instance.claim()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def served(state: Path) -> Iterator[Instance]:
    instance = Instance(state)
    instance.claim()

    def answer(request: Request) -> Request:
        if request["command"] == "fail":
            raise ValueError("inside")
        return {"heard": request}

    server = instance.serve(answer)
    yield instance
    server.close()
    instance.release()


def test_a_second_program_is_told_the_pid_of_the_first(state: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as caught:
            Instance(state).claim()
        assert caught.value.pid == holder.pid
        assert f"(pid {holder.pid})" in str(caught.value)
        holder.kill()
        holder.wait()
    instance = Instance(state)
    instance.claim()  # the lock ends with its process, whatever ends it
    instance.release()


def test_a_request_is_answered(served: Instance) -> None:
    assert served.ask({"command": "status"}) == {"heard": {"command": "status"}}


def test_a_request_that_fails_does_not_end_the_answering(served: Instance) -> None:
    assert served.ask({"command": "fail"}) == {"error": "internal"}
    assert "heard" in served.ask({"command": "status"})


def test_nobody_answers_where_nothing_runs(state: Path) -> None:
    with pytest.raises(NotRunning):
        Instance(state).ask({"command": "status"})


@pytest.mark.usefixtures("served")
def test_an_address_left_by_a_killed_program_is_not_running(state: Path) -> None:
    (state / "other").mkdir(mode=0o700)
    (state / "other" / "ipc.json").write_bytes((state / "ipc.json").read_bytes())
    with pytest.raises(NotRunning):
        Instance(state / "other").ask({"command": "status"})


def _raw(state: Path) -> socket.socket:
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(10)
    peer.connect(str(state / "ipc.sock"))
    return peer


def test_a_silent_peer_holds_nobody_up(served: Instance, state: Path) -> None:
    with _raw(state), _raw(state) as half:
        half.sendall(b'{"command": "sta')
        assert "heard" in served.ask({"command": "status"})


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[1, 2]\n",
        b'{"command": "quit"}\n',
        b'{"command": "quit", "token": "guessed"}\n',
        b"[" * 60_000 + b"\n",
        b"x" * 70_000,
        b"\xff\xfe\n",
    ],
)
def test_nonsense_and_strangers_get_no_answer(served: Instance, state: Path, line: bytes) -> None:
    with _raw(state) as peer:
        try:
            peer.sendall(line)
            assert peer.recv(100) == b""
        except ConnectionError:
            pass  # dropped while we were still talking
    assert "heard" in served.ask({"command": "status"})


def test_only_the_user_can_reach_it(served: Instance, state: Path) -> None:
    assert served.running.holder() == os.getpid()
    for name in ("ipc.sock", "ipc.json", "run.lock"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600


def test_a_home_with_a_long_path_can_be_reached_too(tmp_path: Path) -> None:
    state = tmp_path / ("long" * 30) / "state"
    state.mkdir(parents=True, mode=0o700)
    instance = Instance(state)
    instance.claim()
    server = instance.serve(lambda request: request)
    try:
        assert instance.ask({"command": "status"}) == {"command": "status"}
    finally:
        server.close()
        instance.release()


def test_waiting_for_a_lock_ends_when_it_is_free_or_the_program_stops(state: Path) -> None:
    first, second, stopping = Instance(state), Instance(state), Event()
    assert first.delivering.take()
    assert not second.delivering.wait(stopping, 0.0)
    stopping.set()
    assert not second.delivering.wait(stopping, 60.0)
    first.release()
    assert second.delivering.wait(Event(), 0.0)
    second.release()


def test_the_address_holds_a_token_that_changes(state: Path) -> None:
    tokens = set()
    for _ in range(2):
        instance = Instance(state)
        server = instance.serve(lambda request: request)
        tokens.add(json.loads((state / "ipc.json").read_text())["token"])
        server.close()
    assert len(tokens) == 2
