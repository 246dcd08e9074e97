"""Windows that come to a monitor of another scale, as Windows has them: made anew at that scale."""

import gc
import tkinter as tk
from pathlib import Path
from tkinter import ttk

import pytest

from tests.gui.conftest import MakeRoot
from tests.gui.gallery import WidgetGallery
from tests.gui.office import enter, office
from tests.support.display import Display
from tests.support.homes import Home
from tests.support.running import account
from tests.support.tk import every_child, until_tk
from traymail.ui.placing import parsed
from traymail.ui.rescaling import MonitorScale
from traymail.ui.theme import Root
from traymail.ui.window import Size, Window

# What the other case has found: one begins large, one small.
KNOWN: dict[int, "Sizes"] = {}
Sizes = list[tuple[str, int, int]]


def sizes(root: Root) -> Sizes:
    """What each widget of a window full of them asks for."""
    window = WidgetGallery(root)
    window.reveal()
    until_tk(root, window.winfo_viewable, what="the window")
    root.update()
    found = [
        (one.winfo_class(), one.winfo_reqwidth(), one.winfo_reqheight())
        for one in every_child(window)
        if not isinstance(one, tk.Toplevel)
    ]
    window.destroy()
    del window
    gc.collect()  # on this thread: Tk's
    return found


@pytest.mark.parametrize("percent", [100, 200])
def test_all_is_as_large_as_if_it_had_begun_so(make_root: MakeRoot, percent: int) -> None:
    root = make_root(percent=percent)
    begun = {percent: sizes(root)}
    for other in (300 - percent, percent, 300 - percent):
        root.theme.rescale(4 / 3 * other / 100)
        assert begun.setdefault(other, sizes(root)) == sizes(root)
    assert KNOWN.setdefault(100, begun[100]) == begun[100]
    assert KNOWN.setdefault(200, begun[200]) == begun[200]
    assert begun[100] != begun[200]


def test_a_theme_that_changed_meanwhile_is_that_of_the_other_scale_too(
    make_root: MakeRoot,
) -> None:
    root = make_root()
    sizes(root)
    root.theme.rescale(8 / 3)
    sizes(root)
    root.theme.use("dark")
    root.theme.rescale(4 / 3)
    style = root.theme.style("Frame", "bg")
    assert ttk.Style(root).lookup(style, "background") == root.theme.palette.bg
    sizes(root)


def test_a_window_that_rests_on_another_monitor_is_told_of(make_root: MakeRoot) -> None:
    root = make_root()
    told: list[float] = []
    asked: list[tuple[int, int]] = []

    def at(x: int, y: int) -> float | None:
        asked.append((x, y))
        return 4 / 3 if x < 1000 else 8 / 3

    watch = MonitorScale(root, at, told.append)
    window = Window(root, "Sheet", Size(400, 300))
    window.reveal()
    window.geometry("+100+100")
    until_tk(root, lambda: asked and asked[-1][0] < 1000, what="a look at the first place")
    assert told == []
    window.geometry("+1200+100")
    until_tk(root, lambda: told, what="the other scale")
    assert told == [8 / 3]
    del watch


def test_windows_are_made_anew_around_where_they_were_with_what_was_written(
    desktop: Display, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(desktop, monkeypatch)
    with office(home, account(1), tmp_path / "secrets") as desk:
        desk.left_click()
        before = desk.window("New mail")
        desk.type("a@mail.example,")
        desk.keys("Tab")
        desk.type("Not yet")
        place = parsed(before.geometry())
        assert place is not None
        desk.shell.windows.rescale(5 / 3)
        window = desk.window("New mail")
        assert window is not before
        here = parsed(window.geometry())
        assert here is not None
        assert here.width > place.width
        monitor = window.theme.monitors()[0]  # type: ignore[attr-defined] # it is one of ours
        middle = place.left + place.width // 2
        room = min(max(middle - here.width // 2, 0), monitor.width - here.width)
        assert abs(here.left - room) <= 40  # the frame around it
        written = [one.get() for one in every_child(window) if isinstance(one, tk.Entry)]
        assert "Not yet" in written
        desk.shell.windows.rescale(4 / 3)
        desk.window("New mail")
