"""One running program per home, and how others talk to it: real locks, sockets, processes."""

import json
import os
import pwd
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest

from tests.support.cli import in_process
from tests.support.homes import Home
from tests.support.wait import PATIENCE_SECONDS, until
from traymail.core.errors import AlreadyRunning, NotRunning, OtherUser, StateError
from traymail.core.texts import text
from traymail.desktop import instance as module
from traymail.desktop.instance import Instance, Request, Server, _socket_path

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root acts as others"
)
HOLD = """
import sys
from pathlib import Path
from traymail.desktop import instance as module
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
        if request["command"] == "full":
            raise StateError(text("The disk is full."))
        if request["command"] == "odd":
            return {"answer": object()}
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


def test_a_lock_that_cannot_be_had_says_why(state: Path) -> None:
    (state / "run.lock").mkdir()
    with pytest.raises(StateError, match=r"cannot be opened: .*irectory"):
        Instance(state).claim()


def test_a_request_is_answered(served: Instance) -> None:
    assert served.ask({"command": "status"}) == {"heard": {"command": "status"}}


def test_a_request_that_fails_does_not_end_the_answering(served: Instance) -> None:
    assert served.ask({"command": "fail"}) == {"error": "internal"}
    assert served.ask({"command": "odd"}) == {"error": "internal"}
    full = {"error": "The disk is full.", "state": "unavailable"}
    assert served.ask({"command": "full"}) == full
    assert "heard" in served.ask({"command": "status"})


def test_nobody_answers_where_nothing_runs(state: Path) -> None:
    with pytest.raises(NotRunning):
        Instance(state).ask({"command": "status"})


def test_an_address_that_cannot_be_read_is_no_proof_that_nothing_runs(state: Path) -> None:
    (state / "ipc.json").mkdir()
    with pytest.raises(StateError, match="cannot be read"):
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


def test_a_silent_peer_is_dropped_whatever_others_do(state: Path) -> None:
    instance = Instance(state)
    instance.claim()
    server = instance.serve(lambda request: request, patience=0.3)
    with _raw(state) as silent, _raw(state) as talker:
        silent.setblocking(False)

        def dropped() -> bool:
            with suppress(OSError):
                talker.sendall(b" ")  # never a whole line
            try:
                return silent.recv(1) == b""
            except BlockingIOError:
                return False

        until(dropped, what="the silent peer's end")
    server.close()
    instance.release()


def test_a_crowd_before_the_door_is_not_nobody_at_home(state: Path) -> None:
    busy = Event()

    def slowly(request: Request) -> Request:
        assert busy.wait(PATIENCE_SECONDS)
        return {"heard": request}

    instance = Instance(state)
    server = instance.serve(slowly)
    answers: list[Request] = []
    threads = [
        Thread(target=lambda: answers.append(instance.ask({"command": "status"})))
        for _ in range(4 * module.MOST_PEERS)
    ]
    for thread in threads:
        thread.start()
    busy.set()
    for thread in threads:
        thread.join()
    server.close()
    assert len(answers) == len(threads)


def test_many_silent_peers_take_few_files(served: Instance, state: Path) -> None:
    with ExitStack() as stack:
        peers = []
        for _ in range(2 * module.MOST_PEERS):
            peers.append(stack.enter_context(_raw(state)))
            assert "heard" in served.ask({"command": "status"})
        assert "heard" in served.ask({"command": "status"})
        assert peers[0].recv(1) == b""


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


def _claimed_and_served(instance: Instance) -> Server:
    instance.claim()
    return instance.serve(lambda request: request)


def test_links_in_the_place_of_its_files_change_nothing_else(state: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    instance = Instance(state)
    for name in ("run.lock", "ipc.json"):
        (state / name).symlink_to(mine)
        with pytest.raises(StateError):
            _claimed_and_served(instance)
        (state / name).unlink()
    instance.release()
    assert mine.read_text() == "mine"


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a temporary folder like that of a system: everybody may go there, and write."""
    with TemporaryDirectory(dir="/tmp") as folder:  # pytest's own lets nobody else in
        Path(folder).chmod(0o1777)
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


