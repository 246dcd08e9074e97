"""What Windows alone is asked and told (`traymail.winapi`), and what is done with the answers.

Under Wine, rights are those of the file system below: who else may write is told of all of them.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from tkinter import font as tkfont
from typing import Any

import pytest
from PIL import Image

from tests.support import windows_fonts
from tests.support.tk import KEPT
from tests.support.wait import until
from tests.support.windows_calls import answered
from tests.support.windows_hands import tell_of_click_on_bubble
from traymail import winapi
from traymail.core.errors import NotRunning, SourceError, UnsafePath
from traymail.core.message import DraftFile
from traymail.core.texts import text
from traymail.desktop import paths
from traymail.desktop.clock import SystemClock
from traymail.desktop.instance import Instance
from traymail.desktop.requests import Bubble
from traymail.disk import make_folder, require_private, write_whole
from traymail.store.spool import Spool
from traymail.ui.bridge import Background, Bridge
from traymail.ui.clipboard import Clip, Clipboard
from traymail.ui.icons import tray_images
from traymail.ui.model.tray import Icon, Shown
from traymail.ui.rescaling import scaling_at
from traymail.ui.theme import Root
from traymail.ui.tray.loop import TkLoop
from traymail.ui.tray.port import TrayParts
from traymail.ui.tray.pystray_tray import PystrayTray
from traymail.ui.window import Size, Window

if sys.platform == "win32":
    KERNEL = ctypes.WinDLL("kernel32", use_last_error=True)
    USER = ctypes.WinDLL("user32", use_last_error=True)
    ADVAPI = ctypes.WinDLL("advapi32", use_last_error=True)
else:
    KERNEL: Any = None
    USER: Any = None
    ADVAPI: Any = None

API: Any = winapi  # also what it has on Windows alone
on_a_desktop = pytest.mark.skipif(
    not os.environ.get("TESTS_DESKTOP_LANGUAGE"), reason="there is no desktop here"
)
_EVERYBODY = "S-1-1-0"
_FILE, _DACL, _PROTECTED_DACL = 1, 0x00000004, 0x80000000
_GENERIC_READ, _OPEN_EXISTING = 0x80000000, 3
_CF_UNICODETEXT, _CF_HDROP, _MOVEABLE = 13, 15, 2
_GA_ROOT, _WM_QUERYENDSESSION = 2, 0x0011


@pytest.fixture
def root() -> Iterator[Root]:
    made = Root("dark", "en")
    KEPT.append(made)
    yield made
    made.update()
    made.destroy()


def run_until(root: Root, done: Callable[[], object], what: str) -> None:
    """Run Tk's own loop, which other threads need to reach it, until something is so."""
    until = monotonic() + 300

    def look() -> None:
        if done() or monotonic() > until:
            root.quit()
        else:
            root.after(20, look)

    root.after(1, look)
    root.mainloop()
    assert done(), what


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that is not in that of the user."""
    with TemporaryDirectory(dir=os.environ["SYSTEMDRIVE"] + "\\") as folder:
        yield Path(folder)


# --- files ----------------------------------------------------------------------------------------


def test_a_home_outside_of_the_user_s_own_folder_is_private(outside: Path) -> None:
    home = outside / "home"
    make_folder(home / "state")
    write_whole(home / "config.toml", b"")
    for path in (home, home / "state", home / "config.toml"):
        assert winapi.strangers(str(path)) == ()
    require_private(home)


def test_nobody_else_may_read_a_home_outside_of_the_user_s_own_folder(outside: Path) -> None:
    """What is made there takes over who may read it, but for what the program makes."""
    API.set_rights(str(outside), "D:P(A;OICI;FA;;;WD)")
    (outside / "other").mkdir()
    assert "WD" in let_in(outside / "other")
    home = paths.home(str(outside / "home"), {})
    home.make()
    write_whole(home.config_file, b"version = 1")
    owner = {sid_of(os.environ["USERNAME"]), "SY", "BA"}
    for path in (home.config, home.state, home.log, home.config_file):
        assert let_in(path) <= owner, path


def test_a_private_folder_takes_over_nothing_from_the_one_around_it(outside: Path) -> None:
    """Wine keeps no such mark: what Windows is told counts."""
    told: list[tuple[str, int, str]] = []

    def note(path: str, what: int, descriptor: int) -> int:
        told.append((path, what, in_words(ctypes.c_void_p(descriptor))))
        return 1

    pointers = (ctypes.c_wchar_p, ctypes.c_uint32, ctypes.c_void_p)
    with answered("advapi32", "SetFileSecurityW", ctypes.c_int, pointers, note):
        paths.home(str(outside / "home"), {}).make()
    user = sid_of(os.environ["USERNAME"])
    rights = "".join(f"(A;OICI;FA;;;{who})" for who in (user, "SY", "BA"))
    private = _DACL | _PROTECTED_DACL, f"D:P{rights}"
    made = (outside / "home", outside / "home" / "state", outside / "home" / "log")
    assert told == [(str(folder), *private) for folder in made]


def let_in(path: Path) -> set[str]:
    """Return who gets into a file or a folder: numbers (SID), or the short names of groups."""
    descriptor = ctypes.c_void_p()
    ask = ADVAPI.GetNamedSecurityInfoW
    ask.argtypes = (ctypes.c_wchar_p, ctypes.c_int, ctypes.c_uint32, *5 * (ctypes.c_void_p,))
    made = ctypes.byref(descriptor)
    assert ask(str(path), _FILE, _DACL, None, None, None, None, made) == 0
    try:
        return set(re.findall(r"\(A;[^)]*;([^;)]+)\)", in_words(descriptor)))
    finally:
        KERNEL.LocalFree(descriptor)


def in_words(descriptor: ctypes.c_void_p) -> str:
    """Return who gets in, as SDDL has it."""
    words = ctypes.c_wchar_p()
    convert = ADVAPI.ConvertSecurityDescriptorToStringSecurityDescriptorW
    assert convert(descriptor, 1, _DACL, ctypes.byref(words), None)
    return str(words.value)


def sid_of(user: str) -> str:
    """Return the number of a user."""
    words = ctypes.c_wchar_p()
    sid, domain = ctypes.create_string_buffer(68), ctypes.create_unicode_buffer(256)
    sizes = [ctypes.c_uint32(68), ctypes.c_uint32(256)]
    size, length = map(ctypes.byref, sizes)
    kind = ctypes.byref(ctypes.c_uint32())
    assert ADVAPI.LookupAccountNameW(None, user, sid, size, domain, length, kind)
    assert ADVAPI.ConvertSidToStringSidW(sid, ctypes.byref(words))
    return str(words.value)


def test_a_home_that_others_may_write_is_refused(outside: Path) -> None:
    API.set_rights(str(outside), "D:P(A;OICI;FA;;;WD)")
    assert winapi.strangers(str(outside)) == (_EVERYBODY,)
    with pytest.raises(UnsafePath, match="Others may write") as caught:
        require_private(outside)
    assert "icacls" in str(caught.value.advice)
    API.make_private(str(outside))
    require_private(outside)


@contextmanager
def held_for_a_moment(path: Path) -> Iterator[None]:
    """Hold a file so that nobody else may open it, for less time than the block takes."""
    KERNEL.CreateFileW.restype = ctypes.c_void_p
    KERNEL.CloseHandle.argtypes = (ctypes.c_void_p,)
    held = KERNEL.CreateFileW(str(path), _GENERIC_READ, 0, None, _OPEN_EXISTING, 0, None)
    timer = threading.Timer(0.1, KERNEL.CloseHandle, (held,))
    timer.start()
    yield
    timer.join()


def test_a_file_that_another_program_holds_is_written_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    with held_for_a_moment(path):
        write_whole(path, b"new")
    assert path.read_bytes() == b"new"


def test_the_program_is_found_once_nobody_holds_what_tells_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ipc.json"
    with socket.create_server(("127.0.0.1", 0)) as server:
        path.write_text(json.dumps({"token": "a", "port": server.getsockname()[1]}))
    with held_for_a_moment(path), pytest.raises(NotRunning):  # nobody listens there
        Instance(tmp_path).ask({"command": "status"})


def test_a_folder_cannot_be_attached_and_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        Spool(tmp_path / "spool").take(DraftFile("a", path=str(tmp_path)))


# --- the desktop ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("newest", "asked"), [(-4, [-4]), (-3, [-4, -3])])
def test_each_monitor_s_own_scale_is_wanted(newest: int, asked: list[int]) -> None:
    """Else Windows enlarges pictures of the windows. Wine takes each program for one that wants it.

    ``newest``: what this Windows knows.
    """
    told: list[int] = []

    def note(awareness: int) -> int:
        told.append(awareness)
        return int(awareness >= newest)

    with answered(
        *("user32", "SetProcessDpiAwarenessContext", ctypes.c_int, (ctypes.c_ssize_t,), note)
    ):
        winapi.draw_sharply()
    assert told == asked


@on_a_desktop
def test_the_monitors_and_their_scale(root: Root) -> None:
    first = winapi.monitors()[0]
    assert first.width > 0
    assert first.height > 0
    scaling = scaling_at(first.left, first.top)
    assert scaling == first.dpi / 72
    assert float(root.tk.call("tk", "scaling")) == pytest.approx(scaling, rel=0.02)


@on_a_desktop
def test_segoe_ui_and_yahei_are_taken_where_they_are(root: Root, tmp_path: Path) -> None:
    def taken(language: str) -> str:
        root.theme.speak(language, str)
        family: str = root.theme.font("TkDefaultFont").actual("family")
        return family

    before = {language: taken(language) for language in ("en", "zh_CN")}
    assert set(before.values()) <= set(tkfont.families(root))
    if not set(before.values()) & {"Segoe UI", "Microsoft YaHei UI"}:  # as Wine has neither
        with windows_fonts.installed(tmp_path, "Segoe UI", "Microsoft YaHei"):
            assert (taken("en"), taken("zh_CN")) == ("Segoe UI", "Microsoft YaHei")
        with windows_fonts.installed(tmp_path, "Microsoft YaHei UI"):
            assert (taken("en"), taken("zh_CN")) == (before["en"], "Microsoft YaHei UI")


@on_a_desktop
def test_what_was_copied_in_the_explorer_is_attached(root: Root, tmp_path: Path) -> None:
    files = [str(tmp_path / "a.txt"), str(tmp_path / "扫描.txt")]
    dropped = struct.pack("<IiiII", 20, 0, 0, 0, 1)
    dropped += ("\0".join(files) + "\0\0").encode("utf-16-le")
    words = "a.txt\0".encode("utf-16-le")
    KERNEL.GlobalAlloc.restype = KERNEL.GlobalLock.restype = ctypes.c_void_p
    KERNEL.GlobalLock.argtypes = KERNEL.GlobalUnlock.argtypes = (ctypes.c_void_p,)
    USER.SetClipboardData.argtypes = (ctypes.c_uint, ctypes.c_void_p)
    assert USER.OpenClipboard(None)
    USER.EmptyClipboard()
    for kind, content in ((_CF_HDROP, dropped), (_CF_UNICODETEXT, words)):
        handle = KERNEL.GlobalAlloc(_MOVEABLE, len(content))
        ctypes.memmove(KERNEL.GlobalLock(handle), content, len(content))
        KERNEL.GlobalUnlock(handle)
        USER.SetClipboardData(kind, handle)
    USER.CloseClipboard()
    bridge = Bridge(root)
    clipboard = Clipboard(root, Background(bridge))
    got: list[object] = []
    assert not clipboard.for_a_field()
    clipboard.read(got.append, got.append)
    run_until(root, lambda: got, "what was copied")
    bridge.close()
    assert got == [Clip(files=tuple(files))]


@on_a_desktop
def test_a_draft_is_kept_when_the_user_logs_off(root: Root) -> None:
    kept: list[int] = []
    answers: list[int] = []
    window = Window(root, "Sheet", Size(300, 200))
    window.protocol("WM_SAVE_YOURSELF", lambda: kept.append(1))
    window.reveal()
    root.update()
    outer = USER.GetAncestor(window.winfo_id(), _GA_ROOT)
    asking = threading.Thread(
        target=lambda: answers.append(USER.SendMessageW(outer, _WM_QUERYENDSESSION, 0, 0))
    )
    asking.start()
    run_until(root, lambda: answers, "the answer")
    asking.join()
    assert (kept, answers) == ([1], [1])


@on_a_desktop
def test_a_title_bar_follows_the_theme(root: Root) -> None:
    window = Window(root, "Sheet", Size(300, 200))
    window.reveal()
    root.update()
    root.theme.use("light")
    root.update()
    winapi.draw_title_bar(window.winfo_id(), dark=True)


@on_a_desktop
def test_a_click_on_a_bubble_opens_what_it_tells_of(root: Root) -> None:
    pressed: list[tuple[str, str]] = []
    bridge = Bridge(root)
    parts = TrayParts(
        loop=TkLoop(root, bridge, Background(bridge)),
        pictures=lambda icon: tray_images(icon.value, "dark"),
        translate=str,
        on_choice=lambda _choice: None,
        on_press=lambda key, button: pressed.append((key, button)),
        make_window=lambda: pytest.fail("there is a tray"),
    )
    tray = PystrayTray(parts)
    icon: Any = tray.icon
    tray.start(Shown(Icon.IDLE, text("idle")), ())

    try:
        run_until(root, lambda: icon.visible, "the icon")
        assert icon._icon_handle
        assert icon.icon.width >= winapi.small_icon_size()
        tray.show(Shown(Icon.ATTENTION, text("\N{GRINNING FACE}" * 200)))
        tray.notify(Bubble("mail:7", "\N{GRINNING FACE}" * 99, "\N{GRINNING FACE}" * 200))
        tell_of_click_on_bubble(icon._hwnd)
        run_until(root, lambda: pressed, "the click")
    finally:
        tray.stop()
        bridge.close()
    assert pressed == [("mail:7", "default")]


def test_an_icon_is_loaded_at_its_size(tmp_path: Path) -> None:
    file = tmp_path / "a.ico"
    Image.new("RGBA", (20, 20), "red").save(file, "ICO", sizes=[(20, 20)])
    assert winapi.load_icon(str(file), 20)
    assert winapi.load_icon(str(tmp_path / "none.ico"), 20) == 0


def test_time_stands_still_while_the_computer_sleeps() -> None:
    """Python's own clock goes on then: what a writer did before would look long quiet."""
    clock = SystemClock()
    hours = [8]

    def told(units: Any) -> int:  # noqa: ANN401 # a pointer
        units[0] = hours[0] * 36_000_000_000
        return 1

    first = clock.monotonic()
    until(lambda: first < clock.monotonic() < first + 100, what="time")
    pointer = ctypes.POINTER(ctypes.c_uint64)
    with answered("kernel32", "QueryUnbiasedInterruptTime", ctypes.c_int, (pointer,), told):
        assert clock.monotonic() == 8 * 3600
        hours[0] += 1
        assert clock.monotonic() == 9 * 3600
    assert clock.monotonic() < first + 100


def test_the_rest_answers() -> None:
    assert winapi.ui_language() > 0
    assert isinstance(winapi.button_is_down(), bool)
    winapi.let_others_come_forward()
