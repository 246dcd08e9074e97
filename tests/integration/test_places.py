"""Where a watched folder leads: links put in its way, folders made again, file systems mounted."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.support.certificates import Certificates
from tests.support.folders import EVENTS_ONLY, NOW, QUICK, Watched, folder_rule
from tests.support.homes import Home
from tests.support.namespaces import can_unshare
from tests.support.running import ADDRESS, CANARY, account, credentials, running
from tests.support.sink import Sink, serve
from tests.support.wait import until
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FolderBack,
    FolderGone,
    NoLongerLeftOut,
    Observation,
)
from traymail.core.rules.folder import Existing
from traymail.core.selection import Selection
from traymail.disk import open_folder
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.watch.folders import Pace
from traymail.watch.mounts import Mounts
from traymail.watch.root import WatchRoot
from traymail.watch.tree import behind_link

Begin = Callable[..., Watched]
CAN_MOUNT = sys.platform == "linux" and os.geteuid() == 0 and can_unshare("--mount")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "around" / "Scans"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """Return a folder of private files that no rule names."""
    private = tmp_path / "private"
    (private / "Scans").mkdir(parents=True)
    for file in (private / "diary.txt", private / "Scans" / "diary.txt"):
        file.write_text("private")
    return private


@pytest.fixture
def begin(database: Database, folder: Path) -> Iterator[Begin]:
    running: list[Watched] = []

    def start(pace: Pace = QUICK, **more: object) -> Watched:
        watched = Watched(database, pace)
        running.append(watched)
        watched.start(folder_rule(folder, **more))
        return watched

    yield start
    for watched in running:
        watched.watcher.stop()


def replaced(path: Path, target: Path) -> None:
    """Exchange a folder for a link in one instant, as a stranger would."""
    beside = path.with_name("link to be")
    beside.symlink_to(target, target_is_directory=True)
    path.rename(path.with_name("away"))
    beside.rename(path)


@pytest.mark.parametrize("which", ["itself", "a parent"])
@pytest.mark.parametrize("pace", [EVENTS_ONLY, QUICK], ids=["events", "looks"])
def test_a_link_in_its_place_stops_the_rule(
    begin: Begin, folder: Path, private: Path, which: str, pace: Pace
) -> None:
    watched = begin(pace, existing=Existing.SEND, recursive=True)
    watched.wait_for(FolderBack)
    at = folder if which == "itself" else folder.parent
    replaced(at, private if which == "a parent" else private / "Scans")
    why = f"led to {folder} when the rule began"
    # Between the two renames it is told of as one that is not there.
    watched.wait(lambda: any(why in str(gone.reason) for gone in watched.of(FolderGone)))
    told = len(watched.of(FolderGone))
    (private / "Scans" / "more.txt").write_text("private, too")
    watched.watcher.rescan()
    assert len(watched.of(FolderGone)) == told
    at.unlink()
    at.with_name("away").rename(at)
    watched.wait_for(FolderBack, 2)
    (folder / "good").write_text("to be mailed")
    watched.wait(lambda: "good" in watched.settled())
    assert watched.settled() == ["good"]


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
@pytest.mark.parametrize("which", ["itself", "a parent"])
def test_a_folder_that_others_could_put_in_its_place(
    begin: Begin, folder: Path, private: Path, which: str, *, stopped: bool
) -> None:
    around = folder.parent if which == "itself" else folder.parent.parent
    around.chmod(0o777)
    private.rename(beside := around / "private")
    watched = begin(existing=Existing.SEND)
    watched.wait_for(FolderBack)
    (folder / "a.txt").write_text("dropped")
    watched.wait(lambda: watched.settled() == ["a.txt"])
    if stopped:
        watched.watcher.stop()
    (at := folder if which == "itself" else folder.parent).rename(around / "away")
    beside.rename(at)
    if stopped:
        watched = begin(existing=Existing.SEND)
    why = f"Others may exchange it, since they may write {around}"
    # Between the two renames it is told of as one that is not there.
    watched.wait(lambda: any(why in str(gone.reason) for gone in watched.of(FolderGone)))
    watched.watcher.rescan()
    assert watched.settled() in ([], ["a.txt"])
    around.chmod(0o755)  # now only the user can have put it there
    watched.wait(lambda: "diary.txt" in watched.settled())


def test_a_folder_that_only_its_user_can_have_made_again(begin: Begin, folder: Path) -> None:
    folder.parent.chmod(0o1777)
    watched = begin()
    watched.wait_for(FolderBack)
    folder.rename(folder.with_name("away"))
    folder.mkdir()
    watched.wait_for(FolderBack, 2)
    (folder / "a.txt").write_text("dropped")
    watched.wait(lambda: watched.settled() == ["a.txt"])


def test_a_link_put_there_while_it_did_not_run(begin: Begin, folder: Path, private: Path) -> None:
    first = begin(existing=Existing.SEND)
    first.wait_for(FolderBack)
    first.watcher.stop()
    replaced(folder, private / "Scans")
    second = begin(existing=Existing.SEND)
    second.wait_for(FolderGone)
    assert second.settled() == []


def test_a_link_where_the_rule_found_nothing(begin: Begin, folder: Path, private: Path) -> None:
    folder.rmdir()
    watched = begin(existing=Existing.SEND)
    watched.wait_for(FolderGone)
    folder.symlink_to(private / "Scans", target_is_directory=True)
    watched.wait_for(FolderGone, 2)
    folder.unlink()
    folder.mkdir()
    (folder / "good").write_text("to be mailed")
    watched.wait(lambda: watched.settled() == ["good"])


def test_a_link_that_leads_elsewhere_now(begin: Begin, folder: Path, private: Path) -> None:
    real = folder.rename(folder.with_name("real"))
    folder.symlink_to(real, target_is_directory=True)
    watched = begin(existing=Existing.SEND)
    watched.wait_for(FolderBack)
    (folder / "good").write_text("to be mailed")
    watched.wait(lambda: watched.settled() == ["good"])
    folder.unlink()
    folder.symlink_to(private / "Scans", target_is_directory=True)
    watched.wait_for(FolderGone)
    assert watched.settled() == ["good"]


def looking(database: Database, folder: Path, told: list[Observation]) -> WatchRoot:
    """Return a root that looks into a folder and the folders inside, as after its first look."""
    rule = folder_rule(folder, existing=Existing.SEND, recursive=True, settle=timedelta(0))
    ledger = FolderLedger(database, rule.name, rule.folder)
    root = WatchRoot(rule, (), ledger, told.append)
    spot = root.look_at_spot()
    assert spot is not None
    root.found(spot, None)
    ledger.stand_at(spot.place)
    ledger.start((), NOW)
    return root


def test_links_that_come_and_go_as_fast_as_can_be(
    database: Database, folder: Path, private: Path
) -> None:
    """Each look goes through folders that are open: no instant between two calls is long enough."""
    for place in (private / "Scans" / "sub", folder / "sub"):
        place.mkdir()
        (place / "a").write_text("private" if private in place.parents else "to be mailed")
    secrets = {path.stat().st_ino for path in private.rglob("*") if path.is_file()}
    told: list[Observation] = []
    root = looking(database, folder, told)
    stopping = threading.Event()
    link, inner = folder.with_name("link"), folder.with_name("inner")
    link.symlink_to(private / "Scans", target_is_directory=True)
    inner.symlink_to(private / "Scans" / "sub", target_is_directory=True)

    def exchange() -> None:
        away = folder.with_name("away")
        while not stopping.is_set():
            for path, way in ((folder, link), (folder / "sub", inner)):
                path.rename(away)
                way.rename(path)
                path.rename(way)
                away.rename(path)

    stranger = threading.Thread(target=exchange)
    stranger.start()
    try:
        for _ in range(2000):
            with suppress(OSError):
                root.hint(str(folder / "sub" / "a"), 0.0)
                root.scan(0.0)
                root.settle(1.0)
    finally:
        stopping.set()
        stranger.join()
    root.scan(0.0)
    root.settle(1.0)
    settled = [one.file for one in told if isinstance(one, FileSettled)]
    assert {file.path for file in settled} == {"sub/a"}
    assert not secrets & {file.identity.inode for file in settled}


@pytest.mark.parametrize("name", ["diary.txt", "letters/love.txt", "letters/draft.part", "gone"])
def test_a_name_behind_a_link_is_never_told(
    database: Database, folder: Path, private: Path, name: str
) -> None:
    """A hint is all that tells of a file behind it: watchdog names what it finds by its path."""
    for place in (folder / "sub", private / "Scans" / "letters"):
        place.mkdir()
    for file in ("love.txt", "draft.part"):
        (private / "Scans" / "letters" / file).write_text("private")
    told: list[Observation] = []
    root = looking(database, folder, told)
    replaced(folder / "sub", private / "Scans")
    root.hint(str(folder / "sub" / name), 0.0)
    assert [one.what for one in told if isinstance(one, FileLeftOut)] == ["sub"]
    told.clear()
    root.scan(0.0)
    root.settle(1.0)
    assert "sub" not in {one.what for one in told if isinstance(one, NoLongerLeftOut)}
    (folder / "sub").unlink()
    (folder / "away").rename(folder / "sub")
    root.hint(str(folder / "sub" / name), 0.0)
    root.scan(0.0)
    assert [one.what for one in told if isinstance(one, NoLongerLeftOut)] == ["sub"]
    assert not [one for one in told if isinstance(one, FileLeftOut | FileSettled)]


def test_a_file_behind_a_link_that_came_before_it_settled_is_not_called_one(
    database: Database, folder: Path, private: Path
) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "a").write_text("to be mailed")
    told: list[Observation] = []
    root = looking(database, folder, told)
    root.hint(str(folder / "sub" / "a"), 0.0)
    replaced(folder / "sub", private / "Scans")
    root.settle(1.0)
    assert [one.what for one in told if isinstance(one, FileLeftOut)] == ["sub"]


def test_a_name_behind_a_link_that_comes_and_goes_is_not_told_in_its_place(
    folder: Path, private: Path
) -> None:
    (folder / "sub").mkdir()
    (private / "Scans" / "deep").mkdir(parents=True)
    link, away = folder.with_name("inner"), folder.with_name("away")
    link.symlink_to(private / "Scans", target_is_directory=True)
    over = threading.Event()

    def exchange() -> None:
        while not over.is_set():
            (folder / "sub").rename(away)
            link.rename(folder / "sub")
            (folder / "sub").rename(link)
            away.rename(folder / "sub")

    selection = Selection(folder_rule(folder, recursive=True))
    with open_folder(str(folder)) as root, ThreadPoolExecutor(1) as stranger:
        done = stranger.submit(exchange)
        try:
            passed = [behind_link(selection, root, "sub/deep") for _ in range(20_000)]
        finally:
            over.set()
        done.result()
    assert {one.path for one in passed if one.told} == {"sub"}


def test_names_behind_links_that_come_and_go_are_never_told(
    database: Database, folder: Path, private: Path
) -> None:
    (folder / "sub" / "deep").mkdir(parents=True)
    (private / "Scans" / "deep" / "deeper").mkdir(parents=True)
    for number in range(20):
        for place in ("", "deep", "deep/deeper"):
            (private / "Scans" / place / f"secret-{number}.part").write_text("private")
    watched = Watched(database, QUICK)
    watched.start(folder_rule(folder, existing=Existing.SEND, recursive=True))
    watched.wait_for(FolderBack)
    link, away = folder.with_name("inner"), folder.with_name("away")
    link.symlink_to(private / "Scans", target_is_directory=True)
    try:
        # Each time, watchdog walks through what has come, by its path.
        for number in range(1500):
            (folder / "sub").rename(away)
            link.rename(folder / "sub")
            (folder / "sub").rename(link)
            away.rename(folder / "sub")
            if not number % 100:
                (folder / "sub" / f"{number}.txt").write_text("to be mailed")
                watched.wait(lambda: f"sub/{number}.txt" in watched.settled())  # noqa: B023 # called before the next turn
    finally:
        watched.watcher.stop()
    left_out = {one.what for one in watched.of(FileLeftOut)}
    assert left_out <= {"sub"}
    assert not any("secret" in name for name in watched.settled())


def test_a_tree_that_is_too_deep_for_watchdog_ends_no_events(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    watched = Watched(database, EVENTS_ONLY)
    watched.start(folder_rule(folder, existing=Existing.SEND, recursive=True))
    watched.wait_for(FolderBack)
    deep = [tmp_path / "d"]
    while len(deep) < 1200:
        deep.append(deep[-1] / "d")
    for one in deep:
        one.mkdir()
    try:
        deep[0].rename(folder / "d")
        (folder / "d" / "d" / "in it.txt").write_text("to be mailed")
        (folder / "beside.txt").write_text("to be mailed")
        watched.wait(lambda: set(watched.settled()) == {"d/d/in it.txt", "beside.txt"})
    finally:
        watched.watcher.stop()
        (folder / "d" / "d" / "in it.txt").unlink()
        (folder / "d").rename(deep[0])
        for one in reversed(deep):
            one.rmdir()


# --- what is mounted --------------------------------------------------------------------------

TABLE = """\
20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
21 20 0:30 / /proc rw - proc proc rw
22 20 0:40 /export /mnt/nas rw master:2 - nfs4 server:/export rw,vers=4
23 20 8:17 / /mnt/my\\040disk rw - vfat /dev/sdb1 rw
24 20 254:0 /srv/data /mnt/bound rw - ext4 /dev/vda rw
25 20 0:41 / /mnt/nas/far rw - fuse.sshfs me@host: rw
26 20 0:42 / /mnt/bound rw - cifs //server/share rw
"""


@pytest.mark.parametrize(
    ("folder", "medium"),
    [
        ("/mnt/nas", "nfs4 server:/export /export"),
        ("/mnt/nas/in", "nfs4 server:/export /export/in"),
        ("/mnt/nas/far/in", "fuse.sshfs me@host: /in"),
        # The later one hides the earlier.
        ("/mnt/bound/in", "cifs //server/share /in"),
    ],
)
def test_a_medium_is_known_by_what_is_mounted(tmp_path: Path, folder: str, medium: str) -> None:
    (tmp_path / "mountinfo").write_text(TABLE)
    assert Mounts(tmp_path / "mountinfo").medium(folder, 1, 1) == medium


def test_one_file_system_is_the_same_at_each_place(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    inside = tmp_path.relative_to("/")
    top = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
    table.write_text(top)
    alone = Mounts(table).medium(str(tmp_path), 1, 1)
    assert alone.startswith("ext4 ")
    assert alone.endswith(f" {tmp_path}")
    # Bound to its own path, as systemd does for a service.
    table.write_text(
        f"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:1 /{inside} /{inside} ro - ext4 x rw\n"
    )
    assert Mounts(table).medium(str(tmp_path), 1, 1) == alone
    # Another folder of it, mounted over it, is another place.
    table.write_text(f"{top}2 1 8:1 /old /{inside} rw - ext4 /dev/sda1 rw\n")
    assert Mounts(table).medium(str(tmp_path), 1, 1) == alone.replace(str(tmp_path), "/old")


def test_where_the_system_tells_nothing_all_is_one_place(tmp_path: Path) -> None:
    assert Mounts(tmp_path / "none").medium(str(tmp_path), 1, 1) == ""


# --- the whole program, with real mounts ------------------------------------------------------


@dataclass(frozen=True)
class Inside(Home):
    """A home whose commands run where other file systems are mounted than elsewhere."""

    namespace: int = 0

    def command(self, *arguments: str | Path) -> list[str]:
        return [*self._enter(), *super().command(*arguments)]

    def mount(self, *arguments: str | Path) -> None:
        subprocess.run([*self._enter(), "mount", *map(str, arguments)], check=True)

    def umount(self, folder: Path) -> None:
        """Take a file system away, as soon as the program is not just looking into it."""
        command = [*self._enter(), "umount", str(folder)]
        until(lambda: subprocess.run(command, check=False).returncode == 0, what=f"{folder} free")

    def put(self, file: Path, content: str) -> None:
        """Write a file as those see it that are inside."""
        write = ["sh", "-c", 'printf %s "$1" > "$2"', "sh", content, str(file)]
        subprocess.run([*self._enter(), *write], check=True)

    def date(self, file: Path, seconds: int) -> None:
        """Give a file the time of its last change, as they see it."""
        touch = ["touch", "--no-create", f"--date=@{seconds}", str(file)]
        subprocess.run([*self._enter(), *touch], check=True)

    def copy(self, source: Path, target: Path) -> None:
        """Copy all files of a folder into another one, with the times of their last changes."""
        files = map(str, sorted(source.iterdir()))
        subprocess.run([*self._enter(), "cp", "-p", *files, str(target)], check=True)

    def _enter(self) -> list[str]:
        return ["nsenter", f"--mount=/proc/{self.namespace}/ns/mnt", f"--wd={Path.cwd()}"]


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo made; cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"made\n"
        yield Inside(tmp_path / "home", namespace=holder.pid)
        assert holder.stdin is not None
        holder.stdin.close()


def places(home: Home) -> int:
    """Return at how many places the rule has looked."""
    with closing(sqlite3.connect(home.path / "state" / "outbox.db")) as database:
        return int(database.execute("SELECT count(*) FROM ledger_root").fetchone()[0])


@dataclass
class Office:
    """A rule in a folder that file systems are mounted over, and what it mails."""

    home: Inside
    folder: Path
    sink: Sink
    env: dict[str, str]

    def arrived(self, name: str) -> None:
        """Put a new file into the folder; it is the next that is mailed, and put away."""
        self.home.put(self.folder / name, "x")
        self.is_next(name)

    def next_mail(self, name: str) -> None:
        """Wait for the next mail, which is about the file of this name."""
        count = len(self.sink.arrivals) + 1
        self.sink.wait_for(count, 20)
        mails = [message_from_bytes(one.content, policy=default) for one in self.sink.arrivals]
        assert [str(mail["Subject"]) for mail in mails][count - 1 :] == [name]

    def is_next(self, name: str) -> None:
        self.next_mail(name)
        until(lambda: self.lies(f"sent/{name}"), what=f"{name} to be put away")

    def lies(self, path: str) -> bool:
        """Tell whether a file lies in the folder, as those see it that are inside."""
        return Path(f"/proc/{self.home.namespace}/root", *self.folder.parts[1:], path).exists()


@pytest.fixture
def office(
    inside: Inside, folder: Path, tmp_path: Path, certificates: Certificates
) -> Iterator[Office]:
    context = certificates.good.server_context()
    with serve(context, security="tls", user=ADDRESS, password=CANARY) as sink:
        inside.configure(
            account(sink.port, ca_file=certificates.ca_file)
            + f"""
