"""Windows on a screen of two monitors: whole on one of them, and where they were."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.display import Display, display, entered
from tests.support.homes import Home
from tests.support.running import account
from tests.support.tk import until_tk
from tests.support.trayed import Trayed, trayed
from tests.support.wait import until
from traymail.desktop.language import translator
from traymail.desktop.screens import Monitors, Rectangle, client_window, has_other_trays
from traymail.ui.placing import fits, parsed
from traymail.ui.theme import Root
from traymail.ui.window import Question, Size, Window

X_PORT = 6000
LOW = Rectangle(0, 200, 1000, 800)
HIGH = Rectangle(1000, 0, 1280, 1024)


def set_monitors(on: Display, *wanted: Rectangle) -> None:
    """Split the screen of a display."""
    listed = subprocess.run(
        ["xrandr", "--listmonitors"], env=on.env, check=True, capture_output=True, text=True
    )
    for name in re.findall(r"\bmonitor-\w+", listed.stdout):
        subprocess.run(["xrandr", "--delmonitor", name], env=on.env, check=True)
    # The one with the output of the screen takes the place of the monitor that is there.
    for one, output in zip(wanted, ("screen", "none"), strict=False):
        geometry = f"{one.width}/300x{one.height}/200+{one.left}+{one.top}"
        command = ["xrandr", "--setmonitor", f"monitor-{output}", geometry, output]
        subprocess.run(command, env=on.env, check=True)


@pytest.fixture(scope="session")
def two() -> Iterator[Display]:
    """A display of two monitors; until the end, as Tk ends the process when a display does."""
    with TemporaryDirectory(prefix="tm-") as folder, display(Path(folder), "2280x1024") as here:
        set_monitors(here, LOW, HIGH)
        yield here


def test_the_monitors_are_told_apart(two: Display) -> None:
    with entered(two):
        assert Monitors().look() == (LOW, HIGH)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """An X server that takes connections and says nothing, as one that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - X_PORT
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{number}")
        yield server


def test_a_server_that_hangs_holds_nobody_up(silent: socket.socket, two: Display) -> None:
    """Each of these would never return."""
    known = Monitors()
    with entered(two):
        assert known.look() == (LOW, HIGH)
    new = Monitors()
    assert new.look() == ()
    assert known.look() == known.look() == (LOW, HIGH)
    assert client_window(42) == 42
    assert not has_other_trays()
    waiting = [one for one in threading.enumerate() if one.name == "screen"]
    # Who has not answered is not asked again.
    assert len(waiting) == 4
    assert new.look() == ()
    assert [one for one in threading.enumerate() if one.name == "screen"] == waiting
    for _ in waiting:
        silent.accept()[0].close()
    for one in waiting:
        one.join()
    with entered(two):
        until(new.look, what="the monitors, asked anew")
        assert new.look() == (LOW, HIGH)


def test_several_threads_look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell looks ahead while a window opens. Nobody is asked here: only the threads race."""
    monkeypatch.delenv("DISPLAY", raising=False)
    known = Monitors()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            looks = [threads.submit(known.look) for _ in range(20_000)]
    finally:
        sys.setswitchinterval(before)
    assert [one.result() for one in looks] == [()] * len(looks)


class Sheet(Window):
    remembered = "sheet"
    floats = True


@pytest.fixture
def root(two: Display) -> Iterator[Root]:
    with entered(two):
        made = Root("light", "en", translator("en"), scaling=4 / 3)
        yield made
        made.update()
        made.destroy()


def point(at: Display, x: int, y: int) -> None:
    subprocess.run(["xdotool", "mousemove", str(x), str(y)], env=at.env, check=True)


def place_of(window: Window) -> Rectangle:
    window.reveal()
    until_tk(window.root, window.winfo_viewable, what="the window")
    place = parsed(window.geometry())
    assert place is not None
    return place


@pytest.mark.parametrize(("x", "monitor"), [(990, LOW), (1010, HIGH)])
def test_a_window_opens_whole_where_the_pointer_is(
    root: Root, two: Display, x: int, monitor: Rectangle
) -> None:
    point(two, x, 500)
    assert fits(place_of(Sheet(root, "Sheet", Size(600, 400))), (monitor,))
    assert fits(place_of(Sheet(root, "Large", Size(3000, 3000, (600, 400)))), (monitor,))


def test_a_question_is_whole_where_its_window_is(root: Root, two: Display) -> None:
    point(two, 500, 500)
    window = Sheet(root, "Sheet", Size(300, 300, (100, 100)))
    place_of(window)
    window.geometry("+690+250")
    until_tk(root, lambda: window.winfo_rootx() > 600, what="the window at the edge")
    question = Question(window, "Really?", "Words. " * 30, "Yes", lambda: None)
    assert fits(place_of(question), (LOW,))
    question.destroy()


def test_the_place_is_remembered_while_it_fits(root: Root, two: Display) -> None:
    point(two, 500, 500)
    window = Sheet(root, "Sheet", Size(600, 400, (300, 200)))
    place_of(window)
    window.geometry("700x500+1100+300")
    until_tk(root, lambda: window.winfo_width() == 700, what="another size")
    window.destroy()
    again = Sheet(root, "Sheet", Size(600, 400, (300, 200)))
    place = place_of(again)
    assert (place.width, place.height) == (700, 500)
    assert fits(place, (HIGH,))
    again.destroy()
    set_monitors(two, LOW)
    try:
        assert fits(place_of(Sheet(root, "Sheet", Size(600, 400, (300, 200)))), (LOW,))
    finally:
        set_monitors(two, LOW, HIGH)


def geometry_of(program: Trayed, window: str) -> str:
    answer = subprocess.run(
        ["xdotool", "getwindowgeometry", window],
        env=program.env,
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.partition("\n")[2]


def test_windows_are_where_they_were_after_a_restart(two: Display, home: Home) -> None:
    home.configure(account(1))
    point(two, 500, 500)
    with trayed(home, two) as program:
        program.run()
        window = program.window("New mail")
        first = geometry_of(program, window)
        command = ["xdotool", "windowmove", window, "1200", "100"]
        subprocess.run(command, env=program.env, check=True)
        until(lambda: geometry_of(program, window) != first, what="the window elsewhere")
        moved = geometry_of(program, window)
        assert program.run("quit").returncode == 0
        program.gone()
        program.run()
        program.ready()
        program.run()
        again = program.window("New mail")
        until(lambda: geometry_of(program, again) == moved, what="the window where it was")


def type_of(program: Trayed, window: str) -> str:
    command = ["xprop", "-id", window, "_NET_WM_WINDOW_TYPE"]
    answer = subprocess.run(
        command, env=program.env, capture_output=True, text=True, check=True
    ).stdout
    return answer.partition("= ")[2].split(",")[0].strip()


def test_small_windows_float_on_desktops_that_tile(two: Display, home: Home) -> None:
    with trayed(home, two) as program:
        assert (
            type_of(program, program.window("Welcome to traymail")) == "_NET_WM_WINDOW_TYPE_DIALOG"
        )
        assert type_of(program, program.window("traymail")) == "_NET_WM_WINDOW_TYPE_DIALOG"
        program.run()
        assert type_of(program, program.window("New mail")) == "_NET_WM_WINDOW_TYPE_DIALOG"
