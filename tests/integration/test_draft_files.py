"""What a draft keeps beside itself: files of mails, under names that lead nowhere else."""

import os
from io import BytesIO
from pathlib import Path

import pytest

from traymail.core.errors import StateError
from traymail.store import drafts

with_links = pytest.mark.skipif(os.name != "posix", reason="Windows lets administrators make links")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("计划 十一月.txt", "计划 十一月.txt"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a\\b:c*d?"e<f>g|h\0i', "a_b_c_d__e_f_g_h_i"),
        ("..", "attachment"),
        ("", "attachment"),
        ("计" * 100 + ".pdf", "计" * 38 + ".pdf"),
        ("x" * 200, "x" * 120),
    ],
)
def test_a_file_keeps_its_name_as_far_as_it_can(tmp_path: Path, name: str, kept: str) -> None:
    path = drafts.keep_file(tmp_path, "token", name, BytesIO(b"content"))
    assert path == tmp_path / drafts.FILES / "token" / kept
    assert path.read_bytes() == b"content"


def test_files_of_one_name_are_kept_apart_and_go_with_the_draft(tmp_path: Path) -> None:
    for token in ("one", "two"):
        drafts.keep_file(tmp_path, token, "same.txt", BytesIO(token.encode()))
    drafts.save(tmp_path, {"subject": "Hello"})
    found = sorted(path.read_text() for path in (tmp_path / drafts.FILES).glob("*/same.txt"))
    assert found == ["one", "two"]
    drafts.save(tmp_path, {})
    assert not (tmp_path / drafts.FILES).exists()
    drafts.save(tmp_path, {})


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / drafts.FILES).write_text("in the way")
    with pytest.raises(StateError, match="cannot be written"):
        drafts.keep_file(tmp_path, "token", "plan.pdf", BytesIO(b"content"))


def test_a_draft_that_cannot_be_thrown_away_is_told(tmp_path: Path) -> None:
    (tmp_path / drafts.FILE).mkdir()
    with pytest.raises(StateError, match="cannot be written"):
        drafts.save(tmp_path, {})


def test_pictures_of_one_second_stay_apart(tmp_path: Path) -> None:
    kept = [drafts.keep_picture(tmp_path, "one", content) for content in (b"a", b"b", b"c")]
    assert [path.name for path in kept] == ["one.png", "one-2.png", "one-3.png"]
    assert [path.read_bytes() for path in kept] == [b"a", b"b", b"c"]


def test_a_picture_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / drafts.PICTURES).write_text("in the way")
    with pytest.raises(StateError, match="cannot be written"):
        drafts.keep_picture(tmp_path, "one", b"png")


@with_links
def test_links_lead_no_draft_elsewhere(tmp_path: Path) -> None:
    state, mine = tmp_path / "state", tmp_path / "mine"
    mine.mkdir()
    state.mkdir()
    (mine / "a.png").write_bytes(b"mine")
    (mine / "draft.json").write_text('{"subject": "private"}')
    (state / drafts.FILE).symlink_to(mine / "draft.json")
    assert drafts.load(state) == {}
    with pytest.raises(StateError, match="link"):
        drafts.save(state, {"subject": "Hello"})
    for folder in (drafts.PICTURES, drafts.FILES):
        (state / folder).symlink_to(mine, target_is_directory=True)
    with pytest.raises(StateError, match="link"):
        drafts.keep_picture(state, "a", b"png")
    with pytest.raises(StateError, match="link"):
        drafts.keep_file(state, "token", "plan.pdf", BytesIO(b"content"))
    with pytest.raises(StateError, match="link"):
        drafts.save(state, {})
    assert (mine / "draft.json").read_text() == '{"subject": "private"}'
    assert sorted(path.name for path in mine.iterdir()) == ["a.png", "draft.json"]


@with_links
def test_a_picture_whose_name_is_a_link_gets_another_one(tmp_path: Path) -> None:
    (tmp_path / drafts.PICTURES).mkdir()
    (tmp_path / drafts.PICTURES / "one.png").symlink_to(tmp_path / "nothing")
    assert drafts.keep_picture(tmp_path, "one", b"png").name == "one-2.png"
    assert not (tmp_path / "nothing").exists()
