"""What only the X server knows, asked over a short connection: monitors, scale, other trays.

A server that does not answer holds nobody up: each question has a thread of its own. Monitors are
known on Windows, too, which answers at once.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from traymail import winapi

if TYPE_CHECKING:
    from Xlib.display import Display

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 0.2
# While there is nothing else to go by.
FIRST_PATIENCE_SECONDS = 2.0
_LIBRARY = "libX11.so.6"
_XCB = ("libxcb.so.1", "libxcb-randr.so.0")


class Rectangle(NamedTuple):
    """A part of the screen that all monitors share, in pixels: a monitor's, or a window's."""

    left: int
    top: int
    width: int
    height: int


class Monitors:
    """The monitors of this display: asked anew each time, those last told where that is late."""

    def __init__(self) -> None:
        self._told: tuple[Rectangle, ...] = ()
        self._asking: _Question[tuple[Rectangle, ...]] | None = None

    def look(self) -> tuple[Rectangle, ...]:
        """Return them; none where they cannot be known. Blocks for ms, at most for `PATIENCE`."""
        if sys.platform == "win32":
            return tuple(Rectangle(*one[:4]) for one in winapi.monitors())
        question = self._asking  # another thread may look, too
        if question is None:
            question = self._asking = _Question(_monitors)
            question.wait(PATIENCE_SECONDS if self._told else FIRST_PATIENCE_SECONDS)
        # Who has not answered in time is not asked again before that.
        if question.is_over:
            self._told = question.answer or self._told
            self._asking = None
        return self._told


def resources() -> str:
    """Return the X resources, a line each: what desktops tell of themselves. Blocks for ms.

    Every start asks: by the library that Tk has loaded already, as importing Xlib takes longer
    than all the windows.
    """
    if not _is_on_x11():
        return ""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:  # a Tk that brings its own
        return _asked(_resources, "")
    pointer = ctypes.c_void_p
    library.XOpenDisplay.restype, library.XOpenDisplay.argtypes = pointer, (ctypes.c_char_p,)
    library.XCloseDisplay.argtypes = library.XResourceManagerString.argtypes = (pointer,)
    library.XResourceManagerString.restype = ctypes.c_char_p
    display = library.XOpenDisplay(None)
    if not display:
        return ""
    told: bytes | None = library.XResourceManagerString(display)
    library.XCloseDisplay(display)
    return "" if told is None else told.decode("latin-1")


def has_other_trays() -> bool:
    """Tell whether a panel takes icons by XEmbed, the way before StatusNotifierItem."""
    return _asked(_has_tray_owner, False)  # noqa: FBT003 - the answer of a display that is none


def client_window(inner: int) -> int:
    """Return the number of the window around one of Tk's: what window managers and portals know."""
    return _asked(
        lambda display: int(display.create_resource_object("window", inner).query_tree().parent.id),
        inner,
    )


def _through_xlib(ask: Callable[[Display], T]) -> Callable[[], T]:
    """Return what asks by a library that is slow to import: for questions that few ever need."""
    if _is_on_x11():
        import Xlib.display  # noqa: F401 - its time is not the server's

    def through() -> T:
        from Xlib.display import Display

        display = Display()
        try:
            return ask(display)
        finally:
            display.close()

    return through


def _asked(ask: Callable[[Display], T], otherwise: T) -> T:
    question = _Question(_through_xlib(ask))
    question.wait(PATIENCE_SECONDS)
    answer = question.answer
    return otherwise if answer is None else answer


class _Question(Generic[T]):
    """Something that the X server is asked, on a thread of its own that ends with the answer."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._over = Event()
        self.answer: T | None = None
        """None until there is one, and where there will be none."""
        if not _is_on_x11():
            self._over.set()
            return
        Thread(target=self._run, name="screen", daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether the server has answered, or cannot be asked."""
        return self._over.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until it is over, but no longer."""
        if not self._over.wait(seconds):
            log.info("the X server does not answer")

    def _run(self) -> None:
        try:
            self.answer = self._ask()
        # Xlib has errors of its own for each way in which a display can be wrong, and an
        # extension may be missing.
        except Exception as error:  # noqa: BLE001 # no window may do without its place for that
            log.info("the X server cannot be asked: %s", error)
        finally:
            self._over.set()


def _is_on_x11() -> bool:
    return sys.platform not in {"win32", "darwin"} and bool(os.environ.get("DISPLAY"))


class _Iterator(ctypes.Structure):
    """Where one is in a list of the server's: as <xcb/xcb.h> has all of them."""

    _fields_ = (("data", ctypes.c_void_p), ("rem", ctypes.c_int), ("index", ctypes.c_int))


