import struct

import pytest
from PIL import Image

from traymail.ui.icons import TRAY_SIZES, Panel, TrayState, icon_file, tray_image, tray_images

STATES: tuple[TrayState, ...] = ("idle", "sending", "paused", "attention")


@pytest.mark.parametrize("panel", ["light", "dark", "any"])
@pytest.mark.parametrize("state", STATES)
def test_tray_icons_come_in_all_sizes(state: TrayState, panel: Panel) -> None:
    pictures = tray_images(state, panel)
    assert [picture.size for picture in pictures] == [(size, size) for size in TRAY_SIZES]
    assert {picture.mode for picture in pictures} == {"RGBA"}


@pytest.mark.parametrize("size", TRAY_SIZES)
def test_states_and_panels_differ(size: int) -> None:
    drawn = {
        tray_image(state, panel, size).tobytes()
        for state in STATES
        for panel in ("light", "dark", "any")
    }
    assert len(drawn) == 12


def test_the_files_for_windows_and_macos() -> None:
    with Image.open(icon_file("ico")) as icon:
        assert icon.info["sizes"] >= {(16, 16), (32, 32), (256, 256)}
    content = icon_file("icns").read_bytes()
    assert content[:4] == b"icns"
    assert struct.unpack(">I", content[4:8]) == (len(content),)
