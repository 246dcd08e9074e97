"""Keyboard, mouse, clipboard and eyes of a user of Windows, by Windows' own calls.

It understands what tests give xdotool. Wine's panel is looked at as Wine draws it.
"""

from __future__ import annotations

import ctypes
import importlib
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

# <winuser.h>
_INPUT_MOUSE, _INPUT_KEYBOARD = 0, 1
_KEY_EXTENDED, _KEY_UP, _KEY_UNICODE = 1, 2, 4
_MOVE_TO, _BUTTONS = 0x8001, {"1": (2, 4), "3": (8, 16)}
_CF_DIB, _CF_HDROP = 8, 15
_ALL_WINDOWS, _WM_SETTINGCHANGE = 0xFFFF, 0x001A
_UNLESS_IT_HANGS, _LONGEST_ANSWER = 2, 60_000  # milliseconds, for each window
_WM_QUERYENDSESSION, _WM_ENDSESSION = 0x0011, 0x0016
_MN_GETHMENU = 0x1E1
_OF_THE_ICON, _BUBBLE_CLICKED = 0x040B, 0x0405
_BY_POSITION = 0x400
_NAMED = {
    **{"ctrl": 0x11, "shift": 0x10, "alt": 0x12, "Return": 0x0D, "Tab": 0x09, "Escape": 0x1B},
    **{
        "Delete": 0x2E,
        "BackSpace": 0x08,
        "Down": 0x28,
        "Up": 0x26,
        "End": 0x23,
        "space": 0x20,
        "F1": 0x70,
    },
}
# Without the flag, these are those of the number pad.
_EXTENDED = {_NAMED[name] for name in ("Delete", "Down", "Up", "End")}


class _Keyboard(ctypes.Structure):
    _fields_ = (
        *(("key", ctypes.c_uint16), ("scan", ctypes.c_uint16), ("flags", ctypes.c_uint32)),
        *(("time", ctypes.c_uint32), ("extra", ctypes.c_void_p)),
    )


class _Mouse(ctypes.Structure):
    _fields_ = (
        *(("x", ctypes.c_int32), ("y", ctypes.c_int32), ("data", ctypes.c_uint32)),
        *(("flags", ctypes.c_uint32), ("time", ctypes.c_uint32), ("extra", ctypes.c_void_p)),
    )


class _Either(ctypes.Union):
    _fields_ = (("keyboard", _Keyboard), ("mouse", _Mouse))


class _Input(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint32), ("either", _Either))


class _Rectangle(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int32) for name in ("left", "top", "right", "bottom"))


def _library(name: str) -> Any:  # noqa: ANN401 # functions of C
    return importlib.import_module("ctypes").WinDLL(name, use_last_error=True)


def do(*arguments: str) -> Iterator[None]:
    """Do what xdotool would be told, a stroke at a time.

    The windows are to live in between: Tk asks which keys are down when it hears of one, so that
    what came at once was up again by then.
    """
    match arguments:
        case ("type", "--delay", _, words):
            for letter in words:
                yield from _type(letter)
        case ("key", "--delay", _, *keys):
            for key in keys:
                yield from _strike(
                    [_NAMED.get(part, ord(part[0].upper())) for part in key.split("+")]
                )
        case _:
            raise ValueError(f"no such wish: {arguments}")


def click(x: int, y: int, button: str = "1") -> None:
    """Click there, where no window of Tk is; button "3" is the right one."""
    point(x, y)
    _send([_mouse(0, 0, flag) for flag in _BUTTONS[button]])


def point(x: int, y: int) -> None:
    """Move the pointer there."""
    user32 = _library("user32")
    width, height = user32.GetSystemMetrics(0), user32.GetSystemMetrics(1)
    # In 65536ths of the screen; the middle of the pixel.
    at = (65536 * x + 32768) // width, (65536 * y + 32768) // height
    _send([_mouse(*at, _MOVE_TO)])