class _Cookie(ctypes.Structure):
    """The ticket for an answer."""

    _fields_ = (("sequence", ctypes.c_uint),)


class _Monitor(ctypes.Structure):
    """``xcb_randr_monitor_info_t``, as far as it is needed."""

    _fields_ = (
        *(("name", ctypes.c_uint32), ("primary", ctypes.c_uint8), ("automatic", ctypes.c_uint8)),
        *(("outputs", ctypes.c_uint16), ("x", ctypes.c_int16), ("y", ctypes.c_int16)),
        *(("width", ctypes.c_uint16), ("height", ctypes.c_uint16)),
    )


def _monitors() -> tuple[Rectangle, ...]:
    """Ask for them each time a window opens: by the library that libX11 itself stands on.

    It may be used on any thread, and no error in it ends the process.
    """
    try:
        xcb, randr = (ctypes.CDLL(name) for name in _XCB)
    except OSError:
        return _through_xlib(_monitors_by_xlib)()
    pointer = ctypes.c_void_p
    xcb.xcb_connect.restype, xcb.xcb_get_setup.restype = pointer, pointer
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.POINTER(ctypes.c_int))
    for call in (xcb.xcb_connection_has_error, xcb.xcb_disconnect, xcb.xcb_get_setup):
        call.argtypes = (pointer,)
    xcb.xcb_setup_roots_iterator.restype = _Iterator
    xcb.xcb_setup_roots_iterator.argtypes = (pointer,)
    number = ctypes.c_int()
    connection = xcb.xcb_connect(None, ctypes.byref(number))
    try:
        if xcb.xcb_connection_has_error(connection):
            return ()
        screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection))
        for _ in range(number.value):
            xcb.xcb_screen_next(ctypes.byref(screens))
        root = ctypes.c_uint32.from_address(screens.data).value
        return tuple(_told_monitors(randr, connection, root))
    finally:
        xcb.xcb_disconnect(connection)


def _told_monitors(randr: ctypes.CDLL, connection: int, root: int) -> Iterator[Rectangle]:
    pointer = ctypes.c_void_p
    randr.xcb_randr_get_monitors.restype = _Cookie
    randr.xcb_randr_get_monitors.argtypes = (pointer, ctypes.c_uint32, ctypes.c_uint8)
    randr.xcb_randr_get_monitors_reply.restype = pointer
    randr.xcb_randr_get_monitors_reply.argtypes = (pointer, _Cookie, pointer)
    randr.xcb_randr_get_monitors_monitors_iterator.restype = _Iterator
    randr.xcb_randr_get_monitors_monitors_iterator.argtypes = (pointer,)
    active = 1
    cookie = randr.xcb_randr_get_monitors(connection, root, active)
    reply = randr.xcb_randr_get_monitors_reply(connection, cookie, None)
    if not reply:  # no such extension, or an old one
        return
    found = randr.xcb_randr_get_monitors_monitors_iterator(reply)
    while found.rem:
        one = _Monitor.from_address(found.data)
        yield Rectangle(one.x, one.y, one.width, one.height)
        randr.xcb_randr_monitor_info_next(ctypes.byref(found))
    free = ctypes.CDLL(None).free
    free.argtypes = (pointer,)
    free(reply)


def _monitors_by_xlib(display: Display) -> tuple[Rectangle, ...]:
    from Xlib.ext import randr

    told: list[Any] = randr.get_monitors(display.screen().root).monitors
    return tuple(Rectangle(one.x, one.y, one.width_in_pixels, one.height_in_pixels) for one in told)


def _resources(display: Display) -> str:
    from Xlib import Xatom

    told = display.screen().root.get_full_property(Xatom.RESOURCE_MANAGER, Xatom.STRING)
    return "" if told is None else bytes(told.value).decode("latin-1")


def _has_tray_owner(display: Display) -> bool:
    atom = display.get_atom(f"_NET_SYSTEM_TRAY_S{display.get_default_screen()}")
    return bool(display.get_selection_owner(atom))