@pytest.fixture
def far(tmp_path: Path, temporary: Path) -> Path:
    """Return the state folder of a home whose path is too long for a socket."""
    far = tmp_path / ("long" * 30) / "state"
    far.mkdir(parents=True, mode=0o700)
    assert _socket_path(far).is_relative_to(temporary)
    return far


def test_a_pipe_in_the_place_of_its_files_is_not_waited_for(state: Path) -> None:
    state.mkdir(mode=0o700, exist_ok=True)
    for name in ("ipc.json", "run.lock"):
        os.mkfifo(state / name)
    with pytest.raises(NotRunning):
        Instance(state).ask({"command": "status"})
    with pytest.raises(StateError, match=r"run\.lock cannot be opened"):
        Instance(state).claim()


def test_a_home_with_a_long_path_is_reached_with_another_temporary_folder(
    far: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = Instance(far)
    server = _claimed_and_served(instance)
    try:
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("tempfile.tempdir", str(tmp_path))
            assert instance.ask({"command": "status"}) == {"command": "status"}
    finally:
        server.close()
        instance.release()


def test_a_home_with_a_long_path_can_be_reached_too(far: Path) -> None:
    instance = Instance(far)
    _socket_path(far).parent.mkdir(mode=0o755)  # ours, but open to others
    server = _claimed_and_served(instance)
    try:
        assert instance.ask({"command": "status"}) == {"command": "status"}
        assert stat.S_IMODE(_socket_path(far).parent.stat().st_mode) == 0o700
        _socket_path(far).parent.chmod(0o777)
        with pytest.raises(NotRunning, match="Others may go into"):
            instance.ask({"command": "status"})
    finally:
        server.close()
        instance.release()


STRANGER = """
import os, socket, sys
os.setuid(65534)
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    listener.listen()
    print("listens", flush=True)
    listener.settimeout(60)
    peer, _ = listener.accept()
    print(peer.recv(1000), flush=True)
"""


@as_root
@pytest.mark.parametrize("whose", ["theirs", "ours", "a link"])
def test_no_stranger_is_told_anything(far: Path, temporary: Path, whose: str) -> None:
    """Neither in a folder that they made where ours would be, nor at a socket of theirs in ours."""
    Instance(far).serve(lambda request: request).close()
    token = "a token that only we know"  # made up
    (far / "ipc.json").write_text(json.dumps({"token": token}))
    path = _socket_path(far)
    path.parent.rmdir()
    theirs = temporary / "theirs"
    if whose == "a link":
        theirs.mkdir(mode=0o700)
        path.parent.symlink_to(theirs, target_is_directory=True)
        os.chown(theirs, 65534, 65534)
        os.lchown(path.parent, 65534, 65534)
    else:
        path.parent.mkdir(mode=0o700)
        path.parent.chmod(0o777 if whose == "ours" else 0o700)
        if whose == "theirs":
            os.chown(path.parent, 65534, 65534)
    with subprocess.Popen(
        [sys.executable, "-c", STRANGER, str(path)], stdout=subprocess.PIPE, text=True
    ) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == "listens\n"
        if whose == "ours":
            path.parent.chmod(0o700)  # as it was mended since
        with pytest.raises(NotRunning):
            Instance(far).ask({"command": "compose", "body": "private"})
        if whose != "ours":
            with pytest.raises(StateError, match="another user"):
                Instance(far).serve(lambda request: request)
        stranger.kill()
        assert token not in stranger.stdout.read()


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


@pytest.mark.parametrize("address", ["", "[]", "5", "{}", '{"token": 5}', "[" * 100_000, "\0"])
def test_an_address_that_is_damaged_is_that_of_no_program(state: Path, address: str) -> None:
    (state / "ipc.json").write_text(address)
    with pytest.raises(NotRunning):
        Instance(state).ask({"command": "status"})


@pytest.mark.parametrize(
    "answer", [b"[]\n", b"null\n", b"nonsense\n", b"\xff\n", b"[" * 99_999, b""]
)
def test_what_answers_nonsense_in_its_place_is_no_program(
    served: Instance, state: Path, tmp_path: Path, answer: bytes
) -> None:
    with answering(tmp_path, state, answer), pytest.raises(NotRunning):
        served.ask({"command": "status"})


@pytest.mark.parametrize("answer", ["{}", '{"pid": 1}', '{"version": [], "accounts": 3}'])
def test_a_status_that_cannot_be_understood_is_told(tmp_path: Path, answer: str) -> None:
    home = Home(tmp_path / "home")
    home.configure("version = 1\n")
    served = Instance(home.path / "state")
    served.claim()
    try:
        with answering(tmp_path, home.path / "state", f"{answer}\n".encode()):
            ended = in_process(home, "status")
    finally:
        served.release()
    assert (ended.returncode, len(ended.stderr.splitlines())) == (73, 2)
    assert "traymail quit" in ended.stderr


@contextmanager
def answering(folder: Path, state: Path, answer: bytes) -> Iterator[None]:
    """Let the address lead to something of the user's that answers each request alike."""
    place = folder / "elsewhere"
    place.mkdir(mode=0o700)
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(place / "s"))
        listener.listen()
        state.mkdir(mode=0o700, exist_ok=True)
        address = json.dumps({"socket": str(place / "s"), "token": "x"})
        (state / "ipc.json").write_text(address)

        def serve() -> None:
            with suppress(OSError):
                peer, _ = listener.accept()
                with closing(peer):
                    peer.recv(4096)
                    peer.sendall(answer)

        server = Thread(target=serve)
        server.start()
        yield
        server.join()


