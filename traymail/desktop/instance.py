"""One running program per home: its locks, and the way other processes talk to it.

``run.lock`` belongs to the running program; ``deliver.lock`` to whoever delivers: that program, or
a ``send`` while none runs. Talk is one JSON object a line over a socket only this user can reach.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import selectors
import socket
import stat
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import IO, Any

from traymail.core.answers import json_table
from traymail.core.errors import (
    AlreadyRunning,
    InputError,
    NotRunning,
    OtherUser,
    StateError,
    TraymailError,
    one_line,
)
from traymail.core.reasons import foreseen, reason_of
from traymail.core.texts import Text, text
from traymail.disk import NO_LINK, READ, current_user, make_folder, patiently, write_whole
from traymail.failures import log_failure

log = logging.getLogger(__name__)

Request = dict[str, Any]
Handler = Callable[[Request], Request]

MAX_LINE = 64 * 1024
# Bytes of an answer: a status names what each rule leaves out.
MOST_ANSWERED = 100_000_000
# The rest is for the token.
MAX_REQUEST = MAX_LINE - 1024
PEER_SECONDS = 5.0
# Of more peers that have not asked yet, the first ones go: each takes a file of ours.
MOST_PEERS = 64
POLL_SECONDS = 0.05
AGAIN_SECONDS = 0.01
# The name of a Unix socket has at most 108 bytes (sun_path), 104 on macOS.
MAX_SOCKET_PATH = 100


class FileLock:
    """An exclusive lock on a file that ends with its process, whatever ends it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take the lock and note our pid in the file; False when another process has it."""
        try:
            make_folder(self._path.parent)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600)
            file = os.fdopen(descriptor, "r+", encoding="ascii")  # refuses a pipe: no file, it says
        except OSError as error:
            raise StateError(
                text(
                    "The lock file {path} cannot be opened: {reason}",
                    path=self._path,
                    reason=reason_of(error),
                ),
                text("Check that the folder belongs to you and the disk is not full."),
            ) from error
        if not _lock(file):
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def keep(self) -> bool:
        """Take the lock anew where its file was taken away; False when somebody else has it then.

        Who opens another file of that name would not see that we have it.
        """
        file = self._file
        if file is None or os.name != "posix" or self._is_there(file):
            return True
        try:
            taken = self.take()
        except StateError:
            return True  # not to be had just now: looked at again
        if taken:
            file.close()
        else:
            self.release()
        return taken

    def _is_there(self, file: IO[str]) -> bool:
        try:
            return os.path.samestat(self._path.lstat(), os.fstat(file.fileno()))
        except OSError as error:
            return not isinstance(error, FileNotFoundError)

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        """Take the lock as soon as it is free; False after ``seconds`` or when stopping."""
        waited = 0.0
        while not self.take():
            if waited >= seconds or stopping.wait(POLL_SECONDS):
                return False
            waited += POLL_SECONDS
        return True

    def release(self) -> None:
        """Give the lock back; without one, nothing happens."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> int | None:
        """Return the pid of the process that holds the lock, None when nobody does."""
        if self._file is not None:
            return os.getpid()
        if not self._path.exists() or self.take():
            self.release()
            return None
        with contextlib.suppress(ValueError, OSError):
            return int(self._path.read_text(encoding="ascii").strip())
        return None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> bool:
        # A byte far behind the pid: Windows locks forbid reading what they cover.
        file.seek(1 << 20)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        file.seek(0)
        return True
