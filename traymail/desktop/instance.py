"""One running program per home: its locks, and the way other processes talk to it.

``run.lock`` belongs to the running program; ``deliver.lock`` to whoever delivers: that program, or
a ``send`` while none runs. Talk is one JSON object a line over a socket only this user can reach.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import selectors
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from traymail.core.errors import AlreadyRunning, InputError, NotRunning, StateError
from traymail.core.texts import text

log = logging.getLogger(__name__)

Request = dict[str, Any]
Handler = Callable[[Request], Request]

MAX_LINE = 64 * 1024
# The rest is for the token.
MAX_REQUEST = MAX_LINE - 1024
PEER_SECONDS = 5.0
POLL_SECONDS = 0.05
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
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateError(
                text("The lock file {path} cannot be opened.", path=self._path),
                text("Check that the folder belongs to you and the disk is not full."),
            ) from error
        file = os.fdopen(descriptor, "r+", encoding="ascii")
        if not _lock(file):
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

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

    def serve(self, handle: Handler) -> Server:
        """Answer other processes' requests, in a thread of its own, until `Server.close`."""
        return Server(self._state, handle)

    def ask(self, request: Request, seconds: float = 10.0) -> Request:
        """Send one request to the running program and return its answer.

        Raises NotRunning, and InputError for a request that is longer than it hears.
        """
        if len(_line(request)) > MAX_REQUEST:
            raise InputError(
                text("The text is too long for a link."), text("Attach it as a file instead.")
            )
        try:
            with _connect(self._state, seconds) as connection:
                answer = connection.ask(request)
        except (OSError, ValueError) as error:
            raise _not_running() from error
        if answer is None:
            raise _not_running()
        return answer


class Server:
    """Answers one request a connection. A peer that says nothing holds nobody up."""

    def __init__(self, state: Path, handle: Handler) -> None:
        self._state = state
        self._handle = handle
        self._listener, self._token = _listen(state)
        self._listener.settimeout(0)
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._heard: dict[socket.socket, bytearray] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traymail-ipc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and take the address away."""
        self._closing.set()
        self._waker.send(b"x")
        self._thread.join(PEER_SECONDS)
        for peer in list(self._heard):
            self._drop(peer)
        self._selector.close()
        for end in (self._listener, self._wake, self._waker):
            end.close()
        _address_file(self._state).unlink(missing_ok=True)
        _socket_path(self._state).unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._closing.is_set():
            # Peers that dawdle are dropped; with none, there is nothing to wake up for.
            ready = self._selector.select(PEER_SECONDS if self._heard else None)
            if not ready:
                for peer in list(self._heard):
                    self._drop(peer)
            for key, _events in ready:
                end = key.fileobj
                if end is self._listener:
                    self._accept()
                elif isinstance(end, socket.socket) and end is not self._wake:
                    self._hear(end)

    def _accept(self) -> None:
        try:
            peer, _address = self._listener.accept()
        except OSError:
            return
        if not _same_user(peer):
            log.warning("a process of another user asked for our attention; refused")
            peer.close()
            return
        peer.settimeout(PEER_SECONDS)
        self._heard[peer] = bytearray()
        self._selector.register(peer, selectors.EVENT_READ)

    def _hear(self, peer: socket.socket) -> None:
        heard = self._heard[peer]
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
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            request = None
        if not isinstance(request, dict) or request.pop("token", None) != self._token:
            self._drop(peer)
            return
        try:
            answer = self._handle(request)
        except Exception:  # a request that fails must not end the answering of others
            log.exception("a request failed")
            answer = {"error": "internal"}
        with contextlib.suppress(OSError):
            peer.sendall(json.dumps(answer).encode() + b"\n")
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


def _address_file(state: Path) -> Path:
    return state / "ipc.json"


def _socket_path(state: Path) -> Path:
    path = state / "ipc.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    import tempfile  # slow to import, and seldom needed

    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"traymail-{_user_id()}" / f"{name}.sock"


def _listen(state: Path) -> tuple[socket.socket, str]:
    token = secrets.token_hex(16)
    if sys.platform == "win32":
        listener = socket.create_server(("127.0.0.1", 0))
        address: Request = {"port": listener.getsockname()[1], "token": token}
    else:
        path = _socket_path(state)
        _private_folder(path.parent)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen(16)
        address = {"token": token}
    file = _address_file(state)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(address, stream)
    return listener, token


def _private_folder(folder: Path) -> None:
    """Make a folder that is ours alone, or refuse one somebody else put there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":
        found = folder.lstat()
        if found.st_uid != os.getuid():
            raise StateError(
                text("The folder {path} belongs to another user.", path=folder),
                text("Remove it, or choose another home with --home."),
            )


@contextlib.contextmanager
def _connect(state: Path, seconds: float) -> Iterator[_Connection]:
    address = json.loads(_address_file(state).read_text(encoding="utf-8"))
    if sys.platform == "win32":
        peer = socket.create_connection(("127.0.0.1", address["port"]), seconds)
    else:
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(seconds)
    try:
        if sys.platform != "win32":
            peer.connect(os.fspath(_socket_path(state)))
        yield _Connection(peer, address["token"])
    finally:
        peer.close()


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
        heard: Request = json.loads(answer)
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
    return bool(uid == _user_id())


def _user_id() -> int:
    return 0 if sys.platform == "win32" else os.getuid()
