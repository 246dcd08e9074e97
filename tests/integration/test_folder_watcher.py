"""Real files, real events: the ways in which programs write, and what a watcher must survive."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from tests.support.engine import StoppedClock
from tests.support.folders import EVENTS_ONLY, QUICK, Watched, folder_rule
from tests.support.wait import until
from traymail.core.observations import (
    FileLeftOut,
    FileSettled,
    FirstScan,
    FolderBack,
    FolderGone,
    FoundFile,
    NoLongerLeftOut,
    WatchTrouble,
)
from traymail.core.own_mail import LOOP
from traymail.core.ports import Clock
from traymail.core.rules.folder import Existing, FolderRule
from traymail.core.selection import Selection
from traymail.disk import open_folder
from traymail.store.database import Database
from traymail.store.ledger import FolderLedger
from traymail.watch import writers
from traymail.watch.folders import FolderWatcher, Pace
from traymail.watch.mounts import is_network
from traymail.watch.root import NETWORK_SETTLE, quiet
from traymail.watch.tree import Passed, one_file, present

posix = pytest.mark.skipif(
    os.name != "posix", reason="links, pipes, modes, mounts and names of POSIX"
)
WHOLE = b"the whole content of this file\n" * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Scans"
    folder.mkdir()
    return folder


Begin = Callable[..., Watched]


class DeafWatcher(FolderWatcher):
    """No event comes through, as after an overflow."""

    def note(self, name: str, path: str) -> None:
        del name, path


class FlakyWatched(Watched):
    """Its ledger fails in a way that nobody foresees for as long as it is told to."""

    fails = False

    def ledger(self, rule: FolderRule) -> FolderLedger:
        watched = self

        class Flaky(FolderLedger):
            def handled(self, files: Sequence[FoundFile]) -> set[str]:
                if watched.fails:
                    raise ValueError("odd")
                return super().handled(files)

        return Flaky(self._database, rule.name, rule.folder)


@pytest.fixture
def begin(database: Database, folder: Path) -> Iterator[Begin]:
    running: list[Watched] = []

    def start(
        pace: Pace = QUICK,
        *,
        handle: bool = True,
        clock: Clock | None = None,
        kind: type[Watched] = Watched,
        make: type[FolderWatcher] = FolderWatcher,
        **more: object,
    ) -> Watched:
        watched = kind(database, pace, handle=handle, clock=clock, make=make)
        running.append(watched)
        watched.start(folder_rule(folder, **more))
        return watched

    before = set(threading.enumerate())
    yield start
    for watched in running:
        watched.watcher.stop()
    until(lambda: set(threading.enumerate()) <= before, what="all threads ended")


def rest(seconds: float) -> None:
    Event().wait(seconds)


def write(path: Path, content: bytes = WHOLE) -> None:
    path.write_bytes(content)


def slowly(path: Path) -> None:
    with path.open("wb") as target:
        for at in range(0, len(WHOLE), 400):
            target.write(WHOLE[at : at + 400])
            target.flush()
            rest(0.15)


def with_a_gap_while_open(path: Path) -> None:
    with path.open("wb") as target:
        target.write(WHOLE[:100])
        target.flush()
        rest(0.9)
        target.write(WHOLE[100:])


def opened_again(path: Path) -> None:
    write(path, WHOLE[:100])
    rest(0.15)
    with path.open("ab") as target:
        target.write(WHOLE[100:])


def placeholder_first(path: Path) -> None:
    write(path, b"")
    rest(0.9)
    write(path)


def renamed_in(path: Path) -> None:
    write(path.parent.parent / "to be renamed")
    (path.parent.parent / "to be renamed").rename(path)


def under_a_partial_name(path: Path) -> None:
    partial = path.with_name(path.name + ".part")
    write(partial)
    rest(0.6)
    partial.rename(path)


def hard_link(path: Path) -> None:
    write(path.parent.parent / "to be linked")
    os.link(path.parent.parent / "to be linked", path)


def saved_twice(path: Path) -> None:
    write(path, WHOLE[:50])
    rest(0.1)
    path.unlink()
    write(path)


def with_an_old_time(path: Path) -> None:
    write(path)
    os.utime(path, (1, 1))


WRITERS = [
    write,
    slowly,
    with_a_gap_while_open,
    opened_again,
    placeholder_first,
    renamed_in,
    under_a_partial_name,
    hard_link,
    saved_twice,
    with_an_old_time,
]


# They come back before the file has been quiet for long enough, also on a busy machine.
SOON_BACK = {opened_again, saved_twice, with_an_old_time}


@pytest.mark.parametrize("pace", [EVENTS_ONLY, QUICK], ids=["events", "looks"])
def test_a_file_is_told_of_once_and_whole_however_it_is_written(
    begin: Begin, folder: Path, pace: Pace
) -> None:
    clock = StoppedClock()
    watched = begin(pace, clock=clock)
    watched.wait_for(FirstScan)

    def run(writer: Callable[[Path], None], path: Path) -> None:
        with clock.standing() if writer in SOON_BACK else nullcontext():
            writer(path)

    names = {f"{writer.__name__} 文件.txt": writer for writer in WRITERS}
    threads = [
        threading.Thread(target=run, args=(writer, folder / name)) for name, writer in names.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watched.wait(lambda: set(watched.settled()) >= set(names))
    rest(0.8)
    assert sorted(watched.settled()) == sorted(names)
    assert {one.file.identity.size for one in watched.of(FileSettled)} == {len(WHOLE)}


def test_a_tree_that_is_moved_in_or_made_at_once(begin: Begin, folder: Path) -> None:
    watched = begin(EVENTS_ONLY, recursive=True)
    watched.wait_for(FirstScan)
    tree = folder.parent / "tree"
    (tree / "deep" / "er").mkdir(parents=True)
    for path in (tree / "a", tree / "deep" / "b", tree / "deep" / "er" / "c"):
        write(path)
    tree.rename(folder / "tree")
    (folder / "x" / "y").mkdir(parents=True)
    write(folder / "x" / "y" / "d")
    wanted = ["tree/a", "tree/deep/b", "tree/deep/er/c", "x/y/d"]
    watched.wait(lambda: sorted(watched.settled()) == wanted)


def test_folders_inside_are_not_looked_at_unless_asked_for(begin: Begin, folder: Path) -> None:
    watched = begin()
    watched.wait_for(FirstScan)
    (folder / "inside").mkdir()
    write(folder / "inside" / "a")
    write(folder / "b")
    watched.wait(lambda: "b" in watched.settled())
    rest(0.6)
    assert watched.settled() == ["b"]


def test_a_burst_of_which_most_events_are_lost(begin: Begin, folder: Path) -> None:
    watched = begin(Pace(rescan=1.0, check=0.2), make=DeafWatcher)
    watched.wait_for(FirstScan)
    names = {f"{number:04}.txt" for number in range(500)}
    for name in names:
        write(folder / name, b"x")
    watched.wait(lambda: set(watched.settled()) == names)
    rest(1.2)
    assert len(watched.settled()) == 500


@pytest.mark.parametrize("existing", list(Existing))
def test_what_lies_there_at_the_start(begin: Begin, folder: Path, existing: Existing) -> None:
    write(folder / "old.pdf")
    write(folder / "old.txt")
    watched = begin(existing=existing, include=("*.pdf",))
    watched.wait_for(FirstScan)
    write(folder / "new.pdf")
    wanted = ["new.pdf"] if existing is Existing.SKIP else ["new.pdf", "old.pdf"]
    watched.wait(lambda: sorted(watched.settled()) == wanted)
    rest(0.8)
    assert sorted(watched.settled()) == wanted


def test_what_came_while_the_program_did_not_run(begin: Begin, folder: Path) -> None:
    write(folder / "old")
    first = begin()
    first.wait_for(FirstScan)
    write(folder / "one")
    first.wait(lambda: first.settled() == ["one"])
    first.watcher.stop()
    write(folder / "two")
    second = begin(EVENTS_ONLY)
    second.wait(lambda: second.settled() == ["two"])
    assert second.of(FirstScan) == []


@posix
def test_what_is_no_regular_file_is_left_out_and_named(begin: Begin, folder: Path) -> None:
    secret = folder.parent / "secret"
    write(secret)
    (folder / "link").symlink_to(secret)
    (folder / "folder link").symlink_to(folder.parent, target_is_directory=True)
    watched = begin(recursive=True, existing=Existing.SEND)
    watched.wait_for(FirstScan)
    os.mkfifo(folder / "pipe")
    (folder / "late link").symlink_to(secret)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        write(folder / "a.crdownload")
        write(folder / "empty", b"")
        write(folder / "good")
        watched.wait(lambda: "good" in watched.settled())
        watched.wait(lambda: len(watched.left_out()) == 7)
    told = watched.left_out()
    assert "link" in told["link"]
    assert "link" in told["folder link"]
    assert "link" in told["late link"]
    assert "pipe" in told["pipe"]
    assert "socket" in told["socket"]
    assert "still being written" in told["a.crdownload"]
    assert "empty" in told["empty"]
    rest(1.2)
    assert watched.settled() == ["good"]
    assert [one.what for one in watched.of(FileLeftOut)].count("link") == 1


@posix
def test_a_private_file_with_a_second_name_where_others_may_write(
    begin: Begin, folder: Path
) -> None:
    private = folder.parent / "private"
    write(private)
    folder.chmod(0o777)
    watched = begin(EVENTS_ONLY, recursive=True)
    watched.wait_for(FirstScan)
    (folder / "in").mkdir()
    os.link(private, folder / "a")
    os.link(private, folder / "in" / "b")
    watched.wait(lambda: "a" in watched.left_out())
    write(folder / "good")
    watched.wait(lambda: "good" in watched.settled())
    watched.watcher.rescan()
    # Nobody else puts anything into that one.
    watched.wait(lambda: sorted(watched.settled()) == ["good", "in/b"])
    assert "second name" in watched.left_out()["a"]


@posix
def test_a_folder_inside_that_becomes_a_link_is_not_followed(begin: Begin, folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.mkdir()
    write(secret / "a")
    (folder / "in").mkdir()
    watched = begin(EVENTS_ONLY, recursive=True)
    watched.wait_for(FirstScan)
    write(folder / "in" / "a")
    watched.wait(lambda: "in/a" in watched.watcher.roots["Scans"].stability)
    (folder / "in").rename(folder.parent / "away")
    (folder / "in").symlink_to(secret, target_is_directory=True)
    watched.wait(lambda: "link" in watched.left_out().get("in", ""))
    write(folder / "good")
    watched.wait(lambda: "good" in watched.settled())
    assert watched.settled() == ["good"]


@posix
def test_what_is_no_longer_left_out_is_told(begin: Begin, folder: Path) -> None:
    watched = begin()
    watched.wait_for(FirstScan)
    write(folder / "a.part")
    (folder / "link").symlink_to(folder)
    watched.wait(lambda: len(watched.left_out()) == 2)
    (folder / "a.part").rename(folder / "a")
    (folder / "link").unlink()
    watched.wait_for(NoLongerLeftOut, 2)
    assert {one.what for one in watched.of(NoLongerLeftOut)} == {"a.part", "link"}


def test_a_share_lets_files_be_quiet_for_longer(folder: Path) -> None:
    default, given = folder_rule(folder, settle=timedelta(seconds=5)), folder_rule(folder)
    assert quiet(default, network=True) == NETWORK_SETTLE
    assert quiet(default, network=False) == default.settle
    assert quiet(given, network=True) == given.settle


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has two ways to see a writer")
def test_a_writer_is_seen_among_the_processes_too(folder: Path) -> None:
    file = folder / "a"
    write(file)
    with open_folder(str(folder)) as here:
        assert not writers.open_for_writing(here, "a")
        assert not writers.held_by_a_process(here, "a")
        with file.open("rb"):
            assert not writers.open_for_writing(here, "a")
            assert not writers.held_by_a_process(here, "a")
        with file.open("ab"):
            assert writers.open_for_writing(here, "a")
            assert writers.held_by_a_process(here, "a")
        assert not writers.open_for_writing(here, "none")


def test_a_file_that_is_held_open_for_writing_waits(begin: Begin, folder: Path) -> None:
    watched = begin(settle=timedelta(seconds=0.2))
    watched.wait_for(FirstScan)
    with (folder / "open.txt").open("wb") as target:
        target.write(WHOLE)
        target.flush()
        watched.wait(lambda: "open.txt" in watched.left_out())
        assert watched.settled() == []
    watched.wait(lambda: watched.settled() == ["open.txt"])


def test_a_folder_that_goes_and_comes_back_forgets_nothing(begin: Begin, folder: Path) -> None:
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FolderBack)
    write(folder / "one")
    watched.wait(lambda: watched.settled() == ["one"])
    away = folder.with_name("away")
    folder.rename(away)
    watched.wait_for(FolderGone)
    away.rename(folder)
    watched.wait_for(FolderBack, 2)
    write(folder / "two")
    watched.wait(lambda: watched.settled() == ["one", "two"])


@pytest.mark.skipif(
    os.name != "posix", reason="Wine removes no folder that is open, and looks as if it had"
)
def test_a_folder_that_is_removed_and_made_again_forgets_nothing(
    begin: Begin, folder: Path
) -> None:
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FolderBack)
    write(folder / "one")
    watched.wait(lambda: watched.settled() == ["one"])
    shutil.rmtree(folder)
    watched.wait_for(FolderGone)
    folder.mkdir()
    watched.wait_for(FolderBack, 2)
    write(folder / "two")
    watched.wait(lambda: watched.settled() == ["one", "two"])


def test_a_folder_that_is_replaced_by_another_is_watched_anew(begin: Begin, folder: Path) -> None:
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FirstScan)
    other = folder.with_name("other")
    other.mkdir()
    write(other / "there already")
    folder.rename(folder.with_name("away"))
    other.rename(folder)
    watched.wait(lambda: watched.settled() == ["there already"])
    write(folder / "later")
    watched.wait(lambda: "later" in watched.settled())


def test_a_folder_that_is_not_there_yet(begin: Begin, folder: Path) -> None:
    folder.rmdir()
    watched = begin(existing=Existing.SEND)
    gone = watched.wait_for(FolderGone)
    assert "not there" in str(gone[0].reason)
    folder.mkdir()
    write(folder / "a")
    watched.wait(lambda: watched.settled() == ["a"])


def test_a_file_in_the_folders_place(begin: Begin, folder: Path) -> None:
    folder.rmdir()
    write(folder)
    watched = begin()
    assert "a file has its name" in str(watched.wait_for(FolderGone)[0].reason)


@posix
def test_a_folder_that_is_a_link(begin: Begin, folder: Path) -> None:
    real = folder.rename(folder.with_name("real"))
    (real / "in").mkdir()
    folder.symlink_to(real, target_is_directory=True)
    watched = begin(EVENTS_ONLY, recursive=True)
    watched.wait_for(FirstScan)
    write(folder / "a")
    write(real / "in" / "b")
    watched.wait(lambda: sorted(watched.settled()) == ["a", "in/b"])


@posix
def test_what_was_put_away_is_known_by_each_of_its_paths(begin: Begin, folder: Path) -> None:
    real = folder.rename(folder.with_name("real"))
    (real / "sent").mkdir()
    folder.symlink_to(real, target_is_directory=True)
    watched = begin(recursive=True, move_to=str(real / "sent"))
    watched.wait_for(FirstScan)
    write(folder / "sent" / "a")
    write(folder / "b")
    watched.wait(lambda: "b" in watched.settled())
    rest(0.8)
    assert watched.settled() == ["b"]


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folders(begin: Begin, folder: Path) -> None:
    inside = folder / "inside"
    inside.mkdir(mode=0)
    watched = begin(recursive=True)
    watched.wait(lambda: "inside" in watched.left_out())
    folder.chmod(0)
    watched.wait_for(FolderGone)
    folder.chmod(0o700)
    inside.chmod(0o700)
    write(inside / "a")
    watched.wait(lambda: watched.settled() == ["inside/a"])


def test_rules_change_while_running(begin: Begin, folder: Path) -> None:
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FirstScan)
    other = folder.with_name("Other")
    other.mkdir()
    more = folder_rule(other, name="Other")
    watched.rules["Other"] = more
    watched.watcher.set_rules((folder_rule(folder), more))
    watched.wait_for(FirstScan, 2)
    assert len([one for one in watched.of(FolderBack) if one.rule == "Scans"]) >= 1
    write(folder / "a")
    write(other / "b")
    watched.wait(lambda: set(watched.settled()) == {"a", "b"})
    watched.watcher.set_rules((more,))
    write(folder / "c")
    write(other / "d")
    watched.wait(lambda: "d" in watched.settled())
    rest(0.6)
    assert "c" not in watched.settled()


def test_two_rules_watch_one_folder(begin: Begin, folder: Path) -> None:
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FirstScan)
    twin = folder_rule(folder, name="Twin")
    watched.rules["Twin"] = twin
    watched.watcher.set_rules((folder_rule(folder), twin))
    watched.wait_for(FirstScan, 2)
    watched.watcher.set_rules((twin,))
    write(folder / "a")
    watched.wait(lambda: [one.rule for one in watched.of(FileSettled)] == ["Twin"])


def test_what_no_flow_has_handled_is_told_again_at_the_next_look(
    begin: Begin, folder: Path
) -> None:
    watched = begin(handle=False)
    watched.wait_for(FirstScan)
    write(folder / "a")
    watched.wait_for(FileSettled, 2)


def test_a_lookup_that_fails_ends_nothing(begin: Begin, folder: Path) -> None:
    watched = begin(kind=FlakyWatched)
    watched.wait_for(FirstScan)
    assert isinstance(watched, FlakyWatched)
    watched.fails = True
    write(folder / "a")
    watched.wait_for(WatchTrouble)
    watched.fails = False
    watched.wait(lambda: watched.settled() == ["a"])


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has a thread that reads its events")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_reads_the_events_is_begun_anew_when_it_has_died(begin: Begin, folder: Path) -> None:
    from watchdog.observers.inotify_c import InotifyFD

    def readers() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if isinstance(one, InotifyFD)]

    before = readers()
    watched = begin(EVENTS_ONLY)
    watched.wait_for(FirstScan)
    [reader] = [one for one in readers() if one not in before]
    assert reader.ident is not None
    kill = ctypes.pythonapi.PyThreadState_SetAsyncExc
    assert kill(ctypes.c_ulong(reader.ident), ctypes.py_object(SystemExit)) == 1
    write(folder / "a")  # it hears of it, and dies
    until(lambda: not reader.is_alive(), what="its death")
    watched.wait(lambda: watched.settled() == ["a"])
    write(folder / "b")
    watched.wait(lambda: watched.settled() == ["a", "b"])


@posix
def test_names_that_are_no_text(begin: Begin, folder: Path) -> None:
    watched = begin()
    watched.wait_for(FirstScan)
    name = os.fsdecode(b"caf\xe9.txt")
    write(folder / name)
    watched.wait(lambda: watched.settled() == [name])
    rest(0.8)
    assert watched.settled() == [name]


def test_an_idle_watcher_sleeps(begin: Begin) -> None:
    steps: list[int] = []

    class CountingWatcher(FolderWatcher):
        def step(self) -> None:
            steps.append(1)
            super().step()

    watched = begin(Pace(rescan=1000.0, check=1000.0), make=CountingWatcher)
    watched.wait_for(FirstScan)

    def slept() -> bool:
        steps.clear()
        rest(1.0)
        return not steps

    # What the events of the beginning still wake it for may come late.
    until(slept, what="a second without a step")


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/x /mnt/nfs nfs4 rw 0 0
//server/x /mnt/my\\040share cifs rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
/dev/sdb1 /mnt/nfs/disk ext4 rw 0 0
"""


