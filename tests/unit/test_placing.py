"""Where windows go on one monitor and on several."""

import pytest

from traymail.desktop.screens import Rectangle
from traymail.ui.placing import fits, geometry, nearest, parsed, within

LEFT = Rectangle(0, 200, 1280, 800)
RIGHT = Rectangle(1280, 0, 1920, 1080)
BOTH = (LEFT, RIGHT)


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("600x400+10+20", Rectangle(10, 20, 600, 400)),
        ("600x400+-10+-20", Rectangle(-10, -20, 600, 400)),
    ],
)
def test_what_tk_calls_a_place(words: str, place: Rectangle) -> None:
    assert parsed(words) == place
    assert geometry(place) == words


@pytest.mark.parametrize("words", ["", "600x400", "600x400-1-1", "ax4+0+0", "1x1+0+0\n"])
def test_anything_else_is_no_place(words: str) -> None:
    assert parsed(words) is None


@pytest.mark.parametrize(
    ("x", "y", "monitor"),
    [
        (0, 200, LEFT),
        (1279, 999, LEFT),
        (1280, 0, RIGHT),
        (3199, 1079, RIGHT),
        (100, 0, LEFT),  # above it, where nothing is shown
        (9000, 9000, RIGHT),
    ],
)
def test_the_monitor_of_a_point(x: int, y: int, monitor: Rectangle) -> None:
    assert nearest(BOTH, x, y) == monitor


@pytest.mark.parametrize(
    ("place", "so"),
    [
        (Rectangle(1280, 0, 1920, 1080), True),
        (Rectangle(2000, 100, 600, 400), True),
        (Rectangle(1000, 300, 600, 400), False),  # over the inner edge
        (Rectangle(100, 100, 600, 400), False),  # begins above the left one
        (Rectangle(3000, 100, 600, 400), False),
        (Rectangle(0, 0, 4000, 400), False),
    ],
)
def test_a_window_fits_when_one_monitor_shows_all_of_it(place: Rectangle, so: bool) -> None:
    assert fits(place, BOTH) is so


def test_a_window_is_moved_in_and_made_smaller() -> None:
    assert within(Rectangle(1000, 0, 600, 400), LEFT) == Rectangle(680, 200, 600, 400)
    assert within(Rectangle(3000, 900, 600, 400), RIGHT) == Rectangle(2600, 680, 600, 400)
    assert within(Rectangle(0, 0, 5000, 5000), RIGHT) == RIGHT