def hold_button() -> None:
    """Press the left button, and hold it."""
    _send([_mouse(0, 0, _BUTTONS["1"][0])])


def let_go() -> None:
    """Let the left button go."""
    _send([_mouse(0, 0, _BUTTONS["1"][1])])


def _type(letter: str) -> Iterator[None]:
    """Press the keys of a letter, or hand it over as input methods do."""
    if letter.isascii():
        found = _library("user32").VkKeyScanW(ord(letter))
        held = [_NAMED["shift"]] if found & 0x100 else []
        yield from _strike([*held, found & 0xFF])
    else:
        units = memoryview(letter.encode("utf-16-le")).cast("H")
        _send([_key(0, unit, _KEY_UNICODE | up) for unit in units for up in (0, _KEY_UP)])
        yield


def _strike(codes: list[int]) -> Iterator[None]:
    flags = {code: _KEY_EXTENDED if code in _EXTENDED else 0 for code in codes}
    # At once: a key that X knows nothing of is taken for up when the pointer comes to a window.
    _send([_key(code, 0, flags[code]) for code in codes])
    yield
    _send([_key(code, 0, flags[code] | _KEY_UP) for code in reversed(codes)])
    yield


def _key(code: int, scan: int, flags: int) -> _Input:
    return _Input(_INPUT_KEYBOARD, _Either(keyboard=_Keyboard(code, scan, flags, 0, None)))


def _mouse(x: int, y: int, flags: int) -> _Input:
    return _Input(_INPUT_MOUSE, _Either(mouse=_Mouse(x, y, 0, flags, 0, None)))


def _send(inputs: list[_Input]) -> None:
    array = (_Input * len(inputs))(*inputs)
    sent = _library("user32").SendInput(len(inputs), array, ctypes.sizeof(_Input))
    assert sent == len(inputs), "Windows takes no input"


# --- The clipboard ----------------------------------------------------------------------------


def copy_picture(picture: Image.Image) -> None:
    """Put a picture into the clipboard, as the key Print Screen does."""
    file = BytesIO()
    picture.convert("RGB").save(file, "BMP")
    _copy(_CF_DIB, file.getvalue()[14:])  # all but the header of a file


def copy_files(*files: Path) -> None:
    """Put files into the clipboard, as Explorer's Copy does (DROPFILES, in UTF-16)."""
    names = "".join(f"{file}\0" for file in files) + "\0"
    _copy(_CF_HDROP, struct.pack("<IiiII", 20, 0, 0, 0, 1) + names.encode("utf-16-le"))


def _copy(kind: int, content: bytes) -> None:
    user32, kernel32 = _library("user32"), _library("kernel32")
    for function in (kernel32.GlobalAlloc, kernel32.GlobalLock):
        function.restype = ctypes.c_void_p
    memory = ctypes.c_void_p(kernel32.GlobalAlloc(2, ctypes.c_size_t(len(content))))
    ctypes.memmove(kernel32.GlobalLock(memory), content, len(content))
    kernel32.GlobalUnlock(memory)
    assert user32.OpenClipboard(None), "another program has the clipboard"
    try:
        user32.EmptyClipboard()
        assert user32.SetClipboardData(kind, memory)
    finally:
        user32.CloseClipboard()


# --- The system -------------------------------------------------------------------------------


def tell_of_setting(name: str) -> None:
    """Tell all windows that a setting has changed, until the last has heard of it.

    Those of the thread that calls it, too: call it from another.
    """
    _library("user32").SendMessageTimeoutW(
        *(ctypes.c_void_p(_ALL_WINDOWS), _WM_SETTINGCHANGE, None, ctypes.c_wchar_p(name)),
        *(_UNLESS_IT_HANGS, _LONGEST_ANSWER, None),
    )