@posix
@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/home/me", False),
        ("/mnt/nfs", True),
        ("/mnt/nfs/deep/er", True),
        ("/mnt/nfsx", False),
        ("/mnt/my share/in", True),
        ("/home/me/far/in", True),
        ("/mnt/nfs/disk/in", False),
    ],
)
def test_shares_are_known_by_their_mounts(tmp_path: Path, path: str, network: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    assert is_network(path, mounts) == network


@posix
def test_a_dry_run_looks_at_everything(folder: Path) -> None:
    write(folder / "good.pdf")
    write(folder / "other.txt")
    write(folder / "half.pdf.part")
    write(folder / "loop.eml", b"Subject: x\nX-Traymail-Rule: Scans\n\n")
    write(folder / os.fsdecode(b"caf\xe9.txt"))
    (folder / "link.pdf").symlink_to(folder / "good.pdf")
    (folder / "inside").mkdir()
    write(folder / "inside" / "deep.pdf")
    write(folder.parent / "outside.pdf")
    rule = folder_rule(folder, include=("*.pdf", "*.part", "*.eml"))
    selection = Selection(rule)
    seen = list(present(rule, selection))
    assert [one.path for one in seen if isinstance(one, FoundFile)] == ["good.pdf"]
    assert {one.path: str(one.reason) for one in seen if isinstance(one, Passed)} == {
        "other.txt": "no pattern of include matches it",
        "caf?.txt": "no pattern of include matches it",
        "half.pdf.part": "its name is that of a file still being written",
        "link.pdf": "it is a link, and links are not followed",
        "loop.eml": str(LOOP),
    }
    assert isinstance(one_file(rule, selection, str(folder / "good.pdf")), FoundFile)
    assert isinstance(one_file(rule, selection, str(folder.parent / "outside.pdf")), FoundFile)
    deep = one_file(rule, selection, str(folder / "inside" / "deep.pdf"))
    assert isinstance(deep, Passed)
    assert "not recursive" in str(deep.reason)
    with pytest.raises(FileNotFoundError):
        one_file(rule, selection, str(folder / "none.pdf"))
