import errno
import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from traymail.core.errors import SourceError, UnsafePath
from traymail.core.message import FileIdentity
from traymail.core.post_send import PostSend
from traymail.desktop.files import SystemFiles
from traymail.disk import Folder

SHM = Path("/dev/shm")
STRANGER = 65534
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root makes files of others"
)
with_links = pytest.mark.skipif(os.name != "posix", reason="links of POSIX")


def identity(path: Path) -> FileIdentity:
    found = path.lstat()
    return FileIdentity(found.st_dev + 1, found.st_ino, found.st_size, found.st_mtime_ns)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    return tmp_path / "in"


def put(folder: Path, path: str = "a.pdf", content: bytes = b"mailed") -> FileIdentity:
    (folder / path).write_bytes(content)
    return identity(folder / path)


def test_a_file_is_moved_to_the_same_place_below(folder: Path) -> None:
    for path in ("a.pdf", "sub/发票.pdf"):
        file = put(folder, path)
        assert SystemFiles().move(str(folder), path, file, str(folder / "sent")) is PostSend.DONE
        assert not (folder / path).exists()
        assert (folder / "sent" / path).read_bytes() == b"mailed"


def test_never_over_another_file(folder: Path) -> None:
    for content in (b"1", b"2", b"3"):
        file = put(folder, "a.pdf", content)
        assert SystemFiles().move(str(folder), "a.pdf", file, str(folder / "sent")) is PostSend.DONE
    assert {path.name: path.read_bytes() for path in (folder / "sent").iterdir()} == {
        "a.pdf": b"1",
        "a (2).pdf": b"2",
        "a (3).pdf": b"3",
    }


def test_what_changed_since_stays(folder: Path) -> None:
    file = put(folder)
    (folder / "a.pdf").write_bytes(b"another")
    assert SystemFiles().move(str(folder), "a.pdf", file, str(folder / "sent")) is PostSend.CHANGED
    assert SystemFiles().delete(str(folder), "a.pdf", file) is PostSend.CHANGED
    assert (folder / "a.pdf").read_bytes() == b"another"
    (folder / "a.pdf").unlink()
    assert SystemFiles().move(str(folder), "a.pdf", file, str(folder / "sent")) is PostSend.GONE
    assert SystemFiles().delete(str(folder), "a.pdf", file) is PostSend.GONE
    assert not (folder / "sent").exists()


def test_delete(folder: Path) -> None:
    assert SystemFiles().delete(str(folder), "a.pdf", put(folder)) is PostSend.DONE
    assert not (folder / "a.pdf").exists()


def test_a_move_that_was_broken_off_is_ended(folder: Path) -> None:
    file = put(folder)
    (folder / "sent").mkdir()
    (folder / "sent" / "a.pdf").hardlink_to(folder / "a.pdf")
    assert SystemFiles().move(str(folder), "a.pdf", file, str(folder / "sent")) is PostSend.DONE
    assert [path.name for path in (folder / "sent").iterdir()] == ["a.pdf"]
    assert not (folder / "a.pdf").exists()


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    file = put(folder)
    (folder / "sent").write_bytes(b"a file")
    with pytest.raises(SourceError):
        SystemFiles().move(str(folder), "a.pdf", file, str(folder / "sent"))
    assert (folder / "a.pdf").exists()