def end_session(process: int) -> list[bool]:
    """Tell all windows of a process that the user logs off; return which of them let it happen.

    Those of the thread that calls it, too: call it from another.
    """
    send = _library("user32").SendMessageW
    windows = [ctypes.c_void_p(one) for one in _outer_windows() if _process_of(one) == process]
    answers = [bool(send(one, _WM_QUERYENDSESSION, None, None)) for one in windows]
    for one in windows:
        send(one, _WM_ENDSESSION, ctypes.c_void_p(1), None)
    return answers


# --- The panel --------------------------------------------------------------------------------


def windows_of_class(name: str) -> list[int]:
    """Return the handles of all windows of a class."""
    outer = _outer_windows()
    # All that are inside, however deep.
    inner = [
        one for window in outer for one in _listed("EnumChildWindows", ctypes.c_void_p(window))
    ]
    return [window for window in (*outer, *inner) if _class_of(window) == name]


def _outer_windows() -> list[int]:
    return _listed("EnumWindows")


def _listed(function: str, *inside: object) -> list[int]:
    """Return the windows that a function of Windows calls back with."""
    windows: list[int] = []

    def note(window: int, _: int) -> bool:
        windows.append(window)
        return True

    called = importlib.import_module("ctypes").WINFUNCTYPE(
        ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p
    )(note)
    getattr(_library("user32"), function)(*inside, called, None)
    return windows


def _process_of(window: int) -> int:
    number = ctypes.c_uint32()
    _library("user32").GetWindowThreadProcessId(ctypes.c_void_p(window), ctypes.byref(number))
    return number.value


def _class_of(window: int) -> str:
    words = ctypes.create_unicode_buffer(256)
    _library("user32").GetClassNameW(ctypes.c_void_p(window), words, 256)
    return words.value


def title_of(window: int) -> str:
    """Return what the title bar of a window says."""
    words = ctypes.create_unicode_buffer(256)
    _library("user32").GetWindowTextW(ctypes.c_void_p(window), words, 256)
    return words.value


def foreground() -> int:
    """Return the window that has the keyboard."""
    user32 = _library("user32")
    user32.GetForegroundWindow.restype = ctypes.c_void_p
    return int(user32.GetForegroundWindow() or 0)


def bubbles() -> list[int]:
    """Return the notifications in sight, as Wine's panel shows them."""
    seen = _library("user32").IsWindowVisible
    return [one for one in windows_of_class("tooltips_class32") if seen(ctypes.c_void_p(one))]


def tell_of_click_on_bubble(window: int) -> None:
    """Tell the window of pystray's icon what the panel does when a notification is clicked."""
    _library("user32").PostMessageW(ctypes.c_void_p(window), _OF_THE_ICON, None, _BUBBLE_CLICKED)


def process_of_foreground() -> int:
    """Return the number of the process that has the keyboard."""
    return _process_of(foreground())


def end_of(window: int) -> tuple[int, int]:
    """Return the middle of a square at the right end of a window."""
    found = _Rectangle()
    _library("user32").GetWindowRect(ctypes.c_void_p(window), ctypes.byref(found))
    half = (found.bottom - found.top) // 2
    return found.right - half, found.top + half


def menu_entries() -> dict[str, tuple[int, int]]:
    """Return the entries of the menus in sight, and the middle of each."""
    user32 = _library("user32")
    user32.SendMessageW.restype = ctypes.c_void_p
    entries = {}
    for window in windows_of_class("#32768"):
        menu = ctypes.c_void_p(user32.SendMessageW(ctypes.c_void_p(window), _MN_GETHMENU, 0, 0))
        for number in range(user32.GetMenuItemCount(menu)):
            words = ctypes.create_unicode_buffer(256)
            user32.GetMenuStringW(menu, number, words, 256, _BY_POSITION)
            rectangle = _Rectangle()
            user32.GetMenuItemRect(None, menu, number, ctypes.byref(rectangle))
            middle = rectangle.left + rectangle.right, rectangle.top + rectangle.bottom
            entries[words.value] = middle[0] // 2, middle[1] // 2
    return entries