else:
    import fcntl

    def _lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class Instance:
    """The two locks of a home and the address of its running program."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.running = FileLock(state / "run.lock")
        self.delivering = FileLock(state / "deliver.lock")

    def claim(self) -> None:
        """Become the running program of this home; raises AlreadyRunning."""
        if not self.running.take():
            raise AlreadyRunning(self.running.holder())

    def release(self) -> None:
        """Give both locks back."""
        self.delivering.release()
        self.running.release()

    def serve(
        self,
        handle: Handler,
        on_death: Callable[[], None] = lambda: None,
        patience: float = PEER_SECONDS,
    ) -> Server:
        """Answer other processes' requests, in a thread of its own, until `Server.close`.

        ``on_death`` is called when that thread ends before. ``patience``: the seconds in which
        somebody who came must have asked.
        """
        return Server(self._state, handle, on_death, patience)

    def ask(self, request: Request, seconds: float = 10.0) -> Request:
        """Send one request to the running program and return its answer.

        Raises NotRunning, OtherUser for another user's program, StateError where it cannot be
        told, and InputError for a request that is longer than it hears.
        """
        if len(_line(request)) > MAX_REQUEST:
            raise InputError(
                text("The text is too long for a link."), text("Attach it as a file instead.")
            )
        if other := _other_user(self._state):
            raise other
        try:
            with _connect(self._state, seconds) as connection:
                answer = connection.ask(request)
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise _not_running() from error
        if answer is None:
            raise _not_running()
        return answer


class Server:
    """Answers one request a connection. A peer that says nothing holds nobody up."""

    def __init__(
        self, state: Path, handle: Handler, on_death: Callable[[], None], patience: float
    ) -> None:
        self._state = state
        self._patience = patience
        self._handle = handle
        self._on_death = on_death
        # What each peer has said so far, and when it must have asked; the first comes first.
        self._heard: dict[socket.socket, tuple[bytearray, float]] = {}
        self._closing = threading.Event()
        self._unreachable = threading.Event()
        self._told_why = ""
        self._thread = threading.Thread(target=self._run, name="traymail-ipc", daemon=True)
        with contextlib.ExitStack() as so_far:
            self._listener, self._token = _listen(state)
            so_far.callback(self._take_away)
            so_far.callback(self._stop_listening)
            self._listener.settimeout(0)
            self._address = _identities(state)
            self._selector = selectors.DefaultSelector()
            so_far.callback(self._selector.close)
            self._wake, self._waker = socket.socketpair()
            for end in (self._wake, self._waker):
                so_far.callback(end.close)
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._selector.register(self._wake, selectors.EVENT_READ)
            self._thread.start()
            self._ends = so_far.pop_all()

    def close(self) -> None:
        """Stop answering and take the address away."""
        self._closing.set()
        self._waker.send(b"x")
        self._thread.join(PEER_SECONDS)
        for peer in list(self._heard):
            self._drop(peer)
        self._ends.close()

    def _stop_listening(self) -> None:
        self._listener.close()

    def keep(self) -> None:
        """Have the address made anew where it was taken away, as by what tidies folders up."""
        if not self._closing.is_set() and _identities(self._state) != self._address:
            self._unreachable.set()
            with contextlib.suppress(OSError):  # it was closed just now
                self._waker.send(b"x")

    def _listen_anew(self) -> None:
        """Make the address anew; what keeps from it is told once, and it is tried again."""
        self._unreachable.clear()
        try:
            listener, token = _listen(self._state)
        except (OSError, TraymailError) as error:
            if self._told_why != (why := str(error)):
                self._told_why = why
                log_failure(log, "other processes cannot ask us any more", error)
            return
        listener.settimeout(0)
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener, self._token, self._told_why = listener, token, ""
        self._address = _identities(self._state)
        log.info("the address for other processes was gone, and is made anew")

    def _take_away(self) -> None:
        for path in (_address_file(self._state), _socket_path(self._state)):
            with contextlib.suppress(OSError):  # the folder may be gone, or not ours to write
                path.unlink()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
        except Exception as error:  # noqa: BLE001 # the owner is told
            log_failure(log, "nobody answers other processes any more", error)
        finally:
            if not self._closing.is_set():
                self._on_death()

    def _turn(self) -> None:
        # With nobody to wait for, there is nothing to wake up for.
        first = next((until for _, until in self._heard.values()), None)
        patience = None if first is None else max(first - monotonic(), 0.0)
        for key, _events in self._selector.select(patience):
            end = key.fileobj
            if end is self._listener:
                self._accept()
            elif end is self._wake:
                self._wake.recv(64)
            elif isinstance(end, socket.socket):
                self._hear(end)
        if self._unreachable.is_set():
            self._listen_anew()
        self._drop_dawdlers()

    def _drop_dawdlers(self) -> None:
        """Drop peers that have not asked in their time, whatever others do meanwhile."""
        now, spare = monotonic(), len(self._heard) - MOST_PEERS
        for number, (peer, (_, until)) in enumerate(list(self._heard.items())):
            if number < spare or until <= now:
                self._drop(peer)

    def _accept(self) -> None:
        try:
            peer, _address = self._listener.accept()
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                # Too many files are open, for one: whoever waits is still there then.
                self._closing.wait(POLL_SECONDS)
            return
        if not _same_user(peer):
            log.warning("a process of another user asked for our attention; refused")
            peer.close()
            return
        peer.settimeout(self._patience)
        self._heard[peer] = bytearray(), monotonic() + self._patience
        self._selector.register(peer, selectors.EVENT_READ)

    def _hear(self, peer: socket.socket) -> None:
        heard, _until = self._heard[peer]
        try:
            block = peer.recv(4096)
        except OSError:
            block = b""
        heard += block
        if not block or len(heard) > MAX_LINE:
            self._drop(peer)
        elif b"\n" in heard:
            self._answer(peer, bytes(heard.split(b"\n", 1)[0]))

    def _answer(self, peer: socket.socket, line: bytes) -> None:
        request = json_table(line)
        if request.pop("token", None) != self._token:
            self._drop(peer)
            return
        try:
            said = json.dumps(self._handle(request))
        except TraymailError as error:
            log.warning("a request failed: %s", one_line(error))
            said = json.dumps({"error": str(error.title), "state": "unavailable"})
        except Exception as error:  # noqa: BLE001 # it must not end the answering of others
            log_failure(log, "a request failed", error)
            known = foreseen(error)
            said = json.dumps(
                {"error": "internal"}
                if known is None
                else {"error": str(known.title), "state": "unavailable"}
            )
        with contextlib.suppress(OSError):
            peer.sendall(said.encode() + b"\n")
        self._drop(peer)

    def _drop(self, peer: socket.socket) -> None:
        self._selector.unregister(peer)
        del self._heard[peer]
        peer.close()


def _not_running() -> NotRunning:
    return NotRunning(
        text("traymail is not running."),
        text("Start it with: traymail, or on a server with: traymail run --headless"),
    )


def _other_user(state: Path) -> OtherUser | None:
    """Return the error for another user's program; None when it is ours, or none runs."""
    if sys.platform == "win32":
        return None
    try:
        owner = state.stat().st_uid
    except PermissionError:
        # Nobody else gets into a home: who owns what hides it?
        owner = next(uid for uid in map(_owner, state.parents) if uid is not None)
        return OtherUser(_user_name(owner), _pid_told(owner, state.parent))
    except OSError:
        return None
    if owner == os.geteuid():
        return None
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(state / "run.lock", READ)
        with os.fdopen(descriptor, encoding="ascii") as lock:
            if not _lock(lock):
                return OtherUser(_user_name(owner), int(lock.read().strip()))
    return None


