"""What only Windows is asked and told, through ctypes.

Elsewhere there is nobody to ask: each function answers as where Windows has no answer.
Source: https://learn.microsoft.com/windows/win32/api/
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple


class Monitor(NamedTuple):
    """A monitor's part of the screen, without what bars take, in pixels; and its scale."""

    left: int
    top: int
    width: int
    height: int
    dpi: int


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    # Programs that write to a console get none of their own, which would flash up.
    NO_CONSOLE = 0x08000000  # CREATE_NO_WINDOW

    def awake_seconds() -> float:
        """Return how long Windows has run, without the time that it slept."""
        units = wintypes.ULARGE_INTEGER()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(units))
        return int(units.value) / 10_000_000

    # --- language and look ------------------------------------------------------------------------

    def ui_language() -> int:
        """Return the number of the language of the user's menus and dialogs (LANGID)."""
        return int(ctypes.windll.kernel32.GetUserDefaultUILanguage())

    # The second came with Windows 10 1607, the first, which also fits title bars, a year later.
    _PER_MONITOR_AWARE = (-4, -3)
    _EFFECTIVE_DPI = 0

    def draw_sharply() -> None:
        """Have each monitor's own scale, instead of pictures that Windows enlarges.

        To be called before there is any window. Before Windows 10 there is no such thing.
        """
        try:
            set_awareness = ctypes.windll.user32.SetProcessDpiAwarenessContext
        except AttributeError:
            return
        set_awareness.argtypes = (wintypes.HANDLE,)
        for awareness in _PER_MONITOR_AWARE:
            if set_awareness(awareness):
                return

    class _MonitorInfo(ctypes.Structure):
        _fields_ = (
            ("cbSize", wintypes.DWORD),
            ("rcMonitor", wintypes.RECT),
            ("rcWork", wintypes.RECT),
            ("dwFlags", wintypes.DWORD),
        )

    def monitors() -> tuple[Monitor, ...]:
        """Return the monitors, none where they cannot be known."""
        found: list[Monitor] = []
        proc = ctypes.WINFUNCTYPE(
            wintypes.BOOL,
            wintypes.HMONITOR,
            wintypes.HDC,
            ctypes.POINTER(wintypes.RECT),
            wintypes.LPARAM,
        )

        def each(handle: int, *_: object) -> bool:
            info = _MonitorInfo()
            info.cbSize = ctypes.sizeof(info)
            get_info = ctypes.windll.user32.GetMonitorInfoW
            get_info.argtypes = (wintypes.HMONITOR, ctypes.c_void_p)
            if get_info(handle, ctypes.byref(info)):
                work = info.rcWork
                size = work.right - work.left, work.bottom - work.top
                found.append(Monitor(work.left, work.top, *size, _dpi(handle)))
            return True

        ctypes.windll.user32.EnumDisplayMonitors(None, None, proc(each), 0)
        return tuple(found)

    def _dpi(monitor: int) -> int:
        """Return the scale of a monitor in dots per inch, 0 where Windows has only one."""
        across, down = wintypes.UINT(), wintypes.UINT()
        try:
            get_dpi = ctypes.windll.shcore.GetDpiForMonitor
        except (AttributeError, OSError):
            return 0
        get_dpi.argtypes = (wintypes.HMONITOR, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        failed = get_dpi(monitor, _EFFECTIVE_DPI, ctypes.byref(across), ctypes.byref(down))
        return 0 if failed else int(across.value)

    _DARK_TITLE_BAR = 20  # DWMWA_USE_IMMERSIVE_DARK_MODE
    _DARK_TITLE_BAR_BEFORE = 19  # the same, before Windows 10 2004
    _GA_ROOT = 2

    def draw_title_bar(inner: int, *, dark: bool) -> None:
        """Have the title bar of the window around one of Tk's be dark, or light."""
        user = ctypes.windll.user32
        user.GetAncestor.argtypes = (wintypes.HWND, wintypes.UINT)
        user.GetAncestor.restype = wintypes.HWND
        window = user.GetAncestor(inner, _GA_ROOT)
        value = wintypes.BOOL(dark)
        try:
            set_attribute = ctypes.windll.dwmapi.DwmSetWindowAttribute
        except (AttributeError, OSError):
            return
        set_attribute.argtypes = (wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD)
        for attribute in (_DARK_TITLE_BAR, _DARK_TITLE_BAR_BEFORE):
            if not set_attribute(window, attribute, ctypes.byref(value), ctypes.sizeof(value)):
                return

    def tells_of_colours(told: int) -> bool:
        """Tell whether light became dark, or dark light, by what comes with WM_SETTINGCHANGE."""
        return bool(told) and ctypes.wstring_at(told) == "ImmersiveColorSet"

    _SM_CXSMICON = 49
    _IMAGE_ICON = 1
    _FROM_FILE = 0x0010

    def small_icon_size() -> int:
        """Return how many pixels wide the icons of the notification area are."""
        return int(ctypes.windll.user32.GetSystemMetrics(_SM_CXSMICON))

    def load_icon(path: str, size: int) -> int:
        """Return the handle of an icon in a file (.ico), as wide as that; 0 where it fails."""
        load = ctypes.windll.user32.LoadImageW
        load.restype = wintypes.HANDLE
        load.argtypes = (
            *(wintypes.HINSTANCE, wintypes.LPCWSTR, wintypes.UINT),
            *(ctypes.c_int, ctypes.c_int, wintypes.UINT),
        )
        return int(load(None, path, _IMAGE_ICON, size, size, _FROM_FILE) or 0)

    _VK_LBUTTON = 0x01

    def button_is_down() -> bool:
        """Tell whether the left button of the mouse is held."""
        return bool(ctypes.windll.user32.GetAsyncKeyState(_VK_LBUTTON) & 0x8000)

    # --- other programs ---------------------------------------------------------------------------

    _CF_HDROP = 15

    def clipboard_has_files() -> bool:
        """Tell whether files were copied."""
        return bool(ctypes.windll.user32.IsClipboardFormatAvailable(_CF_HDROP))

    _ASFW_ANY = 0xFFFFFFFF

    def let_others_come_forward() -> None:
        """Let another process put its window in front: only who was clicked last may, or lets."""
        ctypes.windll.user32.AllowSetForegroundWindow(wintypes.DWORD(_ASFW_ANY))

    # --- files ------------------------------------------------------------------------------------

    _TOKEN_QUERY = 0x0008
    _TOKEN_USER = 1
    _SDDL_REVISION = 1
    _DACL_INFORMATION = 0x00000004
    _PROTECTED_DACL_INFORMATION = 0x80000000

    def make_private(path: str) -> None:
        """Let the user alone into a file or a folder, and into what is made in it from now on.

        So may the system and its administrators, as in the user's own folders. Raises OSError.
        """
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        full = (f"(A;OICI;FA;;;{who})" for who in (_user(advapi, kernel), "SY", "BA"))
        set_rights(path, "D:P" + "".join(full))

    def set_rights(path: str, rights: str) -> None:
        """Give a file or a folder these rights (SDDL) and no others; raises OSError."""
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.LocalFree.argtypes = (ctypes.c_void_p,)
        descriptor = ctypes.c_void_p()
        convert = advapi.ConvertStringSecurityDescriptorToSecurityDescriptorW
        convert.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, ctypes.c_void_p, ctypes.c_void_p)
        _demand(convert(rights, _SDDL_REVISION, ctypes.byref(descriptor), None))
        try:
            put = advapi.SetFileSecurityW
            put.argtypes = (wintypes.LPCWSTR, wintypes.DWORD, ctypes.c_void_p)
            _demand(put(path, _DACL_INFORMATION | _PROTECTED_DACL_INFORMATION, descriptor))
        finally:
            kernel.LocalFree(descriptor)

    def _user(advapi: ctypes.WinDLL, kernel: ctypes.WinDLL) -> str:
        """Return the number of the user (SID), as words; raises OSError."""
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
        advapi.OpenProcessToken.argtypes = (wintypes.HANDLE, wintypes.DWORD, ctypes.c_void_p)
        advapi.GetTokenInformation.argtypes = (
            *(wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD),
            ctypes.c_void_p,
        )
        token, size = wintypes.HANDLE(), wintypes.DWORD()
        process = kernel.GetCurrentProcess()
        _demand(advapi.OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)))
        try:
            told = ctypes.create_string_buffer(256)  # a SID has at most 68 bytes
            ask = advapi.GetTokenInformation
            _demand(ask(token, _TOKEN_USER, told, len(told), ctypes.byref(size)))
        finally:
            kernel.CloseHandle(token)
        # TOKEN_USER begins with a pointer to the SID, which lies behind it.
        return _words_of(advapi, kernel, ctypes.c_void_p.from_buffer(told))

    # The system, its administrators, the installer of Windows; whoever owns it, who is asked for.
    _TRUSTED = {
        *("S-1-5-18", "S-1-5-32-544", "S-1-3-0", "S-1-3-4"),
        "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    }
    _SE_FILE_OBJECT = 1
    _OWNER_INFORMATION = 0x00000001
    _ACCESS_ALLOWED, _INHERIT_ONLY = 0, 0x08
    # To put something there, to take something away, to change the rights or the owner; all.
    _WRITING = 0x0002 | 0x0004 | 0x0040 | 0x00040000 | 0x00080000 | 0x40000000 | 0x10000000

    class _Acl(ctypes.Structure):
        _fields_ = (
            ("AclRevision", ctypes.c_ubyte),
            ("Sbz1", ctypes.c_ubyte),
            ("AclSize", wintypes.WORD),
            ("AceCount", wintypes.WORD),
            ("Sbz2", wintypes.WORD),
        )

    class _Ace(ctypes.Structure):
        """The beginning of ACCESS_ALLOWED_ACE; the SID takes the place of its last field."""

        _fields_ = (
            ("AceType", ctypes.c_ubyte),
            ("AceFlags", ctypes.c_ubyte),
            ("AceSize", wintypes.WORD),
            ("Mask", wintypes.DWORD),
            ("SidStart", wintypes.DWORD),
        )

    def strangers(path: str) -> tuple[str, ...]:
        """Return who else owns a file or a folder, or may write it, by number (SID).

        Raises OSError.
        """
        advapi = ctypes.WinDLL("advapi32", use_last_error=True)
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.LocalFree.argtypes = (ctypes.c_void_p,)
        owner, acl, descriptor = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        ask = advapi.GetNamedSecurityInfoW
        ask.argtypes = (wintypes.LPCWSTR, ctypes.c_int, wintypes.DWORD, *5 * (ctypes.c_void_p,))
        error = ask(
            *(path, _SE_FILE_OBJECT, _OWNER_INFORMATION | _DACL_INFORMATION),
            *(ctypes.byref(owner), None, ctypes.byref(acl), None, ctypes.byref(descriptor)),
        )
        if error:
            raise ctypes.WinError(error)
        try:
            if acl.value is None:  # without a list, everybody may do everything
                return ("S-1-1-0",)
            found = [_words_of(advapi, kernel, owner), *_writers(advapi, kernel, acl)]
        finally:
            kernel.LocalFree(descriptor)
        known = {*_TRUSTED, _user(advapi, kernel)}
        return tuple(dict.fromkeys(one for one in found if one not in known))

    def _writers(
        advapi: ctypes.WinDLL, kernel: ctypes.WinDLL, acl: ctypes.c_void_p
    ) -> Iterator[str]:
        advapi.GetAce.argtypes = (ctypes.c_void_p, wintypes.DWORD, ctypes.c_void_p)
        for number in range(ctypes.cast(acl, ctypes.POINTER(_Acl)).contents.AceCount):
            place = ctypes.c_void_p()
            _demand(advapi.GetAce(acl, number, ctypes.byref(place)))
            ace = ctypes.cast(place, ctypes.POINTER(_Ace)).contents
            counts = ace.AceType == _ACCESS_ALLOWED and not ace.AceFlags & _INHERIT_ONLY
            if counts and ace.Mask & _WRITING:
                sid = ctypes.c_void_p((place.value or 0) + _Ace.SidStart.offset)
                yield _words_of(advapi, kernel, sid)

    def _words_of(advapi: ctypes.WinDLL, kernel: ctypes.WinDLL, sid: ctypes.c_void_p) -> str:
        """Return a number of a user or a group, as words; raises OSError."""
        words = wintypes.LPWSTR()
        advapi.ConvertSidToStringSidW.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        kernel.LocalFree.argtypes = (ctypes.c_void_p,)
        _demand(advapi.ConvertSidToStringSidW(sid, ctypes.byref(words)))
        try:
            return str(words.value)
        finally:
            kernel.LocalFree(words)

    def _demand(done: int) -> None:
        if not done:
            raise ctypes.WinError(ctypes.get_last_error())

else:
    NO_CONSOLE = 0

    def awake_seconds() -> float:
        """Return seconds that stand still while the computer sleeps, as they do there anyway."""
        return time.monotonic()

    def ui_language() -> int:
        """Return 0: no language has that number."""
        return 0

    def draw_sharply() -> None:
        """Do nothing: nobody enlarges windows that do not ask for it."""

    def monitors() -> tuple[Monitor, ...]:
        """Return none: `traymail.desktop.screens` asks elsewhere."""
        return ()

    def draw_title_bar(inner: int, *, dark: bool) -> None:
        """Do nothing: window managers draw it as they like."""

    def tells_of_colours(told: int) -> bool:  # noqa: ARG001 # as on Windows
        """Return False: nobody tells it so."""
        return False

    def small_icon_size() -> int:
        """Return 0: it is not known."""
        return 0

    def load_icon(path: str, size: int) -> int:  # noqa: ARG001 # as on Windows
        """Return 0: there is no such icon."""
        return 0

    def button_is_down() -> bool:
        """Return False: nobody has to know."""
        return False

    def clipboard_has_files() -> bool:
        """Return False: the clipboard is asked in other ways."""
        return False

    def let_others_come_forward() -> None:
        """Do nothing: nobody has to be asked."""

    def make_private(path: str) -> None:
        """Do nothing: what is made has its permissions from the first moment on."""

    def strangers(path: str) -> tuple[str, ...]:  # noqa: ARG001 # as on Windows
        """Return none: owners and permissions are looked at elsewhere."""
        return ()
