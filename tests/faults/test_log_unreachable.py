"""Logs that cannot be reached for a while: their permissions are lost, or the share is away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.namespaces import can_unshare, ordinary_rights
from tests.support.tailing import Following, log_rule
from traymail.core.rules.log import StartAt

ENDINGS = pytest.mark.parametrize("ending", ["none", "crash", "restart"])


class Log:
    """A log in a folder of its own, written to by number; its writer holds it open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        path.parent.mkdir(exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, lines: int) -> None:
        for _ in range(lines):
            self.begin_line()
            self.end_line()

    def begin_line(self) -> None:
        self.count += 1
        self._write("at some time li")

    def end_line(self) -> None:
        self._write(f"ne {self.count} of the log\n")

    def _write(self, words: str) -> None:
        self._file.write(words)
        self._file.flush()

    def rotate(self, kept: Path) -> None:
        self._file.close()
        with allowed(self.path.parent, 0o700):
            self.path.rename(kept)
            self._file = self.path.open("a", encoding="utf-8")

    def close(self) -> None:
        self._file.close()

    def all(self) -> list[str]:
        return [f"at some time line {number} of the log" for number in range(1, self.count + 1)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = Log(tmp_path / "logs" / "app.log")
    yield log
    log.path.parent.chmod(0o700)
    log.close()


@pytest.fixture(params=["open", "resting"])
def following(log: Log, request: pytest.FixtureRequest) -> Iterator[Following]:
    rule = log_rule(log.path.parent / "*.log")
    following = Following(rule, most_open=None if request.param == "open" else 0)
    with ordinary_rights():
        following.look()
        yield following
        following.tails.close()


def end(following: Following, ending: str) -> None:
    if ending != "none":
        getattr(following, ending)()


@contextmanager
def allowed(what: Path, mode: int) -> Iterator[None]:
    """Allow only so much for a while."""
    before = what.stat().st_mode
    what.chmod(mode)
    yield
    what.chmod(before)


# --- permissions --------------------------------------------------------------------------------

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")


@ENDINGS
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("rest", [1, 30])
def test_lost_and_given_again(
    log: Log, following: Following, ending: str, what: str, rest: int
) -> None:
    log.write(3)
    following.look()
    with allowed(log.path if what == "file" else log.path.parent, 0):
        log.write(2)
        following.rest(rest)
        end(following, ending)
        log.write(2)
        log.begin_line()
        following.rest(rest)
        if following.lines() != log.all()[:-1]:
            assert "Permission denied" in str(following.sources["log"].problem)
        assert following.sources["log"].left_out == ()
    log.end_line()
    log.write(2)
    following.rest()
    assert following.lines() == log.all()
    assert following.sources["log"].problem is None
    assert following.sources["log"].left_out == ()


@ENDINGS
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("rest", [1, 30])
@pytest.mark.parametrize("rotations", [1, 2])
def test_rotated_meanwhile(
    log: Log, following: Following, ending: str, what: str, rest: int, rotations: int
) -> None:
    log.write(3)
    following.look()
    with allowed(log.path if what == "file" else log.path.parent, 0):
        following.rest(rest)
        end(following, ending)
        following.rest(rest)
        log.write(2)
        for number in range(rotations, 0, -1):
            log.rotate(log.path.with_name(f"app.log.{number}"))
            log.write(2)
        following.rest(rest)
    for file in log.path.parent.iterdir():
        file.chmod(0o600)
    following.rest()
    assert sorted(following.lines()) == log.all()
    assert following.sources["log"].left_out == ()


@ENDINGS
@pytest.mark.parametrize("what", ["file", "folder"])
@pytest.mark.parametrize("start_at", [StartAt.END, StartAt.BEGINNING])
@pytest.mark.parametrize("glob", ["app.log", "*.log"])
def test_not_readable_when_the_rule_begins(
    log: Log, ending: str, what: str, start_at: StartAt, glob: str
) -> None:
    log.write(3)
    log.begin_line()
    following = Following(log_rule(log.path.parent / glob, start_at=start_at))
    with ordinary_rights(), allowed(log.path if what == "file" else log.path.parent, 0):
        following.look()
        assert "Permission denied" in str(following.sources["log"].problem)
        end(following, ending)
        following.rest()
        log.end_line()
        log.write(2)
        end(following, ending)
        following.rest()
        assert following.lines() == []
    with ordinary_rights():
        following.rest()
        log.write(1)
        following.rest()
        following.tails.close()
    # A log that cannot even be seen is seen for the first time once it can.
    old = {"file": 3, "folder": log.count - 1}[what] if start_at is StartAt.END else 0
    assert following.lines() == log.all()[old:]
    assert following.sources["log"].problem is None


@ENDINGS
@pytest.mark.parametrize("rotations", [1, 2])
@pytest.mark.parametrize("first", [True, False])
def test_created_unreadable_and_rotated_so(
    log: Log, following: Following, ending: str, rotations: int, *, first: bool
) -> None:
    log.write(3)
    following.look()
    kept = [log.path.with_name(f"app.log.{number}") for number in range(rotations, -1, -1)]
    for name in kept:
        log.rotate(name)
        log.path.chmod(0)
        log.write(2)
        following.rest(1)
        end(following, ending)
        following.rest(1)
    hidden = [*kept[1:], log.path]
    following.rest(13)
    told = [path for path, _ in following.sources["log"].left_out]
    assert set(told) == {str(path) for path in hidden[:-1]}
    for path in hidden if first else reversed(hidden):
        path.chmod(0o600)
        following.rest(13)
        end(following, ending)
    following.rest(13)
    assert sorted(following.lines()) == sorted(log.all())
    assert following.sources["log"].left_out == ()


# --- a share ------------------------------------------------------------------------------------

CAN_MOUNT = sys.platform == "linux" and os.geteuid() == 0 and can_unshare("--mount")


class Share:
    """A file system that is mounted, for this test alone, and is away for a while.

    ``anew``: it is another device each time, as network shares are.
    """

    def __init__(self, folder: Path, namespace: int, *, anew: bool) -> None:
        self._namespace = namespace
        self._server, self._point, self._empty = (
            folder / name for name in ("server", "media/share", "empty")
        )
        self._anew = anew
        self._inside("mkdir", "-p", self._server, self._empty)
        self._inside("mount", "-t", "tmpfs", "tmpfs", self._server)
        self._inside("mkdir", self._server / "logs")
        self.mount()
        self.logs, self.server = self._seen(self._point / "logs"), self._seen(self._server / "logs")

    def _seen(self, folder: Path) -> Path:
        return Path(f"/proc/{self._namespace}/root", *folder.parts[1:])

    def mount(self) -> None:
        self._inside("mkdir", "-p", self._point)
        if self._anew:
            lower = f"lowerdir={self._server}:{self._empty}"
            self._inside("mount", "-t", "overlay", "-o", lower, "overlay", self._point)
        else:
            self._inside("mount", "--bind", self._server, self._point)

    def umount(self, *, removed: bool) -> None:
        self._inside("umount", "--lazy", self._point)
        if removed:
            self._inside("rmdir", self._point, self._point.parent)

    def _inside(self, *command: str | Path) -> None:
        enter = ["nsenter", f"--mount=/proc/{self._namespace}/ns/mnt"]
        subprocess.run([*enter, *map(str, command)], check=True)


@pytest.fixture(params=[False, True], ids=["the same device", "another device each time"])
def share(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Share]:
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo made; cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"made\n"
        yield Share(tmp_path, holder.pid, anew=request.param)
        assert holder.stdin is not None
        holder.stdin.close()


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@ENDINGS
@pytest.mark.parametrize(("glob", "most_open"), [("app.log", None), ("*.log", 0)])
@pytest.mark.parametrize(
    ("rest", "rotations", "removed"), [(1, 1, False), (15, 1, True), (15, 2, False)]
)
def test_a_share_that_goes_and_comes_again(  # a table
    share: Share,
    ending: str,
    glob: str,
    most_open: int | None,
    rest: int,
    rotations: int,
    *,
    removed: bool,
) -> None:
    log = Log(share.server / "app.log")
    following = Following(log_rule(share.logs / glob), most_open=most_open)
    following.look()
    log.write(3)
    following.look()
    assert following.lines() == log.all()
    log.begin_line()
    following.look()
    share.umount(removed=removed)
    following.rest(rest)
    end(following, ending)
    following.rest(rest)
    assert following.sources["log"].following == 0
    log.end_line()
    log.write(2)
    for number in range(rotations, 0, -1):
        log.rotate(log.path.with_name(f"app.log.{number}"))
        log.write(2)
    following.rest(rest)
    assert following.sources["log"].left_out == ()
    share.mount()
    following.rest(20)
    log.write(1)
    following.rest(20)
    assert sorted(following.lines()) == sorted(log.all())
    assert following.sources["log"].left_out == ()
    assert following.sources["log"].problem is None
    following.tails.close()
    log.close()