[[rules]]
name = "Scans"
kind = "folder"
to = ["boss@example.com"]
folder = {json.dumps(str(folder))}
settle_seconds = 0.2
after = "move"
"""
        )
        yield Office(inside, folder, sink, credentials(tmp_path / "credentials"))


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("kind", ["a folder of the same disk", "another file system"])
def test_a_share_that_is_mounted_over_it(office: Office, tmp_path: Path, kind: str) -> None:
    inside, folder = office.home, office.folder
    share, never = tmp_path / "share", tmp_path / "never seen"
    for place in (share, never):
        place.mkdir()
        if kind == "another file system":
            inside.mount("-t", "tmpfs", "tmpfs", place)
    for place in (folder, share, never):
        for name in ("old", place.name):
            inside.put(place / name, f"old, in {place.name}")
        # One that both hold, as far as its name, size and time tell, makes no share a known one.
        inside.date(place / "old", 1_700_000_000)
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        office.arrived("1")
        inside.mount("--bind", share, folder)
        until(lambda: places(inside) == 2, what="a first look at the share")
        office.arrived("2")
        inside.umount(folder)
        office.arrived("3")
        inside.put(share / "4", "meanwhile")
        inside.mount("--bind", share, folder)
        office.is_next("4")
    inside.put(share / "5", "while stopped")
    with running(inside, office.env):
        office.is_next("5")
    inside.umount(folder)
    inside.mount("--bind", never, folder)
    with running(inside, office.env):
        until(lambda: places(inside) == 3, what="a first look at the other share")
        office.arrived("6")
    inside.umount(folder)
    inside.mount("--bind", share, folder)
    inside.put(folder / "7", "x")
    with running(inside, office.env):
        office.is_next("7")
    assert len(office.sink.arrivals) == 7


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_a_share_that_is_mounted_over_a_folder_inside(
    office: Office, tmp_path: Path, *, stopped: bool
) -> None:
    inside, folder, share = office.home, office.folder, tmp_path / "share"
    for place in (inner := folder / "inner", share):
        place.mkdir()
    inside.put(share / "old", "private")
    inside.configure(inside.config.read_text() + "recursive = true\n")

    def mailed(name: str) -> None:
        inside.put(inner / name, "x")
        office.sink.wait_for(len(office.sink.arrivals) + 1, 20)
        assert f"Subject: {name}" in office.sink.arrivals[-1].content.decode()

    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        mailed("1")
        if not stopped:
            inside.mount("--bind", share, inner)
            until(lambda: places(inside) == 2, what="a first look at the share")
            mailed("2")
            inside.umount(inner)
    if not stopped:
        inside.mount("--bind", share, inner)
        inside.put(inner / "3", "while stopped")
        with running(inside, office.env):
            office.sink.wait_for(3, 20)
    else:
        inside.mount("--bind", share, inner)
        with running(inside, office.env):
            until(lambda: places(inside) == 2, what="a first look at the share")
            mailed("2")
    sent = [one.content.decode() for one in office.sink.arrivals]
    assert not any("Subject: old" in content for content in sent)


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_a_share_that_comes_back_with_another_one_mounted_inside(
    office: Office, tmp_path: Path, *, stopped: bool
) -> None:
    inside, folder = office.home, office.folder
    share, stick = tmp_path / "share", tmp_path / "stick"
    for place in (share / "inner", stick):
        place.mkdir(parents=True)
    inside.put(stick / "old", "private")
    inside.configure(inside.config.read_text() + "recursive = true\n")

    def share_is_gone() -> None:
        inside.umount(folder)
        inside.mount("--bind", stick, share / "inner")

    def comes_back() -> None:
        inside.mount("--rbind", share, folder)
        until(lambda: places(inside) == 3, what="a first look at what is mounted inside")
        for count, name in ((2, "2"), (3, "3")):
            inside.put(folder / "inner" / name, "x")
            office.sink.wait_for(count, 20)

    inside.mount("--bind", share, folder)
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        share_is_gone()
        until(lambda: places(inside) == 2, what="a first look at the folder itself")
        office.arrived("1")
        if not stopped:
            comes_back()
    if stopped:
        with running(inside, office.env):
            comes_back()
    mails = [message_from_bytes(one.content, policy=default) for one in office.sink.arrivals]
    assert [str(mail["Subject"]) for mail in mails] == ["1", "2", "3"]


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_a_share_that_is_mounted_over_a_parent(
    office: Office, tmp_path: Path, *, stopped: bool
) -> None:
    inside, folder, share = office.home, office.folder, tmp_path / "share"
    (share / folder.name).mkdir(parents=True)
    inside.put(share / folder.name / "old", "private")
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        office.arrived("1")
        if not stopped:
            inside.mount("--bind", share, folder.parent)
            until(lambda: places(inside) == 2, what="a first look at the share")
            office.arrived("2")
    if stopped:
        inside.mount("--bind", share, folder.parent)
        with running(inside, office.env):
            until(lambda: places(inside) == 2, what="a first look at the share")
            office.arrived("2")
    assert len(office.sink.arrivals) == 2


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
def test_a_stick_that_is_known_inside_one_share_is_new_inside_another(
    office: Office, tmp_path: Path
) -> None:
    inside, folder = office.home, office.folder
    share, stick = tmp_path / "share", tmp_path / "stick"
    for place in (folder / "inner", share / "inner", stick):
        place.mkdir(parents=True)
    inside.put(stick / "old", "private")
    inside.configure(inside.config.read_text() + "recursive = true\n")

    def mailed(name: str) -> None:
        inside.put(folder / "inner" / name, "x")
        office.next_mail(name)

    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        inside.mount("--bind", stick, folder / "inner")
        until(lambda: places(inside) == 2, what="a first look at the stick")
        mailed("1")
        inside.umount(folder / "inner")
        inside.put(stick / "written elsewhere", "private")
        inside.mount("--bind", stick, share / "inner")
        inside.mount("--rbind", share, folder)
        until(lambda: places(inside) == 4, what="a first look at the share and the stick in it")
        mailed("2")
        inside.umount(folder / "inner")
        inside.umount(folder)
        inside.mount("--bind", stick, folder / "inner")
        # Here it goes on where it was: what came meanwhile is mailed.
        office.next_mail("written elsewhere")


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
def test_two_sticks_that_take_turns_are_known_apart(office: Office, tmp_path: Path) -> None:
    """Cards of cameras all begin with the same names.

    But with files of other sizes: one size at one moment would be one and the same picture.
    """
    inside, folder = office.home, office.folder
    cards = tmp_path / "one", tmp_path / "another"
    for place in (inner := folder / "inner", *cards):
        place.mkdir()
        inside.put(place / "IMG_0001.JPG", f"old, in {place.name}")
    inside.configure(inside.config.read_text() + "recursive = true\n")

    def mailed(name: str) -> None:
        inside.put(inner / name, "x")
        office.next_mail(name)

    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        for count, card in enumerate(cards):
            inside.mount("--bind", card, inner)
            until(lambda: places(inside) == 2 + count, what="a first look at a card")  # noqa: B023 # called before the next turn
            mailed(f"{card.name} 2")
            inside.umount(inner)
        mailed("without a card")
        for card in cards:
            inside.put(card / "meanwhile", f"in {card.name}")
            inside.mount("--bind", card, inner)
            office.next_mail("meanwhile")
            mailed(f"{card.name} 3")
            inside.umount(inner)


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("existing", ["skip", "send"])
@pytest.mark.parametrize("most", [True, False])
def test_a_medium_inside_that_is_called_otherwise_after_each_mount(
    office: Office, tmp_path: Path, existing: str, *, most: bool
) -> None:
    """A file system in memory, filled anew with the very files, is as a stick without a name."""
    inside, folder, kept = office.home, office.folder, tmp_path / "kept"
    for place in (inner := folder / "inner", kept):
        place.mkdir()
    for number in range(4):
        inside.put(kept / f"old {number}", f"{number}")
    more = f'recursive = true\nexisting = "{existing}"\n'
    text = inside.config.read_text().replace('after = "move"', 'after = "keep"')
    inside.configure(text + more)

    sticks = iter((tmp_path / "stick 1", tmp_path / "stick 2"))

    def put_in() -> None:
        (stick := next(sticks)).mkdir()
        inside.mount("-t", "tmpfs", "tmpfs", stick)
        inside.copy(kept, stick)
        inside.mount("--bind", stick, inner)

    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        before = 0 if existing == "skip" else 4
        put_in()
        until(lambda: places(inside) >= 2, what="a first look at the stick")
        office.sink.wait_for(before, 30)
        inside.umount(inner)
        for number in range(1 if most else 5):
            inside.put(kept / f"new {number}", f"new {number}")
        put_in()
        if most:
            office.next_mail("new 0")
        elif existing == "send":
            office.sink.wait_for(before + 5, 30)
        else:
            until(lambda: places(inside) >= 3, what="a first look at another stick")
        inside.put(inner / "last", "x")
        until(lambda: any(b"Subject: last" in one.content for one in office.sink.arrivals), 30)
    mails = [message_from_bytes(one.content, policy=default) for one in office.sink.arrivals]
    names = [str(mail["Subject"]) for mail in mails]
    assert len(names) == len(set(names))
    assert ("old 0" in names) is (existing == "send")


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
def test_a_rule_that_is_led_to_a_stick_inside_its_folder_begins_there(
    office: Office, tmp_path: Path
) -> None:
    inside, folder, stick = office.home, office.folder, tmp_path / "stick"
    for place in (folder / "inner", stick):
        place.mkdir()
    inside.put(stick / "old", "private")
    inside.mount("--bind", stick, folder / "inner")
    before = inside.config.read_text()
    inside.configure(before + "recursive = true\n")
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        until(lambda: places(inside) == 2, what="a first look at the stick")
    outer = json.dumps(str(folder))
    inside.configure(before.replace(outer, json.dumps(str(folder / "inner"))))
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        inside.put(folder / "inner" / "new", "x")
        office.next_mail("new")


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing can be mounted here")
@pytest.mark.parametrize("kind", ["a folder of the same disk", "another file system"])
def test_a_file_on_what_is_mounted_inside_is_put_away(
    office: Office, tmp_path: Path, kind: str
) -> None:
    """A folder that is bound to another place has the same device, and no rename crosses it."""
    inside, folder, stick = office.home, office.folder, tmp_path / "stick"
    for place in (inner := folder / "inner", stick):
        place.mkdir()
    if kind == "another file system":
        inside.mount("-t", "tmpfs", "tmpfs", inner)
    else:
        inside.mount("--bind", stick, inner)
    inside.configure(inside.config.read_text() + "recursive = true\n")
    with running(inside, office.env) as program:
        until(lambda: program.status()["rules"]["Scans"]["watching"])
        for name in ("1", "2"):
            inside.put(inner / name, "x" * 100_000)
            office.next_mail(name)
            put_away = folder / "sent" / "inner" / name
            until(put_away.exists, what=f"{name} to be put away")
            until(lambda: not office.lies(f"inner/{name}"), what=f"{name} is gone")  # noqa: B023 # called before the next turn
            assert put_away.read_text() == "x" * 100_000
            assert stat.S_IMODE(put_away.stat().st_mode) == 0o600
        assert program.status()["rules"]["Scans"]["error"] is None
        assert {path.name for path in (folder / "sent" / "inner").iterdir()} == {"1", "2"}
