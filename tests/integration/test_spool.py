import hashlib
import os
import socket
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.mails import NOON, a_draft, a_stamp
from traymail.core.errors import SourceError, StateError
from traymail.core.message import Attachment, DraftFile, Envelope, FileIdentity, Mail
from traymail.core.mime import compose
from traymail.store.spool import INLINE_BYTES, Spool

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices of POSIX")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def a_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(content)
    return path


def identity(path: Path) -> FileIdentity:
    found = path.stat()
    return FileIdentity(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def content(spool: Spool, attachment: Attachment) -> bytes:
    with spool.open(attachment) as file:
        return file.read()


def files(spool: Spool) -> list[Path]:
    return list(spool.folder.iterdir()) if spool.folder.exists() else []


@pytest.mark.parametrize(
    "size", [0, 1, INLINE_BYTES - 1, INLINE_BYTES, INLINE_BYTES + 1, 3 * INLINE_BYTES, 17_000_001]
)
def test_a_copy_is_whole_and_independent(spool: Spool, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    path = a_file(tmp_path, data)
    taken = spool.take(DraftFile("报告.pdf", path=str(path), guard=identity(path)))
    path.write_bytes(b"changed since")
    assert content(spool, taken) == data
    assert (taken.size, taken.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert (taken.name, taken.mime_type) == ("报告.pdf", "application/pdf")
    assert (taken.spool is None) == (size <= INLINE_BYTES)
    assert len(files(spool)) == (size > INLINE_BYTES)
    if os.name == "posix":  # elsewhere, modes say nothing
        assert {file.stat().st_mode & 0o777 for file in files(spool)} <= {0o600}
    spool.discard([taken])
    assert files(spool) == []


def test_content_at_hand_is_kept_too(spool: Spool) -> None:
    small = spool.take(DraftFile("a.png", content=b"png"))
    large = spool.take(DraftFile("b.png", content=b"x" * (INLINE_BYTES + 1)))
    assert content(spool, small) == b"png"
    assert content(spool, large) == b"x" * (INLINE_BYTES + 1)


@posix
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device", "socket", "missing"])
def test_only_regular_files_are_taken(spool: Spool, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    words = f"is a {kind}"
    if kind == "link":
        path.symlink_to(a_file(tmp_path, b"secret"))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/null")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        words = "cannot be read: No such file"
    with pytest.raises(SourceError, match=words) as caught:
        spool.take(DraftFile("a", path=str(path)))
    assert caught.value.path == str(path)
    assert caught.value.advice is not None
    assert files(spool) == []


@pytest.mark.parametrize("change", ["content", "time", "another file"])
def test_a_file_that_changed_since_it_was_found_is_refused(
    spool: Spool, tmp_path: Path, change: str
) -> None:
    path = a_file(tmp_path, b"as found")
    guard = identity(path)
    if change == "content":
        path.write_bytes(b"as found, and more")
    elif change == "time":
        os.utime(path, ns=(guard.mtime_ns, guard.mtime_ns + 1_000_000_000))
    else:
        other = tmp_path / "other"
        other.write_bytes(b"as found")
        os.utime(other, ns=(guard.mtime_ns, guard.mtime_ns))
        other.replace(path)
    with pytest.raises(SourceError, match="changed while it was read"):
        spool.take(DraftFile("a", path=str(path), guard=guard))


def test_a_file_that_grows_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path, b"x" * (INLINE_BYTES * 3))

    def grow(_folder: Path) -> int:
        # The room is looked at in the middle of a copy: here the writer goes on.
        with path.open("ab") as writer:
            writer.write(b"more")
        return 10**9

    spool = Spool(tmp_path / "spool", grow)
    with pytest.raises(SourceError, match="changed while it was read"):
        spool.take(DraftFile("a", path=str(path)))
    assert files(spool) == []


def test_with_no_room_nothing_is_left_behind(tmp_path: Path) -> None:
    path = a_file(tmp_path, b"x" * (INLINE_BYTES * 3))
    spool = Spool(tmp_path / "spool", lambda _folder: 1_000_000)
    with pytest.raises(StateError, match="no room"):
        spool.take(DraftFile("a", path=str(path)))
    assert files(spool) == []


def test_a_spool_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    blocker = a_file(tmp_path, b"a file where the folder should be")
    with pytest.raises(StateError, match="cannot be written"):
        Spool(blocker).take(DraftFile("a", content=b"x" * (INLINE_BYTES + 1)))


def test_content_that_is_gone_is_told(spool: Spool) -> None:
    taken = spool.take(DraftFile("a.pdf", content=b"x" * (INLINE_BYTES + 1)))
    spool.discard([taken])
    spool.discard([taken])
    with pytest.raises(SourceError, match=r"a\.pdf is no longer kept"):
        spool.open(taken)


def test_orphans_are_swept_once_they_are_old(spool: Spool) -> None:
    needed, orphan, young = (
        spool.take(DraftFile("a", content=b"x" * (INLINE_BYTES + 1))).spool for _ in range(3)
    )
    assert needed is not None
    assert orphan is not None
    assert young is not None
    for name in (needed, orphan):
        os.utime(spool.folder / name, (NOON.timestamp(), NOON.timestamp()))
    os.utime(spool.folder / young, ((NOON + timedelta(minutes=10)).timestamp(),) * 2)
    (spool.folder / "folder").mkdir()  # not ours; it must not keep the program from starting
    os.utime(spool.folder / "folder", (NOON.timestamp(), NOON.timestamp()))
    assert spool.sweep({needed}, NOON + timedelta(minutes=11)) == 1
    (spool.folder / "folder").rmdir()
    assert {file.name for file in files(spool)} == {needed, young}
    assert Spool(spool.folder / "none").sweep(set(), NOON) == 0


def test_a_zip_holds_every_file_under_a_name_of_its_own(spool: Spool) -> None:
    big = os.urandom(INLINE_BYTES * 2)
    taken = [
        spool.take(DraftFile("扫描.pdf", content=b"one")),
        spool.take(DraftFile("folder/../a.txt", content=b"two")),
        spool.take(DraftFile("A.TXT", content=big)),
    ]
    packed = spool.pack(taken, "all.zip", NOON)
    assert (packed.name, packed.mime_type) == ("all.zip", "application/zip")
    assert len(files(spool)) == 2
    with spool.open(packed) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["扫描.pdf", "a.txt", "A (2).TXT"]
        assert archive.read("A (2).TXT") == big
        assert archive.infolist()[0].date_time == NOON.astimezone().timetuple()[:6]


@posix
def test_a_link_in_the_spool_leads_to_nothing(spool: Spool, tmp_path: Path) -> None:
    taken = spool.take(DraftFile("a", content=b"x" * (INLINE_BYTES + 1)))
    private = a_file(tmp_path, b"private" * INLINE_BYTES)
    [kept] = files(spool)
    kept.unlink()
    kept.symlink_to(private)
    with pytest.raises(SourceError, match="no longer kept"):
        spool.open(taken)
    with pytest.raises(SourceError, match="no longer kept"):
        spool.pack([taken], "a.zip", NOON)
    spool.remove([kept.name])
    assert private.exists()


@posix
def test_a_spool_that_is_a_link_is_neither_swept_nor_filled(spool: Spool, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "old").write_bytes(b"mine")
    os.utime(mine / "old", (1, 1))
    spool.folder.symlink_to(mine, target_is_directory=True)
    assert spool.sweep(set(), NOON) == 0
    spool.remove(["old"])
    with pytest.raises(StateError, match="link"):
        spool.take(DraftFile("a", content=b"x" * (INLINE_BYTES + 1)))
    assert [path.name for path in mine.iterdir()] == ["old"]


@pytest.mark.parametrize("year", [1970, 2200])
def test_a_clock_that_no_zip_knows_makes_one_all_the_same(spool: Spool, year: int) -> None:
    taken = [spool.take(DraftFile("a.txt", content=b"one"))]
    packed = spool.pack(taken, "all.zip", NOON.replace(year=year))
    with spool.open(packed) as file, zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("length", [0, INLINE_BYTES, 3 * INLINE_BYTES])
def test_a_copy_that_is_no_longer_as_long_as_it_was_is_not_sent(spool: Spool, length: int) -> None:
    kept = spool.take(DraftFile("a.bin", content=b"x" * (2 * INLINE_BYTES)))
    (spool.folder / str(kept.spool)).write_bytes(b"x" * length)
    made = compose(a_draft(), (kept,), a_stamp(), version="1")
    mail = Mail("<1@x>", Envelope("a@x", ("b@x",)), "s", "t", None, made.skeleton, made.placed)
    with pytest.raises(SourceError, match=r"a.bin is damaged"):
        list(mail.chunks(spool.open))


@pytest.mark.parametrize("name", ["\0", "a\0b", "", ".", "..", "../mine", "{tmp_path}/mine"])
def test_what_damage_made_of_a_name_leads_to_no_other_file(
    spool: Spool, tmp_path: Path, name: str
) -> None:
    spool.require_room()
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    damaged = Attachment("a.pdf", "application/pdf", 4, "", spool=name.format(tmp_path=tmp_path))
    with pytest.raises(SourceError, match="no longer kept"):
        spool.open(damaged)
    spool.discard([damaged])
    assert mine.read_bytes() == b"mine"