# --- programs of other users ----------------------------------------------------------------------

NOBODY = 65534


@as_root
def test_root_is_told_whose_program_runs(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "home" / "state")
    instance.claim()
    for folder in (tmp_path / "home" / "state", tmp_path / "home"):
        os.chown(folder, NOBODY, NOBODY)
    name = pwd.getpwuid(NOBODY).pw_name
    try:
        for command in ("status", "pause", "resume", "quit"):
            told = Home(tmp_path / "home").run(command)
            first, way_out = told.stderr.splitlines()
            assert (told.returncode, told.stdout) == (77, "")
            assert first == f"traymail runs as user {name} (pid {os.getpid()})."
            assert f"sudo -u {name}" in way_out
        shown = Home(tmp_path / "home").run("status", "--json")
        assert json.loads(shown.stdout) == {"running": True, "pid": os.getpid(), "user": name}
        lock = (tmp_path / "home" / "state" / "run.lock").read_text()
        assert lock == f"{os.getpid()}\n", "it is left as it was"
    finally:
        instance.release()
    assert Home(tmp_path / "home").run("status").returncode == 69


@as_root
def test_who_may_not_look_into_a_home_is_told_whose_it_is() -> None:
    with TemporaryDirectory(dir="/dev/shm") as folder:
        state = Path(folder) / "state"
        state.mkdir()
        with pytest.raises(OtherUser, match="Only user root can tell"):
            _asked_as_a_stranger(state)
        waits = [sys.executable, "-c", "input('up')", "--home", folder, "run"]
        pipe = subprocess.PIPE
        with subprocess.Popen(waits, stdin=pipe, stdout=pipe) as one:
            assert one.stdout is not None
            assert one.stdout.read(2) == b"up"
            with pytest.raises(OtherUser, match=rf"as user root \(pid {one.pid}\)"):
                _asked_as_a_stranger(state)
            one.communicate(b"\n")


def _asked_as_a_stranger(state: Path) -> None:
    os.seteuid(NOBODY)
    try:
        Instance(state).ask({"command": "status"})
    finally:
        os.seteuid(0)
