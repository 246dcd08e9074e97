import os
import shutil
from pathlib import Path

import pytest

from traymail.core.errors import SourceError
from traymail.core.message import FileIdentity
from traymail.core.putaway import PutAway
from traymail.desktop.files import Files

SHM = Path("/dev/shm")


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
        assert Files().move(str(folder), path, file, str(folder / "sent")) is PutAway.DONE
        assert not (folder / path).exists()
        assert (folder / "sent" / path).read_bytes() == b"mailed"


def test_never_over_another_file(folder: Path) -> None:
    for content in (b"1", b"2", b"3"):
        file = put(folder, "a.pdf", content)
        assert Files().move(str(folder), "a.pdf", file, str(folder / "sent")) is PutAway.DONE
    assert {path.name: path.read_bytes() for path in (folder / "sent").iterdir()} == {
        "a.pdf": b"1",
        "a (2).pdf": b"2",
        "a (3).pdf": b"3",
    }


def test_what_changed_since_stays(folder: Path) -> None:
    file = put(folder)
    (folder / "a.pdf").write_bytes(b"another")
    assert Files().move(str(folder), "a.pdf", file, str(folder / "sent")) is PutAway.CHANGED
    assert Files().delete(str(folder), "a.pdf", file) is PutAway.CHANGED
    assert (folder / "a.pdf").read_bytes() == b"another"
    (folder / "a.pdf").unlink()
    assert Files().move(str(folder), "a.pdf", file, str(folder / "sent")) is PutAway.GONE
    assert Files().delete(str(folder), "a.pdf", file) is PutAway.GONE
    assert not (folder / "sent").exists()


def test_delete(folder: Path) -> None:
    assert Files().delete(str(folder), "a.pdf", put(folder)) is PutAway.DONE
    assert not (folder / "a.pdf").exists()


def test_a_move_that_was_broken_off_is_ended(folder: Path) -> None:
    file = put(folder)
    (folder / "sent").mkdir()
    (folder / "sent" / "a.pdf").hardlink_to(folder / "a.pdf")
    assert Files().move(str(folder), "a.pdf", file, str(folder / "sent")) is PutAway.DONE
    assert [path.name for path in (folder / "sent").iterdir()] == ["a.pdf"]
    assert not (folder / "a.pdf").exists()


def test_a_folder_that_cannot_be_made(folder: Path) -> None:
    file = put(folder)
    (folder / "sent").write_bytes(b"a file")
    with pytest.raises(SourceError):
        Files().move(str(folder), "a.pdf", file, str(folder / "sent"))
    assert (folder / "a.pdf").exists()


@pytest.mark.skipif(not SHM.is_dir(), reason="no second file system here")
def test_to_another_file_system(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = SHM / tmp_path_factory.mktemp("name").name / str(id(folder))
    try:
        if SHM.stat().st_dev == folder.stat().st_dev:
            pytest.skip("the same file system")
        for content in (b"1", b"2"):
            file = put(folder, "a.pdf", content)
            assert Files().move(str(folder), "a.pdf", file, str(other)) is PutAway.DONE
        # Broken off before the source was removed: the copy is there already.
        file = put(folder, "b.pdf")
        (other / "b.pdf").write_bytes(b"mailed")

        os.utime(other / "b.pdf", ns=(file.mtime_ns, file.mtime_ns))
        assert Files().move(str(folder), "b.pdf", file, str(other)) is PutAway.DONE
        assert {path.name: path.read_bytes() for path in other.iterdir()} == {
            "a.pdf": b"1",
            "a (2).pdf": b"2",
            "b.pdf": b"mailed",
        }
        assert list(folder.glob("*.pdf")) == []
    finally:
        shutil.rmtree(other.parent, ignore_errors=True)
