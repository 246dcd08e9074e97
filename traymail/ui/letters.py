"""How Tk draws letters here."""

from __future__ import annotations

from collections.abc import Mapping

from traymail.core.texts import Text, text

_COARSE = text("The windows show coarse letters here: Tk of this Python draws them without Xft.")
_WAY_OUT = text(
    "Install traymail with the Python of your system, which needs its package python3-tk: "
    "pipx install traymail, or uv tool install --python /usr/bin/python3 traymail"
)


def coarse_letters(environ: Mapping[str, str]) -> tuple[Text, Text] | None:
    """Return what is wrong with letters on the X display of ``environ``, and the way out.

    None where nothing is wrong, and where it cannot be known: without a display, or without Tk.
    The Python that uv brings along has such a Tk.
    """
    if not environ.get("DISPLAY"):
        return None
    try:
        import tkinter as tk
    except ImportError:
        return None
    try:
        root = tk.Tk()
    except tk.TclError:
        return None
    try:
        root.withdraw()
        fonts = root.tk.call("tk::pkgconfig", "get", "fontsystem")
    finally:
        root.destroy()
    return (_COARSE, _WAY_OUT) if fonts == "x11" else None
