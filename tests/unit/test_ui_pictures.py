"""Pictures are made smaller before they are sent, and nothing else happens to them."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from traymail.ui.attaching import look_at, smaller


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.effect_noise((width, height), 60).convert(mode)


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(BytesIO(content))


def test_a_photograph_stands_upright_and_tells_nothing_of_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    noise(2000, 1000).save(file, exif=exif, icc_profile=b"a profile")
    small = opened(smaller(file, 1024))
    assert (small.format, small.size) == ("JPEG", (512, 1024))
    assert dict(small.getexif()) == {}
    assert small.info["icc_profile"] == b"a profile"


@pytest.mark.parametrize(("ending", "mode"), [("png", "RGBA"), ("webp", "RGB"), ("png", "P")])
def test_each_keeps_its_format(tmp_path: Path, ending: str, mode: str) -> None:
    file = tmp_path / f"a.{ending}"
    noise(2400, 1200, mode).save(file)
    small = opened(smaller(file, 1024))
    assert small.size == (1024, 512)
    assert small.format == ending.upper()
    assert small.mode == mode


def test_what_would_gain_nothing_stays(tmp_path: Path) -> None:
    file = tmp_path / "coarse.jpg"
    noise(1100, 1100).save(file, quality=5)
    assert smaller(file, 1090) is None


def test_others_are_left_alone(tmp_path: Path) -> None:
    moving, broken, words = (tmp_path / name for name in ("a.gif", "b.jpg", "c.png"))
    frames = [noise(1500, 1500, "P") for _ in range(2)]
    frames[0].save(moving, save_all=True, append_images=frames[1:])
    whole = BytesIO()
    noise(1500, 1500).save(whole, "JPEG")
    broken.write_bytes(whole.getvalue()[:9000])
    words.write_text("no picture", "utf-8")
    assert [smaller(file, 1024) for file in (moving, broken, words)] == [None, None, None]
    looked = look_at(map(str, (moving, broken, words)))
    assert [one.longest for one in looked] == [0, 1500, 0]
    assert [one.trouble for one in looked] == [None, None, None]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root makes another's")
@pytest.mark.parametrize("name", ["link", "folder/key.png", "folder/../private/key.png"])
def test_a_strangers_link_is_not_attached(tmp_path: Path, name: str) -> None:
    private, shared = tmp_path / "private", tmp_path / "shared"
    private.mkdir()
    shared.mkdir()
    shared.chmod(0o777)
    noise(10, 10).save(private / "key.png")
    noise(10, 10).save(shared / "theirs.png")
    os.chown(shared / "theirs.png", 65534, 65534)
    for link, target in (
        ("link", private / "key.png"),
        ("folder", private),
        ("good", shared / "theirs.png"),
    ):
        (shared / link).symlink_to(target)
        os.chown(shared / link, 65534, 65534, follow_symlinks=False)
    (tmp_path / "own").symlink_to(private / "key.png")
    found = look_at([f"{shared}/{name}", f"{shared}/good", f"{tmp_path}/own"])
    assert [one.trouble is None for one in found] == [False, True, True]
    assert found[0].thumbnail is None
    assert found[2].path == str(private / "key.png")


@pytest.mark.skipif(os.name != "posix", reason="Windows lets few people make links")
def test_a_link_that_came_since_it_was_looked_at_is_not_made_smaller(tmp_path: Path) -> None:
    private, shown = tmp_path / "private.png", tmp_path / "shown.png"
    for file in (private, shown):
        noise(2400, 1200).save(file)
    [found] = look_at([str(shown)])
    shown.unlink()
    shown.symlink_to(private)
    assert smaller(Path(found.path), 1024) is None


def test_a_small_file_with_a_huge_picture_fills_no_memory(tmp_path: Path) -> None:
    file = tmp_path / "bomb.png"
    Image.new("1", (10_000, 8_000)).save(file)
    [found] = look_at([str(file)])
    assert (found.trouble, found.thumbnail, found.longest) == (None, None, 10_000)
