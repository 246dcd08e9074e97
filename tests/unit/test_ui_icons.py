import struct
from collections import Counter

import pytest
from PIL import Image, ImageColor

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


def luminance(colour: tuple[int, ...]) -> float:
    """What WCAG calls the relative luminance."""
    parts = [one / 255 for one in colour[:3]]
    red, green, blue = (
        one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("size", TRAY_SIZES)
@pytest.mark.parametrize("state", STATES)
def test_where_the_panel_is_not_known_the_icon_is_seen_on_each(state: TrayState, size: int) -> None:
    def seen(panel: Panel, ground: str) -> int:
        """How many of its points stand out from the ground."""
        picture = Image.new("RGBA", (size, size), ground)
        below = luminance(ImageColor.getrgb(ground)) + 0.05
        picture.alpha_composite(tray_image(state, panel, size))
        points = Counter(zip(*[iter(picture.convert("RGB").tobytes())] * 3, strict=True))
        lights = {one: luminance(one) + 0.05 for one in points}
        apart = [one for one in points if max(lights[one], below) / min(lights[one], below) >= 3]
        return sum(points[one] for one in apart)

    for ground in ("#000000", "#31363b", "#2d2d2d", "#eff0f1", "#ffffff"):
        made_for = max(seen("light", ground), seen("dark", ground))
        assert seen("any", ground) >= made_for / 2, ground