@pytest.fixture
def other(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder of another file system."""
    if not SHM.is_dir() or SHM.stat().st_dev == folder.stat().st_dev:
        pytest.skip("no second file system here")
    other = SHM / f"{tmp_path_factory.getbasetemp().name}-{id(folder)}"
    other.mkdir(mode=0o700)
    yield other
    shutil.rmtree(other, ignore_errors=True)


def test_to_another_file_system(folder: Path, other: Path) -> None:
    for content in (b"1", b"2"):
        file = put(folder, "a.pdf", content)
        assert SystemFiles().move(str(folder), "a.pdf", file, str(other)) is PostSend.DONE
    # Broken off before the source was removed: the copy is there already.
    file = put(folder, "b.pdf")
    (other / "b.pdf").write_bytes(b"mailed")

    os.utime(other / "b.pdf", ns=(file.mtime_ns, file.mtime_ns))
    assert SystemFiles().move(str(folder), "b.pdf", file, str(other)) is PostSend.DONE
    assert {path.name: path.read_bytes() for path in other.iterdir()} == {
        "a.pdf": b"1",
        "a (2).pdf": b"2",
        "b.pdf": b"mailed",
    }
    assert list(folder.glob("*.pdf")) == []


@pytest.mark.parametrize("way", ["link", "rename", "copy"])
def test_it_is_told_what_a_move_has_made(
    folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "rename":

        def no_links(*_: object) -> None:
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(Folder, "link", no_links)
    target = request.getfixturevalue("other") if way == "copy" else folder / "sent"
    (target / "sub").mkdir(parents=True)
    (target / "sub" / "a.pdf").write_bytes(b"mine")
    file, told = put(folder, "sub/a.pdf"), list[tuple[str, FileIdentity]]()

    def arrived(path: str, there: FileIdentity) -> None:
        told.append((path, there))
        assert Path(path).read_bytes() == b"mailed"

    moved = SystemFiles().move(str(folder), "sub/a.pdf", file, str(target), arrived)
    assert moved is PostSend.DONE
    [(path, there)] = told
    assert path == str(target / "sub" / "a (2).pdf")
    assert there.same_file(identity(Path(path)))
    assert SystemFiles().delete_moved(str(target / "sub" / "a.pdf"), there) is PostSend.CHANGED
    assert SystemFiles().delete_moved(path, there) is PostSend.DONE
    assert SystemFiles().delete_moved(path, there) is PostSend.GONE
    assert [one.name for one in (target / "sub").iterdir()] == ["a.pdf"]


def test_of_what_somebody_else_made_there_nobody_is_told(folder: Path, other: Path) -> None:
    told: list[str] = []
    for target in (folder / "sent", other):
        file = put(folder)
        target.mkdir(exist_ok=True)
        if target is other:
            shutil.copy2(folder / "a.pdf", target)
        else:
            (target / "a.pdf").hardlink_to(folder / "a.pdf")
        moved = SystemFiles().move(
            str(folder), "a.pdf", file, str(target), lambda path, _: told.append(path)
        )
        assert (moved, (folder / "a.pdf").exists()) == (PostSend.DONE, False)
    assert told == []


def test_a_copy_takes_over_no_permissions(folder: Path, other: Path) -> None:
    for mode in (0o6777, 0o4755, 0o444, 0o644):
        name = f"{mode:o}"
        put(folder, name)
        (folder / name).chmod(mode)
        file = identity(folder / name)
        assert SystemFiles().move(str(folder), name, file, str(other / "deep")) is PostSend.DONE
        found = (other / "deep" / name).stat()
        assert (found.st_mode, found.st_mtime_ns) == (stat.S_IFREG | 0o600, file.mtime_ns)
    assert stat.S_IMODE((other / "deep").stat().st_mode) == 0o700


@with_links
@pytest.mark.parametrize("far", [False, True], ids=["near", "far"])
@pytest.mark.parametrize("goal", ["sent", "sent/deep/er", "sub/sent"])
def test_a_link_leads_nothing_away(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest, goal: str, far: bool
) -> None:
    """Whatever part of the way is one, and wherever the folder that files go to lies."""
    elsewhere = request.getfixturevalue("other") if far else tmp_path / "autostart"
    elsewhere.mkdir(exist_ok=True)
    file = put(folder)
    parts = Path(goal).parts
    for place in (folder, tmp_path / "outside"):
        place.mkdir(exist_ok=True)
        for linked in range(len(parts)):
            way = place.joinpath(*parts[:linked])
            way.mkdir(parents=True, exist_ok=True)
            link = way / parts[linked]
            with suppress(OSError):
                link.rmdir()
            link.symlink_to(elsewhere, target_is_directory=True)
            with pytest.raises(UnsafePath, match="link"):
                SystemFiles().move(str(folder), "a.pdf", file, str(place / goal))
            link.unlink()
        assert list(elsewhere.iterdir()) == []
        assert (folder / "a.pdf").read_bytes() == b"mailed"


@with_links
def test_a_folder_on_the_way_to_the_file_that_is_a_link_now(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "a.pdf").write_bytes(b"mailed")
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to(mine, target_is_directory=True)
    # Even the very file that was mailed: it is reached through a link.
    file = identity(mine / "a.pdf")
    with pytest.raises(UnsafePath):
        SystemFiles().delete(str(folder), "sub/a.pdf", file)
    with pytest.raises(UnsafePath):
        SystemFiles().move(str(folder), "sub/a.pdf", file, str(folder / "sent"))
    assert [path.name for path in mine.iterdir()] == ["a.pdf"]


@with_links
def test_the_watched_folder_may_itself_be_a_link(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "Scans"
    link.symlink_to(folder, target_is_directory=True)
    file = put(folder)
    assert SystemFiles().move(str(link), "a.pdf", file, str(link / "sent")) is PostSend.DONE
    assert (folder / "sent" / "a.pdf").exists()


@with_links
@pytest.mark.parametrize("far", [False, True], ids=["near", "far"])
def test_a_file_that_is_exchanged_again_and_again_gives_nothing_else_away(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest, far: bool
) -> None:
    """A stranger exchanges it for a link to a private file, and puts it back, as fast as can be."""
    goal = request.getfixturevalue("other") if far else folder / "sent"
    goal.mkdir(exist_ok=True)
    private = tmp_path / "private"
    private.write_bytes(b"secret")
    stopping = threading.Event()

    def exchange() -> None:
        with suppress(FileNotFoundError):
            while not stopping.is_set():
                (folder / "link").symlink_to(private)
                (folder / "a.pdf").rename(folder / "mailed")
                (folder / "link").rename(folder / "a.pdf")
                (folder / "mailed").rename(folder / "a.pdf")

    for _ in range(150):
        with suppress(FileNotFoundError):
            (folder / "link").unlink()
        file = put(folder)
        stopping.clear()
        stranger = threading.Thread(target=exchange)
        stranger.start()
        for _ in range(10):
            with suppress(SourceError, UnsafePath):
                SystemFiles().move(str(folder), "a.pdf", file, str(goal))
        stopping.set()
        stranger.join()
        for path in goal.iterdir():
            assert path.is_symlink() is False
            assert path.read_bytes() == b"mailed"
            path.unlink()
    assert private.read_bytes() == b"secret"


@as_root
def test_a_folder_that_a_stranger_made_where_all_may_write(folder: Path) -> None:
    sent = folder / "sent"
    for mode in (0o777, 0o1777, 0o775):
        folder.chmod(mode)
        sent.mkdir()
        os.chown(sent, STRANGER, STRANGER)
        with pytest.raises(UnsafePath, match="another user"):
            SystemFiles().move(str(folder), "a.pdf", put(folder), str(sent))
        sent.rmdir()
    folder.chmod(0o700)
    sent.mkdir()
    os.chown(sent, STRANGER, STRANGER)  # by us then: nobody else may write there
    assert SystemFiles().move(str(folder), "a.pdf", put(folder), str(sent)) is PostSend.DONE


@as_root
def test_a_folder_elsewhere_that_a_stranger_made_where_all_may_write(
    folder: Path, tmp_path: Path
) -> None:
    shared, archive = tmp_path / "shared", tmp_path / "shared" / "archive"
    archive.mkdir(parents=True)
    os.chown(archive, STRANGER, STRANGER)
    for mode in (0o777, 0o1777):
        shared.chmod(mode)
        with pytest.raises(UnsafePath, match="another user"):
            SystemFiles().move(str(folder), "a.pdf", put(folder), str(archive / "deep"))
    shared.chmod(0o2775)  # a group's, where a colleague may well have made it
    assert SystemFiles().move(str(folder), "a.pdf", put(folder), str(archive)) is PostSend.DONE


def _has_room_for(file: Path) -> bool:
    """Tell whether a disk takes a name that Windows takes."""
    try:
        file.touch()
        file.unlink()
    except OSError:
        return len(file.name.encode("utf-16-le")) // 2 > 255
    return True


@pytest.mark.parametrize(
    "stem",
    ["a" * 251, "长" * 83, "é" * 125, "e\u0301" * 83, "👩\u200d👧" * 22],
    ids=["ascii", "chinese", "composed", "combined", "joined"],
)
def test_a_name_at_the_limit_gets_its_number(folder: Path, stem: str) -> None:
    name = f"{stem}.pdf"
    assert 240 <= len(os.fsencode(name)) <= 255
    if sys.platform == "win32" and not _has_room_for(folder / f"{stem} (2).pdf"):
        pytest.skip("the disk below counts bytes; those of Windows count units of UTF-16")
    for content in (b"1", b"2", b"3"):
        file = put(folder, name, content)
        assert SystemFiles().move(str(folder), name, file, str(folder / "sent")) is PostSend.DONE
    names = sorted(path.name for path in (folder / "sent").iterdir())
    assert len(names) == 3
    for number in (2, 3):
        [one] = [one for one in names if one.endswith(f" ({number}).pdf")]
        assert stem.startswith(one.removesuffix(f" ({number}).pdf"))


@with_links
@pytest.mark.parametrize("act", ["delete", "delete what was moved", "move", "move elsewhere"])
def test_what_takes_its_name_at_the_last_moment_stays(
    act: str, folder: Path, request: pytest.FixtureRequest
) -> None:
    """A scanner, or an editor, puts its next file over the one that is just being put away."""
    elsewhere = request.getfixturevalue("other") if act == "move elsewhere" else folder / "sent"
    next_one, name = folder / "next", folder / "a.pdf"
    turn = threading.Barrier(2)
    rounds = 1500

    def put_over() -> None:
        # The other side may be gone before this one has woken up for the last time.
        with suppress(threading.BrokenBarrierError):
            for number in range(rounds):
                turn.wait()
                for _ in range(number * 37 % 400):
                    pass
                next_one.rename(name)
                turn.wait()

    somebody = threading.Thread(target=put_over)
    somebody.start()
    lost = 0
    try:
        for _ in range(rounds):
            file = put(folder)
            next_one.write_bytes(b"another")
            turn.wait()
            carry_out(act, folder, file, elsewhere)
            turn.wait()
            left = [
                one for place in (folder, elsewhere) if place.is_dir() for one in files_in(place)
            ]
            lost += not any(one.read_bytes() == b"another" for one in left)
            assert not any(one.name.startswith(".") for one in left)
            for one in left:
                one.unlink()
    finally:
        turn.abort()
        somebody.join()
    assert lost == 0


def files_in(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_file()]


@with_links
@pytest.mark.parametrize("act", ["delete", "delete what was moved", "move"])
def test_a_removal_that_was_broken_off_is_ended(act: str, folder: Path) -> None:
    file = put(folder)
    (folder / "mine").write_bytes(b"mine")
    pid = os.fork()
    if not pid:
        # Killed between its two steps: at the look behind the first.
        seen = list[str]()

        def stop(event: str, _arguments: tuple[object, ...]) -> None:
            if event == "os.rename":
                seen.append(event)
            elif seen and event == "os.remove":
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(stop)
        carry_out(act, folder, file)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert not (folder / "a.pdf").exists()
    carry_out(act, folder, file)
    assert [one.name for one in files_in(folder)] == ["mine"]


def carry_out(act: str, folder: Path, file: FileIdentity, to: Path | None = None) -> PostSend:
    """Put a file away in one of the ways."""
    match act:
        case "delete":
            return SystemFiles().delete(str(folder), "a.pdf", file)
        case "delete what was moved":
            return SystemFiles().delete_moved(str(folder / "a.pdf"), file)
        case _:
            return SystemFiles().move(str(folder), "a.pdf", file, str(to or folder / "sent"))
