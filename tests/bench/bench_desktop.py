"""The program on a desktop with a panel: how soon its icon and its window come, what it costs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

from jeepney import DBusAddress
from Xlib import X
from Xlib.display import Display as Connection
from Xlib.xobject.drawable import Window

from tests.bench import Row
from tests.bench.bench_idle import SETTLE_SECONDS, WATCH_SECONDS, resident, switches
from tests.support.bus import Peer
from tests.support.display import Display, display, entered, panel
from tests.support.homes import Home
from tests.support.running import account
from tests.support.tray import WATCHER, number_of_label
from tests.support.trayed import Trayed
from tests.support.wait import until

STARTS = 5
SHOWS = 9
ICON_LIMIT, FIRST_LIMIT, AGAIN_LIMIT = 500.0, 250.0, 60.0
MEMORY_LIMIT = 75.0
SWITCHES_LIMIT = 2.0
MOMENT = 0.002
TITLE_HIGH, ROW_HIGH = 30, 40
SHADES = 20  # more than a window has before its letters are drawn
ENTRY = "Quick send"

RULE = """
[[rules]]
name = "scans"
kind = "folder"
to = ["you@example.com"]
subject = "{{file.name}}"
folder = "{folder}"
"""


def rows() -> Iterator[Row]:
    """Start it again and again, and watch the last one while nothing happens."""
    with (
        TemporaryDirectory(prefix="tm-") as name,
        display(Path(name)) as on,
        entered(on),
        panel(on),
    ):
        folder = Path(name)
        home = Home(folder / "traymail")
        (folder / "scans").mkdir()
        home.configure(account(465, auth="none") + RULE.format(folder=folder / "scans"))
        with _started(home, on):
            pass  # the first start writes byte code
        icons, firsts, agains = [], [], []
        for _ in range(STARTS):
            with _started(home, on) as (seconds, tray):
                icons.append(seconds)
                first, *again = tray.shows()
                firsts.append(first)
                agains += again
        with _started(home, on) as (_, tray):
            memory, rate = _idle(tray.program.ready())
    yield Row("start to icon", median(icons) * 1000, ICON_LIMIT, "ms")
    yield Row("menu click to popup, the first time", median(firsts) * 1000, FIRST_LIMIT, "ms")
    yield Row("menu click to popup, again", median(agains) * 1000, AGAIN_LIMIT, "ms")
    yield Row("idle with the tray: RSS", memory, MEMORY_LIMIT, "MB")
    yield Row("idle with the tray: context switches", rate, SWITCHES_LIMIT, "/s")


class Tray:
    """The menu as a panel works it, and the popup as it is seen."""

    def __init__(self, program: Trayed, peer: Peer) -> None:
        self.program, self._peer = program, peer
        name = f"org.kde.StatusNotifierItem-{program.ready()}-1"
        self._menu = DBusAddress("/MenuBar", name, "com.canonical.dbusmenu")

    def shows(self) -> list[float]:
        """Open the popup and close it again, several times; return how long each opening took."""
        number = until(lambda: number_of_label(self._peer, ENTRY, self._menu), what=ENTRY)
        assert number is not None
        return [self._show(number) for _ in range(SHOWS)]

    def _show(self, number: int) -> float:
        with closing(Connection()) as screen:
            root = screen.screen().root
            root.change_attributes(event_mask=X.SubstructureNotifyMask)
            screen.sync()
            began = perf_counter()
            self._peer.call(self._menu, "Event", "isvu", number, "clicked", ("i", 0), 0)
            # The window manager maps the frame of the popup; nothing else comes up meanwhile.
            while (event := screen.next_event()).type != X.MapNotify:
                pass
            while not _is_drawn(event.window):
                pass
            seconds = perf_counter() - began
        self.program.window("New mail")
        self.program.keys("Escape")
        self.program.no_window("New mail")
        return seconds


def _is_drawn(frame: Window) -> bool:
    """Tell whether there are letters below the frame's title."""
    wide = frame.get_geometry().width
    row = frame.get_image(0, TITLE_HIGH, wide, ROW_HIGH, X.ZPixmap, 0xFFFFFFFF).data
    return len({row[at : at + 4] for at in range(0, len(row), 4)}) > SHADES


@contextmanager
def _started(home: Home, on: Display) -> Iterator[tuple[float, Tray]]:
    """Run the program; yields how long its icon took, and what works it."""
    watcher = DBusAddress("/StatusNotifierWatcher", WATCHER, WATCHER)
    program = Trayed(home, on)
    with program.peer() as peer:
        began = perf_counter()
        with subprocess.Popen(home.command("run"), env=program.env) as process:
            item = f"StatusNotifierItem-{process.pid}-1"
            try:
                while not any(item in one for one in _items(peer, watcher)):
                    Event().wait(MOMENT)
                yield perf_counter() - began, Tray(program, peer)
            finally:
                process.terminate()


def _items(peer: Peer, watcher: DBusAddress) -> list[str]:
    found: list[str] = peer.get(watcher, "RegisteredStatusNotifierItems")
    return found


def _idle(pid: int) -> tuple[float, float]:
    """Return its memory in MB, and how often it wakes up in a second."""
    never = Event()
    never.wait(SETTLE_SECONDS)
    before = switches(pid)
    never.wait(WATCH_SECONDS)
    return resident(pid), (switches(pid) - before) / WATCH_SECONDS