def _owner(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_uid
    return None


def _user_name(user: int) -> str:
    if sys.platform != "win32":
        import pwd  # only where there are users of this kind

        with contextlib.suppress(KeyError):
            return pwd.getpwuid(user).pw_name
    return str(user)


def _pid_told(user: int, home: Path) -> int | None:
    """Return the pid of a user's program whose command line names this home."""
    named = {os.fsencode(home), b"--home=" + os.fsencode(home)}
    for process in Path("/proc").glob("[1-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if process.stat().st_uid == user and named & set(words) and b"run" in words:
                return int(process.name)
    return None


def _address_file(state: Path) -> Path:
    return state / "ipc.json"


def _socket_path(state: Path) -> Path:
    path = state / "ipc.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    import hashlib  # slow to import, and seldom needed, as is the other
    import tempfile

    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"traymail-{current_user()}" / f"{name}.sock"


def _identities(state: Path) -> list[tuple[int, int] | None]:
    """Return which files the address of a running program is, None for one that is not there."""
    files = [_address_file(state)]
    if sys.platform != "win32":
        files.append(_socket_path(state))
    return [_identity(path) for path in files]


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _listen(state: Path) -> tuple[socket.socket, str]:
    import secrets  # slow to import: only for who listens

    token = secrets.token_hex(16)
    address: Request = {"token": token}
    if sys.platform == "win32":
        listener = socket.create_server(("127.0.0.1", 0))
        address["port"] = listener.getsockname()[1]
    else:
        path = _socket_path(state)
        if path.parent != state:  # the temporary folder of another process may be another one
            address["socket"] = str(path)
        try:
            listener = _bound(path, shared=path.parent != state)
        except OSError as error:
            raise StateError(
                text("{path} cannot be used: {reason}", path=path, reason=reason_of(error)),
                _OTHER_FOLDER,
            ) from error
    try:
        write_whole(_address_file(state), json.dumps(address).encode(), lasting=False)
    except StateError:
        listener.close()
        raise
    return listener, token


if sys.platform != "win32":

    def _bound(path: Path, *, shared: bool) -> socket.socket:
        """Return a socket that only we reach; raises OSError, StateError.

        ``shared``: others may have their own folders beside the one it lies in.
        """
        # A stranger's link is not followed: Linux may refuse that, which would tell less.
        if not os.path.lexists(path.parent):
            make_folder(path.parent)
        if strange := _strange(path.parent):
            raise StateError(strange, _OTHER_FOLDER)
        if shared:
            path.parent.chmod(0o700)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(os.fspath(path))
            path.chmod(0o600)
            listener.listen(MOST_PEERS)
        except OSError:
            listener.close()
            raise
        return listener


_OTHER_FOLDER = text("Remove it, or choose another home with --home.")


def _strange(folder: Path, *, private: bool = False) -> Text | None:
    """Return why a folder cannot be the one that our program made, None when it can.

    ``private``: nobody else gets into that one.
    """
    if sys.platform == "win32":
        return None
    found = folder.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        return text("The folder {path} belongs to another user.", path=folder)
    if private and found.st_mode & 0o077:
        return text("Others may go into the folder {path}.", path=folder)
    return None


def _read_address(state: Path) -> str:
    """Return where the running program is reached; raises StateError where nobody can tell."""
    path = _address_file(state)
    try:
        # A pipe in its place would be waited for.
        descriptor = patiently(lambda: os.open(path, READ))
        with os.fdopen(descriptor, encoding="utf-8") as file:
            return file.read()
    except (PermissionError, IsADirectoryError) as error:
        raise StateError(
            text("{path} cannot be read: {reason}", path=path, reason=reason_of(error)),
            text("Fix the permissions of that place, or choose another one with --home."),
        ) from error


@contextlib.contextmanager
def _connect(state: Path, seconds: float) -> Iterator[_Connection]:
    address = json.loads(_read_address(state))
    if sys.platform == "win32":
        peer = socket.create_connection(("127.0.0.1", address["port"]), seconds)
    else:
        path = Path(address["socket"]) if "socket" in address else _socket_path(state)
        # In a temporary folder, anyone may have made it.
        if strange := _strange(path.parent, private=path.parent != state):
            raise NotRunning(strange, _OTHER_FOLDER)
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(seconds)
    try:
        if sys.platform != "win32":
            _reach(peer, path, seconds)
            if not _same_user(peer):
                raise PermissionError(errno.EPERM, "another user's program answers")
        yield _Connection(peer, address["token"])
    finally:
        peer.close()


def _reach(peer: socket.socket, path: Path, seconds: float) -> None:
    """Connect; the system does not let us wait where many others are waiting already."""
    until = monotonic() + seconds
    while True:
        try:
            peer.connect(os.fspath(path))
        except BlockingIOError:
            if monotonic() >= until:
                raise
            threading.Event().wait(AGAIN_SECONDS)
        else:
            return


class _Connection:
    """A connection to the running program that shows the token with each request."""

    def __init__(self, peer: socket.socket, token: str) -> None:
        self._peer = peer
        self._token = token

    def ask(self, request: Request) -> Request | None:
        self._peer.sendall(_line({**request, "token": self._token}))
        answer = bytearray()
        while b"\n" not in answer:
            block = self._peer.recv(65536)
            if not block:
                return None
            answer += block
            if len(answer) > MOST_ANSWERED:
                raise ValueError("no traymail says so much")
        heard: object = json.loads(answer)
        if not isinstance(heard, dict):
            raise TypeError("no traymail says that")
        return heard


def _line(request: Request) -> bytes:
    # What is no character of Unicode (from a file name, for one) passes only escaped.
    words = json.dumps(request, ensure_ascii=False)
    try:
        return words.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(request).encode() + b"\n"


def _same_user(peer: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # the folder's 0700 and the token keep others out
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack(
        "3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return bool(uid == current_user())
